"""The language run with PyTorch: what it says of containers, blocks, files and outputs, on tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .items import Items
from .lines import reference
from .model import REQUIRED, Block, File, Item, Net, Port, Ref
from .scope import Ctx, Entry, Scope
from .store import Refused, Store


class Runner(Items):
    """One run of a network. `trace` has the shapes of every value in order, by name."""

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
            found = [(None, x) for x in ctx.flow]
        else:
            found = [(self.label(label, ref, x, k if len(values) > 1 else None), x) for label, ref in self.net.main.outputs
                     for values in [ctx.reach(ref)] for k, x in enumerate(values)]  # fmt: skip
            if len({label for label, _ in found}) < len(found):
                raise Refused("two outputs of one name")
        if not found:
            raise Refused("no outputs")
        return found  # type: ignore[return-value]

    def label(self, label: str | None, ref: Ref, x: Tensor, k: int | None) -> str:
        """What an output is called: as it is labelled or referred to, or as the value is."""
        if label is None and ref == Ref("prev"):
            return self.titles[id(x)]
        return (label or reference(ref).strip('"')) + (f".{k}" if k is not None else "")

    # ---- containers and calls

    def container(self, item: Item, ctx: Ctx, flow: Any, name: str, shown: str, entry: Entry) -> list[Tensor]:
        flow = [x for values in flow.values() for x in values] if isinstance(flow, dict) else flow
        out: dict[str, list[Tensor]] = {}
        for key, items in item.lists.items():
            inner = self.inside(item, key, ctx, flow, name, shown, entry)
            out[key] = self.items(items, inner)
            if item.kind == "branches":
                part = Entry(out[key])
                if item.levels or entry.apart:
                    part.parts = inner.scope.entries
                entry.parts = {**entry.parts, key: part}
                if item.levels and inner.scope.outer is ctx.scope:
                    ctx.scope.declare(key, part)
        if item.kind != "residual":
            return [x for values in out.values() for x in values]
        parts = [*out["body"], *out.get("shortcut", flow)]
        if len(out["body"]) != 1 or len(parts) != 2 or parts[0].shape != parts[1].shape:
            raise Refused(f"{shown}: shapes differ")
        total = [sum(parts[1:], parts[0])]
        self.record(shown, total)
        return total

    def inside(self, item: Item, key: str, ctx: Ctx, flow: list[Tensor], name: str, shown: str, entry: Entry) -> Ctx:
        """Where the items of one list of a container run."""
        level = item.apart or entry.apart
        prefix, seen = name + "." if item.apart else ctx.prefix, shown + "." if level else ctx.shown
        if item.levels or (item.kind == "branches" and level):
            outer = Scope([], ctx.scope) if level else ctx.scope
            scope = Scope([item.lists[key]] if item.levels else ctx.scope.tops, outer)
            prefix, seen = f"{prefix}{key}." if item.levels else prefix, f"{seen}{key}."
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
        given = {k: ctx.value(v) for k, v in {**ctx.file.defaults.get(item.kind, {}), **item.args}.items()}
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
