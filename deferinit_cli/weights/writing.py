"""Tensors into an open file, one at a time."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from . import npz_format, safetensors_format
from .dtypes import SIZES, numpy_dtype
from .npy import array_header

if TYPE_CHECKING:
    from .files import Tensor

METADATA_NEEDED = {"format": "pt"}
"""Loaders of the Hugging Face libraries refuse a file that does not say so."""


def safetensors(file: BinaryIO, tensors: list[Tensor], metadata: dict[str, str]) -> None:
    """A safetensors file. Wide elements come first, so that all stand where their width asks."""
    ordered = sorted(tensors, key=lambda tensor: -SIZES[tensor[2]])
    file.write(safetensors_format.header_bytes([t[:3] for t in ordered], METADATA_NEEDED | metadata))
    for tensor in ordered:
        file.write(_data(tensor))


def npz(file: BinaryIO, tensors: list[Tensor], metadata: dict[str, str]) -> None:
    """An uncompressed npz file, as numpy.savez writes it; it has no place for metadata."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for tensor in tensors:
            name, shape, dtype, _ = tensor
            with archive.open(npz_format.entry(name), "w", force_zip64=True) as member:
                member.write(array_header(shape, dtype))
                member.write(_data(tensor))


def _data(tensor: Tensor) -> memoryview:
    """The tensor made: its bytes, little-endian, last axis fastest."""
    name, shape, dtype, maker = tensor
    values = maker()
    kind = numpy_dtype(dtype)
    if values.shape != shape or values.dtype != kind:
        raise TypeError(f"{name} was made as {values.shape} of {values.dtype}, not {shape} of {dtype}")
    flat = np.ascontiguousarray(values).reshape(-1).astype(kind.newbyteorder("<"), copy=False)
    return flat.view(np.uint8).data
