"""What flows into an item: references resolved, inputs laid out on ports."""

from __future__ import annotations

from typing import Any

from ..graph import Assertion, Network, Node
from ..layers.base import Layer
from ..layers.numeric import Dims
from ..problems import Diagnostic, Problem
from ..shapes.dims import REST
from ..spelling import suggest
from .bodies import Body
from .context import Context
from .items import Item
from .references import Reference
from .scope import Entry
from .tree import Tree, span
from .values import Faults, Located

MAX_CONNECTIONS = 1_000_000


class Flow:
    """The part of the builder that resolves what is named; faults are told with the chain of calls."""

    def __init__(self, network: Network, faults: Faults) -> None:
        self.network = network
        self.faults = faults
        self.too_many = False
        self.connections = 0
        self.homes: dict[int, Context] = {}  # where a short item was built whose arguments depend on that, by its value

    def told(self, ctx: Context, node: Tree, p: Problem) -> None:
        calls = ctx.call.chain() if ctx.call is not None else []
        self.faults.problem(ctx.file.source, node, p, calls=calls)

    def fault(self, ctx: Context, node: Tree, rule: str, message: str, word: str = "", **more: Any) -> None:
        calls = ctx.call.chain() if ctx.call is not None else []
        self.faults.add(Diagnostic(rule, message, span(ctx.file.source, node, word), calls=calls, **more))

    def taken(self, ctx: Context, node: Tree, name: str, old: Entry) -> None:
        """A name that something in the scope has already."""
        other = f"a layer on line {old.line}" if old.line else "an input"
        self.fault(ctx, node, "duplicate-name", f"'{name}' is already the name of {other}", found=name, word=name,
                   help="names are unique in their scope")  # fmt: skip

    def located(self, ctx: Context, e: Located) -> None:
        self.told(ctx, e.node, e.problem)

    def inputs(self, item: Item, ctx: Context) -> Any:
        """The values an item receives: a list, or a mapping by input name; None once something was wrong."""
        if item.from_ is not None:
            return self.from_values(item, ctx)
        if item.references is not None:
            return self.flat(item.references, ctx)
        ports = item.cls.ports if item.cls is not None else item.target.ports if item.target is not None else ("x",)
        takes = bool(ports) or (item.cls is not None and (item.cls.variadic or item.cls.structural))
        if ctx.several and takes:
            self.fault(ctx, item.head, "no-input", f"'{item.kind}' has no input",
                       help=f"this scope has several inputs ({', '.join(ctx.several)}): say 'from'")  # fmt: skip
            ctx.several = []
            return None
        return ctx.flow if takes else ()

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

    def flat(self, references: list[Reference], ctx: Context) -> tuple[int, ...] | None:
        out: list[int] = []
        fine = True
        for ref in references:
            values = self.reference(ref, ctx, ctx.flow)
            fine = fine and values is not None
            self.connections += len(values or ())
            if self.connections > MAX_CONNECTIONS:
                if not self.too_many:
                    self.too_many = True
                    self.fault(ctx, ref.node, "too-many-connections", "references name more values than can be followed",
                               expected=f"at most {MAX_CONNECTIONS} in all")  # fmt: skip
                return None
            out += values or ()
        return tuple(out) if fine else None

    def reference(self, ref: Reference, ctx: Context, prev: tuple[int, ...] | None) -> tuple[int, ...] | None:
        """The values a reference names; None (with its fault told) where there are none."""
        if not ref.parts:  # a short way for most of them
            if ref.name == "prev" and not ctx.several and ref.name not in ctx.names.entries:
                return prev
            value = ctx.names.find(ref.name)
            if type(value) is int:
                return (value,)
        try:
            found = self.entry(ref, ctx, prev)
        except Located as e:
            self.located(ctx, e)
            return None
        return found.values if found is not None else None

    def entry(self, ref: Reference, ctx: Context, prev: tuple[int, ...] | None) -> Entry | None:
        """The entry a reference names; raises Located."""
        if ref.name == "prev" and ref.name not in ctx.names.entries:
            if ctx.several:
                raise Located(ref.node, Problem("no-input", "nothing flows here yet", found="prev",
                                                help=f"this scope has several inputs: {', '.join(ctx.several)}"))  # fmt: skip
            found: Entry | int | None = Entry(prev)
        elif ref.name == "input" and ctx.input is not None:
            found = Entry(ctx.input)
        else:
            found = ctx.names.find(ref.name)
        if found is None:
            known = ctx.names.known()
            raise Located(ref.node, Problem("unknown-reference", f"no earlier layer or input is called '{ref.name}'",
                                            found=ref.name, help=f"known here: {', '.join(known[-20:])}", word=ref.name))  # fmt: skip
        return self.walk(ref, self.seen(found), ref.path(ctx.values.without_symbols()) if ref.parts else [], ref.name)

    def seen(self, found: Entry | int) -> Entry:
        """An entry in full, of a plain layer too."""
        if type(found) is not int:
            return found  # type: ignore[return-value]
        node = self.network.makers[found]
        assert isinstance(node, Node) and isinstance(node.place, Item)
        entry = Entry((found,), node.place.head)
        entry.made = node.place, self.homes.get(found), node.index, node.index + 1
        return entry

    def walk(self, ref: Reference, at: Entry, path: list[Any], name: str) -> Entry | None:
        for k, part in enumerate(path):
            if at.removed and not (part == "*" and at.copies is not None):
                break
            if part == "*":
                copies = [c for c in at.copies or [] if not c.removed]
                if at.copies is None:
                    raise Located(ref.node, Problem("not-repeated", f"'{name}' is not repeated", found=ref.text))
                rest = path[k + 1 :]
                if rest or any(c.building for c in copies):
                    found: list[Any] = [self.walk(ref, c, rest, f"{name}.{n}") for n, c in enumerate(copies)]
                else:  # a short way for what is often asked of thousands
                    found = copies
                if any(f is None or f.values is None for f in found):
                    return None
                return Entry(tuple(v for f in found for v in f.values), at.at)
            at, part = self.step(ref, at, part, name), at.place(part)
            name = f"{name}.{part}"
        if at.building:
            raise Located(ref.node, Problem("unknown-reference", f"'{name}' is not built yet: this is in it", found=ref.text,
                                            help="references go to earlier layers only; prev is what flows in here"))  # fmt: skip
        if at.removed and not at.copies and at.copies is not None:
            raise Located(ref.node, Problem("removed-layer", f"'{name}' has no copies: its count on line {at.line} is 0",
                                            found=ref.text))  # fmt: skip
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
                return self.seen(at.parts[str(part)])
            if at.values is not None:
                if -len(at.values) <= part < len(at.values):
                    return Entry((at.values[part],), at.at)
                raise Located(ref.node, Problem("index-out-of-range", f"'{name}' yields {len(at.values)} values, not a {part}",
                                                found=ref.text))  # fmt: skip
            return Entry(None, at.at)
        if part in at.parts:
            return self.seen(at.parts[part])
        if at.values is None and not at.parts:
            return Entry(None, at.at)
        known = [p for p in at.parts if not p.isdigit()]
        help_ = suggest(part, known)
        if at.copies and not at.parts:
            help_ = f"it is {len(at.copies)} copies side by side: {name}.0.{part} is that of one, {name}.*.{part} of all"
        raise Located(ref.node, Problem("unknown-reference", f"'{name}' has no '{part}'", found=ref.text,
                                        expected=", ".join(known), help=help_))  # fmt: skip

    def port_values(self, item: Item, layer: Layer, ctx: Context, flow: Any) -> tuple[int, ...] | None:
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
            return flow  # type: ignore[no-any-return]
        low, high = len(ports) - layer.optional, len(ports)
        if not low <= len(flow) <= high:
            want = str(low) if low == high else f"{low} to {high}"
            flows = "flows in" if len(flow) == 1 else "flow in"
            if not high:
                self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' takes no input, {len(flow)} {flows}", help="remove its 'from'")
                return None
            self.fault(ctx, item.head, "wrong-input-count",
                       f"'{item.kind}' takes {want} input{'s' if high != 1 else ''}, {len(flow)} {flows}",
                       found=str(len(flow)), expected=f"{want} ({', '.join(ports)})",
                       help="say which with 'from'" if flow else "nothing flows in here: say 'from'")  # fmt: skip
            return None
        return flow  # type: ignore[no-any-return]

    def named_ports(self, item: Item, layer: Layer, ctx: Context, flow: dict[str, Any]) -> tuple[int, ...] | None:
        out: tuple[int, ...] = ()
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

    def block_ports(self, item: Item, target: Body, ctx: Context, flow: Any) -> dict[str, tuple[int, ...] | None] | None:
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
        if len(flow) != len(names):
            one, flows = len(names) == 1, "flows in" if len(flow) == 1 else "flow in"
            self.fault(ctx, item.head, "wrong-input-count", f"'{item.kind}' takes {len(names)} input{'' if one else 's'}, {len(flow)} {flows}",
                       found=str(len(flow)), expected=f"{len(names)} ({', '.join(names)})",
                       help="say which with 'from', or name more inputs in the block" if len(flow) > len(names) else "say 'from'")  # fmt: skip
            return None
        return {n: (v,) for n, v in zip(names, flow)}

    def dims(self, ctx: Context, codes: list[Any]) -> tuple[Any, ...] | None:
        """Dims computed in a scope; None (and a fault) where one is no size."""
        argument = Dims("dims")
        argument.name = "the shape"
        out: list[Any] = []
        for code in codes:
            try:
                size = argument.accept([code.get(ctx.values)])[0]
                if size is REST and REST in out:
                    raise Problem("argument-type", "the shape has more than one ...", expected="at most one ...")
                out.append(size)
            except Located as e:
                self.located(ctx, e)
                return None
            except Problem as p:
                self.told(ctx, code.node, p)
                return None
        return tuple(out)

    def assertion(
        self, ctx: Context, dims: tuple[Any, ...], nodes: list[Tree], key: Tree, values: tuple[int, ...], rule: str
    ) -> None:
        source = ctx.file.source
        spans = tuple(span(source, n) for n in nodes)
        net = self.network
        net.assertions.append(Assertion(dims, span(source, key), spans, values, rule, len(net.nodes), ctx.call))
