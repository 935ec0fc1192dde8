"""Which inputs are valid: per symbol an exact set of sizes, with who asks for it; conditions over several as they stand."""

from __future__ import annotations

from itertools import product as combinations
from typing import Any

from ..graph import Input, Network
from ..shapes import rows
from ..shapes.expr import Expr
from ..shapes.reading import evaluate
from ..shapes.sets import PeriodicSet, solutions
from ..shapes.store import Clause, Fact
from ..shapes.words import text
from .diagnose import node_of
from .engine import infer
from .explain import span_of
from .resolved import Resolved


class Reason:
    """One layer's condition on one symbol. `example` breaks it and nothing applied before it."""

    __slots__ = ("clause", "condition", "example", "sides")

    def __init__(self, condition: str, clause: Clause, example: int | None, sides: tuple[int, int] | None) -> None:
        self.condition = condition
        self.clause = clause
        self.example = example
        self.sides = sides  # what the two sides come to for the example

    @property
    def layer(self) -> str:
        node = node_of(self.clause.why)
        return node.name if node is not None else ""

    @property
    def span(self) -> Any:
        return span_of(self.clause.why)


class Axis:
    """One rigid unknown: the input and axis it stands at, the valid sizes, and why."""

    __slots__ = ("input", "place", "reasons", "sizes", "symbol")

    def __init__(self, symbol: str, entry: Input, place: int, sizes: PeriodicSet, reasons: list[Reason]) -> None:
        self.symbol = symbol
        self.input = entry
        self.place = place
        self.sizes = sizes
        self.reasons = reasons


class Condition:
    """A condition over several symbols, with sizes that break it."""

    __slots__ = ("clause", "example", "text")

    def __init__(self, text_: str, clause: Clause, example: dict[str, int] | None) -> None:
        self.text = text_
        self.clause = clause
        self.example = example

    @property
    def layer(self) -> str:
        node = node_of(self.clause.why)
        return node.name if node is not None else ""

    @property
    def span(self) -> Any:
        return span_of(self.clause.why)


class Contract:
    """All of it. `exact` is False when some set only promises what it lists, not that nothing else is valid."""

    __slots__ = ("axes", "conditions", "resolved")

    def __init__(self, axes: list[Axis], conditions: list[Condition], resolved: Resolved) -> None:
        self.axes = axes
        self.conditions = conditions
        self.resolved = resolved

    @property
    def exact(self) -> bool:
        return all(a.sizes.exact for a in self.axes)

    def valid(self, env: dict[str, int]) -> bool:
        """Whether sizes, one per symbol, are valid."""
        return all(a.sizes.contains(env[a.symbol]) for a in self.axes) and all(holds(c.clause, env) for c in self.conditions)


def contract(network: Network) -> Contract:
    """The contract of a network, from its declaration alone."""
    return contract_of(infer(network))


def contract_of(resolved: Resolved) -> Contract:
    store = resolved.store
    single: dict[str, list[Clause]] = {}
    several: list[Clause] = []
    for clause in store.clauses:
        names = free(clause.left) | free(clause.right)
        if len(names) == 1:
            single.setdefault(next(iter(names)), []).append(clause)
        elif names:
            several.append(clause)
    axes = [axis(name, *place, single.get(name, [])) for name, place in unknowns(resolved).items()]
    found = {a.symbol: a.sizes for a in axes}
    conditions = [Condition(clause_text(c), c, witness(c, found)) for c in several]
    return Contract(axes, distinct(conditions), resolved)


def free(term: Any) -> frozenset[str]:
    return term.symbols if type(term) is Expr else frozenset()


def distinct(conditions: list[Condition]) -> list[Condition]:
    """The same condition from many layers is told once, by the first."""
    out: dict[str, Condition] = {}
    for c in conditions:
        out.setdefault(c.text, c)
    return list(out.values())


def unknowns(resolved: Resolved) -> dict[str, tuple[Input, int]]:
    """Every symbol and unknown input dim, with the first place it stands at."""
    out: dict[str, tuple[Input, int]] = {}
    store = resolved.store
    for entry in resolved.network.inputs:
        row = rows.resolve(resolved.values[entry.value])
        slots = row if type(row) is tuple else row.prefix + row.suffix  # type: ignore[union-attr]
        for k, slot in enumerate(slots):
            origin, v = store.origin[slot], store.value[slot]
            place = origin.what if isinstance(origin, Fact) and isinstance(origin.what, int) else k
            if type(v) is Expr and len(v.symbols) == 1 and isinstance(origin, Fact):
                out.setdefault(next(iter(v.symbols)), (entry, place))
    return out


def valid_sizes(clause: Clause, name: str) -> PeriodicSet:
    """The sizes of one symbol for which a clause over it alone holds."""
    left, right = clause.left, clause.right
    if clause.op == "|":
        return solutions(left, "==", right, name).union(solutions(left, "==", 1, name)).union(solutions(right, "==", 1, name))
    return solutions(left, clause.op, right, name)


def axis(name: str, entry: Input, place: int, clauses: list[Clause]) -> Axis:
    """Intersect, lower bounds first, then by period, so that each reason says what it adds."""
    everything = PeriodicSet.all_from(1)
    parts: dict[tuple[Any, ...], tuple[Clause, PeriodicSet]] = {}
    for clause in clauses:
        parts.setdefault((clause.left, clause.op, clause.right), (clause, valid_sizes(clause, name)))

    def order(part: tuple[Clause, PeriodicSet]) -> tuple[Any, ...]:
        low, high, modulus, _ = part[1].describe()
        return (modulus, high is not None, low or 0)

    sizes, reasons = everything, []
    for clause, allowed in sorted(parts.values(), key=order):
        narrower = sizes.intersect(allowed)
        example = first_outside(sizes, narrower)
        if example is None and narrower.exact == sizes.exact:
            continue
        before = sizes
        sizes = narrower
        reasons.append(Reason(added(name, before, sizes), clause, example, sides(clause, name, example)))
    return Axis(name, entry, place, sizes, reasons)


def added(name: str, before: PeriodicSet, after: PeriodicSet) -> str:
    """What an intersection added: the bound if only that moved, else the residues."""
    low, high, modulus, residues = after.describe()
    old_low, old_high, old_modulus, old_residues = before.describe()
    if (modulus, residues) == (old_modulus, old_residues) or low is None:
        parts = []
        if low is not None and high == low:
            return f"{name} == {low}"
        if low != old_low:
            parts.append(f"{name} >= {low}")
        if high != old_high and high is not None:
            parts.append(f"{name} <= {high}")
        return ", ".join(parts) or after.text(name)
    inside = f"== {residues[0]}" if len(residues) == 1 else "in {" + ", ".join(map(str, residues)) + "}"
    return f"{name} % {modulus} {inside}" if modulus > 1 else after.text(name)


def first_outside(wide: PeriodicSet, narrow: PeriodicSet) -> Any:
    """A size in `wide` but not in `narrow`: the first above narrow's smallest where there is one."""
    low, _, modulus, _ = narrow.describe()
    old_low, _, old_modulus, _ = wide.describe()
    if modulus == old_modulus and low is not None and old_low is not None and low > old_low:
        step: int | None = next((x for x in range(low - 1, max(0, low - 1 - old_modulus), -1) if wide.contains(x)), None)
        if step is not None:
            return step
    start = max(low or 1, old_low or 1)
    for x in range(start, start + 4 * max(modulus, old_modulus, 1) + 2):
        if wide.contains(x) and not narrow.contains(x):
            return x
    top = narrow.describe()[1]
    for x in [*range((top or 0) + 1, (top or 0) + 2 + old_modulus), *range(old_low or 1, start)]:
        if wide.contains(x) and not narrow.contains(x):
            return x
    return None


def sides(clause: Clause, name: str, example: int | None) -> tuple[int, int] | None:
    """What both sides of an equality come to for an example."""
    if example is None or clause.op not in ("==", "|"):
        return None
    try:
        return evaluate(clause.left, {name: example}), evaluate(clause.right, {name: example})
    except (ZeroDivisionError, ValueError):
        return None


def clause_text(clause: Clause) -> str:
    """A clause as a condition to read."""
    left, right = text(clause.left), text(clause.right)
    if clause.op == "%":
        return f"{left} % {right if right.isalnum() else f'({right})'} == 0" if left.isalnum() else f"({left}) % {right} == 0"
    if clause.op == "|":
        return f"{left} == {right} or {left} == 1 or {right} == 1"
    return f"{left} {clause.op} {right}"


def holds(clause: Clause, env: dict[str, int]) -> bool:
    """A clause at given sizes."""
    try:
        left, right = evaluate(clause.left, env), evaluate(clause.right, env)
    except (ZeroDivisionError, ValueError):
        return False
    if clause.op == "==":
        return left == right
    if clause.op == ">=":
        return left >= right
    if clause.op == "%":
        return right > 0 and left % right == 0
    return left == right or left == 1 or right == 1


def witness(clause: Clause, sizes: dict[str, PeriodicSet]) -> dict[str, int] | None:
    """Small sizes, each valid on its own, that break a condition over several symbols."""
    names = sorted(free(clause.left) | free(clause.right))
    columns = [smallest(sizes.get(n), 6 if len(names) <= 4 else 2) for n in names]
    for values in combinations(*columns):
        env = dict(zip(names, values))
        if not holds(clause, env):
            return env
    return None


def smallest(sizes: PeriodicSet | None, count: int) -> list[int]:
    """The first few members of a set."""
    if sizes is None:
        return list(range(1, count + 1))
    out: list[int] = []
    x = 0
    while len(out) < count:
        above = sizes.nearest(x + 1)[1]
        if above is None:
            break
        out.append(above)
        x = above
    return out or [1]
