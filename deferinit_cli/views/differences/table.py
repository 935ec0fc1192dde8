"""A difference as text."""

from __future__ import annotations

from typing import Any

from ...compare.differ import Difference
from ..problems import one_line
from ..table import ASCII, draw
from ._rows import heading, table_of


def render(found: Difference, options: dict[str, Any]) -> str:
    text = "\n\n".join([one_line(heading(found)), draw(table_of(found, options), options)]) + "\n"
    return text.translate(ASCII) if options.get("ascii") else text
