"""What fits known shapes: families of input sizes and arguments as boxes, in an order to read in."""

from __future__ import annotations

from typing import Any, Union

from ...problems import Diagnostic
from ...shapes import set_text as telling
from ...shapes.sets import Piece
from ..domains.conditions import clause_text
from ..domains.domain_reduction import Relate
from ..propagation.open_arguments import Opening
from ..propagation.resolved import Resolved

USUAL = (28, 32, 64, 96, 128, 224, 256, 299, 384, 512)
"""Sizes of images that people use."""


class Range:
    """Sizes from low to high (None: without end); `text` where they are told by a formula."""

    __slots__ = ("high", "low", "text")

    def __init__(self, low: int, high: int | None, text: str = "") -> None:
        self.low = low
        self.high = high
        self.text = text

    def __eq__(self, other: object) -> bool:
        return type(other) is Range and (other.low, other.high, other.text) == (self.low, self.high, self.text)

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.text))

    def __str__(self) -> str:
        return self.text or telling.span(self.low, self.high)


class Choice:
    """Several values of an argument that fit equally well."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return type(other) is Choice and other.values == self.values

    def __hash__(self) -> int:
        return hash(self.values)


Value = Union[int, bool, "tuple[Any, ...]", Range, Choice]
"""What an argument may be: a number, a flag, one per axis, a size of a range, or one of several."""


class Box:
    """One family of solutions: a regular piece of sizes per symbol and values of arguments, freely combined."""

    __slots__ = ("arguments", "oddity", "relates", "shapes", "symbols")

    def __init__(self, symbols: dict[str, Piece], arguments: dict[str, Value], relates: list[Relate], oddity: int = 0) -> None:
        self.symbols = symbols
        self.arguments = arguments
        self.relates = relates  # what sizes of several symbols satisfy besides
        self.oddity = oddity
        self.shapes: dict[str, list[Range | None]] = {}  # of the inputs' axes; None for a stretch of unknown length

    @property
    def count(self) -> int | None:
        """How many solutions it holds; None when there is no end."""
        total = 1
        for p in self.symbols.values():
            n = p.count()
            if n is None:
                return None
            total *= n
        for v in self.arguments.values():
            if type(v) is Range and not v.text:
                if v.high is None:
                    return None
                total *= v.high - v.low + 1
            elif type(v) is Choice:
                total *= len(v.values)
        return total

    @property
    def conditions(self) -> list[str]:
        return [clause_text(c.left, c.op, c.right) for c in self.relates]

    def holds(self, sizes: dict[str, int]) -> bool:
        """Whether sizes, one per symbol, are among its solutions."""
        return all(p.contains(sizes[s]) for s, p in self.symbols.items()) and all(c.holds(sizes) for c in self.relates)

    @property
    def residues(self) -> list[str]:
        """Conditions on symbols that their ranges do not say: `H % 2 == 0`."""
        return [telling.congruence(p, name) for name, p in self.symbols.items() if p.modulus > 1]

    def square(self) -> tuple[int, int | None] | None:
        """The sizes that the last two axes of the first image-like input share, if any."""
        for ranges in self.shapes.values():
            if len(ranges) >= 4:
                a, b = ranges[-2], ranges[-1]
                if a is None or b is None:
                    return None
                low = max(a.low, b.low)
                high = a.high if b.high is None else b.high if a.high is None else min(a.high, b.high)
                return (low, high) if high is None or low <= high else None
        return None

    def expanded(self) -> list[Box]:
        """The same, a box for each of several values that fit alike."""
        out = [self]
        for name, v in self.arguments.items():
            if type(v) is Choice:
                out = [b.with_value(name, x) for b in out for x in v.values]
        return out

    def with_value(self, name: str, value: Any) -> Box:
        box = Box(self.symbols, {**self.arguments, name: value}, self.relates, self.oddity)
        box.shapes = self.shapes
        return box

    def rank(self) -> tuple[Any, ...]:
        """Square images, usual arguments and usual sizes first; stable, and no more than an order to read in."""
        square = self.square()
        usual = square is not None and any(square[0] <= s <= (square[1] or s) for s in USUAL)
        numbers = [n for v in self.arguments.values() for n in (v if isinstance(v, tuple) else (v,)) if isinstance(n, int)]
        lows = sorted((p.low for p in self.symbols.values()), reverse=True)
        return square is None, self.oddity, sum(numbers), not usual, lows[:1], str([p.key() for p in self.symbols.values()])


class Solution:
    """All boxes, best first. `decided` False: there may be more, or fewer, for the reasons in `undecided`."""

    __slots__ = ("boxes", "decided", "failures", "openings", "resolved", "undecided")

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.decided = True
        self.undecided: list[str] = []
        self.failures: list[Diagnostic] = []
        self.resolved: Resolved | None = None  # of the first choice of arguments that fits
        self.openings: list[Opening] = []

    def doubt(self, reason: str) -> None:
        """Add a reason for which the answer may not be complete."""
        self.decided = False
        if reason not in self.undecided:
            self.undecided.append(reason)

    @property
    def count(self) -> int | None:
        """How many solutions; None where there is no end to them."""
        total = 0
        for box in self.boxes:
            if box.count is None:
                return None
            total += box.count
        return total


def merged(boxes: list[Box]) -> list[Box]:
    """Boxes that differ in one argument alone, as one: `heads in {1, 2, 4}`."""
    names = list(dict.fromkeys(n for b in boxes for n, v in b.arguments.items() if type(v) in (int, bool)))
    for name in names:
        groups: dict[Any, list[Box]] = {}
        for k, box in enumerate(boxes):
            value = box.arguments.get(name)
            others = tuple(sorted((n, str(v)) for n, v in box.arguments.items() if n != name))
            pieces = tuple((s, p.key()) for s, p in box.symbols.items())
            key = (others, pieces, tuple(box.conditions)) if type(value) in (int, bool) else k
            groups.setdefault(key, []).append(box)
        boxes = [one(name, group) for group in groups.values()]
    return boxes


def one(name: str, group: list[Box]) -> Box:
    best = min(group, key=lambda b: b.oddity)
    if len(group) > 1:
        values = sorted({b.arguments[name] for b in group})  # type: ignore[type-var]
        best.arguments[name] = Choice(tuple(values))
    return best
