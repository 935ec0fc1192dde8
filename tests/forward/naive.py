"""The forward pass in its plainest form, to compare the planned one with: every node once, on copies, nothing dropped,
nothing folded, nothing overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from deferinit_cli.graph import Network
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.weights.initialise import initialise, owner


class Made(dict[str, Any]):
    """Parameters, each initialised when first read and kept; `asked` are the names in order of asking."""

    def __init__(self, resolved: Resolved, seed: int = 0) -> None:
        super().__init__()
        self.resolved, self.seed = resolved, seed
        self.by_name = {p.name: p for p in resolved.network.parameters}
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Any:
        p = owner(self.by_name[name])
        self.asked.append(p.name)
        if p.name not in self:
            self[p.name] = initialise(self.resolved, p, self.seed)
        return super().__getitem__(p.name)


def every_value(network: Network, tensors: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[int, Any]:
    """The array of every value."""
    values = {i.value: np.array(inputs[i.name]) for i in network.inputs}
    with np.errstate(all="ignore"):
        for node in network.nodes:
            p = SimpleNamespace(**{q.key or "value": wide(tensors[q.name]) for q in node.parameters})
            result = node.layer.forward(p, *(wide(values[v]) for v in node.inputs))
            for v, array in zip(node.outputs, result if isinstance(result, tuple) else (result,)):
                values[v] = np.array(array)
    return values


def wide(array: Any) -> Any:
    """A copy; of half floats, one to compute with."""
    return array.astype("float32") if array.dtype.itemsize == 2 else array.copy()
