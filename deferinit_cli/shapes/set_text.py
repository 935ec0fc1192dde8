"""Sets of sizes in words, as conditions on a symbol."""

from __future__ import annotations

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


def added(before: PeriodicSet, after: PeriodicSet, name: str) -> str:
    """What a narrower set says beyond a wider one: the bound where only that moved, else the residues."""
    if len(after.pieces) != 1 or len(before.pieces) != 1:
        return text(after, name)
    old, new = before.pieces[0], after.pieces[0]
    if new.low == new.high:
        return f"{name} == {new.low}"
    if (new.modulus, new.residues) == (old.modulus, old.residues):
        low = [f"{name} >= {new.low}"] if new.low != old.low else []
        return ", ".join([*low, *([f"{name} <= {new.high}"] if new.high != old.high else [])])
    parts = [congruence(new, name)] if new.modulus > 1 else []
    if new.high != old.high:
        parts.insert(0, f"{name} <= {new.high}")
    return ", ".join(parts) or text(after, name)
