"""Sizes as they are written, as terms over what their symbols come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .bounds import maximum, minimum, quotient
from .dims import Op, Sym
from .expr import add, broadcast, exact_div, mul, sub
from .scaling import scaled

OPERATIONS = {"+": add, "-": sub, "*": mul, "max": maximum, "min": minimum, "broadcast": broadcast, "scaled": scaled}
"""What is computed of two terms at once; quotients and remainders need more."""


class NoSize(Exception):
    """A size that cannot be computed: a division by less than 1, one that leaves a remainder, sizes that do not broadcast."""


class Undivided(Exception):
    """A size that is not known yet, as what divides in it is no number; says when it is."""


def term(size: Any, value: Callable[[Sym], Any]) -> Any:
    """A size as written, as a term; None where a symbol in it has no value. Raises NoSize and Undivided."""
    if type(size) is Sym:
        return value(size)
    if type(size) is not Op:
        return size
    a, b = (term(part, value) for part in size.args)
    if a is None or b is None:
        return None
    numbers = type(a) is int and type(b) is int
    if size.op in ("/", "//", "%"):
        return divided(size, a, b)
    if size.op == "broadcast" and numbers and a != b and 1 not in (a, b):
        raise NoSize(f"{a} and {b} do not broadcast")
    return OPERATIONS[size.op](a, b)


def divided(size: Op, a: Any, b: Any) -> Any:
    """a / b, a // b or a % b; a divisor is at least 1."""
    if type(b) is int and b < 1:
        raise NoSize(f"{size} divides by {b}")
    if size.op == "/":
        if type(a) is int and type(b) is int and a % b:
            raise NoSize(f"{a} / {b} leaves a remainder")
        return exact_div(a, b)
    whole = quotient(a, b)
    if whole is None:
        raise Undivided(once(sorted(b.symbols)))
    return sub(a, mul(b, whole)) if size.op == "%" else whole


def once(names: list[str]) -> str:
    """When something is decided that waits for symbols."""
    return f"decided once {' and '.join(names)} {'is' if len(names) == 1 else 'are'} known"
