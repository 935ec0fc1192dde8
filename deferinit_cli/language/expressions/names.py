"""What may be a name: of layers, variables, blocks."""

from __future__ import annotations

import re

from ...problems import Problem
from .expression import RESERVED

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
VARIABLE = re.compile(r"[a-z_][a-z0-9_]*")


def lower_case(name: str, what: str) -> Problem | None:
    """What is wrong with the name of a variable, argument or index; `what` is such as "a variable"."""
    if not VARIABLE.fullmatch(name):
        return Problem("name-format", f"'{name}' cannot be {what}", found=name, expected="a lower-case name",
                       help="upper case is for symbols, sizes that an input decides" if name[:1].isupper() else "",
                       word=name)  # fmt: skip
    if name in RESERVED:
        return Problem("name-format", f"'{name}' cannot be {what}: it is a word of the language", found=name,
                       help="give it another name", word=name)  # fmt: skip
    return None
