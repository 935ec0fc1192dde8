"""What all tensors and layers of a network add up to, as terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.expr import add_all, mul

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
    terms = [r["_count"] for r in found]
    return None if None in terms else add_all(terms)


def total_terms(parameters: Sequence[dict[str, Any]], macs: Sequence[Any]) -> dict[str, Any]:
    """Totals of a report's parameters and its layers' costs; None where something is unknown.

    Tied tensors count once, buffers are no parameters.
    """
    own = [r for r in parameters if r["tied_to"] is None]
    tensors = [r for r in own if not r["buffer"]]
    sizes = [(width, total([r for r in own if r["dtype"] == dtype])) for dtype, width in BYTES.items()]
    return {
        "parameters": total(tensors),
        "trainable": total([r for r in tensors if r["trainable"]]),
        "buffers": total([r for r in own if r["buffer"]]),
        "bytes": None if any(t is None for _, t in sizes) else add_all(mul(width, t) for width, t in sizes),
        "macs": None if None in macs else add_all(macs),
    }
