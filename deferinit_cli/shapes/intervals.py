"""What an expression lies between, and which way it goes with each symbol, when its symbols lie within given ranges."""

from __future__ import annotations

from math import prod

from .normal import Expr, Term
from .scaling import scaled_size

Range = tuple["int | None", "int | None"]
"""The least and the largest value; None: not known, or without end."""


class Ranges:
    """Answers for one set of ranges by symbol; each symbol's least size is known."""

    def __init__(self, symbols: dict[str, tuple[int, int | None]]) -> None:
        self.symbols = symbols
        self.memo: dict[Expr, Range] = {}
        self.ways: dict[tuple[Expr, str], int | None] = {}

    def of(self, t: Term) -> Range:
        if type(t) is int:
            return t, t
        if t not in self.memo:
            self.memo[t] = self._of(t)
        return self.memo[t]

    def _of(self, t: Expr) -> Range:
        kind, args = t.kind, t.args
        if kind == "sym":
            return self.symbols.get(args[0], (1, None))
        if kind == "sum":
            return self._sum(t)
        low, high = self.of(args[0])
        if kind == "floor":
            return None if low is None else low // args[1], None if high is None else high // args[1]
        if kind == "scaled":
            return None if low is None else scaled_size(low, args[1]), None if high is None else scaled_size(high, args[1])
        if kind == "exact":
            if type(args[1]) is not int:
                return None, None
            return None if low is None else -(-low // args[1]), None if high is None else high // args[1]
        other, end = self.of(args[1])
        lows, highs = [x for x in (low, other) if x is not None], [x for x in (high, end) if x is not None]
        if kind == "max":
            return max(lows, default=None), max(highs) if len(highs) == 2 else None
        if kind == "min":
            return min(lows) if len(lows) == 2 else None, min(highs, default=None)
        return min(lows) if len(lows) == 2 else None, max(highs) if len(highs) == 2 else None

    def _sum(self, t: Expr) -> Range:
        low: int | None = t.args[0]
        high: int | None = t.args[0]
        for fs, c in t.args[1]:
            a, b = self._product(fs)
            if c < 0:
                a, b = b, a
            low = None if low is None or a is None else low + c * a
            high = None if high is None or b is None else high + c * b
        return low, high

    def _product(self, fs: tuple[Expr, ...]) -> Range:
        found = [self.of(f) for f in fs]
        if len(found) == 1:
            return found[0]
        lows = [a for a, _ in found if a is not None and a >= 0]
        if len(lows) < len(found):
            return None, None
        highs = [b for _, b in found if b is not None]
        return prod(lows), prod(highs) if len(highs) == len(found) else None

    def direction(self, t: Term, name: str) -> int | None:
        """1 where a term never falls as one symbol grows, -1 where it never rises, 0 where it stays; None: not sure."""
        if type(t) is int or name not in t.symbols:
            return 0
        key = (t, name)
        if key not in self.ways:
            self.ways[key] = self._direction(t, name)
        return self.ways[key]

    def _direction(self, t: Expr, name: str) -> int | None:
        if t.kind == "sym":
            return 1
        if t.kind in ("floor", "scaled"):
            return self.direction(t.args[0], name)
        if t.kind in ("max", "min"):
            ways = {self.direction(a, name) for a in t.args}
        elif t.kind == "sum":
            ways = {self._with(fs, c, name) for fs, c in t.args[1]}
        else:
            return None
        ways.discard(0)
        return None if None in ways or len(ways) > 1 else ways.pop() if ways else 0

    def _with(self, fs: tuple[Expr, ...], c: int, name: str) -> int | None:
        """Of a coefficient times factors none of which is negative, and which go one way."""
        own = {self.direction(f, name) for f in fs} - {0}
        if not own:
            return 0
        if len(own) > 1 or (len(fs) > 1 and any((low := self.of(f)[0]) is None or low < 0 for f in fs)):
            return None
        way = own.pop()
        return None if way is None else way if c > 0 else -way
