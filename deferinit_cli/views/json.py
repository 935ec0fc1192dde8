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
        return json.dumps(document, ensure_ascii=False) + "\n"
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = ",\n  ".join(json.dumps(v, ensure_ascii=False) for v in value)
            parts.append(f"{json.dumps(key)}: [\n  {inner}\n ]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{" + ",\n ".join(parts) + "}\n"
