"""What reading a spec yields: scalars, lists and mappings with their places; no value is typed yet.

Places are kept as the parser's own marks and become lines and columns only where one is told: most never are.
"""

from __future__ import annotations

import re
from typing import Protocol, Union

from ..problems import Source, Span


class Mark(Protocol):
    """A place as the parser has it: `line` and `column` count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class At:
    """A mark of our own."""

    __slots__ = ("column", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column


class Placed:
    """Something from `start` to just before `stop`. `line` and `column` count from 1, `end` is just past the last column."""

    __slots__ = ("start", "stop")
    start: Mark
    stop: Mark | None

    @property
    def line(self) -> int:
        return self.start.line + 1

    @property
    def column(self) -> int:
        return self.start.column + 1

    @property
    def end(self) -> int:
        """Of what reaches over several lines, one column of the first."""
        if self.stop is not None and self.stop.line == self.start.line:
            return max(self.stop.column, self.start.column + 1) + 1
        return self.start.column + 2


class Scalar(Placed):
    """A text as written; `style` is its quote or block sign, empty for a plain one, whose `stop` follows from its text."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: str | None, start: Mark, stop: Mark | None = None) -> None:
        self.text = text
        self.style = style
        self.start = start
        self.stop = stop

    @property
    def end(self) -> int:
        return super().end if self.stop is not None else self.start.column + 1 + max(1, len(self.text))

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
        return Scalar(text, style, self.start, self.stop or At(self.start.line, self.end - 1))


class List(Placed):
    __slots__ = ("items",)

    def __init__(self, items: list[Tree], start: Mark, stop: Mark | None) -> None:
        self.items = items
        self.start = start
        self.stop = stop


class Map(Placed):
    """Pairs in order; `get` looks one up. Keys are unique: the reader has seen to it."""

    __slots__ = ("_index", "pairs")

    def __init__(self, pairs: list[tuple[Scalar, Tree]], start: Mark, stop: Mark | None) -> None:
        self.pairs = pairs
        self.start = start
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
    line, end = node.start.line, node.end - 1
    return Scalar("", None, At(line, end), At(line, end + 1))


def folded(source: Source, node: Tree) -> bool:
    """Whether a plain text goes on in the next line."""
    text = node.text if isinstance(node, Scalar) else ""
    return len(text.split()) > 1 and not source.line(node.line).startswith(text, node.column - 1)


def span(source: Source, node: Tree, word: str = "") -> Span:
    """The place of a node; of a collection, where it starts. `word`: of that part of its text, where it is found."""
    if word and isinstance(node, Scalar) and word != node.text:
        written = source.line(node.line)[node.column - 1 : node.end - 1]
        m = re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", written) or re.search(re.escape(word), written)
        if m is not None:
            return Span(source, node.line, node.column + m.start(), node.column + m.end())
    end = node.end
    if node.stop is None and folded(source, node):
        end = node.column + 1
    return Span(source, node.line, node.column, end)
