"""The documented JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..report import Report

_encode = json.JSONEncoder(ensure_ascii=False).encode


def render(report: Report, options: dict[str, Any]) -> str:
    return dump(report.document(rows=iter))


def dump(document: Any) -> str:
    """Any document as JSON: stable, UTF-8, one key a line at the top and one row a line below; iterators are lists of rows."""
    if not isinstance(document, dict):
        return written(document) + "\n"
    pieces: list[str] = []
    for key, value in document.items():
        pieces += ",\n " if pieces else "{", json.dumps(key), ": "
        if isinstance(value, Iterator) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            start = len(pieces)
            for row in value:
                pieces += ",\n  " if len(pieces) > start else "[\n  ", written(row)
            pieces.append("\n ]" if len(pieces) > start else "[]")
        else:
            pieces.append(written(value))
    pieces.append("}\n" if pieces else "{}\n")
    return "".join(pieces)


def written(value: Any) -> str:
    """A value in UTF-8, but for what a terminal would act on or hide: reversed text, half of a character."""
    text = _encode(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
