"""What reading a spec yields: scalars, lists and mappings with their places; no value is typed yet."""

from __future__ import annotations

import re
from typing import Union

from ...problems import Source, Span

MAX_DEPTH = 64
"""In how many lists and mappings something may stand."""


class Placed:
    """Something at a place: `line` and `column` count from 1, `end` is just past its last column.

    `stop` is that end where it does not follow from the rest: of a list or mapping in lines of its own, and of a text that
    reaches over several lines, one column counts.
    """

    __slots__ = ("column", "line", "stop")
    line: int
    column: int
    stop: int | None

    @property
    def end(self) -> int:
        return self.stop or self.column + 1


class Scalar(Placed):
    """A text as written; `style` is its quote or block sign, empty for a plain one."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: str | None, line: int, column: int, stop: int | None = None) -> None:
        self.text = text
        self.style = style
        self.line = line
        self.column = column
        self.stop = stop

    @property
    def end(self) -> int:
        return self.stop or self.column + (len(self.text) or 1)

    @property
    def quoted(self) -> bool:
        """Tells `"2"` from `2`."""
        return bool(self.style)

    @property
    def empty(self) -> bool:
        """Whether nothing was written (`key:`)."""
        return not self.text and not self.style

    def part(self, text: str, style: str | None = None) -> Scalar:
        """A text that is made of this one, at its place."""
        return Scalar(text, style, self.line, self.column, self.end)


class List(Placed):
    __slots__ = ("items",)

    def __init__(self, items: list[Tree], line: int, column: int, stop: int | None = None) -> None:
        self.items = items
        self.line = line
        self.column = column
        self.stop = stop


class Map(Placed):
    """Pairs in order; `get` looks one up. Keys are unique: the reader has seen to it."""

    __slots__ = ("_index", "pairs")

    def __init__(self, pairs: list[tuple[Scalar, Tree]], line: int, column: int, stop: int | None = None) -> None:
        self.pairs = pairs
        self.line = line
        self.column = column
        self.stop = stop
        self._index: dict[str, tuple[Scalar, Tree]] | None = None

    def find(self, key: str) -> tuple[Scalar, Tree] | None:
        if self._index is None:
            self._index = {k.text: (k, v) for k, v in self.pairs}
        return self._index.get(key)

    def get(self, key: str) -> Tree | None:
        found = self.find(key)
        return found[1] if found is not None else None


Tree = Union[Scalar, List, Map]


def after(node: Placed) -> Scalar:
    """The empty text where a value after a node would stand."""
    return Scalar("", None, node.line, node.end, node.end + 1)


def folded(source: Source, node: Scalar) -> bool:
    """Whether a plain text goes on in the next line."""
    return len(node.text.split()) > 1 and not source.line(node.line).startswith(node.text, node.column - 1)


def span(source: Source, node: Tree, word: str = "") -> Span:
    """The place of a node; of a collection, where it starts. `word`: of that part of its text, where it is found."""
    if word and isinstance(node, Scalar) and word != node.text:
        written = source.line(node.line)[node.column - 1 : node.end - 1]
        m = re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", written) or re.search(re.escape(word), written)
        if m is not None:
            return Span(source, node.line, node.column + m.start(), node.column + m.end())
    end = node.end
    if isinstance(node, Scalar) and node.stop is None and folded(source, node):
        end = node.column + 1
    return Span(source, node.line, node.column, end)
