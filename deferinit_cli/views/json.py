"""The documented JSON document."""

from __future__ import annotations

import json
from typing import Any

from ..report import Report


def render(report: Report, options: dict[str, Any]) -> str:
    return dump(report.document())


def dump(document: Any) -> str:
    """Any document as JSON: stable, UTF-8, one key a line at the top and one row a line below."""
    if not isinstance(document, dict):
        return written(document) + "\n"
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = ",\n  ".join(map(written, value))
            parts.append(f"{json.dumps(key)}: [\n  {inner}\n ]")
        else:
            parts.append(f"{json.dumps(key)}: {written(value)}")
    return "{" + ",\n ".join(parts) + "}\n"


def written(value: Any) -> str:
    """A value in UTF-8, but for what a terminal would act on or hide: reversed text, half of a character."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
