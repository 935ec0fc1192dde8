"""Functions along one axis: running sums, the place of the largest."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, integer, layer
from ..core.lazy_numpy import np

GROUP = "Arithmetic and reduction"


@layer("cumsum", torch="cumsum", keras="ops.cumsum", flax="jax.numpy.cumsum", mxnet="np.cumsum", also="CumSum")
class Cumsum(Layer):
    """The running sum along an axis."""

    example = ("1", "[N, 4]")

    axis = integer("the axis", also="dim")

    accepts = "any"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        names = " ".join(f"a{i}" for i in range(self.axis + 1 if self.axis >= 0 else -self.axis))
        self.takes = self.gives = f"{names} *x" if self.axis >= 0 else f"*x {names}"

    def forward(self, p: Any, x: Any) -> Any:
        return np.cumsum(x, axis=self.axis, dtype=x.dtype)


@layer("argmax", torch="argmax", keras="ops.argmax", flax="jax.numpy.argmax", mxnet="nd.argmax", also="ArgMax")
class Argmax(Layer):
    """Where along an axis the largest value is."""

    example = ("-1", "[N, 4]")

    axis = integer("the axis", also="dim")

    accepts = "any"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        rest = " ".join(f"a{i}" for i in range(self.axis if self.axis >= 0 else -self.axis - 1))
        self.takes, self.gives = (f"{rest} gone *x", f"{rest} *x") if self.axis >= 0 else (f"*x gone {rest}", f"*x {rest}")

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return "int64"

    def forward(self, p: Any, x: Any) -> Any:
        return np.argmax(x, axis=self.axis)
