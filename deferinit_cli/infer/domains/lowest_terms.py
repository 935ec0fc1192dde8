"""Conditions in lowest terms: without common divisors, common factors and terms that stand on both sides."""

from __future__ import annotations

from math import gcd
from typing import Any

from ...shapes.bounds import lower_bound
from ...shapes.expr import divisor, exact_div, factors, product, sub
from ...shapes.normal import Expr, Term, closed, opened
from ...shapes.store import Clause


def lowest(c: Clause) -> Clause:
    """The same condition in lowest terms; it is asked for by the same layer."""
    left, right = c.left, c.right
    if c.op == "%":
        left, right = divided(left, right)
    elif c.op in ("==", ">="):
        left, right = balanced(left, right)
        if c.op == "==":
            left, right = without_common(left, right)
    if left is c.left and right is c.right:
        return c
    return Clause(left, c.op, right, c.rule, c.why, c.slots)


def divided(left: Term, right: Term) -> tuple[Term, Term]:
    """What has to divide what, without what both sides have: 16*N*H*W by 512 is N*H*W by 32."""
    if type(left) is int:
        return left, right
    if type(right) is int:
        whole = divisor(left)
        return (left, right) if whole < 2 else (exact_div(left, whole), right // gcd(whole, right))
    if not (is_total(left) and is_total(right)) or (lower_bound(right) or 0) < 1:
        return left, right
    return without_common(left, right)


def balanced(left: Term, right: Term) -> tuple[Term, Term]:
    """The sides of an equation or inequality without the terms that both have, divided by what divides all that is left."""
    if not (is_total(left) and is_total(right)):
        return left, right
    (a, mine), (b, theirs) = opened(left), opened(right)
    shared = {f: min(c, theirs[f]) for f, c in mine.items() if f in theirs and c > 0 and theirs[f] > 0}
    low = min(a, b) if a > 0 and b > 0 else max(a, b) if a < 0 and b < 0 else 0
    if shared or low:
        common = closed(low, shared)
        left, right = sub(left, common), sub(right, common)
    g = gcd(divisor(left), divisor(right))
    return (left, right) if g < 2 else (exact_div(left, g), exact_div(right, g))


def without_common(left: Term, right: Term) -> tuple[Term, Term]:
    """Two sides without the factors that both have, none of which can be 0, and without the divisor of both numbers."""
    if type(left) is int or type(right) is int or not (is_total(left) and is_total(right)):
        return left, right
    (a, mine), (b, theirs) = factors(left), factors(right)
    g = gcd(a, b)
    kept: list[Any] = []
    for f in mine:
        if f in theirs and (lower_bound(f) or 0) >= 1:
            theirs.remove(f)
        else:
            kept.append(f)
    if len(kept) == len(mine) and g < 2:
        return left, right
    return product([a // g, *kept]), product([b // g, *theirs])


def is_total(t: Term) -> bool:
    """Whether a term has a value at all sizes: it has no exact quotient and nothing that broadcasts in it."""
    if type(t) is int or t.kind == "sym":
        return True
    if t.kind in ("exact", "broadcast"):
        return False
    if t.kind != "sum":
        return all(is_total(x) for x in t.args if type(x) is Expr)
    return all(is_total(f) for fs, _ in t.args[1] for f in fs)
