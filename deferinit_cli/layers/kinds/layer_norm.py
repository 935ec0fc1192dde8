"""Normalisation over features: layer norm and RMS norm."""

from __future__ import annotations

from typing import Any

from ...initializers import Initializer, constant, ones, zeros
from ..core.base import Layer, Problem, flag, integers, layer, number, param
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.patterns import Param

GROUP = "Normalisation"


class FeatureNorm(Layer):
    """Normalisation over some axes, with learned factors for each entry of them."""

    example = ("", "[N, T, 64]")
    rules = (
        "axis-out-of-range: each axis exists",
        "duplicate-axis: no axis is named twice",
    )

    axis = integers("the axes normalised over", default=(-1,), also="normalized_shape begin_norm_axis")

    start: Initializer = ones

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if isinstance(self.axis, int):
            self.axis = (self.axis,)
        self.names = tuple(f"c{k}" for k in range(len(self.axis)))
        ends = [a for a in self.axis if a < 0]
        if len(self.axis) == 1 and self.axis[0] >= 0:
            before = " ".join(f"a{k}" for k in range(self.axis[0]))
            self.takes = self.gives = f"{before} c0 *x".strip()
        elif sorted(self.axis) == list(range(-len(self.axis), 0)) and len(ends) == len(self.axis):
            order = sorted(range(len(self.axis)), key=lambda k: self.axis[k])
            self.takes = self.gives = "*x " + " ".join(self.names[k] for k in order)

    def check(self) -> None:
        if len(set(self.axis)) < len(self.axis):
            raise Problem("duplicate-axis", "an axis is named twice", "axis", str(list(self.axis)))

    def relate(self, r: Frame) -> None:
        if not self.takes:
            row = r.dims()
            for name, k in zip(self.names, r.several(self.axis)):
                r.named(name, row[k])
            r.give(row)

    def over_axes(self, p: Param) -> Param:
        """A parameter over the axes in the order given; Keras and Flax have them in that of the input."""
        order = " ".join(name for _, _, name in sorted((a < 0, a, n) for a, n in zip(self.axis, self.names)))
        names = {f: f"{said}: {order}" if said and f != "mxnet" else said for f, said in p.names.items()}
        return p.like(axes=" ".join(self.names), names=names)

    def factors(self, x: Any, array: Any) -> Any:
        """A parameter with its axes where they are in x."""
        shape = [1] * x.ndim
        order = sorted(range(len(self.axis)), key=lambda k: self.axis[k] % x.ndim)
        array = array.transpose(order)
        for k in order:
            shape[self.axis[k] % x.ndim] = x.shape[self.axis[k] % x.ndim]
        return array.reshape(shape)


@layer(
    "layer_norm",
    torch="nn.LayerNorm",
    keras="layers.LayerNormalization",
    flax="linen.LayerNorm",
    mxnet="gluon.nn.LayerNorm",
    also="layernorm",
)
class LayerNorm(FeatureNorm):
    """Subtract the mean, divide by the standard deviation, then scale and shift (Ba et al., 2016)."""

    axis = FeatureNorm.axis
    eps = number("added to the variance", default=1e-5, minimum=0, also="epsilon")
    scale = flag("a learned scale", default=True, also="elementwise_affine affine", open=True)
    center = flag("a learned shift", default=True, also="bias", open=True)

    parameters = [
        param("weight", "", ones, when="scale", keras="gamma", flax="scale", mxnet="gamma"),
        param("bias", "", zeros, when="center", keras="beta", flax="bias", mxnet="beta"),
    ]

    def tensors(self) -> list[Param]:
        return [self.over_axes(p) for p in super().tensors()]

    def forward(self, p: Any, x: Any) -> Any:
        y = x - x.mean(axis=self.axis, keepdims=True, dtype=x.dtype)
        y /= np.sqrt(np.mean(np.square(y), axis=self.axis, keepdims=True, dtype=x.dtype) + x.dtype.type(self.eps))
        if self.scale:
            y *= self.factors(x, p.weight)
        if self.center:
            y += self.factors(x, p.bias)
        return y


@layer(
    "rms_norm", torch="nn.RMSNorm", keras="layers.RMSNormalization", flax="linen.RMSNorm", mxnet="", also="LlamaRMSNorm rmsnorm"
)
class RMSNorm(FeatureNorm):
    """Divide by the root of the mean square, then scale (Zhang & Sennrich, 2019)."""

    axis = FeatureNorm.axis
    eps = number("added to the mean square", default=1e-6, minimum=0, also="epsilon")
    offset = number("added to the weight: 1 as in Gemma", default=0.0)

    parameters = [param("weight", "", ones, keras="scale", flax="scale", mxnet="")]

    def tensors(self) -> list[Param]:
        own = self.over_axes(self.parameters[0])
        if self.offset == 0:
            return [own]
        return [own.like(initializer=constant(value=1 - self.offset), names=dict.fromkeys(own.names, ""))]  # others add nothing

    def forward(self, p: Any, x: Any) -> Any:
        y = x / np.sqrt(np.mean(np.square(x), axis=self.axis, keepdims=True, dtype=x.dtype) + x.dtype.type(self.eps))
        weight = self.factors(x, p.weight)
        y *= weight if self.offset == 0 else weight + x.dtype.type(self.offset)
        return y
