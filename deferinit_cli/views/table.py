"""Tables as text. Off a terminal they take the width they need; on one, rich colours and folds them."""

from __future__ import annotations

from typing import Any

from ..report import Report
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
    parts = [heading(report), *(draw(t, options) for t in tables)]
    text = "\n\n".join(p for p in parts if p) + "\n"
    return text.translate(ASCII) if options.get("ascii") else text


def draw(table: Table, options: dict[str, Any]) -> str:
    """One table and its footer."""
    if not table.rows:
        return "\n".join(table.footer)
    if options.get("color") or options.get("width"):
        return rich_table(table, options)
    return "\n".join([*plain(table), *(["", *table.footer] if table.footer else [])])


def plain(table: Table) -> list[str]:
    cells = [list(map(safe, row)) for row in table.rows]
    widths = [max(len(name), *(len(row[k]) for row in cells)) for k, name in enumerate(table.columns)]

    def line(row: list[str]) -> str:
        out = [c.rjust(w) if n in RIGHT else c.ljust(w) for c, w, n in zip(row, widths, table.columns)]
        return "  ".join(out).rstrip()

    out = [line(table.columns), "─" * (sum(widths) + 2 * (len(widths) - 1))]
    for k, row in enumerate(cells):
        out.append(line(row))
        if k in table.marked:
            out.append(f"▲ {safe(table.marked[k])}")
    return out


def rich_table(table: Table, options: dict[str, Any]) -> str:
    """The same with colour, in a given width: cells fold, nothing is cut."""
    from io import StringIO

    from rich.box import ASCII as ASCII_BOX
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable

    made = RichTable(box=ASCII_BOX if options.get("ascii") else SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in table.columns:
        made.add_column(name, justify="right" if name in RIGHT else "left", overflow="fold",
                        style={"declared": "yellow", "resolved": "green", "notes": "dim"}.get(name, ""))  # fmt: skip
    for k, row in enumerate(table.rows):
        made.add_row(*(safe(c).replace("[", "\\[") for c in row), style="bold red" if k in table.marked else None)
    out = StringIO()
    width = options.get("width") or 10_000
    console = Console(file=out, force_terminal=bool(options.get("color")), width=width, highlight=False,
                      color_system="standard" if options.get("color") else None, legacy_windows=False)  # fmt: skip
    console.print(made)
    for k, message in table.marked.items():
        console.print(f"▲ {safe(table.rows[k][0])}: {safe(message)}", markup=False)
    for text in table.footer:
        console.print(text, markup=False)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().split("\n"))
