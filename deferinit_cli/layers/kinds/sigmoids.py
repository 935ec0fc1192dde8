"""Activations built on the logistic function and its integral, softplus."""

from __future__ import annotations

from typing import Any

from ..core.base import layer, number
from ..core.lazy_numpy import np
from .activations import Curve

GROUP = "Activations"


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), 0 where the exponential overflows."""
    y = np.negative(x)
    np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)); x itself where the difference is below the precision."""
    y = np.abs(x)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    y += np.maximum(x, 0)
    return y


@layer("sigmoid", torch="nn.Sigmoid", keras="activations.sigmoid", flax="linen.sigmoid", mxnet="nd.sigmoid", also="logistic")
class Sigmoid(Curve):
    """1 / (1 + exp(-x))."""

    def curve(self, x: Any) -> Any:
        return sigmoid(x)


@layer(
    "log_sigmoid",
    torch="nn.LogSigmoid",
    keras="activations.log_sigmoid",
    flax="linen.log_sigmoid",
    mxnet="nd.log_sigmoid",
    also="logsigmoid",
)
class LogSigmoid(Curve):
    """The logarithm of sigmoid."""

    def curve(self, x: Any) -> Any:
        y = softplus(np.negative(x))
        return np.negative(y, out=y)


@layer("silu", torch="nn.SiLU", keras="activations.silu", flax="linen.silu linen.swish", mxnet="gluon.nn.Swish", also="Silu")
class Silu(Curve):
    """x * sigmoid(x) (Elfwing et al., 2017)."""

    def curve(self, x: Any) -> Any:
        y = sigmoid(x)
        y *= x
        return y


@layer("mish", torch="nn.Mish", keras="activations.mish", flax="jax.nn.mish", mxnet="nd.mish", also="Mish")
class Mish(Curve):
    """x * tanh(softplus(x)) (Misra, 2019)."""

    def curve(self, x: Any) -> Any:
        y = softplus(x)
        np.tanh(y, out=y)
        y *= x
        return y


@layer(
    "softplus",
    torch="nn.Softplus",
    keras="activations.softplus",
    flax="linen.softplus",
    mxnet="nd.Activation(act_type='softrelu')",
    also="SoftPlus SoftReLU softrelu",
)
class Softplus(Curve):
    """log(1 + exp(beta x)) / beta; x itself past the threshold."""

    beta = number("sharpness; not 0", default=1.0, minimum=1e-6)
    threshold = number("beta * x from which it is x", default=20.0)

    def curve(self, x: Any) -> Any:
        scaled = x if self.beta == 1 else x * self.beta
        y = softplus(scaled)
        if self.beta != 1:
            y /= self.beta
        np.copyto(y, x, where=scaled > self.threshold)
        return y


@layer("squareplus", torch="", keras="activations.squareplus", flax="jax.nn.squareplus", mxnet="", also="Squareplus")
class Squareplus(Curve):
    """(x + sqrt(x*x + b)) / 2 (Barron, 2021)."""

    b = number("curvature at 0", default=4.0, minimum=0)

    def curve(self, x: Any) -> Any:
        y = np.square(x)
        y += self.b
        np.sqrt(y, out=y)
        y += np.abs(x)
        y *= 0.5
        return np.divide(x.dtype.type(self.b / 4), y, out=y, where=x < 0)  # the sum as written cancels below 0
