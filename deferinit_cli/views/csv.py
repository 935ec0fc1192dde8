"""Rows as CSV (RFC 4180, LF line ends): the parameters, or with --layers the layers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO
from typing import Any

from ..report import Report
from .problems import safe

PARAMETERS = ["name", "layer", "declared", "shape", "symbolic", "dtype", "count", "trainable", "buffer", "initializer",
              "tied_to", "waits_for", "line"]  # fmt: skip
PROBLEM = ["severity", "rule", "message"]
"""Columns that are there where anything is told."""
LAYERS = ["name", "kind", "line", "inputs", "input_shapes", "output_shapes", "output_symbolic", "parameters", "macs"]


def render(report: Report, options: dict[str, Any]) -> str:
    layers = bool(options.get("layers"))
    rows = report.layers_now() if layers else report.parameters
    more = ["depends_on"] if options.get("depends") and not layers else []
    if report.problems:
        more += PROBLEM
        said = {p["layer"]: p for p in reversed(report.problems)}
        rows = ({**row, **told(said.get(row["name" if layers else "layer"]))} for row in rows)
    return dump([*(LAYERS if layers else PARAMETERS), *more], rows)


def told(p: dict[str, Any] | None) -> dict[str, Any]:
    """The first problem of a row's layer."""
    return {key: p and p[key] for key in PROBLEM}


def dump(columns: list[str], rows: Iterable[dict[str, Any]]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(" ".join(row[c]) if c == "depends_on" else row[c]) for c in columns])
    return out.getvalue()


_FORMULA = re.compile(r"[=+@\t]|-(?![\d.x; -]*$)")
"""What a spreadsheet takes for a formula: a sign before anything but numbers, sizes and lists of them."""


def cell(value: Any) -> str:
    """A value as text that no spreadsheet runs: what begins like a formula has `'` in front, as spreadsheets mark texts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = safe(listed(value) if isinstance(value, list) else str(value))
    return "'" + text if _FORMULA.match(text) else text


def listed(values: list[Any]) -> str:
    """A shape as `2x3`, several shapes or names after another."""
    if any(isinstance(v, list) for v in values):
        return "; ".join("x".join(map(str, v)) if isinstance(v, list) else str(v) for v in values)
    return "x".join(map(str, values)) if values else "scalar"
