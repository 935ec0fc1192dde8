"""Layers that reduce over axes."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from ...shapes import rows
from ...shapes.rows import Open
from ..core.base import Layer, flag, integers, layer, number
from ..core.frame import Frame, Wait
from ..core.lazy_numpy import np

GROUP = "Arithmetic and reduction"


class Reduce(Layer):
    """Values combined over some axes, which go or stay as size 1."""

    example = ("1", "[N, T, 8]")
    rules = (
        "axis-out-of-range: each axis exists",
        "duplicate-axis: no axis is named twice",
    )

    axis = integers("the axis, or a list of them", also="dim axes")
    keepdims = flag("keep the axes, of size 1", default=False, also="keepdim keep_dims")

    accepts = "any"
    takes = "*x"
    how: ClassVar[str] = ""

    def relate(self, r: Frame) -> None:
        row = rows.resolve(r.inputs[0])
        if type(row) is Open:
            row = self.reach(r, row)
            if type(row) is Open:
                r.give(self.of_open(r, row))
                return
        at = set(r.several(self.axis))
        one = r.named("one", None) if "one" in r.axes else r.named("one", r.slot(1))
        r.give(tuple(one if k in at else s for k, s in enumerate(row) if k not in at or self.keepdims))  # type: ignore[arg-type]

    def reach(self, r: Frame, row: Any) -> Any:
        """An open row whose known dims reach the axes, which are all counted from one end; raises Wait where they are not."""
        before = max((a + 1 for a in self.axis if a >= 0), default=0)
        after = max((-a for a in self.axis if a < 0), default=0)
        if before and after:
            raise Wait
        return rows.wide(row, before, after, r.store, r.node)

    def of_open(self, r: Frame, row: Any) -> Any:
        one = r.named("one", None) if "one" in r.axes else r.named("one", r.slot(1))
        n = len(row.suffix)
        pre = tuple(one if k in self.axis else s for k, s in enumerate(row.prefix) if k not in self.axis or self.keepdims)
        suf = tuple(one if k - n in self.axis else s for k, s in enumerate(row.suffix) if k - n not in self.axis or self.keepdims)
        return Open(pre, row.rest, suf)

    def forward(self, p: Any, x: Any) -> Any:
        return getattr(np, self.how)(x, axis=self.axis, keepdims=self.keepdims)


class FloatReduce(Reduce):
    """One whose result is a float, whatever comes in."""

    accepts = "float"


@layer("mean", torch="mean", keras="ops.mean", flax="jax.numpy.mean", mxnet="nd.mean", also="Mean reduce_mean AdaptiveMean")
class Mean(FloatReduce):
    """The mean over axes."""

    how = "mean"


@layer("sum", torch="sum", keras="ops.sum", flax="jax.numpy.sum", mxnet="nd.sum", also="Sum reduce_sum")
class Sum(Reduce):
    """The sum over axes."""

    def result_dtype(self, inputs: list[str], own: str) -> str:
        dtype = inputs[0]
        return "int64" if isinstance(dtype, str) and dtype.startswith(("int", "bool")) else dtype

    def forward(self, p: Any, x: Any) -> Any:
        return x.sum(axis=self.axis, keepdims=self.keepdims, dtype=x.dtype if x.dtype.kind == "f" else None)


@layer("max", torch="amax", keras="ops.max", flax="jax.numpy.max", mxnet="nd.max", also="Max reduce_max")
class Max(Reduce):
    """The largest value over axes."""

    how = "max"


@layer("min", torch="amin", keras="ops.min", flax="jax.numpy.min", mxnet="nd.min", also="Min reduce_min")
class Min(Reduce):
    """The smallest value over axes."""

    how = "min"


def variance(x: Any, axis: Any, correction: float, keepdims: bool) -> Any:
    """The variance over axes; where `correction` is not below the number of values no finite number, and no warning."""
    count = prod(x.shape[k] for k in (axis if isinstance(axis, tuple) else (axis,)))
    squares = np.square(x - x.mean(axis=axis, keepdims=True)).sum(axis=axis, keepdims=keepdims)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(squares / x.dtype.type(max(count - correction, 0)))


@layer("std", torch="std", keras="ops.std", flax="jax.numpy.std", mxnet="np.std", also="Std")
class Std(FloatReduce):
    """The standard deviation over axes."""

    axis = Reduce.axis
    correction = number("subtracted from the count of values: 1 is unbiased", default=1, minimum=0, also="ddof unbiased")

    def forward(self, p: Any, x: Any) -> Any:
        return np.sqrt(variance(x, self.axis, self.correction, self.keepdims))


@layer("var", torch="var", keras="ops.var", flax="jax.numpy.var", mxnet="np.var", also="Var variance")
class Var(FloatReduce):
    """The variance over axes."""

    axis = Reduce.axis
    correction = number("subtracted from the count of values: 1 is unbiased", default=1, minimum=0, also="ddof unbiased")

    def forward(self, p: Any, x: Any) -> Any:
        return variance(x, self.axis, self.correction, self.keepdims)


@layer("norm", torch="linalg.vector_norm", keras="ops.norm", flax="jax.numpy.linalg.norm", mxnet="nd.norm", also="Norm")
class Norm(FloatReduce):
    """The p-norm over axes."""

    axis = Reduce.axis
    p = number("which norm", default=2.0, minimum=1e-6, also="ord")

    def forward(self, p: Any, x: Any) -> Any:
        total = (np.abs(x) ** self.p).sum(axis=self.axis, keepdims=self.keepdims, dtype=x.dtype)
        return (total ** (1 / self.p)).astype(x.dtype)
