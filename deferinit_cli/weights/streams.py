"""The values of a tensor: a random stream of its own, keyed by the seed and the tensor's full name.

The flat tensor (last axis fastest) is cut into chunks of `CHUNK` elements. Each chunk's random bits are a function of
seed, name and the chunk's number alone, so any process makes any tensor, or any run of its chunks, alone and
bit-identically, on any platform and with any number of threads. Values are drawn as float64 and rounded once.
Initialisers marked whole (orthogonal, sparse, …) make the tensor in one piece; a slice of one is cut from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from math import prod
from typing import Any

import numpy as np

from ..initializers import Initializer
from .dtypes import numpy_dtype
from .normals import standard_normal
from .orthonormal import orthonormal

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]

CHUNK = 1 << 17
"""Elements of a chunk: part of what a seed means, never to be changed."""

THREADED = 1 << 19
"""Elements from which threads pay."""


def chunks(shape: Shape) -> int:
    """How many chunks a tensor of this shape has; all but the last are full."""
    return -(-prod(shape) // CHUNK)


def fill(initializer: Initializer, shape: Shape, dtype: str, seed: int, name: str, fans: tuple[int, int] | None = None) -> Array:
    """The tensor `name` (its full name) as `seed` has it; raises Problem where the initialiser cannot make it."""
    return fill_slice(initializer, shape, dtype, seed, name, fans).reshape(shape)


def fill_slice(
    initializer: Initializer,
    shape: Shape,
    dtype: str,
    seed: int,
    name: str,
    fans: tuple[int, int] | None = None,
    start_chunk: int = 0,
    stop_chunk: int | None = None,
) -> Array:
    """Chunks start_chunk up to stop_chunk of the flat tensor: equal to `fill(…).ravel()` between those borders."""
    initializer.check(shape, dtype)
    total = prod(shape)
    low = min(start_chunk * CHUNK, total)
    high = total if stop_chunk is None else max(low, min(stop_chunk * CHUNK, total))
    kind = numpy_dtype(dtype)
    key = int.from_bytes(blake2b(f"{seed}\0{name}".encode(), digest_size=16).digest(), "little")
    if not initializer.whole:
        return np.asarray(initializer.run(Draw(key, low, high, kind), shape, fans))
    values = initializer.run(Draw(key, 0, total, np.dtype(np.float64)), shape, fans)
    return np.asarray(values).reshape(-1)[low:high].astype(kind)


class Draw:
    """Draws elements low to high (low on a chunk border) of one tensor's stream."""

    def __init__(self, key: int, low: int, high: int, dtype: np.dtype[Any], lane: int = 0) -> None:
        self._key = key
        self._range = (low, high)
        self._dtype = dtype
        self._lane = lane

    def constant(self, value: float) -> Array:
        count = self._range[1] - self._range[0]
        if value == 0:  # pages the system gives as zeros, without writing to them
            return np.zeros(count, self._dtype)
        return np.full(count, value, self._dtype)

    def uniform(self, low: float, high: float) -> Array:
        """Multiples of 2**-53 of the way from low (included) to high."""
        width = (high - low) / (1 << 53)

        def draw(chunk: int, count: int) -> Array:
            values = (self._bits(chunk, 0, count) >> np.uint64(11)).astype(np.float64)
            values *= width
            values += low
            return values

        return self._each(draw)

    def normal(self, mean: float, std: float) -> Array:
        def draw(chunk: int, count: int) -> Array:
            values = standard_normal(self._bits(chunk, 0, count + count % 2))[:count]
            values *= std
            values += mean
            return values

        return self._each(draw)

    def truncated_normal(self, mean: float, std: float) -> Array:
        def draw(chunk: int, count: int) -> Array:
            values = standard_normal(self._bits(chunk, 0, count + count % 2))[:count]
            again = 1
            while len(outside := np.flatnonzero(np.abs(values) > 2)):
                number = len(outside)
                values[outside] = standard_normal(self._bits(chunk, again, number + number % 2))[:number]
                again += 1
            values *= std
            values += mean
            return values

        return self._each(draw)

    def orthonormal(self, rows: int, columns: int) -> Array:
        values = self.normal(0, 1).reshape(max(rows, columns), min(rows, columns))
        return orthonormal(values) if rows >= columns else orthonormal(values).T

    def order(self) -> Array:
        return Draw(self._key, *self._range, self._dtype, lane=1).uniform(0, 1)

    def _bits(self, chunk: int, again: int, count: int) -> Array:
        """Random uint64s. The 256-bit counter holds, from its lowest word: place, chunk, how often drawn, lane."""
        counter = chunk << 64 | again << 128 | self._lane << 192
        return np.random.Philox(key=self._key, counter=counter).random_raw(count)

    def _each(self, draw: Callable[[int, int], Array]) -> Array:
        """All chunks, drawn and rounded to the dtype, by as many threads as there are processors."""
        low, high = self._range
        out = np.empty(high - low, self._dtype)

        def one(start: int) -> None:
            count = min(CHUNK, high - start)
            out[start - low : start - low + count] = draw(start // CHUNK, count)

        starts = range(low, high, CHUNK)
        if high - low < THREADED:
            for start in starts:
                one(start)
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for _ in pool.map(one, starts):
                    pass
        return out
