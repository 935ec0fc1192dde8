"""Relations that hold one way or another: broadcasting, the larger and the smaller, bounds, quotients rounded down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bounds import lower_bound, quotient
from ..expr import broadcast, mul, sub
from ..store import Conflict, Store
from .base import Namer, Relation


class Broadcast(Relation):
    """out = the common size of terms, each equal to it or 1."""

    __slots__ = ("guessed", "taken", "wide")
    default_rule = "broadcast-mismatch"

    def __init__(self, node: Any, out: int, terms: tuple[int, ...], **words: str) -> None:
        super().__init__(node, (out, *terms), **words)
        self.guessed = False
        self.wide = -1  # the term that gave its size while others were unknown: these may rest on it by now
        self.taken: tuple[int, ...] = ()  # terms that are assumed to be as wide as what comes out

    def fire(self, s: Store) -> None:
        out, terms = self.slots[0], self.slots[1:]
        values = [s.known(t) for t in terms]
        unknown = [t for t, v in zip(terms, values) if v is None]
        wide = widest(values)
        o = s.known(out)
        if not unknown:
            self.done = True
            self._forward(s, out, values)
        elif o == 1:
            self.done = True
            for t in terms:
                s.settle(t, 1, self, self.rule)
        elif wide is not None:
            other = next((v for v in values if type(v) is int and v not in (1, wide)), None)
            if other is not None:
                return self.mismatch(s, wide, other)
            if self.wide < 0:
                self.wide = terms[values.index(wide)]
            s.settle(out, wide, self, self.rule)
            self.narrow(s, unknown, wide, terms[values.index(wide)])
        elif o is not None and len(unknown) == 1 and all(v == 1 for v in values if v is not None):
            self.done = True
            s.settle(unknown[0], o, self, self.rule)
        elif type(o) is int:
            self.narrow(s, unknown, o, out)
        elif o is None and s.root(out) in s.choices:
            size, owner = s.choices[s.root(out)]
            self.one_or(s, unknown, size, owner)

    def narrow(self, s: Store, unknown: list[int], size: int, owner: int) -> None:
        """Each unknown term is 1 or the size that comes out, which is known; where nothing else says which, it may be guessed."""
        self.one_or(s, unknown, size, owner)
        if s.assumes and not self.guessed:
            self.guessed = True
            s.guesses.append(self)

    def one_or(self, s: Store, unknown: list[int], size: int, owner: int) -> None:
        for t in unknown:
            other = s.choose(t, size, owner) if s.known(t) is None else None
            if other is not None:
                s.settle(t, 1, Stretched(self.node, t, other, owner), self.rule)

    def guess(self, s: Store) -> None:
        """A size left out that nothing else says, beside a known one, is taken to be equal to it; 1 would broadcast as well."""
        out, terms = self.slots[0], self.slots[1:]
        values = [s.known(t) for t in terms]
        wide = widest([*values, s.known(out)])
        open_ = [t for t, v in zip(terms, values) if v is None]
        if self.done or wide is None:
            return
        left_out = set(map(s.root, s.left_out))
        if not all(rests_on(s, t, left_out) for t in open_):
            return
        self.done = True
        self.taken = tuple(open_)
        s.assumed.append(self)
        for t in open_:
            s.settle(t, wide, self, self.rule)
        self._forward(s, out, [s.known(t) for t in terms])

    def mismatch(self, s: Store, a: int, b: int) -> None:
        self.fail(s, f"{a} and {b} do not broadcast", f"{a} and {b}", "equal sizes, or 1")

    def _forward(self, s: Store, out: int, values: list[Any]) -> None:
        result: Any = 1
        for v in values:
            if v is result or v == 1 or v == result:
                continue
            if result == 1:
                result = v
                continue
            if type(v) is int and type(result) is int:
                return self.mismatch(s, result, v)
            self.need(s, result, "|", v)
            result = broadcast(result, v)
        s.settle(out, result, self, self.rule)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} = broadcast({', '.join(map(name, self.slots[1:]))})"

    def behind(self, slot: int, s: Store) -> tuple[int, ...]:
        out, terms = self.slots[0], self.slots[1:]
        others = tuple(t for t in terms if t != slot and s.origin[t] is not self)
        wide = self.wide if self.wide >= 0 else next((t for t in others if type(v := s.known(t)) is int and v != 1), None)
        if slot == out:
            return (wide,) if wide is not None else others
        if wide is not None and s.known(out) != 1:  # taken to be as wide
            return (wide,)
        return (out,) if s.known(out) == 1 else (out, *others)


class Stretched(Relation):
    """A size that broadcasts with two different ones is 1: a reason for a value, never in want of anything."""

    __slots__ = ()

    def __init__(self, node: Any, x: int, a: int, b: int) -> None:
        super().__init__(node, (x, a, b))
        self.done = True

    def fire(self, s: Store) -> None:
        """Nothing: its value is known when it is made."""

    def words(self, name: Namer, of: int = -1) -> str:
        x, a, b = map(name, self.slots)
        return f"{x}, as it broadcasts with {a} and with {b}"


def rests_on(s: Store, slot: int, left_out: set[int]) -> bool:
    """Whether an unknown size is one that the spec leaves out, or is worked out from such sizes only."""
    todo, seen = [slot], set()
    for at in todo:
        root = s.root(at)
        if root in seen or root in left_out:
            continue
        seen.add(root)
        maker = next((r for r in s.watch.get(root, ()) if not r.done and s.root(r.slots[0]) == root), None)
        if maker is None:
            return False
        todo += [x for x in maker.slots[1:] if s.known(x) is None]
    return True


def widest(values: list[Any]) -> Any:
    """The first known size that does not stretch."""
    return next((v for v in values if type(v) is int and v != 1), None)


class Extreme(Relation):
    """out = max or min of two sizes, for sizes written as expressions; forward only."""

    __slots__ = ("function",)

    def __init__(self, node: Any, out: int, a: int, b: int, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(node, (out, a, b))
        self.function = function

    def fire(self, s: Store) -> None:
        out, a, b = self.slots
        x, y = s.known(a), s.known(b)
        if x is not None and y is not None:
            self.done = True
            s.settle(out, self.function(x, y), self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, a, b = map(name, self.slots)
        return f"{out} = {self.function.__name__[:3]}({a}, {b})"


class AtMost(Relation):
    """x <= limit."""

    __slots__ = ()

    def __init__(self, node: Any, x: int, limit: int, **words: str) -> None:
        super().__init__(node, (x, limit), **words)

    def fire(self, s: Store) -> None:
        x, limit = s.known(self.slots[0]), s.known(self.slots[1])
        if x is None or limit is None:
            return
        self.done = True
        if type(x) is int and type(limit) is int:
            if x > limit:
                message = self.says.format(whole=x, part=limit) if self.says else f"{x} is more than {limit}"
                s.conflicts.append(
                    Conflict(self.rule, message, self, self.slots, self.blame, str(x), f"at most {limit}", self.help)
                )
            return
        least = lower_bound(sub(limit, x))
        if least is None or least < 0:
            self.need(s, limit, ">=", x)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} <= {name(self.slots[1])}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return self.words(name)


class Positive(Relation):
    """x is at least `least`: what an expression over sizes comes to is a size too, and an argument is within its range."""

    __slots__ = ("expected", "least")

    def __init__(self, node: Any, x: int, least: int = 1, expected: str = "", **words: str) -> None:
        super().__init__(node, (x,), **words)
        self.least = least
        self.expected = expected

    def fire(self, s: Store) -> None:
        x = s.known(self.slots[0])
        if x is None:
            return
        self.done = True
        if type(x) is int:
            if x < self.least:
                message = self.says.format(whole=x) if self.says else f"a size would be {x}"
                expected = self.expected or f"at least {self.least}"
                s.conflicts.append(Conflict(self.rule, message, self, self.slots, self.blame, str(x), expected, self.help))
            return
        low = lower_bound(x)
        if low is None or low < self.least:
            self.need(s, x, ">=", self.least)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} >= {self.least}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return self.words(name)


class Floored(Relation):
    """out = x // m, or x % m, for sizes written as expressions; forward only."""

    __slots__ = ("remainder",)

    def __init__(self, node: Any, out: int, x: int, m: int, remainder: bool = False, **words: str) -> None:
        super().__init__(node, (out, x, m), **words)
        self.remainder = remainder

    def fire(self, s: Store) -> None:
        out, x, m = self.slots
        a, b = s.known(x), s.known(m)
        if a is None or b is None:
            return
        if type(b) is int and b < 1:
            return self.fail(s, f"a divisor would be {b}", str(b), "at least 1")
        whole = quotient(a, b)
        if whole is None:
            return s.stall(self)
        self.done = True
        s.settle(out, sub(a, mul(b, whole)) if self.remainder else whole, self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, x, m = map(name, self.slots)
        return f"{out} = {x} {'%' if self.remainder else '//'} {m}"
