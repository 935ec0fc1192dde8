"""Compiled items to the graph: blocks called, repeats run, references resolved, parameters named."""

from __future__ import annotations

from typing import Any

from ..graph import Network
from ..layers.arguments import show
from ..problems import Problem
from .bodies import Body
from .calls import MAX_NESTED, Calls
from .context import Context
from .file import File
from .items import Item
from .layers import Layers
from .nodes import MAX_INSTANCES
from .parameters import Tie
from .scope import Entry, Values
from .static import codes_of, nested, references_of
from .values import Faults, Located

MAX_REPEAT = 10_000


def gone(item: Item) -> Entry:
    """What stands for the name of something that a `when` removes."""
    entry = Entry(None, item.head)
    entry.removed = True
    return entry


def reads(item: Item, name: str) -> bool:
    """Whether an item, or what stands in it, reads a variable."""
    return any(
        name == found
        for each in nested([item])
        for code in (*codes_of(each), *(p for r in references_of(each) for p in r.codes()))
        for _, found in code.names()
    )


class Builder(Calls):
    """Builds one network."""

    def __init__(self, network: Network, faults: Faults, layers: Layers) -> None:
        super().__init__(network, faults, layers)
        self.ties: list[Tie] = []
        self.readers: dict[Item, bool] = {}  # whether a repeated item reads its counter, where that was asked

    def body(self, body: Body, ctx: Context, ports: dict[str, tuple[int, ...] | None], entry: Entry) -> tuple[int, ...] | None:
        """Instantiate a block or file on its inputs; `ctx` has its values, names and prefix."""
        for name, values in ports.items():
            ctx.names.entries[name] = Entry(values)
        self.assert_ports(body, ctx, ports)
        if len(ports) <= 1:
            ctx.flow = ctx.input = next(iter(ports.values()), ())
        else:
            ctx.flow, ctx.several = None, list(ports)
        entry.parts = ctx.names.entries
        out = self.items(body.items, ctx)
        if body.outputs is None or ctx.call is None:  # those of the root file are the network's
            return out
        flows: list[int] | None = []
        sides: dict[str, Entry] = {}
        for k, (label, ref) in enumerate(body.outputs):
            values = self.reference(ref, ctx, out)
            if label is not None:
                sides[label] = Entry(values, ref.node)
            if values is None or flows is None:
                flows = None
            elif k == 0 or (label is None and isinstance(body, File)):
                flows += values
        entry.parts = {**entry.parts, **sides}
        return tuple(flows) if flows is not None else None

    def assert_ports(self, body: Body, ctx: Context, ports: dict[str, tuple[int, ...] | None]) -> None:
        """A block's named dims bind its symbols to what flows in."""
        for name, values in ports.items():
            port = body.ports.get(name)
            if port is not None and port.dims is not None and values:
                dims = self.dims(ctx, port.dims)
                if dims is not None:
                    self.assertion(ctx, dims, port.nodes, port.key or body.key, values, "block-input")

    def items(self, items: list[Item], ctx: Context) -> tuple[int, ...] | None:
        k, end = 0, len(items)
        while k < end:
            item, flow = items[k], ctx.flow
            if item.chained and flow and len(flow) == 1 and not self.sharing:
                done = self.chain(items, k, ctx, flow)
                if self.too_many:
                    return None
                if done > k:
                    k = done
                    continue
            free = not self.sharing and item.label not in ctx.names.entries
            if free and item.simple and flow and len(flow) == 1:
                ctx.flow = self.simple_call(item, ctx, flow)  # type: ignore[arg-type]
            else:
                ctx.flow = self.short_node(item, ctx) if free and item.short else self.item(item, ctx)
            k += 1
            if self.too_many:
                return None
        return ctx.flow if not ctx.several else None

    def item(self, item: Item, ctx: Context) -> tuple[int, ...] | None:
        """Instantiate an item in its scope; what flows on."""
        if item.broken:
            ctx.names.entries.setdefault(item.label, Entry(None, item.head))
            ctx.several = []
            return None
        try:
            count = self.count(item, ctx)
        except Located as e:
            self.located(ctx, e)
            ctx.names.entries[item.label] = Entry(None, item.head)
            ctx.several = []
            return None
        if count is None:
            return self.single(item, ctx)
        return self.copies(item, ctx, count)

    def count(self, item: Item, ctx: Context) -> int | None:
        """How many copies; None for an item without repeat and fanout."""
        for name in ("repeat", "fanout"):
            if name in item.modifiers:
                key, code = item.modifiers[name]
                n = code.get(ctx.values.without_symbols())
                n = int(n) if type(n) is float and n.is_integer() else n
                if type(n) is not int or not 0 <= n <= MAX_REPEAT:
                    raise Located(code.node, Problem("repeat-count", f"{name} is {show(n)}", found=show(n),
                                                     expected=f"an int from 0 to {MAX_REPEAT}"))  # fmt: skip
                return n
        return None

    def present(self, item: Item, ctx: Context) -> bool:
        """Whether an item's `when` leaves it in; raises Located."""
        if "when" not in item.modifiers:
            return True
        code = item.modifiers["when"][1]
        value = code.get(ctx.values.without_symbols())
        if type(value) is not bool:
            raise Located(code.node, Problem("not-a-condition", f"when is {show(value)}", found=show(value), expected="true or false"))
        return value

    def single(self, item: Item, ctx: Context) -> tuple[int, ...] | None:
        present = True
        if "when" in item.modifiers:
            try:
                present = self.present(item, ctx)
            except Located as e:
                self.located(ctx, e)
                ctx.names.entries.setdefault(item.label, Entry(None, item.head))
                return None
        if not present:
            if item.label not in ctx.names.entries:
                ctx.names.entries[item.label] = gone(item)
                self.removed(item, ctx)
            return ctx.flow
        flow = self.inputs(item, ctx)
        entry = Entry(None, item.head)
        self.declare(item, ctx, entry)
        if flow is not None:
            entry.building = True
            entry.values = self.instance(item, ctx, flow, ctx.prefix + item.label, entry)
            entry.building = False
        else:
            self.attempt(item, ctx)
        return entry.values

    def attempt(self, item: Item, ctx: Context) -> None:
        """Tell what is wrong with the arguments of an item to which nothing flows, because of a fault before it."""
        if item.target is not None:
            self.arguments(item, item.target, ctx)
        elif item.layer is None and item.cls is not None and not item.cls.structural:
            self.make_layer(item, ctx)

    def removed(self, item: Item, ctx: Context) -> None:
        """The items of a removed unnamed container are removed with it, and the names of its branches."""
        if item.transparent and item.name is None:
            for key, children in item.lists.items():
                if item.cls is not None and getattr(item.cls, "branching", False):
                    ctx.names.entries.setdefault(key, gone(item))
                    continue
                for child in children:
                    if child.label not in ctx.names.entries:
                        ctx.names.entries[child.label] = gone(child)
                        self.removed(child, ctx)

    def declare(self, item: Item, ctx: Context, entry: Entry) -> None:
        old = self.seen(ctx.names.entries[item.label]) if item.label in ctx.names.entries else None
        if old is not None and not old.removed:
            self.taken(ctx, item.head, item.label, old)
        ctx.names.entries[item.label] = entry

    def hidden(self, item: Item, ctx: Context, index: str) -> None:
        """An index must not hide a value; one that is not named, and not read, is not there."""
        key = item.modifiers["index"][0] if "index" in item.modifiers else None
        if not ctx.values.has_variable(index):
            return
        if item not in self.readers:
            self.readers[item] = key is not None or reads(item, index)
        if self.readers[item]:
            self.fault(ctx, key or item.head, "name-hides", f"the index '{index}' hides a variable, an argument or another index",
                       help=f"give the index another name{': index: j' if key is None else ''}")  # fmt: skip

    def copies(self, item: Item, ctx: Context, count: int) -> tuple[int, ...] | None:
        """A repeat or fanout: instances under `label.0`, `label.1`, …"""
        series = "repeat" in item.modifiers
        entry = Entry(None, item.head)
        entry.copies = []
        self.declare(item, ctx, entry)
        index = item.modifiers["index"][1] if "index" in item.modifiers else "i"
        self.hidden(item, ctx, index)
        if ctx.copies * count > MAX_INSTANCES:
            self.beyond(ctx, item, f"repeats in repeats: {ctx.copies * count:,} copies")
            return None
        flow, fine = ctx.flow, True
        out: list[int] = []
        name = ctx.prefix + item.label
        for k in range(count):
            inner = ctx.child()
            inner.flow, inner.copies = flow, ctx.copies * count
            inner.values = Values({index: k}, ctx.values, ctx.values.call)
            if inner.fold is None:
                inner.fold = (name, k)
            copy = Entry(None, item.head)
            entry.copies.append(copy)
            entry.building = copy.building = True
            result = self.copy(item, inner, f"{name}.{k}", copy)
            entry.building = copy.building = False
            if self.too_many:
                return None
            if copy.removed:
                continue
            if result is None:
                fine = False
                break
            if series:
                flow = result
            else:
                out += result
        ctx.several = [] if count else ctx.several
        if not fine:
            return None
        entry.values = flow if series else tuple(out)
        there = [c for c in entry.copies if not c.removed]
        entry.removed = not there
        if there and series:  # the bare name is the last one
            entry.parts = there[-1].parts
            entry.made = there[-1].made
        if entry.values and series and len(entry.values) == 1:
            self.network.named[name] = entry.values[0]
        return entry.values

    def copy(self, item: Item, ctx: Context, name: str, entry: Entry) -> tuple[int, ...] | None:
        try:
            if not self.present(item, ctx):
                entry.removed = True
                return ctx.flow
        except Located as e:
            self.located(ctx, e)
            return None
        flow = self.inputs(item, ctx)
        if flow is None:
            self.attempt(item, ctx)
            return None
        entry.values = self.instance(item, ctx, flow, name, entry)
        return entry.values

    def instance(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        """One instance of an item under a full name; fills in the entry's parts and how to apply it again."""
        start = len(self.network.nodes)
        owned = len(self.network.parameters)
        if not self.counted(item, ctx):
            return None
        around, ctx, again = ctx, self.modified(item, ctx), entry.apart
        if item.target is None and not (item.cls is not None and item.cls.structural):
            out = self.layer_node(item, ctx, flow, name, entry)
        elif self.nested >= MAX_NESTED:
            self.fault(ctx, item.head, "too-deep", f"blocks and containers in each other, {self.nested + 1} deep",
                       expected=f"at most {MAX_NESTED}")  # fmt: skip
            self.too_many = True
            return None
        else:
            self.nested += 1
            build = self.call_block if item.target is not None else self.container
            out = build(item, ctx, flow, name, entry)
            self.nested -= 1
        around.several = ctx.several = []
        entry.made = item, ctx, start, len(self.network.nodes)
        if out is not None:
            self.finish(item, ctx, out, name, again)
            if item.modifiers and item.apply is None:
                self.idle(item, ctx, len(self.network.parameters) - owned)
        return out

    def modified(self, item: Item, ctx: Context) -> Context:
        if not item.modifiers.keys() & {"init", "freeze", "dtype"}:
            return ctx
        ctx = ctx.child()
        ctx.overrides = self.overrides(item, ctx)
        return ctx

    def finish(self, item: Item, ctx: Context, out: tuple[int, ...], name: str, again: bool) -> None:
        """Name what an item yields, and note what it says of it; built `again` it says nothing, as its sizes may be others."""
        if len(out) == 1:
            self.network.named[name] = out[0]
        else:
            for k, v in enumerate(out):
                self.network.named[f"{name}.{k}"] = v
        if "expect" in item.modifiers and not again:
            key, codes = item.modifiers["expect"]
            dims = self.dims(ctx, codes)
            if dims is not None and out:
                self.assertion(ctx, dims, [c.node for c in codes], key, out, "expect")
        if "tie" in item.modifiers and not self.sharing and item.apply is None:
            for own, target in item.modifiers["tie"][1].pairs:
                self.ties.append(Tie(own, target, name, ctx))
