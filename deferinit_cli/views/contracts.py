"""Contracts, explanations and solutions, to read and as data."""

from __future__ import annotations

from typing import Any

from ..infer.contract import Axis, Condition, Contract, Reason
from .problems import place, safe


def render(contract: Contract, spec: str) -> str:
    """The valid sizes in a line, then each reason."""
    net = contract.resolved.network
    if not contract.axes:
        return f"{net.name}: every size is fixed by the spec\n"
    head = f"{net.name}: " + " · ".join(a.sizes.text(a.symbol) for a in contract.axes)
    lines = [safe(head), "exact" if contract.exact else "sufficient, not exact: other sizes may be valid too"]
    rows = [(r.condition, where(r), example(a, r)) for a in contract.axes for r in a.reasons]
    rows += [(c.text, where(c), witness(c)) for c in contract.conditions]
    widths = [max((len(row[k]) for row in rows), default=0) for k in range(2)]
    lines += ["  " + f"{a.ljust(widths[0])}  {b.ljust(widths[1])}  {c}".rstrip() for a, b, c in rows]
    return "\n".join(lines) + "\n"


def where(r: Reason | Condition) -> str:
    at = f" ({place(r.span).rsplit(':', 1)[0]})" if r.span is not None else ""
    return f"asked for by {r.layer}{at}" if r.layer else at.strip()


def example(a: Axis, r: Reason) -> str:
    if r.example is None:
        return ""
    sides = f": {r.sides[0]} and {r.sides[1]}" if r.sides is not None else ""
    return f"fails at {a.symbol} = {r.example}{sides}"


def witness(c: Condition) -> str:
    return "fails at " + ", ".join(f"{k} = {v}" for k, v in c.example.items()) if c.example else ""


def document(contract: Contract, spec: str) -> dict[str, Any]:
    """The documented `contract` and `conditions` blocks."""
    return {
        "schema": 1,
        "command": "contract",
        "network": contract.resolved.network.name,
        "spec": spec,
        "contract": [axis(a) for a in contract.axes],
        "conditions": [
            {"text": c.text, "layer": c.layer, "line": c.span.line if c.span else None, "example": c.example}
            for c in contract.conditions
        ],
        "problems": [],
    }


def axis(a: Axis) -> dict[str, Any]:
    low, high, modulus, residues = a.sizes.describe()
    regular = low is not None and low == a.sizes.min and a.sizes.regular(low, high)
    return {
        "symbol": a.symbol,
        "input": a.input.name,
        "axis": a.place,
        "min": low,
        "max": high,
        "modulus": modulus,
        "residues": residues,
        "exact": a.sizes.exact and regular,
        "reasons": [
            {"condition": r.condition, "layer": r.layer, "line": r.span.line if r.span else None,
             "example": {a.symbol: r.example} if r.example is not None else None}
            for r in a.reasons
        ],
    }  # fmt: skip
