"""Rows as CSV (RFC 4180, LF line ends): the parameters, or with --layers the layers."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from ..report import Report
from .problems import safe

PARAMETERS = ["name", "layer", "declared", "shape", "symbolic", "dtype", "count", "trainable", "buffer", "initializer",
              "tied_to", "waits_for", "line"]  # fmt: skip
LAYERS = ["name", "kind", "line", "inputs", "input_shapes", "output_shapes", "output_symbolic", "parameters", "macs"]


def render(report: Report, options: dict[str, Any]) -> str:
    layers = bool(options.get("layers"))
    rows = report.layers_now() if layers else report.parameters
    more = ["depends_on"] if options.get("depends") and not layers else []
    return dump([*(LAYERS if layers else PARAMETERS), *more], rows)


def dump(columns: list[str], rows: Iterable[dict[str, Any]]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([" ".join(row[c]) if c == "depends_on" else cell(row[c]) for c in columns])
    return out.getvalue()


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join("x".join(map(str, v)) if isinstance(v, list) else str(v) for v in value) if any(
            isinstance(v, list) for v in value
        ) else "x".join(map(str, value)) if value else "scalar"  # fmt: skip
    text = safe(str(value))
    return "'" + text if text[:1] in ("=", "+", "@") else text  # never a formula in a spreadsheet
