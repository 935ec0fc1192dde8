"""Sizes over symbols in a normal form: ints stay ints, everything else is an interned `Expr`.

Every symbol is an integer of at least 1. An expression is a constant plus coefficients on products of factors; a
factor is a symbol, a `Floor`, another atom, or a sum in parentheses, which is never multiplied out unless two
expressions are compared. Equal normal forms are the same object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd
from typing import Any

Term = Any  # int | Expr
Monomials = dict[tuple["Expr", ...], int]


class Expr:
    """`kind` is sym, sum, floor, mod, exact, max, min or broadcast; `args` are what it is made of."""

    __slots__ = ("kind", "args", "symbols", "order", "number")

    def __init__(self, kind: str, args: tuple[Any, ...], symbols: frozenset[str], number: int) -> None:
        self.kind = kind
        self.args = args
        self.symbols = symbols
        self.number = number
        self.order: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return text(self)


_interned: dict[tuple[Any, ...], Expr] = {}
_sums: dict[tuple[Any, ...], Term] = {}
_products: dict[tuple[Any, ...], Term] = {}
_floors: dict[tuple[Any, ...], Term] = {}
USUAL = {name: k for k, name in enumerate(["N", "T", "S", "C", "D", "H", "W"])}
"""Symbols in the order people write them; others follow by name."""


def _intern(kind: str, *args: Any) -> Expr:
    key = (kind, *args)
    found = _interned.get(key)
    if found is None:
        names: set[str] = {args[0]} if kind == "sym" else set()
        for a in args:
            if type(a) is Expr:
                names |= a.symbols
            elif type(a) is tuple:
                for factors_, _ in a:
                    for f in factors_:
                        names |= f.symbols
        found = _interned[key] = Expr(kind, args, frozenset(names), len(_interned))
        if kind == "sym":
            found.order = (0, USUAL.get(args[0], len(USUAL)), args[0])
        else:
            found.order = (1 if kind != "sum" else 2, len(USUAL), text(found))
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
        constant, monomials = _open(a)
        return _close(constant * b, {f: c * b for f, c in monomials.items()})
    key = (a, b)
    found = _products.get(key)
    if found is None:
        (ca, fa), (cb, fb) = factors(a), factors(b)
        joined = tuple(sorted(fa + fb, key=lambda f: f.order))
        found = _products[key] = _close(0, {joined: ca * cb})
    return found


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
    return _close(0, {tuple(sorted(parts, key=lambda f: f.order)): number})


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


def maximum(a: Term, b: Term) -> Term:
    if type(a) is int and type(b) is int:
        return max(a, b)
    gap = sub(a, b)
    low, high = lower_bound(gap), upper_bound(gap)
    return a if low is not None and low >= 0 else b if high is not None and high <= 0 else _symmetric("max", a, b)


def minimum(a: Term, b: Term) -> Term:
    if type(a) is int and type(b) is int:
        return min(a, b)
    gap = sub(a, b)
    low, high = lower_bound(gap), upper_bound(gap)
    return b if low is not None and low >= 0 else a if high is not None and high <= 0 else _symmetric("min", a, b)


def broadcast(a: Term, b: Term) -> Term:
    """The common size of two that may be broadcast: equal, or one of them 1."""
    if a is b or a == b or b == 1:
        return a
    if a == 1 or type(b) is int:
        return b
    return a if type(a) is int else _symmetric("broadcast", a, b)


# ---- what can be said of a term


def expand(t: Term) -> Term:
    """The same with every product multiplied out."""
    if type(t) is int or t.kind != "sum":
        return t
    constant, monomials = t.args
    out: Monomials = {}
    for fs, c in monomials:
        partial: Monomials = {(): c}
        for f in fs:
            fc, fm = _open(expand(f))
            if fc:
                fm[()] = fc
            partial = _times(partial, fm)
        for key, value in partial.items():
            if key == ():
                constant += value
            else:
                out[key] = out.get(key, 0) + value
    return _close(constant, out)


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
    constant, monomials = _open(gap)
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
    constant, monomials = _open(gap)
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
    return (fs[0].args[0], number) if number >= 1 else None


def lower_bound(t: Term) -> int | None:
    """A number that t is never below, or None."""
    if type(t) is int:
        return t
    kind = t.kind
    if kind == "sym" or kind == "broadcast":
        return 1
    if kind == "mod":
        return 0
    if kind == "floor":
        low = lower_bound(t.args[0])
        return None if low is None else low // t.args[1]
    if kind in ("max", "min"):
        lows = [lower_bound(x) for x in t.args]
        known = [x for x in lows if x is not None]
        return (max(known) if known else None) if kind == "max" else (min(known) if len(known) == 2 else None)
    if kind != "sum":
        return None
    simple = _bound_by_parts(t)
    linear = _bound_by_rationals(t)
    return max(x for x in (simple, linear) if x is not None) if simple is not None or linear is not None else None


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


def _bound_by_rationals(t: Expr) -> int | None:
    """Each floor by the line above or below it; what remains is linear in the symbols, least where they are 1."""
    total = Fraction(0)
    slopes: dict[str, Fraction] = {}

    def linear(term: Term, c: Fraction) -> bool:
        nonlocal total
        inner, parts = _open(term)
        total += c * inner
        for fs, k in parts.items():
            if len(fs) != 1:
                return False
            f, w = fs[0], c * k
            if f.kind == "sym":
                slopes[f.args[0]] = slopes.get(f.args[0], Fraction(0)) + w
            elif f.kind == "floor":
                e, s = f.args
                if w > 0:
                    total -= w * Fraction(s - 1, s)
                if not linear(e, w / s):
                    return False
            else:
                return False
        return True

    if not linear(t, Fraction(1)) or any(v < 0 for v in slopes.values()):
        return None
    low = total + sum(slopes.values())
    return -((-low.numerator) // low.denominator)


def evaluate(t: Term, env: Mapping[str, int]) -> int:
    """The value at given sizes; raises ValueError where an exact division is not."""
    if type(t) is int:
        return t
    kind, args = t.kind, t.args
    if kind == "sym":
        return env[args[0]]
    if kind == "sum":
        total: int = args[0]
        for fs, c in args[1]:
            part = c
            for f in fs:
                part *= evaluate(f, env)
            total += part
        return total
    a, b = evaluate(args[0], env), evaluate(args[1], env)
    if kind == "floor":
        return a // b
    if kind == "mod":
        return a % b
    if kind == "max":
        return max(a, b)
    if kind == "min":
        return min(a, b)
    if kind == "broadcast":
        return b if a == 1 else a
    if b == 0 or a % b:
        raise ValueError(f"{a} / {b} is not exact")
    return a // b


def substitute(t: Term, env: Mapping[str, Term]) -> Term:
    """The term with symbols replaced, in normal form again."""
    if type(t) is int or env.keys().isdisjoint(t.symbols):
        return t
    kind, args = t.kind, t.args
    if kind == "sym":
        return env[args[0]]
    if kind == "sum":
        out: Term = args[0]
        for fs, c in args[1]:
            out = add(out, product([c, *(substitute(f, env) for f in fs)]))
        return out
    a, b = substitute(args[0], env), substitute(args[1], env)
    return _REBUILD[kind](a, b)


_REBUILD = {"floor": floordiv, "mod": mod, "exact": exact_div, "max": maximum, "min": minimum, "broadcast": broadcast}


# ---- to read


def text(t: Term) -> str:
    """As people write it: `16*(H//4 - 3)*(W//4 - 3)`, `ceil(H/32)`."""
    return str(t) if type(t) is int else _text(t)


def _text(t: Expr) -> str:
    kind, args = t.kind, t.args
    if kind == "sym":
        return str(args[0])
    if kind == "floor":
        return _floor_text(*args)
    if kind == "mod":
        return f"{_group(args[0])} % {args[1]}"
    if kind == "exact":
        return f"{_group(args[0])}/{_group(args[1])}"
    if kind != "sum":
        return f"{kind}({text(args[0])}, {text(args[1])})"
    constant, monomials = args
    shared = _shared(monomials) if not constant and len(monomials) > 1 else []
    if shared:
        rest = []
        for fs, c in monomials:
            left = list(fs)
            for f in shared:
                left.remove(f)
            rest.append((tuple(left), c))
        inner = _sum_text(0, rest)
        return "*".join([*map(_factor, shared), f"({inner})"])
    g = gcd(constant, *(c for _, c in monomials))
    if g > 1 and len(monomials) + bool(constant) > 1 and any(abs(c) == g for _, c in monomials):
        return f"{g}*({_sum_text(constant // g, [(f, c // g) for f, c in monomials])})"
    return _sum_text(constant, list(monomials))


def _shared(monomials: Any) -> list[Expr]:
    """The factors that all monomials have."""
    common = list(monomials[0][0])
    for fs, _ in monomials[1:]:
        left, kept = list(fs), []
        for f in common:
            if f in left:
                left.remove(f)
                kept.append(f)
        common = kept
    return common


def _sum_text(constant: int, monomials: list[tuple[tuple[Expr, ...], int]]) -> str:
    parts = sorted(monomials, key=lambda kv: kv[1] < 0)
    out = ""
    for fs, c in parts:
        alone = len(fs) == 1 and abs(c) == 1
        words = "*".join([*([str(abs(c))] if abs(c) != 1 or not fs else []), *(_factor(f, alone) for f in fs)])
        out += (" - " if c < 0 else " + ") + words if out else ("-" if c < 0 else "") + words
    if constant:
        out += f" - {-constant}" if constant < 0 else f" + {constant}"
    return out


def _factor(f: Expr, alone: bool = False) -> str:
    words = _text(f)
    bare = f.kind in ("sym", "max", "min", "broadcast") or words.startswith("ceil(") or (alone and f.kind == "floor")
    return words if bare else f"({words})"


def _group(t: Term) -> str:
    return text(t) if type(t) is int or t.kind in ("sym", "max", "min", "broadcast") else f"({text(t)})"


def _floor_text(e: Term, s: int) -> str:
    constant, monomials = _open(e)
    if constant == s - 1:
        return f"ceil({_group(_close(0, monomials))}/{s})"
    return f"{_group(e)}//{s}"
