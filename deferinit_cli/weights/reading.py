"""Tensors out of open files, whose headers are checked first."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import IO, Any, BinaryIO

import numpy as np

from . import npz_format, safetensors_format
from .dtypes import numpy_dtype
from .errors import corrupt, missing, quoted
from .npy import Array, read_array_header

NumpyArray = np.ndarray[Any, np.dtype[Any]]

PIECE = 1 << 24
"""Bytes read at a time."""


def safetensors(file: BinaryIO, size: int, path: str, names: Iterable[str] | None) -> dict[str, NumpyArray]:
    """The named tensors, as read-only views of the mapped file (a copy of those that are not aligned)."""
    entries = safetensors_format.read_entries(file, size, path)
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    out = {}
    for name in entries if names is None else names:
        if name not in entries:
            raise missing(path, name)
        entry = entries[name]
        dtype = numpy_dtype(entry.dtype)
        count = (entry.end - entry.begin) // dtype.itemsize
        flat = np.frombuffer(mapped, dtype.newbyteorder("<"), count, entry.begin) if count else np.empty(0, dtype)
        ready = flat if flat.flags.aligned and flat.dtype.isnative else flat.astype(dtype)
        out[name] = _only_bits(ready, entry.dtype, path, name).reshape(entry.shape)
    return out


def npz(file: BinaryIO, size: int, path: str, names: Iterable[str] | None) -> dict[str, NumpyArray]:
    """The named arrays of an archive."""
    with npz_format.opened(file, path) as archive:
        members = npz_format.read_members(archive, size, path)
        out = {}
        for name in members if names is None else names:
            if name not in members:
                raise missing(path, name)
            with archive.open(members[name].info) as data:
                out[name] = _array(data, members[name].array, path, name)
    return out


def npy(file: BinaryIO, size: int, path: str) -> NumpyArray:
    """The array of an npy file."""
    array = read_array_header(file, path)
    file.seek(0)
    if size - array.begin != array.size:
        what = f"{size - array.begin:,} bytes; {array.shape} of {array.dtype} takes {array.size:,}"
        raise corrupt(path, f"its data has {what}")
    return _array(file, array, path, "")


def _array(data: IO[bytes], header: Array, path: str, name: str) -> NumpyArray:
    """The array that starts at `data`: its header is skipped, its bytes are read piece by piece."""
    data.read(header.begin)
    dtype = numpy_dtype(header.dtype)
    flat = np.empty(header.size, np.uint8)
    at = 0
    while piece := data.read(min(PIECE, header.size - at + 1)):
        if at + len(piece) > header.size:
            break
        flat[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
        at += len(piece)
    if at != header.size:
        raise corrupt(path, f"the data of {quoted(name)} ends after {at:,} of {header.size:,} bytes")
    written = dtype.newbyteorder(">" if header.order == ">" else "<")
    native = flat.view(written).astype(dtype, copy=False)
    values = _only_bits(native, header.dtype, path, name)
    return values.reshape(header.shape, order="F" if header.fortran else "C")


def _only_bits(values: NumpyArray, dtype: str, path: str, name: str) -> NumpyArray:
    """Truth values that are neither 0 nor 1 would make numpy misbehave."""
    if dtype == "bool" and values.size and values.view(np.uint8).max() > 1:
        raise corrupt(path, f"{quoted(name)} holds truth values other than 0 and 1")
    return values
