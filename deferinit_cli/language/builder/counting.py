"""How much a spec builds, counted before anything is built: a few lines can ask for more than any machine has."""

from __future__ import annotations

from ..compile.bodies import Body
from ..compile.items import Item
from ..compile.static_checks import nested
from ..expressions.references import Reference

MOST = 10**18
"""Counting goes no further: the counts of blocks in blocks have as many digits as there are blocks."""

DEPTH = 80
"""Nor deeper: building does not either."""


class Counter:
    """Counts layers, containers and block calls that are built for certain: what hangs on a value counts as none.

    A count is never above what building comes to, so that nothing is refused which could be built.
    """

    def __init__(self, most_copies: int) -> None:
        self.most_copies = most_copies
        self.bodies: dict[Body, int] = {}
        self.applied: dict[Item, int] = {}  # what an item adds where it is applied again
        self.named: dict[str, Item] = {}  # the items of the body being counted whose names nothing else in it has
        self.depth = 0

    def passing(self, items: list[Item], limit: int) -> tuple[Item, int] | None:
        """The item with which more than `limit` is built, and how much that is; None where all is within it."""
        total = 0
        self.named = alone(items)
        for item in items:
            total += self.item(item)
            if total > limit:
                return self.innermost(item, limit), total
        return None

    def innermost(self, item: Item, limit: int) -> Item:
        """In a container: the item in it that alone goes beyond the limit."""
        times = self.copies(item)
        for children in item.lists.values():
            for child in children:
                if times * self.item(child) > limit:
                    return self.innermost(child, limit // times)
        return item

    def item(self, item: Item) -> int:
        """What an item builds, in all its copies."""
        if item.broken or self.depth > DEPTH:
            return 0
        count = self.copies(item)
        return min(MOST, count * (1 + self.inside(item))) if count else 0

    def inside(self, item: Item) -> int:
        self.depth += 1
        try:
            if item.target is not None:
                return self.body(item.target)
            if item.apply is not None:
                return self.again(item.apply)
            return sum([self.item(child) for children in item.lists.values() for child in children])
        finally:
            self.depth -= 1

    def body(self, body: Body) -> int:
        """What one call of a block or file builds. Blocks that call themselves are refused before."""
        if body not in self.bodies:
            around, self.named = self.named, alone(body.items)
            self.bodies[body] = sum([self.item(item) for item in body.items])
            self.named = around
        return self.bodies[body]

    def again(self, reference: Reference) -> int:
        """What an `apply` builds; nothing where it takes building to tell which item it means."""
        item = self.named.get(reference.name) if not reference.parts else None
        if item is None:
            return 0
        if item not in self.applied:
            self.applied[item] = 0  # of itself, which is refused
            self.applied[item] = 1 + self.inside(item)
        return self.applied[item]

    def copies(self, item: Item) -> int:
        """How many copies of an item there are for certain; a count that is refused is told where it is built."""
        if "when" in item.modifiers and item.modifiers["when"][1].value is not True:
            return 0
        for name in ("repeat", "fanout"):
            if name in item.modifiers:
                count = item.modifiers[name][1].value
                return count if type(count) is int and 0 < count <= self.most_copies else 0
        return 1


def alone(items: list[Item]) -> dict[str, Item]:
    """The items of a body, at any level, by those names that only one of them has; nothing where none is applied."""
    found: dict[str, Item] = {}
    twice: set[str] = set()
    applies = False
    for item in nested(items):
        applies = applies or item.apply is not None
        if item.label in found:
            twice.add(item.label)
        found[item.label] = item
    return {name: item for name, item in found.items() if name not in twice} if applies else {}
