"""Weights and data files: `.safetensors` (also sharded, by its `.index.json`), `.npz` and `.npy`.

Nothing here ever unpickles. A file is read through its header, every claim of which is checked before data is touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any, BinaryIO

from ..files import open_plain
from ..problems import Diagnostic, Problem, Unusable
from . import npz_format, safetensors_format
from .atomic import atomic
from .dtypes import SIZES
from .errors import cannot_write, corrupt, format_error, missing, pickled, quoted, unreadable

if TYPE_CHECKING:
    import numpy as np

    NumpyArray = np.ndarray[Any, np.dtype[Any]]

Shape = tuple[int, ...]
Header = dict[str, tuple[Shape, str]]
Tensor = tuple[str, Shape, str, "Callable[[], NumpyArray]"]
"""A tensor to be saved: name, shape, dtype, and what makes it when its turn comes."""

INDEX_LIMIT = 100_000_000


def read_header(path: str) -> Header:
    """Shape and dtype of every tensor of a weights file by name, without its data; raises Unusable."""
    kind = _kind(path)
    if kind == "index":
        return _sharded_header(path)
    with _open(path) as (file, size):
        if kind == "safetensors":
            entries = safetensors_format.read_entries(file, size, path)
            return {name: (e.shape, e.dtype) for name, e in entries.items()}
        with npz_format.opened(file, path) as archive:
            members = npz_format.read_members(archive, size, path)
            return {name: (m.array.shape, m.array.dtype) for name, m in members.items()}


def load(path: str, names: Iterable[str] | None = None) -> dict[str, NumpyArray]:
    """The named tensors (default: all) of a weights file, in that order; raises Unusable.

    Those of a safetensors file are read-only views of the file, read as they are touched.
    """
    from . import reading

    kind = _kind(path)
    if kind == "index":
        return _sharded(path, names)
    with _open(path) as (file, size), _told(path):
        return (reading.safetensors if kind == "safetensors" else reading.npz)(file, size, path, names)


def read_arrays(path: str) -> dict[str, NumpyArray]:
    """The arrays of a data file by name; an `.npy` file's only one is named `""`. Raises Unusable."""
    if not path.lower().endswith(".npy"):
        return load(path)
    from . import reading

    with _open(path) as (file, size), _told(path):
        return {"": reading.npy(file, size, path)}


def save(path: str, tensors: Iterable[Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a `.safetensors` or `.npz` file, one tensor in memory at a time, and the same bytes every time.

    `metadata` goes into a safetensors file's header. Raises Rejected (`cannot-write`).
    """
    from . import writing

    todo = list(tensors)
    names = [name for name, *_ in todo]
    if len(set(names)) < len(names):
        raise cannot_write(path, f"{quoted(next(n for n in names if names.count(n) > 1))} would be in it twice")
    lower = path.lower()
    if not lower.endswith((".safetensors", ".npz")):
        raise cannot_write(path, "weights are written to files that end in .safetensors or .npz")
    write = writing.safetensors if lower.endswith(".safetensors") else writing.npz
    for name in names:
        if not name.isprintable() or (write is writing.safetensors and name == safetensors_format.METADATA):
            raise cannot_write(path, f"no tensor can be called {quoted(name)} in such a file")
    with atomic(path, sum(prod(shape) * SIZES[dtype] for _, shape, dtype, _ in todo)) as file:
        write(file, todo, metadata or {})


def _kind(path: str) -> str:
    lower = path.lower()
    for ending in ("safetensors", "npz"):
        if lower.endswith("." + ending):
            return ending
    if lower.endswith(".index.json"):
        return "index"
    if lower.endswith((".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".pdparams", ".joblib")):
        raise pickled(path, "its name is that of a pickle")
    raise format_error(path, "its name does not end in .safetensors, .safetensors.index.json or .npz")


@contextmanager
def _open(path: str) -> Iterator[tuple[BinaryIO, int]]:
    """The open file and its size, with what the system refuses told as Unusable."""
    try:
        file = open_plain(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    try:
        with file:
            yield file, os.fstat(file.fileno()).st_size
    except OSError as error:
        raise unreadable(path, error) from None


@contextmanager
def _told(path: str) -> Iterator[None]:
    """A dtype that cannot be had, told as Unusable."""
    try:
        yield
    except Problem as problem:
        raise Unusable([Diagnostic(problem.rule, f"{path}: {problem.message}", help=problem.help)]) from None


def _weight_map(path: str) -> dict[str, str]:
    """File name by tensor of a sharded checkpoint; every file lies in the index's own folder."""
    with _open(path) as (file, _):
        text = file.read(INDEX_LIMIT + 1)
    try:
        weight_map = json.loads(text)["weight_map"] if len(text) <= INDEX_LIMIT else None
    except (ValueError, RecursionError, KeyError, TypeError):
        weight_map = None
    if not isinstance(weight_map, dict) or not all(isinstance(f, str) for f in weight_map.values()):
        raise corrupt(path, "it is not JSON with a weight_map from tensors to files")
    for shard in set(weight_map.values()):
        if os.path.basename(shard) != shard or "\\" in shard or not shard.endswith(".safetensors"):
            raise corrupt(path, f"its weight_map names the file {quoted(shard)}")
    return weight_map


def _shards(path: str) -> Iterator[tuple[str, list[str]]]:
    """Each file of a sharded checkpoint and the tensors it should hold."""
    held: dict[str, list[str]] = {}
    for name, shard in _weight_map(path).items():
        held.setdefault(os.path.join(os.path.dirname(path), shard), []).append(name)
    yield from held.items()


def _sharded_header(path: str) -> Header:
    found: Header = {}
    for shard, names in _shards(path):
        header = read_header(shard)
        for name in names:
            if name not in header:
                raise corrupt(path, f"it says that {quoted(name)} is in {os.path.basename(shard)}, which has it not")
            found[name] = header[name]
    return {name: found[name] for name in _weight_map(path)}


def _sharded(path: str, names: Iterable[str] | None) -> dict[str, NumpyArray]:
    header = _sharded_header(path)
    wanted = list(header if names is None else names)
    for name in wanted:
        if name not in header:
            raise missing(path, name)
    chosen, found = set(wanted), dict[str, Any]()
    for shard, held in _shards(path):
        if here := [name for name in held if name in chosen]:
            found.update(load(shard, here))
    return {name: found[name] for name in wanted}
