"""A network as it shows itself in Python: text in a terminal, HTML in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ..infer.propagation.resolved import Resolved
from ..problems import Diagnostic
from ..report import Report
from .problems import safe
from .tables import RIGHT, heading, parameter_table


def as_text(resolved: Resolved, framework: str = "torch", problems: Sequence[Diagnostic] = (), **options: Any) -> str:
    """The parameter table, as `deferinit show` prints it."""
    from .table import render

    report = Report(resolved, "show", "", framework, depends=bool(options.get("depends")))
    report.tell(problems)
    return render(report, {"parameters": True, **options}).rstrip("\n")


def as_html(resolved: Resolved, problems: Sequence[Diagnostic] = ()) -> str:
    """The same as an HTML table."""
    report = Report(resolved, "show", "")
    report.tell(problems)
    table = parameter_table(report, {})

    def text(words: str) -> str:
        return escape(safe(words))

    def row(cells: list[str], tag: str) -> str:
        aligned = ("right" if name in RIGHT else "left" for name in table.columns)
        return "<tr>" + "".join(f'<{tag} style="text-align: {a}">{text(c)}</{tag}>' for c, a in zip(cells, aligned)) + "</tr>"

    body = "".join(row(r, "td") for r in table.rows)
    footer = "".join(f"<div>{text(line)}</div>" for line in table.footer)
    return f"<div>{text(heading(report))}</div><table><thead>{row(table.columns, 'th')}</thead><tbody>{body}</tbody></table>{footer}"
