"""Expressions at given sizes."""

from __future__ import annotations

from collections.abc import Mapping

from .bounds import maximum, minimum
from .expr import add, broadcast, exact_div, floordiv, product
from .normal import Expr, Term
from .scaling import scaled, scaled_size

SHARED = 32
"""From this size on, parts may occur so often that each is worked out only once."""


def evaluate(t: Term, env: Mapping[str, int], memo: dict[Expr, int] | None = None) -> int:
    """The value at given sizes; raises ValueError where an exact division is not, or sizes do not broadcast."""
    if type(t) is int:
        return t
    if t.kind == "sym":
        return env[t.args[0]]
    if memo is None:
        if t.size < SHARED:
            return _evaluate(t, env, None)
        memo = {}
    found = memo.get(t)
    if found is None:
        found = memo[t] = _evaluate(t, env, memo)
    return found


def _evaluate(t: Expr, env: Mapping[str, int], memo: dict[Expr, int] | None) -> int:
    kind, args = t.kind, t.args
    if kind == "sum":
        total: int = args[0]
        for fs, c in args[1]:
            part = c
            for f in fs:
                part *= evaluate(f, env, memo)
            total += part
        return total
    if kind == "scaled":
        return scaled_size(evaluate(args[0], env, memo), args[1])
    a, b = evaluate(args[0], env, memo), evaluate(args[1], env, memo)
    if kind == "floor":
        return a // b
    if kind == "max":
        return max(a, b)
    if kind == "min":
        return min(a, b)
    if kind == "broadcast":
        if a != b and a != 1 and b != 1:
            raise ValueError(f"{a} and {b} do not broadcast")
        return b if a == 1 else a
    if b == 0 or a % b:
        raise ValueError(f"{a} / {b} is not exact")
    return a // b


def substitute(t: Term, env: Mapping[str, Term], memo: dict[Expr, Term] | None = None) -> Term:
    """The term with symbols replaced, in normal form again."""
    if type(t) is int or env.keys().isdisjoint(t.symbols):
        return t
    if t.kind == "sym":
        return env[t.args[0]]
    if memo is None:
        if t.size < SHARED:
            return _substitute(t, env, None)
        memo = {}
    found = memo.get(t)
    if found is None:
        found = memo[t] = _substitute(t, env, memo)
    return found


def _substitute(t: Expr, env: Mapping[str, Term], memo: dict[Expr, Term] | None) -> Term:
    kind, args = t.kind, t.args
    if kind == "sum":
        out: Term = args[0]
        for fs, c in args[1]:
            out = add(out, product([c, *(substitute(f, env, memo) for f in fs)]))
        return out
    if kind == "scaled":
        return scaled(substitute(args[0], env, memo), args[1])
    a, b = substitute(args[0], env, memo), substitute(args[1], env, memo)
    if b == 0 and kind in ("floor", "exact"):
        return t  # a quotient by none has no simpler form: it is found wrong where it is worked out
    return REBUILD[kind](a, b)


REBUILD = {"floor": floordiv, "exact": exact_div, "max": maximum, "min": minimum, "broadcast": broadcast}
