"""Compiled items to the graph: blocks called, repeats run, references resolved, parameters named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph import Network, Node, Parameter, Place
from ..layers.base import Layer
from ..problems import Problem
from .calls import Calls
from .context import Context
from .file import Body, File
from .items import Item
from .parameters import Overrides, Tie, override, parameter_keys
from .scope import Entry, Values
from .tree import Scalar, span
from .values import Faults, Located

MAX_REPEAT = 10_000
MAX_INSTANCES = 250_000
"""Layers, containers and block calls together: what reading, inference and the report do in seconds and within half a GB."""


class Builder(Calls):
    """Builds one network."""

    def __init__(self, network: Network, faults: Faults) -> None:
        super().__init__(network, faults)
        self.layers: dict[Any, Layer] = {}
        self.calls = 0
        self.sharing: list[Iterator[Node]] = []
        self.ties: list[Tie] = []
        self.too_many = False
        self.instances = 0
        self.found: dict[Scalar, tuple[Context, Item, str, bool]] = {}  # what init, freeze and dtype say: did any copy hear it?

    def body(self, body: Body, ctx: Context, ports: dict[str, list[int] | None], entry: Entry) -> list[int] | None:
        """Instantiate a block or file on its inputs; `ctx` has its values, names and prefix."""
        for name, values in ports.items():
            ctx.names.entries[name] = Entry(values, 0)
        self.assert_ports(body, ctx, ports)
        if len(ports) <= 1:
            ctx.flow = ctx.input = next(iter(ports.values()), [])
        else:
            ctx.flow, ctx.several = None, list(ports)
        out = self.items(body.items, ctx)
        entry.parts = ctx.names.entries
        if body.outputs is None:
            return out
        flows: list[int] | None = None
        for k, (label, ref) in enumerate(body.outputs):
            values = self.reference(ref, ctx, out)
            side = Entry(values, ref.node.line)
            if label is not None:
                entry.parts = {**entry.parts, label: side}
            if k == 0 or (label is None and flows is not None and isinstance(body, File)):
                flows = values if k == 0 else [*(flows or []), *(values or [])]
        return flows

    def assert_ports(self, body: Body, ctx: Context, ports: dict[str, list[int] | None]) -> None:
        """A block's named dims bind its symbols to what flows in."""
        for name, values in ports.items():
            port = body.ports.get(name)
            if port is not None and port.dims is not None and values:
                dims = self.dims(ctx, port.dims)
                if dims is not None:
                    self.assertion(ctx, dims, port.nodes, port.key or body.key, tuple(values), "block-input")

    def items(self, items: list[Item], ctx: Context) -> list[int] | None:
        for item in items:
            ctx.flow = self.item(item, ctx)
            if self.too_many:
                return None
        return ctx.flow if not ctx.several else None

    def item(self, item: Item, ctx: Context) -> list[int] | None:
        """Instantiate an item in its scope; what flows on."""
        if item.broken:
            ctx.names.entries.setdefault(item.label, Entry(None, item.head.line))
            ctx.several = []
            return None
        try:
            count = self.count(item, ctx)
        except Located as e:
            self.located(ctx, e)
            ctx.names.entries[item.label] = Entry(None, item.head.line)
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
                if type(n) is not int or not 0 <= n <= MAX_REPEAT:
                    raise Located(code.node, Problem("repeat-count", f"{name} is {n}", found=str(n),
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
            raise Located(code.node, Problem("not-a-condition", f"when is {value}", found=str(value), expected="true or false"))
        return value

    def single(self, item: Item, ctx: Context) -> list[int] | None:
        present = True
        if "when" in item.modifiers:
            try:
                present = self.present(item, ctx)
            except Located as e:
                self.located(ctx, e)
                ctx.names.entries.setdefault(item.label, Entry(None, item.head.line))
                return None
        if not present:
            if item.label not in ctx.names.entries:
                entry = Entry(None, item.head.line)
                entry.removed = True
                ctx.names.entries[item.label] = entry
                self.removed(item, ctx)
            return ctx.flow
        flow = self.inputs(item, ctx)
        entry = Entry(None, item.head.line)
        self.declare(item, ctx, entry)
        if flow is not None:
            entry.values = self.instance(item, ctx, flow, ctx.prefix + item.label, entry)
        return entry.values

    def removed(self, item: Item, ctx: Context) -> None:
        """The items of a removed unnamed container are removed with it."""
        if item.transparent and item.name is None:
            for children in item.lists.values():
                for child in children:
                    if child.label not in ctx.names.entries:
                        entry = Entry(None, child.head.line)
                        entry.removed = True
                        ctx.names.entries[child.label] = entry
                        self.removed(child, ctx)

    def declare(self, item: Item, ctx: Context, entry: Entry) -> None:
        old = ctx.names.entries.get(item.label)
        if old is not None and not old.removed:
            where = f"on line {old.line}" if old.line else "an input"
            self.fault(ctx, item.head, "duplicate-name", f"'{item.label}' is already the name of a layer {where}",
                       found=item.label, help="names are unique in their scope")  # fmt: skip
        ctx.names.entries[item.label] = entry

    def copies(self, item: Item, ctx: Context, count: int) -> list[int] | None:
        """A repeat or fanout: instances under `label.0`, `label.1`, …"""
        series = "repeat" in item.modifiers
        entry = Entry(None, item.head.line)
        entry.copies = []
        self.declare(item, ctx, entry)
        if series and item.from_ is not None and count > 1 and not self.uses_prev(item):
            self.fault(ctx, item.head, "repeat-without-prev", "every copy but the last would be lost",
                       help="let from include prev, or use fanout for copies side by side")  # fmt: skip
            return None
        index = item.modifiers["index"][1] if "index" in item.modifiers else "i"
        if index != "i" and ctx.values.has_variable(index):
            self.fault(ctx, item.modifiers["index"][0], "name-hides", f"the index '{index}' hides a variable",
                       help="give the index another name")  # fmt: skip
        if ctx.copies * count > MAX_INSTANCES:
            self.beyond(ctx, item, f"repeats in repeats: {ctx.copies * count} copies")
            return None
        flow, out, fine = ctx.flow, [], True
        name = ctx.prefix + item.label
        for k in range(count):
            inner = ctx.child()
            inner.flow, inner.copies = flow, ctx.copies * count
            inner.values = Values({index: k}, ctx.values, ctx.values.call)
            if inner.fold is None:
                inner.fold = (name, k)
            copy = Entry(None, item.head.line)
            entry.copies.append(copy)
            result = self.copy(item, inner, f"{name}.{k}", copy)
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
        entry.values = flow if series else out
        if count:
            last = entry.copies[-1]
            entry.parts = last.parts
            entry.replay = last.replay
        if entry.values and series and len(entry.values) == 1:
            self.network.names[name] = entry.values[0]
        return entry.values

    def copy(self, item: Item, ctx: Context, name: str, entry: Entry) -> list[int] | None:
        try:
            if not self.present(item, ctx):
                entry.removed = True
                return ctx.flow
        except Located as e:
            self.located(ctx, e)
            return None
        flow = self.inputs(item, ctx)
        if flow is None:
            return None
        entry.values = self.instance(item, ctx, flow, name, entry)
        return entry.values

    def instance(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> list[int] | None:
        """One instance of an item under a full name; fills in the entry's parts and how to apply it again."""
        start = len(self.network.nodes)
        owned = len(self.network.parameters)
        self.instances += 1
        if self.instances > MAX_INSTANCES or self.too_many:
            self.beyond(ctx, item, f"more than {MAX_INSTANCES} layers, containers and block calls")
            return None
        ctx = self.modified(item, ctx)
        if item.target is not None:
            out = self.call_block(item, ctx, flow, name, entry)
        elif item.cls is not None and item.cls.structural:
            out = self.container(item, ctx, flow, name, entry)
        else:
            out = self.layer_node(item, ctx, flow, name, entry)
        ctx.several = []
        stop = len(self.network.nodes)

        def replay(values: Any, other: str, result: Entry) -> list[int] | None:
            self.sharing.append(iter(self.network.nodes[start:stop]))
            try:
                fresh = ctx.child()
                fresh.flow = None
                return self.instance(item, fresh, values, other, result)
            finally:
                self.sharing.pop()

        entry.replay = replay
        if out is not None:
            self.finish(item, ctx, out, name)
            if item.modifiers and item.apply is None:
                self.idle(item, ctx, len(self.network.parameters) - owned)
        return out

    def idle(self, item: Item, ctx: Context, made: int) -> None:
        """What is said of parameters must find one in some copy of the item: told at the end of building."""
        if "init" in item.modifiers and parameter_keys(item) is None:
            keys = {p.key for p in self.network.parameters[-made:]} if made else set()
            for key, _ in item.modifiers["init"][1].pairs:
                self.found[key] = (ctx, item, "init", self.heard(key) or key.text in keys)
        for name in ("freeze", "dtype"):
            if name in item.modifiers:
                key = item.modifiers[name][0]
                self.found[key] = (ctx, item, name, self.heard(key) or bool(made))

    def heard(self, key: Scalar) -> bool:
        return key in self.found and self.found[key][3]

    def unheard(self) -> None:
        """The faults that `idle` put off."""
        for key, (ctx, item, name, found) in self.found.items():
            if not found and name == "init":
                self.fault(ctx, key, "unknown-parameter", f"nothing in {item.kind} has a parameter '{key.text}'", found=key.text,
                           help="`deferinit show` lists the parameters by name")  # fmt: skip
            elif not found:
                self.fault(ctx, key, "no-parameters", f"{item.kind} has no parameters: {name} says nothing", help="remove it")

    def beyond(self, ctx: Context, item: Item, message: str) -> None:
        """The network is too large; told once, and building stops."""
        if not self.too_many:
            self.too_many = True
            self.fault(ctx, item.head, "too-many-layers", message, expected=f"at most {MAX_INSTANCES}")

    def modified(self, item: Item, ctx: Context) -> Context:
        if not item.modifiers.keys() & {"init", "freeze", "dtype"}:
            return ctx
        ctx = ctx.child()
        try:
            ctx.overrides = override(ctx.overrides, item, ctx)
        except Located as e:
            self.located(ctx, e)
        return ctx

    def finish(self, item: Item, ctx: Context, out: list[int], name: str) -> None:
        if len(out) == 1:
            self.network.names[name] = out[0]
        else:
            for k, v in enumerate(out):
                self.network.names[f"{name}.{k}"] = v
        if "expect" in item.modifiers:
            key, codes = item.modifiers["expect"]
            dims = self.dims(ctx, codes)
            if dims is not None and out:
                self.assertion(ctx, dims, [c.node for c in codes], key, tuple(out), "expect")
        if "tie" in item.modifiers and not self.sharing and item.apply is None:
            for own, target in item.modifiers["tie"][1].pairs:
                self.ties.append(Tie(own, target, name, ctx))

    def layer_node(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> list[int] | None:
        layer = item.layer or self.make_layer(item, ctx)
        if layer is None:
            return None
        inputs = self.port_values(item, layer, ctx, flow)
        if inputs is None:
            return None
        if item.place is None:
            spans = {n: span(item.source, c.node) for n, (_, c) in item.arguments.items()}
            item.place = Place(span(item.source, item.head), spans)
        return self.node(layer, tuple(inputs), name, item.place, ctx, entry)

    def node(
        self, layer: Layer, inputs: tuple[int, ...], name: str, place: Place, ctx: Context, entry: Entry | None
    ) -> list[int] | None:
        net = self.network
        index = len(net.nodes)
        first, count = len(net.values), layer.yields()
        total = count + len(layer.sides)
        shares: Node | None = None
        for it in self.sharing:
            shares = next(it)
        if shares is not None:
            shares = shares.shares or shares
        overrides = ctx.overrides
        node = Node(index, name, layer, inputs, tuple(range(first, first + total)), place, ctx.call, shares,
                    overrides.dtype or ctx.file.dtype, ctx.fold)  # fmt: skip
        net.nodes.append(node)
        if total == 1:
            net.values.append((node, 0))
        else:
            net.values.extend((node, k) for k in range(total))
        if shares is not None:
            node.parameters = shares.parameters
        elif layer.parameters or layer.memo("_tensors", layer.tensors):
            self.parameters(node, layer, overrides)
        values = list(node.outputs[:count])
        if entry is not None and layer.sides:
            for k, side in enumerate(layer.sides):
                value = node.outputs[count + k]
                entry.parts[side] = Entry([value], entry.line)
                net.names[f"{name}.{side}"] = value
        return values

    def parameters(self, node: Node, layer: Layer, overrides: Overrides) -> None:
        made = []
        for p in layer.memo("_tensors", layer.tensors):
            full = f"{node.name}.{p.key}" if p.key else node.name
            init = overrides.init.get(p.key) or p.initializer if overrides.init else p.initializer
            parameter = Parameter(full, p.key, node, init, p.buffer, node.dtype)
            if overrides.freeze is not None:
                parameter.frozen = overrides.freeze and not p.buffer
            made.append(parameter)
        node.parameters = tuple(made)
        self.network.parameters += made

    def make_layer(self, item: Item, ctx: Context) -> Layer | None:
        """The layer of an item's arguments; equal ones are one instance."""
        cls = item.cls
        assert cls is not None
        values: dict[str, Any] = {}
        fixed = True
        for name, (key, code) in item.arguments.items():
            try:
                value = code.get(ctx.values)
                values[name] = value if code.fixed else cls.arguments[name].accept(value)
                fixed = fixed and code.fixed
            except Located as e:
                self.located(ctx, e)
                return None
            except Problem as p:
                self.told(ctx, code.node, p)
                return None
        cache = (cls.kind, tuple(values.items()))
        layer = self.layers.get(cache)
        if layer is None:
            try:
                layer = self.layers[cache] = cls.build(values)
            except Problem as p:
                found = item.arguments.get(p.blame)
                self.told(ctx, found[1].node if found is not None else item.head, p)
                return None
        if fixed:
            item.layer = layer
        return layer
