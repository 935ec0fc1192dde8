"""Names while a network runs: what they stand for, what an item is called, and what a reference reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from .expressions import REST, Ex, Hole, value
from .model import File, Item, Ref
from .store import Refused


class Entry:
    """What a name stands for: tensors, named parts, copies, and how to apply it again (`apart`: it is such an application)."""

    __slots__ = ("again", "apart", "copies", "parts", "removed", "scope", "values")

    def __init__(self, values: list[Tensor] | None = None, removed: bool = False) -> None:
        self.values = values
        self.parts: Mapping[str, Entry] = {}
        self.copies: list[Entry] | None = None
        self.removed = removed
        self.apart = False
        self.scope: Scope | None = None  # of a container's items
        self.again: Callable[[list[Tensor], str, Entry], list[Tensor]] | None = None


class Scope:
    """The names of one list of items, and of those of its containers that have none of their own."""

    def __init__(self, tops: list[list[Item]], outer: Scope | None = None) -> None:
        self.tops = tops
        self.outer = outer
        self.entries: dict[str, Entry] = {}
        self.labels: dict[int, str] = {}

    def label(self, item: Item) -> str:
        """An item's name: its own, or its kind and how many of the kind come before it."""
        if item.uid not in self.labels:
            self.labels.clear()
            counters: dict[str, int] = {}
            for items in self.tops:
                self.number(items, counters)
        return self.labels[item.uid]

    def number(self, items: list[Item], counters: dict[str, int]) -> None:
        for item in items:
            base = item.kind.replace(".", "_")
            self.labels[item.uid] = f"{base}{counters.get(base, 0)}" if item.name is None else item.name
            counters[base] = counters.get(base, 0) + 1
            if not item.levels and not item.apart:
                for inner in item.lists.values():
                    self.number(inner, counters)

    def declare(self, name: str, entry: Entry) -> None:
        old = self.entries.get(name)
        if old is not None and not old.removed:
            raise Refused(f"two layers are called {name}")
        self.entries[name] = entry

    def find(self, name: str) -> Entry | None:
        at: Scope | None = self
        while at is not None:
            if name in at.entries:
                return at.entries[name]
            at = at.outer
        return None


@dataclass
class Ctx:
    """Where an item runs. `shown` begins the names of its values, `prefix` those of its parameters."""

    file: File
    names: dict[str, Any]
    symbols: dict[str, int]
    scope: Scope
    prefix: str = ""
    shown: str = ""
    root: str = ""
    flow: list[Tensor] = field(default_factory=list)
    input: list[Tensor] | None = None
    several: bool = False
    freeze: bool | None = None
    init: dict[str, Any] = field(default_factory=dict)
    vars: dict[str, Any] = field(default_factory=dict)  # of the file, as this instance of it has them

    def child(self, **changes: Any) -> Ctx:
        made = Ctx(**self.__dict__)
        made.__dict__.update(changes)
        return made

    def value(self, v: Any) -> Any:
        return value(v, self.names, self.symbols)

    def decided(self, v: Any) -> Any:
        """A value that no symbol may have a part in."""
        return value(v, self.names, {})

    def reach(self, ref: Ref) -> list[Tensor]:
        """The tensors a reference names."""
        found = self.entry(ref)
        if found.values is None:
            raise Refused(f"{ref.name} has no value")
        return found.values

    def entry(self, ref: Ref) -> Entry:
        at = self.scope.find(ref.name)
        if at is None and ref.name == "prev":
            if self.several:
                raise Refused("nothing flows yet")
            at = Entry(self.flow)
        elif ref.name == "input" and self.input is not None:
            at = Entry(self.input)
        if at is None:
            raise Refused(f"nothing is called {ref.name}")
        return walk(at, [self.decided(p) if isinstance(p, Ex) else p for p in ref.parts])


def walk(at: Entry, parts: list[Any]) -> Entry:
    """What the parts of a reference lead to."""
    for k, part in enumerate(parts):
        if at.removed:
            break
        if part == "*":
            if at.copies is None:
                raise Refused("not repeated")
            found = [walk(c, parts[k + 1 :]) for c in at.copies if not c.removed]
            return Entry([t for f in found for t in f.values or []])
        at = step(at, part)
    if at.removed:
        raise Refused("removed by its when")
    return at


def step(at: Entry, part: Any) -> Entry:
    if isinstance(part, str):
        if part in at.parts:
            return at.parts[part]
    elif at.copies is not None:
        if -len(at.copies) <= part < len(at.copies):
            return at.copies[part]
    elif str(part) in at.parts:
        return at.parts[str(part)]
    elif at.values is not None and -len(at.values) <= part < len(at.values):
        return Entry([at.values[part]])
    raise Refused(f"no {part} there")


def hold(ctx: Ctx, dims: list[Any], x: Tensor) -> None:
    """Dims that a value must have; a new symbol takes its size."""
    sizes: list[Any] = list(x.shape)
    if REST in dims:
        at = dims.index(REST)
        if len(sizes) < len(dims) - 1:
            raise Refused("too few dims")
        sizes[at : len(sizes) - (len(dims) - 1 - at)] = [None]
    if len(sizes) != len(dims):
        raise Refused(f"{len(sizes)} dims, not {len(dims)}")
    for d, n in zip(dims, sizes):
        if isinstance(d, Ex) and d.tree[0] == "sym" and d.tree[1] not in ctx.symbols:
            ctx.symbols[d.tree[1]] = n
        elif d != REST and not isinstance(d, Hole) and ctx.value(d) != n:
            raise Refused(f"{d} is not {n}")
