"""What can be said of an expression without knowing its symbols: bounds, equality, one solution."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, prod

from .dims import LARGEST
from .expr import add_all, floordiv, mul, product, sub, symmetric
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


def quotient(a: Term, b: Term) -> Term | None:
    """floor(a / b) for b >= 1; None where it is not sure, because b is no number."""
    if type(b) is int:
        return floordiv(a, b)
    most = dict(opened(a)[1]).get(next(iter(opened(b)[1])), 0) // next(iter(opened(b)[1].values()))
    for q in dict.fromkeys((0, -1, most, most - 1)):
        rest = sub(a, mul(q, b))
        low, high = lower_bound(rest), upper_bound(sub(rest, b))
        if low is not None and low >= 0 and high is not None and high < 0:
            return q
    return None


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


def halved(t: Term) -> Term:
    """A term multiplied out, with the upper half of a size written as what the lower one leaves: ceil(H/2) as H - H//2."""
    if type(t) is int:
        return t
    constant, monomials = opened(t)
    upper = {f for fs in monomials for f in fs if f.kind == "floor" and f.args[1] == 2 and opened(f.args[0])[0] == 1}
    if not upper:
        return t
    lower = {f: sub(sub(f.args[0], 1), floordiv(sub(f.args[0], 1), 2)) for f in upper}
    return expand(add_all([constant, *(product([c, *(lower.get(f, f) for f in fs)]) for fs, c in monomials.items())]))


def compare(a: Term, b: Term) -> bool | None:
    """True: equal for all sizes. False: for none. None: it depends."""
    gap = halved(expand(sub(a, b)))
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
    low = lower_bound(mul(-1, t))
    return None if low is None else -low


def _bound_by_parts(t: Expr) -> int | None:
    constant, monomials = t.args
    total: int = constant
    for fs, c in monomials:
        lows = [lower_bound(f) for f in fs]
        if c < 0 or any(x is None or x < 0 for x in lows):
            return None
        part = c
        for x in lows:
            part *= x or 0
        total += part
    return total


Line = tuple[Fraction, dict[tuple[Expr, ...], Fraction]]  # a constant, and slopes by what is no sum or floor
_lines: dict[tuple[Expr, bool], Line] = {}


def _bound_by_lines(t: Expr) -> int | None:
    """By the line below, which is least where all that it rises with is least."""
    total, slopes = _line(t, False)
    for fs, v in slopes.items():
        if v:
            lows = [lower_bound(f) for f in fs]
            if v < 0 or any(x is None or x < 0 for x in lows):
                return None
            total += v * prod(x or 0 for x in lows)
    return -((-total.numerator) // total.denominator)


def _line(t: Expr, above: bool) -> Line:
    """A linear function never above (or, `above`, never below) t, of its symbols and of products and other terms in it."""
    key = (t, above)
    if key not in _lines:
        _lines[key] = _new_line(t, above)
    return _lines[key]


def _new_line(t: Expr, above: bool) -> Line:
    if t.kind == "floor":
        e, s = t.args
        constant, inner = _line(e, above)
        return (constant - (0 if above else s - 1)) / s, {k: v / s for k, v in inner.items()}
    if t.kind == "scaled" and (lower_bound(t.args[0]) or 0) >= 0:
        constant, inner = _line(t.args[0], above)
        slopes = {k: scaled_line(v, t.args[1], above) for k, v in inner.items()}
        return scaled_line(constant, t.args[1], above) - (not above), slopes
    if t.kind != "sum":
        return Fraction(0), {(t,): Fraction(1)}
    total = Fraction(t.args[0])
    slopes = dict[tuple[Expr, ...], Fraction]()
    for fs, c in t.args[1]:
        constant, inner = _line(fs[0], above if c > 0 else not above) if len(fs) == 1 else (Fraction(0), {fs: Fraction(1)})
        total += c * constant
        for k, v in inner.items():
            slopes[k] = slopes.get(k, Fraction(0)) + c * v
    return total, slopes
