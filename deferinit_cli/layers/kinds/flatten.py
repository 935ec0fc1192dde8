"""Flatten and its inverse."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ...shapes.rows import Open
from ..core.base import UNKNOWN, Layer, Problem, dims, integer, layer
from ..core.frame import Frame, Wait
from ..core.lazy_numpy import np

GROUP = "Shape"


@layer("flatten", torch="nn.Flatten", keras="layers.Flatten", flax="jax.numpy.reshape(…)", mxnet="gluon.nn.Flatten")
class Flatten(Layer):
    """Several neighbouring axes become one."""

    example = ("", "[N, 16, 5, 5]")
    rules = (
        "axis-out-of-range: start and end are axes of the input",
        "axis-order: start is not behind end",
    )

    start = integer("first axis that is merged", default=1, also="start_dim")
    end = integer("last axis that is merged", default=-1, also="end_dim")

    accepts = "any"
    adds = 0
    takes = "*x"

    def relate(self, r: Frame) -> None:
        row: Any = rows.resolve(r.inputs[0])
        if type(row) is Open:
            if self.start < 0 or self.end != -1:
                raise Wait
            wide = rows.wide(row, self.start, 0, r.store, r.node)  # what stays in front is known to be there
            assert type(wide) is Open
            r.give((*wide.prefix[: self.start], r.slot("merged")))
            raise Wait
        if len(row) == 0:
            for name in ("start", "end"):  # of a number, as of its one entry
                if getattr(self, name) not in (0, -1):
                    raise Problem("axis-out-of-range", f"axis {getattr(self, name)} of a value with 0 dims", name,
                                  str(getattr(self, name)), "-1 to 0")  # fmt: skip
            r.give((r.slot("merged"),))
            r.product("merged", 1)
            return
        first, last = r.axis(self.start, blame="start"), r.axis(self.end, blame="end")
        if first > last:
            raise Problem("axis-order", f"start {first} is behind end {last}", "start")
        merged = row[first : last + 1]
        if len(merged) == 1:
            r.axes.setdefault("merged", merged[0])
            if r.axes["merged"] != merged[0]:
                r.equal("merged", r.name("only", merged[0]))
        else:
            r.product_of("merged", merged)
        r.give((*row[:first], r.slot("merged"), *row[last + 1 :]))

    def forward(self, p: Any, x: Any) -> Any:
        if x.ndim == 0:
            return x.reshape(1)
        first, last = self.start % x.ndim, self.end % x.ndim
        return np.ascontiguousarray(x).reshape(*x.shape[:first], -1, *x.shape[last + 1 :])


@layer("unflatten", torch="nn.Unflatten", keras="layers.Reshape(…)", flax="jax.numpy.reshape(…)", mxnet="nd.reshape(…)")
class Unflatten(Layer):
    """One axis becomes several."""

    example = ("{axis: 1, shape: [4, 2]}", "[N, 8]")
    rules = (
        "axis-out-of-range: axis exists",
        "argument-range: at most one size is left open",
    )

    axis = integer("the axis that is split", also="dim")
    shape = dims("its new sizes; one may be -1 or _", special="-1", also="unflattened_size")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        names = [f"shape.{k}" for k in range(len(self.shape))]
        parts = tuple(r.named(n, None) if s == -1 else r.slot(n) for n, s in zip(names, self.shape))
        r.axes["whole"] = row[at]
        r.product_of("whole", parts, says="{whole} cells do not split into parts of {part}", blame="shape")
        r.give((*row[:at], *parts, *row[at + 1 :]))

    def check(self) -> None:
        if sum(s is UNKNOWN or s == -1 for s in self.shape) > 1:
            raise Problem("argument-range", "more than one size is left open", "shape", expected="at most one -1")

    def forward(self, p: Any, x: Any) -> Any:
        at = self.axis % x.ndim
        sizes = [s if type(s) is int else -1 for s in self.shape]
        return np.ascontiguousarray(x).reshape(*x.shape[:at], *sizes, *x.shape[at + 1 :])
