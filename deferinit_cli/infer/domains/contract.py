"""Which inputs are valid: per symbol an exact set of sizes, with who asks for it; conditions over several as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ...graph import Given, Input, Network
from ...shapes import rows, solving
from ...shapes.normal import Expr
from ...shapes.sets import SEARCHED, PeriodicSet
from ...shapes.store import Clause, Fact
from ..propagation.engine import infer
from ..propagation.resolved import Resolved
from .conditions import Axis, Condition, Env, Reason, free, holds
from .examples import always, first_outside, witness
from .implied import needed
from .undetermined import left_open

CONDITIONS = 40
"""More conditions over several symbols than these are not tried together: that no sizes satisfy them is then not found out."""
CANDIDATES = 500
"""So many solutions of what is linear are tried for one of all conditions."""


class Contract:
    """The set of valid sizes: each symbol's is in the set of its axis, and all of them satisfy the conditions."""

    __slots__ = ("_empty", "_sample", "axes", "conditions", "open", "resolved")

    def __init__(self, axes: list[Axis], conditions: list[Condition], resolved: Resolved) -> None:
        self.axes = axes
        self.conditions = conditions
        self.resolved = resolved
        self.open = left_open(resolved)  # what the spec leaves open, on which more may hang
        self._sample: list[Env | None] = []
        self._empty: list[bool] = []

    @property
    def exact(self) -> bool:
        """Whether this is exactly the set of valid sizes, neither too large nor too small."""
        return not self.open and all(a.sizes.exact for a in self.axes) and (self.empty or self.satisfiable)

    @property
    def empty(self) -> bool:
        """Whether it is proved that no sizes are valid."""
        if not self._empty:
            self._empty.append(any(a.sizes.empty and a.sizes.exact for a in self.axes) or self.excluded())
        return self._empty[0]

    def excluded(self) -> bool:
        """Whether it is proved that the conditions exclude each other."""
        known = not self.conditions and not any(a.sizes.empty for a in self.axes)
        if known or self.satisfiable or len(self.conditions) > CONDITIONS:
            return False
        from .excluding import excludes

        return excludes(self.clauses)

    def alone(self, axis: Axis) -> bool:
        """Whether a size is valid on its axis exactly if it is in the axis's set, whatever the other sizes are."""
        return self.exact and not self.conditions_on(axis.symbol) and self.satisfiable

    @property
    def satisfiable(self) -> bool:
        """Whether sizes are known that satisfy everything."""
        return self.sample() is not None

    def conditions_on(self, symbol: str) -> list[Condition]:
        return [c for c in self.conditions if symbol in free(c.clause)]

    def valid(self, env: Env) -> bool:
        """Whether sizes, one per symbol, are valid."""
        return all(a.sizes.contains(env[a.symbol]) for a in self.axes) and not self.broken(env)

    def broken(self, env: Env) -> list[Condition]:
        """The conditions over several symbols that sizes do not satisfy."""
        return [c for c in self.conditions if not holds(c.clause, env)]

    def sample(self) -> Env | None:
        """Sizes that satisfy everything, small ones if they are easy to find; None where none are found."""
        if not self._sample:
            from .search import first_solution

            sets = {a.symbol: a.sizes for a in self.axes}
            found = first_solution(sets, [c.clause for c in self.conditions])
            self._sample.append(found if found is not None or not self.conditions else self.far_sample())
        return self._sample[0]

    def far_sample(self) -> Env | None:
        """Sizes that satisfy everything and need not be small, from what is linear in the conditions."""
        from .linear_conditions import candidates

        least = {a.symbol: a.sizes.min or 1 for a in self.axes}
        tried = ({**least, **env} for env in islice(candidates(self.clauses), CANDIDATES))
        return next((env for env in tried if self.valid(env)), None)

    @property
    def clauses(self) -> list[Clause]:
        """All conditions, on one symbol and over several, as clauses."""
        return [*(r.clause for a in self.axes for r in a.reasons), *(c.clause for c in self.conditions)]


def contract(network: Network, given: Sequence[Given] = ()) -> Contract:
    """The contract of a network, on the inputs' sizes that `given` leaves open."""
    return contract_of(infer(network, given))


def contract_of(resolved: Resolved) -> Contract:
    single, several = sorted_clauses(resolved)
    places = unknowns(resolved)
    axes = [axis(name, *place, single.get(name, [])) for name, place in places.items()]
    found = {a.symbol: a.sizes for a in axes}
    conditions = [Condition(c, witness(c, found)) for c in needed(several, found)]
    return Contract(axes, [c for c in conditions if c.example is not None or not always(c.clause, found)], resolved)


def sorted_clauses(resolved: Resolved) -> tuple[dict[str, list[Clause]], list[Clause]]:
    """Clauses over one symbol by its name, and those over several; each once."""
    single: dict[str, list[Clause]] = {}
    several: list[Clause] = []
    seen = set()
    for clause in resolved.store.clauses:
        key = (clause.left, clause.op, clause.right)
        if key in seen:
            continue
        seen.add(key)
        if clause.op in ("==", "|"):
            seen.add((clause.right, clause.op, clause.left))
        names = free(clause)
        if len(names) == 1:
            single.setdefault(next(iter(names)), []).append(clause)
        elif names:
            several.append(clause)
    return single, several


def unknowns(resolved: Resolved) -> dict[str, tuple[Input, int | None]]:
    """Every symbol and unknown input dim, with the first place it stands at by itself (None: only in expressions)."""
    bare: dict[str, tuple[Input, int | None]] = {}
    inside: dict[str, tuple[Input, int | None]] = {}
    store = resolved.store
    for entry in resolved.network.inputs:
        row = rows.resolve(resolved.values[entry.value])
        slots = row if type(row) is tuple else row.prefix + row.suffix  # type: ignore[union-attr]
        for k, slot in enumerate(slots):
            origin, v = store.origin[slot], store.value[slot]
            if type(v) is not Expr:
                continue
            place = origin.what if isinstance(origin, Fact) and isinstance(origin.what, int) else k
            for name in sorted(v.symbols):
                if v.kind == "sym":
                    bare.setdefault(name, (entry, place))
                inside.setdefault(name, (entry, None))
    return {name: bare.get(name, inside[name]) for name in [*bare, *(n for n in inside if n not in bare)]}


# ---- one symbol


def axis(name: str, entry: Input, place: int | None, clauses: list[Clause]) -> Axis:
    """Apply lower bounds first, then upper ones, then the others by period, so that each reason says what it adds."""
    bounds: list[tuple[tuple[int, int], Clause, PeriodicSet]] = []
    others: list[tuple[int, Clause]] = []
    for clause in clauses:
        allowed = solving.bounded(clause.left, clause.op, clause.right, name)
        if allowed is None:
            others.append((solving.period(clause.left, clause.op, clause.right), clause))
        else:
            bounds.append(((int(allowed.max is not None), allowed.min or 0), clause, allowed))
    sizes = PeriodicSet.interval(1)
    reasons: list[Reason] = []
    for _, clause, allowed in sorted(bounds, key=lambda b: b[0]):
        sizes = apply(name, clause, sizes, sizes.intersect(allowed), reasons)
    for _, clause in sorted(others, key=lambda o: o[0]):
        sizes = apply(name, clause, sizes, valid_sizes(clause, name, sizes), reasons)
    return Axis(name, entry, place, sizes, reasons)


def apply(name: str, clause: Clause, before: PeriodicSet, after: PeriodicSet, reasons: list[Reason]) -> PeriodicSet:
    """The narrower set; a reason is added where it is narrower."""
    if before.like(after) and before.exact == after.exact:
        return before
    example = first_outside(before, after)
    if example is None and before.exact == after.exact:
        return before
    if not after.exact and example is not None and holds(clause, {name: example}):  # it is only not known to be valid
        example = next((x for x in islice(before.members(), SEARCHED) if not holds(clause, {name: x})), None)
    reasons.append(Reason(name, clause, before, after, example))
    return after


def valid_sizes(clause: Clause, name: str, within: PeriodicSet | None = None) -> PeriodicSet:
    """The sizes of one symbol, of those within a set, for which a clause over it alone holds."""
    return solving.solutions(clause.left, clause.op, clause.right, name, within)
