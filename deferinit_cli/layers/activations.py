"""The core activations: shape unchanged. Their functions are also what `activation:` arguments name."""

from __future__ import annotations

from typing import Any, Callable

from .arguments import Text, suggest
from .base import Layer, Problem, choice, integer, layer, number
from .frame import Frame
from .lazy import np

FUNCTIONS: dict[str, Callable[[Any], Any]] = {}
"""Activations by name, with their defaults."""


class _Name(Text):
    def expects(self) -> str:
        return "one of " + ", ".join(FUNCTIONS)

    def accept(self, value: Any) -> Any:
        value = super().accept(value)
        if value is not None and value not in FUNCTIONS:
            raise Problem("argument-choice", f"no activation is called '{value}'", self.name, value, self.expects(),
                          suggest(value, FUNCTIONS))  # fmt: skip
        return value


def activation_arg() -> Any:
    """The `activation` argument of dense layers, convolutions and cells."""
    return _Name("activation applied to the result, by name", default=None, also="act nonlinearity act_type")


def activate(name: str | None, x: Any) -> Any:
    """Apply an activation by name; None is the identity."""
    return x if name is None else FUNCTIONS[name](x)


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function available to `activation:` under its own name."""
    FUNCTIONS[function.__name__.rstrip("_")] = function
    return function


@named
def relu(x: Any) -> Any:
    return np.maximum(x, 0)


@named
def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)


@named
def tanh(x: Any) -> Any:
    return np.tanh(x)


@named
def silu(x: Any) -> Any:
    return x * sigmoid(x)


@named
def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    scaled = x * beta
    return np.where(scaled > threshold, x, np.log1p(np.exp(np.minimum(scaled, threshold))) / beta).astype(x.dtype)


class Activation(Layer):
    """An elementwise function."""

    takes = gives = "*x"
    function: Callable[..., Any]

    def forward(self, p: Any, x: Any) -> Any:
        return type(self).function(x)


@layer("relu", also="ReLU Relu relu_")
class Relu(Activation):
    """max(x, 0)."""

    function = staticmethod(relu)

    def inplace(self, p: Any, x: Any) -> Any:
        return np.maximum(x, 0, out=x)


@layer("sigmoid", also="Sigmoid logistic")
class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    function = staticmethod(sigmoid)


@layer("tanh", also="Tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""

    function = staticmethod(tanh)


@layer("silu", also="SiLU swish Swish Silu")
class Silu(Activation):
    """x * sigmoid(x) (Elfwing et al., 2017)."""

    function = staticmethod(silu)


@layer("identity", also="Identity noop Noop")
class Identity(Layer):
    """The input itself."""

    takes = gives = "*x"
    accepts = "any"

    def forward(self, p: Any, x: Any) -> Any:
        return x
