"""Sizes over symbols in a normal form: ints stay ints, everything else is an interned `Expr`.

Every symbol is an integer of at least 1. An expression is a constant plus coefficients on products of factors; a
factor is a symbol, a floor, another atom, or a sum in parentheses, which is never multiplied out unless two
expressions are compared. Equal normal forms are the same object.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

from .dims import LARGEST

Term = Any  # int | Expr
Monomials = dict[tuple["Expr", ...], int]


class Expr:
    """`kind` is sym, sum, floor, exact, max, min or broadcast; `args` are what it is made of."""

    __slots__ = ("kind", "args", "symbols", "order", "size", "degree", "digest")

    def __init__(self, kind: str, args: tuple[Any, ...], symbols: frozenset[str], size: int, degree: int, digest: int) -> None:
        self.kind = kind
        self.args = args
        self.symbols = symbols
        self.size = size  # how many symbols stand in it when it is written out
        self.degree = degree  # how many of them are multiplied at the most, H*(W//2) has 2; more than FACTORS with a number past sizes
        self.digest = digest  # of its structure: the same in every process
        self.order: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        from .expression_text import text

        return text(self)


_interned: dict[tuple[Any, ...], Expr] = {}
FACTORS = 60
"""More sizes multiplied than this, each of them 2 at the least, are larger than any size: such terms are not worked with, as
repeated products would double the factors, and the digits of the numbers before them, each time."""
WRITTEN = 64
"""Expressions of more symbols than this are not written out."""

USUAL = {name: k for k, name in enumerate(["N", "T", "S", "C", "D", "H", "W"])}
"""Symbols in the order people write them; others follow by name."""


def intern(kind: str, *args: Any) -> Expr:
    """The one expression of this kind made of these."""
    key = (kind, *args)
    found = _interned.get(key)
    return found if found is not None else _made(key, kind, args)


def _made(key: tuple[Any, ...], kind: str, args: tuple[Any, ...]) -> Expr:
    names: set[str] = {args[0]} if kind == "sym" else set()
    size, degree, content_ = int(kind == "sym"), int(kind == "sym"), [kind]
    for a in args:
        if type(a) is Expr:
            names |= a.symbols
            size += a.size
            degree = max(degree, a.degree)
            content_.append(f"e{a.digest}")
        elif type(a) is tuple:
            for factors_, c in a:
                for f in factors_:
                    names |= f.symbols
                    size += f.size
                degree = max(degree, sum([f.degree for f in factors_]) + past(c))
                content_.append(f"{c}*{[f.digest for f in factors_]}")
        else:
            degree = max(degree, past(a)) if type(a) is int else degree
            content_.append(str(a))
    found = _interned[key] = Expr(kind, args, frozenset(names), size, degree, crc32(" ".join(content_).encode()))
    if kind == "sym":
        found.order = (0, USUAL.get(args[0], len(USUAL)), args[0])
    elif size <= WRITTEN:
        from .structural_text import plain

        found.order = (1 if kind != "sum" else 2, len(USUAL), plain(found))
    else:  # shared parts may make it long beyond reading: ordered by size, then by structure
        found.order = (1 if kind != "sum" else 2, len(USUAL), "~", size, found.digest)
    return found


def past(n: int) -> int:
    """What a number past all sizes adds to a degree: so much that the term is not worked with."""
    return 0 if -LARGEST <= n <= LARGEST else FACTORS + 1


def symbol(name: str) -> Expr:
    """The size called `name`."""
    return intern("sym", name)


def opened(t: Term) -> tuple[int, Monomials]:
    """(constant, coefficients by factors) of a term."""
    if type(t) is int:
        return t, {}
    if t.kind == "sum":
        return t.args[0], dict(t.args[1])
    return 0, {(t,): 1}


def closed(constant: int, monomials: Monomials) -> Term:
    """The term of a constant and coefficients; single sums are multiplied into."""
    flat: Monomials = {}
    for factors_, c in monomials.items():
        if not c:
            continue
        if len(factors_) == 1 and factors_[0].kind == "sum":  # coefficient * (sum): distribute
            inner, parts = opened(factors_[0])
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
    return intern("sum", constant, ordered)
