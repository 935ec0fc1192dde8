"""The documented `diff` block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...compare.differ import Difference, Row
from ...compare.sides import Side, Tensor, Total
from ...compare.terms import REST, written
from ...problems import Diagnostic
from ...report.document import SCHEMA, problem
from ..json import dump
from ._rows import counts, warned


def render(found: Difference, options: dict[str, Any]) -> str:
    return dump(document(found))


def document(found: Difference) -> dict[str, Any]:
    """`diff`: a row a difference; `a` and `b` as each side has it, null where it has none."""
    out = {
        "schema": SCHEMA,
        "command": "diff",
        "a": side(found.a),
        "b": side(found.b),
        "equal": found.equal,
        "diff": [row(r) for r in found.rows],
        "counts": counts(found),
    }
    if found.loads is not None:
        out |= {"loads": found.loads, "wanted": found.of}
    return {**out, "problems": [problem(d) for d in warned(found)]}


def rejected(a: str, b: str, diagnostics: Sequence[Diagnostic]) -> str:
    """The document where a side cannot be had: `equal` is null."""
    out = {"schema": SCHEMA, "command": "diff", "a": {"name": a}, "b": {"name": b}, "equal": None, "diff": [], "counts": {}}
    return dump({**out, "problems": [problem(d) for d in diagnostics]})


def side(s: Side) -> dict[str, Any]:
    totals = {key: t.term if type(t.term) is int else None for key, t in s.totals.items()}
    formulas = {key: t.text for key, t in s.totals.items() if t.term is not None and type(t.term) is not int}
    return {"name": s.name, "kind": s.kind, "parameters": len(s.tensors), "totals": totals, "formulas": formulas}


def row(r: Row) -> dict[str, Any]:
    return {"what": r.what, "name": r.name, "changes": r.changes, "a": thing(r.a), "b": thing(r.b), "note": r.note or None}


def thing(value: Any) -> Any:
    """A tensor or port as its facts; a total as a number, or as its formula."""
    if value is None:
        return None
    if isinstance(value, Total):
        return value.term if value.term is None or type(value.term) is int else value.text
    shape = value.shape
    known = shape is not None and REST not in shape
    out: dict[str, Any] = {
        "name": value.name,
        "shape": [d if type(d) is int else -1 for d in shape] if shape is not None and known else None,
        "symbolic": None if shape is None else [written(d) for d in shape],
        "dtype": value.dtype,
    }
    if isinstance(value, Tensor) and value.state:
        out |= {"trainable": value.state == "trainable", "buffer": value.state == "buffer", "tied_to": value.tied_to}
    span = value.span
    return out | {"file": span.source.name if span is not None else None, "line": span.line if span is not None else None}
