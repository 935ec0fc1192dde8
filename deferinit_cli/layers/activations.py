"""What activations share: shape unchanged, and a table of functions by name for `activation:` arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .arguments import Text, suggest
from .base import Layer, Problem, layer

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Activations by name, with their defaults; filled by `elementwise`, where they are."""


class _Name(Text):
    sample = "relu"

    def expects(self) -> str:
        return "one of " + ", ".join(functions())

    def accept(self, value: Any) -> Any:
        value = super().accept(value)
        if value is not None and value not in functions():
            raise Problem("argument-choice", f"no activation is called '{value}'", self.name, value, self.expects(),
                          suggest(value, functions()))  # fmt: skip
        return value


def functions() -> dict[str, Callable[..., Any]]:
    """All activations; imported when first asked for."""
    from . import elementwise, rarer  # noqa: F401  (their import fills the table)

    return FUNCTIONS


def activation_arg() -> Any:
    """The `activation` argument of dense layers, convolutions and cells."""
    return _Name("activation applied to the result, by name", default=None, also="act nonlinearity act_type")


def activate(name: str | None, x: Any) -> Any:
    """Apply an activation by name; None is the identity."""
    return x if name is None else functions()[name](x)


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function available to `activation:` under its own name."""
    FUNCTIONS[function.__name__] = function
    return function


class Activation(Layer):
    """An elementwise function; arguments of the kind are passed to it."""

    takes = gives = "*x"
    function: Callable[..., Any]

    def forward(self, p: Any, x: Any) -> Any:
        return type(self).function(x, **{n: getattr(self, n) for n in self.arguments})


@layer("activation", also="Activation Act")
class ByName(Layer):
    """Any activation by its name, for blocks that take it as an argument."""

    name: Any = _Name("which activation")

    takes = gives = "*x"

    def forward(self, p: Any, x: Any) -> Any:
        return functions()[self.name](x)


@layer("identity", also="Identity noop Noop")
class Identity(Layer):
    """The input itself."""

    takes = gives = "*x"
    accepts = "any"

    def forward(self, p: Any, x: Any) -> Any:
        return x
