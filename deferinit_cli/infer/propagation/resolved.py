"""What inference came to: every shape, as far as it is known, with why."""

from __future__ import annotations

from math import prod
from typing import Any

from ...graph import Given, Input, Network, Node, Parameter
from ...layers.core.base import Layer, is_known
from ...layers.core.frame import Frame, Told, Wait
from ...problems import Problem
from ...shapes import rows
from ...shapes.dims import Sym
from ...shapes.expr import add, product
from ...shapes.normal import Expr
from ...shapes.rows import Open, Rest, Row
from ...shapes.store import Conflict, Store

Shape = tuple[Any, ...]
"""Terms: an int, an Expr over symbols and input dims, or None where unknown."""


class Resolved:
    """A network with its shapes. Shapes are tuples of terms: ints, expressions over symbols, None where unknown."""

    def __init__(
        self,
        network: Network,
        store: Store,
        values: list[Row],
        dtypes: list[Any],
        decided: dict[Input, str],
        frames: list[Frame | None],
        failed: set[int],
        given: dict[str, Given],
        symbols: dict[Sym, int],
    ) -> None:
        self.network = network
        self.store = store
        self.values = values
        self.frames = frames
        self.failed = failed
        self.given = given
        self.symbols = symbols
        self._dtypes = dtypes
        self._decided = decided
        self._alone: dict[int, dict[str, Shape | None]] = {}
        self._layers: list[Layer] = []  # keeps the layers of `_alone` alive, so that their ids stay theirs

    @property
    def conflicts(self) -> list[Conflict]:
        """Everything that cannot hold, in the order it was found."""
        return self.store.conflicts

    def row(self, value: int) -> Row:
        """The row of a value, as far as its dims are known."""
        return rows.resolve(self.values[value])

    def shape(self, value: int) -> Shape | None:
        """The shape of a value: None where the rank is unknown."""
        return self.terms(self.values[value])

    def terms(self, row: Row) -> Shape | None:
        row = rows.resolve(row)
        return tuple(map(self.store.known, row)) if type(row) is tuple else None

    def symbol(self, name: str) -> Any:
        """What a symbol of the network's own scope comes to; None where nothing has bound it."""
        slot = self.symbols.get(Sym(name, 0))
        return None if slot is None else self.store.known(slot)

    def dtype(self, value: int) -> str:
        """The dtype of a value; an input that says none has what its first use needs."""
        d = self._dtypes[value]
        return self._decided.get(d, self.network.dtype) if isinstance(d, Input) else d

    def tensor(self, p: Parameter) -> Shape | None:
        """The shape of a parameter as the whole graph knows it."""
        frame = self.frames[p.node.index]
        row = frame.tensors.get(p.key) if frame is not None else None
        return self.declared(p) if row is None else self.terms(row)

    def declared(self, p: Parameter) -> Shape | None:
        """The shape of a parameter as its layer alone knows it: ints, or None where an input decides."""
        layer = p.node.layer
        known = self._alone.get(id(layer))
        if known is None:
            known = self._alone[id(layer)] = alone(layer)
            self._layers.append(layer)
        return known[p.key]

    def macs(self, node: Node) -> Any:
        """Multiply-accumulates of one call, as a term; None where a size is unknown."""
        frame = self.frames[node.index]
        cost = node.layer.cost()
        if not cost:
            return 0
        if frame is None or not frame.outputs:
            return None
        total: Any = 0
        for part in cost.split("+"):
            factors: list[Any] = []
            for token in part.split():
                sizes = self._factor(frame, token)
                if sizes is None:
                    return None
                factors += sizes
            total = add(total, product(factors))
        return total

    def settled(self, node: Node) -> Layer:
        """The node's layer with the sizes that its arguments leave open (symbols, expressions, `_`) as inference found them."""
        layer, frame = node.layer, self.frames[node.index]
        left = layer.memo("_left_open", lambda: [n for n in layer.arguments if is_open(getattr(layer, n))])
        if not left or frame is None:
            return layer
        filled = object.__new__(type(layer))
        filled.__dict__.update({k: v for k, v in layer.__dict__.items() if k[0] != "_"})  # not its memos
        for name in left:
            filled.__dict__[name] = self._filled(frame, name, getattr(layer, name))
        return filled

    def _filled(self, frame: Frame, axis: str, written: Any) -> Any:
        if isinstance(written, tuple):
            return tuple([self._filled(frame, f"{axis}.{k}", v) for k, v in enumerate(written)])
        slot = frame.axes.get(axis) if not is_known(written) else None
        found = self.store.known(slot) if slot is not None else None
        return found if type(found) is int else written

    def fans(self, p: Parameter) -> tuple[int, int] | None:
        """(fan in, fan out) of a parameter whose shape is known, from its axis pattern; None where it has none."""
        frame = self.frames[p.node.index]
        declared = next(d for d in p.node.layer.memo("_tensors", p.node.layer.tensors) if d.key == p.key)
        if frame is None or not declared.fans:
            return None
        sides = []
        for side in declared.fans.split("->"):
            factors: list[Any] = []
            for token in side.split():
                factors += self._factor(frame, token) or [None]
            if not all(type(f) is int for f in factors):
                return None
            sides.append(prod(factors))
        return sides[0], sides[1]

    def _factor(self, frame: Frame, token: str) -> list[Any] | None:
        """The sizes a token of a cost stands for: an int, an axis, or the axes of a star."""
        if token.isdigit():
            return [int(token)]
        if token.startswith("*"):
            shape = self.terms(frame.axes[token])
        else:
            shape = (self.store.known(frame.slot(token)),)
        return None if shape is None or None in shape else list(shape)


def alone(layer: Layer) -> dict[str, Shape | None]:
    """The shapes of a layer's parameters by key, from its own arguments alone, whatever its inputs are."""
    store = Store()
    inputs: list[Row] = [Open((), Rest(), ()) for _ in layer.ports]  # all: one left out would say that it is like another
    frame = Frame(store, None, layer, inputs, lambda sym: store.new(), None)
    try:
        frame.run()
    except (Wait, Told, Problem):
        for p in layer.memo("_tensors", layer.tensors):
            if p.axes and p.key not in frame.tensors:
                frame.tensors[p.key] = tuple(frame.slot(name) for name in p.axes.split())
    store.run()
    out: dict[str, Shape | None] = {}
    for p in layer.memo("_tensors", layer.tensors):
        row = rows.resolve(frame.tensors[p.key]) if p.key in frame.tensors else None
        out[p.key] = tuple(_plain(store.known(s)) for s in row) if type(row) is tuple else None
    return out


def is_open(v: Any) -> bool:
    """Whether an argument, or an entry of one, is left to inference."""
    return any(map(is_open, v)) if isinstance(v, tuple) else not is_known(v)


def _plain(term: Any) -> int | None:
    return term if type(term) is int else None


__all__ = ["Expr", "Resolved", "Shape", "alone"]
