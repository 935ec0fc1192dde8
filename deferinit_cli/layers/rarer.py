"""Activations that are met less often."""

from __future__ import annotations

from typing import Any

from .activations import Activation, named
from .base import integer, layer, number
from .elementwise import AlongAxis, softplus
from .lazy import np


@named
def mish(x: Any) -> Any:
    return x * np.tanh(softplus(x))


@layer("mish", also="Mish")
class Mish(Activation):
    """x * tanh(softplus(x)) (Misra, 2019)."""

    function = staticmethod(mish)


@layer("celu", also="CELU")
class Celu(Activation):
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0) (Barron, 2017)."""

    alpha = number("the limit of negative values, negated", default=1.0, minimum=1e-6)
    function = staticmethod(
        lambda x, alpha: np.maximum(x, 0) + np.minimum(x.dtype.type(alpha) * np.expm1(np.minimum(x, 0) / x.dtype.type(alpha)), 0)
    )


@layer("hard_tanh", also="Hardtanh HardTanh")
class HardTanh(Activation):
    """x held between two values."""

    min = number("the least", default=-1.0, also="min_val")
    max = number("the most", default=1.0, also="max_val")
    function = staticmethod(lambda x, min, max: np.clip(x, min, max))


@layer("softsign", also="Softsign")
class Softsign(Activation):
    """x / (1 + |x|)."""

    function = staticmethod(lambda x: x / (1 + np.abs(x)))


@layer("tanhshrink", also="Tanhshrink")
class Tanhshrink(Activation):
    """x - tanh(x)."""

    function = staticmethod(lambda x: x - np.tanh(x))


@layer("log_sigmoid", also="LogSigmoid")
class LogSigmoid(Activation):
    """The logarithm of sigmoid."""

    function = staticmethod(lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))))


@layer("threshold", also="Threshold ThresholdedReLU")
class Threshold(Activation):
    """x where above a threshold, else a value."""

    threshold = number("the threshold")
    value = number("what takes the place of values not above it")
    function = staticmethod(lambda x, threshold, value: np.where(x > threshold, x, x.dtype.type(value)))


@layer("squareplus", also="Squareplus")
class Squareplus(Activation):
    """(x + sqrt(x*x + b)) / 2 (Barron, 2021)."""

    b = number("curvature at 0", default=4.0, minimum=0)
    function = staticmethod(lambda x, b: (x + np.sqrt(x * x + x.dtype.type(b))) / 2)


@layer("sparsemax", also="Sparsemax")
class Sparsemax(AlongAxis):
    """The nearest point of the simplex: rows sum to 1, most entries 0 (Martins & Astudillo, 2016)."""

    axis = integer("the axis", default=-1, also="dim")

    def forward(self, p: Any, x: Any) -> Any:
        z = np.moveaxis(x, self.axis, -1)
        ordered = -np.sort(-z, axis=-1)
        sums = np.cumsum(ordered, axis=-1) - 1
        k = np.arange(1, z.shape[-1] + 1)
        support = (ordered * k > sums).sum(axis=-1, keepdims=True)
        tau = np.take_along_axis(sums, support - 1, axis=-1) / support
        return np.moveaxis(np.maximum(z - tau, 0), -1, self.axis).astype(x.dtype)
