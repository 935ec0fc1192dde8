"""Arithmetic of sizes: sums, products, quotients and remainders of terms, each in its normal form."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import Any

from .normal import Expr, Term, closed, intern, opened

_sums: dict[tuple[Any, ...], Term] = {}
_products: dict[tuple[Any, ...], Term] = {}
_floors: dict[tuple[Any, ...], Term] = {}
_quotients: dict[tuple[Any, ...], Term] = {}


def add(a: Term, b: Term) -> Term:
    """a + b."""
    if type(a) is int:
        if type(b) is int:
            return a + b
        a, b = b, a
    if b == 0:
        return a
    key = (a, b)
    found = _sums.get(key)
    if found is None:
        ca, ma = opened(a)
        cb, mb = opened(b)
        for f, c in mb.items():
            ma[f] = ma.get(f, 0) + c
        found = _sums[key] = closed(ca + cb, ma)
    return found


def add_all(terms: Iterable[Term]) -> Term:
    """The sum of many terms, without a term for each step."""
    constant, monomials = 0, dict[Any, int]()
    for t in terms:
        if type(t) is int:
            constant += t
            continue
        own, parts = t.args if t.kind == "sum" else (0, (((t,), 1),))
        constant += own
        for f, c in parts:
            monomials[f] = monomials.get(f, 0) + c
    return closed(constant, monomials)


def sub(a: Term, b: Term) -> Term:
    """a - b."""
    return a - b if type(a) is int and type(b) is int else add(a, mul(-1, b))


def content(t: Expr) -> tuple[int, Expr]:
    """(g, e) with t = g * e and no common divisor left in e; its first coefficient is positive."""
    constant, monomials = opened(t)
    g = gcd(constant, *monomials.values())
    if next(iter(monomials.values())) < 0:
        g = -g
    if g == 1:
        return 1, t
    return g, closed(constant // g, {f: c // g for f, c in monomials.items()})


def factors(t: Term) -> tuple[int, list[Expr]]:
    """(coefficient, factors) of a term as a product."""
    if type(t) is int:
        return t, []
    if t.kind != "sum":
        return 1, [t]
    constant, monomials = t.args
    if constant == 0 and len(monomials) == 1:
        return monomials[0][1], list(monomials[0][0])
    g, rest = content(t)
    return g, [rest]


def mul(a: Term, b: Term) -> Term:
    """a * b, sums in it left in parentheses."""
    if type(a) is int:
        if type(b) is int:
            return a * b
        a, b = b, a
    if type(b) is int:
        if b == 1:
            return a
        if b == 0:
            return 0
        c, fs = factors(a)
        if any(f.kind == "exact" for f in fs):
            return _cancelled(c * b, fs)
        constant, monomials = opened(a)
        return closed(constant * b, {f: c * b for f, c in monomials.items()})
    key = (a, b)
    found = _products.get(key)
    if found is None:
        (ca, fa), (cb, fb) = factors(a), factors(b)
        found = _products[key] = _cancelled(ca * cb, fa + fb)
    return found


def _cancelled(number: int, parts: list[Expr]) -> Term:
    """number * the product of parts; what the number has in common with an exact quotient's divisor cancels."""
    for k, f in enumerate(parts):
        if f.kind == "exact" and type(f.args[1]) is int:
            g = gcd(number, f.args[1])
            if g > 1:
                return product([number // g, exact_div(f.args[0], f.args[1] // g), *parts[:k], *parts[k + 1 :]])
    for k, f in enumerate(parts):  # (a / b) * b is a
        if f.kind == "exact" and type(f.args[1]) is Expr and len(parts) > 1:
            c, divisors = factors(f.args[1])
            left = [*parts[:k], *parts[k + 1 :]]
            if number % c == 0 and all(left.count(d) >= divisors.count(d) for d in divisors):
                for d in divisors:
                    left.remove(d)
                return product([number // c, f.args[0], *left])
    if len(parts) == 1:
        return closed(0, {(parts[0],): number})
    return closed(0, {tuple(sorted(parts, key=lambda f: f.order)): number})


def product(terms: Iterable[Term]) -> Term:
    """The product of terms, at once."""
    number = 1
    parts: list[Expr] = []
    for t in terms:
        if type(t) is int:
            number *= t
        else:
            c, fs = factors(t)
            number *= c
            parts += fs
    if not parts or number == 0:
        return number
    if len(parts) == 1:
        return mul(parts[0], number)
    key = (number, *parts)
    found = _products.get(key)
    if found is None:
        found = _products[key] = _cancelled(number, parts)
    return found


def floordiv(t: Term, s: int) -> Term:
    """floor(t / s) for s >= 1, in the normal form: what s divides comes out, nested floors collapse."""
    if type(t) is int:
        return t // s
    if s == 1:
        return t
    key = (t, s)
    found = _floors.get(key)
    if found is None:
        found = _floors[key] = _floordiv(t, s)
    return found


def _floordiv(t: Expr, s: int) -> Term:
    constant, monomials = opened(t)
    g = gcd(s, *monomials.values())
    if g > 1:  # floor((g*e + c) / (g*t)) = floor((e + floor(c/g)) / t)
        monomials = {f: c // g for f, c in monomials.items()}
        constant, s = constant // g, s // g
    lead = next((f for f, c in monomials.items() if c % s), None)
    if lead is not None and monomials[lead] < 0:  # floor((c - e) / s) = -floor((e - c + s - 1) / s)
        return mul(-1, floordiv(closed(s - 1 - constant, {f: -c for f, c in monomials.items()}), s))
    # what is left of the first is positive, of the others at most half of s
    whole = {f: c // s if f is lead else -((s - 2 * c) // (2 * s)) for f, c in monomials.items()}
    rest = {f: c - s * whole[f] for f, c in monomials.items() if c - s * whole[f]}
    out, constant = divmod(constant, s)
    if not rest:
        return closed(out, whole)
    if len(rest) == 1:
        ((only, c),) = rest.items()
        if c == 1 and len(only) == 1 and only[0].kind == "floor":
            inner, first = only[0].args  # floor((floor(e/S) + B) / T) = floor((e + S*B) / (S*T))
            return add(closed(out, whole), floordiv(add(inner, first * constant), first * s))
    return add(closed(out, whole), intern("floor", closed(constant, rest), s))


def ceildiv(t: Term, s: int) -> Term:
    """The smallest integer not below t / s."""
    return floordiv(add(t, s - 1), s)


def mod(a: Term, b: int) -> Term:
    """a % b for b >= 1, as a - b*(a // b); an int where the symbols do not matter."""
    return a % b if type(a) is int else sub(a, mul(b, floordiv(a, b)))


def divisor(t: Term) -> int:
    """A number that always divides t."""
    if type(t) is int:
        return abs(t)
    constant, monomials = opened(t)
    return gcd(constant, *monomials.values())


def exact_div(a: Term, b: Term) -> Term:
    """a / b where it is known, or required, to divide: common factors cancel."""
    if a is b:
        return 1
    key = (a, b)
    found = _quotients.get(key)
    if found is None:
        found = _quotients[key] = _exact_div(a, b)
    return found


def _exact_div(a: Term, b: Term) -> Term:
    if type(a) is Expr and a.kind == "exact" and type(b) is int and type(a.args[1]) is int:
        return exact_div(a.args[0], a.args[1] * b)  # (x/2)/3 = x/6
    (ca, fa), (cb, fb) = factors(a), factors(b)
    left, right = list(fa), list(fb)
    for f in fb:
        if f in left:
            left.remove(f)
            right.remove(f)
    g = gcd(ca, cb) or 1
    ca, cb = ca // g, cb // g
    if cb < 0:
        ca, cb = -ca, -cb
    above, below = product([ca, *left]), product([cb, *right])
    if type(below) is int:
        if below == 1:
            return above
        if type(above) is int:
            return above // below
        constant, monomials = opened(above)
        if constant % below == 0 and all(c % below == 0 for c in monomials.values()):
            return closed(constant // below, {f: c // below for f, c in monomials.items()})
    return intern("exact", above, below)


def symmetric(kind: str, a: Term, b: Term) -> Term:
    """The expression of a kind that does not care for order, of two terms; of equal ones it is either."""
    if a is b or a == b:
        return a
    first, second = sorted((a, b), key=lambda t: (0, t, "") if type(t) is int else (1, 0, str(t.order)))
    return intern(kind, first, second)


def broadcast(a: Term, b: Term) -> Term:
    """The common size of two that may be broadcast: equal, or one of them 1."""
    if a is b or a == b or b == 1:
        return a
    if a == 1 or type(b) is int:
        return b
    return a if type(a) is int else symmetric("broadcast", a, b)
