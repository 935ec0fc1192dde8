"""Conditions on sizes as linear ones: whether they exclude each other, and sizes that satisfy them.

What is no sum of symbols is a number of its own with what is known of it: a quotient lies within what is rounded off, a product is
at least what its factors are at least, and the larger of two sizes is one of them. So what is proved for all such numbers is
proved for sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from ...shapes.bounds import expand, lower_bound
from ...shapes.expr import floordiv, mul, sub
from ...shapes.normal import Expr, Term, opened
from ...shapes.store import Clause
from .conditions import Env
from .linear_system import ONE, Row, System, joined
from .lowest_terms import is_total

ATOMS = 60
"""Conditions over more different symbols, quotients and products than these are not looked at."""
CASES = 200
"""So many cases are looked at, where conditions hold one way or another."""

Case = tuple[list[Row], list[Row]]
"""Equations and inequalities that hold together."""


class Linear:
    """Conditions as linear ones. `choices` are of cases of which one holds each."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.equations: list[Row] = []
        self.inequalities: list[Row] = []
        self.choices: list[list[Case]] = []
        self.atoms: dict[tuple[Expr, ...], int] = {}  # products and sizes by themselves, with the variable that each is
        self.left = CASES
        for c in clauses:
            self.add(c)

    def add(self, c: Clause) -> None:
        gap = self.row(sub(c.left, c.right))
        if c.op == "==":
            self.equations.append(gap)
        elif c.op == ">=":
            self.inequalities.append(gap)
        elif c.op == "|":
            self.choices.append([([gap], []), ([self.row(sub(c.left, 1))], []), ([self.row(sub(c.right, 1))], [])])
        elif type(c.right) is int and c.right > 0:
            self.equations.append(self.row(sub(c.left, mul(c.right, floordiv(c.left, c.right)))))
        else:
            self.inequalities.append(self.row(sub(c.right, 1)))
            if is_total(c.left) and (lower_bound(c.left) or 0) >= 1:
                self.inequalities.append(gap)

    def row(self, t: Term) -> Row:
        """A term as a sum over what counts as a number of its own."""
        constant, monomials = opened(expand(t))
        row: Row = {ONE: constant}
        for factors, c in monomials.items():
            row[self.variable(factors)] = c
        return row

    def variable(self, factors: tuple[Expr, ...]) -> int:
        """The variable that a product, or one size by itself, is."""
        if factors not in self.atoms:
            self.atoms[factors] = len(self.atoms) + 1
            if len(self.atoms) <= ATOMS:
                self.define(self.atoms[factors], factors)
        return self.atoms[factors]

    def define(self, own: int, factors: tuple[Expr, ...]) -> None:
        """What is known of it."""
        lows = [lower_bound(f) if is_total(f) else None for f in factors]
        known = [low for low in lows if low is not None and low >= 0]
        if len(known) == len(factors):
            self.inequalities.append({ONE: -prod(known), own: 1})
            for k, f in enumerate(factors) if len(factors) > 1 else ():
                least = prod(known[:k] + known[k + 1 :])
                self.inequalities.append(joined({own: 1}, -least, self.row(f)))
        if len(factors) == 2 and len(known) == 2:  # (x - a)*(y - b) is not negative
            (x, y), (a, b) = factors, known
            self.inequalities.append(joined(joined({own: 1, ONE: a * b}, -a, self.row(y)), -b, self.row(x)))
        if len(factors) == 1:
            self.define_one({own: 1}, factors[0])

    def define_one(self, own: Row, f: Expr) -> None:
        if f.kind in ("floor", "exact") and type(f.args[1]) is int:
            rest = joined(self.row(f.args[0]), -f.args[1], own)
            if f.kind == "exact":
                self.equations.append(rest)
            else:
                self.inequalities += [rest, joined({ONE: f.args[1] - 1}, -1, rest)]
        elif f.kind in ("max", "min", "broadcast"):
            a, b = map(self.row, f.args)
            is_a, is_b = joined(own, -1, a), joined(own, -1, b)
            if f.kind == "broadcast":
                ones = [joined({ONE: -1}, 1, row) for row in (a, b)]
                self.choices.append([([is_a, is_b], []), ([ones[0], is_b], []), ([ones[1], is_a], [])])
            else:
                gap = joined(a, -1, b) if f.kind == "max" else joined(b, -1, a)
                self.choices.append([([is_a], [gap]), ([is_b], [joined({}, -1, gap)])])

    def systems(self, case: Case, at: int = 0) -> Iterator[System]:
        """The systems of all cases that are not found to be contradictory."""
        self.left -= 1
        system = System(*case)
        if not system.solve() or system.without_numbers():
            return
        if at == len(self.choices) or self.left < 0:
            yield system
            return
        for equations, inequalities in self.choices[at]:
            yield from self.systems(([*case[0], *equations], [*case[1], *inequalities]), at + 1)

    def all_systems(self) -> Iterator[System]:
        yield from self.systems((self.equations, self.inequalities))


def contradictory(clauses: Sequence[Clause]) -> bool:
    """Whether it is proved that no sizes satisfy these conditions."""
    return next(Linear(clauses).all_systems(), None) is None


def candidates(clauses: Sequence[Clause]) -> Iterator[Env]:
    """Sizes that may satisfy these conditions, by symbol: all that is not linear is still to be tried."""
    linear = Linear(clauses)
    for system in linear.all_systems():
        for values in system.numbers() if system.solved else ():
            yield {f[0].args[0]: values[v] for f, v in linear.atoms.items() if len(f) == 1 and f[0].kind == "sym" and v in values}
