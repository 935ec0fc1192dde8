"""Activations that weigh x by the normal distribution function of x, and what stands in for it."""

from __future__ import annotations

from math import erfc, sqrt
from typing import Any

from ..core.base import choice, layer
from ..core.lazy_numpy import np
from .activations import Curve
from .sigmoids import sigmoid

GROUP = "Activations"

TAIL = (
    0.11962929731483558, 0.1207539843228358, 0.0999132830422486, 0.128562422123101, -0.05368533569055951, 0.20635552711786695,
    -0.15720434585314993, 0.035675094562000915,
)  # fmt: skip
"""exp(a*a/2) * P(normal > a) as a polynomial in t = 1/(1 + 0.3 a), without a constant; fitted to 1.5e-7 relative."""


def exact(x: Any) -> Any:
    """x * P(normal <= x) = max(x, 0) - |x| * P(normal > |x|), which loses no digits in the tail."""
    if x.dtype != np.float32:
        return x * np.frompyfunc(lambda v: erfc(-v / sqrt(2)) / 2, 1, 1)(x).astype(x.dtype)
    a = np.abs(x)
    np.minimum(a, 40, out=a)  # beyond, the tail is 0, and infinity times 0 is not
    t = a * 0.3
    t += 1
    np.reciprocal(t, out=t)
    y = t * TAIL[-1]
    for c in TAIL[-2::-1]:
        y += c
        y *= t
    np.square(a, out=t)
    t *= -0.5
    np.exp(t, out=t)
    y *= t
    y *= a
    return np.subtract(np.maximum(x, 0), y, out=y)


def by_tanh(x: Any) -> Any:
    """x/2 * (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3)."""
    y = np.square(x)
    y *= -2 * 0.7978845608028654 * 0.044715
    y -= 2 * 0.7978845608028654
    y *= x
    np.exp(y, out=y)
    y += 1
    return np.divide(x, y, out=y)


@layer("gelu", torch="nn.GELU", keras="activations.gelu", flax="linen.gelu", mxnet="gluon.nn.GELU", also="Gelu")
class Gelu(Curve):
    """x times the normal distribution function of x (Hendrycks & Gimpel, 2016)."""

    approximate = choice("exact, or by tanh", "none tanh", default="none")

    def curve(self, x: Any) -> Any:
        return by_tanh(x) if self.approximate == "tanh" else exact(x)


@layer("gelu_tanh", torch="nn.GELU(approximate='tanh')", keras="activations.gelu(approximate=True)",
       flax="linen.gelu(approximate=True)", mxnet="gluon.nn.GELU(approximation='tanh')", also="NewGELU gelu_new gelu_pytorch_tanh")  # fmt: skip
class GeluTanh(Curve):
    """gelu by its tanh approximation, under a name of its own for arguments called activation."""

    def curve(self, x: Any) -> Any:
        return by_tanh(x)


@layer("quick_gelu", torch="", keras="", flax="", mxnet="", also="QuickGELU QuickGELUActivation")
class QuickGelu(Curve):
    """x * sigmoid(1.702 x), as in CLIP."""

    def curve(self, x: Any) -> Any:
        y = sigmoid(x * 1.702)
        y *= x
        return y
