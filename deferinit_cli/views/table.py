"""Tables as text. Off a terminal they take the width they need; on one, rich colours and folds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..report import Report
from .fitting import GAP, fit, wrap
from .problems import one_line
from .tables import RIGHT, Table, heading, layer_table, parameter_table, result_tables, warned

ASCII = str.maketrans({"─": "-", "│": "|", "…": "...", "×": "x", "→": "->", "·": "-", "▲": "^"})


def render(report: Report, options: dict[str, Any]) -> str:
    """The whole of what a command prints for people."""
    width = options.get("width")
    head = inked(heading(report), options)
    parts = ["\n".join(wrap(head, width)) if width else head, *(draw(t, options) for t in tables(report, options))]
    return "\n\n".join(p for p in parts if p) + "\n"


def tables(report: Report, options: dict[str, Any]) -> Iterator[Table]:
    """What is to be told, a table after the other: large ones need not all be there at once."""
    if options.get("layers") or report.rejected:
        yield layer_table(report, options)
    results = result_tables(report)
    if not results and (not report.rejected or options.get("parameters")):
        yield parameter_table(report, options)
    yield from results
    if results and report.warnings:
        said = Table("warnings", [], [])
        said.footer = warned(report)
        yield said


def inked(text: str, options: dict[str, Any]) -> str:
    """A text as it can be printed; in ASCII before it is measured, as some signs then take more room."""
    return one_line(text).translate(ASCII) if options.get("ascii") else one_line(text)


def draw(table: Table, options: dict[str, Any]) -> str:
    """One table and its footer, in a given width where there is one: cells fold, nothing is cut."""
    width = options.get("width")
    footer = [line for text in table.footer for line in (wrap(inked(text, options), width) if width else [inked(text, options)])]
    if not table.rows:
        return "\n".join(footer)
    whole = "".join(map("".join, table.rows))
    same = inked(whole, options) == whole and "::" not in whole
    cells = table.rows if same else [[inked(c, options) for c in row] for row in table.rows]
    marks = {k: inked(f"▲ {message}", options) for k, message in table.marked.items()}
    lines, notes = folded(table.columns, cells, marks, width) if width else (cells, {k: (1, [m]) for k, m in marks.items()})
    drawn = (coloured if options.get("color") else plain)(table.columns, lines, notes, options)
    return "\n".join([*drawn, *(["", *footer] if footer else [])])


Notes = dict[int, tuple[int, list[str]]]
"""What is said below a marked row, by its last line, with how many lines the row has."""


def folded(columns: list[str], cells: list[list[str]], marks: dict[int, str], width: int) -> tuple[list[list[str]], Notes]:
    """Rows as lines that fit a width."""
    lines: list[list[str]] = []
    notes: Notes = {}
    for k, row in enumerate(fit(columns, cells, width)):
        height = max(map(len, row))
        lines += [[c[i] if i < len(c) else "" for c in row] for i in range(height)]
        if k in marks:
            notes[len(lines) - 1] = height, wrap(marks[k], width)
    return lines, notes


def widest(columns: list[str], lines: list[list[str]]) -> list[int]:
    return [max(len(name), max([len(line[k]) for line in lines])) for k, name in enumerate(columns)]


def plain(columns: list[str], lines: list[list[str]], notes: Notes, options: dict[str, Any]) -> list[str]:
    widths = widest(columns, lines)
    form = (" " * GAP).join(f"{{:{'>' if n in RIGHT else '<'}{w}}}" for n, w in zip(columns, widths)).format
    out = [form(*columns).rstrip(), inked("─", options) * (sum(widths) + GAP * (len(widths) - 1))]
    for k, line in enumerate(lines):
        out.append(form(*line).rstrip())
        if k in notes:
            out += notes[k][1]
    return out


def coloured(columns: list[str], lines: list[list[str]], notes: Notes, options: dict[str, Any]) -> list[str]:
    """The same in colour."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    styles = {"declared": "yellow", "resolved": "green", "notes": "dim"}
    widths = widest(columns, lines)
    red = {n for k, (height, _) in notes.items() for n in range(k - height + 1, k + 1)}
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
    for k, line in enumerate(lines):
        put(line, "bold red" if k in red else "")
        for note in notes[k][1] if k in notes else ():
            console.print(Text(note, "bold red"), soft_wrap=True)
    return out.getvalue().rstrip("\n").split("\n")
