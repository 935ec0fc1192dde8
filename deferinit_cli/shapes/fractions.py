"""Sizes as they are written, as a fraction of two sizes without `/`: what is compared or rounded need not be whole."""

from __future__ import annotations

from typing import Any

from ..problems import Problem
from .dims import Op, Sym, written


def fraction(size: Any) -> tuple[Any, Any]:
    """(numerator, denominator) of a size; the denominator is at least 1 for all sizes. Raises Problem where a divisor may be less."""
    if type(size) is not Op or size.op in ("broadcast", "scaled"):  # which are of whole sizes
        return size, 1
    (a, b), (c, d) = map(fraction, size.args)
    op = size.op
    if op != "/" and is_one(b) and is_one(d):
        return size, 1
    if op == "*":
        return a * c, b * d
    left, right = a * d, c * b  # as numerators over b*d
    if op in ("/", "//", "%") and not positive(c):
        raise Problem("division-by-zero", f"'{c}' may be 0 or less", found=str(c), expected="a divisor that is at least 1 for all sizes",
                      help="compare without a quotient: H == 2*(W - 3)")  # fmt: skip
    if op == "/":
        return left, right
    if op == "//":
        return written("//", left, right, 1), 1
    whole = left + right if op == "+" else left - right if op == "-" else written(op, left, right)
    return whole, b * d


def is_one(size: Any) -> bool:
    return type(size) is int and size == 1


def positive(size: Any) -> bool:
    """Whether a size is at least 1 whatever its symbols are, as far as its form shows it."""
    if type(size) is not Op:
        return type(size) is Sym or (type(size) is int and size >= 1)
    sides = [positive(s) for s in size.args]
    return any(sides) if size.op == "max" else size.op in ("+", "*", "min") and all(sides)


def rounded_down(size: Any) -> Any:
    """floor of a size as written."""
    whole, part = fraction(size)
    return written("//", whole, part, 1)


def rounded_up(size: Any) -> Any:
    """ceil of a size as written."""
    whole, part = fraction(size)
    return whole if is_one(part) else written("//", whole + (part - 1), part)
