"""Contracts to read, for notes, and as data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from ..infer.domains.conditions import Asked, Axis, Condition, Reason
from ..infer.domains.contract import Contract
from ..problems import Diagnostic
from ..report.document import problem
from ..shapes.sets import Piece
from .fitting import INDENT, fit, wrap
from .markdown import escaped, row
from .problems import one_line, place
from .table import ASCII
from .tables import brief

WIDEST = 200
"""Columns that a line takes at most where no width is asked for."""
SHOWN = 3
"""So many conditions over several symbols that differ in numbers alone are told; JSON has all."""
NUMBER = re.compile(r"\d+")
LONG = 60
"""A longer condition over several symbols is not repeated in the first line."""
COLUMNS = ["condition", "asked for by", "fails at"]


def render(contract: Contract, ascii: bool = False, width: int | None = None, told: Sequence[Diagnostic] = ()) -> str:
    """The valid sizes in a line, how sure that is, then each reason, and warnings; folded to a width."""
    room = width or WIDEST
    lines = [*wrap(f"contract: {headline(contract)}", room, "    "), *certainty(contract)]
    rows = [[text, f"asked for by {who}" if who else "", f"fails at {example}" if example else ""]
            for text, who, example in reasons(contract)]  # fmt: skip
    cells = fit(["", "", ""], rows, room - len(INDENT)) if rows else []
    widths = [max((len(line) for cell in cells for line in cell[k]), default=0) for k in range(2)]
    for parts in (line for cell in cells for line in zip_longest(*cell, fillvalue="")):
        lines.append((INDENT + f"{parts[0].ljust(widths[0])}  {parts[1].ljust(widths[1])}  {parts[2]}").rstrip())
    whole = "\n".join(map(one_line, [*lines, *(line for text in warned(told) for line in wrap(text, room, INDENT))])) + "\n"
    return whole.translate(ASCII) if ascii else whole


def warned(told: Sequence[Diagnostic]) -> list[str]:
    """Warnings, a line each."""
    return [f"{d.severity}: {brief(problem(d))}" for d in told]


def markdown(contract: Contract, told: Sequence[Diagnostic] = ()) -> str:
    """The same as a table for pull requests and notes."""
    parts = [f"**{escaped(contract.resolved.network.name)}**: {escaped(headline(contract))}", *map(escaped, certainty(contract))]
    rows = reasons(contract)
    if rows:
        parts.append("\n".join([row(COLUMNS), row([":--"] * 3), *(row(list(map(escaped, r))) for r in rows)]))
    return "\n\n".join([*parts, *map(escaped, warned(told))]) + "\n"


def headline(contract: Contract) -> str:
    """`N >= 1 · H >= 16, H % 16 == 0 · W likewise`."""
    if not contract.axes:
        return "every size is fixed"
    parts: list[str] = []
    told: list[Axis] = []
    for a in contract.axes:
        first = next((b for b in told if a.reasons and a.sizes.like(b.sizes)), None)
        parts.append(a.text() if first is None else f"{a.symbol} likewise")
        told.append(a)
    short = [c.text for c in contract.conditions if len(c.text) <= LONG]
    hidden = len(contract.conditions) - len(short)
    return " · ".join([*parts, *short, *([f"{hidden} longer condition{'s' if hidden > 1 else ''} below"] if hidden else [])])


def certainty(contract: Contract) -> list[str]:
    """How the sizes told relate to those that are valid."""
    if contract.empty:
        return ["no input is valid"]
    out = []
    if contract.open:
        out.append(f"more may be asked, depending on what the spec leaves open: {', '.join(contract.open)}")
    if not all(a.sizes.exact for a in contract.axes):
        out.append("sufficient, not exact: other sizes may be valid too")
    if not contract.satisfiable:
        out.append("undecided: no sizes are known that satisfy all conditions")
    return out or ["exact"]


def reasons(contract: Contract) -> list[tuple[str, str, str]]:
    """(condition, who asks for it, what breaks it) of every reason, many alike folded; an axis like another is left out."""
    out: list[tuple[str, str, str]] = []
    told: list[Axis] = []
    for a in contract.axes:
        if not any(a.like(b) for b in told):
            out += [(r.condition, where(r), example(r)) for r in a.reasons]
        told.append(a)
    return out + folded([(c.text, where(c), example(c)) for c in contract.conditions])


def folded(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Conditions to read: of many that differ in numbers alone the first ones, then how many more are like them."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for condition in rows:
        groups.setdefault(NUMBER.sub("0", condition[0]), []).append(condition)
    out: list[tuple[str, str, str]] = []
    for alike in groups.values():
        more = len(alike) - SHOWN
        out += alike if more < 2 else [*alike[:SHOWN], (f"… and {more} more like this", "", "")]
    return out


def where(r: Asked) -> str:
    """`dec.2.concat0 (unet.yaml:25)`."""
    at = place(r.span).rsplit(":", 1)[0] if r.span is not None else ""
    if r.says:
        return f"the assert ({at}): {r.says}"
    return f"{r.layer} ({at})" if r.layer and at else r.layer or at


def example(r: Asked) -> str:
    """The sizes that break it, and what the two sides come to."""
    if r.example is None:
        return ""
    sides = r.sides()
    return ", ".join(f"{k} = {v}" for k, v in r.example.items()) + (f": {sides[0]} and {sides[1]}" if sides else "")


# ---- as data


def document(contract: Contract, spec: str, problems: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """The documented `contract` and `conditions` blocks."""
    return {
        "schema": 1,
        "command": "contract",
        "network": contract.resolved.network.name,
        "spec": spec,
        "exact": contract.exact,
        "open": contract.open,
        "example": contract.sample(),
        "contract": [axis(contract, a) for a in contract.axes],
        "conditions": [{"text": c.text, **asked(c)} for c in contract.conditions],
        "problems": [problem(d) for d in problems],
    }


def axis(contract: Contract, a: Axis) -> dict[str, Any]:
    """One axis. min, max, modulus and residues are its one regular piece, or the largest of several: all are in `pieces`."""
    pieces = a.sizes.pieces
    return {
        "symbol": a.symbol,
        "input": a.input.name,
        "axis": a.place,
        **piece(a.sizes.main),
        "exact": contract.alone(a) and len(pieces) < 2,
        "pieces": [piece(p) for p in pieces],
        "pieces_exact": contract.alone(a),
        "reasons": [{"condition": r.condition, **asked(r)} for r in a.reasons],
    }


def piece(p: Piece | None) -> dict[str, Any]:
    if p is None:  # no size has one of no residues
        return {"min": 1, "max": None, "modulus": 1, "residues": []}
    return {"min": p.low, "max": p.high, "modulus": p.modulus, "residues": list(p.residues)}


def asked(r: Reason | Condition) -> dict[str, Any]:
    span = r.span
    says = {"says": r.says} if r.says else {}
    return {"layer": r.layer, "file": span.source.name if span else None, "line": span.line if span else None,
            "example": r.example, **says}  # fmt: skip
