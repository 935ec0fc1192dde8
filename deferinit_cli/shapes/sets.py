"""Sets of sizes: which integers >= 1 satisfy a condition, exactly, as residues of a period with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

from .bounds import compare
from .expr import Expr
from .reading import evaluate

MAX_PERIOD = 1 << 16
SEARCHED = 4096
"""How far sizes are tried one by one where nothing better is known."""

Interval = tuple[int, "int | None"]


class PeriodicSet:
    """Integers >= 1: for each residue of `period` the intervals of sizes with that residue, both ends inclusive.

    `exact` False: every member is valid, but others may be too.
    """

    __slots__ = ("period", "table", "exact")

    def __init__(self, period: int, table: dict[int, list[Interval]], exact: bool = True) -> None:
        self.period = period
        self.table = {r: kept for r, spans in table.items() if (kept := tidy(r, period, spans))}
        self.exact = exact

    # ---- making

    @classmethod
    def all_from(cls, low: int) -> PeriodicSet:
        return cls(1, {0: [(low, None)]})

    @classmethod
    def interval(cls, low: int, high: int | None) -> PeriodicSet:
        return cls(1, {0: [(low, high)]})

    @classmethod
    def congruent(cls, residue: int, modulus: int) -> PeriodicSet:
        return cls(modulus, {residue % modulus: [(1, None)]})

    @classmethod
    def of(cls, members: list[int], exact: bool = True) -> PeriodicSet:
        return cls(1, {0: [(x, x) for x in members]}, exact)

    # ---- asking

    @property
    def empty(self) -> bool:
        return not self.table

    def contains(self, x: int) -> bool:
        return any(low <= x and (high is None or x <= high) for low, high in self.table.get(x % self.period, ()))

    @property
    def min(self) -> int | None:
        return min((spans[0][0] for spans in self.table.values()), default=None)

    @property
    def max(self) -> int | None:
        """The largest member; None where there is no end (or no member)."""
        ends = [spans[-1][1] for spans in self.table.values()]
        return None if not ends or any(e is None for e in ends) else max(e for e in ends if e is not None)

    @property
    def only(self) -> int | None:
        """The one member, if there is just one."""
        low = self.min
        return low if low is not None and self.max == low else None

    def nearest(self, x: int) -> tuple[int | None, int | None]:
        """The nearest members below and above x; x itself is both where it is one."""
        below: int | None = None
        above: int | None = None
        for r, spans in self.table.items():
            down, up = x - (x - r) % self.period, x + (r - x) % self.period
            for low, high in spans:
                d = down if high is None else min(down, high)
                if d >= low and (below is None or d > below):
                    below = d
                u = max(up, low)
                if (high is None or u <= high) and (above is None or u < above):
                    above = u
        return below, above

    def members(self) -> Iterator[int]:
        """All members in order; endless where the set is."""
        x = 0
        while True:
            above = self.nearest(x + 1)[1]
            if above is None:
                return
            yield above
            x = above

    def runs(self, most: int, limit: int | None = None) -> list[Interval] | None:
        """Stretches of consecutive members; None where there is no end to them (up to `limit` where it is given)."""
        if self.period == 1:
            return list(self.table.get(0, ()))
        if self.max is None and limit is None:
            return None
        out: list[Interval] = []
        for x in self.members():
            if limit is not None and x > limit:
                break
            if out and out[-1][1] == x - 1:
                out[-1] = (out[-1][0], x)
            elif len(out) >= most:
                break
            else:
                out.append((x, x))
        return out

    # ---- joining

    def lifted(self, period: int) -> dict[int, list[Interval]]:
        return {r + k * self.period: spans for r, spans in self.table.items() for k in range(period // self.period)}

    def intersect(self, other: PeriodicSet) -> PeriodicSet:
        period = lcm(self.period, other.period)
        exact = self.exact and other.exact
        if period > MAX_PERIOD:
            found = [x for x in range(1, SEARCHED + 1) if self.contains(x) and other.contains(x)]
            return PeriodicSet.of(found, exact=False)
        mine, theirs = self.lifted(period), other.lifted(period)
        table = {r: overlap(spans, theirs[r]) for r, spans in mine.items() if r in theirs}
        return PeriodicSet(period, table, exact).reduced()

    def union(self, other: PeriodicSet) -> PeriodicSet:
        period = lcm(self.period, other.period)
        if period > MAX_PERIOD:
            return PeriodicSet(self.period, self.table, exact=False)
        table = self.lifted(period)
        for r, spans in other.lifted(period).items():
            table[r] = [*table.get(r, []), *spans]
        return PeriodicSet(period, table, self.exact and other.exact).reduced()

    def reduced(self) -> PeriodicSet:
        """The same with the smallest period that says it with common bounds."""
        low, high, modulus, residues = self.describe()
        if modulus < self.period and low is not None and self.regular(low, high):
            return PeriodicSet(modulus, {r: [(low, high)] for r in residues}, self.exact)
        return self

    # ---- telling

    def regular(self, low: int, high: int | None) -> bool:
        """Whether every residue has one interval, all cut at the same two ends."""
        return all(spans == tidy(r, self.period, [(low, high)]) for r, spans in self.table.items())

    def describe(self) -> tuple[int | None, int | None, int, list[int]]:
        """(min, max or None, modulus, residues): x is a member iff it lies between and has one of the residues.

        A set that is not so regular is described by a part of it that is; `regular` tells.
        """
        low, high = self.min, self.max
        if low is None:
            return None, None, 1, []
        while not self.regular(low, high):
            following = self.nearest(low + 1)[1]
            if following is None or following > low + 4 * self.period or (high is not None and following > high):
                return self.min, high, self.period, sorted(self.table)
            low = following
        residues = set(self.table)
        modulus = self.period
        for d in range(1, self.period + 1):
            if self.period % d == 0:
                small = {r % d for r in residues}
                if len(small) * (self.period // d) == len(residues):
                    modulus, residues = d, small
                    break
        return low, high, modulus, sorted(residues)

    def text(self, name: str) -> str:
        """The set as conditions on a symbol."""
        if self.empty:
            return f"no {name}"
        low, high, modulus, residues = self.describe()
        if low is not None and not self.regular(low, high):
            return f"{name} in {{{', '.join(map(run_text, self.runs(12, 1000) or []))}, …}}"
        if low == high:
            return f"{name} == {low}"
        parts = [f"{name} >= {low}"] if high is None else [f"{low} <= {name} <= {high}"]
        if modulus > 1:
            inside = f"== {residues[0]}" if len(residues) == 1 else f"in {{{', '.join(map(str, residues))}}}"
            parts.append(f"{name} % {modulus} {inside}")
        early = [x for x in self.runs(8, (low or 1) - 1) or [] if x[0] < (low or 0)] if low != self.min else []
        words = ", ".join(parts)
        return f"{words}, or {name} in {{{', '.join(map(run_text, early))}}}" if early else words


def run_text(run: Interval) -> str:
    low, high = run
    return str(low) if low == high else f"{low}…{'' if high is None else high}"


def tidy(residue: int, period: int, spans: list[Interval]) -> list[Interval]:
    """Intervals that start and end at members, in order, joined where they touch."""
    clean: list[Interval] = []
    for low, high in spans:
        low = max(low, 1)
        low += (residue - low) % period
        if high is not None:
            high -= (high - residue) % period
            if high < low:
                continue
        clean.append((low, high))
    clean.sort(key=lambda s: s[0])
    out: list[Interval] = []
    for low, high in clean:
        if out:
            last = out[-1][1]
            if last is None or low <= last + period:
                out[-1] = (out[-1][0], None if last is None or high is None else max(last, high))
                continue
        out.append((low, high))
    return out


def overlap(a: list[Interval], b: list[Interval]) -> list[Interval]:
    out = []
    for low, high in a:
        for other, end in b:
            first = max(low, other)
            last = high if end is None else end if high is None else min(high, end)
            if last is None or first <= last:
                out.append((first, last))
    return out


# ---- conditions


def solutions(left: Any, op: str, right: Any, name: str) -> PeriodicSet:
    """The sizes >= 1 of one symbol for which `left op right` holds; op is ==, >= or % (left divisible by right)."""
    period = 1
    degree = 1
    simple = True
    for term in (left, right):
        if type(term) is Expr:
            p, d, fine = structure(term)
            period, degree, simple = lcm(period, p), max(degree, d), simple and fine
    if op == "==" and compare(left, right) is True:
        return PeriodicSet.all_from(1)
    if op == "%":
        if type(right) is not int or not simple:
            return searched(left, op, right, name)
        period *= right
    if not simple or period > MAX_PERIOD:
        return searched(left, op, right, name)
    table: dict[int, list[Interval]] = {}
    for r in range(period):
        start = r if r >= 1 else period

        def gap(k: int, start: int = start) -> int:
            env = {name: start + k * period}
            return evaluate(left, env) - evaluate(right, env)

        try:
            if op == "%":
                if evaluate(left, {name: start}) % right == 0:
                    table[r] = [(start, None)]
                continue
            gaps = [gap(k) for k in range(degree + 1)]
        except ValueError:  # an exact division that is none, for all of this residue
            continue
        spans = steps_where(polynomial(gaps), op)
        if spans:
            table[r] = [(start + a * period, None if b is None else start + b * period) for a, b in spans]
    return PeriodicSet(period, table).reduced()


def structure(t: Expr) -> tuple[int, int, bool]:
    """(period, degree, whether it is a polynomial on each residue class) of a term over one symbol."""
    kind, args = t.kind, t.args
    if kind == "sym":
        return 1, 1, True
    if kind == "floor":
        p, d, fine = structure(args[0])
        return p * args[1], d, fine and d == 1
    if kind == "mod":
        p, d, fine = structure(args[0])
        return p * args[1], 1, fine and d == 1
    if kind == "exact" and type(args[0]) is Expr and type(args[1]) is int:
        p, d, fine = structure(args[0])
        return p * args[1], d, fine  # a residue class divides as a whole, or not at all
    if kind != "sum":
        return 1, 1, False
    period, degree, fine = 1, 1, True
    for fs, _ in args[1]:
        total = 0
        for f in fs:
            p, d, good = structure(f)
            period, total, fine = lcm(period, p), total + d, fine and good
        degree = max(degree, total)
    return period, degree, fine


def searched(left: Any, op: str, right: Any, name: str) -> PeriodicSet:
    """By trying one size after the other: what is found is right, and there may be more."""
    found = []
    for x in range(1, SEARCHED + 1):
        env = {name: x}
        try:
            a, b = evaluate(left, env), evaluate(right, env)
        except (ValueError, ZeroDivisionError):
            continue
        if (op == "==" and a == b) or (op == ">=" and a >= b) or (op == "%" and b > 0 and a % b == 0):
            found.append(x)
    return PeriodicSet.of(found, exact=False)


Polynomial = list[Fraction]
"""Coefficients, the constant first."""


def polynomial(values: list[int]) -> Polynomial:
    """The polynomial through (0, values[0]), (1, values[1]), … by Newton's forward differences."""
    differences = [Fraction(values[0])]
    row = values
    for _ in range(1, len(values)):
        row = [b - a for a, b in zip(row, row[1:])]
        differences.append(Fraction(row[0]))
    out = [Fraction(0)] * len(values)
    basis = [Fraction(1)]  # x(x-1)…(x-k+1)/k!
    for k, d in enumerate(differences):
        for i, c in enumerate(basis):
            out[i] += d * c
        shifted = [Fraction(0), *basis]
        basis = [(s - (k * basis[i] if i < len(basis) else 0)) / (k + 1) for i, s in enumerate(shifted)]
    while len(out) > 1 and out[-1] == 0:
        out.pop()
    return out


def at(p: Polynomial, k: int) -> Fraction:
    total = Fraction(0)
    for c in reversed(p):
        total = total * k + c
    return total


def breaks(p: Polynomial, end: int) -> list[int]:
    """Integers in 0…end between which p only rises or only falls."""
    if len(p) <= 2:
        return [0, end]
    slope = [c * i for i, c in enumerate(p)][1:]
    points = breaks(slope, end)
    out = {0, end}
    for a, b in zip(points, points[1:]):
        if (at(slope, a) > 0) != (at(slope, b) > 0):
            up = at(slope, a) > 0
            turn = first_where(lambda k, s=slope, up=up: (at(s, k) > 0) != up, a, b)
            out.update((max(0, turn - 1), turn))
    out.update(points)
    return sorted(out)


def first_where(test: Any, low: int, high: int) -> int:
    """The first integer in low…high for which a test that turns true once is true."""
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low


def steps_where(p: Polynomial, op: str) -> list[Interval]:
    """The k >= 0 for which p(k) == 0, or >= 0, as intervals."""
    if len(p) == 1:
        return [(0, None)] if (p[0] == 0 if op == "==" else p[0] >= 0) else []
    end = int(1 + max(abs(c / p[-1]) for c in p[:-1])) + 2  # past every root (Cauchy)
    points = breaks(p, end)
    spans: list[Interval] = []
    for a, b in zip(points, points[1:]):
        rising = at(p, b) >= at(p, a)
        if op == "==":
            k = first_where(lambda x: at(p, x) >= 0, a, b) if rising else first_where(lambda x: at(p, x) <= 0, a, b)
            if at(p, k) == 0:
                spans.append((k, k))
        elif rising:
            k = first_where(lambda x: at(p, x) >= 0, a, b)
            if at(p, k) >= 0:
                spans.append((k, b))
        elif at(p, a) >= 0:
            k = first_where(lambda x: at(p, x) < 0, a, b)
            spans.append((a, k - 1 if at(p, k) < 0 else b))
    if op == ">=" and p[-1] > 0:
        spans.append((end, None))
    return spans
