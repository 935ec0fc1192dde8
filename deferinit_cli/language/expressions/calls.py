"""Calls of functions in expressions: of numbers at once, of sizes over symbols as what is to be computed."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import Scaling, is_symbolic
from ...shapes.fractions import rounded_down, rounded_up
from .operations import FUNCTIONS, binary, fault, limited, operation, short, show, sizes, symbolic


def call(name: str, args: list[Any]) -> Any:
    function, low, high = FUNCTIONS[name]
    if not low <= len(args) <= high:
        raise fault("wrong-arguments", f"{name} takes {low if low == high else f'{low} or more'} arguments, not {len(args)}")
    if any(map(is_symbolic, args)):
        return symbolic_call(name, args)
    if name == "floor" and type(args[0]) is Scaling:
        return operation("scaled", args[0].size, args[0].number)
    try:
        return limited(function(*args))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise fault("wrong-arguments", f"{name}({', '.join(map(show, args))}) cannot be computed") from None


def symbolic_call(name: str, args: list[Any]) -> Any:
    """A function of sizes over symbols."""
    if name not in ("min", "max", "ceil_to", "floor", "ceil", "broadcast"):
        raise fault("symbol-in-condition", f"{name} cannot be computed for a symbol",
                    help="symbols stand for sizes that only an input fixes")  # fmt: skip
    sizes(*args)
    if name == "ceil_to":
        x, m = args
        return symbolic("*", binary("//", binary("+", x, binary("-", m, 1)), m), m)
    if name in ("floor", "ceil"):
        return short((rounded_down if name == "floor" else rounded_up)(args[0]))
    value = args[0]
    for other in args[1:]:
        value = operation(name, value, other)
    return value
