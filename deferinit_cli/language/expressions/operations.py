"""What expressions compute: exact ints, floats, lists, and sizes over symbols; every limit is told, never hit."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from ...problems import Problem
from ...shapes.dims import DIGITS, LARGEST, Op, Scaling, is_symbolic

MAX_EXPONENT = 64
MAX_ITEMS = 100_000
MAX_OPERATIONS = 250


def fault(rule: str, message: str, found: str = "", expected: str = "", help: str = "", word: str = "") -> Problem:
    return Problem(rule, message, "", found, expected, help, word)


def truth(value: Any) -> bool:
    if type(value) is not bool:
        raise fault("not-a-condition", f"{show(value)} is not true or false", show(value), "a comparison, true or false")
    return value


def index(value: Any, at: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise fault("not-a-list", f"{show(value)} cannot be indexed", show(value), "a list")
    if is_symbolic(at):
        raise fault("symbol-in-condition", f"'{at}' cannot choose an entry: it has no value yet", show(at),
                    help="symbols stand for sizes that only an input fixes")  # fmt: skip
    if type(at) is not int or not -len(value) <= at < len(value):
        raise fault("index-out-of-range", f"index {show(at)} of a list of {len(value)}", show(at),
                    f"{-len(value)} to {len(value) - 1}")  # fmt: skip
    return value[at]


def show(value: Any) -> str:
    from ...layers.core.arguments import show as shown

    return shown(value)


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def binary(op: str, a: Any, b: Any) -> Any:
    """An operation on two values; ints stay exact, symbols make sizes."""
    if is_symbolic(a) or is_symbolic(b):
        return symbolic(op, a, b)
    if op in ("==", "!="):
        return same(a, b) == (op == "==")
    if op == "+" and isinstance(a, list) and isinstance(b, list):
        return limited_list(a + b)
    if op == "*" and {type(a), type(b)} == {list, int}:
        items, times = (a, b) if isinstance(a, list) else (b, a)
        if len(items) * times > MAX_ITEMS:
            raise fault("list-too-long", f"a list of {len(items) * times} entries", expected=f"at most {MAX_ITEMS}")
        return items * times
    if not (is_number(a) and is_number(b)):
        wrong = b if is_number(a) else a
        help_ = f"a size is a whole number: write floor({wrong})" if type(wrong) is Scaling else ""
        raise fault("not-a-number", f"{show(a)} {op} {show(b)} cannot be computed", show(wrong), "numbers", help_)
    if op in _COMPARE:
        return _COMPARE[op](a, b)
    if b == 0 and op in ("/", "//", "%"):
        raise fault("division-by-zero", f"{show(a)} {op} 0 divides by zero")
    if op == "**":
        within_exponents(b)
        if a == 0 and b < 0:
            raise fault("division-by-zero", "0 to a negative power divides by zero")
    try:
        result = _ARITHMETIC[op](a, b)
    except OverflowError:
        result = math.inf
    return limited(result)


def within_exponents(n: Any) -> Any:
    if abs(n) > MAX_EXPONENT:
        raise fault("exponent-too-large", f"an exponent of {n}", str(n), f"at most {MAX_EXPONENT}")
    return n


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal; true is not 1."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) and (type(a) is bool) == (type(b) is bool)


def divide(a: Any, b: Any) -> Any:
    """`/`: an int where it divides exactly, else a float (an error where an int is needed)."""
    return a // b if type(a) is int and type(b) is int and a % b == 0 else a / b


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": divide,
    "//": lambda a, b: a // b, "%": lambda a, b: a % b, "**": lambda a, b: a**b,
}  # fmt: skip


def limited(value: Any) -> Any:
    if isinstance(value, complex):
        raise fault("not-a-number", "the result is not a real number")
    if isinstance(value, float) and (math.isinf(value) or math.isnan(value)):
        raise fault("number-too-large", "the result is too large for a float")
    if type(value) is int and abs(value) > LARGEST:
        raise fault("number-too-large", "the result is too large", expected=f"at most {DIGITS} digits")
    return value


def limited_list(value: list[Any]) -> list[Any]:
    """The list, unless it holds too much: lists of lists count with what is in them."""
    left, inside = MAX_ITEMS - len(value), [v for v in value if type(v) is list]
    while inside and left >= 0:
        inner = inside.pop()
        left -= len(inner)
        inside += [v for v in inner if type(v) is list]
    if left < 0:
        raise fault("list-too-long", f"a list of more than {MAX_ITEMS} entries", expected=f"at most {MAX_ITEMS}")
    return value


def symbolic(op: str, a: Any, b: Any) -> Any:
    """An operation in which a symbol takes part."""
    if op == "**" and type(b) is int and b > 0:
        return reduce(partial(symbolic, "*"), [a] * within_exponents(b))
    if op not in ("+", "-", "*", "//", "/", "%"):
        decided = "computed" if op == "**" else "decided"
        raise fault("symbol-in-condition", f"'{op}' cannot be {decided} for a symbol",
                    help="symbols stand for sizes that only an input fixes")  # fmt: skip
    if op == "*" and type(b) is float:
        a, b = b, a
    if op == "*" and type(a) is float and 0 < a <= LARGEST and is_symbolic(b):
        return Scaling(a, b)
    sizes(a, b)
    if op in ("//", "/", "%") and type(b) is int and b < 1:
        raise fault("division-by-zero", f"a symbol {op} {b}", str(b), "a positive int")
    if op in ("+", "*") and type(a) is int:
        a, b = b, a
    if (op in ("+", "-") and b == 0 and type(b) is int) or (op in ("*", "//", "/") and b == 1 and type(b) is int):
        return a
    return operation(op, a, b)


def operation(op: str, a: Any, b: Any) -> Any:
    """An operation over symbols, unless it and what is in it are too many: block calls can pile them up."""
    return short(Op(op, a, b))


def short(size: Any) -> Any:
    """A size, unless it takes too many operations."""
    if type(size) is Op and size.weight > MAX_OPERATIONS:
        raise fault("expression-too-long", f"more than {MAX_OPERATIONS} operations over symbols in one size")
    return size


def sizes(*values: Any) -> None:
    """What takes part in an expression over symbols is a size too."""
    for v in values:
        if not is_symbolic(v) and type(v) is not int:
            raise fault("not-a-size", f"{show(v)} cannot be computed with a symbol", show(v), "an int")


def numbers(args: tuple[Any, ...]) -> list[Any]:
    values = list(args[0]) if len(args) == 1 and isinstance(args[0], list) else list(args)
    if not values or not all(map(is_number, values)):
        raise ValueError
    return values


def ceil_to(x: Any, m: Any) -> int:
    if type(m) is not int or m < 1 or not is_number(x):
        raise ValueError
    return math.ceil(Fraction(x) / m) * m  # x / m as a float could be rounded down to a whole number


def broadcast(a: Any, b: Any) -> Any:
    """The common size of two that are equal, or of which one is 1."""
    if type(a) is not int or type(b) is not int or (a != b and 1 not in (a, b)):
        raise ValueError
    return b if a == 1 else a


def number_of(x: Any) -> Any:
    if not is_number(x):
        raise ValueError
    return x


def length(x: Any) -> int:
    if not isinstance(x, list):
        raise ValueError
    return len(x)


def half_up(x: Any) -> int:
    """The nearest int, halves up; x + 0.5 would be rounded itself."""
    low: int = math.floor(x)
    return low + 1 if x - low >= 0.5 else low


def whole_log2(x: Any) -> Any:
    """An int where the number is a power of two."""
    return x.bit_length() - 1 if type(x) is int and x > 0 and x & (x - 1) == 0 else math.log2(x)


def square_root(x: Any) -> Any:
    root = math.sqrt(number_of(x))
    return int(root) if type(x) is int and math.isqrt(x) ** 2 == x else root


FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "min": (lambda *a: min(numbers(a)), 1, 99),
    "max": (lambda *a: max(numbers(a)), 1, 99),
    "abs": (lambda x: abs(number_of(x)), 1, 1),
    "len": (length, 1, 1),
    "sum": (lambda *a: sum(numbers(a)) if a != ([],) else 0, 1, 99),
    "round": (lambda x: half_up(number_of(x)), 1, 1),
    "floor": (lambda x: math.floor(number_of(x)), 1, 1),
    "ceil": (lambda x: math.ceil(number_of(x)), 1, 1),
    "sqrt": (square_root, 1, 1),
    "log2": (lambda x: whole_log2(number_of(x)), 1, 1),
    "int": (lambda x: int(number_of(x)), 1, 1),
    "ceil_to": (ceil_to, 2, 2),
    "broadcast": (broadcast, 2, 2),
}
"""Functions by name, with how few and how many arguments they take."""
