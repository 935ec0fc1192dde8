"""Input arrays: those given, checked; or random ones, drawn from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from ..graph import Input, Network
from ..infer.propagation.resolved import Resolved
from ..problems import Diagnostic, Problem, Rejected
from ..spelling import suggest
from ..weights.dtypes import numpy_dtype

UNLIMITED = 100
"""Ints that index nothing are drawn below this."""


def random_inputs(resolved: Resolved, seed: int) -> dict[str, Any]:
    """An array per input: floats standard normal, ints below whatever index limit they meet. Raises Rejected.

    Each input has a stream of its own, keyed by the seed and its name.
    """
    out = {}
    limits = index_limits(resolved)
    problems = []
    for entry in resolved.network.inputs:
        shape = resolved.shape(entry.value)
        if shape is None or not all(type(t) is int for t in shape):
            known = "not known" if shape is None else "(" + ", ".join("?" if t is None else str(t) for t in shape) + ")"
            problems.append(Diagnostic("unresolved", f"the shape of {entry.name} is {known}: a run needs numbers", entry.span,
                                       help=f"--input {entry.name}=SHAPE, or --data"))  # fmt: skip
            continue
        key = int.from_bytes(blake2b(f"{seed}\0input {entry.name}".encode(), digest_size=16).digest(), "little")
        stream = np.random.Generator(np.random.Philox(key=key))
        try:
            out[entry.name] = draw(stream, shape, resolved.dtype(entry.value), limits.get(entry.value, UNLIMITED))
        except Problem as e:
            problems.append(Diagnostic(e.rule, f"{entry.name}: {e.message}", entry.span, help=e.help))
        except (MemoryError, ValueError):  # numpy has a ValueError for sizes past what an address can say
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
    return stream.standard_normal(shape, dtype=np.float32).astype(numpy_dtype(dtype), copy=False)


def index_limits(resolved: Resolved) -> dict[int, int]:
    """What ints must stay below, by value: the axis that a layer indexes, traced back to what feeds it."""
    limits: dict[int, int] = {}

    def note(value: int, limit: int) -> None:
        if "int" in resolved.dtype(value):
            limits[value] = min(limits.get(value, limit), limit)

    for node in reversed(resolved.network.nodes):
        found = [limits[v] for v in node.outputs if v in limits]
        for v in node.inputs if found else ():
            note(v, min(found))
        frame = resolved.frames[node.index]
        port = node.layer.index_port()
        if node.layer.index_limit and frame is not None and port < len(node.inputs):
            limit = resolved.store.known(frame.slot(node.layer.index_limit))
            if type(limit) is int:
                note(node.inputs[port], limit)
    return limits


def named_arrays(network: Network, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays read from a file, by input: exactly one for each; a file's only, nameless one is the only input's.

    Raises Rejected naming every array too many (`data-unknown`) or missing (`data-missing`).
    """
    names = [i.name for i in network.inputs]
    if list(arrays) == [""] and len(names) == 1:
        return {names[0]: arrays[""]}
    problems = []
    for name in arrays:
        if name not in names:
            message = f"no input is called '{name}'" if name else "the data is one nameless array"
            problems.append(Diagnostic("data-unknown", message, found=name, expected=", ".join(names), help=suggest(name, names)))
    for entry in network.inputs:
        if entry.name not in arrays:
            problems.append(Diagnostic("data-missing", f"the data has no array for the input {entry.name}", entry.span,
                                       found=", ".join(filter(None, arrays)) or "no array of a name",
                                       expected=entry.name))  # fmt: skip
    if problems:
        raise Rejected(problems)
    return dict(arrays)


def given_inputs(network: Network, resolved: Resolved, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays read from a file, under their inputs' names and in their dtypes; raises Rejected naming every misfit."""
    named = named_arrays(network, arrays)
    out, problems = {}, []
    for entry in network.inputs:
        try:
            out[entry.name] = fitted(named[entry.name], resolved.shape(entry.value), resolved.dtype(entry.value))
        except Problem as e:
            problems.append(Diagnostic(e.rule, f"{entry.name} {e.message}", entry.span, found=e.found, expected=e.expected,
                                       help=e.help))  # fmt: skip
        except MemoryError:
            problems.append(Diagnostic("out-of-memory", f"{entry.name} does not fit into memory", entry.span))
    if problems:
        raise Rejected(problems)
    return out


def fitted(array: Any, shape: tuple[Any, ...] | None, dtype: str) -> Any:
    """The array in this dtype; raises Problem where its shape, its kind of numbers or its values are others."""
    found = tuple(array.shape)
    if shape is not None and (len(shape) != len(found) or any(type(t) is int and t != n for t, n in zip(shape, found))):
        raise Problem("data-shape", f"is {found}, the network takes {shown(shape)}", found=str(found), expected=shown(shape))
    if array.dtype == np.dtype("V2") and dtype == "bfloat16":  # as numpy writes them to a file
        array = array.view(numpy_dtype(dtype))
    if kind_of(array.dtype.name) != kind_of(dtype):
        raise Problem("data-dtype", f"is {array.dtype.name}, the network takes {dtype}", found=array.dtype.name, expected=dtype)
    with np.errstate(all="ignore"):
        cast = array.astype(numpy_dtype(dtype), copy=False)
        kept = cast == array if kind_of(dtype) == "int" else ~np.isinf(cast) | np.isinf(array)
    if cast is not array and not np.all(kept):
        worst = array[~kept].flat[0]
        raise Problem("data-dtype", f"holds {worst}, which {dtype} does not", found=array.dtype.name, expected=dtype)
    return cast


def shown(shape: tuple[Any, ...]) -> str:
    return "(" + ", ".join(str(t) if type(t) is int else "-1" for t in shape) + ("," if len(shape) == 1 else "") + ")"


def kind_of(dtype: str) -> str:
    return "bool" if dtype == "bool" else "int" if dtype.startswith(("int", "uint")) else "float" if "float" in dtype else "other"


__all__ = ["Input", "given_inputs", "index_limits", "named_arrays", "random_inputs"]
