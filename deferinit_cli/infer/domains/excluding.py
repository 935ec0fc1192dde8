"""Which conditions exclude each other: sets of them that no sizes satisfy, and the smallest among these."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ...shapes import solving
from ...shapes.sets import PeriodicSet
from ...shapes.store import Clause
from .conditions import free
from .linear_conditions import contradictory

STEPS = 2000
"""Steps of a search that shows that conditions over several symbols exclude each other."""
FEW = 12
"""Among so many conditions the smallest set is looked for; of more, a set of which none can be left out."""


def smallest(clauses: Sequence[Clause]) -> list[Clause]:
    """Conditions that no sizes satisfy, of which none can be left out: the fewest where these are few."""
    kept = list(dict.fromkeys(clauses))
    if len(kept) <= FEW:
        for count in (1, 2):
            for some in combinations(kept, count):
                if excludes(some):
                    return list(some)
    for c in list(kept):
        fewer = [k for k in kept if k is not c]
        if excludes(fewer):
            kept = fewer
    return kept


def excludes(clauses: Sequence[Clause]) -> bool:
    """Whether it is proved that no sizes satisfy these conditions; whatever is a size is at least 1."""
    return contradictory(clauses) or exhausted(clauses)


def exhausted(clauses: Sequence[Clause]) -> bool:
    """Whether a search through the sets of sizes that satisfy these conditions comes to its end and finds none."""
    from .domain_reduction import Relate
    from .search import Search

    sets: dict[str, PeriodicSet] = {}
    relates = []
    for c in sorted(clauses, key=lambda c: c.op != ">="):
        names = free(c)
        if len(names) == 1:
            (name,) = names
            sets[name] = solving.solutions(c.left, c.op, c.right, name, sets.get(name))
        else:
            relates.append(Relate(c, c.left, c.right))
            for name in names:
                sets.setdefault(name, PeriodicSet.interval(1))
    if any(s.empty and s.exact for s in sets.values()):
        return True
    if not relates or not all(s.exact for s in sets.values()):
        return False
    search = Search(STEPS)
    return not search.families(sets, relates) and not search.doubts
