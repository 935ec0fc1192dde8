"""The activations' functions and kinds, the widely used ones."""

from __future__ import annotations

from typing import Any

from ..initializers import constant
from .activations import Activation, named
from .base import Layer, choice, flag, integer, layer, number, param
from .frame import Frame
from .lazy import np


@named
def relu(x: Any) -> Any:
    return np.maximum(x, 0)


@named
def relu6(x: Any) -> Any:
    return np.clip(x, 0, 6)


@named
def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    return np.where(x >= 0, x, x * x.dtype.type(slope))


@named
def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1, e) / (1 + e)


@named
def tanh(x: Any) -> Any:
    return np.tanh(x)


@named
def silu(x: Any) -> Any:
    return x * sigmoid(x)


@named
def elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


@named
def selu(x: Any) -> Any:
    scale, alpha = x.dtype.type(1.0507009873554805), x.dtype.type(1.6732632423543772)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@named
def gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        inner = x.dtype.type(0.7978845608028654) * (x + x.dtype.type(0.044715) * x * x * x)
        return x.dtype.type(0.5) * x * (1 + np.tanh(inner))
    return x.dtype.type(0.5) * x * (1 + erf(x * x.dtype.type(0.7071067811865476)))


def erf(x: Any) -> Any:
    """The error function to 1.2e-7 relative (Numerical Recipes, erfc by Chebyshev fit), computed in float64."""
    z = np.abs(x.astype(np.float64))
    t = 1 / (1 + 0.5 * z)
    series = np.zeros_like(t)
    for c in (0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
              -1.26551223):  # fmt: skip
        series = series * t + c
    tail = t * np.exp(-z * z + series)
    return (np.sign(x) * (1 - tail)).astype(x.dtype)


@named
def quick_gelu(x: Any) -> Any:
    return x * sigmoid(x.dtype.type(1.702) * x)


@named
def hard_sigmoid(x: Any) -> Any:
    return np.clip(x / 6 + x.dtype.type(0.5), 0, 1)


@named
def hard_swish(x: Any) -> Any:
    return x * hard_sigmoid(x)


@named
def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    scaled = x * x.dtype.type(beta)
    return np.where(scaled > threshold, x, np.log1p(np.exp(np.minimum(scaled, threshold))) / x.dtype.type(beta))


@named
def softmax(x: Any, axis: int = -1) -> Any:
    y = np.exp(x - x.max(axis=axis, keepdims=True))
    y /= y.sum(axis=axis, keepdims=True)
    return y


@named
def log_softmax(x: Any, axis: int = -1) -> Any:
    y = x - x.max(axis=axis, keepdims=True)
    return y - np.log(np.exp(y).sum(axis=axis, keepdims=True))


@layer("relu", also="ReLU Relu relu_")
class Relu(Activation):
    """max(x, 0)."""

    function = staticmethod(relu)

    def inplace(self, p: Any, x: Any) -> Any:
        return np.maximum(x, 0, out=x)


@layer("relu6", also="ReLU6")
class Relu6(Activation):
    """min(max(x, 0), 6)."""

    function = staticmethod(relu6)

    def inplace(self, p: Any, x: Any) -> Any:
        return np.clip(x, 0, 6, out=x)


@layer("leaky_relu", also="LeakyReLU")
class LeakyRelu(Activation):
    """x where positive, slope * x elsewhere."""

    slope = number("factor of negative values", default=0.01, also="negative_slope alpha")
    function = staticmethod(leaky_relu)


@layer("prelu", also="PReLU")
class Prelu(Layer):
    """x where positive, a learned multiple elsewhere (He et al., 2015)."""

    shared = flag("one factor for all channels", default=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.takes = self.gives = "*x" if self.shared else "N C *x"
        self.parameters = [
            param(
                "weight", "1" if self.shared else "C", constant(value=0.25), keras="alpha", flax="negative_slope", mxnet="alpha"
            )
        ]

    def relate(self, r: Frame) -> None:
        pass

    def forward(self, p: Any, x: Any) -> Any:
        w = p.weight if self.shared else p.weight.reshape(-1, *[1] * (x.ndim - 2))
        return np.where(x >= 0, x, x * w)


@layer("elu", also="ELU")
class Elu(Activation):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    alpha = number("value that large negative inputs approach, negated", default=1.0)
    function = staticmethod(elu)


@layer("selu", also="SELU")
class Selu(Activation):
    """elu scaled so that activations keep mean 0 and variance 1 (Klambauer et al., 2017)."""

    function = staticmethod(selu)


@layer("gelu", also="GELU Gelu")
class Gelu(Activation):
    """x times the normal distribution function of x (Hendrycks & Gimpel, 2016)."""

    approximate = choice("exact, or by tanh", "none tanh", default="none")
    function = staticmethod(gelu)


@layer("quick_gelu", also="QuickGELU QuickGELUActivation")
class QuickGelu(Activation):
    """x * sigmoid(1.702 x), as in CLIP."""

    function = staticmethod(quick_gelu)


@layer("silu", also="SiLU swish Swish Silu")
class Silu(Activation):
    """x * sigmoid(x) (Elfwing et al., 2017)."""

    function = staticmethod(silu)


@layer("sigmoid", also="Sigmoid logistic")
class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    function = staticmethod(sigmoid)


@layer("hard_sigmoid", also="Hardsigmoid HardSigmoid")
class HardSigmoid(Activation):
    """clip(x/6 + 1/2, 0, 1)."""

    function = staticmethod(hard_sigmoid)


@layer("hard_swish", also="Hardswish HardSwish hardswish")
class HardSwish(Activation):
    """x * hard_sigmoid(x) (Howard et al., 2019)."""

    function = staticmethod(hard_swish)


@layer("tanh", also="Tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""

    function = staticmethod(tanh)


@layer("softplus", also="Softplus SoftPlus")
class Softplus(Activation):
    """log(1 + exp(beta x)) / beta; x itself past the threshold."""

    beta = number("sharpness", default=1.0, minimum=1e-6)
    threshold = number("beta * x from which it is x", default=20.0)
    function = staticmethod(softplus)


class AlongAxis(Activation):
    """A function along one axis, which must exist."""

    axis = integer("the axis it works along", default=-1, also="dim")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        k = self.axis + 1 if self.axis >= 0 else -self.axis
        names = " ".join(f"a{i}" for i in range(k))
        self.takes = self.gives = f"{names} *x" if self.axis >= 0 else f"*x {names}"


@layer("softmax", also="Softmax Softmax2d")
class Softmax(AlongAxis):
    """exp(x) scaled to sum to 1 along an axis."""

    axis = AlongAxis.axis
    function = staticmethod(softmax)


@layer("log_softmax", also="LogSoftmax")
class LogSoftmax(AlongAxis):
    """The logarithm of softmax."""

    axis = AlongAxis.axis
    function = staticmethod(log_softmax)


@layer("softmin", also="Softmin")
class Softmin(AlongAxis):
    """softmax of -x."""

    axis = AlongAxis.axis
    function = staticmethod(lambda x, axis: softmax(-x, axis))


@layer("glu", also="GLU")
class Glu(Layer):
    """The first half of an axis times the sigmoid of the second (Dauphin et al., 2016)."""

    axis = integer("the axis that is halved", default=-1, also="dim")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        names = [f"a{i}" for i in range(self.axis if self.axis >= 0 else -self.axis - 1)]
        around = "{0} {1} *x" if self.axis >= 0 else "*x {1} {0}"
        self.takes, self.gives = (around.format(" ".join(names), c).replace("  ", " ").strip() for c in ("whole", "half"))

    def relate(self, r: Frame) -> None:
        r.product("whole", 2, "half", says="an axis of {whole} has no two halves", blame="axis")

    def forward(self, p: Any, x: Any) -> Any:
        a, b = np.split(x, 2, axis=self.axis)
        return a * sigmoid(b)
