"""What a layer asks of sizes: conditions on one symbol or over several, in words, and at given sizes."""

from __future__ import annotations

from typing import Any

from ...graph import Input, Requirement
from ...shapes import set_text as telling
from ...shapes import solving
from ...shapes.evaluation import evaluate
from ...shapes.expression_text import text
from ...shapes.normal import Expr
from ...shapes.sets import PeriodicSet
from ...shapes.store import Clause
from ..derivation.explain import node_of, span_of

Env = dict[str, int]


class Asked:
    """A condition with the layer that asks for it."""

    __slots__ = ("clause", "example")

    def __init__(self, clause: Clause, example: Env | None) -> None:
        self.clause = clause
        self.example = example  # sizes that break it

    @property
    def layer(self) -> str:
        node = node_of(self.clause.why)
        return node.name if node is not None else ""

    @property
    def span(self) -> Any:
        return span_of(self.clause.why)

    @property
    def says(self) -> str:
        """What the spec says to people of a condition that it asserts itself; empty for a layer's."""
        why = self.clause.why
        return why.says if isinstance(why, Requirement) else ""

    @property
    def written(self) -> str:
        """An asserted condition as the spec writes it; empty for a layer's, and for one of several that `and` joins."""
        return written(self.clause)

    def sides(self) -> tuple[int, int] | None:
        """What the two sides of an equality come to for the example."""
        if self.example is None or self.says or self.clause.op not in ("==", "|"):
            return None
        try:
            return evaluate(self.clause.left, self.example), evaluate(self.clause.right, self.example)
        except ValueError:
            return None


class Reason(Asked):
    """One layer's condition on one symbol, which narrows a set of sizes from `before` to `after`. `example` breaks it and nothing that
    was applied before."""

    __slots__ = ("_pattern", "after", "before", "symbol")

    def __init__(self, symbol: str, clause: Clause, before: PeriodicSet, after: PeriodicSet, example: int | None) -> None:
        super().__init__(clause, None if example is None else {symbol: example})
        self.symbol = symbol
        self.before = before
        self.after = after
        self._pattern = ""

    @property
    def pattern(self) -> str:
        """What it adds to the conditions before it, with {} for the symbol."""
        if not self._pattern:
            own = solving.solutions(self.clause.left, self.clause.op, self.clause.right, self.symbol)
            self._pattern = telling.added(self.before, own, self.after, "{}")
        return self._pattern

    @property
    def condition(self) -> str:
        return self.written or self.pattern.replace("{}", self.symbol)

    def like(self, other: Reason) -> bool:
        """Whether it is the same condition of the same layer on another symbol."""
        mine, theirs = list((self.example or {}).values()), list((other.example or {}).values())
        return (self.pattern, self.layer, mine) == (other.pattern, other.layer, theirs)


class Axis:
    """One rigid unknown: the input and axis it stands at, the sizes valid for all conditions on it alone, and why."""

    __slots__ = ("input", "place", "reasons", "sizes", "symbol")

    def __init__(self, symbol: str, entry: Input, place: int | None, sizes: PeriodicSet, reasons: list[Reason]) -> None:
        self.symbol = symbol
        self.input = entry
        self.place = place  # None: it stands in expressions only
        self.sizes = sizes
        self.reasons = reasons

    def text(self) -> str:
        return telling.text(self.sizes, self.symbol)

    def like(self, other: Axis) -> bool:
        """Whether its sizes and reasons are those of another axis."""
        return self.sizes.like(other.sizes) and len(self.reasons) == len(other.reasons) and all(
            a.like(b) for a, b in zip(self.reasons, other.reasons)
        )  # fmt: skip


class Condition(Asked):
    """A condition over several symbols, with sizes that break it."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return condition_text(self.clause)


def free(clause: Clause) -> frozenset[str]:
    """The symbols of a clause."""
    left, right = clause.left, clause.right
    a = left.symbols if type(left) is Expr else frozenset()
    return a | right.symbols if type(right) is Expr else a


def written(clause: Clause) -> str:
    why = clause.why
    return why.text if isinstance(why, Requirement) and why.formula[0] != "and" else ""


def condition_text(clause: Clause) -> str:
    """A clause to read, an asserted one as the spec writes it."""
    return written(clause) or clause_text(clause.left, clause.op, clause.right)


def clause_text(left: Any, op: str, right: Any) -> str:
    """A condition to read."""
    for whole, size in ((left, right), (right, left)) if op == "==" else ():
        if type(whole) is Expr and whole.kind == "broadcast" and size in whole.args:  # what is stretched to it at most
            other = text(whole.args[whole.args[0] is size])
            return f"{other} == {text(size)} or {other} == 1"
    a, b = text(left), text(right)
    if op == "%":
        return f"{a if a.isalnum() else f'({a})'} % {b if b.isalnum() else f'({b})'} == 0"
    if op == ">=" and type(left) is int:
        return f"{b} <= {a}"
    return f"{a} == {b} or {a} == 1 or {b} == 1" if op == "|" else f"{a} {op} {b}"


def holds(clause: Clause, env: Env) -> bool:
    """A clause at given sizes."""
    return solving.holds(clause.left, clause.op, clause.right, env)
