"""Sets of sizes in words, as conditions on a symbol."""

from __future__ import annotations

from collections.abc import Iterator

from .polynomials import Span
from .sets import PeriodicSet, Piece

RUNS = 12
"""So many stretches of an irregular set are written out."""


def text(sizes: PeriodicSet, name: str) -> str:
    """`H >= 16, H % 16 == 0`, `H in {16…19, 32…35}`, `no H`."""
    if sizes.empty:
        return f"no {name}" if sizes.exact else f"no {name} found"
    pieces = sizes.pieces
    if len(pieces) == 1:
        return ", ".join(conditions(pieces[0], name))
    runs: list[Span] = [(p.low, p.high) for p in pieces if p.modulus == 1]
    if len(runs) == len(pieces):
        return f"{name} in {{{spans(runs)}}}"
    parts = [f"{name} in {{{spans(runs)}}}"] if runs else []
    return ", or ".join([*parts, *(" and ".join(conditions(p, name)) for p in pieces if p.modulus > 1)])


def conditions(p: Piece, name: str) -> list[str]:
    """A regular piece: its bounds, then its residues."""
    if p.low == p.high:
        return [f"{name} == {p.low}"]
    if p.high is None:
        out = [f"{name} >= {p.low}"]
    else:
        out = [f"{name} <= {p.high}" if p.low == 1 else f"{p.low} <= {name} <= {p.high}"]
    if p.modulus > 1:
        out.append(congruence(p, name))
    return out


def congruence(p: Piece, name: str) -> str:
    if len(p.residues) == 1:
        return f"{name} % {p.modulus} == {p.residues[0]}"
    runs: list[tuple[int, int]] = []
    for r in p.residues:
        if runs and runs[-1][1] == r - 1:
            runs[-1] = (runs[-1][0], r)
        else:
            runs.append((r, r))
    inside = ", ".join(map(str, p.residues)) if len(p.residues) <= 5 else spans(list(runs))
    return f"{name} % {p.modulus} in {{{inside}}}"


def spans(runs: list[Span]) -> str:
    shown = [span(*r) for r in runs[:RUNS]]
    if len(runs) > RUNS:
        last = runs[-1][1]
        shown += ["…"] if last is None else ["…", str(last)]
    return ", ".join(shown)


def span(low: int, high: int | None) -> str:
    """`7`, `32…35`, `16…` without end."""
    return str(low) if low == high else f"{low}…{'' if high is None else high}"


def added(before: PeriodicSet, own: PeriodicSet, after: PeriodicSet, name: str) -> str:
    """What a condition says, of which `own` are the sizes, beyond a wider set that it narrows to `after`: in the shortest way."""
    wholes = [s for s in (own, after) if s.exact and (own.empty or not s.empty)]
    single = [s.pieces[0] for s in wholes if len(s.pieces) == 1]
    ways = [words for p in single for words, sizes in parts(p, name) if before.intersect(sizes).like(after)]
    return min(ways or [text(s, name) for s in wholes or [after]], key=len)


def parts(p: Piece, name: str) -> Iterator[tuple[str, PeriodicSet]]:
    """Some of a piece's lower bound, upper bound and residues, in words, with the sizes that have these."""
    for low in (False, p.low > 1):
        for high in (False, p.high is not None):
            for modulus in (False, p.modulus > 1):
                part = Piece(p.low if low else 1, p.high if high else None, *((p.modulus, p.residues) if modulus else (1, (0,))))
                words = conditions(part, name)[not (low or high) :]
                if words:
                    yield ", ".join(words), part.whole()
