"""Layers to nodes of the graph: values made, parameters named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph import Network, Node, Parameter, Place
from ..layers.base import Layer
from ..layers.patterns import Param
from ..problems import Problem
from ..spelling import suggest
from .context import Context
from .flow import Flow
from .items import Item
from .layers import Layers
from .parameters import Overrides, override, parameter_keys
from .scope import Entry
from .tree import Map, Scalar
from .values import Faults, Located

MAX_INSTANCES = 250_000
"""Layers, containers and block calls together: what reading, inference and the report do in seconds and within half a GB."""
MAX_TENSORS = 200_000
"""And their parameters and buffers: a report has a row for each."""


class Nodes(Flow):
    """The part of the builder that makes nodes."""

    def __init__(self, network: Network, faults: Faults, layers: Layers) -> None:
        super().__init__(network, faults)
        self.layers = layers
        self.instances = 0
        self.globs: list[tuple[Context, Scalar, Map, list[Parameter]]] = []  # what `params` says, and of which
        self.sharing: list[Iterator[Node]] = []  # whose parameters the nodes now made apply again
        self.found: dict[Scalar, tuple[Context, Item, str, bool]] = {}  # what init, freeze and dtype say: did any copy hear it?
        self.facts: dict[Layer, tuple[int, list[Param]]] = {}  # how many values a layer yields, and its tensors

    def beyond(self, ctx: Context, item: Item, message: str, most: int = MAX_INSTANCES) -> None:
        """The network is too large; told once, and building stops."""
        if not self.too_many:
            self.too_many = True
            self.fault(ctx, item.head, "too-many-layers", message, expected=f"at most {most:,}")

    def bounded(self, ctx: Context, item: Item) -> None:
        """Stop where there are too many tensors."""
        if len(self.network.parameters) > MAX_TENSORS:
            self.beyond(ctx, item, f"more than {MAX_TENSORS:,} parameters and buffers", MAX_TENSORS)

    def counted(self, item: Item, ctx: Context) -> bool:
        """Count one more layer, container or call; whether there may be so many."""
        self.instances += 1
        if self.instances > MAX_INSTANCES:
            self.beyond(ctx, item, f"more than {MAX_INSTANCES:,} layers, containers and block calls")
        return not self.too_many

    def chain(self, items: list[Item], start: int, ctx: Context, inputs: tuple[int, ...]) -> int:
        """The nodes of a run of chained items, each of whose values stands for it in its scope; the first item beyond the run.

        One loop without calls, because nearly all items are plain.
        """
        net, facts, overrides = self.network, self.facts, ctx.overrides
        nodes, makers, parameters, entries = net.nodes, net.makers, net.parameters, ctx.names.entries
        said = bool(overrides.init) or overrides.freeze is not None
        prefix, call, fold, dtype = ctx.prefix, ctx.call, ctx.fold, overrides.dtype or ctx.dtype
        end = min(len(items), start + MAX_INSTANCES - self.instances)
        k, index, value = start, len(nodes), len(makers)
        while k < end:
            item = items[k]
            label = item.label
            if not item.chained or label in entries:
                break
            layer: Any = item.layer
            if layer is None:
                layer = self.layer_here(item, ctx)
                if layer is None:
                    break
                self.homes[value] = ctx
            outputs = (value,)
            node = Node(index, prefix + label, layer, inputs, outputs, item, call, None, dtype, fold)
            nodes.append(node)
            makers.append(node)
            entries[label] = value
            _, tensors = facts.get(layer) or self.learn(layer)
            if tensors:
                if said:
                    self.parameters(node, tensors, overrides)
                else:
                    node.parameters = tuple([Parameter(p, node) for p in tensors])
                    parameters += node.parameters
            inputs = outputs
            k += 1
            index += 1
            value += 1
        if k == start:
            return k
        self.instances += k - start
        self.bounded(ctx, items[k - 1])
        ctx.flow = inputs
        return k

    def short_node(self, item: Item, ctx: Context) -> tuple[int, ...] | None:
        """The node of a short item whose name is free: what building any item comes to for these."""
        entries, outer = ctx.names.entries, ctx.overrides
        flow = self.inputs(item, ctx)
        layer = item.layer or self.layer_here(item, ctx)
        inputs: tuple[int, ...] | None = None
        if flow is not None and self.counted(item, ctx):
            ctx.several = []
            inputs = self.port_values(item, layer, ctx, flow) if layer is not None else None
        if layer is None or inputs is None:
            entries[item.label] = Entry(None, item.head)
            return None
        owned = len(self.network.parameters)
        if item.modifiers:
            ctx.overrides = self.overrides(item, ctx)
        out = self.node(layer, inputs, ctx.prefix + item.label, item, ctx, None)
        ctx.overrides = outer
        if item.modifiers:
            self.idle(item, ctx, len(self.network.parameters) - owned)
        entries[item.label] = out[0]
        if item.layer is None:
            self.homes[out[0]] = ctx
        return out

    def learn(self, layer: Layer) -> tuple[int, list[Param]]:
        facts = self.facts[layer] = layer.yields(), layer.tensors()
        return facts

    def layer_node(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        layer = item.layer or self.make_layer(item, ctx)
        if layer is None:
            return None
        inputs = self.port_values(item, layer, ctx, flow)
        if inputs is None:
            return None
        return self.node(layer, inputs, name, item, ctx, entry)

    def node(
        self, layer: Layer, inputs: tuple[int, ...], name: str, place: Place, ctx: Context, entry: Entry | None
    ) -> tuple[int, ...]:
        net = self.network
        first = len(net.makers)
        count, tensors = self.facts.get(layer) or self.learn(layer)
        total = count + len(layer.sides)
        shares: Node | None = None
        for it in self.sharing:
            shares = next(it, None)  # none where a fault, told already, kept one from being made
        if shares is not None:
            shares = shares.shares or shares
        overrides = ctx.overrides
        dtype = overrides.dtype or ctx.dtype if shares is None else shares.dtype
        node = Node(len(net.nodes), name, layer, inputs, tuple(range(first, first + total)), place, ctx.call, shares,
                    dtype, ctx.fold)  # fmt: skip
        net.nodes.append(node)
        net.makers += [node] * total
        if shares is not None:
            node.parameters = shares.parameters
        elif tensors:
            self.parameters(node, tensors, overrides)
            if isinstance(place, Item):
                self.bounded(ctx, place)
        if entry is not None and layer.sides:
            sides = dict(zip(layer.sides, node.outputs[count:]))
            entry.parts = {side: Entry((value,), entry.at) for side, value in sides.items()}
            net.named.update({f"{name}.{side}": value for side, value in sides.items()})
        return node.outputs[:count]

    def parameters(self, node: Node, tensors: list[Param], overrides: Overrides) -> None:
        made = [Parameter(p, node) for p in tensors]
        if overrides.init or overrides.freeze is not None:
            overrides.apply(made)
        node.parameters = tuple(made)
        self.network.parameters += made

    def overrides(self, item: Item, ctx: Context) -> Overrides:
        """What an item and those around it say of the parameters in it."""
        try:
            return override(ctx.overrides, item, ctx)
        except Located as e:
            self.located(ctx, e)
            return ctx.overrides

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

    def layer_here(self, item: Item, ctx: Context) -> Layer | None:
        """The layer of a short item whose arguments depend on where it is built: looked up where a few ints decide it."""
        values = ctx.values.integers(item.inputs) if item.inputs is not None else None
        if values is None:
            return self.make_layer(item, ctx)
        layer = item.layers.get(values)
        if layer is None:
            layer = self.make_layer(item, ctx)
            if layer is not None:
                item.layers[values] = layer
        return layer

    def make_layer(self, item: Item, ctx: Context) -> Layer | None:
        """The layer of an item whose arguments depend on where it is built."""
        cls = item.cls
        assert cls is not None
        values: dict[str, Any] = {}
        for name, (_, code) in item.arguments.items():
            try:
                values[name] = code.value if code.fixed else cls.arguments[name].accept(code.get(ctx.values))
            except Located as e:
                words = cls.arguments[name].words
                if words and e.problem.rule == "unknown-name":
                    e.problem.expected = f"{', '.join(words)}, or a variable"
                    e.problem.help = suggest(e.problem.found, words) or e.problem.help
                self.located(ctx, e)
                return None
            except Problem as p:
                self.told(ctx, code.node, p)
                return None
        try:
            return self.layers.of(cls, values)
        except Problem as p:
            found = item.arguments.get(p.blame)
            self.told(ctx, found[1].node if found is not None else item.head, p)
            return None
