"""Conditions by residue: on the sizes of one residue of a suitable period every expression over one symbol is a polynomial, in
pieces where it has a max, min, broadcast or quotient of two sizes in it."""

from __future__ import annotations

from math import gcd, lcm

from .evaluation import evaluate
from .normal import Expr, Term
from .polynomials import Polynomial, Span, at, beyond, cut, divided, plus, times, where
from .sets import CLASSES, SEARCHED, PeriodicSet

NEVER = 1 << 62
"""The period of what does not start anew: of products with a fraction that are rounded in double arithmetic."""

Part = tuple[int, "int | None", Polynomial]
"""From which k to which an expression is a polynomial in k."""


class Undecided(Exception):
    """Not to be had exactly."""


class Finer(Exception):
    """A period so many times as long is needed."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor


def grain(left: Term, op: str, right: Term) -> tuple[int, bool]:
    """(that period, whether both sides are lines on each of its residues)."""
    memo: dict[Expr, Structure] = {}
    a, b = structure(left, memo), structure(right, memo)
    linear = a.simple and b.simple and a.degree <= 1 and b.degree <= 1
    if op == "%" and type(right) is int:
        return a.finer(right).period, a.simple
    return lcm(a.period, b.period), linear and op in ("==", ">=")


class Structure:
    """On each residue of `period` a term over one symbol is a polynomial of this degree at most. A linear one grows by `slope`
    each period (None: not the same on all residues). `simple`: it is one polynomial there, or nowhere defined."""

    __slots__ = ("degree", "period", "simple", "slope")

    def __init__(self, period: int, degree: int, slope: int | None, simple: bool = True) -> None:
        self.period = period
        self.degree = degree
        self.slope = slope
        self.simple = simple

    def finer(self, m: int) -> Structure:
        """With the period so long that what is added each time is a multiple of m."""
        more = m if self.slope is None else m // gcd(m, self.slope)
        return Structure(self.period * more, self.degree, None if self.slope is None else self.slope * more, self.simple)


def structure(t: Term, memo: dict[Expr, Structure]) -> Structure:
    if type(t) is int:
        return Structure(1, 0, 0)
    found = memo.get(t)
    if found is None:
        found = memo[t] = _structure(t, memo)
    return found


def _structure(t: Expr, memo: dict[Expr, Structure]) -> Structure:
    kind, args = t.kind, t.args
    if kind == "sym":
        return Structure(1, 1, 1)
    if kind == "floor" or (kind == "exact" and type(args[1]) is int):
        m = args[1]
        s = structure(args[0], memo).finer(m)
        return Structure(s.period, s.degree, None if s.slope is None else s.slope // m, s.simple)
    if kind == "scaled":
        return Structure(NEVER, 1, None, False)
    if kind != "sum":
        a, b = (structure(x, memo) for x in args)
        return Structure(lcm(a.period, b.period), max(a.degree, b.degree), None, False)
    period, degree, simple = 1, 0, True
    for fs, _ in args[1]:
        own = [structure(f, memo) for f in fs]
        period, degree = lcm(period, *(s.period for s in own)), max(degree, sum(s.degree for s in own))
        simple = simple and all(s.simple for s in own)
    slope: int | None = 0
    for fs, c in args[1]:
        s = structure(fs[0], memo)
        slope = None if slope is None or len(fs) > 1 or s.slope is None else slope + c * s.slope * (period // s.period)
    return Structure(period, degree, slope, simple)


def by_residues(
    left: Term, op: str, right: Term, name: str, within: PeriodicSet, period: int, linear: bool
) -> PeriodicSet:  # fmt: skip
    """Residue by residue of those that `within` has."""
    full = lcm(period, within.period)
    if len(within.table) * (full // within.period) > CLASSES:
        raise Undecided
    table: dict[int, list[Span]] = {}
    for residue, own in within.table.items():
        for r in range(residue, full, within.period):
            start = r or full
            found = on_line(left, op, right, name, start, full) if linear else on_parts(left, op, right, start, full)
            if found:
                spans = [(start + a * full, None if b is None else start + b * full) for a, b in found]
                table[r] = [s for low, high in own for s in cut(spans, low, high)]
    return PeriodicSet(full, table, within.exact)


def on_line(left: Term, op: str, right: Term, name: str, start: int, step: int) -> list[Span]:
    """The k for which start + k*step satisfies a condition between lines."""
    try:
        if op == "%":
            return [(0, None)] if evaluate(left, {name: start}) % right == 0 else []
        a = evaluate(left, {name: start}) - evaluate(right, {name: start})
        b = evaluate(left, {name: start + step}) - evaluate(right, {name: start + step})
    except ValueError:  # a division that leaves a remainder, for all of this residue
        return []
    return where((a, b - a) if a != b else (a,), op)


def on_parts(left: Term, op: str, right: Term, start: int, step: int) -> list[Span]:
    """The same between terms that are polynomials in pieces."""
    memo: dict[Expr, list[Part]] = {}
    a, b = parts(left, start, step, memo), parts(right, start, step, memo)
    if op == "%":
        positive = [s for low, high, p in b for s in cut(where(plus(p, (-1,)), ">="), low, high)]
        return [s for low, high, _ in quotients(a, b) for s in cut(positive, low, high)]
    out = []
    for low, high, p, q in together(a, b):
        gaps = [plus(p, q, -1)] if op != "|" else [plus(p, q, -1), plus(p, (-1,)), plus(q, (-1,))]
        out += [s for gap in gaps for s in cut(where(gap, ">=" if op == ">=" else "=="), low, high)]
    return out


def parts(t: Term, start: int, step: int, memo: dict[Expr, list[Part]]) -> list[Part]:
    """A term at start + k*step, as polynomials in k; where it is not defined there is none."""
    if type(t) is int:
        return [(0, None, (t,))]
    if t not in memo:
        memo[t] = _parts(t, start, step, memo)
    return memo[t]


def _parts(t: Expr, start: int, step: int, memo: dict[Expr, list[Part]]) -> list[Part]:
    kind, args = t.kind, t.args
    if kind == "sym":
        return [(0, None, (start, step))]
    if kind == "sum":
        total: list[Part] = [(0, None, (args[0],))]
        for fs, c in args[1]:
            part: list[Part] = [(0, None, (c,))]
            for f in fs:
                part = [(low, high, times(p, q)) for low, high, p, q in together(part, parts(f, start, step, memo))]
            total = [(low, high, plus(p, q)) for low, high, p, q in together(total, part)]
        return total
    if kind == "scaled":
        raise Undecided
    a = parts(args[0], start, step, memo)
    if kind == "floor":
        m = args[1]
        out: list[Part] = []
        for low, high, p in a:
            g = gcd(m, *p[1:])
            if g != m:
                raise Finer(m // g)
            out.append((low, high, (p[0] // m, *(c // m for c in p[1:]))))
        return out
    b = parts(args[1], start, step, memo)
    if kind == "exact":
        return quotients(a, b)
    out = []
    for low, high, p, q in together(a, b):
        if kind == "broadcast":
            out += broadcasts(low, high, p, q)
            continue
        taken = cut(where(plus(p, q, -1), ">="), low, high)
        yes, no = (p, q) if kind == "max" else (q, p)
        out += [(x, y, yes) for x, y in taken] + [(x, y, no) for x, y in rest(taken, low, high)]
    return out


def broadcasts(low: int, high: int | None, p: Polynomial, q: Polynomial) -> list[Part]:
    """The second where the first is 1, else the first where the second is 1 or the same; nothing elsewhere."""
    ones = cut(where(plus(p, (-1,)), "=="), low, high)
    out: list[Part] = [(x, y, q) for x, y in ones]
    for a, b in rest(ones, low, high):
        same = cut(where(plus(q, (-1,)), "=="), a, b)
        out += [(x, y, p) for x, y in same]
        out += [(x, y, p) for c, d in rest(same, a, b) for x, y in cut(where(plus(p, q, -1), "=="), c, d)]
    return out


def together(a: list[Part], b: list[Part]) -> list[tuple[int, int | None, Polynomial, Polynomial]]:
    """Where both are defined."""
    return [(x, y, p, q) for low, high, p in a for other, end, q in b for x, y in cut([(other, end)], low, high)]


def rest(spans: list[Span], low: int, high: int | None) -> list[Span]:
    """What spans leave of low…high."""
    out: list[Span] = []
    at_ = low
    for a, b in sorted(spans, key=lambda s: s[0]):
        if a > at_:
            out.append((at_, a - 1))
        if b is None:
            return out
        at_ = max(at_, b + 1)
    if high is None or at_ <= high:
        out.append((at_, high))
    return out


def quotients(a: list[Part], b: list[Part]) -> list[Part]:
    """Exact quotients, where the division leaves no remainder."""
    return [part for low, high, p, q in together(a, b) for part in _quotient(low, high, p, q)]


def _quotient(low: int, high: int | None, p: Polynomial, q: Polynomial) -> list[Part]:
    if len(q) == 1:
        d, whole = q[0], p
        if d == 0:
            return []
    else:
        d, whole, left = divided(p, q)
        if left != (0,):  # only where the divisor is not larger than what is left, if anywhere
            end = max(beyond(left), beyond(plus(q, left, -1)), beyond(plus(q, left)))
            end = end if high is None else min(end, high)
            if end - low > SEARCHED:
                raise Undecided
            return [(k, k, (at(p, k) // at(q, k),)) for k in range(low, end + 1) if at(q, k) and at(p, k) % at(q, k) == 0]
    g = gcd(d, *whole[1:])
    if g != abs(d):
        raise Finer(abs(d) // g)
    if whole[0] % d:
        return []
    out = (low, high, tuple(c // d for c in whole))
    holes = cut(where(q, "=="), low, high) if len(q) > 1 else []
    return [(x, y, out[2]) for x, y in rest(holes, low, high)]
