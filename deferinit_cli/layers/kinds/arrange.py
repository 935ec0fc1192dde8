"""Layers that reorder, add or remove axes."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, Problem, integer, integers, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Shape"


@layer(
    "transpose",
    torch="permute",
    keras="layers.Permute ops.transpose",
    flax="jax.numpy.transpose",
    mxnet="nd.transpose",
    also="Transpose",
)
class Transpose(Layer):
    """The axes in another order."""

    example = ("[0, 2, 1]", "[N, T, 8]")
    rules = (
        "not-a-permutation: axes names every axis once",
        "rank-mismatch: the input has as many axes as axes names",
    )

    axes = integers("the input's axes in their new order, all of them", also="perm dims order")

    accepts = "any"
    adds = 0

    def check(self) -> None:
        n = len(self.axes)
        if sorted(a % n for a in self.axes if -n <= a < n) != list(range(n)):
            raise Problem("not-a-permutation", f"{list(self.axes)} is not a permutation", "axes", str(list(self.axes)),
                          f"each of 0 to {n - 1} once")  # fmt: skip

    def relate(self, r: Frame) -> None:
        n = len(self.axes)
        row = rows.fix(r.inputs[0], n, r.store, r.node)
        if row is None:
            have = rows.rank(r.inputs[0])
            raise Problem("rank-mismatch", f"axes name {n} axes, the input has {have}", "axes", f"{have} dims", f"{n} dims")
        r.give(tuple(row[a] for a in self.axes))

    def forward(self, p: Any, x: Any) -> Any:
        return x.transpose(self.axes)


@layer(
    "expand_dims",
    torch="unsqueeze",
    keras="ops.expand_dims",
    flax="jax.numpy.expand_dims",
    mxnet="nd.expand_dims",
    also="ExpandDims Unsqueeze",
)
class ExpandDims(Layer):
    """A new axis of size 1."""

    example = ("1", "[N, 8]")
    rules = ("axis-out-of-range: axis is at most the input's number of dims",)

    axis = integer("where it goes", also="dim")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis, extra=1)
        r.give((*row[:at], r.slot("1"), *row[at:]))

    def forward(self, p: Any, x: Any) -> Any:
        return np.expand_dims(x, self.axis)


@layer("squeeze", torch="squeeze", keras="ops.squeeze", flax="jax.numpy.squeeze", mxnet="nd.squeeze", also="Squeeze")
class Squeeze(Layer):
    """Axes of size 1 removed."""

    example = ("1", "[N, 1, 8]")
    rules = (
        "axis-out-of-range: each axis exists",
        "duplicate-axis: no axis is named twice",
        "size-mismatch: each axis named has size 1",
    )

    axis = integers("the axis, or a list of them", also="dim")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        gone = set(r.several(self.axis))
        for k in gone:
            r.store.equal(row[k], r.slot("1"), (r.node, "axis"))
        r.give(tuple(s for k, s in enumerate(row) if k not in gone))

    def forward(self, p: Any, x: Any) -> Any:
        return x.squeeze(self.axis)
