"""The language run with PyTorch, item by item: what the language says of blocks, repeats and references, on tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..draws import REJECTS, NoWord
from ..kinds import PEERS
from .expressions import REST, Ex, Hole, Unbound
from .model import REQUIRED, Block, File, Item, Net, Port, Ref
from .scope import Ctx, Entry, Scope
from .spelling import SIZES
from .store import Refused, Store

MOST = 30_000
"""Entries of the largest tensor that is worth comparing."""

PORTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "lstm": (1, ("x", "h", "c")), "gru": (1, ("x", "h")), "rnn": (1, ("x", "h")), "attention": (3, ("q", "k", "v", "bias")),
    "multi_head_attention": (1, ("q", "k", "v")), "relative_bias": (2, ("q", "k")), "parameter": (0, ()),
    "broadcast_to": (1, ("x", "like")), "take": (2, ("x", "ids")), "upsample": (1, ("x", "like")), "sub": (2, ("a", "b")),
    "div": (2, ("a", "b")), "matmul": (2, ("a", "b")),
}  # fmt: skip
"""Of kinds with other inputs than one x: how many at least, and their names."""

VARIADIC = {"add", "mul", "maximum", "minimum", "average", "concat", "stack", "einsum"}

INTEGERS = {"add", "sub", "mul", "div", "maximum", "minimum", "average", "concat", "stack", "identity", "arange", "embedding",
            "flatten", "reshape", "transpose", "squeeze", "expand_dims", "slice", "select", "split", "broadcast_to", "roll", "take",
            "pad", "sum", "max", "min", "channel_shuffle", "pixel_shuffle", "window_partition", "window_merge"}  # fmt: skip
"""Kinds that take integers, too."""

SIDES = {"lstm": ("h", "c", "last"), "gru": ("h", "last"), "rnn": ("h", "last")}


class TooLarge(NoWord):
    """Not worth comparing."""


WRONG = (*REJECTS, Refused, Unbound, KeyError, TypeError, OverflowError)
"""All ways in which a network can turn out wrong."""


class Runner:
    """One run of a network. `trace` has the shapes of every value in order, by name."""

    def __init__(self, net: Net, store: Store | None = None) -> None:
        self.net = net
        self.store = store or Store()
        self.trace: list[tuple[str, list[tuple[int, ...]]]] = []

    def start(self, inputs: dict[str, Tensor]) -> Ctx:
        """Where the items of the root file run."""
        file = self.net.main
        names = self.variables(file, self.net.sets)
        ctx = Ctx(file, names, {}, Scope([file.layers]), vars=names)
        self.enter(ctx, file.inputs or {"input": Port()}, {name: [x] for name, x in inputs.items()})
        return ctx

    def run(self, inputs: dict[str, Tensor]) -> list[tuple[str | None, Tensor]]:
        """The outputs, labelled where the file says so."""
        ctx = self.start(inputs)
        if not self.net.main.layers:
            raise Refused("no layers")
        self.items(self.net.main.layers, ctx)
        self.store.apply(self.net.main.params, list(self.store.tensors), "")
        self.store.settle()
        if self.net.main.outputs is None:
            return [(None, x) for x in ctx.flow]
        return [(label, x) for label, ref in self.net.main.outputs for x in ctx.reach(ref)]

    # ---- scopes

    def variables(self, file: File, given: dict[str, Any]) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for name, v in file.vars.items():
            names[name] = given[name] if name in given else Ctx(file, names, {}, Scope([])).decided(v)
        return names

    def enter(self, ctx: Ctx, ports: dict[str, Port], values: dict[str, list[Tensor]]) -> None:
        """Inputs get their names, and their symbols sizes."""
        for name, port in ports.items():
            ctx.scope.entries[name] = Entry(values[name])
        for name, port in ports.items():
            if port.dims is not None:
                for x in values[name]:
                    self.hold(ctx, port.dims, x)
        if len(ports) <= 1:
            ctx.flow = ctx.input = next(iter(values.values()), [])
        else:
            ctx.flow, ctx.several = [], True

    def hold(self, ctx: Ctx, dims: list[Any], x: Tensor) -> None:
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

    # ---- items

    def items(self, items: list[Item], ctx: Ctx) -> list[Tensor]:
        for item in items:
            self.item(item, ctx)
        if ctx.several and items:
            raise Refused("nothing flows")
        return ctx.flow

    def item(self, item: Item, ctx: Ctx) -> None:
        """Run an item; what it yields flows on."""
        for name in ("repeat", "fanout"):
            if name in item.mods:
                ctx.flow = self.copies(item, ctx, ctx.decided(item.mods[name]), name == "repeat")
                return
        label = ctx.scope.label(item)
        if "when" in item.mods and not ctx.decided(item.mods["when"]):
            self.removed(item, ctx)
            return
        flow = self.received(item, ctx)
        entry = Entry()
        ctx.scope.declare(label, entry)
        entry.values = self.instance(item, ctx, flow, ctx.prefix + label, ctx.shown + label, entry)
        ctx.flow = entry.values
        ctx.several = False

    def removed(self, item: Item, ctx: Ctx) -> None:
        """What goes with a removed item: all names it would have given to the list it stands in."""
        ctx.scope.entries.setdefault(ctx.scope.label(item), Entry(removed=True))
        if item.lists and not item.apart:
            for key, items in item.lists.items():
                if item.kind == "branches":
                    ctx.scope.entries.setdefault(key, Entry(removed=True))
                else:
                    for inner in items:
                        self.removed(inner, ctx)

    def copies(self, item: Item, ctx: Ctx, count: int, series: bool) -> list[Tensor]:
        label = ctx.scope.label(item)
        entry = Entry()
        entry.copies = []
        ctx.scope.declare(label, entry)
        flow, out = ctx.flow, []
        if series and count > 1 and item.source is not None and not any(r.name == "prev" for r in refs_of(item.source)):
            raise Refused("every copy but the last is lost")
        for k in range(count):
            inner = ctx.child(flow=flow, names={**ctx.names, item.mods.get("index", "i"): k})
            copy = Entry()
            entry.copies.append(copy)
            if "when" in item.mods and not inner.decided(item.mods["when"]):
                copy.removed = True
                continue
            copy.values = self.instance(
                item, inner, self.received(item, inner), f"{ctx.prefix}{label}.{k}", f"{ctx.shown}{label}.{k}", copy
            )
            if series:
                flow = copy.values
            else:
                out += copy.values
        if count:
            ctx.several = False
            entry.parts, entry.again = entry.copies[-1].parts, entry.copies[-1].again
        entry.values = flow if series else out
        return entry.values

    def received(self, item: Item, ctx: Ctx) -> Any:
        """The values that flow into an item: a list, or by the names of its inputs."""
        if isinstance(item.source, dict):
            return {name: ctx.reach(ref) for name, ref in item.source.items()}
        found = item.source if item.source is not None else item.refs
        if found is not None:
            return [x for ref in found for x in ctx.reach(ref)]
        if item.kind == "parameter":
            return []
        if ctx.several:
            raise Refused("which input?")
        return ctx.flow

    def instance(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """One instance of an item: parameters under `name`, values under `shown`."""
        inner, own = ctx.child(), not entry.apart
        if "freeze" in item.mods:
            inner.freeze = ctx.decided(item.mods["freeze"])
        if "init" in item.mods:
            inner.init = {**ctx.init, **item.mods["init"]}
        if item.apply is not None:
            again = ctx.entry(item.apply).again
            if again is None:
                raise Refused("no layer")
            out = again(flow, shown, entry)
        else:
            entry.again = lambda values, other, into: self.again(item, ctx, values, name, other, into)
            way = self.call if item.call else self.container if item.lists else self.layer
            out = way(item, inner, flow, name, shown, entry)
        for x in out if "expect" in item.mods and own else []:  # an item speaks of its own values
            self.hold(ctx, item.mods["expect"], x)
        for key, target in item.mods.get("tie", {}).items():
            self.store.found[f"{name}.{key}"] = ctx.root + target
        return out

    def again(self, item: Item, ctx: Ctx, values: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """An item on other inputs, with the parameters it has; even an unnamed container keeps its names to itself."""
        entry.apart = True
        return self.instance(item, ctx.child(), values, name, shown, entry)

    def layer(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """A layer as PyTorch has it."""
        args = {k: ctx.value(v) for k, v in {**ctx.file.defaults.get(item.kind, {}), **item.args}.items()}
        self.positive(item, args)
        least, ports = PORTS.get(item.kind, (1, ("x",)))
        if isinstance(flow, dict):
            if sorted(flow, key=list(ports).index) != list(ports[: len(flow)]) or any(len(v) != 1 for v in flow.values()):
                raise Refused("not its inputs")
            flow = [flow[p][0] for p in ports[: len(flow)]]
        if not least <= len(flow) <= (10**6 if item.kind in VARIADIC else len(ports)):
            raise Refused(f"{len(flow)} inputs")
        if item.kind not in INTEGERS and not all(x.is_floating_point() for x in flow):
            raise Refused(f"{item.kind} of integers")
        own = self.store.layer(name)
        known = set(own.state)
        with torch.no_grad():
            found = leaves(PEERS[item.kind](args, own, *flow))
        for key in own.state.keys() - known:
            self.said(ctx, f"{name}.{key}" if key else name, key)
        self.record(shown, found)
        sides = SIDES.get(item.kind, ())
        count = len(found) - len(sides)
        entry.parts = {side: Entry([x]) for side, x in zip(sides, found[count:])}
        return found[:count]

    def positive(self, item: Item, args: dict[str, Any]) -> None:
        """A size that an expression comes to is one: 0 and -1 have no other meaning there."""
        for key in args.keys() & SIZES:
            written = item.args.get(key)
            pairs = zip(written, args[key]) if isinstance(written, list) else [(written, args[key])]
            if any(isinstance(w, Ex) and v < 1 for w, v in pairs):
                raise Refused(f"{key} is not a size")

    def said(self, ctx: Ctx, name: str, key: str) -> None:
        """What the containers and the item say of a new parameter."""
        if ctx.freeze is not None:
            self.store.frozen[name] = ctx.freeze
        if key in ctx.init:
            self.store.inits[name] = ctx.init[key]

    def record(self, shown: str, values: list[Tensor]) -> None:
        for x in values:
            if x.numel() == 0:
                raise Refused(f"{shown} is empty")
            if x.numel() > MOST or x.ndim > 7:
                raise TooLarge(shown)
        self.trace.append((shown, [tuple(x.shape) for x in values]))

    # ---- containers and calls

    def container(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        flow = [x for values in flow.values() for x in values] if isinstance(flow, dict) else flow
        out: dict[str, list[Tensor]] = {}
        for key, items in item.lists.items():
            inner = self.inside(item, key, ctx, flow, name, shown, entry)
            out[key] = self.items(items, inner)
            if item.kind == "branches":
                part = Entry(out[key])
                part.parts = inner.scope.entries
                entry.parts = {**entry.parts, key: part}
                if inner.scope.outer is ctx.scope:
                    ctx.scope.entries.setdefault(key, part)
        if item.kind != "residual":
            return [x for values in out.values() for x in values]
        parts = [*out["body"], *out.get("shortcut", flow)]
        if len({x.shape for x in parts}) != 1:
            raise Refused(f"{shown}: shapes differ")
        self.record(shown, [sum(parts[1:], parts[0])])
        return [sum(parts[1:], parts[0])]

    def inside(self, item: Item, key: str, ctx: Ctx, flow: list[Tensor], name: str, shown: str, entry: Entry) -> Ctx:
        """Where the items of one list of a container run."""
        level = item.apart or entry.apart
        prefix, seen = name + "." if item.apart else ctx.prefix, shown + "." if level else ctx.shown
        if item.kind == "branches":
            outer = Scope([], ctx.scope) if level else ctx.scope
            scope = Scope([item.lists[key]], outer)
            prefix, seen = f"{prefix}{key}.", f"{seen}{key}."
        elif not level:
            scope = ctx.scope
        else:
            scope = entry.scope = entry.scope or Scope(list(item.lists.values()) if item.apart else ctx.scope.tops, ctx.scope)
            entry.parts = scope.entries
        return ctx.child(scope=scope, prefix=prefix, shown=seen, flow=flow, input=flow, several=False)

    def call(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """A block, or an imported file as one."""
        inner, body = self.called(item, ctx, flow, name, shown)
        before = set(self.store.tensors)
        out = self.items(body.layers, inner)
        entry.parts = inner.scope.entries
        flows: list[Tensor] = []
        for k, (label, ref) in enumerate(body.outputs or []):
            values = inner.reach(ref)
            if label is not None:
                entry.parts = {**entry.parts, label: Entry(values)}
            if k == 0 or (label is None and isinstance(body, File)):
                flows += values
        if isinstance(body, File) and not entry.apart:
            self.store.apply(body.params, [n for n in self.store.tensors if n not in before], name + ".")
        return out if body.outputs is None else flows

    def called(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str) -> tuple[Ctx, Block | File]:
        """Where the items of a block run, with its arguments and inputs."""
        ns, _, inner = item.kind.partition(".")
        given = {k: ctx.value(v) for k, v in item.args.items()}
        file, names = ctx.file, dict(ctx.vars)
        if ns in ctx.file.imports:
            path, sets = ctx.file.imports[ns]
            file = self.net.files[path]
            chosen = {k: Ctx(ctx.file, ctx.vars, {}, Scope([])).decided(v) for k, v in sets.items()}
            names = self.variables(file, chosen if inner else {**chosen, **given})
        body = file if ns in ctx.file.imports and not inner else file.blocks[inner or ns]
        known = list(file.vars) if isinstance(body, File) else [n for n, _ in body.args]
        if given.keys() - set(known):
            raise Refused("an argument it does not have")
        made = Ctx(
            file, names, {}, Scope([body.layers]), name + ".", shown + ".", vars=dict(names), freeze=ctx.freeze, init=ctx.init
        )
        made.root = name + "." if isinstance(body, File) else ctx.root
        if isinstance(body, Block):
            for n, default in body.args:
                if n not in given and default is REQUIRED:
                    raise Refused(f"no {n}")
                made.names[n] = given[n] if n in given else made.value(default)
        ports = body.inputs or {"input": Port()}
        self.enter(made, ports, self.entering(list(ports), flow))
        return made, body

    def entering(self, ports: list[str], flow: Any) -> dict[str, list[Tensor]]:
        if isinstance(flow, dict):
            if set(flow) != set(ports):
                raise Refused("not its inputs")
            return flow
        if len(ports) == 1:
            return {ports[0]: flow}
        if len(flow) != len(ports):
            raise Refused(f"{len(flow)} inputs")
        return {n: [x] for n, x in zip(ports, flow)}


def feed(net: Net, seed: int = 0) -> dict[str, Tensor]:
    """Random inputs of a network."""
    g = torch.Generator().manual_seed(seed)
    return {name: torch.randint(0, f.below, f.shape, generator=g) if f.below else torch.randn(f.shape, generator=g)
            for name, f in net.feeds.items()}  # fmt: skip


def run(net: Net, inputs: dict[str, Tensor]) -> tuple[Runner, list[tuple[str | None, Tensor]]]:
    """A run with its ties joined; raises one of WRONG."""
    runner = Runner(net)
    out = runner.run(inputs)
    if runner.store.found:
        runner = Runner(net, Store(runner.store.found))
        out = runner.run(inputs)
    return runner, out


def refs_of(source: list[Ref] | dict[str, Ref]) -> list[Ref]:
    return list(source.values()) if isinstance(source, dict) else source


def leaves(v: Any) -> list[Tensor]:
    return [v] if isinstance(v, Tensor) else [x for part in v for x in leaves(part)]
