"""What follows from conditions on sizes without trying any: narrower sets, bounds, splits into divisors."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

from ...shapes.evaluation import substitute
from ...shapes.expr import add, exact_div, floordiv, mul, product, sub
from ...shapes.intervals import Ranges
from ...shapes.normal import Expr, Term, symbol
from ...shapes.sets import PeriodicSet
from ...shapes.solving import bounded, holds, solutions
from ...shapes.store import Clause
from .conditions import Env

Sets = dict[str, PeriodicSet]


class Relate:
    """`left op right`, what is left of a clause once some symbols are filled in."""

    __slots__ = ("clause", "left", "op", "right", "symbols")

    def __init__(self, clause: Clause, left: Term, right: Term) -> None:
        self.clause = clause
        self.left = left
        self.op = clause.op
        self.right = right
        self.symbols = (left.symbols if type(left) is Expr else frozenset()) | (
            right.symbols if type(right) is Expr else frozenset()
        )

    def at(self, env: Env) -> Relate:
        return Relate(self.clause, substitute(self.left, env), substitute(self.right, env))

    def holds(self, env: Env) -> bool:
        return holds(self.left, self.op, self.right, env)


def solved(relate: Relate, name: str, within: PeriodicSet) -> PeriodicSet:
    """A set narrowed by a condition on its symbol, or on none."""
    if relate.symbols:
        return solutions(relate.left, relate.op, relate.right, name, within)
    return within if relate.holds({}) else PeriodicSet(1, {})


def narrow(sets: Sets, relates: list[Relate]) -> tuple[Sets, list[Relate]] | None:
    """What follows at once: (narrower sets, conditions over several symbols); None where nothing is left.

    It ends: a condition leaves the list, a set gets an end, or only least sizes rise, for so many rounds as there are symbols.
    As many are enough for what follows along any line of conditions; around a ring of them, H >= W + 1 and W >= H + 1, the least
    sizes would rise for ever.
    """
    sets = dict(sets)
    rises = len(sets)
    changed = True
    while changed:
        changed = False
        rises -= 1
        env = {n: x for n, s in sets.items() if (x := s.only) is not None}
        left = []
        for c in relates:
            c = c.at(env) if not env.keys().isdisjoint(c.symbols) else c
            if len(c.symbols) > 1:
                left.append(c)
                continue
            name = next(iter(c.symbols), "")
            own = solved(c, name, sets[name] if name else PeriodicSet.interval(1))
            if own.min is None:
                return None
            if name:
                changed = changed or own.only is not None
                sets[name] = own
        relates = left
        for c in relates:
            for name, own in bounds(c, sets):
                if own.min is None:
                    return None
                if (own.max is not None or rises >= 0) and not own.like(sets[name]):
                    changed = True
                    sets[name] = own
    return sets, relates


def bounds(c: Relate, sets: Sets) -> Iterator[tuple[str, PeriodicSet]]:
    """Sets without end that a condition ends: its sides at the others' ends, where they only rise or fall with these."""
    endless = [n for n in c.symbols if sets[n].max is None]
    if not endless or c.op == "|":
        return
    gap = floored(sub(c.left, c.right), {})
    if type(gap) is int:
        return
    ranges = Ranges({n: (s.min or 1, s.max) for n, s in sets.items()})
    if c.op == "%" and (ranges.of(c.left)[0] or 0) < 1:
        return  # a multiple is at least as large as what it is a multiple of, but for 0
    ways = {n: ranges.direction(gap, n) for n in c.symbols}
    for name in endless:
        for up in (True, False) if c.op == "==" else (True,):
            ends = {n: end(sets[n], (ways[n] or 0) > 0, up) for n in c.symbols if n != name}
            if None in ends.values() or any(ways[n] is None for n in ends):
                continue
            furthest = substitute(gap, ends)
            if type(furthest) is int:
                continue
            own = bounded(furthest, ">=", 0, name) if up else bounded(0, ">=", furthest, name)
            if own is not None:
                yield name, sets[name].intersect(own)


def floored(t: Term, memo: dict[Expr, Term]) -> Term:
    """The term with exact divisions rounded down: the same where they are exact, and it only rises with what is divided."""
    if type(t) is int or t.kind == "sym":
        return t
    if t not in memo:
        if t.kind == "sum":
            made: Term = t.args[0]
            for fs, c in t.args[1]:
                made = add(made, product([c, *(floored(f, memo) for f in fs)]))
        elif t.kind == "exact" and type(t.args[1]) is int:
            made = floordiv(floored(t.args[0], memo), t.args[1])
        else:
            made = t if t.kind != "floor" else floordiv(floored(t.args[0], memo), t.args[1])
        memo[t] = made
    return memo[t]


def end(sizes: PeriodicSet, rises: bool, up: bool) -> int | None:
    """The member of a set at which a term that only rises (or only falls) is largest (`up`) or smallest."""
    return sizes.max if rises == up else sizes.min


def by_divisors(c: Relate, sets: Sets, most: int) -> list[Sets] | None:
    """An equation in one product of factors over one symbol each: a narrowing for every value it may have and every ordered
    split of that into divisors. None where the condition is of another form, or has no end of values."""
    products: set[tuple[Expr, ...]] = set()
    seen: set[Expr] = set()
    if c.op != "==" or not all(inner_products(t, products, seen) for t in (c.left, c.right)) or len(products) != 1:
        return None
    (parts,) = products
    grouped: dict[str, list[Expr]] = {}
    for part in parts:
        grouped.setdefault(next(iter(part.symbols)), []).append(part)
    ranges = Ranges({n: (s.min or 1, s.max) for n, s in sets.items()})
    if any((ranges.of(p)[0] or 0) < 1 for p in parts):
        return None
    low, high = ranges.of(product(parts))
    memo: dict[Expr, Term] = {}
    left, right = (with_product(t, parts, memo) for t in (c.left, c.right))
    values = solutions(left, c.op, right, PRODUCT, PeriodicSet.interval(low or 1, high))
    count = values.count()
    if count is None or count > most or not values.exact:
        return None
    return [s for v in values.members() for s in splits(grouped, v, sets)]


PRODUCT = "*"
"""The symbol that stands for a product."""


def inner_products(t: Term, found: set[tuple[Expr, ...]], seen: set[Expr]) -> bool:
    """Collect the products of factors over several symbols; False where several symbols meet in another way. Parts that were
    `seen` are shared, and are gone through once."""
    if type(t) is int or t in seen:
        return True
    seen.add(t)
    if t.kind in ("floor", "exact"):
        return inner_products(t.args[0], found, seen) and type(t.args[1]) is int
    if t.kind != "sum":
        return False
    for fs, _ in t.args[1]:
        if len(fs) == 1:
            if not inner_products(fs[0], found, seen):
                return False
        elif all(len(f.symbols) == 1 for f in fs):
            found.add(fs)
        else:
            return False
    return True


def with_product(t: Term, parts: tuple[Expr, ...], memo: dict[Expr, Term]) -> Term:
    """The term with one symbol in place of a product."""
    if type(t) is int:
        return t
    if t not in memo:
        if t.kind != "sum":
            out: Term = REBUILT[t.kind](with_product(t.args[0], parts, memo), t.args[1])
        else:
            out = t.args[0]
            for fs, c in t.args[1]:
                out = add(out, mul(c, symbol(PRODUCT) if fs == parts else with_product(fs[0], parts, memo)))
        memo[t] = out
    return memo[t]


REBUILT = {"floor": floordiv, "exact": exact_div}


def splits(grouped: dict[str, list[Expr]], whole: int, sets: Sets) -> list[Sets]:
    """The narrowings with which the factors have a product."""
    found: list[tuple[Sets, int]] = [({}, whole)]
    for k, (name, parts) in enumerate(grouped.items()):
        own = product(parts)
        following = []
        for partial, left in found:
            for d in [left] if k == len(grouped) - 1 else divisors(left):
                narrowed = solutions(own, "==", d, name, sets[name])
                if narrowed.min is not None:
                    following.append(({**partial, name: narrowed}, left // d))
        found = following
    return [partial for partial, _ in found]


def divisors(n: int) -> list[int]:
    small = [d for d in range(1, isqrt(n) + 1) if n % d == 0]
    return small + [n // d for d in reversed(small) if d * d != n]
