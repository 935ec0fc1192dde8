"""Compiled items to the graph: blocks called, repeats run, references resolved, parameters named."""

from __future__ import annotations

from typing import Any

from ...graph import Network
from ..compile.bodies import Body
from ..compile.file import File
from ..compile.items import Item
from ..expressions.values import Located
from .calls import Calls, inside, require
from .containers import build_container
from .context import Context
from .dim_assertions import assertion, dims_in
from .layer_cache import Layers
from .limits import Limits
from .nodes import Nodes
from .parameter_settings import Statements, Tie
from .reference_resolver import Resolver
from .repetition import count_of, faulty, gone, is_present, reads, stand_in
from .scope import Entry, Values, descend, levels
from .wiring import block_ports


class Builder:
    """Builds one network: walks through bodies and items, and leaves each step to the part that knows how."""

    def __init__(self, network: Network, layers: Layers) -> None:
        self.network = network
        self.limits = Limits()
        self.resolver = Resolver(self.limits)
        self.nodes = Nodes(network, layers, self.limits)
        self.calls = Calls()
        self.statements = Statements(network)
        self.readers: dict[Item, bool] = {}  # whether a repeated item reads its counter, where that was asked

    def body(self, body: Body, ctx: Context, ports: dict[str, tuple[int, ...] | None], entry: Entry) -> tuple[int, ...] | None:
        """Instantiate a block or file on its inputs; `ctx` has its values, names and prefix."""
        for name, values in ports.items():
            ctx.names.entries[name] = Entry(values)
        if len(ports) <= 1:
            ctx.flow = ctx.input = next(iter(ports.values()), ())
        else:
            ctx.flow, ctx.several = (), list(ports)
        entry.parts = ctx.names.entries
        out = self.items(body.items, ctx)
        if body.outputs is None or ctx.call is None:  # those of the root file are the network's
            return out
        flows: list[int] | None = []
        sides: dict[str, Entry] = {}
        for k, (label, ref) in enumerate(body.outputs):
            values = self.resolver.reference(ref, ctx, out)
            if label is not None:
                sides[label] = Entry(values, ref.node)
            if values is None or flows is None:
                flows = None
            elif k == 0 or label is None:
                flows += values
        entry.parts = {**entry.parts, **sides}
        return tuple(flows) if flows is not None else None

    def assert_ports(self, body: Body, ctx: Context, ports: dict[str, tuple[int, ...] | None]) -> None:
        """The dims that a block or imported file names for its inputs hold for what flows in, and bind its symbols."""
        for name, values in ports.items():
            port = body.ports.get(name)
            if port is not None and port.dims is not None and values:
                dims = dims_in(ctx, port.dims)
                if dims is not None:
                    assertion(self.network, ctx, dims, port.nodes, port.key or body.key, values, "block-input")

    def items(self, items: list[Item], ctx: Context) -> tuple[int, ...] | None:
        """Instantiate a list of items; what its last one yields."""
        if ctx.file.faults.lost:
            self.statements.complete = False
        for item in items:
            ctx.flow = self.item(item, ctx)
            if self.limits.exceeded:
                return None
        return ctx.flow if not ctx.several else None

    def item(self, item: Item, ctx: Context) -> tuple[int, ...] | None:
        """Instantiate an item in its scope; what flows on."""
        try:
            if item.broken:
                out = None
            elif (count := count_of(item, ctx)) is not None:
                out = self.copies(item, ctx, count)
            elif is_present(item, ctx):
                out = self.single(item, ctx)
            else:
                stand_in(item, ctx, gone)
                return ctx.flow
        except Located as e:
            ctx.located(e)
            out = None
        if out is None:
            stand_in(item, ctx, faulty)
            ctx.several, self.statements.complete = [], False
        return out

    def single(self, item: Item, ctx: Context) -> tuple[int, ...] | None:
        """Instantiate an item that has no copies."""
        flow = self.resolver.inputs(item, ctx)
        entry = Entry(None, item.head)
        self.declare(item, ctx, entry)
        if flow is not None:
            entry.building = True
            entry.values = self.instance(item, ctx, flow, ctx.prefix + item.label, entry)
            entry.building = False
            self.clashes(item, ctx, entry)
        else:
            self.attempt(item, ctx)
        return entry.values

    def attempt(self, item: Item, ctx: Context) -> None:
        """Tell what is wrong with the arguments of an item to which nothing flows, because of a fault before it."""
        if item.target is not None:
            self.calls.arguments(item, item.target, ctx)
        elif item.cls is not None and not item.cls.structural:
            self.nodes.layer_of(item, ctx)

    def declare(self, item: Item, ctx: Context, entry: Entry) -> None:
        old = ctx.names.entries.get(item.label)
        if old is None and "." in item.label:
            old = ctx.names.already(item.label)
            ctx.names.dotted.append(item.label)
        if old is not None and not old.removed:
            ctx.taken(item.head, item.label, old)
        ctx.names.entries[item.label] = entry

    def clashes(self, item: Item, ctx: Context, entry: Entry) -> None:
        """Tell where a part of what has just been built has the name of an earlier item, as `split s` after `dense s.0`."""
        for dotted in ctx.names.dotted:
            if dotted.startswith(f"{item.label}.") and descend(entry, levels(dotted[len(item.label) + 1 :])) is not None:
                ctx.taken(item.head, dotted, ctx.names.entries[dotted])

    def hidden(self, item: Item, ctx: Context, index: str) -> None:
        """An index must not hide a value; one that is not named, and not read, is not there."""
        key = item.modifiers["index"][0] if "index" in item.modifiers else None
        if not ctx.values.has_variable(index):
            return
        if item not in self.readers:
            self.readers[item] = key is not None or reads(item, index)
        if self.readers[item]:
            ctx.fault(key or item.head, "name-hides", f"the index '{index}' hides a variable, an argument or another index",
                      help=f"give the index another name{': index: j' if key is None else ''}")  # fmt: skip

    def copies(self, item: Item, ctx: Context, count: int) -> tuple[int, ...] | None:
        """A repeat or fanout: instances under `label.0`, `label.1`, …"""
        entry = Entry(None, item.head)
        self.declare(item, ctx, entry)
        index = item.modifiers["index"][1] if "index" in item.modifiers else "i"
        self.hidden(item, ctx, index)
        if not self.limits.copies(ctx, item, ctx.copies * count):
            return None
        copies = entry.set_copies(count)
        values = self.each_copy(item, ctx, copies, index)
        entry.set_building(False)
        there = [c for c in copies if not c.removed]
        entry.values, entry.removed = values, not there
        ctx.several = [] if count else ctx.several
        if values is None:
            return None
        if there and "repeat" in item.modifiers:  # the bare name is the last one
            entry.parts = there[-1].parts
            entry.made = there[-1].made
            if len(values) == 1:
                self.network.names[ctx.prefix + item.label] = values[0]
        self.clashes(item, ctx, entry)
        return values

    def each_copy(self, item: Item, ctx: Context, copies: list[Entry], index: str) -> tuple[int, ...] | None:
        """Build copies in order, until one is faulty; what they yield together."""
        series, name = "repeat" in item.modifiers, ctx.prefix + item.label
        flow: tuple[int, ...] | None = ctx.flow
        out: list[int] = []
        for k, copy in enumerate(copies):
            inner = ctx.child()
            inner.flow, inner.copies = flow, ctx.copies * len(copies)
            inner.values = Values({index: k}, ctx.values, ctx.values.call)
            if inner.fold is None:
                inner.fold = (name, k)
            result = self.copy(item, inner, f"{name}.{k}", copy)
            copy.building = False
            if self.limits.exceeded or (result is None and not copy.removed):
                return None
            if series:
                flow = result
            elif not copy.removed:
                out += result or ()
        return flow if series else tuple(out)

    def copy(self, item: Item, ctx: Context, name: str, entry: Entry) -> tuple[int, ...] | None:
        try:
            if not is_present(item, ctx):
                entry.removed = True
                return ctx.flow
        except Located as e:
            ctx.located(e)
            return None
        flow = self.resolver.inputs(item, ctx)
        if flow is None:
            self.attempt(item, ctx)
            return None
        entry.values = self.instance(item, ctx, flow, name, entry)
        return entry.values

    def instance(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        """One instance of an item under a full name; fills in the entry's parts and how to apply it again."""
        start = len(self.network.nodes)
        owned = len(self.network.parameters)
        if not self.limits.instance(ctx, item):
            return None
        around, ctx, again = ctx, self.statements.inside(item, ctx), entry.apart
        if item.target is None and not (item.cls is not None and item.cls.structural):
            out = self.nodes.layer_node(item, ctx, flow, name, entry)
        elif not self.limits.nest(ctx, item):
            return None
        else:
            self.limits.nested += 1
            if item.target is not None:
                out = self.call_block(item, ctx, flow, name, entry)
            else:
                out = build_container(self, item, ctx, flow, name, entry)
            self.limits.nested -= 1
        around.several = ctx.several = []
        entry.made = item, ctx, start, len(self.network.nodes)
        if out is not None:
            self.finish(item, ctx, out, name, again)
            if item.modifiers and item.apply is None:
                self.statements.note(item, ctx, len(self.network.parameters) - owned)
        return out

    def finish(self, item: Item, ctx: Context, out: tuple[int, ...], name: str, again: bool) -> None:
        """Name what an item yields, and note what it says of it; built `again` it says nothing, as its sizes may be others."""
        if len(out) == 1:
            self.network.names[name] = out[0]
        else:
            for k, v in enumerate(out):
                self.network.names[f"{name}.{k}"] = v
        if "expect" in item.modifiers and not again:
            key, codes = item.modifiers["expect"]
            dims = dims_in(ctx, codes)
            if dims is not None and out:
                assertion(self.network, ctx, dims, [c.node for c in codes], key, out, "expect")
        if "tie" in item.modifiers and not self.nodes.sharing and item.apply is None:
            for own, target in item.modifiers["tie"][1].pairs:
                self.statements.ties.append(Tie(own, target, name, ctx))

    def call_block(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        target = item.target
        assert target is not None
        if target.unsound or not self.limits.call(ctx, item):
            return None
        values = self.calls.arguments(item, target, ctx)
        ports = block_ports(item, target, ctx, flow)
        if values is None or ports is None:
            return None
        inner = inside(item, target, ctx, values, name)
        if isinstance(target, File):
            require(self.network, inner)
        self.assert_ports(target, inner, ports)
        before = len(self.network.parameters)
        out = self.body(target, inner, ports, entry)
        if isinstance(target, File) and not self.nodes.sharing:
            self.statements.match(target, inner, self.network.parameters[before:])
        if out is None and inner.several and target.outputs is None:
            ctx.fault(item.head, "no-output", f"nothing comes out of '{item.kind}': no layer takes one of its inputs",
                      found="every layer in it is removed", help="say outputs, or let a layer stay")  # fmt: skip
        return out
