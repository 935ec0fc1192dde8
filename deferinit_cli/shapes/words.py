"""Expressions as people write them."""

from __future__ import annotations

from math import gcd
from typing import Any

from .expr import WRITTEN, Expr, Term, _close, _open


def text(t: Term) -> str:
    """As people write it: `16*(H//4 - 3)*(W//4 - 3)`, `ceil(H/32)`; what is too long to read as `…(H, W)`."""
    return str(t) if type(t) is int else _text(t)


def _text(t: Expr) -> str:
    kind, args = t.kind, t.args
    if kind == "sym":
        return str(args[0])
    if t.size > WRITTEN:
        return f"…({', '.join(sorted(t.symbols))})"
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
    bare = (
        f.kind in ("sym", "max", "min", "broadcast")
        or (f.kind == "floor" and words.startswith("ceil("))
        or (alone and f.kind == "floor")
    )
    return words if bare else f"({words})"


def _group(t: Term) -> str:
    return text(t) if type(t) is int or t.kind in ("sym", "max", "min", "broadcast") else f"({text(t)})"


def _floor_text(e: Term, s: int) -> str:
    constant, monomials = _open(e)
    if constant == s - 1:
        return f"ceil({_group(_close(0, monomials))}/{s})"
    return f"{_group(e)}//{s}"
