"""Arguments that a spec leaves open (`stride: _`, `layers: _`): which there are, what they could be, the network with one set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...graph import Network, Node, Parameter
from ...layers.core.base import Layer
from ...layers.core.options import Options, Path, Seen
from ...problems import Diagnostic, Problem
from ...shapes.dims import UNKNOWN
from .resolved import Resolved

Known = Mapping[str, "tuple[int | None, ...]"]
"""Shapes of tensors by their full names."""


class Opening:
    """One `_` as it is written: of one layer, or of all layers that come from that place in the text."""

    __slots__ = ("argument", "nodes", "path")

    def __init__(self, nodes: list[Node], argument: str, path: Path) -> None:
        self.nodes = nodes
        self.argument = argument
        self.path = path  # where in the argument's lists

    @property
    def names(self) -> list[str]:
        end = "".join(f".{k}" for k in self.path)
        return [f"{n.name}.{self.argument}{end}" for n in self.nodes]

    @property
    def name(self) -> str:
        return self.names[0]


def openings(network: Network, apart: bool = False) -> list[Opening]:
    """All of them, in the order of the layers; of one layer, those first on which others' ranges hang. `apart`: copies of a
    repeat, and calls of a block, may have values of their own."""
    layers = {id(node.layer): node.layer for node in network.nodes}  # most are of many nodes
    left = {key for key, layer in layers.items() if is_left_open(layer)}
    found: dict[Any, Opening] = {}
    for node in network.nodes if left else ():
        if node.shares is not None or id(node.layer) not in left:
            continue
        order = node.layer.order
        for name in sorted(node.layer.arguments, key=lambda n: order.index(n) if n in order else -1):
            if node.layer.arguments[name].open:
                for path in unknown_paths(getattr(node.layer, name)):
                    key = (node.index if apart else origin(node, name), name, path)
                    found.setdefault(key, Opening([], name, path)).nodes.append(node)
    return list(found.values())


def origin(node: Node, argument: str) -> Any:
    """Where a layer's `_` is written: in its item, or where its block is called with it."""
    span = node.place.args.get(argument)
    here = span is not None and "_" in span.source.line(span.line)[span.column - 1 : span.end - 1]
    return id(node.place), "" if here or node.call is None else str(node.call.span)


def told(network: Network) -> list[Diagnostic]:
    """One diagnostic per argument left open: without it the network can neither be initialised nor run."""
    return [
        Diagnostic(
            "left-open", f"{o.name} is left open", o.nodes[0].place.args.get(o.argument) or o.nodes[0].place.span, found="_",
            help="write it, or let `deferinit solve` find what fits known shapes: -o writes it into the spec",
            layer=o.nodes[0].name,
        )
        for o in openings(network)
    ]  # fmt: skip


def is_left_open(layer: Layer) -> bool:
    """Whether any argument that can be left open is."""
    found: bool = layer.memo("_open", lambda: [any(a.open and is_open(getattr(layer, n)) for n, a in layer.arguments.items())])[0]
    return found


def is_open(value: Any) -> bool:
    return value is UNKNOWN or (isinstance(value, tuple) and any(map(is_open, value)))


def unknown_paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where in a value the unknown entries stand."""
    if value is UNKNOWN:
        yield path
    elif isinstance(value, tuple):
        for k, v in enumerate(value):
            yield from unknown_paths(v, (*path, k))


def candidates(resolved: Resolved, left: list[Opening], known: Known, complete: bool) -> tuple[Opening, list[Any], bool]:
    """(the opening with the fewest values, those values, whether no other value could matter)."""
    best: tuple[Opening, list[Any], bool] | None = None
    blocked: set[int] = set()
    for opening in left:
        first = opening.nodes[0].index
        if first in blocked:
            continue  # what its range hangs on comes first
        if opening.argument in opening.nodes[0].layer.order:
            blocked.add(first)
        values, sure = values_of(resolved, opening, known, complete)
        if best is None or (sure, -len(values)) > (best[2], -len(best[1])):
            best = (opening, values, sure)
    assert best is not None
    return best


def values_of(resolved: Resolved, opening: Opening, known: Known, complete: bool) -> Options:
    """(values that fit all layers of an opening, whether no other value could matter)."""
    sure: list[list[Any]] = []
    tried: list[list[Any]] = []
    for node in opening.nodes:
        layer = resolved.network.nodes[node.index].layer
        seen = Seen(axes_of(resolved, node), tensors_of(node, known), complete)
        values, all_ = layer.options(opening.argument, opening.path, seen)
        (sure if all_ else tried).append(plausible(layer, opening, values, seen))
    lists = sure or tried
    return [v for v in lists[0] if all(v in other for other in lists[1:])], bool(sure)


def axes_of(resolved: Resolved, node: Node) -> Any:
    """The number an axis of a layer is known to be, by its name."""
    frame = resolved.frames[node.index]

    def known(axis: str) -> int | None:
        slot = frame.axes.get(axis) if frame is not None else None
        v = resolved.store.known(slot) if type(slot) is int else None
        return v if type(v) is int else None

    return known


def tensors_of(node: Node, known: Known) -> dict[str, tuple[int | None, ...]]:
    """The known tensors of one layer by their own names."""
    prefix = f"{node.name}."
    return {name[len(prefix) :]: shape for name, shape in known.items() if name.startswith(prefix)}


def plausible(layer: Layer, opening: Opening, values: list[Any], seen: Seen) -> list[Any]:
    """The values with which the layer can be built and has the tensors that are known, where its tensors hang on the value."""
    made: list[tuple[Any, frozenset[str]]] = []
    for v in values:
        try:
            built = with_value(layer, opening.argument, opening.path, v)
        except Problem:
            continue
        made.append((v, frozenset(t.key for t in built.tensors())))
    some = frozenset().union(*(keys for _, keys in made))
    if not seen.tensors or all(keys == some for _, keys in made):
        return [v for v, _ in made]
    have = some & seen.tensors.keys()
    return [v for v, keys in made if (keys == have if seen.complete else have <= keys)]


def with_value(layer: Layer, argument: str, path: Path, value: Any) -> Layer:
    """The layer with an entry of an argument set; raises Problem where it cannot be."""
    values = {n: getattr(layer, n) for n in layer.arguments}
    return type(layer).build({**values, argument: entered(values[argument], path, value)})


def entered(old: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    return tuple(entered(v, path[1:], value) if k == path[0] else v for k, v in enumerate(old))


def replaced(network: Network, opening: Opening, value: Any) -> Network:
    """The network with the argument set: same nodes by name and index, other layers and tensors where it matters."""
    copy = Network(network.name, network.source)
    for field in Network.__slots__:
        setattr(copy, field, getattr(network, field))
    targets = {n.index for n in opening.nodes}
    made: dict[int, Node] = {}
    copy.nodes, copy.parameters = [], []
    for node in network.nodes:
        shared = node.shares is not None and node.shares.index in targets
        if node.index in targets or shared:
            layer = with_value(node.layer, opening.argument, opening.path, value)
            shares = made[node.shares.index] if shared and node.shares is not None else node.shares
            new = Node(
                node.index, node.name, layer, node.inputs, node.outputs, node.place, node.call, shares, node.dtype, node.fold
            )
            made[node.index] = new
            new.parameters = shares.parameters if shares is not None else tensors(node, new)
            node = new
        copy.nodes.append(node)
        if node.shares is None:
            copy.parameters.extend(node.parameters)
    return copy


def tensors(old: Node, new: Node) -> tuple[Parameter, ...]:
    """The parameters of a layer that may now have others."""
    by_key = {p.key: p for p in old.parameters}
    out = []
    for t in new.layer.memo("_tensors", new.layer.tensors):
        own = by_key.get(t.key)
        out.append(own if own is not None else Parameter(t, new))
    return tuple(out)
