"""What all shape relations share: how they wake, what they demand and how they fail."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from ..bounds import lower_bound
from ..store import Clause, Conflict, Store

Namer = Callable[[int], str]
NONE: Container[int] = frozenset()
"""No slot."""


class Relation:
    """Base. `node` is who states it; `says` its own headline when it fails, `blame` the argument at fault."""

    __slots__ = ("blame", "done", "help", "node", "rule", "says", "slots")
    default_rule = "size-mismatch"

    def __init__(
        self, node: Any, slots: tuple[int, ...], rule: str = "", says: str = "", blame: str = "", help: str = ""
    ) -> None:
        self.node = node
        self.slots = slots
        self.done = False
        self.rule = rule or self.default_rule
        self.says = says
        self.blame = blame
        self.help = help

    def fire(self, s: Store) -> None:
        raise NotImplementedError

    def words(self, name: Namer, of: int = -1) -> str:
        raise NotImplementedError

    def behind(self, slot: int, s: Store) -> tuple[int, ...]:
        """What suffices to know `slot`, which this relation gave its value."""
        slots = self.slots
        if len(slots) == 2:
            return (slots[0],) if slots[1] == slot else (slots[1],)
        return tuple(dict.fromkeys([x for x in slots if x != slot]))

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        """What it refuses otherwise, in words, where the slots that are `given` are fixed; empty where it only computes."""
        return ""

    def own(self) -> bool:
        """Whether numbers of the layer's own have a part in it, such as a kernel's size."""
        return False

    def fail(self, s: Store, message: str, found: str = "", expected: str = "") -> None:
        self.done = True
        s.conflicts.append(Conflict(self.rule, self.says or message, self, self.slots, self.blame, found, expected, self.help))

    def need(self, s: Store, left: Any, op: str, right: Any) -> None:
        s.clauses.append(Clause(left, op, right, self.rule, self, self.slots))

    def positive(self, s: Store, size: Any) -> None:
        """What follows must be a size: need it where that is not sure."""
        if type(size) is not int and (lower_bound(size) or 0) < 1:
            self.need(s, size, ">=", 1)


def signed(constant: Any) -> str:
    """What is added to a sum, as it is written behind it: ` + 3`, ` - 2`, nothing for 0."""
    words = str(constant)
    return "" if words == "0" else f" - {words[1:]}" if words[0] == "-" else f" + {words}"


def without(slots: tuple[int, ...], one: int) -> tuple[int, ...]:
    at = slots.index(one)
    return slots[:at] + slots[at + 1 :]


def post(s: Store, relation: Relation) -> None:
    """Let a relation act, and wake it later if it is not done."""
    relation.fire(s)
    if not relation.done:
        for slot in relation.slots:
            if s.known(slot) is None:
                s.watch.setdefault(s.root(slot), []).append(relation)
