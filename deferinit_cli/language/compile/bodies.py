"""What blocks and files have in common: inputs, items, outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ..source.tree import Tree
from .item_compiler import compile_items
from .items import Item
from .ports import Port, only

if TYPE_CHECKING:
    from .file import File


class Body(ABC):
    """Inputs, items, outputs. `unsound`: something in its own declaration was wrong, so that its callers are not judged by it."""

    __slots__ = ("_items", "file", "key", "layers", "name", "outputs", "ports", "unsound")

    def __init__(self, file: File, name: str, key: Tree) -> None:
        self.file = file
        self.name = name
        self.key = key
        self.ports: dict[str, Port] = only()
        self.layers: Tree | None = None
        self._items: list[Item] | None = None
        self.outputs: list[tuple[str | None, Any]] | None = None
        self.unsound = False

    @abstractmethod
    def argument_names(self) -> list[str]:
        """The names of its arguments, or of a file's variables, in order."""

    @property
    def where(self) -> str:
        """What its items are called in errors."""
        return f"layers of {self.name}"

    @property
    def items(self) -> list[Item]:
        if self._items is None:
            self.file.reading = self
            self._items = compile_items(self.file, self.layers, self.where)
        return self._items
