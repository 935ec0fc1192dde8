"""Arguments left open that are no sizes (`stride: _`): which there are, what they could be, and the network with one set."""

from __future__ import annotations

from typing import Any

from ..graph import Network, Node
from ..layers.arguments import PerAxis
from ..shapes.dims import UNKNOWN
from .resolved import Resolved


class Opening:
    """One such argument of one layer (and of every layer that shares its parameters)."""

    __slots__ = ("argument", "node")

    def __init__(self, node: Node, argument: str) -> None:
        self.node = node
        self.argument = argument

    @property
    def name(self) -> str:
        return f"{self.node.name}.{self.argument}"


def openings(network: Network) -> list[Opening]:
    """All of them, in the order of the layers; kernels first, since the others' ranges hang on them."""
    found = []
    for node in network.nodes:
        if node.shares is None:
            names = [n for n, a in node.layer.arguments.items() if isinstance(a, PerAxis) and is_open(getattr(node.layer, n))]
            found += [Opening(node, n) for n in sorted(names, key=lambda n: not n.startswith("kernel"))]
    return found


def is_open(value: Any) -> bool:
    return value is UNKNOWN or (isinstance(value, tuple) and any(map(is_open, value)))


def candidates(resolved: Resolved, left: list[Opening]) -> tuple[Opening, list[Any], bool]:
    """(the opening with the fewest values, those values, whether no other value could matter)."""
    best: tuple[Opening, list[Any], bool] | None = None
    for opening in left:
        frame = resolved.frames[opening.node.index]
        layer = resolved.network.nodes[opening.node.index].layer

        def known(axis: str) -> int | None:
            v = resolved.store.known(frame.axes[axis]) if frame is not None and axis in frame.axes else None  # noqa: B023
            return v if type(v) is int else None

        values, complete = layer.options(opening.argument, known)
        if best is None or (complete, -len(values)) > (best[2], -len(best[1])):
            best = (opening, values, complete)
    assert best is not None
    return best


def replaced(network: Network, opening: Opening, value: Any) -> Network:
    """The network with the argument set: same nodes by name and index, other layers where it matters."""
    copy = Network(network.name, network.source)
    for field in Network.__slots__:
        setattr(copy, field, getattr(network, field))
    target = opening.node.index
    made: dict[int, Node] = {}
    nodes: list[Node] = []
    for node in network.nodes:
        shared = node.shares is not None and node.shares.index == target
        if node.index != target and not shared:
            nodes.append(node)
            continue
        layer = type(node.layer).build({
            **{n: getattr(node.layer, n) for n in node.layer.arguments}, opening.argument: value
        })  # fmt: skip
        new = Node(node.index, node.name, layer, node.inputs, node.outputs, node.place, node.call,
                   made.get(target) if shared else node.shares, node.dtype, node.fold)  # fmt: skip
        new.parameters = node.parameters
        made[node.index] = new
        nodes.append(new)
    copy.nodes = nodes
    return copy
