"""Plain functions of one value."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, Problem, choice, layer, number
from ..core.lazy_numpy import np
from .activations import Pointwise

GROUP = "Arithmetic and reduction"


DTYPES = "float16 float32 float64 int8 int16 int32 int64 uint8 bool"


@layer("scale_by", torch="", keras="layers.Rescaling", flax="", mxnet="", also="multiply_constant")
class ScaleBy(Pointwise):
    """x times a number."""

    example = ("0.5", "[N, 4]")

    factor = number("the number", also="scale")
    function = staticmethod(lambda x, factor: x * x.dtype.type(factor))


@layer("shift_by", torch="", keras="layers.Rescaling(offset=…)", flax="", mxnet="", also="add_constant")
class ShiftBy(Pointwise):
    """x plus a number."""

    example = ("1", "[N, 4]")

    rules = ("dtype-mismatch: integers are shifted by an integer",)

    amount = number("the number", also="offset")
    function = staticmethod(lambda x, amount: x + x.dtype.type(amount))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.accepts = "float" if self.adds is None else "any"

    @property
    def adds(self) -> int | None:
        return int(self.amount) if self.amount == int(self.amount) else None


@layer("clip", torch="clamp", keras="ops.clip", flax="jax.numpy.clip", mxnet="nd.clip", also="Clamp Clip")
class Clip(Pointwise):
    """x held between two numbers."""

    example = ("{min: -1, max: 1}", "[N, 4]")
    rules = ("argument-range: min is not above max", "missing-argument: min or max says where to")

    min = number("the least", default=None, also="min_value a_min")
    max = number("the most", default=None, also="max_value a_max")
    function = staticmethod(lambda x, min, max: np.clip(x, min, max))

    def check(self) -> None:
        if self.min is None and self.max is None:
            raise Problem("missing-argument", "clip needs min or max", "min")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Problem("argument-range", f"min {self.min:g} is above max {self.max:g}", "min")


@layer("power", torch="pow", keras="ops.power", flax="jax.numpy.power", mxnet="nd.power", also="Power")
class Power(Pointwise):
    """x to a power."""

    example = ("2", "[N, 4]")

    exponent = number("the power", also="p")
    function = staticmethod(lambda x, exponent: np.power(x, x.dtype.type(exponent)))


@layer("exp", torch="exp", keras="ops.exp", flax="jax.numpy.exp", mxnet="nd.exp", also="Exp")
class Exp(Pointwise):
    """e to the x."""

    function = staticmethod(lambda x: np.exp(x))


@layer("log", torch="log", keras="ops.log", flax="jax.numpy.log", mxnet="nd.log", also="Log")
class Log(Pointwise):
    """The natural logarithm."""

    function = staticmethod(lambda x: np.log(x))


@layer("sqrt", torch="sqrt", keras="ops.sqrt", flax="jax.numpy.sqrt", mxnet="nd.sqrt", also="Sqrt")
class Sqrt(Pointwise):
    """The square root."""

    function = staticmethod(lambda x: np.sqrt(x))


@layer("rsqrt", torch="rsqrt", keras="ops.rsqrt", flax="jax.lax.rsqrt", mxnet="nd.rsqrt", also="Rsqrt")
class Rsqrt(Pointwise):
    """1 over the square root."""

    function = staticmethod(lambda x: 1 / np.sqrt(x))


@layer("abs", torch="abs", keras="ops.abs", flax="jax.numpy.abs", mxnet="nd.abs", also="Abs")
class Abs(Pointwise):
    """The magnitude."""

    accepts = "any"
    function = staticmethod(lambda x: np.abs(x))


@layer("neg", torch="neg", keras="ops.negative", flax="jax.numpy.negative", mxnet="nd.negative", also="Neg")
class Neg(Pointwise):
    """-x."""

    accepts = "any"
    function = staticmethod(lambda x: -x)


@layer("cast", torch="Tensor.to", keras="ops.cast", flax="jax.numpy.astype", mxnet="nd.cast", also="Cast type to_dtype")
class Cast(Layer):
    """The same values in another dtype."""

    example = ("float16", "[N, 4]")

    dtype = choice("the dtype", DTYPES, also="to")

    accepts = "any"
    takes = gives = "*x"

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return str(self.dtype)

    def forward(self, p: Any, x: Any) -> Any:
        return x.astype(self.dtype)
