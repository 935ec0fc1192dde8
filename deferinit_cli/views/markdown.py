"""Tables for pull requests and notes."""

from __future__ import annotations

from typing import Any

from ..report import Report
from .problems import safe
from .tables import RIGHT, Table, heading, layer_table, parameter_table


def render(report: Report, options: dict[str, Any]) -> str:
    parts = [f"**{escaped(heading(report))}**"]
    if options.get("layers") or report.problems:
        parts.append(draw(layer_table(report, options)))
    if not report.problems:
        parts.append(draw(parameter_table(report, options)))
    for p in report.problems:
        file = safe(p["file"] or "").replace("`", "'")
        parts.append(f"- `{file}:{p['line']}` {escaped(p['message'])} [{p['rule']}]")
    return "\n\n".join(parts) + "\n"


def draw(table: Table) -> str:
    rule = ["--:" if c in RIGHT else ":--" for c in table.columns]
    lines = [row(table.columns), row(rule), *(row(list(map(escaped, r))) for r in table.rows)]
    return "\n".join(lines) + "".join(f"\n\n{escaped(f)}" for f in table.footer)


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def escaped(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")
