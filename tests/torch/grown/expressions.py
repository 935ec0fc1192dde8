"""Expressions of the language: as text with as few parentheses as it takes, and evaluated by Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

Tree = tuple[Any, ...]
"""(operator, operands): ('lit', 3) ('var', 'd') ('sym', 'N') ('at', list, index) ('list', …) ('call', name, …) ('if', c, a, b)."""


class Ex:
    """An expression in a network."""

    __slots__ = ("tree",)

    def __init__(self, *tree: Any) -> None:
        self.tree: Tree = tree

    def __repr__(self) -> str:
        return text(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ex) and other.tree == self.tree

    def __hash__(self) -> int:
        return hash(repr(self))


class Hole:
    """`_` where a size must follow from the rest; PyTorch is told the size, or None where that is its own word for it."""

    __slots__ = ("value",)

    def __init__(self, value: int | None) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "_"


REST = "..."
"""Any number of dims."""


class Unbound(Exception):
    """A name or symbol that has no value here."""


BINARY: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "or": (1, lambda a, b: a or b), "and": (2, lambda a, b: a and b),
    "==": (4, operator.eq), "!=": (4, operator.ne), "<": (4, operator.lt), "<=": (4, operator.le),
    ">": (4, operator.gt), ">=": (4, operator.ge),
    "+": (5, operator.add), "-": (5, operator.sub),
    "*": (6, operator.mul), "/": (6, lambda a, b: exact(Fraction(a) / Fraction(b))), "//": (6, operator.floordiv),
    "%": (6, operator.mod), "**": (8, operator.pow),
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "len": len, "sum": sum, "ceil_to": lambda x, m: -(-x // m) * m, "int": int,
    "round": lambda x: floor(Fraction(x) + Fraction(1, 2)), "floor": floor, "ceil": ceil,
}  # fmt: skip


def exact(x: Fraction) -> Any:
    return x.numerator if x.denominator == 1 else x


def value(v: Any, names: Mapping[str, Any], symbols: Mapping[str, int]) -> Any:
    """What a value comes to: expressions computed, holes filled."""
    if isinstance(v, Ex):
        return computed(v.tree, names, symbols)
    if isinstance(v, Hole):
        return v.value
    return [value(x, names, symbols) for x in v] if isinstance(v, list) else v


def computed(tree: Tree, names: Mapping[str, Any], symbols: Mapping[str, int]) -> Any:
    op, *parts = tree
    if op == "lit":
        return parts[0]
    if op in ("var", "sym"):
        found = names if op == "var" else symbols
        if parts[0] not in found:
            raise Unbound(parts[0])
        return found[parts[0]]
    if op == "if":
        return computed(parts[1] if computed(parts[0], names, symbols) else parts[2], names, symbols)
    if op == "call":
        return FUNCTIONS[parts[0]](*(computed(p, names, symbols) for p in parts[1:]))
    if op in ("and", "or"):
        left = computed(parts[0], names, symbols)
        return left if bool(left) is (op == "or") else computed(parts[1], names, symbols)
    done = [computed(p, names, symbols) for p in parts]
    if op == "list":
        return done
    if op == "at":
        return done[0][done[1]]
    if op == "not":
        return not done[0]
    return -done[0] if op == "neg" else BINARY[op][1](*done)


def text(ex: Ex) -> str:
    return written(ex.tree)[0]


def written(tree: Tree) -> tuple[str, int]:
    """(text, how tightly it holds together)."""
    op, *parts = tree
    if op == "lit":
        v = parts[0]
        if isinstance(v, bool) or v is None:
            return {True: "true", False: "false", None: "null"}[v], 10
        return (repr(v), 10) if isinstance(v, str) or v >= 0 else (repr(v), 7)
    if op in ("var", "sym"):
        return parts[0], 10
    if op == "list":
        return "[" + ", ".join(written(p)[0] for p in parts) + "]", 10
    if op == "call":
        return f"{parts[0]}({', '.join(written(p)[0] for p in parts[1:])})", 10
    if op == "at":
        plain = parts[1][0] == "lit" and parts[1][1] >= 0
        return f"{inside(parts[0], 10)}." + (str(parts[1][1]) if plain else f"({written(parts[1])[0]})"), 10
    if op == "if":
        return f"{inside(parts[1], 1)} if {inside(parts[0], 1)} else {inside(parts[2], 0)}", 0
    if op == "not":
        return f"not {inside(parts[0], 3)}", 3
    if op == "neg":
        return f"-{inside(parts[0], 7)}", 7
    level = BINARY[op][0]
    left, right = (level, level + 1) if op != "**" else (level + 1, 7)
    left += level == 4
    return f"{inside(parts[0], left)} {op} {inside(parts[1], right)}", level


def inside(tree: Tree, level: int) -> str:
    """The text of an operand, in parentheses where it would come apart."""
    found, own = written(tree)
    return found if own >= level else f"({found})"
