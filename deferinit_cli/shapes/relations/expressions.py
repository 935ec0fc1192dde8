"""A size written as an expression over symbols, made of relations so that it is inferred both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bounds import maximum, minimum, quotient
from ..dims import Op, Sym
from ..expr import exact_div, mul, sub
from ..normal import symbol as named
from ..store import Fact, Store
from ..written_terms import OPERATIONS
from . import Broadcast, Extreme, Floored, Positive, Product, Scaled, Sum, post


def plainly(size: Any) -> Any:
    """A size as written, as a term over its symbols, whatever these come to; a symbol of its own for what is no term."""
    if type(size) is not Op:
        return size if type(size) in (int, float) else named(str(size))
    a, b = map(plainly, size.args)
    if size.op in ("//", "%", "/"):
        whole = quotient(a, b) if type(b) is not int or b > 0 else None
        if size.op == "/" or whole is None:
            return exact_div(a, b) if size.op == "/" else sub(named(f"{size} as it may be"), named(f"{size} at least"))
        return sub(a, mul(b, whole)) if size.op == "%" else whole
    return OPERATIONS[size.op](a, b)


def expression(s: Store, node: Any, size: Any, what: str | int, symbol: Callable[[Sym], int]) -> int:
    """The slot of a size written as an expression over symbols, made of relations so that it works both ways."""
    if type(size) is int:
        return s.new(size, Fact(node, what))
    if type(size) is Sym:
        return symbol(size)
    if type(size) is not Op:
        return s.new()
    blame = what if isinstance(what, str) else ""
    out = operation(s, node, size, what, symbol, set(), blame)
    if size.op not in ("+", "-"):  # which see to it themselves
        post(s, Positive(node, out, blame=blame))
    return out


def operation(
    s: Store, node: Any, size: Op, what: str | int, symbol: Callable[[Sym], int], steps: set[int], blame: str, inner: bool = False
) -> int:
    """The same for one operation. Its steps may come to any number: only the whole must be a size."""
    op, (a, b) = size.op, size.args
    x, y = (
        operation(s, node, part, what, symbol, steps, blame, True)
        if type(part) is Op
        else expression(s, node, part, what, symbol)
        for part in (a, b)
    )
    out = s.new()
    if inner:
        steps.add(out)
    relation: Any
    if op in ("+", "-") and type(b) is int:
        relation = Sum(node, out, (x,), b if op == "+" else -b, blame=blame)
    elif op in ("+", "-"):  # or out + y = x
        relation = Sum(node, *((out, (x, y)) if op == "+" else (x, (out, y))), blame=blame)
    elif op in ("*", "/"):  # or out * y = x
        relation = Product(node, *((out, (x, y)) if op == "*" else (x, (out, y))), blame=blame)
    elif op in ("//", "%"):
        relation = Floored(node, out, x, y, op == "%", blame=blame)
    elif op == "broadcast":
        relation = Broadcast(node, out, (x, y), blame=blame)
    elif op == "scaled":
        relation = Scaled(node, out, x, b, 0, blame=blame)
    else:
        relation = Extreme(node, out, x, y, maximum if op == "max" else minimum)
    if isinstance(relation, (Sum, Product)):
        relation.free = steps
    post(s, relation)
    return out
