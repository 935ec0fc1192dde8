"""Layers that join several inputs element by element."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, ClassVar

from ..core.base import Layer, flag, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Merging"

ORDER = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64")


def promoted(dtypes: list[str]) -> str:
    """The dtype that holds them all; inputs of unsaid dtype follow floats, and beside integers are still to be said."""
    known = [d for d in dtypes if isinstance(d, str)]
    unsaid = [d for d in dtypes if not isinstance(d, str)]
    widest = max(known, key=ORDER.index) if known else ""
    return unsaid[0] if unsaid and not widest.startswith(("float", "bfloat")) else widest


def together(x: Sequence[Any]) -> list[Any]:
    """The arrays in the dtype that holds them all; numpy alone would make float64 of float32 and int64."""
    dtype = promoted([a.dtype.name for a in x])
    return [a.astype(dtype, copy=False) for a in x]


def divided(inputs: list[str], own: str) -> str:
    """The dtype of a quotient: integers make floats."""
    known = promoted(inputs)
    return known if not isinstance(known, str) or known.startswith(("float", "bfloat")) else own


def as_float(x: Any) -> Any:
    return x if x.dtype.kind == "f" else x.astype(np.float32)


class Merge(Layer):
    """Inputs joined element by element, broadcast as numpy does."""

    example = ("", "[N, T, 8]", "[N, T, 8]")
    rules = (
        "broadcast-mismatch: sizes are equal or 1, aligned at the last axis",
        "size-mismatch: with broadcast false, the shapes are equal",
    )

    broadcast = flag("let sizes of 1 stretch; false demands equal shapes", default=True)

    ports: ClassVar[tuple[str, ...]] = ("x",)
    variadic = True
    merges = True
    accepts = "any"
    at_least: ClassVar[int] = 1
    join: ClassVar[str] = ""

    def relate(self, r: Frame) -> None:
        if not self.broadcast:
            r.give(r.join(r.inputs))
        else:
            r.give(r.broadcast(r.inputs))

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return promoted(inputs)

    def forward(self, p: Any, *x: Any) -> Any:
        return reduce(getattr(np, self.join), together(x))


@layer(
    "add",
    torch="add",
    keras="layers.Add",
    flax="jax.numpy.add",
    mxnet="nd.broadcast_add",
    also="ElementwiseAdd elementwise_add plus",
)
class Add(Merge):
    """The sum of its inputs."""

    join = "add"


@layer("mul", torch="mul", keras="layers.Multiply", flax="jax.numpy.multiply", mxnet="nd.broadcast_mul", also="Mul")
class Mul(Merge):
    """The product of its inputs."""

    join = "multiply"


@layer("maximum", torch="maximum", keras="layers.Maximum", flax="jax.numpy.maximum", mxnet="nd.broadcast_maximum")
class Maximum(Merge):
    """The largest of its inputs at each place."""

    join = "maximum"


@layer("minimum", torch="minimum", keras="layers.Minimum", flax="jax.numpy.minimum", mxnet="nd.broadcast_minimum")
class Minimum(Merge):
    """The smallest of its inputs at each place."""

    join = "minimum"


@layer("average", torch="", keras="layers.Average", flax="", mxnet="")
class Average(Merge):
    """The mean of its inputs."""

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return divided(inputs, own)

    def forward(self, p: Any, *x: Any) -> Any:
        total = as_float(reduce(np.add, together(x)))
        return total / total.dtype.type(len(x))


class Ordered(Merge):
    """Two inputs, the first and the second."""

    ports = ("a", "b")
    variadic = False


@layer("sub", torch="sub", keras="layers.Subtract", flax="jax.numpy.subtract", mxnet="nd.broadcast_sub", also="Sub minus")
class Sub(Ordered):
    """The first input less the second."""

    join = "subtract"


@layer("div", torch="div", keras="ops.divide", flax="jax.numpy.divide", mxnet="nd.broadcast_div", also="Divide Div")
class Div(Ordered):
    """The first input divided by the second."""

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return divided(inputs, own)

    def forward(self, p: Any, *x: Any) -> Any:
        return np.divide(*map(as_float, together(x)))


@layer("where", torch="where", keras="ops.where", flax="jax.numpy.where", mxnet="nd.where", also="Where switch")
class Where(Layer):
    """The second input where the first is true, else the third."""

    example = ("", "[N, 8] bool", "[N, 8]", "[N, 8]")
    rules = ("broadcast-mismatch: sizes are equal or 1, aligned at the last axis",)

    ports = ("condition", "a", "b")
    accepts = "any"

    def relate(self, r: Frame) -> None:
        r.give(r.broadcast(r.inputs))

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return promoted(inputs[1:])

    def forward(self, p: Any, condition: Any, a: Any, b: Any) -> Any:
        return np.where(condition, *together((a, b)))


__all__ = ["Merge", "promoted", "together"]
