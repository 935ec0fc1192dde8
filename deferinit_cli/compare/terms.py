"""Shapes and formulas as text that can be read back: what a lock file holds, and when two sizes are the same."""

from __future__ import annotations

import re
from typing import Any

from ..shapes.bounds import compare, maximum, minimum
from ..shapes.expr import add, broadcast, ceildiv, exact_div, floordiv, mod, mul, sub
from ..shapes.expression_text import text
from ..shapes.normal import WRITTEN, Expr, Term, symbol
from ..shapes.scaling import scaled

REST = "..."
"""Stands in a shape for any number of dims."""

Shape = tuple[Any, ...]
"""Dims: an int, an Expr, None where nothing is known, or REST."""

_TOKEN = re.compile(
    r" *(\d{1,20}\.\d{1,20}(?:e-?\d{1,3})?|\d{1,20}e-\d{1,3}|\d{1,60}|…\([\w, \[\]-]*\)#[0-9a-f]{8}|\w+(?:\[-?\d{1,9}\])?"
    r"|//|\*\*|\.\.\.|[-+*/%(),?]|$)"
)
_NUMBER = re.compile(r"[\d.e-]+")
_CALLS = {"max": maximum, "min": minimum, "broadcast": broadcast}
_DEPTH = 40
_PRODUCTS = 2_000
"""Products of sums larger than this are not multiplied out to see whether two formulas are the same."""


def written(term: Any) -> str:
    """A size as text that `read_term` gives back: `?` unknown; what is too long to read ends in its digest."""
    if term is None:
        return "?"
    if type(term) is not Expr:
        return str(term)
    if term.size <= WRITTEN:
        shown = text(term)
        try:
            if same(read_term(shown), term):
                return shown
        except ValueError:
            pass
    return term.args[0] if opaque(term) else f"…({', '.join(sorted(term.symbols))})#{term.digest:08x}"


def written_shape(shape: Shape | None) -> str:
    """`(2, 20)`, `(256,)`, `()`, and `(...)` where even the rank is unknown."""
    parts = [REST] if shape is None else list(map(written, shape))
    return f"({parts[0]},)" if len(parts) == 1 and shape is not None else f"({', '.join(parts)})"


def opaque(term: Any) -> bool:
    """Whether a term stands for a formula that was too long to be written out."""
    return type(term) is Expr and term.kind == "sym" and term.args[0].startswith("…")


def same(a: Any, b: Any) -> bool:
    """Whether two sizes are equal for all values of their symbols; an unknown one equals only another."""
    if a is b or a == b:
        return True
    if a is None or b is None or REST in (a, b):
        return False
    if opaque(a) or opaque(b):
        return written(a) == written(b)
    if max(spread(a), spread(b)) > _PRODUCTS:
        return text(a) == text(b)
    return compare(a, b) is True


def same_shape(a: Shape | None, b: Shape | None) -> bool:
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(map(same, a, b))


def spread(term: Any) -> int:
    """How many products multiplying a formula out may give; stops counting past the limit."""
    if type(term) is not Expr or term.kind != "sum":
        return 1
    total = 0
    for factors, _ in term.args[1]:
        count = 1
        for f in factors:
            count *= spread(f)
            if count > _PRODUCTS:
                return count
        total += count
    return total + 1


def read_term(shown: str) -> Any:
    """The term of a formula, None for `?`; raises ValueError where it is none."""
    reader = Reader(shown)
    if reader.take("?"):
        term = None
    else:
        term = reader.sum()
    reader.end()
    return term


class Reader:
    """Reads formulas and shapes from one line, left to right."""

    def __init__(self, line: str, at: int = 0) -> None:
        self.line = line
        self.at = at
        self.depth = 0

    def peek(self) -> str:
        found = _TOKEN.match(self.line, self.at)
        if found is None:
            raise ValueError(f"column {self.at + 1}: {self.line[self.at : self.at + 12]!r} is no formula")
        return found.group(1)

    def next(self) -> str:
        found = _TOKEN.match(self.line, self.at)
        if found is None or not found.group(1):
            raise ValueError(f"column {self.at + 1}: a formula ends too early" if found else f"column {self.at + 1}: no formula")
        self.at = found.end()
        return found.group(1)

    def take(self, token: str) -> bool:
        if self.peek() == token:
            self.next()
            return True
        return False

    def need(self, token: str) -> None:
        if not self.take(token):
            raise ValueError(f"column {self.at + 1}: '{token}' is expected")

    def end(self) -> None:
        if self.peek():
            raise ValueError(f"column {self.at + 1}: {self.line[self.at : self.at + 12]!r} is left over")

    def shape(self) -> Shape | None:
        """`(2, H//2, ?)`; None for `(...)`."""
        self.need("(")
        dims: list[Any] = []
        while not self.take(")"):
            dims.append(REST if self.take(REST) else None if self.take("?") else self.sum())
            if not self.take(","):
                self.need(")")
                break
        if dims.count(REST) > 1 or len(dims) > 64:
            raise ValueError(f"column {self.at}: no shape has these dims")
        return None if dims == [REST] else tuple(dims)

    def sum(self) -> Term:
        self.depth += 1
        if self.depth > _DEPTH:
            raise ValueError(f"column {self.at + 1}: a formula of more than {_DEPTH} levels")
        out = mul(-1, self.product()) if self.take("-") else self.product()
        while self.peek() in ("+", "-"):
            out = add(out, self.product()) if self.next() == "+" else sub(out, self.product())
        self.depth -= 1
        return sized(out, self.at)

    def product(self) -> Term:
        out = self.power()
        while self.peek() in ("*", "/", "//", "%"):
            op, other = self.next(), self.power()
            if op == "*":
                out = sized(mul(out, other), self.at)
            elif op == "/" and other != 0:
                out = exact_div(out, other)
            elif op != "/" and type(other) is int and other > 0:
                out = floordiv(out, other) if op == "//" else mod(out, other)
            else:
                raise ValueError(f"column {self.at}: nothing is divided by this")
        return out

    def power(self) -> Term:
        out = base = self.factor()
        if self.take("**"):
            times = self.next()
            if not times.isdigit() or not 1 <= int(times) <= WRITTEN:
                raise ValueError(f"column {self.at}: '{times}' is no power")
            for _ in range(int(times) - 1):
                out = sized(mul(out, base), self.at)
        return out

    def factor(self) -> Term:
        token = self.next()
        if token == "(":
            out = self.sum()
            self.need(")")
            return out
        if token.isdigit():
            return int(token)
        if token[0].isdigit() or not (token[0].isalnum() or token[0] in "_…"):
            raise ValueError(f"column {self.at}: '{token}' is no size")
        if self.peek() != "(" or token[0] == "…":
            return symbol(token)
        return self.call(token)

    def call(self, name: str) -> Term:
        """`ceil(H/2)`, `max(a, b)`."""
        self.need("(")
        if name == "ceil":
            above = self.factor()
            self.need("/")
            below = self.factor()
            self.need(")")
            if type(below) is not int or below < 1:
                raise ValueError(f"column {self.at}: nothing is divided by this")
            return ceildiv(above, below)
        if name == "floor":
            return self.scaled()
        if name not in _CALLS:
            raise ValueError(f"column {self.at}: no function is called '{name}'")
        a = self.sum()
        self.need(",")
        b = self.sum()
        self.need(")")
        return _CALLS[name](a, b)

    def scaled(self) -> Term:
        """What is in the parentheses of `floor(0.7*H)`."""
        number = self.next()
        self.need("*")
        size = self.factor()
        self.need(")")
        if not _NUMBER.fullmatch(number):
            raise ValueError(f"column {self.at}: '{number}' is no scale")
        return scaled(size, float(number))


def sized(term: Term, at: int) -> Term:
    """The term, refused where it is longer than any that is written."""
    if type(term) is Expr and term.size > WRITTEN:
        raise ValueError(f"column {at}: a formula of more than {WRITTEN} symbols")
    return term
