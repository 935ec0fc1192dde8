"""What can be said of an expression without knowing its symbols: bounds, equality, one solution."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from .dims import LARGEST
from .expr import mul, sub, symmetric
from .normal import Expr, Monomials, Term, closed, opened
from .scaling import scaled_line, scaled_size


def maximum(a: Term, b: Term) -> Term:
    if type(a) is int and type(b) is int:
        return max(a, b)
    gap = sub(a, b)
    low, high = lower_bound(gap), upper_bound(gap)
    return a if low is not None and low >= 0 else b if high is not None and high <= 0 else symmetric("max", a, b)


def minimum(a: Term, b: Term) -> Term:
    if type(a) is int and type(b) is int:
        return min(a, b)
    gap = sub(a, b)
    low, high = lower_bound(gap), upper_bound(gap)
    return b if low is not None and low >= 0 else a if high is not None and high <= 0 else symmetric("min", a, b)


MULTIPLIED = 1000
"""A product that has more terms than this when it is multiplied out is left as it is: its terms double with every factor."""


def expand(t: Term) -> Term:
    """The same with every product multiplied out, but for those that are too long."""
    if type(t) is int or t.kind != "sum":
        return t
    constant, monomials = t.args
    out: Monomials = {}
    for fs, c in monomials:
        for key, value in _multiplied(fs, c).items():
            if key == ():
                constant += value
            else:
                out[key] = out.get(key, 0) + value
    return closed(constant, out)


def _multiplied(fs: tuple[Expr, ...], c: int) -> Monomials:
    """A coefficient times factors, multiplied out where that is not too long; () is the constant's key."""
    if len(fs) > 1 and sum(f.size for f in fs) > MULTIPLIED:  # shared parts may make a factor long by itself
        return {fs: c}
    partial: Monomials = {(): c}
    for f in fs:
        fc, fm = opened(expand(f))
        if fc:
            fm[()] = fc
        if len(partial) * len(fm) > MULTIPLIED:
            return {fs: c}
        partial = _times(partial, fm)
    return partial


def _times(a: Monomials, b: Monomials) -> Monomials:
    out: Monomials = {}
    for fa, ca in a.items():
        for fb, cb in b.items():
            key = tuple(sorted(fa + fb, key=lambda f: f.order))
            out[key] = out.get(key, 0) + ca * cb
    return out


def compare(a: Term, b: Term) -> bool | None:
    """True: equal for all sizes. False: for none. None: it depends."""
    gap = expand(sub(a, b))
    if type(gap) is int:
        return gap == 0
    constant, monomials = opened(gap)
    if constant % gcd(*monomials.values()):
        return False
    low = lower_bound(gap)
    if low is not None and low > 0:
        return False
    high = upper_bound(gap)
    return False if high is not None and high < 0 else None


def solve_single(a: Term, b: Term) -> tuple[str, int] | None:
    """(symbol, number) where a == b has exactly this one solution, by one linear symbol."""
    gap = expand(sub(a, b))
    if type(gap) is int:
        return None
    constant, monomials = opened(gap)
    if len(monomials) != 1:
        return None
    ((fs, c),) = monomials.items()
    if len(fs) != 1 or constant % c:
        return None
    if fs[0].kind == "exact" and type(fs[0].args[1]) is int:  # x/4 == 64 is x == 256
        return solve_single(fs[0].args[0], -constant // c * fs[0].args[1])
    if fs[0].kind != "sym":
        return None
    number = -constant // c
    return (fs[0].args[0], number) if 1 <= number <= LARGEST else None


_lows: dict[Expr, int | None] = {}


def lower_bound(t: Term) -> int | None:
    """A number that t is never below, or None."""
    if type(t) is int:
        return t
    if t.kind == "sym" or t.kind == "broadcast":
        return 1
    if t not in _lows:
        _lows[t] = _lower_bound(t)
    return _lows[t]


def _lower_bound(t: Expr) -> int | None:
    kind = t.kind
    if kind == "mod":
        return 0
    if kind == "floor":
        low = lower_bound(t.args[0])
        return None if low is None else low // t.args[1]
    if kind == "scaled":
        low = lower_bound(t.args[0])
        return None if low is None else scaled_size(low, t.args[1])
    if kind in ("max", "min"):
        lows = [lower_bound(x) for x in t.args]
        known = [x for x in lows if x is not None]
        return (max(known) if known else None) if kind == "max" else (min(known) if len(known) == 2 else None)
    if kind != "sum":
        return None
    found = [x for x in (_bound_by_parts(t), _bound_by_lines(t)) if x is not None]
    return max(found) if found else None


def upper_bound(t: Term) -> int | None:
    """A number that t is never above, or None."""
    if type(t) is Expr and t.kind == "mod":
        return int(t.args[1]) - 1
    low = lower_bound(mul(-1, t))
    return None if low is None else -low


def _bound_by_parts(t: Expr) -> int | None:
    constant, monomials = t.args
    total: int = constant
    for fs, c in monomials:
        lows = [lower_bound(f) for f in fs]
        if c < 0 and len(fs) == 1 and fs[0].kind == "mod":
            total += c * (fs[0].args[1] - 1)
            continue
        if c < 0 or any(x is None or x < 0 for x in lows):
            return None
        part = c
        for x in lows:
            part *= x or 0
        total += part
    return total


Line = tuple[Fraction, dict[str, Fraction]]  # a constant, and slopes by symbol
_lines: dict[tuple[Expr, bool], Line | None] = {}


def _bound_by_lines(t: Expr) -> int | None:
    """By the line below, which is least where the symbols are 1."""
    line = _line(t, False)
    if line is None or any(v < 0 for v in line[1].values()):
        return None
    low = line[0] + sum(line[1].values())
    return -((-low.numerator) // low.denominator)


def _line(t: Expr, above: bool) -> Line | None:
    """A linear function never above (or, `above`, never below) t; None where t is not made of sums and floors."""
    key = (t, above)
    if key not in _lines:
        _lines[key] = _new_line(t, above)
    return _lines[key]


def _new_line(t: Expr, above: bool) -> Line | None:
    if t.kind == "sym":
        return Fraction(0), {t.args[0]: Fraction(1)}
    if t.kind == "floor":
        e, s = t.args
        inner = _line(e, above)
        if inner is None:
            return None
        return (inner[0] - (0 if above else s - 1)) / s, {k: v / s for k, v in inner[1].items()}
    if t.kind == "scaled":
        inner = _line(t.args[0], above) if (lower_bound(t.args[0]) or 0) >= 0 else None
        if inner is None:
            return None
        slopes = {k: scaled_line(v, t.args[1], above) for k, v in inner[1].items()}
        return scaled_line(inner[0], t.args[1], above) - (not above), slopes
    if t.kind != "sum":
        return None
    total = Fraction(t.args[0])
    slopes = dict[str, Fraction]()
    for fs, c in t.args[1]:
        part = _line(fs[0], above if c > 0 else not above) if len(fs) == 1 else None
        if part is None:
            return None
        total += c * part[0]
        for k, v in part[1].items():
            slopes[k] = slopes.get(k, Fraction(0)) + c * v
    return total, slopes
