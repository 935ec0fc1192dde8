"""The rules by name, read off the places that raise them: a list beside them would be one more to keep."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_NAME = r'"([a-z]+(?:-[a-z]+)+(?:-\d)?)"'
_RAISED = re.compile(
    rf"[(,]\s*{_NAME}(?=\s*[,)]|\s+if )"  # an argument
    rf"|\belse\s+{_NAME}"  # the other of two
    rf"|\b(?:rule|default_rule)(?::\s*str)?\s*=\s*{_NAME}"
)
_ONE_WORD = re.compile(r'\b(?:Problem|Diagnostic|self\.add|self\.problem|refusal)\((?:source, )?"([a-z]+)",')


@cache
def known() -> frozenset[str]:
    """Every rule that a problem may bear."""
    found: set[str] = set()
    for path in Path(__file__).parent.parent.rglob("*.py"):
        text = path.read_text("utf-8")
        found.update(name for names in _RAISED.findall(text) for name in names if name)
        found.update(_ONE_WORD.findall(text))
    return frozenset(found)
