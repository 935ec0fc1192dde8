"""Which sizes of one symbol satisfy a condition: exactly, but for periods too long to be worked through.

Conditions whose sides part or meet only once are answered by bisection, all others residue by residue.
"""

from __future__ import annotations

from itertools import islice
from math import lcm
from typing import Any

from .evaluation import evaluate
from .expr import add, product, sub
from .intervals import Ranges
from .normal import Expr, Term
from .polynomials import Span
from .residues import Finer, Undecided, by_residues, grain
from .sets import SEARCHED, PeriodicSet

LOOKED_AT = 256
"""So many values of a term are looked at where it is too long before a condition on it starts anew."""

FARTHEST = 1 << 62
"""Sizes have 18 digits at most."""


def solutions(left: Term, op: str, right: Term, name: str, within: PeriodicSet | None = None) -> PeriodicSet:
    """The sizes of one symbol (among those of `within`) for which `left op right` holds; op is ==, >=, % or |.

    `%`: left is a multiple of right. `|`: they are equal, or one of them is 1.
    """
    within = within or PeriodicSet.interval(1)
    if within.min is None:
        return within
    if op == "%" and type(right) is int and right < 1:
        return PeriodicSet(1, {})
    found = bounded(left, op, right, name, within.min)
    if found is not None:
        return within.intersect(found)
    step, linear = grain(left, op, right)
    for _ in range(4):
        try:
            return by_residues(left, op, right, name, within, step, linear)
        except Finer as more:
            step *= more.factor
        except Undecided:
            break
    return multiples(left, right, name, within) if op == "%" and type(right) is int else searched(left, op, right, name, within)


def bounded(left: Term, op: str, right: Term, name: str, least: int = 1) -> PeriodicSet | None:
    """The interval, among sizes from the least on, of a condition whose sides part or meet only once; else None."""
    if op not in ("==", ">="):
        return None
    gap = cleared(sub(left, right))
    way = Ranges({name: (least, None)}).direction(gap, name)
    return None if way is None else by_bisection(gap, op, name, way, least)


def cleared(gap: Term) -> Term:
    """A multiple of a gap without the exact divisions that stand alone in it: they only rise with what is divided."""
    if type(gap) is int:
        return gap
    constant, monomials = (0, (((gap,), 1),)) if gap.kind != "sum" else gap.args
    divided = [fs[0].args[1] for fs, _ in monomials if len(fs) == 1 and fs[0].kind == "exact" and type(fs[0].args[1]) is int]
    m = lcm(*divided)
    out: Term = constant * m
    for fs, c in monomials if divided else ():
        out = add(out, product([c * m, *fs]))  # where the divisor cancels
    return out if divided else gap


def period(left: Term, op: str, right: Term) -> int:
    """After how many sizes a condition starts anew."""
    return grain(left, op, right)[0]


# ---- conditions that rise or fall


def by_bisection(gap: Term, op: str, name: str, way: int, least: int) -> PeriodicSet:
    """Where, from the least size on, a gap that only rises or only falls is zero, or not negative."""
    if way == 0:
        number = gap if type(gap) is int else evaluate(gap, {name: least})
        return PeriodicSet.interval(1) if number == 0 or (op == ">=" and number > 0) else PeriodicSet(1, {})
    low = reached(gap, name, 0, way, least)
    high = reached(gap, name, 1 if way > 0 else -1, way, least)
    if op == "==":
        return PeriodicSet.interval(low, high - 1 if high < FARTHEST else None) if low < high else PeriodicSet(1, {})
    if way > 0:
        return PeriodicSet.interval(low) if low < FARTHEST else PeriodicSet(1, {})
    return PeriodicSet.interval(least, high - 1 if high < FARTHEST else None) if high > least else PeriodicSet(1, {})


def reached(gap: Expr, name: str, mark: int, way: int, least: int) -> int:
    """The first size at which a rising gap is at least the mark, or a falling one at most; FARTHEST where none is."""

    def there(x: int) -> bool:
        return way * evaluate(gap, {name: x}) >= way * mark

    low, high = least - 1, least
    while not there(high):
        low, high = high, 4 * high
        if high >= FARTHEST:
            return FARTHEST
    while high - low > 1:
        middle = (low + high) // 2
        if there(middle):
            high = middle
        else:
            low = middle
    return high


def multiples(left: Term, m: int, name: str, within: PeriodicSet) -> PeriodicSet:
    """Where a term that only rises is a multiple of m: an interval for each, as many as are looked at; all of them where
    the set ends before."""
    low = within.min
    assert low is not None
    if type(left) is int or Ranges({name: (low, None)}).direction(left, name) != 1:
        return searched(left, "%", m, name, within)
    spans: list[Span] = []
    value = -(-evaluate(left, {name: low}) // m) * m
    ended = False
    for _ in range(LOOKED_AT):
        first = reached(sub(left, value), name, 0, 1, low)
        ended = first >= FARTHEST or (within.max is not None and first > within.max)
        if ended:
            break
        spans.append((first, reached(sub(left, value), name, 1, 1, first) - 1))
        value += m
    return within.intersect(PeriodicSet(1, {0: [s for s in spans if s[0] <= (s[1] or 0)]}, exact=ended))


def searched(left: Term, op: str, right: Term, name: str, within: PeriodicSet) -> PeriodicSet:
    """By trying one size after the other: what is found is right, and there may be more, unless the set ends before."""
    members = list(islice(within.members(), SEARCHED))
    count = within.count()
    ended = count is not None and count <= SEARCHED
    return PeriodicSet.of([x for x in members if holds(left, op, right, {name: x})], exact=ended and within.exact)


def holds(left: Any, op: str, right: Any, env: dict[str, int]) -> bool:
    """A condition at given sizes; one with a division that leaves a remainder does not hold."""
    try:
        a, b = evaluate(left, env), evaluate(right, env)
    except ValueError:
        return False
    if op == "==":
        return a == b
    if op == ">=":
        return a >= b
    if op == "%":
        return b > 0 and a % b == 0
    return a == b or a == 1 or b == 1
