"""The catalogue as markdown."""

from __future__ import annotations

from typing import Any

from ...catalogue import families
from ..markdown import code, escaped, prose, row
from ._sections import Section, sections


def many(rows: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """A table a group."""
    parts: list[str] = []
    group = None
    for kinds, r in families(rows):
        if r["group"] != group:
            group = r["group"]
            parts.append(f"## {escaped(group)}\n\n| kind | what it does |\n| :-- | :-- |")
        parts[-1] += "\n" + row([", ".join(f"`{k}`" for k in kinds), prose(r["about"])])
    return "\n\n".join(parts) + "\n"


def one(d: dict[str, Any], options: dict[str, Any]) -> str:
    """Everything about one kind."""
    parts = [f"## {escaped(d['kind'])}", prose(d["about"]), *([prose(d["details"])] if d["details"] else [])]
    for s in sections(d):
        parts += [f"**{escaped(s.title)}**", table(s)]
    example = d["example"]
    parts += ["**example**", f"```yaml\n{example['spec']}```", f"```console\n$ {example['command']}\n{example['output']}```"]
    return "\n\n".join(parts) + "\n"


def table(s: Section) -> str:
    lines = [row(list(s.columns)), row([":--"] * len(s.columns))]
    for cells in s.rows:
        lines.append(row([code(c) if k in s.code or len(s.columns) == 1 else prose(c) for k, c in enumerate(cells)]))
    return "\n".join(lines)
