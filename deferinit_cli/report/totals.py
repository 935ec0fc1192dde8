"""What all tensors and layers of a network add up to, as terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.expr import add, mul

BYTES = {
    "float64": 8,
    "int64": 8,
    "float32": 4,
    "int32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}


def total(found: Sequence[dict[str, Any]]) -> Any:
    """The sum of counts as a term; None when one is not known."""
    out: Any = 0
    for r in found:
        if r["_count"] is None:
            return None
        out = add(out, r["_count"])
    return out


def total_terms(parameters: Sequence[dict[str, Any]], layers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Totals of a report's rows; None where something is unknown. Tied tensors count once, buffers are no parameters."""
    own = [r for r in parameters if r["tied_to"] is None]
    tensors = [r for r in own if not r["buffer"]]
    size: Any = 0
    for r in own:
        size = None if size is None or r["_count"] is None else add(size, mul(BYTES[r["dtype"]], r["_count"]))
    macs: Any = 0
    for layer in layers:
        macs = None if macs is None or layer["_macs"] is None else add(macs, layer["_macs"])
    return {
        "parameters": total(tensors),
        "trainable": total([r for r in tensors if r["trainable"]]),
        "buffers": total([r for r in own if r["buffer"]]),
        "bytes": size,
        "macs": macs,
    }
