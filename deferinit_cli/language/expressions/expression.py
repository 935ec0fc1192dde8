"""The expression language: parsed once per text to a small tree, evaluated in a scope.

Lower-case names are variables, SYMBOLS are sizes; an expression that mentions symbols yields a size over them.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, Protocol

from ...problems import Problem
from ...shapes.dims import DIGITS, LARGEST, REST, UNKNOWN
from .calls import call
from .operations import FUNCTIONS, binary, fault, index, limited_list, truth

MAX_LENGTH = 500


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
YAML_WORDS = {**dict.fromkeys(("no", "on", "yes", "off", "true", "false"), "true or false"), "null": "null", "none": "null"}
"""What YAML tools or Python read as a value, in any case; here only true, false and null are, so that nobody need guess."""
KEYWORDS = ("if", "else", "and", "or", "not")
RESERVED = {*WORDS, *YAML_WORDS, *KEYWORDS, "_"}
"""Words that no variable may have for its name."""

Tree = tuple[Any, ...]


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """The tree of an expression; raises Problem."""
    if len(text) > MAX_LENGTH:
        raise fault("expression-too-long", f"an expression of {len(text)} characters", expected=f"at most {MAX_LENGTH}")
    if text.strip() == "~":
        raise not_a_word("~", "null")
    if "${" in text:
        raise fault("expression-syntax", "'${' is not part of the language", help="write the bare expression, e.g. 4*d")
    return _Parser(text).whole()


def not_a_word(text: str, meant: str) -> Problem:
    return fault("ambiguous-boolean", f"'{text}' is not a value here", text, meant, f"write {meant}", text)


ELSEWHERE = {"=": "write == to compare", "!": "write not", "&": "write and", "|": "write or", "^": "write ** for a power",
             "$": "write the bare expression, e.g. 4*d", "?": "write _ for an unknown size, a if c else b for a choice",
             "{": "write a list as [1, 2]"}  # fmt: skip
"""What other languages write, and what it is here."""


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
                odd = text[position:].strip()[:1]
                raise fault("expression-syntax", f"'{odd}' is not part of an expression", text, help=ELSEWHERE.get(odd, ""),
                            word=odd)  # fmt: skip
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
        help_ = ""
        if kind == "end" and wanted in ("')'", "']'"):
            help_ = 'an expression with a comma inside { } or [ ] needs quotes: "max(a, b)"'
        elif text == "[" or self.tokens[self.at - 1][1] == ".":
            help_ = "entries of a list are xs.0 or xs.(i)"
        return fault("expression-syntax", f"the expression breaks off at {found}", self.text, wanted and f"{wanted} here", help_,
                     text if kind != "end" else "")  # fmt: skip

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
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        if negative:
            return ("neg", self.power())
        return self.power()

    def power(self) -> Tree:
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
                value = ("index", value, self.number(text[1:]))
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
                            "YAML tools read it as octal or text", text)  # fmt: skip
            value = int(text)
            if value > LARGEST:
                raise fault("number-too-large", f"an integer of {len(str(value))} digits", expected=f"at most {DIGITS}",
                            word=text)  # fmt: skip
            return ("const", value)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if len(text) > 1 and text[0] == "0" and text[1].isdigit():
                raise fault("leading-zero", f"'{text}' has a leading zero", text, word=text)
            if math.isinf(number):
                raise fault("number-too-large", f"'{text}' is too large for a float", word=text)
            if number == 0 and re.search("[1-9]", text.lower().partition("e")[0]):
                raise fault("number-too-small", f"'{text}' is too small for a float", word=text)
            return ("const", number)
        if re.fullmatch(r"0[xXoObB][0-9a-fA-F]+", text):
            raise fault("number-format", f"'{text}' is not a decimal number", text, "a decimal number", word=text)
        raise fault(
            "number-format", f"'{text}' is not a number", text, "a number, or a name that starts with a letter", word=text
        )

    def name(self, text: str) -> Tree:
        if text in WORDS:
            return ("const", WORDS[text])
        if text == "_":
            return ("const", UNKNOWN)
        if text in KEYWORDS:
            self.at -= 1
            raise self.unexpected("a value")
        if text.lower() in YAML_WORDS:
            raise not_a_word(text, YAML_WORDS[text.lower()])
        if self.peek() == "(":
            return self.call(text)
        if SYMBOL.fullmatch(text):
            return ("symbol", text)
        return ("variable", text)

    def call(self, text: str) -> Tree:
        if text not in FUNCTIONS:
            from ...spelling import suggest

            raise fault("unknown-function", f"no function is called '{text}'", text, ", ".join(FUNCTIONS),
                        suggest(text, FUNCTIONS), text)  # fmt: skip
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
        return limited_list([evaluate(t, scope) for t in tree[1:]])
    if op == "index":
        return index(evaluate(tree[1], scope), evaluate(tree[2], scope))
    if op == "call":
        return call(tree[1], [evaluate(t, scope) for t in tree[2:]])
    if op == "neg":
        return binary("-", 0, evaluate(tree[1], scope))
    return binary(op, evaluate(tree[1], scope), evaluate(tree[2], scope))
