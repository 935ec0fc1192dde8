"""Input arrays: those given, checked; or random ones, drawn from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from ..graph import Input, Network, Node
from ..infer.resolved import Resolved
from ..layers.arguments import suggest
from ..problems import Diagnostic, Rejected


def random_inputs(resolved: Resolved, seed: int) -> dict[str, Any]:
    """An array per input: floats standard normal, ints below whatever index limit they meet. Raises Rejected."""
    out = {}
    limits = index_limits(resolved)
    problems = []
    for entry in resolved.network.inputs:
        shape = resolved.shape(entry.value)
        if shape is None or not all(type(t) is int for t in shape):
            problems.append(Diagnostic("unresolved", f"the shape of {entry.name} is not known", entry.span,
                                       help=f"--input {entry.name}=SHAPE, or --data"))  # fmt: skip
            continue
        key = int.from_bytes(blake2b(f"{seed}\0input {entry.name}".encode(), digest_size=16).digest(), "little")
        stream = np.random.Generator(np.random.Philox(key=key))
        dtype = resolved.dtype(entry.value)
        try:
            out[entry.name] = draw(stream, shape, dtype, limits.get(entry.value, 100))
        except (MemoryError, ValueError):
            problems.append(Diagnostic("out-of-memory", f"{entry.name} {shape} does not fit into memory", entry.span))
    if problems:
        raise Rejected(problems)
    return out


def draw(stream: Any, shape: tuple[int, ...], dtype: str, limit: int) -> Any:
    if dtype == "bool":
        return stream.integers(0, 2, shape).astype(bool)
    if dtype.startswith(("int", "uint")):
        top = min(limit, int(np.iinfo(dtype).max))
        return stream.integers(0, top, shape, dtype=np.int64).astype(dtype)
    if dtype == "float64":
        return stream.standard_normal(shape)
    from ..weights.dtypes import numpy_dtype

    return stream.standard_normal(shape, dtype=np.float32).astype(numpy_dtype(dtype), copy=False)


def index_limits(resolved: Resolved) -> dict[int, int]:
    """How large ints may be, by value: below the axis that a layer indexes, traced back to what feeds it."""
    limits: dict[int, int] = {}
    for node in reversed(resolved.network.nodes):
        if node.layer.index_limit and node.inputs:
            frame = resolved.frames[node.index]
            limit = resolved.store.known(frame.slot(node.layer.index_limit)) if frame is not None else None
            if type(limit) is int:
                merge(limits, node.inputs[-1 if node.layer.index_limit.startswith("taken") else 0], limit)
        found = [limits[v] for v in node.outputs if v in limits]
        if found:
            for v in node.inputs:
                merge(limits, v, min(found))
    return limits


def merge(limits: dict[int, int], value: int, limit: int) -> None:
    limits[value] = min(limits.get(value, limit), limit)


def given_inputs(network: Network, resolved: Resolved, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays read from a file, under their inputs' names and dtypes; raises Rejected naming every misfit."""
    names = [i.name for i in network.inputs]
    if list(arrays) == [""] and len(names) == 1:
        arrays = {names[0]: arrays[""]}
    problems = [Diagnostic("data-unknown", f"no input is called '{n}'", found=n, expected=", ".join(names), help=suggest(n, names))
                for n in arrays if n not in names]  # fmt: skip
    out = {}
    for entry in network.inputs:
        if entry.name not in arrays:
            problems.append(Diagnostic("data-missing", f"the data has no array for the input {entry.name}", entry.span,
                                       found=", ".join(arrays) or "no array", expected=entry.name))  # fmt: skip
            continue
        array = arrays[entry.name]
        dtype = resolved.dtype(entry.value)
        if kind_of(str(array.dtype)) != kind_of(dtype):
            problems.append(Diagnostic("data-dtype", f"{entry.name} is {array.dtype}, the network takes {dtype}", entry.span,
                                       found=str(array.dtype), expected=dtype))  # fmt: skip
        out[entry.name] = array if str(array.dtype) == dtype else array.astype(dtype)
    if problems:
        raise Rejected(problems)
    return out


def kind_of(dtype: str) -> str:
    return "bool" if dtype == "bool" else "int" if dtype.startswith(("int", "uint")) else "float" if "float" in dtype else "other"


__all__ = ["Input", "Node", "given_inputs", "index_limits", "random_inputs"]
