"""Tables for pull requests and notes."""

from __future__ import annotations

import re
from typing import Any

from ..report import Report
from .problems import safe
from .tables import RIGHT, Table, heading, layer_table, parameter_table


def render(report: Report, options: dict[str, Any]) -> str:
    parts = [f"**{escaped(heading(report))}**"]
    if options.get("layers") or report.rejected:
        parts.append(draw(layer_table(report, options)))
    if not report.rejected:
        parts.append(draw(parameter_table(report, options)))
    for p in report.problems if report.rejected else ():  # else the parameters' footer tells them
        parts.append(f"- {code(place(p))} {escaped(p['message'])} [{p['rule']}]")
    return "\n\n".join(parts) + "\n"


def place(problem: dict[str, Any]) -> str:
    return f"{problem['file'] or ''}:{problem['line']}"


def draw(table: Table) -> str:
    rule = ["--:" if c in RIGHT else ":--" for c in table.columns]
    lines = [row(table.columns), row(rule), *(row(list(map(escaped, r))) for r in table.rows)]
    return "\n".join(lines) + "".join(f"\n\n{escaped(f)}" for f in table.footer)


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


_LIVE = re.compile(r"@|#\d|\bgh-\d|://|\bwww\.|\$|\bmailto:|\bxmpp:", re.I)
"""What hosts make into mentions, references, addresses and formulas wherever it stands in text, escaped or not, but in code."""
_SPECIAL = re.compile(r"[\\`*_\[|~]")
_START = re.compile(r"^(\s*)([#>+=-]|\d+[.)])(?=\s|$)")
"""What begins a heading, quotation or list at the start of a line."""


def escaped(text: str) -> str:
    """A text in one line that reads as it is: no link, image, HTML, mention or reference to an issue comes of it."""
    text = " ".join(text.split("\t")).lstrip()  # four spaces, or a tab, at the start of a line make code
    if _LIVE.search(text):
        return code(text)
    marked = _SPECIAL.sub(r"\\\g<0>", safe(text)).replace("&", "&amp;").replace("<", "&lt;")
    return _START.sub(lambda m: m[1] + m[2][:-1] + "\\" + m[2][-1], marked)


def prose(text: str) -> str:
    """A sentence of ours, such as a docstring's, in which `this` is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    return "".join(code(part) if k % 2 else escaped(part) for k, part in enumerate(parts))


def code(text: str) -> str:
    """A text as code, between more backticks than it holds; a bar is escaped, as it would end a table's cell."""
    if not text:
        return ""
    inner = safe(text).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", inner)), default=0) + 1)
    pad = " " if inner[0] in "` " or inner[-1] in "` " else ""
    return f"{fence}{pad}{inner}{pad}{fence}"
