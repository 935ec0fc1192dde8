"""Sets of sizes: whole numbers >= 1 by their residue, exactly, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, lcm

from .polynomials import Span, cut

CLASSES = 1 << 16
"""More residues than this are not kept: then a set is only searched, and said not to be exact."""
SEARCHED = 4096
"""How far sizes are tried one by one where nothing better is known."""


class Piece:
    """The sizes from `low` to `high` (None: without end), both among them, that have one of the residues."""

    __slots__ = ("high", "low", "modulus", "residues")

    def __init__(self, low: int, high: int | None, modulus: int, residues: tuple[int, ...]) -> None:
        self.low = low
        self.high = high
        self.modulus = modulus
        self.residues = residues

    def count(self) -> int | None:
        """How many sizes; None where there is no end."""
        if self.high is None:
            return None
        whole, left = divmod(self.high - self.low + 1, self.modulus)
        rest = sum((r - self.low) % self.modulus < left for r in self.residues)
        return whole * len(self.residues) + rest

    def whole(self) -> PeriodicSet:
        """The set of its sizes."""
        return PeriodicSet(self.modulus, {r: [(self.low, self.high)] for r in self.residues})

    def key(self) -> tuple[object, ...]:
        return self.low, self.high, self.modulus, self.residues

    def contains(self, x: int) -> bool:
        return self.low <= x and (self.high is None or x <= self.high) and x % self.modulus in self.residues


class PeriodicSet:
    """Numbers >= 1: for each residue of `period` the intervals of members with that residue, both ends members.

    `exact` False: every member is valid, but others may be too.
    """

    __slots__ = ("_pieces", "exact", "period", "table")

    def __init__(self, period: int, table: dict[int, list[Span]], exact: bool = True) -> None:
        self.period = period
        self.table = {r: kept for r, spans in table.items() if (kept := tidy(r, period, spans))}
        self.exact = exact
        self._pieces: list[Piece] | None = None
        if period > 1:
            self._reduce()

    def _reduce(self) -> None:
        """Take the smallest period that says it, where all of it is one piece."""
        pieces = self.pieces
        if not pieces:
            self.period = 1
        elif len(pieces) == 1 and pieces[0].modulus < self.period:
            p = pieces[0]
            self.period = p.modulus
            self.table = {r: tidy(r, p.modulus, [(p.low, p.high)]) for r in p.residues}

    @classmethod
    def interval(cls, low: int, high: int | None = None) -> PeriodicSet:
        return cls(1, {0: [(low, high)]})

    @classmethod
    def of(cls, members: list[int], exact: bool = True) -> PeriodicSet:
        return cls(1, {0: [(x, x) for x in members]}, exact)

    # ---- asking

    @property
    def empty(self) -> bool:
        return not self.table

    def contains(self, x: int) -> bool:
        return any(low <= x and (high is None or x <= high) for low, high in self.table.get(x % self.period, ()))

    @property
    def min(self) -> int | None:
        return min((spans[0][0] for spans in self.table.values()), default=None)

    @property
    def max(self) -> int | None:
        """The largest member; None where there is no end (or no member)."""
        ends = [spans[-1][1] for spans in self.table.values()]
        return None if not ends or None in ends else max(e for e in ends if e is not None)

    @property
    def only(self) -> int | None:
        """The one member, if there is just one."""
        low = self.min
        return low if low is not None and self.max == low else None

    def nearest(self, x: int) -> tuple[int | None, int | None]:
        """The nearest members below and above x; x itself is both where it is one."""
        below: int | None = None
        above: int | None = None
        for r, spans in self.table.items():
            down, up = x - (x - r) % self.period, x + (r - x) % self.period
            for low, high in spans:
                d = down if high is None else min(down, high)
                if d >= low and (below is None or d > below):
                    below = d
                u = max(up, low)
                if (high is None or u <= high) and (above is None or u < above):
                    above = u
        return below, above

    def members(self) -> Iterator[int]:
        """All members in order; endless where the set is."""
        x = self.nearest(1)[1]
        while x is not None:
            yield x
            x = self.nearest(x + 1)[1]

    def members_from(self, low: int, length: int) -> Iterator[int]:
        """The members among the `length` numbers from `low` on."""
        return (x for x in range(low, low + length) if self.contains(x))

    def like(self, other: PeriodicSet) -> bool:
        """Whether it has the same members, as far as is known."""
        mine, theirs = self.pieces, other.pieces
        if len(mine) == len(theirs) and all(a.key() == b.key() for a, b in zip(mine, theirs)):
            return True
        period = lcm(self.period, other.period)
        if (self.min, self.max) != (other.min, other.max) or period > CLASSES:
            return False
        return all(self.spans(r, period) == other.spans(r, period) for r in range(period))

    def spans(self, residue: int, period: int) -> list[Span]:
        """The intervals of its members with one residue of a multiple of its period."""
        return tidy(residue, period, self.table.get(residue % self.period, []))

    def count(self) -> int | None:
        """How many members; None where there is no end to them."""
        counts = [p.count() for p in self.pieces]
        return None if None in counts else sum(n for n in counts if n is not None)

    def runs(self, most: int) -> list[Span] | None:
        """Stretches of consecutive members; None where they have no end or are more than `most`."""
        out: list[Span] = []
        for p in self.pieces:
            if p.modulus == 1:
                out.append((p.low, p.high))
                continue
            if p.high is None or len(out) + (p.high - p.low) // p.modulus > most:
                return None
            for x in p.whole().members():
                if out and out[-1][1] == x - 1:
                    out[-1] = (out[-1][0], x)
                else:
                    out.append((x, x))
        return out if len(out) <= most else None

    # ---- joining

    def intersect(self, other: PeriodicSet) -> PeriodicSet:
        g, period = gcd(self.period, other.period), lcm(self.period, other.period)
        exact = self.exact and other.exact
        near: dict[int, list[int]] = {}
        for r in other.table:
            near.setdefault(r % g, []).append(r)
        if sum(len(near.get(r % g, ())) for r in self.table) > CLASSES:
            return PeriodicSet.of([x for x in range(1, SEARCHED + 1) if self.contains(x) and other.contains(x)], exact=False)
        step = self.period // g
        inverse = pow(step, -1, other.period // g)
        table: dict[int, list[Span]] = {}
        for r, mine in self.table.items():
            for s in near.get(r % g, ()):
                both = (r + self.period * ((s - r) // g * inverse % (other.period // g))) % period
                table[both] = [span for low, high in mine for span in cut(other.table[s], low, high)]
        return PeriodicSet(period, table, exact)

    # ---- telling

    @property
    def pieces(self) -> list[Piece]:
        """The set in as few regular pieces as a sweep finds, in order, without common members."""
        if self._pieces is None:
            self._pieces = sweep(self.period, self.table)
        return self._pieces

    @property
    def main(self) -> Piece | None:
        """The piece without end, else the one with most members: what a short answer tells."""
        return max(self.pieces, key=_weight, default=None)


def _weight(p: Piece) -> float:
    return float("inf") if p.high is None else (p.high - p.low + 1) * len(p.residues) / p.modulus


def sweep(period: int, table: dict[int, list[Span]]) -> list[Piece]:
    """Cut where residues start or end together, and tell each stretch by its residues."""
    if period == 1:
        return [Piece(low, high, 1, (0,)) for low, high in table.get(0, ())]
    starts = sorted({low for spans in table.values() for low, _ in spans})
    ends = sorted({high for spans in table.values() for _, high in spans if high is not None}, reverse=True)
    cuts: set[int] = set()
    at = -period
    for low in starts:  # those within one period of the first start together
        if low >= at + period:
            at = low
            cuts.add(at)
    stop: int | None = None
    for high in ends:
        if stop is None or high <= stop - period:
            stop = high
            cuts.add(stop + 1)
    out: list[Piece] = []
    edges = sorted(cuts)
    for k, low in enumerate(edges):
        last = edges[k + 1] - 1 if k + 1 < len(edges) else None
        members = {}
        for r, spans in table.items():
            x = low + (r - low) % period
            if (last is None or x <= last) and any(a <= x and (b is None or x <= b) for a, b in spans):
                members[r] = x
        if members:
            out += _pieces(period, sorted(members.values()), last)
    return out


def _pieces(period: int, firsts: list[int], last: int | None) -> list[Piece]:
    """The pieces of one stretch, in which each residue goes on from its first member."""
    if last is not None and last - firsts[0] < period:  # too short for a pattern
        runs: list[tuple[int, int]] = []
        for x in firsts:
            if runs and runs[-1][1] == x - 1:
                runs[-1] = (runs[-1][0], x)
            else:
                runs.append((x, x))
        return [Piece(a, b, 1, (0,)) for a, b in runs]
    high: int | None = None
    if last is not None:
        high = max(x + (last - x) // period * period for x in firsts)
    modulus, residues = smallest(period, {x % period for x in firsts})
    return [Piece(firsts[0], high, modulus, tuple(sorted(residues)))]


def smallest(period: int, residues: set[int]) -> tuple[int, set[int]]:
    """The smallest modulus that tells the same residues."""
    rest, p = period, 2
    while rest > 1:
        if p * p > rest:
            p = rest
        if rest % p:
            p += 1
            continue
        rest //= p
        fewer = {r % (period // p) for r in residues}
        if len(fewer) * p == len(residues):
            period, residues = period // p, fewer
    return period, residues


def tidy(residue: int, period: int, spans: list[Span]) -> list[Span]:
    """Intervals that start and end at members, in order, joined where they touch."""
    clean: list[Span] = []
    for low, high in spans:
        low = max(low, 1)
        low += (residue - low) % period
        if high is not None:
            high -= (high - residue) % period
            if high < low:
                continue
        clean.append((low, high))
    if len(clean) < 2:
        return clean
    clean.sort(key=lambda s: s[0])
    out = clean[:1]
    for low, high in clean[1:]:
        last = out[-1][1]
        if last is None:
            break
        if low <= last + period:
            out[-1] = (out[-1][0], None if high is None else max(last, high))
        else:
            out.append((low, high))
    return out
