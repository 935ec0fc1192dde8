"""Sizes that break a condition and nothing else, small ones where there are such."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import lcm

from ...shapes.expr import mod, sub
from ...shapes.normal import Term, symbol
from ...shapes.sets import PeriodicSet
from ...shapes.store import Clause
from .combinations import smallest
from .conditions import Env, free, holds

FAR = (10, 100, 1000, 10_000, 100_000, 10**6, 10**9)
"""Where a size that breaks a condition is looked for, besides among the smallest."""
SMALL = {2: 40, 3: 12, 4: 5}
"""So many small sizes of each symbol are tried, by how many symbols there are."""
CANDIDATES = 200
"""So many solutions of what is linear in a condition's opposite are tried."""
EXAMPLES = 10_000
"""So many combinations of sizes are tried for one that breaks a condition."""


def first_outside(wide: PeriodicSet, narrow: PeriodicSet) -> int | None:
    """A member of the wider set that is not in the narrower one: just below it, just above, or the first within it."""
    low, high = narrow.min, narrow.max
    if low is None:
        return wide.min
    below = wide.nearest(low - 1)[0] if low > 1 else None
    above = wide.nearest(high + 1)[1] if high is not None else None
    starts = {low, *(p.high + 1 for p in narrow.pieces if p.high is not None), *(p.low for p in wide.pieces if p.low > low)}
    period = lcm(wide.period, narrow.period)
    inside = next((x for start in sorted(starts) for x in wide.members_from(start, period) if not narrow.contains(x)), None)
    if narrow.period == wide.period:
        return next((x for x in (below, above, inside) if x is not None), None)
    return next((x for x in (inside, above, below) if x is not None), None)


def witness(clause: Clause, sizes: dict[str, PeriodicSet]) -> Env | None:
    """Sizes, each valid on its own and small where that does, that break a condition over several symbols; None where none is
    found."""
    names = sorted(free(clause))
    count = SMALL.get(len(names), 2)
    columns = [list(spots(sizes.get(n) or PeriodicSet.interval(1), count)) for n in names]
    for values in smallest(columns, EXAMPLES):
        env = dict(zip(names, values))
        if not holds(clause, env):
            return env
    return far_witness(clause, {n: sizes.get(n) or PeriodicSet.interval(1) for n in names})


def far_witness(clause: Clause, sizes: dict[str, PeriodicSet]) -> Env | None:
    """The same where only large sizes break the condition, from what is linear in it."""
    from .linear_conditions import candidates

    for other in opposites(clause):
        for env in islice(candidates([other, *ends(sizes)]), CANDIDATES):
            if env.keys() == sizes.keys() and all(s.contains(env[n]) for n, s in sizes.items()) and not holds(clause, env):
                return env
    return None


def always(clause: Clause, sizes: dict[str, PeriodicSet]) -> bool:
    """Whether it is proved that no sizes, each valid on its own, break a condition."""
    from .linear_conditions import contradictory

    others, within = opposites(clause), ends({n: sizes[n] for n in free(clause)})
    return bool(others) and all(contradictory([other, *within]) for other in others)


def ends(sizes: dict[str, PeriodicSet]) -> list[Clause]:
    """The least and the largest sizes as conditions, where they are known."""
    exact = {n: s for n, s in sizes.items() if s.exact}
    least = [made(symbol(n), ">=", s.min or 1) for n, s in exact.items()]
    return least + [made(s.max, ">=", symbol(n)) for n, s in exact.items() if s.max is not None]


def opposites(c: Clause) -> list[Clause]:
    """Conditions each of which a condition excludes, and one of which holds where it does not."""
    less, more = made(sub(c.right, 1), ">=", c.left), made(sub(c.left, 1), ">=", c.right)
    if c.op == ">=":
        return [less]
    if c.op == "==":
        return [less, more]
    return [made(mod(c.left, c.right), ">=", 1)] if c.op == "%" and type(c.right) is int and c.right > 1 else []


def made(left: Term, op: str, right: Term) -> Clause:
    return Clause(left, op, right, "", None, ())


def spots(sizes: PeriodicSet, count: int) -> Iterator[int]:
    """The first members of a set, and some farther ones."""
    last = 0
    for _ in range(count):
        above = sizes.nearest(last + 1)[1]
        if above is None:
            return
        yield above
        last = above
    for far in FAR:
        above = sizes.nearest(max(far, last + 1))[1]
        if above is None:
            break
        yield above
        last = above
    if sizes.max is not None and sizes.max > last:
        yield sizes.max
