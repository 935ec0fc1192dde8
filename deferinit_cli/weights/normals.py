"""Standard normal values from random bits, the same to the last bit on every machine.

Only operations that IEEE 754 rounds exactly are used (+ - * / sqrt, shifts), never a library's log or cos: those
differ between processors and versions of numpy. Box and Muller's method: a radius and an angle make two values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

LN2 = 0.6931471805599453
PI = 3.141592653589793
SQRT_HALF = np.array(0.7071067811865476).view(np.int64)[()]
MANTISSA = np.int64((1 << 52) - 1)
LOG_TERMS = tuple(2 / k for k in range(17, 0, -2))
SINE_TERMS = (1 / 6227020800, -1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1.0)


def standard_normal(bits: Array) -> Array:
    """Normal float64 values of mean 0, deviation 1, one per uint64 of `bits`, whose length is even.

    The i-th of the first half and the i-th of the second make a pair: values i and i + length / 2.
    """
    half = len(bits) // 2
    radius = _radius(bits[:half])
    out = np.empty(len(bits))
    _on_circle(bits[half:], out[:half], out[half:])
    out[:half] *= radius
    out[half:] *= radius
    return out


def _radius(bits: Array) -> Array:
    """sqrt(-2 log u), u one of the 2**53 multiples of 2**-53 above 0, up to 1."""
    u = ((bits >> np.uint64(11)).view(np.int64) + 1).astype(np.float64)  # u * 2**53
    raw = u.view(np.int64)
    raw -= SQRT_HALF
    exponent = (raw >> 52).astype(np.float64)
    raw &= MANTISSA
    raw += SQRT_HALF  # u is now the mantissa, from sqrt(1/2) to sqrt(2)
    s = u - 1
    u += 1
    s /= u
    log = _polynomial(LOG_TERMS, s * s, out=u)
    log *= s
    exponent -= 53
    exponent *= LN2
    log += exponent
    log *= -2
    return np.sqrt(log, out=log)


def _on_circle(bits: Array, cosine: Array, sine: Array) -> None:
    """Points evenly on the unit circle: a half circle from 53 bits of angle, and the lowest bit says which half."""
    x = (bits >> np.uint64(11)).astype(np.float64)
    x *= PI / 2 / (1 << 53)
    x -= PI / 4  # half the angle
    square = x * x
    s = _polynomial(SINE_TERMS, square, out=sine)
    s *= x
    np.multiply(s, s, out=square)
    np.multiply(square, -2, out=cosine)
    cosine += 1
    np.subtract(1, square, out=square)
    np.sqrt(square, out=square)
    s *= square
    s *= 2
    sign = (bits & np.uint64(1)) << np.uint64(63)
    for axis in (cosine, sine):
        raw = axis.view(np.uint64)
        raw ^= sign


def _polynomial(terms: tuple[float, ...], x: Array, out: Array) -> Array:
    """The polynomial with these coefficients, highest first, at x."""
    np.multiply(x, terms[0], out=out)
    for term in terms[1:-1]:
        out += term
        out *= x
    out += terms[-1]
    return out
