"""Bare tensors: learned, fixed, or made from an input's shape."""

from __future__ import annotations

from typing import Any

from ...initializers import Initializer, normal
from ..core.base import Layer, Problem, choice, dims, integer, layer, size, value
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.patterns import Param

GROUP = "Bare tensors"


@layer(
    "parameter",
    torch="nn.Parameter",
    keras="Variable",
    flax="linen.Module.param",
    mxnet="gluon.Parameter",
    also="Variable Parameter",
)
class Bare(Layer):
    """A learned tensor without an input: a class token, a position table."""

    example = ("- parameter position: [1, 16, 64]\n- add: [x, prev]", "[N, 16, 64]")

    shape = dims("its shape; symbols and _ are inferred", also="size")

    ports = ()
    accepts = "any"
    nameless = True
    start: Initializer = normal(std=0.02)

    def tensors(self) -> list[Param]:
        axes = " ".join(f"shape.{k}" for k in range(len(self.shape)))
        return [Param("", axes, self.start, keras="=", flax="=", mxnet="=")]

    def relate(self, r: Frame) -> None:
        if "" not in r.tensors:
            r.tensor("", *(f"shape.{k}" for k in range(len(self.shape))))
        r.give(r.tensors[""])

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return own

    def forward(self, p: Any, *x: Any) -> Any:
        return p.value


@layer("constant", torch="", keras="", flax="", mxnet="gluon.Constant", also="Constant")
class Fixed(Layer):
    """A tensor of given values."""

    example = ("- constant mean: {value: [0.5, 0.4, 0.3]}\n- sub: [x, prev]", "[N, H, W, 3]")

    value = value("a number, or nested lists of numbers", also="data fill_value")
    shape = dims("its shape, filled with the value; as the value is when left out", default=None)
    dtype = choice("its dtype; as the spec's when left out", "float16 float32 float64 int32 int64 bool", default=None)

    ports = ()
    accepts = "any"

    def sizes(self) -> tuple[Any, ...]:
        if self.shape is not None:
            return tuple(self.shape)
        out, v = [], self.value
        while isinstance(v, tuple):
            out.append(len(v))
            v = v[0] if v else 0
        return tuple(out)

    def relate(self, r: Frame) -> None:
        if self.shape is not None:
            r.give(tuple(r.slot(f"shape.{k}") for k in range(len(self.shape))))
        else:
            r.give(tuple(r.named(f"n{k}", r.axes.get(f"n{k}") or r.slot(n)) for k, n in enumerate(self.sizes())))

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return self.dtype or own

    def forward(self, p: Any, *x: Any) -> Any:
        array = np.asarray(self.value, dtype=self.dtype or "float32")
        return np.broadcast_to(array, self.sizes()).copy() if self.shape is not None else array


@layer(
    "arange",
    torch="arange",
    keras="ops.arange",
    flax="jax.numpy.arange",
    mxnet="nd.contrib.arange_like",
    also="Arange range positions position_ids",
)
class Arange(Layer):
    """The positions 0, 1, … of one axis of its input."""

    example = ("1", "[N, T] int64")
    rules = ("axis-out-of-range: axis exists",)

    axis = integer("the axis that is counted", also="dim")

    accepts = "any"
    counts = True

    def relate(self, r: Frame) -> None:
        r.give((r.size_of(self.axis),))

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return "int64"

    def forward(self, p: Any, x: Any) -> Any:
        return np.arange(x.shape[self.axis], dtype=np.int64)


@layer("one_hot", torch="nn.functional.one_hot", keras="ops.one_hot", flax="jax.nn.one_hot", mxnet="nd.one_hot", also="OneHot")
class OneHot(Layer):
    """1 at each index, 0 elsewhere, along a new last axis."""

    example = ("10", "[N, T] int64")

    classes = size("how many indices", also="num_classes depth num_tokens")

    accepts = "integer"
    index_limit = "classes"
    takes, gives = "*x", "*x classes"

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return own

    def forward(self, p: Any, x: Any) -> Any:
        n = self.classes
        if x.size and (x.min() < 0 or x.max() >= n):
            worst = x.min() if x.min() < 0 else x.max()
            raise Problem("index-out-of-range", f"index {worst} of {n} classes", "classes", str(worst), f"0 to {n - 1}")
        return (x[..., None] == np.arange(n)).astype("float32")
