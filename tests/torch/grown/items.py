"""Items of the language run with PyTorch, each where it stands: conditions, copies, layers, and what is said of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..draws import REJECTS, NoWord
from ..kinds import PEERS
from .amounts import within
from .expressions import Ex, Unbound
from .model import File, Item, Net, Port, lossy, reads
from .ports import INTEGERS, PORTS, SIDES, VARIADIC
from .scope import Ctx, Entry, Scope, hold
from .spelling import SIZES
from .store import Refused, Store

MOST = 30_000
"""Entries of the largest tensor that is worth comparing."""


class TooLarge(NoWord):
    """Not worth comparing."""


WRONG = (*REJECTS, Refused, Unbound, KeyError, TypeError, OverflowError)
"""All ways in which a network can turn out wrong."""


class Items:
    """What a run needs to run items; containers and blocks are added by those who know them."""

    def __init__(self, net: Net, store: Store | None = None) -> None:
        self.net = net
        self.store = store or Store()
        self.trace: list[tuple[str, list[tuple[int, ...]]]] = []
        self.titles: dict[int, str] = {}  # the name of each value, by identity
        self.ran: set[int] = set()  # the items met
        self.kept: list[Tensor] = []  # so that identities stay

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
            for x in values[name]:
                self.titles.setdefault(id(x), name)
        for name, port in ports.items():
            if port.dims is not None:
                for x in values[name]:
                    hold(ctx, port.dims, x)
        if len(ports) <= 1:
            ctx.flow = ctx.input = next((values[name] for name in ports), [])
        else:
            ctx.flow, ctx.several = [], True

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
                if item.levels:
                    ctx.scope.entries.setdefault(key, Entry(removed=True))
                else:
                    for inner in items:
                        self.removed(inner, ctx)

    def copies(self, item: Item, ctx: Ctx, count: int, series: bool) -> list[Tensor]:
        label, index = ctx.scope.label(item), item.mods.get("index", "i")
        entry = Entry()
        entry.copies = []
        ctx.scope.declare(label, entry)
        if index in ctx.names and ("index" in item.mods or reads(item, index)):
            raise Refused(f"{index} is taken")
        flow, out = ctx.flow, []
        if type(count) is not int or count < 0:
            raise Refused(f"{count} copies")
        if series and lossy(item):
            raise Refused("every copy but the last is lost")
        if not count:
            named(item, ctx)
        for k in range(count):
            inner = ctx.child(flow=flow, names={**ctx.names, index: k})
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
        there = [copy for copy in entry.copies if not copy.removed]
        entry.removed = not there
        ctx.several = ctx.several and not count
        if there and series:  # the bare name is the last one
            entry.parts, entry.again = there[-1].parts, there[-1].again
        entry.values = flow if series else out
        return entry.values

    def received(self, item: Item, ctx: Ctx) -> Any:
        """The values that flow into an item: a list, or by the names of its inputs."""
        if isinstance(item.source, dict):
            return {name: ctx.reach(ref) for name, ref in item.source.items()}
        found = item.source if item.source is not None else item.refs
        if found is not None:
            return [x for ref in found for x in ctx.reach(ref)]
        if item.kind in ("parameter", "constant"):
            return []
        if ctx.several:
            raise Refused("which input?")
        return ctx.flow

    def instance(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """One instance of an item: parameters under `name`, values under `shown`."""
        self.ran.add(item.uid)
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
            hold(ctx, item.mods["expect"], x)
        if item.mods.get("tie", {}).keys() & item.mods.get("init", {}).keys():
            raise Refused("tied, and told how to start")
        for key, target in item.mods.get("tie", {}).items():
            self.store.found[f"{name}.{key}"] = ctx.root + target
        return out

    def again(self, item: Item, ctx: Ctx, values: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """An item on other inputs, with the parameters it has; even an unnamed container keeps its names to itself."""
        entry.apart = True
        return self.instance(item, ctx.child(), values, name, shown, entry)

    def call(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        raise NotImplementedError

    def container(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        raise NotImplementedError

    def layer(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        """A layer as PyTorch has it."""
        args = {k: ctx.value(v) for k, v in {**ctx.file.defaults.get(item.kind, {}), **item.args}.items()}
        self.positive(item, args)
        within(item.kind, {**ctx.file.defaults.get(item.kind, {}), **item.args}, args)
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
        found = [x.view_as(x) if any(x is y for y in flow) else x for x in found]
        self.record(shown, found, SIDES.get(item.kind, ()))
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

    def record(self, shown: str, values: list[Tensor], sides: tuple[str, ...] = ()) -> None:
        for k, x in enumerate(values):
            if x.numel() == 0:
                raise Refused(f"{shown} is empty")
            if x.numel() > MOST or x.ndim > 7:
                raise TooLarge(shown)
            part = k - len(values) + len(sides)
            self.titles[id(x)] = shown + (f".{sides[part]}" if part >= 0 and sides else f".{k}" if k else "")
        self.kept += values
        self.trace.append((shown, [tuple(x.shape) for x in values]))


def leaves(v: Any) -> list[Tensor]:
    return [v] if isinstance(v, Tensor) else [x for part in v for x in leaves(part)]


def named(item: Item, ctx: Ctx) -> None:
    """What an item that is not there refers to is before it: elsewhere it may be anywhere, or nowhere."""
    source = item.source.values() if isinstance(item.source, dict) else item.source or item.refs or []
    for ref in [*source, *([item.apply] if item.apply is not None else [])]:
        if ref.name not in ("prev", "input") and ctx.scope.find(ref.name) is None:
            raise NoWord(f"{ref.name} is not looked for")
