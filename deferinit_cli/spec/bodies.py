"""What blocks and files have in common: inputs, items, outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .compiling import compile_items
from .items import Item
from .ports import Port, only
from .tree import Tree

if TYPE_CHECKING:
    from .file import File


class Body:
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

    def argument_names(self) -> list[str]:
        raise NotImplementedError

    @property
    def where(self) -> str:
        """What its items are called in errors."""
        return f"layers of {self.name}"

    @property
    def takes_one(self) -> bool:
        """Whether it is sound, as far as it says itself, and takes one value of which it says nothing."""
        return not self.unsound and len(self.ports) == 1 and all(port.dims is None for port in self.ports.values())

    @property
    def items(self) -> list[Item]:
        if self._items is None:
            self.file.reading = self
            self._items = compile_items(self.file, self.layers, self.where)
        return self._items
