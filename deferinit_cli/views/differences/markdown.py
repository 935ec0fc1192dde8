"""A difference as a comment of a pull request: the totals first, the rows in a table that unfolds."""

from __future__ import annotations

from typing import Any

from ...compare.differ import Difference
from ..markdown import draw, escaped
from ._rows import heading, table_of

SHOWN = 20
"""Rows of a table that stands open."""


def render(found: Difference, options: dict[str, Any]) -> str:
    table = table_of(found, options)
    said, table.footer = table.footer, []
    parts = [
        f"**{escaped(heading(found))}**",
        escaped(said[0]),
        *(["\n".join(f"- {escaped(t)}" for t in said[1:])] if said[1:] else []),
    ]
    if table.rows:
        drawn = draw(table)
        long = len(table.rows) > SHOWN
        parts.append(f"<details><summary>{len(table.rows)} rows</summary>\n\n{drawn}\n\n</details>" if long else drawn)
    return "\n\n".join(parts) + "\n"
