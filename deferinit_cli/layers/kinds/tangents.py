"""The hyperbolic tangent and curves of its shape."""

from __future__ import annotations

from typing import Any

from ..core.base import layer
from ..core.lazy_numpy import np
from .activations import Activation, Curve

GROUP = "Activations"


@layer("tanh", torch="nn.Tanh", keras="activations.tanh", flax="linen.tanh", mxnet="nd.tanh", also="Tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""

    def forward(self, p: Any, x: Any) -> Any:
        return np.tanh(x)

    def inplace(self, p: Any, x: Any) -> Any:
        return np.tanh(x, out=x)


@layer("tanhshrink", torch="nn.Tanhshrink", keras="activations.tanh_shrink", flax="", mxnet="", also="TanhShrink")
class Tanhshrink(Curve):
    """x - tanh(x)."""

    def curve(self, x: Any) -> Any:
        y = np.tanh(x)
        return np.subtract(x, y, out=y)


@layer(
    "softsign", torch="nn.Softsign", keras="activations.softsign", flax="linen.soft_sign", mxnet="nd.softsign", also="SoftSign"
)
class Softsign(Curve):
    """x / (1 + |x|)."""

    def curve(self, x: Any) -> Any:
        y = np.abs(x)
        y += 1
        return np.divide(x, y, out=y)
