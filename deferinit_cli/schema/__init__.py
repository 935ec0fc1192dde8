"""The language as JSON Schema, for editors and for other validators: generated from the grammar and the layer files.

A schema sees what YAML makes of a spec, in whatever version the reader has, and never the file's own names. So it is
wider than the language: what it refuses is wrong, what it accepts may still be wrong.
"""

from __future__ import annotations

from typing import Any

from .document import document

__all__ = ["document", "dump"]


def dump() -> str:
    """The schema as text: a line a definition, so that a change of one kind is a change of one line."""
    import json

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    whole = document()
    defs: dict[str, dict[str, Any]] = whole.pop("$defs")
    head = [f" {line(key)}: {line(value)}" for key, value in whole.items()]
    body = [f"  {line(name)}: {line(value)}" for name, value in defs.items()]
    return "{\n" + ",\n".join(head) + ',\n "$defs": {\n' + ",\n".join(body) + "\n }\n}\n"
