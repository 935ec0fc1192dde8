"""Layers to nodes of the graph: values made, parameters named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...graph import Network, Node, Parameter, Place
from ...layers.core.base import Layer
from ...layers.core.patterns import Param
from ...problems import Problem
from ...spelling import suggest
from ..compile.items import Item
from ..expressions.values import Located
from .context import Context
from .layer_cache import Layers
from .limits import Limits
from .parameters import Overrides
from .scope import Entry
from .wiring import port_values


class Nodes:
    """Makes the nodes of a network, with their values and parameters."""

    def __init__(self, network: Network, layers: Layers, limits: Limits) -> None:
        self.network = network
        self.layers = layers
        self.limits = limits
        self.sharing: list[Iterator[Node]] = []  # whose parameters the nodes now made apply again
        self.facts: dict[Layer, tuple[int, list[Param]]] = {}  # how many values a layer yields, and its tensors

    @contextmanager
    def applying(self, start: int, stop: int) -> Iterator[None]:
        """The nodes made meanwhile have, one by one, the parameters of those from `start` to `stop`."""
        self.sharing.append(iter(self.network.nodes[start:stop]))
        try:
            yield
        finally:
            self.sharing.pop()

    def layer_node(self, item: Item, ctx: Context, flow: Any, name: str, entry: Entry) -> tuple[int, ...] | None:
        layer = self.layer_of(item, ctx)
        if layer is None:
            return None
        inputs = port_values(item, layer, ctx, flow)
        if inputs is None:
            return None
        return self.node(layer, inputs, name, item, ctx, entry)

    def node(
        self, layer: Layer, inputs: tuple[int, ...], name: str, place: Place, ctx: Context, entry: Entry | None
    ) -> tuple[int, ...]:
        net = self.network
        first = len(net.makers)
        if layer not in self.facts:
            self.facts[layer] = layer.yields(), layer.tensors()
        count, tensors = self.facts[layer]
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
                self.limits.tensors(ctx, place.head, len(net.parameters))
        if entry is not None and layer.sides:
            sides = dict(zip(layer.sides, node.outputs[count:]))
            entry.parts = {side: Entry((value,), entry.at) for side, value in sides.items()}
            net.names.update({f"{name}.{side}": value for side, value in sides.items()})
        return node.outputs[:count]

    def parameters(self, node: Node, tensors: list[Param], overrides: Overrides) -> None:
        made = [Parameter(p, node) for p in tensors]
        if overrides.init or overrides.freeze is not None:
            overrides.apply(made)
        node.parameters = tuple(made)
        self.network.parameters += made

    def layer_of(self, item: Item, ctx: Context) -> Layer | None:
        """The layer of an item, with arguments that depend on where it is built computed there."""
        if item.layer is not None:
            return item.layer
        cls = item.cls
        assert cls is not None
        values: dict[str, Any] = {}
        for name, (_, code) in item.arguments.items():
            try:
                values[name] = code.value if code.fixed else cls.arguments[name].accept(code.get(ctx.values))
            except Located as e:
                argument = cls.arguments[name]
                words = argument.words
                if words and e.problem.rule == "unknown-name":
                    e.problem.expected = f"{', '.join(words)}, or a variable"
                    e.problem.help = suggest(e.problem.found, words) or argument.instead_of(e.problem.found) or e.problem.help
                ctx.located(e)
                return None
            except Problem as p:
                ctx.problem(code.node, p)
                return None
        try:
            return self.layers.of(cls, values)
        except Problem as p:
            found = item.arguments.get(p.blame)
            ctx.problem(found[1].node if found is not None else item.head, p)
            return None
