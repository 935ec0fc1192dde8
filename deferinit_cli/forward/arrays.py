"""Facts about arrays that running a plan rests on: who shares memory with whom, and which dtypes are computed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

NARROW = ("float16", "bfloat16")
"""Dtypes that values are kept in but never computed in: numpy multiplies matrices of them slowly, if at all."""


def widened(array: Any) -> Any:
    """The array to compute with: narrow floats as float32, as processors without such arithmetic do."""
    return array.astype(np.float32) if array.dtype.name in NARROW else array


def narrowed(array: Any, dtype: str) -> Any:
    """The array as values of this dtype are kept."""
    if array.dtype.name == dtype:
        return array
    from ..weights.dtypes import numpy_dtype

    return array.astype(numpy_dtype(dtype))


def shares(array: Any, others: Iterable[Any]) -> bool:
    """Whether the array may share memory with any of the others."""
    return any(np.may_share_memory(array, other) for other in others)


def writable(array: Any) -> bool:
    """Whether every entry has a cell of its own that may be written to: no broadcast, no window over another."""
    return bool(array.flags.writeable and all(s != 0 for s, n in zip(array.strides, array.shape) if n > 1))
