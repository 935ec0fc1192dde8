"""Parts of the documented JSON document that stand alone: ports, problems, what did not even parse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..infer.propagation.resolved import Resolved
from ..problems import Diagnostic
from .shape_text import ink, words

SCHEMA = 1


def port(name: str, value: int, resolved: Resolved) -> dict[str, Any]:
    shape = resolved.shape(value)
    return {"name": name, "shape": ink(shape), "symbolic": words(shape), "dtype": resolved.dtype(value)}


def public(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k[0] != "_"}


def problem(d: Diagnostic) -> dict[str, Any]:
    """A diagnostic as the JSON contract has it."""
    span = d.span
    return {
        "severity": d.severity,
        "rule": d.rule,
        "message": d.message,
        "file": span.source.name if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_column": span.end if span else None,
        "found": d.found or None,
        "expected": d.expected or None,
        "help": d.help or None,
        "related": [
            {"message": r.message, "file": r.span.source.name if r.span else None,
             "line": r.span.line if r.span else None, "column": r.span.column if r.span else None}
            for r in [*d.related, *d.calls]
        ],
        "layer": d.layer or None,
    }  # fmt: skip


def rejected(command: str, spec: str, diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The document of a spec that did not even parse."""
    totals = dict.fromkeys(("parameters", "trainable", "buffers", "bytes", "macs", "unresolved"))
    return {"schema": SCHEMA, "command": command, "network": None, "spec": spec, "inputs": [], "outputs": [],
            "parameters": [], "layers": [], "totals": {**totals, "at_least": 0}, "formulas": {},
            "problems": [problem(d) for d in diagnostics]}  # fmt: skip
