"""Arrays in a line: shape, mean, std, extremes and NaNs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Network, Node


def summary(name: str, array: Any) -> dict[str, Any]:
    """The documented keys of one result. Figures are of the finite values; None where there are none."""
    array = np.asarray(array)
    seen = array.astype(np.float32) if array.dtype.kind not in "fiub" else array  # floats that numpy only stores
    finite = seen[np.isfinite(seen)] if seen.dtype.kind == "f" else seen.reshape(-1)
    some = finite.size > 0
    wide = finite.astype(np.float64)
    return {
        "name": name,
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "mean": float(wide.mean()) if some else None,
        "std": float(wide.std()) if some else None,
        "min": float(wide.min()) if some else None,
        "max": float(wide.max()) if some else None,
        "nans": int(np.isnan(seen).sum()) if seen.dtype.kind == "f" else 0,
    }


class Tracer:
    """Collects a row per value as it is made."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.rows: list[dict[str, Any]] = []

    def __call__(self, node: Node, which: int, array: Any, seconds: float) -> None:
        row = summary(self.network.value_name(node.outputs[which]), array)
        self.rows.append({**row, "kind": node.layer.kind, "ms": seconds * 1000})
