"""A network as data: files of vars, imports, blocks and items. All of it can be copied, changed and written."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .expressions import Ex

_numbers = count()


@dataclass
class Ref:
    """`name.part.part`: a part is a name, a number, `*` or an expression in parentheses."""

    name: str
    parts: tuple[Any, ...] = ()

    def to(self, *parts: Any) -> Ref:
        return Ref(self.name, (*self.parts, *parts))


@dataclass
class Item:
    """A layer, container or block call. `args` are by name; `bare` writes the only one, the kind's first, without it."""

    kind: str
    name: str | None = None
    args: dict[str, Any] = field(default_factory=dict)
    bare: bool = False
    lists: dict[str, list[Item]] = field(default_factory=dict)
    apply: Ref | None = None
    refs: list[Ref] | None = None  # a merge's inputs, as its value
    source: list[Ref] | dict[str, Ref] | None = None  # `from`
    mods: dict[str, Any] = field(default_factory=dict)
    call: bool = False  # of a block or file
    style: int = 0  # how it is laid out
    uid: int = field(default_factory=lambda: next(_numbers))

    @property
    def apart(self) -> bool:
        """Whether it is a container whose items have a scope of their own."""
        return self.name is not None or bool(self.mods.keys() & {"repeat", "fanout"})

    @property
    def numbered(self) -> bool:
        """Whether it is written as a list of lists: branches that have numbers and no names."""
        return self.kind == "branches" and bool(self.style % 2) and list(self.lists) == [str(k) for k in range(len(self.lists))]

    @property
    def levels(self) -> bool:
        """Whether each of its lists adds a level of names and has a scope of its own."""
        return self.kind == "branches" and not (self.numbered and not self.apart)


@dataclass
class Port:
    """An input; `dims` None: of any shape."""

    dims: list[Any] | None = None
    dtype: str | None = None


@dataclass
class Block:
    """`args` are (name, default), REQUIRED where there is none; `inputs` None: the one called `input`."""

    args: list[tuple[str, Any]] = field(default_factory=list)
    inputs: dict[str, Port] | None = None
    layers: list[Item] = field(default_factory=list)
    outputs: list[tuple[str | None, Ref]] | None = None
    uid: int = field(default_factory=lambda: next(_numbers))


REQUIRED = object()


@dataclass
class File:
    """`imports`: namespace to (path, set). `params`: (glob, what is said of its parameters)."""

    vars: dict[str, Any] = field(default_factory=dict)
    imports: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    inputs: dict[str, Port] | None = None
    layers: list[Item] = field(default_factory=list)
    outputs: list[tuple[str | None, Ref]] | None = None
    params: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    dtype: str = "float32"


@dataclass
class Feed:
    """What is fed to an input: a shape, of floats or of indices below `below`."""

    shape: tuple[int, ...]
    below: int = 0


@dataclass
class Net:
    """`files` by path, the root called MAIN; `sets` overrides its vars; `feeds` by input."""

    files: dict[str, File]
    feeds: dict[str, Feed]
    sets: dict[str, Any] = field(default_factory=dict)

    @property
    def main(self) -> File:
        return self.files[MAIN]

    def copy(self) -> Net:
        return copy.deepcopy(self, {id(REQUIRED): REQUIRED})


MAIN = "main.yaml"


def lists_of(net: Net) -> Iterator[list[Item]]:
    """Every list of items, outer ones first."""

    def below(items: list[Item]) -> Iterator[list[Item]]:
        yield items
        for item in items:
            for inner in item.lists.values():
                yield from below(inner)

    for file in net.files.values():
        for block in file.blocks.values():
            yield from below(block.layers)
        yield from below(file.layers)


def items_of(net: Net) -> Iterator[Item]:
    for items in lists_of(net):
        yield from items


def in_double(net: Net) -> Net:
    """The network, changed to double precision throughout."""
    for file in net.files.values():
        file.dtype = "float64"
    for item in items_of(net):
        if item.kind == "cast" and item.args.get("dtype") == "float32":
            item.args["dtype"] = "float64"
    return net


def lossy(item: Item) -> bool:
    """Whether a repeat's copies take nothing from the one before."""
    found = item.source if item.source is not None else item.refs
    return item.kind in ("parameter", "constant") if found is None else not any(r.name == "prev" for r in refs_of(found))


def reads(item: Item, name: str) -> bool:
    """Whether an item, or one in it, reads a variable."""
    said = [*item.args.values(), *item.mods.values(), item.source, item.refs, item.apply]
    return f"('var', '{name}')" in tree_text(said) or any(reads(x, name) for items in item.lists.values() for x in items)


def tree_text(v: Any) -> str:
    """All expressions in a value, as their trees."""
    if isinstance(v, Ex):
        return str(v.tree)
    if isinstance(v, Ref):
        return tree_text(list(v.parts))
    parts = v.values() if isinstance(v, dict) else v if isinstance(v, list) else ()
    return " ".join(map(tree_text, parts))


def refs_of(source: list[Ref] | dict[str, Ref]) -> list[Ref]:
    return list(source.values()) if isinstance(source, dict) else source
