"""Concatenation and stacking."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, integer, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np
from .merge import promoted, together

GROUP = "Merging"


@layer("concat", torch="cat", keras="layers.Concatenate", flax="jax.numpy.concatenate", mxnet="nd.concat", also="Concat")
class Concat(Layer):
    """Inputs one after the other along an axis; the other axes are equal."""

    example = ("{axis: 1}", "[N, 3, T]", "[N, 5, T]")
    rules = (
        "axis-out-of-range: axis exists",
        "rank-mismatch: the inputs have equal ranks",
        "size-mismatch: all axes but this one are equal",
    )

    axis = integer("the axis along which they are joined", default=1, also="dim")

    variadic = True
    merges = True
    accepts = "any"

    def relate(self, r: Frame) -> None:
        r.same_rank(list(range(len(r.inputs))))
        at = r.axis(self.axis)
        shapes = [r.dims(port) for port in range(len(r.inputs))]
        common = r.join([(*row[:at], *row[at + 1 :]) for row in shapes])
        if len(shapes) == 1:
            r.give(shapes[0])
            return
        assert type(common) is tuple
        for port in range(len(r.inputs)):
            r.axes[f"part{port}"] = shapes[port][at]
        r.sum("joined", *(f"part{port}" for port in range(len(r.inputs))))
        r.give((*common[:at], r.slot("joined"), *common[at:]))

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return promoted(inputs)

    def forward(self, p: Any, *inputs: Any) -> Any:
        x = together(inputs)
        if x[0].ndim > 2 and self.axis == 1:  # keep channels-last memory: convolutions come before and after
            return np.moveaxis(np.concatenate([np.moveaxis(a, 1, -1) for a in x], axis=-1), -1, 1)
        return np.concatenate(x, axis=self.axis)


@layer("stack", torch="stack", keras="ops.stack", flax="jax.numpy.stack", mxnet="nd.stack", also="Stack")
class Stack(Layer):
    """Inputs of equal shape along a new axis."""

    example = ("{axis: 1}", "[N, 8]", "[N, 8]")
    rules = (
        "axis-out-of-range: axis is at most the inputs' number of dims",
        "size-mismatch: the inputs have equal shapes",
    )

    axis = integer("where the new axis goes", default=1, also="dim")

    variadic = True
    merges = True
    accepts = "any"

    def relate(self, r: Frame) -> None:
        for other in r.inputs[1:]:
            r.same(r.inputs[0], other)
        row = r.dims(0)
        at = r.axis(self.axis, extra=1)
        r.axes["count"] = r.axes.get("count") or r.slot(len(r.inputs))
        r.give((*row[:at], r.axes["count"], *row[at:]))

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return promoted(inputs)

    def forward(self, p: Any, *x: Any) -> Any:
        return np.stack(together(x), axis=self.axis)
