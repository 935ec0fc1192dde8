"""Layers whose tensors hang on sizes: the network with those that the sizes decide.

A spec alone does not tell whether attention has one projection tensor or three: that hangs on widths that only inference
finds. So the network is inferred once with such layers as open as they can be, then their sizes say what they are.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from ...graph import Network, Node, Parameter, Said
from ...layers.core.base import Layer

if TYPE_CHECKING:
    from .resolved import Resolved


def open_layers(network: Network) -> dict[int, Layer]:
    """The layers, by node, that sizes decide, each made to take any sizes; those whose parameters are tied are left alone."""
    tied = {id(p.tied_to.node) for p in network.parameters if p.tied_to is not None}
    out = {}
    for node in network.nodes:
        if node.layer.hangs and node.shares is None and id(node) not in tied and all(p.tied_to is None for p in node.parameters):
            layer = node.layer.loose(len(node.inputs))
            if layer is not None:
                out[node.index] = layer
    return out


def decided(network: Network, resolved: Resolved, opened: dict[int, Layer]) -> Network:
    """The network with what the sizes found decide; it itself where that is what the spec alone says."""
    changed = {}
    for index in opened:
        frame, layer = resolved.frames[index], network.nodes[index].layer
        if frame is not None and frame.outputs:
            found = layer.decided({axis: resolved.store.known(s) for axis, s in frame.axes.items() if type(s) is int}.get)
            if found is not layer:
                changed[index] = found
    return with_layers(network, changed) if changed else network


def with_layers(network: Network, changed: dict[int, Layer]) -> Network:
    """A copy of a network in which some nodes have other layers, and their parameters what was said of those they replace."""
    new = copy(network)
    nodes: dict[Node, Node] = {}
    for node in network.nodes:
        owner = node.shares or node
        if owner.index in changed:
            made = nodes[node] = copy(node)
            made.layer = changed[owner.index]
    for old, made in nodes.items():
        made.shares = nodes[old.shares] if old.shares is not None else None
        made.parameters = () if made.shares is not None else tuple(parameters(old, made))
    for made in nodes.values():
        if made.shares is not None:
            made.parameters = made.shares.parameters
    new.nodes = [nodes.get(n, n) for n in network.nodes]
    new.makers = [nodes.get(m, m) if isinstance(m, Node) else m for m in network.makers]
    new.parameters = [p for n in new.nodes if n.shares is None for p in n.parameters]
    return new


def parameters(old: Node, made: Node) -> list[Parameter]:
    """The parameters of a node by its new layer: what is said of one of the same name, or of all that it stands for."""
    by_key = {p.key: p.said for p in old.parameters}
    other = next((p.said for p in old.parameters if p.said is not None and p.key.endswith("proj_weight")), None)
    out = []
    for declared in made.layer.tensors():
        p = Parameter(declared, made)
        p.said = copied(by_key.get(p.key, other))
        out.append(p)
    return out


def copied(said: Said | None) -> Said | None:
    return copy(said) if said is not None else None
