"""Symbols of inputs that a clause leaves one value only, and what follows from that for the other clauses."""

from __future__ import annotations

from typing import Any

from ...shapes.bounds import compare, lower_bound, solve_single
from ...shapes.evaluation import substitute
from ...shapes.expr import mod, sub
from ...shapes.store import Conflict, Store


def bind_more(store: Store) -> None:
    """Bind the symbols that equalities fix once others are bound, until none is fixed any more."""
    left = [c for c in store.clauses if c.op == "=="]
    found = True
    while found:
        found = False
        for c in left:
            single = solve_single(substitute(c.left, store.bound), substitute(c.right, store.bound))
            if single is not None and single[0] not in store.bound:
                store.bind(single[0], single[1], c)
                found = True


def recheck(store: Store) -> None:
    """Decide clauses anew with the bound symbols' numbers: those that hold are dropped, those that fail become conflicts."""
    if not store.bound:
        return
    bind_more(store)
    kept = []
    makers = set(map(id, store.bound_by.values()))
    for c in store.clauses:
        if id(c) in makers:
            kept.append(c)
            continue
        verdict = decide(c, store.bound)
        if verdict is None:
            kept.append(c)
        elif verdict is False:
            left, right = substitute(c.left, store.bound), substitute(c.right, store.bound)
            store.fail(Conflict(c.rule, f"{left} is not {right}" if c.op == "==" else f"{left} {c.op} {right} fails",
                                c.why, c.slots))  # fmt: skip
    store.clauses[:] = kept


def decide(clause: Any, env: dict[str, Any]) -> bool | None:
    """A clause under some sizes: holds, fails, or cannot tell."""
    left, right = substitute(clause.left, env), substitute(clause.right, env)
    if clause.op == "==":
        return compare(left, right)
    if clause.op == ">=":
        gap = sub(left, right)
        if type(gap) is int:
            return gap >= 0
        low = lower_bound(gap)
        return True if low is not None and low >= 0 else None
    if clause.op == "%":
        if type(right) is int and right < 1:
            return False
        rest = mod(left, right) if type(right) is int else None
        return rest == 0 if type(rest) is int else None
    if type(left) is int and type(right) is int:
        return left == right or left == 1 or right == 1
    return True if left == 1 or right == 1 or left is right else None
