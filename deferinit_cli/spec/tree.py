"""What reading a spec yields: scalars, lists and mappings with their places; no value is typed yet."""

from __future__ import annotations

from typing import Union

from ..problems import Source, Span


class Scalar:
    """A text as written. `quoted` tells `"2"` from `2`. Line and column are 1-based, `end` is just past the last column."""

    __slots__ = ("column", "end", "line", "quoted", "text")

    def __init__(self, text: str, quoted: bool, line: int, column: int, end: int) -> None:
        self.text = text
        self.quoted = quoted
        self.line = line
        self.column = column
        self.end = end

    @property
    def empty(self) -> bool:
        """Whether nothing was written (`key:`)."""
        return not self.text and not self.quoted


class List:
    __slots__ = ("column", "end", "items", "line")

    def __init__(self, line: int, column: int) -> None:
        self.items: list[Tree] = []
        self.line = line
        self.column = column
        self.end = column + 1


class Map:
    """Pairs in order; `get` looks one up. Keys are unique: the reader has seen to it."""

    __slots__ = ("_index", "column", "end", "line", "pairs")

    def __init__(self, line: int, column: int) -> None:
        self.pairs: list[tuple[Scalar, Tree]] = []
        self.line = line
        self.column = column
        self.end = column + 1
        self._index: dict[str, tuple[Scalar, Tree]] | None = None

    def find(self, key: str) -> tuple[Scalar, Tree] | None:
        if self._index is None:
            self._index = {k.text: (k, v) for k, v in self.pairs}
        return self._index.get(key)

    def get(self, key: str) -> Tree | None:
        found = self.find(key)
        return found[1] if found is not None else None


Tree = Union[Scalar, List, Map]


def span(source: Source, node: Tree) -> Span:
    """The place of a node; of a collection, where it starts."""
    return Span(source, node.line, node.column, max(node.end, node.column + 1))
