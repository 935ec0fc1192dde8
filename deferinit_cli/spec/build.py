"""Compiled items to the graph: blocks called, repeats run, references resolved, parameters named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph import Assertion, Call, Input, Network, Node, Parameter, Place
from ..layers import registry
from ..layers.arguments import suggest
from ..layers.base import Layer
from ..problems import Diagnostic, Problem, Source
from ..shapes.dims import UNKNOWN
from .file import Block, Body, File
from .items import Item
from .parameters import Overrides, Tie, override
from .references import Reference
from .scope import Entry, Names, Values
from .tree import Tree, span
from .values import Faults, Located

MAX_REPEAT = 10_000
MAX_NODES = 1_000_000
MAX_CALLS = 48

Flow = "list[int] | None"


class Context:
    """Where an item is instantiated."""

    __slots__ = (
        "copies",
        "call",
        "depth",
        "file",
        "flow",
        "fold",
        "input",
        "names",
        "overrides",
        "prefix",
        "root",
        "several",
        "values",
    )

    def __init__(self, file: File, values: Values, names: Names, prefix: str, call: Call | None) -> None:
        self.file = file
        self.values = values
        self.names = names
        self.prefix = prefix
        self.call = call
        self.flow: list[int] | None = []  # what the previous item yielded; None once something was wrong
        self.input: list[int] | None = None
        self.several: list[str] = []  # the inputs' names where nothing flows yet because there are several
        self.overrides = Overrides()
        self.fold: tuple[str, int] | None = None
        self.root = ""  # the prefix of the file's root: names in ties and globs start there
        self.depth = 0
        self.copies = 1  # how often what stands here is built, by the repeats around it

    def child(self) -> Context:
        new = Context(self.file, self.values, self.names, self.prefix, self.call)
        new.flow, new.input, new.several = self.flow, self.input, self.several
        new.overrides, new.fold, new.root, new.depth = self.overrides, self.fold, self.root, self.depth
        new.copies = self.copies
        return new


class Builder:
    """Builds one network."""

    def __init__(self, network: Network, faults: Faults) -> None:
        self.network = network
        self.faults = faults
        self.layers: dict[Any, Layer] = {}
        self.calls = 0
        self.sharing: list[Iterator[Node]] = []
        self.ties: list[Tie] = []
        self.too_many = False

    # ---- places of problems

    def told(self, ctx: Context, node: Tree, p: Problem) -> None:
        calls = ctx.call.chain() if ctx.call is not None else []
        self.faults.problem(ctx.file.source, node, p, calls=calls)

    def fault(self, ctx: Context, node: Tree, rule: str, message: str, **more: Any) -> None:
        calls = ctx.call.chain() if ctx.call is not None else []
        self.faults.add(Diagnostic(rule, message, span(ctx.file.source, node), calls=calls, **more))

    def located(self, ctx: Context, e: Located) -> None:
        self.told(ctx, e.node, e.problem)

    # ---- bodies

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

    def assertion(
        self, ctx: Context, dims: tuple[Any, ...], nodes: list[Tree], key: Tree, values: tuple[int, ...], rule: str
    ) -> None:
        source = ctx.file.source
        spans = tuple(span(source, n) for n in nodes)
        net = self.network
        net.assertions.append(Assertion(dims, span(source, key), spans, values, rule, len(net.nodes)))

    def dims(self, ctx: Context, codes: list[Any]) -> tuple[Any, ...] | None:
        """Dims computed in a scope; None (and a fault) where one is no size."""
        from ..layers.arguments import Dims

        argument = Dims("dims")
        argument.name = "the shape"
        out = []
        for code in codes:
            try:
                out.append(argument.accept([code.get(ctx.values)])[0])
            except Located as e:
                self.located(ctx, e)
                return None
            except Problem as p:
                self.told(ctx, code.node, p)
                return None
        return tuple(out)

    def items(self, items: list[Item], ctx: Context) -> list[int] | None:
        for item in items:
            ctx.flow = self.item(item, ctx)
            if self.too_many:
                return None
        return ctx.flow if not ctx.several else None

    # ---- items

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
        if ctx.copies * count > MAX_NODES:
            self.too_many = True
            self.fault(
                ctx,
                item.head,
                "too-many-layers",
                f"repeats in repeats: {ctx.copies * count} copies",
                expected=f"at most {MAX_NODES}",
            )
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

    @staticmethod
    def uses_prev(item: Item) -> bool:
        refs = item.from_.values() if isinstance(item.from_, dict) else item.from_
        refs = [r[1] if isinstance(r, tuple) else r for r in refs]
        return any(r.name == "prev" for r in refs)

    # ---- what flows in

    def inputs(self, item: Item, ctx: Context) -> Any:
        """The values an item receives: a list, or a mapping by input name; None once something was wrong."""
        if item.from_ is not None:
            return self.from_values(item, ctx)
        if item.references is not None:
            return self.flat(item.references, ctx)
        ports = item.cls.ports if item.cls is not None else ("x",)
        if ctx.several and (ports or (item.cls is not None and item.cls.variadic)):
            self.fault(ctx, item.head, "no-input", f"'{item.kind}' has no input",
                       help=f"this scope has several inputs ({', '.join(ctx.several)}): say 'from'")  # fmt: skip
            ctx.several = []
            return None
        if not ports and item.cls is not None and not item.cls.structural:
            return []
        return ctx.flow

    def from_values(self, item: Item, ctx: Context) -> Any:
        if isinstance(item.from_, dict):
            out: dict[str, Any] = {}
            for name, (key, ref) in item.from_.items():
                values = self.reference(ref, ctx, ctx.flow)
                if values is None:
                    return None
                out[name] = (key, values)
            return out
        return self.flat(item.from_, ctx)

    def flat(self, references: list[Reference], ctx: Context) -> list[int] | None:
        out: list[int] = []
        fine = True
        for ref in references:
            values = self.reference(ref, ctx, ctx.flow)
            fine = fine and values is not None
            out += values or []
        return out if fine else None

    def reference(self, ref: Reference, ctx: Context, prev: list[int] | None) -> list[int] | None:
        """The values a reference names; None (with its fault told) where there are none."""
        try:
            found = self.entry(ref, ctx, prev)
        except Located as e:
            self.located(ctx, e)
            return None
        return found.values if found is not None else None

    def entry(self, ref: Reference, ctx: Context, prev: list[int] | None) -> Entry | None:
        """The entry a reference names; raises Located."""
        if ref.name == "prev" and ref.name not in ctx.names.entries:
            if ctx.several:
                raise Located(ref.node, Problem("no-input", "nothing flows here yet", found="prev",
                                                help=f"this scope has several inputs: {', '.join(ctx.several)}"))  # fmt: skip
            at: Entry | None = Entry(prev, 0)
        elif ref.name == "input" and ctx.input is not None:
            at = Entry(ctx.input, 0)
        else:
            at = ctx.names.find(ref.name)
        if at is None:
            known = ctx.names.known()
            raise Located(ref.node, Problem("unknown-reference", f"no earlier layer or input is called '{ref.name}'",
                                            found=ref.name, help=f"known here: {', '.join(known[-20:])}"))  # fmt: skip
        return self.walk(ref, at, ref.path(ctx.values.without_symbols()), ref.name)

    def walk(self, ref: Reference, at: Entry, path: list[Any], name: str) -> Entry | None:
        for k, part in enumerate(path):
            if at.removed:
                break
            if part == "*":
                copies = [c for c in at.copies or [] if not c.removed]
                if at.copies is None:
                    raise Located(ref.node, Problem("not-repeated", f"'{name}' is not repeated", found=ref.text))
                found = [self.walk(ref, c, path[k + 1 :], f"{name}.{n}") for n, c in enumerate(copies)]
                if any(f is None or f.values is None for f in found):
                    return None
                return Entry([v for f in found for v in f.values], at.line)  # type: ignore[union-attr]
            at = self.step(ref, at, part, name)
            name = f"{name}.{part}"
        if at.removed:
            raise Located(ref.node, Problem("removed-layer", f"'{name}' was removed by its 'when' (line {at.line})",
                                            found=ref.text))  # fmt: skip
        return at

    def step(self, ref: Reference, at: Entry, part: Any, name: str) -> Entry:
        """One part of a reference: a copy, one of several values, or a named part."""
        if isinstance(part, int):
            if at.copies is not None:
                if -len(at.copies) <= part < len(at.copies):
                    return at.copies[part]
                raise Located(ref.node, Problem("index-out-of-range", f"'{name}' has {len(at.copies)} copies, not a {part}",
                                                found=ref.text, expected=f"{-len(at.copies)} to {len(at.copies) - 1}"))  # fmt: skip
            if str(part) in at.parts:
                return at.parts[str(part)]
            if at.values is not None:
                if -len(at.values) <= part < len(at.values):
                    return Entry([at.values[part]], at.line)
                raise Located(ref.node, Problem("index-out-of-range", f"'{name}' yields {len(at.values)} values, not a {part}",
                                                found=ref.text))  # fmt: skip
            return Entry(None, at.line)
        if part in at.parts:
            return at.parts[part]
        if at.values is None and not at.parts:
            return Entry(None, at.line)
        known = [p for p in at.parts if not p.isdigit()]
        raise Located(ref.node, Problem("unknown-reference", f"'{name}' has no '{part}'", found=ref.text,
                                        expected=", ".join(known), help=suggest(part, known)))  # fmt: skip

    # ---- instances

    def instance(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> list[int] | None:
        """One instance of an item under a full name; fills in the entry's parts and how to apply it again."""
        start = len(self.network.nodes)
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
        return out

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
        if "tie" in item.modifiers and not self.sharing:
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
        if index >= MAX_NODES:
            self.too_many = True
            self.faults.add(Diagnostic("too-many-layers", f"more than {MAX_NODES} layer instances", place.span,
                                       calls=ctx.call.chain() if ctx.call else []))  # fmt: skip
            return None
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

    def port_values(self, item: Item, layer: Layer, ctx: Context, flow: Any) -> list[int] | None:
        """The values for a layer's ports, in order."""
        ports = layer.ports
        if isinstance(flow, dict):
            return self.named_ports(item, layer, ctx, flow)
        if flow is None:
            return None
        if layer.variadic:
            if not flow:
                self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' has no input")
                return None
            return list(flow)
        low, high = len(ports) - layer.optional, len(ports)
        if not low <= len(flow) <= high:
            want = str(low) if low == high else f"{low} to {high}"
            self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' takes {want} input{'s' if high != 1 else ''}, {len(flow)} flow in",
                       found=str(len(flow)), expected=f"{want} ({', '.join(ports)})",
                       help="say which with 'from'" if flow else "nothing flows in here: say 'from'")  # fmt: skip
            return None
        return list(flow)

    def named_ports(self, item: Item, layer: Layer, ctx: Context, flow: dict[str, Any]) -> list[int] | None:
        out: list[int] = []
        for name, (key, values) in flow.items():
            if name not in layer.ports:
                self.fault(ctx, key, "unknown-input", f"'{item.kind}' has no input '{name}'", found=name,
                           expected=", ".join(layer.ports), help=suggest(name, layer.ports))  # fmt: skip
                return None
            if len(values) != 1:
                self.fault(ctx, key, "wrong-input-count", f"'{name}' is one input, {len(values)} values were named")
                return None
        given = [p for p in layer.ports if p in flow]
        if given != list(layer.ports[: len(given)]) or len(given) < len(layer.ports) - layer.optional:
            missing = [p for p in layer.ports[: max(len(given) + 1, len(layer.ports) - layer.optional)] if p not in flow]
            self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' lacks the input {', '.join(missing)}")
            return None
        for p in given:
            out += flow[p][1]
        return out

    # ---- containers and blocks

    def container(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> list[int] | None:
        if item.apply is not None:
            return self.apply(item, ctx, flow, name, entry)
        if isinstance(flow, dict):
            flow = [v for _, values in flow.values() for v in values]
        assert item.cls is not None
        return item.cls.arrange(_Arrangement(self, item, ctx, name, entry), flow)  # type: ignore[attr-defined,no-any-return]

    def apply(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> list[int] | None:
        assert item.apply is not None
        try:
            found = self.entry(item.apply, ctx, ctx.flow)
        except Located as e:
            self.located(ctx, e)
            return None
        if found is None or (found.values is None and found.replay is None):
            return None
        if found.replay is None:
            self.fault(ctx, item.apply.node, "not-a-layer", f"'{item.apply.text}' is no layer or block",
                       help="apply names an earlier item")  # fmt: skip
            return None
        return found.replay(flow, name, entry)  # type: ignore[no-any-return]

    def call_block(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> list[int] | None:
        target = item.target
        assert target is not None
        call = Call(item.kind + (f" {item.name}" if item.name else ""), span(item.source, item.head), ctx.call)
        if ctx.depth >= MAX_CALLS:
            self.fault(ctx, item.head, "cyclic-block", f"'{item.kind}' calls itself, directly or through others",
                       help="blocks cannot be recursive")  # fmt: skip
            self.too_many = True
            return None
        values = self.arguments(item, target, ctx)
        ports = self.block_ports(item, target, ctx, flow)
        if values is None or ports is None:
            return None
        inner = Context(target.file, values, Names(None), name + ".", call)
        inner.overrides, inner.fold, inner.depth = ctx.overrides, ctx.fold, ctx.depth + 1
        inner.copies = ctx.copies
        inner.root = name + "." if isinstance(target, File) else ctx.root
        if isinstance(target, File):
            before = len(self.network.parameters)
            out = self.body(target, inner, ports, entry)
            from .parameters import apply_globs

            apply_globs(self, target, inner, self.network.parameters[before:])
        else:
            out = self.body(target, inner, ports, entry)
        return out

    def arguments(self, item: Item, target: Any, ctx: Context) -> Values | None:
        """The values a block sees: its arguments over its file's vars."""
        given: dict[str, Any] = {}
        for name, (_, code) in item.arguments.items():
            try:
                given[name] = code.get(ctx.values)
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
            elif default is None:
                self.fault(ctx, item.head, "missing-argument", f"{item.kind} needs '{name}'",
                           help=f"- {item.kind}: {{{name}: …}}")  # fmt: skip
                return None
            else:
                try:
                    values.names[name] = default.get(values)
                except Located as e:
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
                    chosen[name] = code.get(outer)
                except Located as e:
                    self.located(ctx, e)
                    return None
        return variables(file, chosen, self.faults, call)

    def block_ports(self, item: Item, target: Body, ctx: Context, flow: Any) -> dict[str, list[int] | None] | None:
        names = list(target.ports)
        if isinstance(flow, dict):
            for name, (key, _) in flow.items():
                if name not in target.ports:
                    self.fault(ctx, key, "unknown-input", f"'{item.kind}' has no input '{name}'", found=name,
                               expected=", ".join(names), help=suggest(name, names))  # fmt: skip
                    return None
            missing = [n for n in names if n not in flow]
            if missing:
                self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' lacks the input {', '.join(missing)}")
                return None
            return {n: flow[n][1] for n in names}
        if flow is None:
            return None
        if len(names) == 1:
            return {names[0]: list(flow)}
        if len(flow) != len(names):
            self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' takes {len(names)} inputs, {len(flow)} flow in",
                       found=str(len(flow)), expected=f"{len(names)} ({', '.join(names)})")  # fmt: skip
            return None
        return {n: [v] for n, v in zip(names, flow)}


class _Arrangement:
    """A container being instantiated: what its kind may ask for."""

    def __init__(self, builder: Builder, item: Item, ctx: Context, name: str, entry: Entry) -> None:
        self.builder = builder
        self.item = item
        self.ctx = ctx
        self.name = name
        self.entry = entry
        transparent = item.transparent
        self.names = ctx.names if transparent else Names(ctx.names)
        if not transparent:
            entry.parts = self.names.entries

    def has(self, key: str) -> bool:
        return key in self.item.lists

    def keys(self) -> list[str]:
        return list(self.item.lists)

    def run(self, key: str, flow: list[int]) -> list[int] | None:
        inner = self.ctx.child()
        branching = self.item.cls.branching  # type: ignore[union-attr]
        inner.names = Names(self.names) if branching else self.names
        if branching:
            base = self.ctx.prefix if self.item.transparent else self.name + "."
            inner.prefix = f"{base}{key}."
            self._branch = inner.names
        elif not self.item.transparent:
            inner.prefix = self.name + "."
        inner.flow = inner.input = flow
        inner.several = []
        return self.builder.items(self.item.lists[key], inner)

    def part(self, name: str, values: list[int] | None) -> None:
        part = Entry(values, self.item.head.line)
        part.parts = self._branch.entries
        if self.item.transparent:
            self.ctx.names.entries.setdefault(name, part)
        self.entry.parts = {**self.entry.parts, name: part}

    def merge(self, kind: str, values: dict[str, Any], flow: list[int]) -> list[int] | None:
        cls = registry.find(kind)
        assert cls is not None
        cache = (kind, tuple(values.items()))
        layer = self.builder.layers.get(cache)
        if layer is None:
            layer = self.builder.layers[cache] = cls.build(values)
        place = self.item.place
        if place is None:
            place = self.item.place = Place(span(self.item.source, self.item.head))
        return self.builder.node(layer, tuple(flow), self.name, place, self.ctx, None)


def variables(file: File, given: dict[str, Any], faults: Faults, call: int | None) -> Values | None:
    """A file's vars in order, those given taking the place of their defaults."""
    values = Values({}, None, call)
    fine = True
    for name, (_, code) in file.vars.items():
        if name in given:
            values.names[name] = given[name]
            continue
        try:
            values.names[name] = code.get(values.without_symbols())
        except Located as e:
            faults.problem(file.source, e.node, e.problem)
            values.names[name] = None
            fine = False
    return values if fine else None


__all__ = ["UNKNOWN", "Block", "Builder", "Context", "Input", "Source", "variables"]
