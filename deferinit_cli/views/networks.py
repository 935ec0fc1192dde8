"""The shipped networks, a line each."""

from __future__ import annotations

from typing import Any

from . import markdown, table
from .tables import Table, grouped

COLUMNS = ["network", "parameters", "macs", "about", "variables"]
SHORT = 16
"""How long a variable's default may be in a table."""


def render(rows: list[dict[str, Any]], kind: str, options: dict[str, Any]) -> str:
    """As a table or as markdown."""
    made = Table("zoo", COLUMNS, [[r["name"], number(r["parameters"]), number(r["macs"]), r["about"], settings(r["variables"])]
                                  for r in rows])  # fmt: skip
    if kind == "markdown":
        return markdown.draw(made) + "\n"
    text = table.draw(made, options) + "\n"
    return text.translate(table.ASCII) if options.get("ascii") else text


def number(n: Any) -> str:
    return n if isinstance(n, str) else grouped(n)


def settings(variables: dict[str, Any]) -> str:
    """Names and defaults, as --set takes them."""
    return " ".join(f"{name}={short(value)}" for name, value in variables.items())


def short(value: Any) -> str:
    """A value as --set takes it; a long list as […]."""
    if isinstance(value, (list, tuple)):
        text = "[" + ",".join(map(short, value)) + "]"
        return text if len(text) <= SHORT else "[…]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
