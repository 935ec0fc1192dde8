"""What inference starts from: the sizes of inputs, as they are declared and as they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Given, Input, Network
from ..shapes.dims import REST, UNKNOWN, Sym, is_symbolic
from ..shapes.normal import symbol
from ..shapes.relations.expressions import expression
from ..shapes.rows import Open, Rest, Row
from ..shapes.store import Conflict, Fact, Store


class Entering:
    """Makes the rows of the inputs. All places of one symbol share a slot: a symbol has one value."""

    def __init__(self, network: Network, given: Sequence[Given]) -> None:
        self.network = network
        self.given = {g.name: g for g in given}
        self.store = Store()
        self.symbols: dict[Sym, int] = {}
        self.values: list[Row] = [()] * len(network.makers)
        self.dtypes: list[Any] = [None] * len(network.makers)

    def enter(self, entry: Input) -> None:
        """The row of an input, from its declaration and from what was given for it."""
        given = self.given.get(entry.name)
        self.dtypes[entry.value] = (given and given.dtype) or entry.dtype or entry
        if given is not None and entry.dtype and given.dtype and given.dtype != entry.dtype:
            self.clash(f"{entry.name} is declared {entry.dtype}, not {given.dtype}", given, (), "input-dtype")
        dims = entry.dims
        if dims is None:
            dims = (REST,)
        if given is not None and given.dims is not None:
            self.values[entry.value] = self.enter_given(entry, dims, given)
        else:
            self.values[entry.value] = self.declared_row(entry, dims)

    def declared_row(self, entry: Input, dims: tuple[Any, ...]) -> Row:
        """The row of dims as declared: int, symbol, expression, UNKNOWN, or one REST."""
        if REST not in dims:
            return tuple(self.input_dim(entry, d, k) for k, d in enumerate(dims))
        at = dims.index(REST)
        front, back = dims[:at], dims[at + 1 :]
        return Open(
            tuple(self.input_dim(entry, d, k) for k, d in enumerate(front)),
            Rest(entry, len(front), len(back)),
            tuple(self.input_dim(entry, d, k - len(back)) for k, d in enumerate(back)),
        )

    def input_dim(self, entry: Input, dim: Any, place: int) -> int:
        """The slot of one declared dim; `_` becomes a symbol named after its place."""
        if type(dim) is Sym:
            return self.rigid(dim, Fact(entry, place))
        if dim is UNKNOWN:
            return self.store.new(symbol(f"{entry.name}[{place}]"), Fact(entry, place))
        if is_symbolic(dim):
            return expression(self.store, entry, dim, place, lambda s: self.rigid(s, Fact(entry, place)))
        return self.store.new(dim, Fact(entry, place))

    def rigid(self, sym: Sym, fact: Fact) -> int:
        """The slot of an input's symbol: one value for all its places."""
        slot = self.symbols.get(sym)
        if slot is None:
            slot = self.symbols[sym] = self.store.new(symbol(sym.name), fact)
        return slot

    def enter_given(self, entry: Input, dims: tuple[Any, ...], given: Given) -> Row:
        """The given row; what the declaration says of each dim must agree."""
        n = len(given.dims)
        if REST in given.dims:
            return self.declared_row(entry, given.dims)
        if REST in dims:
            at = dims.index(REST)
            missing = n - (len(dims) - 1)
            full = dims[:at] + (UNKNOWN,) * missing + dims[at + 1 :] if missing >= 0 else dims
        else:
            full = dims
        if len(full) != n:
            least = "at least " if REST in dims else ""
            count = len(dims) - (REST in dims)
            self.clash(f"{entry.name} has {least}{count} dims, {n} are given", given, (), "input-mismatch")
            return self.declared_row(entry, dims)
        return tuple(self.agree(entry, d, g, k, given) for k, (d, g) in enumerate(zip(full, given.dims)))

    def agree(self, entry: Input, declared: Any, size: Any, place: int, given: Given) -> int:
        """The slot of a dim that is declared and given; a clash is told where both are known and differ."""
        store = self.store
        if size is UNKNOWN:
            return self.input_dim(entry, declared, place)
        slot = self.rigid(size, Fact(given, place)) if type(size) is Sym else store.new(size, Fact(given, place))
        if type(declared) is Sym:
            old = self.symbols.get(declared)
            if old is None:
                self.symbols[declared] = slot
            elif store.known(old) is not store.known(slot) and store.known(old) != store.known(slot):
                a, b = store.known(old), store.known(slot)
                other = store.origin[old]
                where = other.owner.name if isinstance(other, Fact) else "elsewhere"
                self.clash(f"{declared.name} is {a} (--input {where}) and {b} (--input {entry.name})",
                           given, (old, slot), "symbol-mismatch")  # fmt: skip
                return old
            return slot
        if declared is not UNKNOWN:
            own = self.input_dim(entry, declared, place)
            if is_symbolic(declared):
                store.equal(own, slot, given)
            elif store.known(own) != store.known(slot):
                message = f"dim {place} of {entry.name} is declared {declared}, {store.known(slot)} is given"
                self.clash(message, given, (own, slot), "input-mismatch")
                return own  # go on with what the network itself says
        return slot

    def clash(self, message: str, why: Any, slots: tuple[int, ...], rule: str) -> None:
        """Add a conflict between what is declared and what is given."""
        self.store.fail(Conflict(rule, message, why, slots))
