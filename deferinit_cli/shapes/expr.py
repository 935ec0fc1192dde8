"""Sizes over symbols in a normal form: ints stay ints, everything else is an interned `Expr`.

Every symbol is an integer of at least 1. An expression is a constant plus coefficients on products of factors; a
factor is a symbol, a `Floor`, another atom, or a sum in parentheses, which is never multiplied out unless two
expressions are compared. Equal normal forms are the same object.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import Any
from zlib import crc32

Term = Any  # int | Expr
Monomials = dict[tuple["Expr", ...], int]


class Expr:
    """`kind` is sym, sum, floor, mod, exact, max, min or broadcast; `args` are what it is made of."""

    __slots__ = ("kind", "args", "symbols", "order", "size", "digest")

    def __init__(self, kind: str, args: tuple[Any, ...], symbols: frozenset[str], size: int, digest: int) -> None:
        self.kind = kind
        self.args = args
        self.symbols = symbols
        self.size = size  # how many symbols stand in it when it is written out
        self.digest = digest  # of its structure: the same in every process
        self.order: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        from .words import text

        return text(self)


_interned: dict[tuple[Any, ...], Expr] = {}
_sums: dict[tuple[Any, ...], Term] = {}
_products: dict[tuple[Any, ...], Term] = {}
_floors: dict[tuple[Any, ...], Term] = {}
WRITTEN = 64
"""Expressions of more symbols than this are not written out."""

USUAL = {name: k for k, name in enumerate(["N", "T", "S", "C", "D", "H", "W"])}
"""Symbols in the order people write them; others follow by name."""


def _intern(kind: str, *args: Any) -> Expr:
    key = (kind, *args)
    found = _interned.get(key)
    return found if found is not None else _new(key, kind, args)


def _new(key: tuple[Any, ...], kind: str, args: tuple[Any, ...]) -> Expr:
    names: set[str] = {args[0]} if kind == "sym" else set()
    size, content_ = int(kind == "sym"), [kind]
    for a in args:
        if type(a) is Expr:
            names |= a.symbols
            size += a.size
            content_.append(f"e{a.digest}")
        elif type(a) is tuple:
            for factors_, c in a:
                for f in factors_:
                    names |= f.symbols
                    size += f.size
                content_.append(f"{c}*{[f.digest for f in factors_]}")
        else:
            content_.append(str(a))
    found = _interned[key] = Expr(kind, args, frozenset(names), size, crc32(" ".join(content_).encode()))
    if kind == "sym":
        found.order = (0, USUAL.get(args[0], len(USUAL)), args[0])
    elif size <= WRITTEN:
        from .plain import plain

        found.order = (1 if kind != "sum" else 2, len(USUAL), plain(found))
    else:  # shared parts may make it long beyond reading: ordered by size, then by structure
        found.order = (1 if kind != "sum" else 2, len(USUAL), "~", size, found.digest)
    return found


def symbol(name: str) -> Expr:
    """The size called `name`."""
    return _intern("sym", name)


def _open(t: Term) -> tuple[int, Monomials]:
    """(constant, coefficients by factors) of a term."""
    if type(t) is int:
        return t, {}
    if t.kind == "sum":
        return t.args[0], dict(t.args[1])
    return 0, {(t,): 1}


def _close(constant: int, monomials: Monomials) -> Term:
    """The term of a constant and coefficients; single sums are multiplied into."""
    flat: Monomials = {}
    for factors_, c in monomials.items():
        if not c:
            continue
        if len(factors_) == 1 and factors_[0].kind == "sum":  # coefficient * (sum): distribute
            inner, parts = _open(factors_[0])
            constant += c * inner
            for f, k in parts.items():
                flat[f] = flat.get(f, 0) + c * k
        else:
            flat[factors_] = flat.get(factors_, 0) + c
    flat = {f: c for f, c in flat.items() if c}
    if not flat:
        return constant
    if constant == 0 and len(flat) == 1:
        ((only, c),) = flat.items()
        if c == 1 and len(only) == 1:
            return only[0]
    ordered = tuple(sorted(flat.items(), key=lambda kv: [f.order for f in kv[0]]))
    return _intern("sum", constant, ordered)


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
        ca, ma = _open(a)
        cb, mb = _open(b)
        for f, c in mb.items():
            ma[f] = ma.get(f, 0) + c
        found = _sums[key] = _close(ca + cb, ma)
    return found


def sub(a: Term, b: Term) -> Term:
    """a - b."""
    return a - b if type(a) is int and type(b) is int else add(a, mul(-1, b))


def content(t: Expr) -> tuple[int, Expr]:
    """(g, e) with t = g * e and no common divisor left in e; its first coefficient is positive."""
    constant, monomials = _open(t)
    g = gcd(constant, *monomials.values())
    if next(iter(monomials.values())) < 0:
        g = -g
    if g == 1:
        return 1, t
    return g, _close(constant // g, {f: c // g for f, c in monomials.items()})


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
        constant, monomials = _open(a)
        return _close(constant * b, {f: c * b for f, c in monomials.items()})
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
    if len(parts) == 1:
        return _close(0, {(parts[0],): number})
    return _close(0, {tuple(sorted(parts, key=lambda f: f.order)): number})


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
    return mul(parts[0], number) if len(parts) == 1 else _cancelled(number, parts)


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
    constant, monomials = _open(t)
    whole = {f: c // s for f, c in monomials.items()}
    rest = {f: c % s for f, c in monomials.items() if c % s}
    whole = {f: c for f, c in whole.items() if c}
    out, constant = divmod(constant, s)
    if not rest:
        return _close(out, whole)
    g = gcd(s, *rest.values())
    if g > 1:  # floor((g*e + c) / (g*t)) = floor((e + floor(c/g)) / t)
        rest = {f: c // g for f, c in rest.items()}
        constant, s = constant // g, s // g
        if s == 1:
            return add(_close(out, whole), _close(constant, rest))
        more, constant = divmod(constant, s)
        out += more
    if len(rest) == 1:
        ((only, c),) = rest.items()
        if c == 1 and len(only) == 1 and only[0].kind == "floor":
            inner, first = only[0].args  # floor((floor(e/S) + B) / T) = floor((e + S*B) / (S*T))
            return add(_close(out, whole), floordiv(add(inner, first * constant), first * s))
    return add(_close(out, whole), _intern("floor", _close(constant, rest), s))


def ceildiv(t: Term, s: int) -> Term:
    """The smallest integer not below t / s."""
    return floordiv(add(t, s - 1), s)


def mod(a: Term, b: int) -> Term:
    """a % b for b >= 1; an int where the symbols do not matter."""
    if type(a) is int:
        return a % b
    constant, monomials = _open(a)
    rest = {f: c % b for f, c in monomials.items() if c % b}
    return _intern("mod", _close(constant % b, rest), b) if rest else constant % b


def divisor(t: Term) -> int:
    """A number that always divides t."""
    if type(t) is int:
        return abs(t)
    constant, monomials = _open(t)
    return gcd(constant, *monomials.values())


def exact_div(a: Term, b: Term) -> Term:
    """a / b where it is known, or required, to divide: common factors cancel."""
    if a is b:
        return 1
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
        constant, monomials = _open(above)
        if constant % below == 0 and all(c % below == 0 for c in monomials.values()):
            return _close(constant // below, {f: c // below for f, c in monomials.items()})
    return _intern("exact", above, below)


def _symmetric(kind: str, a: Term, b: Term) -> Term:
    if a is b or a == b:
        return a
    first, second = sorted((a, b), key=lambda t: (0, t, "") if type(t) is int else (1, 0, str(t.order)))
    return _intern(kind, first, second)


def broadcast(a: Term, b: Term) -> Term:
    """The common size of two that may be broadcast: equal, or one of them 1."""
    if a is b or a == b or b == 1:
        return a
    if a == 1 or type(b) is int:
        return b
    return a if type(a) is int else _symmetric("broadcast", a, b)
