"""Expressions as people write them: the shortest of a few equal forms, its largest terms first."""

from __future__ import annotations

from math import gcd

from .bounds import expand
from .normal import WRITTEN, Expr, Term, closed, opened

Parts = list[tuple[tuple[Expr, ...], int]]
"""Products of factors with their coefficients."""

MANY = 200
"""Products that multiplying out may give, for it to be tried."""
SHORTER = 0.85
"""How much shorter a form must be for products to be multiplied out."""
GROUPED = 24
"""Terms among which common factors are looked for."""
WORTH = 8
"""Characters that a number in front of all terms must save where it leaves no term without one."""
LARGE = 1000.0
"""What every symbol counts as where terms are ordered by size."""

_texts: dict[Expr, str] = {}


def text(t: Term) -> str:
    """As people write it: `16*(H//4 - 3)*(W//4 - 3)`, `ceil(H/32)`; what is too long to read as `…(H, W)`."""
    if type(t) is int:
        return str(t)
    found = _texts.get(t)
    if found is None:
        found = _texts[t] = _text(t)
    return found


def _text(t: Expr) -> str:
    kind, args = t.kind, t.args
    if kind == "sym":
        return str(args[0])
    forms: list[Term] = [t]
    if kind == "sum" and products(t, MANY) <= MANY:
        forms.append(expand(t))
    short = [f for f in forms if type(f) is int or f.size <= WRITTEN]
    if not short:
        return f"…({', '.join(sorted(t.symbols))})"
    if kind == "floor":
        return _floor_text(*args)
    if kind == "exact":
        return f"{_group(args[0])}/{_group(args[1])}"
    if kind == "scaled":
        return f"floor({args[1]!r}*{_group(args[0])})"
    if kind != "sum":
        return f"{kind}({text(args[0])}, {text(args[1])})"
    texts = [_terms(c, list(m.items())) for c, m in map(opened, short)]
    if t.size > WRITTEN:
        return texts[0]
    return texts[-1] if len(texts[-1]) < SHORTER * len(texts[0]) else texts[0]


def products(t: Term, most: int) -> int:
    """How many products multiplying a term out may give; more than `most` are not counted."""
    if type(t) is int or t.kind != "sum":
        return 1
    total = 0
    for fs, _ in t.args[1]:
        count = 1
        for f in fs:
            count *= products(f, most)
            if count > most:
                return count
        total += count
    return total + 1


def _terms(constant: int, parts: Parts) -> str:
    """A sum in the shortest of these ways: as it stands, with what is common to all terms in front, or to many of them."""
    if len(parts) + bool(constant) < 2:
        return _flat(constant, parts)
    shared = _shared(parts) if not constant else []
    g = gcd(constant, *(c for _, c in parts))
    whole = _in_front(1, shared, constant, parts) if shared else _grouped(constant, parts)
    if g == 1:
        return whole
    divided = _in_front(g, shared, constant, parts)
    natural = any(abs(c) == g for _, c in parts)
    return divided if natural or len(divided) + WORTH <= len(whole) else whole


def _in_front(number: int, shared: list[Expr], constant: int, parts: Parts) -> str:
    """number * shared factors * (what is left)."""
    rest = [(_without(fs, shared), c // number) for fs, c in parts]
    inner = constant // number + sum(c for fs, c in rest if not fs)
    words = _grouped(inner, [(fs, c) for fs, c in rest if fs])
    return "*".join([*([str(number)] if number > 1 else []), *_powers(tuple(shared), False), f"({words})"])


def _grouped(constant: int, parts: Parts) -> str:
    """A sum, with the factor that most of its terms have in front of these where that is shorter."""
    flat = _flat(constant, parts)
    counts: dict[Expr, int] = {}
    for fs, _ in parts if len(parts) <= GROUPED else ():
        for f in set(fs):
            counts[f] = counts.get(f, 0) + 1
    often = max(counts, key=lambda f: (counts[f], _weight((f,)), f.order), default=None)
    if often is None or not 2 <= counts[often] < len(parts) + bool(constant):
        return flat
    inside = _terms(0, [(fs, c) for fs, c in parts if often in fs])
    outside = _terms(constant, [(fs, c) for fs, c in parts if often not in fs])
    joined = f"{inside} - {outside[1:]}" if outside[0] == "-" else f"{inside} + {outside}"
    return min(flat, joined, key=len)


def _without(fs: tuple[Expr, ...], some: list[Expr]) -> tuple[Expr, ...]:
    left = list(fs)
    for f in some:
        left.remove(f)
    return tuple(left)


def _shared(parts: Parts) -> list[Expr]:
    """The factors that all terms have."""
    common = list(parts[0][0])
    for fs, _ in parts[1:]:
        left, kept = list(fs), []
        for f in common:
            if f in left:
                left.remove(f)
                kept.append(f)
        common = kept
    return common


def _flat(constant: int, parts: Parts) -> str:
    """The terms one after the other, large ones first, those that are taken away behind them."""
    ahead = constant > 0 and all(c < 0 for _, c in parts)  # 5 - H
    out = str(constant) if ahead else ""
    for fs, c in sorted(parts, key=lambda part: (part[1] < 0, -_weight(part[0]))):
        number = [str(abs(c))] if abs(c) != 1 or not fs else []
        words = "*".join([*number, *_powers(fs, not number and (bool(out) or c > 0))])  # -H//2 would be (-H)//2
        out += (" - " if c < 0 else " + ") + words if out else ("-" if c < 0 else "") + words
    if (constant and not ahead) or not out:
        out += (f" - {-constant}" if constant < 0 else f" + {constant}") if out else str(constant)
    return out


def _powers(fs: tuple[Expr, ...], alone: bool) -> list[str]:
    """Factors as text, equal ones as a power; a single one that stands alone needs no parentheses."""
    alone = alone and len(fs) == 1
    counts: dict[Expr, int] = {}
    for f in fs:
        counts[f] = counts.get(f, 0) + 1
    return [_factor(f, alone) + (f"**{n}" if n > 1 else "") for f, n in counts.items()]


def _factor(f: Expr, alone: bool) -> str:
    words = text(f)
    bare = (
        f.kind in ("sym", "max", "min", "broadcast", "scaled")
        or (f.kind == "floor" and words.startswith("ceil("))
        or (alone and f.kind == "floor")
    )
    return words if bare else f"({words})"


def _weight(fs: tuple[Expr, ...]) -> float:
    """About how large a product is where all symbols are large."""
    out = 1.0
    for f in fs:
        out *= _size(f)
    return out


def _size(t: Term) -> float:
    if type(t) is int:
        return float(t)
    kind, args = t.kind, t.args
    if kind == "sym" or t.size > WRITTEN:
        return LARGE
    if kind == "sum":
        return abs(float(args[0] + sum(c * _weight(fs) for fs, c in args[1])))
    if kind == "scaled":
        return _size(args[0]) * float(args[1])
    a, b = _size(args[0]), _size(args[1])
    return a / b if kind in ("floor", "exact") and b else max(a, b)


def _group(t: Term) -> str:
    return text(t) if type(t) is int or t.kind in ("sym", "max", "min", "broadcast", "scaled") else f"({text(t)})"


def _floor_text(e: Term, s: int) -> str:
    constant, monomials = opened(e)
    if constant == s - 1:
        return f"ceil({_group(closed(0, monomials))}/{s})"
    return f"{_group(e)}//{s}"
