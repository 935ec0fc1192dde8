"""Whether sizes that must be equal grow apart, so that they are equal only up to a largest size.

A condition over one symbol ends if its set of solutions has a largest element. A condition over several symbols ends if, from some
size of every symbol on, one side is always the larger.
"""

from __future__ import annotations

from math import lcm

from .bounds import expand
from .evaluation import REBUILD, substitute
from .expr import add, product, sub
from .normal import WRITTEN, Expr, Term, symbol
from .residues import Structure, Undecided, grain, structure
from .sets import PeriodicSet
from .solving import bounded, holds, solutions

DEPTH = 6
"""How often the growth of a growth is looked at: each time a polynomial loses a degree."""
WORK = 1 << 16
"""So many residues and terms are worked through for one network, a few seconds; nearly all conditions need none."""


class Growth:
    """Judges the conditions of one network."""

    def __init__(self) -> None:
        self.left = WORK
        self.trends: dict[Term, int] = {}

    def ends(self, left: Term, op: str, right: Term) -> bool:
        """Whether `left op right`, op being == or |, surely holds for no sizes that are large enough.

        Only for sides over the same symbols: a number, or a size that only one side knows, can always be met by the other side.
        What cannot be decided is not said to end.
        """
        if not alike(left, right) or left.size + right.size > WRITTEN:
            return False
        forms = dict.fromkeys([*((chosen(left, k), chosen(right, k)) for k in (0, 1)), (left, right)])  # simple ones first
        try:
            return all(alike(a, b) and self.form_ends(a, op, b) for a, b in forms)
        except Undecided:
            return False

    def form_ends(self, left: Expr, op: str, right: Expr) -> bool:
        if len(left.symbols) == 1:
            return self.single_ends(left, op, right)
        gaps = [sub(left, right), *([sub(left, 1), sub(right, 1)] if op == "|" else [])]
        return all(self.trend(gap) != 0 for gap in gaps)

    def single_ends(self, left: Expr, op: str, right: Expr) -> bool:
        """Of sides that are lines on each residue, unequal slopes meet once at most, equal ones everywhere or nowhere."""
        found = slopes(left, right)
        if found is None:
            sizes = self.solutions(left, op, right)
            return sizes.exact and sizes.max is not None
        period, a, b = found
        if a != b and (op == "==" or (a and b)):
            return True
        if op == "==" or holds(left, "==", right, {next(iter(left.symbols)): period}):  # where nothing is rounded
            return False
        sizes = self.solutions(left, op, right)
        return sizes.exact and sizes.max is not None

    def trend(self, t: Term, depth: int = DEPTH) -> int:
        """1 where a term is positive from some size of every symbol on, -1 where it is negative, 0 where neither is sure."""
        t = expand(t)
        if type(t) is int:
            return (t > 0) - (t < 0)
        if t not in self.trends:
            self.trends[t] = self.new_trend(t, depth)
        return self.trends[t]

    def new_trend(self, t: Expr, depth: int) -> int:
        if len(t.symbols) == 1:
            return finite(self.solutions(0, ">=", t)) - finite(self.solutions(t, ">=", 0))
        self.spend(t.size)
        if not depth or t.size > WRITTEN:
            return 0
        steps = [growth(t, name) for name in sorted(t.symbols)]
        signs = {self.trend(step, depth - 1) for step in steps if step != 0}
        return signs.pop() if len(signs) == 1 else 0

    def solutions(self, left: Term, op: str, right: Term, within: PeriodicSet | None = None) -> PeriodicSet:
        """The solutions of a condition over one symbol; raises Undecided where too much has been worked through."""
        (name,) = (left if type(left) is Expr else right).symbols
        found = bounded(left, op, right, name)
        if found is not None:
            return within.intersect(found) if within is not None else found
        self.spend(lcm(grain(left, op, right)[0], within.period if within is not None else 1))
        return solutions(left, op, right, name, within)

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise Undecided

    def sizes(self, left: Expr, op: str, right: Expr) -> PeriodicSet | None:
        """The sizes for which a condition over one symbol holds and both sides are sizes too; None where that is too much."""
        try:
            found = self.solutions(left, op, right)
            for side in (left, right):
                found = self.solutions(side, ">=", 1, found)
        except Undecided:
            return None
        return found


def alike(left: Term, right: Term) -> bool:
    """Whether both sides are over the same symbols."""
    return type(left) is Expr and type(right) is Expr and left.symbols == right.symbols


def slopes(left: Expr, right: Expr) -> tuple[int, int, int] | None:
    """(a period of both, by how much each side grows in it) of sides over one symbol; None where one is no line on each residue."""
    memo: dict[Expr, Structure] = {}
    a, b = structure(left, memo), structure(right, memo)
    if not (a.simple and b.simple) or max(a.degree, b.degree) > 1 or a.slope is None or b.slope is None:
        return None
    period = lcm(a.period, b.period)
    return period, a.slope * (period // a.period), b.slope * (period // b.period)


def finite(sizes: PeriodicSet) -> bool:
    """Whether a set is known to have no large member."""
    return sizes.exact and (sizes.empty or sizes.max is not None)


def growth(t: Expr, name: str) -> Term:
    """By how much a term grows when one symbol grows by the period of the term in it."""
    others: dict[Expr, Structure] = {symbol(n): Structure(1, 0, 0) for n in t.symbols if n != name}
    step = structure(t, others).period
    return expand(sub(substitute(t, {name: add(symbol(name), step)}), t))


def chosen(t: Term, which: int) -> Term:
    """A term with the first (0) or second (1) size in place of each that two sizes broadcast to: a condition that ends only
    because sizes that were joined before differ says nothing new."""
    if type(t) is int or t.kind == "sym":
        return t
    if t.kind == "broadcast":
        return chosen(t.args[which], which)
    if t.kind == "sum":
        out: Term = t.args[0]
        for factors, c in t.args[1]:
            out = add(out, product([c, *(chosen(f, which) for f in factors)]))
        return out
    a, b = (chosen(x, which) for x in t.args)
    return t if (a, b) == t.args else REBUILD[t.kind](a, b)
