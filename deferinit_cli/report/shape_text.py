"""Shapes and counts as they are shown: numbers, formulas, -1 and `?` where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.bounds import lower_bound
from ..shapes.expr import product
from ..shapes.expression_text import text
from ..shapes.normal import Expr


def ink(shape: Any) -> list[int] | None:
    """A shape as numbers, -1 where unknown; None where even the rank is."""
    return None if shape is None else [t if type(t) is int else -1 for t in shape]


def words(shape: Any) -> list[str] | None:
    """A shape as formulas, `?` where nothing is known."""
    return None if shape is None else ["?" if t is None else text(t) if type(t) is Expr else str(t) for t in shape]


def number(term: Any) -> int | None:
    return term if type(term) is int else None


def elements(shape: Any) -> Any:
    """How many elements a tensor has, as a term; None where a size is unknown."""
    return None if shape is None or None in shape else product(list(shape))


def some(names: Sequence[str], most: int = 4) -> str:
    """The first few of a list, and how many there are besides."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def least(shape: Any) -> int:
    """How many elements a tensor has at the least: every unknown size is at least 1."""
    out = 1
    for t in shape or ():
        out *= t if type(t) is int else max(1, lower_bound(t) or 1) if type(t) is Expr else 1
    return out if shape is not None else 0


def tuple_text(parts: Sequence[Any]) -> str:
    """`(2, 20)`, `(256,)`, `()`: as Python and every framework print shapes."""
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(map(str, parts))})"
