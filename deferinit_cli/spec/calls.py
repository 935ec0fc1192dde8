"""Blocks called and containers arranged."""

from __future__ import annotations

from typing import Any

from ..graph import Call, Network
from ..layers import registry
from .bodies import Body
from .context import Context, kept, variables
from .file import File, dtype_in
from .items import Called, First, Item
from .layers import Layers
from .nodes import Nodes
from .parameters import apply_globs
from .scope import Entry, Names, Values
from .tree import List, Map, Tree
from .values import Faults, Located

MAX_CALLS = 48
MAX_NESTED = 80
"""Blocks and containers together, through all calls: Python's stack has room for these."""

CONSTANT = {int, float, str, bool, type(None)}
"""Types of values that are the same in every call."""


class Calls(Nodes):
    """The part of the builder that enters blocks and containers; `Builder` builds what is in them."""

    def __init__(self, network: Network, faults: Faults, layers: Layers) -> None:
        super().__init__(network, faults, layers)
        self.calls = 0
        self.nested = 0  # in how many blocks and containers

    def body(self, body: Body, ctx: Context, ports: dict[str, tuple[int, ...] | None], entry: Entry) -> tuple[int, ...] | None:
        raise NotImplementedError

    def items(self, items: list[Item], ctx: Context) -> tuple[int, ...] | None:
        raise NotImplementedError

    def item(self, item: Item, ctx: Context) -> tuple[int, ...] | None:
        raise NotImplementedError

    def instance(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        raise NotImplementedError

    def finish(self, item: Item, ctx: Context, out: tuple[int, ...], name: str, again: bool) -> None:
        raise NotImplementedError

    def call_block(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        target = item.target
        assert target is not None
        if target.unsound:
            return None
        if ctx.depth >= MAX_CALLS:
            self.fault(ctx, item.head, "too-deep", f"blocks that call blocks, {ctx.depth + 1} deep", expected=f"at most {MAX_CALLS}")
            self.too_many = True
            return None
        values = self.arguments(item, target, ctx)
        ports = self.block_ports(item, target, ctx, flow)
        if values is None or ports is None:
            return None
        inner = self.inside(item, target, ctx, values, name)
        if isinstance(target, File):
            before = len(self.network.parameters)
            out = self.body(target, inner, ports, entry)
            apply_globs(self, target, inner, self.network.parameters[before:])
        else:
            out = self.body(target, inner, ports, entry)
        if out is None and inner.several and target.outputs is None:
            self.fault(ctx, item.head, "no-output", f"nothing comes out of '{item.kind}': no layer takes one of its inputs",
                       found="every layer in it is removed", help="say outputs, or let a layer stay")  # fmt: skip
        return out

    def inside(self, item: Item, target: Body, ctx: Context, values: Values, name: str) -> Context:
        """Where the items of a block or file that is called are instantiated."""
        inner = Context(target.file, values, Names(None), name + ".", Call(item, ctx.call))
        inner.overrides, inner.fold, inner.depth = ctx.overrides, ctx.fold, ctx.depth + 1
        inner.copies = ctx.copies
        inner.dtype = ctx.dtype if target.file is ctx.file else self.dtype(target.file, inner)
        inner.root = name + "." if isinstance(target, File) else ctx.root
        return inner

    def simple_call(self, item: First | Called, ctx: Context, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        """A simple call whose name is free, on one value: what building any item comes to for these."""
        target, first = item.target, item.first
        assert target is not None
        outer = self.values_of(target.file, ctx, item.kind)
        values: Values | None = None
        if ctx.depth < MAX_CALLS and self.nested < MAX_NESTED:
            if first.given is not None and first.given[0] is outer:
                self.calls += 1
                values = Values(first.given[1], outer, self.calls)
            else:
                values = self.arguments(item, target, ctx)
                if values is not None and CONSTANT.issuperset(map(type, values.names.values())):
                    first.given = outer, values.names
        if values is None:  # told there too
            return self.item(item, ctx)
        entry = ctx.names.entries[item.label] = Entry(None, item.head)
        if not self.counted(item, ctx):
            return None
        name, start = ctx.prefix + item.label, len(self.network.nodes)
        entry.building = True
        self.nested += 1
        entry.values = out = self.body(target, self.inside(item, target, ctx, values, name), dict.fromkeys(target.ports, flow), entry)
        self.nested -= 1
        entry.building = False
        entry.made = item, ctx, start, len(self.network.nodes)
        if out is not None:
            self.finish(item, ctx, out, name, False)
        return out

    def dtype(self, file: File, ctx: Context) -> str:
        """The default dtype of a file in one instance of it."""
        try:
            return dtype_in(file.dtype, ctx.values) if file.dtype is not None else "float32"
        except Located as e:
            self.located(ctx, e)
            return "float32"

    def arguments(self, item: Item, target: Any, ctx: Context) -> Values | None:
        """The values a block sees: its arguments over its file's vars."""
        given: dict[str, Any] = {}
        for name, (_, code) in item.arguments.items():
            try:
                value = code.get(ctx.values)
                given[name] = kept(name, target.vars[name][1].value, value, code.node) if isinstance(target, File) else value
            except Located as e:
                self.located(ctx, e)
                return None
        self.calls += 1
        if isinstance(target, File):
            return self.file_values(target, ctx, item.kind, given, self.calls)
        outer = self.values_of(target.file, ctx, item.kind)
        if outer is None:
            return None
        values = Values({}, outer, self.calls)
        for name, default in target.args:
            if name in given:
                values.names[name] = given[name]
            elif default is None and not target.unsound:
                self.fault(ctx, item.head, "missing-argument", f"{item.kind} needs '{name}'",
                           help=f"- {item.kind}: {{{name}: …}}")  # fmt: skip
                return None
            elif default is None:
                return None
            else:
                try:
                    values.names[name] = default.get(values)
                except Located as e:
                    if e.problem.rule == "unknown-name" and e.problem.found in target.argument_names():
                        e.problem.help = f"a default may use earlier arguments: '{e.problem.found}' comes later"
                    self.faults.problem(target.file.source, e.node, e.problem)
                    return None
        return values

    def values_of(self, file: File, ctx: Context, kind: str) -> Values | None:
        """The vars of the file a block is written in."""
        if file is ctx.file:
            at: Values | None = ctx.values
            while at is not None and at.outer is not None:
                at = at.outer
            return at
        return self.file_values(file, ctx, kind, {}, None)

    def file_values(self, file: File, ctx: Context, kind: str, given: dict[str, Any], call: int | None) -> Values | None:
        """An imported file's vars: its defaults, the importer's `set`, what the call gives."""
        sets = ctx.file.import_sets.get(kind.partition(".")[0], {})
        chosen = dict(given)
        outer = ctx.values
        while outer.outer is not None:
            outer = outer.outer
        for name, (_, code) in sets.items():
            if name not in chosen:
                try:
                    chosen[name] = kept(name, file.vars[name][1].value, code.get(outer), code.node)
                except Located as e:
                    self.located(ctx, e)
                    return None
        return variables(file, chosen, self.faults, call)

    def container(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        if item.apply is not None:
            return self.apply(item, ctx, flow, name, entry)
        if isinstance(flow, dict):
            odd = next((key for name, (key, _) in flow.items() if name != "input"), None)
            if odd is not None:
                self.fault(ctx, odd, "unknown-input", f"'{item.kind}' has no input '{odd.text}'", found=odd.text, expected="input")
                return None
            flow = flow["input"][1] if flow else ()
        assert item.cls is not None
        return item.cls.arrange(Arrangement(self, item, ctx, name, entry), flow)  # type: ignore[attr-defined,no-any-return]

    def apply(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        assert item.apply is not None
        try:
            found = self.entry(item.apply, ctx, ctx.flow)
        except Located as e:
            self.located(ctx, e)
            return None
        if found is None or found.values is None:  # told already
            return None
        if found.made is None:
            name = item.apply.text
            self.fault(ctx, item.apply.node, "not-a-layer", f"'{name}' is no layer or block",
                       help=f"it is copies side by side: name one, {name}.0" if found.copies else "apply names an earlier item")  # fmt: skip
            return None
        call = Call(item, ctx.call)
        return self.again(found.made, ctx, flow, name, entry, call)

    def again(self, made: Any, ctx: Context, flow: Any, name: str, entry: Entry, call: Call) -> tuple[int, ...] | None:
        """Build an item once more where it was built, on another input, with the same parameters."""
        item, home, start, stop = made
        self.sharing.append(iter(self.network.nodes[start:stop]))
        try:
            fresh = (home or ctx).child()
            fresh.flow, fresh.call = None, call
            entry.apart = True
            return self.instance(item, fresh, flow, name, entry)
        finally:
            self.sharing.pop()


class Arrangement:
    """A container being instantiated: what its kind may ask for."""

    def __init__(self, builder: Calls, item: Item, ctx: Context, name: str, entry: Entry) -> None:
        self.builder = builder
        self.item = item
        self.ctx = ctx
        self.name = name
        self.entry = entry
        self.transparent = item.transparent and not entry.apart
        self.names = ctx.names if self.transparent else Names(ctx.names)
        if not self.transparent:
            entry.parts = self.names.entries

    def has(self, key: str) -> bool:
        return key in self.item.lists

    def keys(self) -> list[str]:
        return list(self.item.lists)

    def run(self, key: str, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        inner = self.ctx.child()
        branching = self.item.cls.branching  # type: ignore[union-attr]
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
        part.parts = self._branch.entries
        if self.transparent:
            old = self.ctx.names.entries.setdefault(name, part)
            if old is not part and not (old := self.builder.seen(old)).removed:
                self.builder.taken(self.ctx, self.key(name), name, old)
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
            self.builder.fault(self.ctx, self.item.head, "wrong-input-count", f"the {what} of '{self.item.kind}' is {len(values)} values",
                               found=str(len(values)), expected="1")  # fmt: skip
        return len(values) == 1

    def merge(self, kind: str, values: dict[str, Any], flow: tuple[int, ...]) -> tuple[int, ...] | None:
        cls = registry.find(kind)
        assert cls is not None
        layer = self.builder.layers.of(cls, values)
        return self.builder.node(layer, flow, self.name, self.item, self.ctx, None)
