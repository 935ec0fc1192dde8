"""Activations made of straight pieces, zero or nearly so below zero."""

from __future__ import annotations

from typing import Any

from ...initializers import constant
from ..core.base import Layer, Problem, flag, layer, number, param
from ..core.frame import Frame
from ..core.lazy_numpy import np
from .activations import Activation, Curve

GROUP = "Activations"


class Clipped(Activation):
    """x held between two bounds, None for no bound. It is one numpy pass, so it is not worked through in parts as a `Curve` is."""

    def bounds(self) -> tuple[float, float | None]:
        raise NotImplementedError

    def forward(self, p: Any, x: Any) -> Any:
        low, high = self.bounds()
        return np.maximum(x, x.dtype.type(low)) if high is None else np.clip(x, x.dtype.type(low), x.dtype.type(high))

    def inplace(self, p: Any, x: Any) -> Any:
        low, high = self.bounds()
        return np.maximum(x, low, out=x) if high is None else np.clip(x, low, high, out=x)


@layer("relu", torch="nn.ReLU", keras="layers.ReLU activations.relu", flax="linen.relu", mxnet="nd.relu", also="Relu relu_")
class Relu(Clipped):
    """max(x, 0)."""

    def bounds(self) -> tuple[float, float | None]:
        return 0, None


@layer("relu6", torch="nn.ReLU6", keras="activations.relu6", flax="linen.relu6", mxnet="")
class Relu6(Clipped):
    """min(max(x, 0), 6)."""

    def bounds(self) -> tuple[float, float | None]:
        return 0, 6


@layer(
    "hard_tanh", torch="nn.Hardtanh", keras="activations.hard_tanh", flax="linen.hard_tanh", mxnet="", also="HardTanh hardtanh"
)
class HardTanh(Clipped):
    """x held between two values."""

    rules = ("argument-range: min is below max",)

    min = number("the least", default=-1.0, also="min_val")
    max = number("the most", default=1.0, also="max_val")

    def check(self) -> None:
        if self.min >= self.max:
            raise Problem("argument-range", f"min {self.min:g} is not below max {self.max:g}", "min", f"{self.min:g}",
                          f"less than {self.max:g}")  # fmt: skip

    def bounds(self) -> tuple[float, float | None]:
        return self.min, self.max


@layer(
    "leaky_relu",
    torch="nn.LeakyReLU",
    keras="layers.LeakyReLU",
    flax="linen.leaky_relu",
    mxnet="gluon.nn.LeakyReLU",
    also="LeakyRelu",
)
class LeakyRelu(Curve):
    """x where positive, slope * x elsewhere (Maas et al., 2013)."""

    slope = number("factor of negative values", default=0.01, also="negative_slope alpha")

    def curve(self, x: Any) -> Any:
        y = x * self.slope
        if self.slope == 0:  # none times infinity is no number, and nothing is larger
            np.copyto(y, x, where=x > 0)
            return y
        return np.maximum(x, y, out=y) if self.slope <= 1 else np.minimum(x, y, out=y)


@layer("prelu", torch="nn.PReLU", keras="layers.PReLU", flax="linen.PReLU", mxnet="gluon.nn.PReLU")
class Prelu(Layer):
    """x where positive, a learned multiple elsewhere (He et al., 2015)."""

    example = ("false", "[N, 16, 32, 32]")

    shared = flag("one factor for all channels, rather than one each", default=True, open=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.takes = self.gives = "*x" if self.shared is not False else "N C *x"
        if self.shared:  # Keras has an axis of size 1 for each of the input's but the first
            names = {"keras": "alpha: *x-1", "flax": "negative_slope:", "mxnet": "alpha"}
        else:  # Keras' data has the channels last
            names = {"keras": "alpha: *x C", "flax": "", "mxnet": "alpha"}
        axes = "1" if self.shared is True else "C" if self.shared is False else "factors"
        self.parameters = [param("weight", axes, constant(value=0.25), names=names)]

    def relate(self, r: Frame) -> None:
        """Nothing beyond equal names. Overridden so that the kind does not count as one that only passes its shape on."""

    def forward(self, p: Any, x: Any) -> Any:
        w = p.weight if self.shared else p.weight.reshape(-1, *[1] * (x.ndim - 2))
        y = np.minimum(x, x.dtype.type(0)) * (w if x.ndim else w[0])
        y += np.maximum(x, x.dtype.type(0))
        return y
