"""What specs assert of the sizes of inputs: proved, refuted, a condition of the contract, or undecided."""

from __future__ import annotations

from functools import reduce
from typing import Any

from ...graph import Requirement
from ...shapes.bounds import compare, lower_bound, maximum, minimum, solve_single, upper_bound
from ...shapes.dims import Sym
from ...shapes.dims import symbols as symbols_of
from ...shapes.expr import add, sub
from ...shapes.normal import Expr
from ...shapes.store import Clause, Conflict
from ...shapes.written_terms import NoSize, Undivided, once, term
from .input_shapes import Entering

ALWAYS, NEVER = 0, -1
"""What is at least 0 whatever the sizes are, and what never is."""


class Requirements:
    """Holds the requirements of a network against what inference has come to."""

    def __init__(self, run: Entering) -> None:
        self.run = run
        self.store = run.store

    def hold(self, requirement: Requirement, last: bool) -> bool:
        """State one requirement: part by part where it is several joined by `and`. False where it waits for a size that is not
        known; the `last` time it is said to be undecided then."""
        waits = sorted({s.name for s in mentioned(requirement.formula) if self.value(s) is None})
        if waits and last:
            self.undecided(requirement, once(waits))
        if waits:
            return False
        slots = tuple(self.run.symbols[s] for s in sorted(mentioned(requirement.formula), key=lambda s: (s.name, s.scope)))
        whole = requirement.formula
        for part in whole[1] if type(whole) is tuple and whole[0] == "and" else [whole]:
            try:
                self.part(part, requirement, slots)
            except NoSize as e:
                self.refuse(requirement, slots, str(e))
            except Undivided as e:
                self.undecided(requirement, str(e))
        return True

    def undecided(self, requirement: Requirement, reason: str) -> None:
        if all(told is not requirement for told, _ in self.store.undecided):
            self.store.undecided.append((requirement, reason))

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
        if formula[0][-1] == "=":
            return more, less
        return (more - 1, less) if type(more) is int else (more, add(less, 1))

    def refuse(self, requirement: Requirement, slots: tuple[int, ...], found: str = "") -> None:
        """A requirement that does not hold: of sizes that are given, or for all sizes of inputs."""
        open_ = any(type(self.store.value[self.store.root(slot)]) is Expr for slot in slots)
        rule = "no-valid-size" if open_ else "assert-failed"
        self.store.fail(Conflict(rule, requirement.says, requirement, slots, found=found))

    def value(self, sym: Sym) -> Any:
        slot = self.run.symbols.get(sym)
        return None if slot is None else self.store.known(slot)

    def gap(self, formula: Any) -> Any:
        """A term that is at least 0 exactly where a formula holds: sizes are whole numbers. A comparison that divides by less than
        1 does not hold. Raises Undivided where that decides."""
        op, *rest = formula
        if op in ("and", "or"):
            return self.joined(op, rest[0])
        try:
            left, right = map(self.term, rest)
        except NoSize:
            return NEVER
        same = compare(left, right) if op in ("==", "!=") else None
        if same is not None:
            return ALWAYS if same is (op == "==") else NEVER
        more, less = sub(left, right), sub(right, left)
        if op in ("==", "!="):
            return minimum(more, less) if op == "==" else sub(maximum(more, less), 1)
        return {">=": more, ">": sub(more, 1), "<=": less, "<": sub(less, 1)}[op]

    def joined(self, op: str, parts: Any) -> Any:
        """The same of a formula of several parts: one may decide the whole, and those that never do are left out."""
        ends = op == "or"
        gaps, late = [], None
        for part in parts:
            try:
                gap = self.gap(part)
            except Undivided as e:
                late = e
                continue
            verdict = sign(gap)
            if verdict is ends:
                return ALWAYS if ends else NEVER
            if verdict is None:
                gaps.append(gap)
        if late is not None:
            raise late
        return reduce(maximum if ends else minimum, gaps) if gaps else NEVER if ends else ALWAYS

    def term(self, size: Any) -> Any:
        """A size as written, as a term over the sizes of inputs."""
        return term(size, self.value)


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
