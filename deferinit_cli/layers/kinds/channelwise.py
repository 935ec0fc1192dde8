"""A learned number for each entry of one axis."""

from __future__ import annotations

from typing import Any

from ...initializers import ones, zeros
from ..core.base import Layer, integer, layer, param
from ..core.frame import Frame

GROUP = "Bare tensors"


class AlongOne(Layer):
    """A learned vector laid along one axis."""

    example = ("", "[N, T, 64]")

    axis = integer("the axis it lies along", default=-1, also="dim")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        names = " ".join(f"a{i}" for i in range(self.axis if self.axis >= 0 else -self.axis - 1))
        self.takes = self.gives = (f"{names} C *x" if self.axis >= 0 else f"*x C {names}").strip()

    def relate(self, r: Frame) -> None:
        pass

    def along(self, x: Any, w: Any) -> Any:
        shape = [1] * x.ndim
        shape[self.axis] = -1
        return w.reshape(shape)


@layer("scale", torch="", keras="", flax="", mxnet="", also="Scale LayerScale layer_scale")
class Scale(AlongOne):
    """A learned factor per entry of an axis (layer scale)."""

    axis = AlongOne.axis
    parameters = [param("weight", "C", ones, keras="", flax="", mxnet="")]

    def forward(self, p: Any, x: Any) -> Any:
        return x * self.along(x, p.weight)


@layer("bias_add", torch="", keras="", flax="", mxnet="", also="Bias BiasAdd")
class BiasAdd(AlongOne):
    """A learned offset per entry of an axis."""

    axis = AlongOne.axis
    parameters = [param("bias", "C", zeros, keras="", flax="", mxnet="")]

    def forward(self, p: Any, x: Any) -> Any:
        return x + self.along(x, p.bias)
