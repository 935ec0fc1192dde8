"""What specs assert of the sizes of inputs: proved, refuted, a condition of the contract, or undecided."""

from __future__ import annotations

from functools import reduce
from typing import Any

from ...graph import Requirement
from ...shapes.bounds import compare, lower_bound, maximum, minimum, solve_single, upper_bound
from ...shapes.dims import Op, Sym
from ...shapes.dims import symbols as symbols_of
from ...shapes.expr import add, exact_div, floordiv, mod, mul, sub
from ...shapes.store import Clause, Conflict
from .input_shapes import Entering

OPERATIONS = {
    "+": add, "-": sub, "*": mul, "//": floordiv, "%": mod, "/": exact_div, "min": minimum, "max": maximum,
}  # fmt: skip


class Requirements:
    """Holds the requirements of a network against what inference has come to."""

    def __init__(self, run: Entering) -> None:
        self.run = run
        self.store = run.store
        self.undecided: list[str] = []

    def hold(self, requirement: Requirement) -> None:
        """State one requirement: part by part where it is several joined by `and`."""
        waits = sorted({s.name for s in mentioned(requirement.formula) if self.value(s) is None})
        if waits:
            self.undecided.append(f"'{requirement.says}', decided once {' and '.join(waits)} is known")
            return
        slots = tuple(self.run.symbols[s] for s in sorted(mentioned(requirement.formula), key=lambda s: (s.name, s.scope)))
        whole = requirement.formula
        for part in whole[1] if type(whole) is tuple and whole[0] == "and" else [whole]:
            try:
                self.part(part, requirement, slots)
            except Undividable:
                self.undecided.append(f"'{requirement.says}': a divisor in it is no number")

    def part(self, formula: Any, requirement: Requirement, slots: tuple[int, ...]) -> None:
        if formula is False:
            return self.refuse(requirement, slots)
        if formula[0] == "==":
            left, right = self.term(formula[1]), self.term(formula[2])
            verdict, op = compare(left, right), "=="
        else:
            left, right = self.ordered(formula)
            verdict, op = sign(sub(left, right)), ">="
        if verdict is False:
            return self.refuse(requirement, slots)
        if verdict is None:
            clause = Clause(left, op, right, "assert-failed", requirement, slots)
            self.store.clauses.append(clause)
            single = solve_single(left, right) if op == "==" else None
            if single is not None:
                self.store.bind(single[0], single[1], clause)

    def ordered(self, formula: Any) -> tuple[Any, Any]:
        """Two terms of which the first is at least the second exactly where a formula holds."""
        if formula[0] not in (">=", ">", "<=", "<"):
            return self.gap(formula), 0
        a, b = self.term(formula[1]), self.term(formula[2])
        more, less = (a, b) if formula[0][0] == ">" else (b, a)
        return more, less if formula[0][-1] == "=" else add(less, 1)

    def refuse(self, requirement: Requirement, slots: tuple[int, ...]) -> None:
        self.store.fail(Conflict("assert-failed", requirement.says, requirement, slots))

    def value(self, sym: Sym) -> Any:
        slot = self.run.symbols.get(sym)
        return None if slot is None else self.store.known(slot)

    def gap(self, formula: Any) -> Any:
        """A term that is at least 0 exactly where a formula holds: sizes are whole numbers."""
        op, *rest = formula
        if op in ("and", "or"):
            return reduce(minimum if op == "and" else maximum, [self.gap(part) for part in rest[0]])
        more = sub(self.term(rest[0]), self.term(rest[1]))
        less = sub(0, more)
        if op in ("==", "!="):
            return minimum(more, less) if op == "==" else sub(maximum(more, less), 1)
        return {">=": more, ">": sub(more, 1), "<=": less, "<": sub(less, 1)}[op]

    def term(self, size: Any) -> Any:
        """A size as written, as a term over the sizes of inputs."""
        if type(size) is Sym:
            return self.value(size)
        if type(size) is not Op:
            return size
        a, b = map(self.term, size.args)
        if size.op in ("//", "%") and (type(b) is not int or b < 1):
            raise Undividable
        if size.op == "/" and type(b) is int and b < 1:
            raise Undividable
        return OPERATIONS[size.op](a, b)


class Undividable(Exception):
    """A quotient or remainder by what is no positive number."""


def sign(term: Any) -> bool | None:
    """Whether a term is at least 0: for all sizes, for none, or it depends."""
    low, high = lower_bound(term), upper_bound(term)
    return True if low is not None and low >= 0 else False if high is not None and high < 0 else None


def mentioned(formula: Any) -> set[Sym]:
    """The symbols in a formula."""
    if type(formula) is not tuple:
        return set()
    op, *rest = formula
    return set().union(*(mentioned(p) for p in rest[0])) if op in ("and", "or") else symbols_of(rest[0]) | symbols_of(rest[1])
