"""Published networks as facts: every tensor's name and shape, and totals, computed with the real libraries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "reference"


def reference(name: str) -> dict[str, Any]:
    """`tensors` [name, shape], `buffer_tensors`, `parameters`, `flops_torch` and so on."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found
