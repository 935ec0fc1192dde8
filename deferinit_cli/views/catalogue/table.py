"""The catalogue as text, folded to a width where there is one."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from ...catalogue import families
from ..table import ASCII
from ._sections import Section, sections


def many(rows: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """A line a kind, or a family of them, under its group."""
    found = families(rows)
    names = [names_text(kinds) for kinds, _ in found]
    width = max(map(len, names))
    lines: list[str] = []
    group = ""
    for name, (_, r) in zip(names, found):
        if r["group"] != group:
            group = r["group"]
            lines += [*([""] if lines else []), group]
        lines += folded(f"  {name.ljust(width)}  ", r["about"], options)
    return done(lines, options)


def names_text(kinds: list[str]) -> str:
    """conv1d 2d 3d."""
    return " ".join([kinds[0], *(k[-2:] for k in kinds[1:])])


def one(d: dict[str, Any], options: dict[str, Any]) -> str:
    """Everything about one kind."""
    lines = [f"{d['kind']}: {d['group']}", "", *folded("", d["about"], options)]
    if d["details"]:
        lines += ["", *folded("", d["details"], options)]
    for s in sections(d):
        lines += ["", s.title, *section(s, options)]
    example = d["example"]
    lines += ["", "example", *indented(example["spec"])]
    lines += ["", f"  $ {example['command']}", *indented(example["output"])]
    return done(lines, options)


def section(s: Section, options: dict[str, Any]) -> list[str]:
    """Columns side by side, the last one folded."""
    widths = [max(len(r[k]) for r in s.rows) for k in range(len(s.columns) - 1)]
    lines = []
    for r in s.rows:
        lines += folded("  " + "".join(f"{c.ljust(w)}  " for c, w in zip(r, widths)), r[-1], options)
    return lines


def folded(head: str, text: str, options: dict[str, Any]) -> list[str]:
    """head + text, its further lines below the first one's text."""
    width = options.get("width")
    if not width or len(head) + len(text) <= width:
        return [f"{head}{text}".rstrip()]
    room = max(width - len(head), 24)
    first, *rest = wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return [head + first, *(" " * len(head) + line for line in rest)]


def indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.rstrip("\n").split("\n")]


def done(lines: list[str], options: dict[str, Any]) -> str:
    text = "\n".join(lines) + "\n"
    return text.translate(ASCII) if options.get("ascii") else text
