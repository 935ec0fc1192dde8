"""Patterns of axis names, `N *mid C`, and the tensors that are declared by them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ...initializers import Initializer

AXES = ("d", "h", "w")
"""The spatial axes' names: a kind of two has the last two."""


class Param:
    """One tensor a kind owns. `axes` is a pattern of axis names: `channels in_group kernel_size.0 kernel_size.1`.

    `fans` is `in axes -> out axes`, for initialisers. `keras`, `flax`, `mxnet` (Gluon 1) say what that framework has for it,
    in the words of `abroad`; `parts` and `made` what its axes are made of, for them.
    """

    __slots__ = ("axes", "buffer", "fans", "initializer", "key", "made", "names", "parts", "when")

    def __init__(
        self,
        key: str,
        axes: str,
        initializer: Initializer,
        when: str = "",
        fans: str = "",
        buffer: bool = False,
        parts: str = "",
        made: str = "",
        keras: str | None = None,
        flax: str | None = None,
        mxnet: str | None = None,
        names: Mapping[str, str | None] | None = None,
    ) -> None:
        self.key = key
        self.axes = axes
        self.initializer = initializer
        self.when = when
        self.fans = fans
        self.buffer = buffer
        self.parts = parts
        self.made = made
        self.names: Mapping[str, str | None] = names if names is not None else {"keras": keras, "flax": flax, "mxnet": mxnet}

    def formatted(self, words: dict[str, str]) -> Param:
        """A copy with words such as `{space}` filled in, for one member of a family of kinds."""
        names = {k: v if v is None else filled(v, words) for k, v in self.names.items()}
        return self.like(axes=filled(self.axes, words), fans=filled(self.fans, words), names=names)

    def like(self, **changes: Any) -> Param:
        """A copy with some attributes changed."""
        return Param(**({name: getattr(self, name) for name in Param.__slots__} | changes))


def family_words(n: int) -> dict[str, str]:
    """The words a family's patterns may use, for n spatial axes."""
    axes = AXES[3 - n :] if n else ()
    return {
        "space": " ".join(axes),
        "space_out": " ".join(a + "_out" for a in axes),
        "kernel": " ".join(f"kernel_size.{i}" for i in range(n)),
        "turned": " ".join(f"~kernel_size.{i}" for i in range(n)),
        "ones": " ".join("1" for _ in range(n)),
        "Space": ", ".join("32" for _ in axes),
    }


def filled(pattern: str, words: dict[str, str]) -> str:
    """A pattern with the words of its family in it."""
    for key, text_ in words.items():
        pattern = pattern.replace("{" + key + "}", text_)
    return pattern


class Plan:
    """What a layer's patterns ask for, taken apart once per instance and shared by all its nodes.

    `written` and `free` are filled as axes are met: what the spec says of an axis, and whether it is nothing but a name.
    `amounts` are the numbers among the arguments that are written as expressions over symbols: (axis, expression, argument).
    `layer` is what states the relation: it has for each of those the symbol of its axis.
    """

    __slots__ = ("amounts", "free", "gives", "layer", "takes", "tensors", "written")

    def __init__(self, takes: str, gives: str, tensors: list[Param], layer: Any = None, amounts: Any = ()) -> None:
        self.layer = layer
        self.amounts = amounts
        self.takes = patterns(takes) if takes else ()
        self.gives = patterns(gives) if gives else ()
        self.tensors = [(p.key, tokens(p.axes)) for p in tensors]
        self.written: dict[str, Any] = {}
        self.free: dict[str, bool] = {}


@cache
def patterns(text_: str) -> tuple[tuple[tuple[str, ...], str | None, tuple[str, ...]], ...]:
    """The parsed patterns of `takes` or `gives`."""
    return tuple(map(parse, text_.split(",")))


@cache
def tokens(axes: str) -> tuple[str, ...]:
    """The axis tokens of a parameter's pattern."""
    return tuple(axes.split())


@cache
def parse(pattern: str) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """(axes before, the star or None, axes after) of one pattern such as `N *mid C`; a star is any number of axes."""
    tokens = pattern.split()
    stars = [i for i, t in enumerate(tokens) if t.startswith("*")]
    if not stars:
        return tuple(tokens), None, ()
    return tuple(tokens[: stars[0]]), tokens[stars[0]], tuple(tokens[stars[0] + 1 :])
