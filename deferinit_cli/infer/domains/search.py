"""Conditions over several symbols solved together: families of sizes, each symbol's a set of its own.

In order of effort: symbols of one size are filled in; a condition on one symbol narrows its set exactly; bounds follow from
what can only rise; products are split into divisors; and what is finite by then is tried one by one, within a budget.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ...shapes.sets import PeriodicSet
from ...shapes.store import Clause
from .combinations import smallest
from .conditions import Env
from .domain_reduction import Relate, Sets, by_divisors, narrow, solved

BUDGET = 100_000
"""Steps of a search before it says "undecided"."""
SAMPLES = 8
"""Members of each symbol tried for one example where a condition has no finite side."""
EXAMPLES = 1200
"""So many combinations of members are tried for it, at most 400 of them with the same symbol solved for."""


class Family:
    """Sizes chosen from each set freely, as far as they satisfy the conditions left over (which have no finite side)."""

    __slots__ = ("conditions", "sets")

    def __init__(self, sets: Sets, conditions: list[Relate]) -> None:
        self.sets = sets
        self.conditions = conditions

    def key(self, without: str) -> tuple[Any, ...]:
        own = tuple((n, tuple(p.key() for p in s.pieces)) for n, s in self.sets.items() if n != without)
        return own, tuple((c.left, c.op, c.right) for c in self.conditions)


class Search:
    """One search with its budget; `doubts` say what was not decided."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self.doubts: list[Clause] = []

    def spend(self, clause: Clause, steps: int = 1) -> bool:
        """Whether it may go on."""
        self.budget -= steps
        if self.budget < 0:
            self.doubt(clause)
        return self.budget >= 0

    def doubt(self, clause: Clause) -> None:
        if clause not in self.doubts:
            self.doubts.append(clause)

    def families(self, sets: Sets, relates: list[Relate]) -> list[Family]:
        """All solutions, but for what `doubts` says."""
        settled = narrow(sets, relates)
        if settled is None:
            return []
        sets, relates = settled
        if not relates:
            return [Family(sets, [])]
        for relate in sorted(relates, key=lambda c: len(c.symbols)):
            parts = by_divisors(relate, sets, self.budget)
            if parts is not None:
                rest = [c for c in relates if c is not relate]
                return [f for s in parts if self.spend(relate.clause) for f in self.families({**sets, **s}, rest)]
        finite = {n: count for c in relates for n in c.symbols if (count := sets[n].count()) is not None}
        if not finite:
            return [self.endless(sets, relates)]
        name = min(finite, key=lambda n: (finite[n], n))
        return self.one_by_one(name, sets, relates)

    def one_by_one(self, name: str, sets: Sets, relates: list[Relate]) -> list[Family]:
        """A symbol's sizes tried in order; those that leave the same to the others are told together."""
        alike: dict[tuple[Any, ...], tuple[Family, list[int]]] = {}
        for x in sets[name].members():
            if not self.spend(relates[0].clause):
                break
            for family in self.families({**sets, name: PeriodicSet.interval(x, x)}, relates):
                alike.setdefault(family.key(name), (family, []))[1].append(x)
        return [Family({**f.sets, name: PeriodicSet.of(members)}, f.conditions) for f, members in alike.values()]

    def endless(self, sets: Sets, relates: list[Relate]) -> Family:
        """Conditions between sizes without end stay as they are; that some sizes satisfy them is made sure of."""
        if sample(sets, relates) is None:
            for c in relates:
                self.doubt(c.clause)
        return Family(sets, relates)


def first_solution(sets: Sets, clauses: list[Clause]) -> Env | None:
    """Sizes that satisfy everything, small where that is easy; None where there are none or none is found."""
    relates = [Relate(c, c.left, c.right) for c in clauses]
    found = sample(sets, relates)
    if found is None and relates:
        for family in Search(BUDGET // 50).families(sets, relates):
            found = sample(family.sets, family.conditions)
            if found is not None:
                break
    return found


def sample(sets: Sets, relates: list[Relate]) -> Env | None:
    """Small sizes that satisfy the conditions: all but one tried in order, the last one solved for."""
    names = sorted({n for c in relates for n in c.symbols})
    env = {n: least for n, s in sets.items() if (least := s.min) is not None}
    if len(env) < len(sets):
        return None
    if not names:
        return env
    for last in names[::-1]:
        others = [n for n in names if n != last]
        columns = [list(islice(sets[n].members(), SAMPLES)) for n in others]
        for values in smallest(columns, min(400, EXAMPLES // len(names))):
            chosen = dict(zip(others, values))
            left = sets[last]
            for c in relates:
                left = solved(c.at(chosen), last, left)
            if left.min is not None:
                return {**env, **chosen, last: left.min}
    return None
