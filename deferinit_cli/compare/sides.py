"""What is compared, as plain rows: a network, a lock or a weights file, with its tensors, ports and totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

from ..graph import Network, Parameter
from ..infer.propagation.resolved import Resolved
from ..problems import Span
from ..report import Report
from ..shapes import rows
from ..shapes.rows import Open
from .terms import REST, Shape, written

TOTALS = ("parameters", "trainable", "buffers", "bytes", "macs")


class Tensor:
    """One parameter: `state` is trainable, frozen or buffer (empty where a weights file does not say)."""

    __slots__ = ("dtype", "name", "shape", "span", "state", "tied_to")

    def __init__(
        self, name: str, shape: Shape | None, dtype: str, state: str = "", tied_to: str | None = None, span: Span | None = None
    ) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.state = state
        self.tied_to = tied_to
        self.span = span

    @property
    def layer(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def key(self) -> str:
        return self.name.rpartition(".")[2]


class Port:
    """An input or an output."""

    __slots__ = ("dtype", "name", "shape", "span")

    def __init__(self, name: str, shape: Shape | None, dtype: str, span: Span | None = None) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.span = span


class Total:
    """A total as a term, and as it is written where it comes from; None: something in it is unknown."""

    __slots__ = ("term", "text")

    def __init__(self, term: Any, text: str = "") -> None:
        self.term = term
        self.text = text or written(term)


class Side:
    """One side of a comparison. `kind` is spec, lock or weights; `resolved` is there for a spec."""

    __slots__ = ("inputs", "kind", "name", "options", "outputs", "resolved", "sets", "span", "tensors", "totals")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.tensors: list[Tensor] = []
        self.inputs: list[Port] = []
        self.outputs: list[Port] = []
        self.totals: dict[str, Total] = {}
        self.options: list[str] = []  # --input, as given
        self.sets: dict[str, str] = {}
        self.resolved: Resolved | None = None
        self.span: Span | None = None  # where the whole is at fault


def side_of(resolved: Resolved, name: str) -> Side:
    """A network as it is inferred."""
    side = Side(name, "spec")
    network = resolved.network
    side.resolved = resolved
    side.span = Span(network.source, 1, 1)
    side.tensors = [tensor_of(resolved, p) for p in network.parameters]
    side.inputs = [Port(i.name, open_shape(resolved, i.value), resolved.dtype(i.value), i.span) for i in network.inputs]
    labels = distinct([label for label, _ in network.outputs])
    for label, (_, value) in zip(labels, network.outputs):
        side.outputs.append(Port(label, open_shape(resolved, value), resolved.dtype(value), made_at(network, value)))
    side.totals = {key: Total(term) for key, term in Report(resolved, "lock", name).terms.items()}
    return side


def spare(side: Side) -> set[str]:
    """Names of tensors that a weights file may hold besides. A lock does not say kinds: a layer there is taken for each kind
    whose tensors it has."""
    if side.resolved is not None:
        return side.resolved.network.spare()
    from ..layers.core import registry

    keys: dict[str, set[str]] = {}
    for t in side.tensors:
        keys.setdefault(t.layer, set()).add(t.key)
    found = set()
    for kind in registry.kinds().values():
        own = {p.key for p in kind.parameters if not p.when}
        found |= {f"{layer}.{key}" for key in kind.spare for layer, has in keys.items() if own <= has}
    return found


def tensor_of(resolved: Resolved, p: Parameter) -> Tensor:
    state = "buffer" if p.buffer else "trainable" if p.trainable else "frozen"
    tied = p.tied_to.name if p.tied_to is not None else None
    return Tensor(p.name, resolved.tensor(p), p.dtype, state, tied, p.node.place.span)


def open_shape(resolved: Resolved, value: int) -> Shape | None:
    """A value's shape; REST stands where its rank is open, None where nothing at all is known."""
    row = rows.resolve(resolved.values[value])
    known = resolved.store.known
    if type(row) is not Open:
        return tuple(map(known, row))  # type: ignore[arg-type]
    return (*map(known, row.prefix), REST, *map(known, row.suffix)) if row.prefix or row.suffix else None


def made_at(network: Network, value: int) -> Span | None:
    owner = network.makers[value]
    place = getattr(owner, "place", None)
    span: Span | None = place.span if place is not None else getattr(owner, "span", None)
    return span


def distinct(labels: Sequence[str]) -> list[str]:
    """Labels, a number added where one is there again."""
    seen: dict[str, int] = {}
    out = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        out.append(label if seen[label] == 1 else f"{label}#{seen[label]}")
    return out


def side_of_weights(name: str, header: Iterable[tuple[str, tuple[int, ...], str]]) -> Side:
    """A weights file by its header."""
    from ..weights.dtypes import SIZES

    side = Side(name, "weights")
    side.tensors = [Tensor(n, tuple(shape), dtype) for n, shape, dtype in header]
    side.totals = {
        "values": Total(sum(prod(t.shape or ()) for t in side.tensors)),
        "bytes": Total(sum(prod(t.shape or ()) * SIZES[t.dtype] for t in side.tensors)),
    }
    return side
