"""The documented `layers` document: rows of all kinds, or everything about one."""

from __future__ import annotations

from typing import Any

from ...report.document import SCHEMA
from ..json import dump


def many(rows: list[dict[str, Any]], options: dict[str, Any]) -> str:
    return dump({"schema": SCHEMA, "command": "layers", "layers": rows})


def one(d: dict[str, Any], options: dict[str, Any]) -> str:
    return dump({"schema": SCHEMA, "command": "layers", "layer": d})
