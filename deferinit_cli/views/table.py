"""Tables as text. Off a terminal they take the width they need; on one, rich colours and folds them."""

from __future__ import annotations

from typing import Any

from ..report import Report
from .fitting import GAP, fit, wrap
from .problems import safe
from .tables import RIGHT, Table, heading, layer_table, parameter_table, result_tables

ASCII = str.maketrans({"─": "-", "│": "|", "…": "...", "×": "x", "→": "->", "·": "-", "▲": "^"})


def render(report: Report, options: dict[str, Any]) -> str:
    """The whole of what a command prints for people."""
    tables = [layer_table(report, options)] if options.get("layers") or report.problems else []
    results = result_tables(report)
    if not results and (not report.problems or options.get("parameters")):
        tables.append(parameter_table(report, options))
    tables += results
    width = options.get("width")
    head = inked(heading(report), options)
    parts = ["\n".join(wrap(head, width)) if width else head, *(draw(t, options) for t in tables)]
    return "\n\n".join(p for p in parts if p) + "\n"


def inked(text: str, options: dict[str, Any]) -> str:
    """A text as it can be printed; in ASCII before it is measured, as some signs then take more room."""
    return safe(text).translate(ASCII) if options.get("ascii") else safe(text)


def draw(table: Table, options: dict[str, Any]) -> str:
    """One table and its footer, in a given width where there is one: cells fold, nothing is cut."""
    width = options.get("width")
    footer = [line for text in table.footer for line in (wrap(inked(text, options), width) if width else [inked(text, options)])]
    if not table.rows:
        return "\n".join(footer)
    cells = [[inked(c, options) for c in row] for row in table.rows]
    folded = fit(table.columns, cells, width) if width else [[[c] for c in row] for row in cells]
    marks = {k: inked(f"▲ {message}", options) for k, message in table.marked.items()}
    marked = {k: wrap(mark, width) if width else [mark] for k, mark in marks.items()}
    lines = (coloured if options.get("color") else plain)(table.columns, folded, marked, options)
    return "\n".join([*lines, *(["", *footer] if footer else [])])


Cells = list[list[list[str]]]
"""Rows of cells of lines."""


def plain(columns: list[str], rows: Cells, marked: dict[int, list[str]], options: dict[str, Any]) -> list[str]:
    widths = [max(len(name), *(len(line) for row in rows for line in row[k])) for k, name in enumerate(columns)]

    def line(row: list[str]) -> str:
        out = [c.rjust(w) if n in RIGHT else c.ljust(w) for c, w, n in zip(row, widths, columns)]
        return "  ".join(out).rstrip()

    out = [line(columns), inked("─", options) * (sum(widths) + GAP * (len(widths) - 1))]
    for k, row in enumerate(rows):
        out += [line([c[i] if i < len(c) else "" for c in row]) for i in range(max(map(len, row)))]
        out += marked.get(k, [])
    return out


def coloured(columns: list[str], rows: Cells, marked: dict[int, list[str]], options: dict[str, Any]) -> list[str]:
    """The same in colour."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    styles = {"declared": "yellow", "resolved": "green", "notes": "dim"}
    widths = [max(len(name), *(len(line) for row in rows for line in row[k])) for k, name in enumerate(columns)]
    out = StringIO()
    console = Console(file=out, force_terminal=True, width=sum(widths) + GAP * len(widths) + 1, highlight=False,
                      color_system="standard", legacy_windows=False)  # fmt: skip

    def put(cells: list[str], style: str = "") -> None:
        made = Text(style=style)
        for k, (c, w, n) in enumerate(zip(cells, widths, columns)):
            made.append((c.rjust(w) if n in RIGHT else c.ljust(w)) + " " * GAP * (k + 1 < len(cells)), style or styles.get(n, ""))
        made.rstrip()
        console.print(made, soft_wrap=True)

    put(columns, "bold")
    console.print(Text(inked("─", options) * (sum(widths) + GAP * (len(widths) - 1))), soft_wrap=True)
    for k, row in enumerate(rows):
        for i in range(max(map(len, row))):
            put([c[i] if i < len(c) else "" for c in row], "bold red" if k in marked else "")
        for line in marked.get(k, []):
            console.print(Text(line, "bold red"), soft_wrap=True)
    return out.getvalue().rstrip("\n").split("\n")
