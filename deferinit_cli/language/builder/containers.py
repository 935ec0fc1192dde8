"""Containers built: what is applied again, and what a structural kind may ask for while its lists are built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...graph import Call
from ...layers.core import registry
from ..compile.items import Item
from ..expressions.values import Located
from ..source.tree import List, Map, Tree
from .context import Context
from .scope import Entry, Made, Names

if TYPE_CHECKING:
    from .builder import Builder


def build_container(builder: Builder, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
    """Build a container, or what an item applies, on what flows in."""
    if item.apply is not None:
        return apply(builder, item, ctx, flow, name, entry)
    if isinstance(flow, dict):
        odd = next((key for name, (key, _) in flow.items() if name != "input"), None)
        if odd is not None:
            ctx.fault(odd, "unknown-input", f"'{item.kind}' has no input '{odd.text}'", found=odd.text, expected="input")
            return None
        flow = flow["input"][1] if flow else ()
    assert item.cls is not None
    return item.cls.arrange(Arrangement(builder, item, ctx, name, entry), flow)  # type: ignore[attr-defined,no-any-return]


def apply(builder: Builder, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
    assert item.apply is not None
    try:
        found = builder.resolver.entry(item.apply, ctx, ctx.flow)
    except Located as e:
        ctx.located(e)
        return None
    if found is None or found.values is None:  # told already
        return None
    if found.made is None:
        name = item.apply.text
        ctx.fault(item.apply.node, "not-a-layer", f"'{name}' is no layer or block",
                  help=f"it is copies side by side: name one, {name}.0" if found.copies else "apply names an earlier item")  # fmt: skip
        return None
    return again(builder, found.made, item, ctx, flow, name, entry)


def again(builder: Builder, made: Made, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
    """Build once more what an item applies: where that was built, on another input, with the same parameters."""
    made_item, home, start, stop = made
    inner = home.child()
    inner.flow, inner.call, inner.fold = None, Call(item, ctx.call), ctx.fold
    entry.apart = True
    with builder.nodes.applying(start, stop):
        return builder.instance(made_item, inner, flow, name, entry)


class Arrangement:
    """A container being instantiated: what its kind may ask for."""

    def __init__(self, builder: Builder, item: Item, ctx: Context, name: str, entry: Entry) -> None:
        self.builder = builder
        self.item = item
        self.ctx = ctx
        self.name = name
        self.entry = entry
        self.transparent = item.transparent and not entry.apart
        self.names = ctx.names if self.transparent else Names(ctx.names)
        self.flat = self.transparent and item.numbered  # its lists' items stand in the scope around, under no number
        if not self.transparent:
            entry.parts = self.names.entries

    def has(self, key: str) -> bool:
        return key in self.item.lists

    def keys(self) -> list[str]:
        return list(self.item.lists)

    def run(self, key: str, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        inner = self.ctx.child()
        branching = self.item.cls.branching and not self.flat  # type: ignore[union-attr]
        inner.names = Names(self.names) if branching else self.names
        if branching:
            base = self.ctx.prefix if self.transparent else self.name + "."
            inner.prefix = f"{base}{key}."
            self._branch = inner.names
        elif not self.transparent:
            inner.prefix = self.name + "."
        inner.flow = inner.input = flow
        inner.several = []
        return self.builder.items(self.item.lists[key], inner)

    def part(self, name: str, values: tuple[int, ...] | None) -> None:
        part = Entry(values, self.item.head)
        if not self.flat:
            part.parts = self._branch.entries
        if self.transparent and not self.flat:
            old = self.ctx.names.entries.setdefault(name, part)
            if old is not part and not old.removed:
                self.ctx.taken(self.key(name), name, old)
        self.entry.parts = {**self.entry.parts, name: part}

    def key(self, name: str) -> Tree:
        """Where a branch is named."""
        value = self.item.value
        if isinstance(value, Map):
            found = value.find(name)
            return found[0] if found is not None else self.item.head
        return value.items[int(name)] if isinstance(value, List) else self.item.head

    def single(self, what: str, values: tuple[int, ...]) -> bool:
        """Whether this is one value; told, if not."""
        if len(values) != 1:
            self.ctx.fault(self.item.head, "wrong-input-count", f"the {what} of '{self.item.kind}' is {len(values)} values",
                           found=str(len(values)), expected="1")  # fmt: skip
        return len(values) == 1

    def merge(self, kind: str, values: dict[str, Any], flow: tuple[int, ...]) -> tuple[int, ...] | None:
        cls = registry.find(kind)
        assert cls is not None
        nodes = self.builder.nodes
        return nodes.node(nodes.layers.of(cls, values), flow, self.name, self.item, self.ctx, None)
