"""What inference starts from: the sizes of inputs, as they are declared and as they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...graph import Given, Input, Network
from ...shapes.bounds import compare
from ...shapes.dims import REST, UNKNOWN, Sym, is_symbolic
from ...shapes.dims import symbols as symbols_of
from ...shapes.normal import symbol
from ...shapes.relations.expressions import expression
from ...shapes.rows import Open, Rest, Row
from ...shapes.store import Conflict, Fact, Store


class Entering:
    """Makes the rows of the inputs. All places of one symbol share a slot: a symbol has one value."""

    def __init__(self, network: Network, given: Sequence[Given]) -> None:
        self.network = network
        self.given = {g.name: g for g in given}
        self.store = Store()
        self.symbols: dict[Sym, int] = {}
        self.values: list[Row] = [()] * len(network.makers)
        self.dtypes: list[Any] = [None] * len(network.makers)

    def enter_all(self) -> None:
        """The rows of all inputs. What is given for any of them binds symbols before the first is read: order says nothing."""
        for kind in (int, Sym):
            for entry in self.network.inputs:
                given = self.given.get(entry.name)
                if given is not None:
                    self.bind_given(kind, aligned(entry, given) or (), given)
        for entry in self.network.inputs:
            self.enter(entry)

    def bind_given(self, kind: type, dims: tuple[Any, ...], given: Given) -> None:
        """Symbols of an input's declared dims become the given sizes of one kind, numbers or symbols; the first one counts."""
        for place, (declared, size) in enumerate(zip(dims, given.dims)):
            if type(declared) is Sym and isinstance(size, kind) and declared not in self.symbols:
                fact = Fact(given, place)
                self.symbols[declared] = self.rigid(size, fact) if isinstance(size, Sym) else self.store.new(size, fact)

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
        if REST in given.dims:
            return self.declared_row(entry, given.dims)
        full = aligned(entry, given)
        if full is None:
            least = "at least " if REST in dims else ""
            count = len(dims) - (REST in dims)
            self.clash(f"{entry.name} has {least}{count} dims, {len(given.dims)} are given", given, (), "input-mismatch")
            return self.declared_row(entry, dims)
        return tuple(self.agree(entry, d, g, k, given) for k, (d, g) in enumerate(zip(full, given.dims)))

    def agree(self, entry: Input, declared: Any, size: Any, place: int, given: Given) -> int:
        """The slot of a dim that is declared and given; a clash is told where the two surely differ."""
        store = self.store
        if size is UNKNOWN:
            return self.input_dim(entry, declared, place)
        bound = self.symbols.get(declared)
        if bound is not None and same_place(store.origin[bound], given, place):
            return bound
        slot = self.rigid(size, Fact(given, place)) if type(size) is Sym else store.new(size, Fact(given, place))
        if declared is UNKNOWN:
            return slot
        own = bound if bound is not None else self.input_dim(entry, declared, place)
        have, want = store.known(slot), store.known(own)
        verdict = None if have is None or want is None else compare(want, have)
        if verdict is not False:
            if verdict is None:
                store.equal(own, slot, given)
            return slot
        if type(declared) is Sym:
            origin = store.origin[own]
            where = origin.owner.name if isinstance(origin, Fact) else "elsewhere"
            message = f"{declared.name} is {want} (--input {where}) and {have} (--input {entry.name})"
            self.clash(message, given, (own, slot), "symbol-mismatch")
        elif is_symbolic(declared) and (known := self.sizes_of(declared)):
            said = f"dim {place} of {entry.name} is {declared}, {want} where {known}; {have} is given (--input {entry.name})"
            self.clash(said, given, (own, slot), "symbol-mismatch")
        else:
            self.clash(f"dim {place} of {entry.name} is declared {want}, {have} is given", given, (own, slot), "input-mismatch")
        return own  # go on with what the network itself says

    def sizes_of(self, declared: Any) -> str:
        """The symbols of an expression that are numbers, each with the input that gives it, in words."""
        parts = []
        for sym in sorted(symbols_of(declared), key=lambda s: s.name):
            origin, value = self.store.origin[self.symbols[sym]], self.store.known(self.symbols[sym])
            clause = self.store.bound_by.get(sym.name)
            owner = clause.why if clause is not None else origin.owner if isinstance(origin, Fact) else None
            if type(value) is int:
                parts.append(f"{sym.name} is {value}" + (f" (--input {owner.name})" if isinstance(owner, Given) else ""))
        return " and ".join(parts)

    def clash(self, message: str, why: Any, slots: tuple[int, ...], rule: str) -> None:
        """Add a conflict between what is declared and what is given."""
        self.store.fail(Conflict(rule, message, why, slots))


def aligned(entry: Input, given: Given | None) -> tuple[Any, ...] | None:
    """The declared dims of an input, one for each given dim; None where nothing is given, or their numbers do not fit."""
    if given is None or given.dims is None or REST in given.dims:
        return None
    dims, n = entry.dims if entry.dims is not None else (REST,), len(given.dims)
    if REST in dims:
        at, missing = dims.index(REST), n - (len(dims) - 1)
        dims = dims[:at] + (UNKNOWN,) * missing + dims[at + 1 :] if missing >= 0 else dims
    return dims if len(dims) == n and REST not in dims else None


def same_place(origin: Any, given: Given, place: int) -> bool:
    """Whether a slot's value is that of one given dim."""
    return isinstance(origin, Fact) and origin.owner is given and origin.what == place


def any_size(given: Given) -> Given:
    """The same with its numbers left out; its rank and its symbols stay."""
    dims = given.dims and tuple(d if d is REST or is_symbolic(d) else UNKNOWN for d in given.dims)
    return Given(given.name, dims, given.dtype, given.span)
