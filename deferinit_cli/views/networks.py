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
    made = Table("zoo", COLUMNS, [[r["name"], number(r["parameters"]), number(r["macs"]), r["about"], settings(r["variables"], r["allowed"])]
                                  for r in rows])  # fmt: skip
    if kind == "markdown":
        return markdown.draw(made) + "\n"
    text = table.draw(made, options) + "\n"
    return text.translate(table.ASCII) if options.get("ascii") else text


def number(n: Any) -> str:
    return n if isinstance(n, str) else grouped(n)


def settings(variables: dict[str, Any], allowed: dict[str, dict[str, Any]]) -> str:
    """Names and defaults, as --set takes them, with what they may be: `depth=50 (18|34|50)`, `variant=0 (0…7)`."""
    return " ".join(f"{name}={short(value)}" + choices(allowed.get(name, {})) for name, value in variables.items())


def choices(allowed: dict[str, Any]) -> str:
    """What a variable may be, behind its default; nothing where all is allowed or only a bound is said."""
    if "one_of" in allowed:
        return f" ({'|'.join(map(short, allowed['one_of']))})"
    return f" ({short(allowed['min'])}…{short(allowed['max'])})" if {"min", "max"} <= allowed.keys() else ""


def short(value: Any) -> str:
    """A value as --set takes it; a long list as […]."""
    if isinstance(value, (list, tuple)):
        text = "[" + ",".join(map(short, value)) + "]"
        return text if len(text) <= SHORT else "[…]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
