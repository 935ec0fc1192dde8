"""Shapes as rows of slots. A row of known rank is a tuple; an open one has a stretch of unknown length inside.

The stretch (`Rest`) is shared by every row it appears in, so learning one rank teaches all. The stretch of a network
input makes rigid dims, named after their place; any other makes flexible ones.
"""

from __future__ import annotations

from typing import Any, Union

from .normal import symbol
from .store import Conflict, Fact, Store


class Wait(Exception):
    """It depends on a rank that is not known yet: to be asked again once it is."""


class Later:
    """Two rows that are equal, though which dim of one is which of the other depends on a rank not known yet.

    It watches the stretches of both. Once one of them is learned it is settled, and what still cannot be told is watched for
    by a new one: of those that one equality made, only the last acts, however often the ranks are narrowed down.
    """

    __slots__ = ("a", "b", "settled", "why")

    def __init__(self, a: Row, b: Row, why: Any) -> None:
        self.a = a
        self.b = b
        self.settled = False
        self.why = why

    def settle(self, s: Store) -> None:
        """Unify them as far as can be told now."""
        if not self.settled:
            self.settled = True
            unify(self.a, self.b, s, self.why)


class Rest:
    """A stretch of dims of unknown number. `owner` is the input it belongs to, if any."""

    __slots__ = ("back", "bound", "front", "owner", "watchers", "why")

    def __init__(self, owner: Any = None, front: int = 0, back: int = 0) -> None:
        self.bound: Row | None = None
        self.owner = owner
        self.front = front  # dims of the owner before it
        self.back = back  # and after it
        self.watchers: dict[Any, None] = {}  # each once, in order: who is told as soon as more is known of the stretch
        self.why: Any = None


class Open:
    """A row with `rest` between `prefix` and `suffix`."""

    __slots__ = ("prefix", "rest", "suffix")

    def __init__(self, prefix: tuple[int, ...], rest: Rest, suffix: tuple[int, ...]) -> None:
        self.prefix = prefix
        self.rest = rest
        self.suffix = suffix


Row = Union[tuple[int, ...], Open]


def resolve(row: Row) -> Row:
    """The row with every learned stretch filled in."""
    while type(row) is Open and row.rest.bound is not None:
        inner = resolve(row.rest.bound)
        if type(inner) is Open:
            row = Open(row.prefix + inner.prefix, inner.rest, inner.suffix + row.suffix)
        else:
            row = row.prefix + inner + row.suffix  # type: ignore[operator]
    return row


def rank(row: Row) -> int | None:
    """The number of dims, or None."""
    row = resolve(row)
    return len(row) if type(row) is tuple else None


def least_rank(row: Row) -> int:
    """The number of dims that are certain."""
    row = resolve(row)
    return len(row) if type(row) is tuple else len(row.prefix) + len(row.suffix)  # type: ignore[union-attr]


def wide(row: Row, before: int, after: int, s: Store, why: Any) -> Row | None:
    """The row with at least `before` dims in front and `after` behind the stretch; None when the rank is too small.

    Raises Wait where known dims of one end may be the ones asked for at the other: the last of [N, C, ...] may be C.
    """
    row = resolve(row)
    if type(row) is tuple:
        return row if len(row) >= before + after else None
    assert type(row) is Open
    more, less = before - len(row.prefix), after - len(row.suffix)
    if (more > 0 and less < 0) or (less > 0 and more < 0):
        raise Wait
    return widened(row, before, after, s, why)


def widened(row: Open, before: int, after: int, s: Store, why: Any) -> Row:
    """An open row with so many dims around the stretch, where its rank is known to have room for them."""
    more, less = max(0, before - len(row.prefix)), max(0, after - len(row.suffix))
    if more or less:
        rest = row.rest
        inner = Rest(rest.owner, rest.front + more, rest.back + less)
        prefix = tuple(_dim(s, rest, rest.front + k) for k in range(more))
        suffix = tuple(_dim(s, rest, -rest.back - less + k) for k in range(less))
        bind(rest, Open(prefix, inner, suffix), s, why)
        return resolve(row)
    return row


def _dim(s: Store, rest: Rest, place: int) -> int:
    if rest.owner is None:
        return s.new()
    return s.new(symbol(f"{rest.owner.name}[{place}]"), Fact(rest.owner, place))


def bind(rest: Rest, row: Row, s: Store, why: Any) -> None:
    """Fill a stretch in, waking who waits for its rank. Who needs to know still more then watches the stretch that is left."""
    rest.bound = row
    rest.why = why
    if rest.watchers:
        s.waiting.append(rest)


def fix(row: Row, n: int, s: Store, why: Any) -> tuple[int, ...] | None:
    """The row as one of rank n, which closes an open one; None when its rank is another."""
    row = resolve(row)
    if type(row) is tuple:
        return row if len(row) == n else None
    assert type(row) is Open
    missing = n - len(row.prefix) - len(row.suffix)
    if missing < 0:
        return None
    rest = row.rest
    bind(rest, tuple(_dim(s, rest, rest.front + k) for k in range(missing)), s, why)
    closed = resolve(row)
    assert type(closed) is tuple
    return closed


def unify(a: Row, b: Row, s: Store, why: Any) -> bool:
    """Make two rows equal; False (with a conflict) when they cannot be."""
    a, b = resolve(a), resolve(b)
    if a is b:
        return True
    if type(a) is tuple and type(b) is tuple:
        if len(a) != len(b):
            return _ranks_differ(len(a), len(b), s, why, a + b)
        fine = True
        for x, y in zip(a, b):
            if x != y:
                fine = s.equal(x, y, why) and fine
        return fine
    if type(b) is Open and type(a) is tuple:
        a, b = b, a
    assert type(a) is Open
    if type(b) is tuple:
        fixed = _fill(a, b, s, why)
        return unify(fixed, b, s, why) if fixed is not None else _ranks_differ(least_rank(a), len(b), s, why, b, "at least ")
    assert type(b) is Open
    return _unify_open(a, b, s, why)


def _fill(a: Open, b: tuple[int, ...], s: Store, why: Any) -> Row | None:
    """Close an open row so that it has the rank of b, sharing b's slots where the stretch is free to."""
    middle = len(b) - len(a.prefix) - len(a.suffix)
    if middle < 0:
        return None
    if a.rest.owner is None:
        bind(a.rest, b[len(a.prefix) : len(a.prefix) + middle], s, why)
        return resolve(a)
    return fix(a, len(b), s, why)


def _unify_open(a: Open, b: Open, s: Store, why: Any) -> bool:
    least = max(least_rank(a), least_rank(b))
    before, after = max(len(a.prefix), len(b.prefix)), max(len(a.suffix), len(b.suffix))
    if a.rest is b.rest and len(a.prefix) + len(a.suffix) != len(b.prefix) + len(b.suffix):
        return _ranks_differ(least_rank(a), least_rank(b), s, why, a.prefix + a.suffix + b.prefix + b.suffix)
    if before + after > least:
        later = Later(a, b, why)
        a.rest.watchers[later] = b.rest.watchers[later] = None
        ends = min(len(a.suffix), len(b.suffix))
        return _pairs(a.prefix, b.prefix, s, why) and _pairs(a.suffix[::-1][:ends], b.suffix[::-1][:ends], s, why)
    if a.rest is b.rest:
        return _pairs(a.prefix + a.suffix, b.prefix + b.suffix, s, why)
    wa, wb = widened(a, before, after, s, why), widened(b, before, after, s, why)
    assert type(wa) is Open and type(wb) is Open
    if wa.rest is not wb.rest:
        if wa.rest.owner is None:
            bind(wa.rest, Open((), wb.rest, ()), s, why)
        else:
            bind(wb.rest, Open((), wa.rest, ()), s, why)
    return _pairs(wa.prefix + wa.suffix, wb.prefix + wb.suffix, s, why)


def _pairs(a: tuple[int, ...], b: tuple[int, ...], s: Store, why: Any) -> bool:
    fine = True
    for x, y in zip(a, b):
        fine = s.equal(x, y, why) and fine
    return fine


def _ranks_differ(m: int, n: int, s: Store, why: Any, slots: tuple[int, ...], least: str = "") -> bool:
    s.fail(Conflict("rank-mismatch", f"{least}{m} dims and {n} dims cannot be the same", why, slots))
    return False
