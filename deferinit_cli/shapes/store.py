"""Slots: every dim of every value and parameter is an int id, with what is known of it and why.

Rigid unknowns (symbols, input dims) live inside values, as expressions true for every size; equating two of them
never merges them, it states a clause. Flexible unknowns (sizes left out) are slots without a value; equating two
merges them (union-find), and each is bound at most once. Every equality is kept, redundant ones too: they are what
explanations are made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bounds import compare, lower_bound, solve_single
from .dims import DIGITS, LARGEST
from .evaluation import substitute
from .normal import FACTORS, Expr
from .structural_text import plain

if TYPE_CHECKING:
    from .relations import Broadcast, Relation
    from .rows import Rest

Term = Any  # int | Expr; spelled Any to keep arithmetic on it plain


class Fact:
    """Something declared: `owner` is a node, input, parameter or assertion; `what` the argument or axis that says it."""

    __slots__ = ("owner", "what")

    def __init__(self, owner: Any, what: str | int) -> None:
        self.owner = owner
        self.what = what


class Clause:
    """A condition on rigid unknowns that must hold for the network to work: `left op right`, op in `== >= % |`.

    `%`: left is divisible by right. `|`: left and right may broadcast (equal, or one of them 1).
    """

    __slots__ = ("left", "op", "right", "rule", "slots", "why")

    def __init__(self, left: Term, op: str, right: Term, rule: str, why: Any, slots: tuple[int, ...]) -> None:
        self.left = left
        self.op = op
        self.right = right
        self.rule = rule
        self.why = why
        self.slots = slots

    def shares_symbols(self) -> bool:
        """Whether it says that two sizes are equal, or broadcast, and both depend on a common symbol."""
        a, b = self.left, self.right
        return self.op in ("==", "|") and type(a) is type(b) is Expr and not a.symbols.isdisjoint(b.symbols)


class Conflict:
    """Two things that cannot both hold. `why` is the relation, fact or edge at which it showed; `slots` take part."""

    __slots__ = ("blame", "expected", "found", "help", "message", "rule", "slots", "why")

    def __init__(
        self,
        rule: str,
        message: str,
        why: Any,
        slots: tuple[int, ...],
        blame: str = "",
        found: str = "",
        expected: str = "",
        help: str = "",
    ) -> None:
        self.rule = rule
        self.message = message
        self.why = why
        self.slots = slots
        self.blame = blame
        self.found = found
        self.expected = expected
        self.help = help


class Store:
    """All slots of one inference."""

    def __init__(self) -> None:
        self.value: list[Term | None] = []
        self.origin: list[Any] = []  # Fact or Relation that gives the slot its value; None: another slot does
        self.parent: dict[int, int] = {}
        self.watch: dict[int, list[Relation]] = {}
        self.edges: list[tuple[int, int, Any]] = []
        self.clauses: list[Clause] = []
        self.conflicts: list[Conflict] = []
        self.bound: dict[str, int] = {}  # rigid unknowns that can be only one number, with the clause that says so
        self.bound_by: dict[str, Clause] = {}
        self.queue: list[Relation] = []
        self.stalled: list[Relation] = []  # what divides by a size that has no number yet
        self.waiting: list[Rest] = []  # rests whose rank was just learned
        self.assumes = True  # whether a size left open is taken to be equal to one it broadcasts with
        self.left_out: list[int] = []  # sizes that the spec leaves to inference
        self.guesses: list[Broadcast] = []  # where that may be needed once all else has been said
        self.assumed: list[Broadcast] = []  # those that took sizes so for granted
        self.undecided: list[tuple[Any, str]] = []  # what is asserted and cannot be decided, with the reason
        self.assumed_more = False  # whether conditions were added only because of that
        self.choices: dict[int, tuple[int, int]] = {}  # unknown slots that are 1 or this size, and the slot that has it
        self.unfollowed: list[Relation] = []  # what came to formulas too long to work with: their sizes stay unknown

    def new(self, value: Term | None = None, origin: Any = None) -> int:
        """A new slot."""
        self.value.append(value)
        self.origin.append(origin)
        return len(self.value) - 1

    def root(self, slot: int) -> int:
        parent = self.parent
        while slot in parent:
            up = parent[slot]
            if up in parent:
                parent[slot] = parent[up]
            slot = up
        return slot

    def formula(self, slot: int) -> Term | None:
        """The value of a slot over the inputs' symbols, also those that can be one number only; or None."""
        v = self.value[slot]
        return self.value[self.root(slot)] if v is None and slot in self.parent else v

    def known(self, slot: int) -> Term | None:
        """The value of a slot, or None."""
        v = self.formula(slot)
        if self.bound and type(v) is Expr and not self.bound.keys().isdisjoint(v.symbols):
            v = substitute(v, self.bound)
        return v

    def assign(self, slot: int, value: Term, origin: Any = None) -> None:
        """Give a value to an unknown slot and wake what watches it. `origin` None: an edge already says why."""
        root = self.root(slot)
        self.value[root] = value
        if origin is not None:
            self.origin[slot] = origin
        woken = self.watch.pop(root, None)
        if woken:
            self.queue.extend(woken)

    def equal(self, a: int, b: int, why: Any) -> bool:
        """State that two slots are the same size; False when they cannot be."""
        if a == b:
            return True
        self.edges.append((a, b, why))
        va, vb = self.known(a), self.known(b)
        if va is None:
            if vb is None:
                self._merge(a, b)
            else:
                self.assign(a, vb)
        elif vb is None:
            self.assign(b, va)
        elif va is not vb and va != vb:
            return self.equate(va, vb, "size-mismatch", why, (a, b))
        return True

    def _merge(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        if a != b:
            self.parent[b] = a
            moved = self.watch.pop(b, None)
            if moved:
                self.watch.setdefault(a, []).extend(moved)
                self.queue.extend(moved)

    def settle(self, slot: int, value: Term, why: Any, rule: str = "size-mismatch") -> bool:
        """A relation has come to a value for a slot: bind it, or compare with what is known. No size is past LARGEST."""
        if value > LARGEST if type(value) is int else value.degree > FACTORS:
            return self.too_large(value, why)
        v = self.known(slot)
        if v is None:
            self.assign(slot, value, why)
            return True
        if v is value or v == value:
            if self.origin[slot] is None:
                self.origin[slot] = why
            return True
        return self.equate(v, value, rule, why, (slot,))

    def too_large(self, value: Term, why: Relation) -> bool:
        """What a relation came to is surely no size, which is a conflict, or a formula too long to tell: then it stays unknown."""
        if (lower_bound(value) or 0) <= LARGEST:
            self.unfollowed.append(why)
            return True
        shown = str(value) if type(value) is int and value < LARGEST**2 else f"a number of more than {DIGITS} digits"
        message = f"a size of more than {DIGITS} digits comes out"
        self.fail(Conflict("number-too-large", message, why, why.slots, why.blame, shown, f"at most {DIGITS} digits"))
        return False

    def choose(self, slot: int, size: int, owner: int) -> int | None:
        """An unknown slot is 1 or `size`, which is that of slot `owner`. The owner of another size that it would have to be
        just so, if there is one: then it is 1."""
        root = self.root(slot)
        known = self.choices.get(root)
        if known is None:
            self.choices[root] = (size, owner)
            self.queue.extend(r for r in self.watch.get(root, ()) if not r.done)
            return None
        return known[1] if known[0] != size else None

    def equate(self, left: Term, right: Term, rule: str, why: Any, slots: tuple[int, ...]) -> bool:
        """Two known values must be equal: proved, refuted (a conflict), or a clause on the rigid unknowns."""
        if type(left) is int and type(right) is int:
            verdict: bool | None = left == right
        else:
            verdict = compare(left, right)
        if verdict is False:
            self.conflicts.append(Conflict(rule, f"{left} is not {right}", why, slots, found=str(right), expected=str(left)))
            return False
        if verdict is None:
            clause = Clause(left, "==", right, rule, why, slots)
            self.clauses.append(clause)
            single = solve_single(left, right)
            if single is not None:
                self.bind(single[0], single[1], clause)
        return True

    def bind(self, name: str, number: int, clause: Clause) -> None:
        """A rigid unknown that can be only this number: from now on it reads as that."""
        self.bound[name] = number
        self.bound_by[name] = clause
        self.queue.extend(self.stalled)
        self.stalled = []

    def stall(self, relation: Relation) -> None:
        """Have a relation act again once a rigid unknown is found to be a number."""
        self.stalled.append(relation)

    def fail(self, conflict: Conflict) -> None:
        self.conflicts.append(conflict)

    def simpler(self, a: int, b: int) -> int:
        """Of two slots that are equal, the one whose value is easier to read."""
        if a == b:
            return a
        va, vb = self.known(a), self.known(b)
        if va is vb and va is not None:
            return a
        if type(va) is not Expr or type(vb) is not Expr:
            return b if type(va) is Expr or va is None else a
        return b if len(plain(vb)) < len(plain(va)) else a

    def run(self) -> None:
        """Let woken relations act until none is left."""
        queue = self.queue
        while queue:
            relation = queue.pop()
            if not relation.done:
                relation.fire(self)
