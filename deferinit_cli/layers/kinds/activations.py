"""What activations share: shape unchanged, large arrays worked through in parts that fit a cache, and their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...spelling import suggest
from ..core import registry
from ..core.arguments import Text, one_of
from ..core.base import Layer, Problem, layer
from ..core.lazy_numpy import np

GROUP = "Activations"

BLOCK = 1 << 14
"""Entries worked on at a time: with temporaries they stay in a second-level cache."""


class _Name(Text):
    sample = "relu"

    def expects(self) -> str:
        return "one of " + ", ".join(functions())

    def brief(self) -> str:
        return "the name of an activation that needs no arguments, such as relu or gelu"

    def schema(self) -> dict[str, Any]:
        return one_of(functions())

    def accept(self, value: Any) -> Any:
        value = super().accept(value)
        if value is not None and value not in functions():
            raise Problem("argument-choice", f"no activation is called '{value}'", self.name, value, self.expects(),
                          suggest(value, functions()))  # fmt: skip
        return value


_functions: dict[str, Layer] = {}


def functions() -> dict[str, Layer]:
    """By name, every activation that needs neither arguments nor parameters and keeps the shape, with its defaults."""
    if not _functions:
        for name in sorted(registry.members(GROUP)):
            cls = registry.find(name)
            if cls is not None and issubclass(cls, Activation) and not any(a.required for a in cls.arguments.values()):
                _functions[name] = cls.build({})
    return _functions


def activation_arg() -> Any:
    """The `activation` argument of dense layers, convolutions and cells."""
    return _Name("activation applied to the result, by name", default=None, also="act nonlinearity act_type")


def activate(name: str | None, x: Any) -> Any:
    """Apply an activation by name to an array nobody else has, which it may overwrite; None is the identity."""
    if name is None:
        return x
    function = functions()[name]
    done = function.inplace(None, x)
    return function.forward(None, x) if done is None else done


def blockwise(function: Callable[[Any], Any], x: Any, into: Any = None) -> Any:
    """An elementwise function of x, part by part in the order of memory; the result lies in memory as x does.

    `into` may be x itself. Overflow is expected: functions saturate by it.
    """
    with np.errstate(over="ignore"):
        if x.ndim == 0:  # on scalars numpy's dtypes follow rules of their own
            return function(x.reshape(1)).reshape(())
        order = sorted(range(x.ndim), key=lambda k: -x.strides[k])
        lined = x.transpose(order)
        if x.size <= BLOCK or not lined.flags.c_contiguous:
            if into is None:
                return function(x)
            into[...] = function(x)
            return into
        result = np.empty(lined.shape, x.dtype) if into is None else into.transpose(order)
        source, target = lined.reshape(-1), result.reshape(-1)
        for k in range(0, source.size, BLOCK):
            target[k : k + BLOCK] = function(source[k : k + BLOCK])
    return result.transpose(sorted(range(x.ndim), key=order.__getitem__)) if into is None else into


class Pointwise(Layer):
    """A function of each entry; the kind's arguments are passed to it."""

    takes = gives = "*x"
    function: Callable[..., Any]

    def forward(self, p: Any, x: Any) -> Any:
        return type(self).function(x, **{n: getattr(self, n) for n in self.arguments})


class Activation(Layer):
    """A function that keeps the shape and has no parameters: what `activation:` may name."""

    takes = gives = "*x"


class Curve(Activation):
    """An activation of each entry alone: `curve` gives new values for a part of the array, which it must not change."""

    def curve(self, x: Any) -> Any:
        raise NotImplementedError

    def forward(self, p: Any, x: Any) -> Any:
        return blockwise(self.curve, x)

    def inplace(self, p: Any, x: Any) -> Any:
        return blockwise(self.curve, x, into=x) if x.ndim else None


@layer("activation", torch="", keras="layers.Activation", flax="", mxnet="gluon.nn.Activation", also="Act")
class ByName(Layer):
    """Any activation by its name, for blocks that take it as an argument."""

    example = ("gelu", "[N, 4]")

    name: Any = _Name("which activation")

    takes = gives = "*x"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.takes = self.gives = functions()[self.name].takes  # softmax wants an axis, relu none

    def forward(self, p: Any, x: Any) -> Any:
        return functions()[self.name].forward(p, x)

    def inplace(self, p: Any, x: Any) -> Any:
        return functions()[self.name].inplace(p, x)


@layer("identity", torch="nn.Identity", keras="layers.Identity", flax="", mxnet="gluon.contrib.nn.Identity", also="noop Noop")
class Identity(Activation):
    """The input itself."""

    adds = 0
    accepts = "any"

    def forward(self, p: Any, x: Any) -> Any:
        return x
