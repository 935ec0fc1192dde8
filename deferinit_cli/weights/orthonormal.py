"""Orthonormal matrices, the same to the last bit whatever the processor, the BLAS or the number of threads.

A BLAS adds in an order of its own, so its results differ in the last bits. Here matrices are first split into two
parts of few enough bits that every sum of products is exact, and an exact sum has no order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

BITS = 20
LENGTH = 1 << 12
"""Products of 2 * BITS bits, this many of them, sum to less than 2**53 with one bit to spare."""


def orthonormal(values: Array) -> Array:
    """The columns made orthonormal by Gram and Schmidt's method, so that a random matrix gives a Haar-random one.

    `values` is (rows, columns), rows >= columns. Products of the result's columns are 0 and 1 to about 1e-10.
    """
    columns = values.shape[1]
    if columns < 2:
        return np.asarray(values / np.sqrt(_product(values.T, values).diagonal()))
    half = columns // 2
    left, right = orthonormal(values[:, :half]), values[:, half:]
    for _ in range(2):  # the second time removes what rounding left the first
        right = right - _product(left, _product(left.T, right))
    return np.concatenate([left, orthonormal(right)], axis=1)


def _product(a: Array, b: Array) -> Array:
    """a @ b to about 40 bits, reproducibly."""
    out = np.zeros((a.shape[0], b.shape[1]))
    for start in range(0, a.shape[1], LENGTH):
        (a_high, a_low), a_scale = _split(a[:, start : start + LENGTH])
        (b_high, b_low), b_scale = _split(b[start : start + LENGTH])
        part = (a_high @ b_low + a_low @ b_high) * 2.0**-BITS  # an exact sum: at most 2**53
        out += (a_high @ b_high + part) * (a_scale * b_scale)
    return out


def _split(a: Array) -> tuple[tuple[Array, Array], float]:
    """Integers (high, low) and a power of two: a = (high + low * 2**-BITS) * scale, nearly."""
    exponent = int(np.frexp(np.max(np.abs(a), initial=0.0))[1])
    scaled = np.ldexp(a, BITS - exponent)
    high = np.rint(scaled)
    return (high, np.rint(np.ldexp(scaled - high, BITS))), 2.0 ** (exponent - BITS)
