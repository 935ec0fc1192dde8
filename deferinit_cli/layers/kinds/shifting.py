"""Layers that move the entries of an axis: around its end, or back to front."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, Problem, integers, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Shape"


@layer("roll", torch="roll", keras="ops.roll", flax="jax.numpy.roll", mxnet="np.roll", also="Roll")
class Roll(Layer):
    """Values moved along axes, those that fall off coming back at the other end."""

    example = ("{shift: 1, axis: 1}", "[N, 8]")
    rules = (
        "argument-length: there are as many shifts as axes",
        "axis-out-of-range: each axis exists",
    )

    shift = integers("places to move, one per axis", also="shifts")
    axis = integers("the axis, or one per shift", also="dims dim")

    accepts = "any"
    adds = 0
    takes = gives = "*x"

    def check(self) -> None:
        if len(self.shift) != len(self.axis):
            raise Problem("argument-length", f"{len(self.shift)} shifts for {len(self.axis)} axes", "shift")

    def relate(self, r: Frame) -> None:
        if any(a >= 0 for a in self.axis):
            rows.wide(r.inputs[0], max(self.axis) + 1, 0, r.store, r.node)
        if rows.rank(r.inputs[0]) is not None:
            for a in self.axis:
                r.axis(a)

    def forward(self, p: Any, x: Any) -> Any:
        return np.roll(x, self.shift, self.axis)


@layer("flip", torch="flip", keras="ops.flip", flax="jax.numpy.flip", mxnet="nd.flip", also="Flip reverse")
class Flip(Layer):
    """Axes read backwards."""

    example = ("1", "[N, 8]")
    rules = (
        "axis-out-of-range: each axis exists",
        "duplicate-axis: no axis is named twice",
    )

    axis = integers("the axis, or a list of them", also="dims dim")

    accepts = "any"
    adds = 0
    takes = gives = "*x"

    def relate(self, r: Frame) -> None:
        if rows.rank(r.inputs[0]) is not None:
            r.several(self.axis)

    def forward(self, p: Any, x: Any) -> Any:
        return np.flip(x, self.axis)
