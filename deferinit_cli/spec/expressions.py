"""The expression language: parsed once per text to a small tree, evaluated in a scope.

Lower-case names are variables, SYMBOLS are sizes; an expression that mentions symbols yields a size over them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from ..problems import Problem
from ..shapes.dims import REST, UNKNOWN, Op, is_symbolic

MAX_LENGTH = 500
MAX_EXPONENT = 64
MAX_DIGITS = 18
LIMIT = 10**MAX_DIGITS
MAX_ITEMS = 100_000


class Scope(Protocol):
    """What an expression may read."""

    def variable(self, name: str) -> Any: ...
    def symbol(self, name: str) -> Any: ...


_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[A-Za-z_0-9]*)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<op>\.\.\.|\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],.]))"
)
_INT = re.compile(r"[0-9](_?[0-9])*")
_FLOAT = re.compile(r"([0-9](_?[0-9])*(\.([0-9](_?[0-9])*)?)?|\.[0-9](_?[0-9])*)([eE][+-]?[0-9]+)?")
SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*")
WORDS = {"true": True, "false": False, "null": None}
YAML_BOOLS = {"no", "on", "yes", "off"}

Tree = tuple[Any, ...]


def fault(rule: str, message: str, found: str = "", expected: str = "", help: str = "") -> Problem:
    return Problem(rule, message, "", found, expected, help)


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """The tree of an expression; raises Problem."""
    if len(text) > MAX_LENGTH:
        raise fault("expression-too-long", f"an expression of {len(text)} characters", expected=f"at most {MAX_LENGTH}")
    stripped = text.strip()
    if stripped.lower() in YAML_BOOLS and stripped.lower() not in ("y", "n"):
        raise fault("ambiguous-boolean", f"'{stripped}' is not a value here", stripped, "true or false",
                    "write true or false")  # fmt: skip
    if "${" in text:
        raise fault("expression-syntax", "'${' is not part of the language", help="write the bare expression, e.g. 4*d")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.depth = 0
        position = 0
        text = text.rstrip()
        while position < len(text):
            m = _TOKEN.match(text, position)
            if m is None:
                raise fault("expression-syntax", f"'{text[position:].strip()[:1]}' is not part of an expression", text)
            self.tokens.append((str(m.lastgroup), m.group(str(m.lastgroup))))
            position = m.end()
        self.tokens.append(("end", ""))

    def peek(self) -> str:
        kind, text = self.tokens[self.at]
        return text if kind in ("op", "name") else ""

    def take(self, *texts: str) -> str:
        if self.peek() in texts:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.unexpected(f"'{text}'")

    def unexpected(self, wanted: str = "") -> Problem:
        kind, text = self.tokens[self.at]
        found = f"'{text}'" if kind != "end" else "its end"
        return fault("expression-syntax", f"the expression breaks off at {found}", self.text, wanted and f"{wanted} here")

    def whole(self) -> Tree:
        tree = self.ternary()
        if self.tokens[self.at][0] != "end":
            raise self.unexpected()
        return tree

    def ternary(self) -> Tree:
        self.depth += 1
        if self.depth > 64:
            raise fault("expression-too-deep", "the expression is nested too deeply")
        value = self.logical_or()
        if self.take("if"):
            condition = self.logical_or()
            self.expect("else")
            value = ("if", condition, value, self.ternary())
        self.depth -= 1
        return value

    def logical_or(self) -> Tree:
        value = self.logical_and()
        while self.take("or"):
            value = ("or", value, self.logical_and())
        return value

    def logical_and(self) -> Tree:
        value = self.logical_not()
        while self.take("and"):
            value = ("and", value, self.logical_not())
        return value

    def logical_not(self) -> Tree:
        if self.take("not"):
            return ("not", self.logical_not())
        return self.comparison()

    def comparison(self) -> Tree:
        value = self.sum()
        op = self.take("==", "!=", "<=", ">=", "<", ">")
        if not op:
            return value
        parts: list[Tree] = []
        while op:
            right = self.sum()
            parts.append((op, value, right))
            value = right
            op = self.take("==", "!=", "<=", ">=", "<", ">")
        tree = parts[0]
        for part in parts[1:]:
            tree = ("and", tree, part)
        return tree

    def sum(self) -> Tree:
        value = self.term()
        while op := self.take("+", "-"):
            value = (op, value, self.term())
        return value

    def term(self) -> Tree:
        value = self.unary()
        while op := self.take("*", "//", "/", "%"):
            value = (op, value, self.unary())
        return value

    def unary(self) -> Tree:
        if self.take("-"):
            return ("neg", self.unary())
        if self.take("+"):
            return self.unary()
        base = self.postfix()
        if self.take("**"):
            return ("**", base, self.unary())
        return base

    def postfix(self) -> Tree:
        value = self.atom()
        while True:
            kind, text = self.tokens[self.at]
            if kind == "number" and text[0] == "." and _INT.fullmatch(text[1:]):  # xs.0
                self.at += 1
                value = ("index", value, ("const", int(text[1:])))
            elif self.take("."):
                self.expect("(")
                value = ("index", value, self.ternary())
                self.expect(")")
            else:
                return value

    def atom(self) -> Tree:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return self.number(text)
        if kind == "text":
            return ("const", text[1:-1])
        if text == "(":
            value = self.ternary()
            self.expect(")")
            return value
        if text == "[":
            items = []
            while not self.take("]"):
                items.append(self.ternary())
                if not self.take(","):
                    self.expect("]")
                    break
            return ("list", *items)
        if text == "...":
            return ("const", REST)
        if kind == "name":
            return self.name(text)
        self.at -= 1
        raise self.unexpected("a value")

    def number(self, text: str) -> Tree:
        if _INT.fullmatch(text):
            if len(text) > 1 and text[0] == "0":
                raise fault("leading-zero", f"'{text}' has a leading zero", text, text.lstrip("0_") or "0",
                            "YAML tools read it as octal or text")  # fmt: skip
            value = int(text)
            if value >= LIMIT:
                raise fault("number-too-large", f"an integer of {len(str(value))} digits", expected=f"at most {MAX_DIGITS}")
            return ("const", value)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if len(text) > 1 and text[0] == "0" and text[1].isdigit():
                raise fault("leading-zero", f"'{text}' has a leading zero", text)
            if math.isinf(number):
                raise fault("number-too-large", f"'{text}' is too large for a float")
            return ("const", number)
        if re.fullmatch(r"0[xXoObB][0-9a-fA-F]+", text):
            raise fault("number-format", f"'{text}' is not a decimal number", text, "a decimal number")
        raise fault("number-format", f"'{text}' is not a number", text, "a number, or a name that starts with a letter")

    def name(self, text: str) -> Tree:
        if text in WORDS:
            return ("const", WORDS[text])
        if text == "_":
            return ("const", UNKNOWN)
        if text in ("if", "else", "and", "or", "not"):
            self.at -= 1
            raise self.unexpected("a value")
        if self.peek() == "(":
            return self.call(text)
        if SYMBOL.fullmatch(text):
            return ("symbol", text)
        return ("variable", text)

    def call(self, text: str) -> Tree:
        if text not in FUNCTIONS:
            from ..layers.arguments import suggest

            raise fault("unknown-function", f"no function is called '{text}'", text, ", ".join(FUNCTIONS),
                        suggest(text, FUNCTIONS))  # fmt: skip
        self.expect("(")
        args = []
        while not self.take(")"):
            args.append(self.ternary())
            if not self.take(","):
                self.expect(")")
                break
        return ("call", text, *args)


def constant(tree: Tree) -> bool:
    """Whether a tree reads nothing from its scope."""
    if tree[0] == "const":
        return True
    if tree[0] in ("variable", "symbol"):
        return False
    return all(constant(t) for t in tree[1:] if isinstance(t, tuple))


def variables(tree: Tree) -> set[str]:
    """The variables a tree reads."""
    if tree[0] == "variable":
        return {tree[1]}
    return set().union(*(variables(t) for t in tree[1:] if isinstance(t, tuple)))


def evaluate(tree: Tree, scope: Scope) -> Any:
    """The value of a tree; raises Problem."""
    op = tree[0]
    if op == "const":
        return tree[1]
    if op == "variable":
        return scope.variable(tree[1])
    if op == "symbol":
        return scope.symbol(tree[1])
    if op == "if":
        return evaluate(tree[2] if truth(evaluate(tree[1], scope)) else tree[3], scope)
    if op == "and":
        return truth(evaluate(tree[1], scope)) and truth(evaluate(tree[2], scope))
    if op == "or":
        return truth(evaluate(tree[1], scope)) or truth(evaluate(tree[2], scope))
    if op == "not":
        return not truth(evaluate(tree[1], scope))
    if op == "list":
        return [evaluate(t, scope) for t in tree[1:]]
    if op == "index":
        return index(evaluate(tree[1], scope), evaluate(tree[2], scope))
    if op == "call":
        return call(tree[1], [evaluate(t, scope) for t in tree[2:]])
    if op == "neg":
        return binary("-", 0, evaluate(tree[1], scope))
    return binary(op, evaluate(tree[1], scope), evaluate(tree[2], scope))


def truth(value: Any) -> bool:
    if type(value) is not bool:
        raise fault("not-a-condition", f"{show(value)} is not true or false", show(value), "a comparison, true or false")
    return value


def index(value: Any, at: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise fault("not-a-list", f"{show(value)} cannot be indexed", show(value), "a list")
    if type(at) is not int or not -len(value) <= at < len(value):
        raise fault("index-out-of-range", f"index {show(at)} of a list of {len(value)}", show(at),
                    f"{-len(value)} to {len(value) - 1}")  # fmt: skip
    return value[at]


def show(value: Any) -> str:
    from ..layers.arguments import show as shown

    return shown(value)


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def binary(op: str, a: Any, b: Any) -> Any:
    """An operation on two values; ints stay exact, symbols make sizes."""
    if is_symbolic(a) or is_symbolic(b):
        return symbolic(op, a, b)
    if op in ("==", "!="):
        return (a == b) == (op == "==")
    if op == "+" and isinstance(a, list) and isinstance(b, list):
        return limited_list(a + b)
    if op == "*" and {type(a), type(b)} == {list, int}:
        items, times = (a, b) if isinstance(a, list) else (b, a)
        if len(items) * times > MAX_ITEMS:
            raise fault("list-too-long", f"a list of {len(items) * times} entries", expected=f"at most {MAX_ITEMS}")
        return items * times
    if not (is_number(a) and is_number(b)):
        wrong = b if is_number(a) else a
        raise fault("not-a-number", f"{show(a)} {op} {show(b)} cannot be computed", show(wrong), "numbers")
    if op in _COMPARE:
        return _COMPARE[op](a, b)
    if b == 0 and op in ("/", "//", "%"):
        raise fault("division-by-zero", f"{show(a)} {op} 0 divides by zero")
    if op == "**":
        if abs(b) > MAX_EXPONENT:
            raise fault("exponent-too-large", f"an exponent of {b}", str(b), f"at most {MAX_EXPONENT}")
        if a == 0 and b < 0:
            raise fault("division-by-zero", "0 to a negative power divides by zero")
    try:
        result = _ARITHMETIC[op](a, b)
    except OverflowError:
        result = math.inf
    return limited(result)


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
    if type(value) is int and abs(value) >= LIMIT:
        raise fault("number-too-large", "the result is too large", expected=f"at most {MAX_DIGITS} digits")
    return value


def limited_list(value: list[Any]) -> list[Any]:
    if len(value) > MAX_ITEMS:
        raise fault("list-too-long", f"a list of {len(value)} entries", expected=f"at most {MAX_ITEMS}")
    return value


def symbolic(op: str, a: Any, b: Any) -> Any:
    """An operation in which a symbol takes part."""
    if op not in ("+", "-", "*", "//", "/", "%"):
        raise fault(
            "symbol-in-condition",
            f"'{op}' cannot be decided for a symbol",
            help="symbols stand for sizes that only an input fixes",
        )
    for v in (a, b):
        if not is_symbolic(v) and type(v) is not int:
            raise fault("not-a-size", f"{show(v)} cannot be computed with a symbol", show(v), "an int")
    if op in ("//", "/", "%") and type(b) is int and b < 1:
        raise fault("division-by-zero", f"a symbol {op} {b}", str(b), "a positive int")
    if op in ("+", "*") and type(a) is int:
        a, b = b, a
    if (op in ("+", "-") and b == 0 and type(b) is int) or (op in ("*", "//", "/") and b == 1 and type(b) is int):
        return a
    return Op(op, a, b)


def call(name: str, args: list[Any]) -> Any:
    function, low, high = FUNCTIONS[name]
    if not low <= len(args) <= high:
        raise fault("wrong-arguments", f"{name} takes {low if low == high else f'{low} or more'} arguments, not {len(args)}")
    if any(map(is_symbolic, args)):
        if name in ("min", "max") and len(args) == 2:
            return Op(name, args[0], args[1])
        if name == "ceil_to":
            return Op("*", Op("//", Op("+", args[0], args[1] - 1), args[1]), args[1])
        raise fault("symbol-in-condition", f"{name} cannot be computed for a symbol")
    try:
        return limited(function(*args))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise fault("wrong-arguments", f"{name}({', '.join(map(show, args))}) cannot be computed") from None


def numbers(args: tuple[Any, ...]) -> list[Any]:
    values = list(args[0]) if len(args) == 1 and isinstance(args[0], list) else list(args)
    if not values or not all(map(is_number, values)):
        raise ValueError
    return values


def ceil_to(x: Any, m: Any) -> int:
    if type(m) is not int or m < 1 or not is_number(x):
        raise ValueError
    return math.ceil(x / m) * m if isinstance(x, float) else -(-x // m) * m


def number_of(x: Any) -> Any:
    if not is_number(x):
        raise ValueError
    return x


def length(x: Any) -> int:
    if not isinstance(x, list):
        raise ValueError
    return len(x)


def square_root(x: Any) -> Any:
    root = math.sqrt(number_of(x))
    return int(root) if type(x) is int and math.isqrt(x) ** 2 == x else root


FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "min": (lambda *a: min(numbers(a)), 1, 99),
    "max": (lambda *a: max(numbers(a)), 1, 99),
    "abs": (lambda x: abs(number_of(x)), 1, 1),
    "len": (length, 1, 1),
    "sum": (lambda *a: sum(numbers(a)) if a != ([],) else 0, 1, 99),
    "round": (lambda x: math.floor(number_of(x) + 0.5) if isinstance(x, float) else number_of(x), 1, 1),
    "floor": (lambda x: math.floor(number_of(x)), 1, 1),
    "ceil": (lambda x: math.ceil(number_of(x)), 1, 1),
    "sqrt": (square_root, 1, 1),
    "log2": (lambda x: math.log2(number_of(x)), 1, 1),
    "int": (lambda x: int(number_of(x)), 1, 1),
    "ceil_to": (ceil_to, 2, 2),
}
"""Functions by name, with how few and how many arguments they take."""
