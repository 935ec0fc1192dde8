"""Sizes times a fractional number: PyTorch's rule, floor(float(size) * scale) in double arithmetic.

The product is rounded to the nearest double before it is rounded down, so that 88 * (120/88) gives 120 and 90 * 0.7 gives 62.
Where that is proved to be floor(a*size / b) for whole a and b it is written so; elsewhere it stays `floor(0.7*H)`, which
is worked out as PyTorch does at every size.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import floor

from .expr import floordiv, mul
from .normal import Term, intern

LARGEST = 1 << 32
"""Up to this size, more than any axis of an array has, a quotient of whole numbers is proved to say the same."""
DENOMINATOR = 1 << 20
"""The largest divisor of such a quotient."""
ROUNDED = Fraction(1, 1 << 53)
"""The most that rounding to the nearest double changes a number by, as a part of it."""


def scaled_size(size: int, scale: float) -> int:
    """floor(float(size) * scale), as PyTorch computes it."""
    return floor(float(size) * scale)


@cache
def ratio(scale: float) -> tuple[int, int] | None:
    """(a, b) with floor(float(n) * scale) == a*n // b for every n from 0 to LARGEST; None where that is not proved.

    Let scale = a/b + d. Off whole numbers n*a/b is at least 1/b away from the next one, which is more than LARGEST*d and the
    rounding come to. At whole numbers n*a/b = k: with d >= 0 the product is not below k, and k is a double, so that rounding
    does not go below it either. With d < 0 the product is k*(1 - e), e = -d*b/a, which is rounded to k for every k where e is at
    most 2**-54: half the distance to the double before k is k * 2**-54 for a power of two, which wins the tie, and more for others.
    """
    exact = Fraction(scale)
    near = exact.limit_denominator(DENOMINATOR)
    a, b = near.as_integer_ratio()
    gap = exact - near
    if a == 0:
        return (0, 1) if scale == 0 else None
    if LARGEST * (abs(gap) + exact * ROUNDED) >= Fraction(1, b):
        return None
    return (a, b) if gap >= 0 or -gap / near <= ROUNDED / 2 else None


def scaled(t: Term, scale: float) -> Term:
    """floor(t * scale), for sizes of at least 0."""
    if type(t) is int:
        return scaled_size(t, scale)
    whole = ratio(scale)
    return intern("scaled", t, scale) if whole is None else floordiv(mul(whole[0], t), whole[1])


def scaled_line(slope: Fraction, scale: float, above: bool) -> Fraction:
    """A slope times a scale with what rounding may add to it, or take from it."""
    return slope * Fraction(scale) * (1 + 2 * ROUNDED if above else 1 - 2 * ROUNDED)

