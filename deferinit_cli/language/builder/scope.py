"""Scopes of one reading: values by name, symbols by call, and what references may name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...problems import Problem
from ...shapes.dims import Sym
from ...spelling import suggest
from ..source.tree import Placed

if TYPE_CHECKING:
    from ..compile.items import Item
    from .context import Context


class Values:
    """Variables, arguments and indices that an expression sees; symbols belong to a call (`scope` numbers them)."""

    __slots__ = ("call", "names", "outer")

    def __init__(self, names: dict[str, Any], outer: Values | None, call: int | None) -> None:
        self.names = names
        self.outer = outer
        self.call = call  # None: symbols make no sense here

    def has_variable(self, name: str) -> bool:
        at: Values | None = self
        while at is not None:
            if name in at.names:
                return True
            at = at.outer
        return False

    def variable(self, name: str) -> Any:
        at: Values | None = self
        while at is not None:
            if name in at.names:
                return at.names[name]
            at = at.outer
        known = self.all_names()
        raise Problem("unknown-name", f"unknown name '{name}'", found=name,
                      expected=f"a variable: {', '.join(known[:100])}" if known else "",
                      help=suggest(name, known) or "quote it if it is text", word=name)  # fmt: skip

    def symbol(self, name: str) -> Any:
        if self.call is None:
            raise Problem("symbol-in-condition", f"the symbol {name} has no value yet", found=name,
                          help="when, repeat, fanout, vars and indices are decided before any input is known", word=name)  # fmt: skip
        return Sym(name, self.call)

    def without_symbols(self) -> Values:
        return Values({}, self, None)

    def all_names(self) -> list[str]:
        out: dict[str, None] = {}
        at: Values | None = self
        while at is not None:
            out.update(dict.fromkeys(at.names))
            at = at.outer
        return list(out)


class Entry:
    """What a name in a list of layers stands for. `values` is None once something about it was wrong."""

    __slots__ = ("apart", "at", "building", "copies", "made", "parts", "removed", "values")

    def __init__(self, values: tuple[int, ...] | None, at: Placed | None = None) -> None:
        self.values = values
        self.parts: Parts = NOTHING  # sides, branches, items of a named container
        self.copies: list[Entry] | None = None  # of a repeat or fanout
        self.removed = False  # by its `when`, or because its repeat is 0
        self.building = False  # not complete yet: what stands in it may name its parts, not itself
        self.made: Made | None = None
        self.at = at
        self.apart = False  # built again: even an unnamed container keeps its names to itself

    @property
    def faulty(self) -> bool:
        """Whether something about it was wrong, which has been told: what hangs on it stays silent."""
        return self.values is None and not self.building and not self.removed

    def set_copies(self, count: int) -> list[Entry]:
        """Say how many copies there are, before any is built."""
        self.copies = [Entry(None, self.at) for _ in range(count)]
        self.set_building(True)
        return self.copies

    def set_building(self, building: bool) -> None:
        """Say whether it and its copies are still being built."""
        for entry in (self, *(self.copies or ())):
            entry.building = building

    def place(self, part: Any) -> Any:
        """A part of a reference as errors name it: of copies, counted from the first."""
        return part + len(self.copies) if self.copies is not None and type(part) is int and part < 0 else part

    @property
    def line(self) -> int:
        """Where its layer stands; 0 for an input."""
        return self.at.line if self.at is not None else 0


Made = tuple["Item", "Context", int, int]
"""How an entry was made: item, context, first node and the one after the last."""
Parts = dict[str, Entry]
"""Entries by name."""
NOTHING: Parts = {}


def levels(name: str) -> list[int | str]:
    """The parts of a name that holds dots, as a reference has them: numbers as ints."""
    return [int(part) if part.isdigit() and str(int(part)) == part else part for part in name.split(".")]


def longest(entries: Parts, name: str, path: Sequence[int | str]) -> tuple[Entry, int] | None:
    """The entry with the longest name that `name` and the first parts of `path` make, and how many parts those are."""
    for used in range(len(path), 0, -1):
        found = entries.get(".".join((name, *map(str, path[:used]))))
        if found is not None:
            return found, used
    return (entries[name], 0) if name in entries else None


def pick(at: Entry, path: Sequence[int | str]) -> tuple[Entry, int] | None:
    """What the first parts of a path name in an entry (a copy, a named part, one of several values), and how many parts those are."""
    first = path[0]
    if isinstance(first, int) and at.copies is not None:
        return (at.copies[first], 1) if -len(at.copies) <= first < len(at.copies) else None
    found = longest(at.parts, str(first), path[1:])
    if found is not None:
        return found[0], found[1] + 1
    if isinstance(first, int) and at.values is not None and -len(at.values) <= first < len(at.values):
        return Entry((at.values[first],), at.at), 1
    return None


def descend(at: Entry | None, path: Sequence[int | str]) -> Entry | None:
    """What a whole path names in an entry; None where there is nothing of that name."""
    while at is not None and path:
        picked = pick(at, path)
        at, path = (picked[0], path[picked[1] :]) if picked is not None else (None, ())
    return at


class Names:
    """The layers and inputs that a reference may name: those of one list, then of the lists around it."""

    __slots__ = ("dotted", "entries", "outer")

    def __init__(self, outer: Names | None) -> None:
        self.entries: Parts = {}
        self.dotted: list[str] = []  # the names among them that hold dots
        self.outer = outer

    def find(self, name: str, path: Sequence[int | str] = ()) -> tuple[Entry, int] | None:
        """The entry with the longest name that `name` and the first parts of `path` make, and how many parts those are."""
        at: Names | None = self
        while at is not None:
            found = longest(at.entries, name, path)
            if found is not None:
                return found
            at = at.outer
        return None

    def already(self, name: str) -> Entry | None:
        """What a name that holds dots names in this list before an item of that name is there: a part of an earlier item."""
        first, *rest = levels(name)
        found = longest(self.entries, str(first), rest)
        if found is None:
            return None
        return descend(found[0], rest[found[1] :])

    def starting(self, name: str) -> list[str]:
        """The names whose first level this is, and which hold more levels."""
        at: Names | None = self
        out: list[str] = []
        while at is not None:
            out += [dotted for dotted in at.dotted if dotted.startswith(f"{name}.")]
            at = at.outer
        return out

    def known(self) -> list[str]:
        """What a reference may name: nothing that is removed, nor what is still being built."""
        out: dict[str, None] = {}
        at: Names | None = self
        while at is not None:
            out.update({n: None for n, e in at.entries.items() if not e.removed and not e.building})
            at = at.outer
        return list(out)
