"""Polynomials in a whole number k >= 0 with whole coefficients, the constant first: where they vanish or are not negative."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm

Polynomial = tuple[int, ...]
Span = tuple[int, "int | None"]
"""Whole numbers from the first to the second, both included; None: without end."""


def trimmed(p: list[int]) -> Polynomial:
    """Without leading zeros; at least a constant."""
    while len(p) > 1 and p[-1] == 0:
        p.pop()
    return tuple(p)


def plus(a: Polynomial, b: Polynomial, factor: int = 1) -> Polynomial:
    """a + factor * b."""
    out = [0] * max(len(a), len(b))
    for i, c in enumerate(a):
        out[i] = c
    for i, c in enumerate(b):
        out[i] += factor * c
    return trimmed(out)


def times(a: Polynomial, b: Polynomial) -> Polynomial:
    out = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return trimmed(out)


def at(p: Polynomial, k: int) -> int:
    total = 0
    for c in reversed(p):
        total = total * k + c
    return total


def beyond(p: Polynomial) -> int:
    """A k from which on p keeps its sign (Cauchy's bound on roots)."""
    return 2 + max(map(abs, p[:-1])) // abs(p[-1]) if len(p) > 1 else 0


def divided(a: Polynomial, b: Polynomial) -> tuple[int, Polynomial, Polynomial]:
    """(d, q, r) with d*a == q*b + r, d >= 1, r of a lower degree than b, which is not constant."""
    rest = [Fraction(c) for c in a]
    quotient = [Fraction(0)] * max(1, len(a) - len(b) + 1)
    while len(rest) >= len(b):
        factor = rest[-1] / b[-1]
        shift = len(rest) - len(b)
        quotient[shift] = factor
        for i, c in enumerate(b):
            rest[shift + i] -= factor * c
        rest.pop()
    d = lcm(*(c.denominator for c in (*quotient, *rest)))
    return d, trimmed([int(c * d) for c in quotient]), trimmed([int(c * d) for c in rest] or [0])


def where(p: Polynomial, op: str) -> list[Span]:
    """The k >= 0 for which p(k) == 0, or >= 0, in order."""
    if len(p) == 1:
        return [(0, None)] if (p[0] == 0 if op == "==" else p[0] >= 0) else []
    if len(p) == 2:
        return _line(p[0], p[1], op)
    end = beyond(p)
    points = _turns(p, end)
    spans: list[Span] = []
    for a, b in zip(points, points[1:]):
        rising = at(p, b) >= at(p, a)
        if op == "==":
            k = first(lambda x: at(p, x) >= 0, a, b) if rising else first(lambda x: at(p, x) <= 0, a, b)
            if at(p, k) == 0:
                spans.append((k, k))
        elif rising:
            k = first(lambda x: at(p, x) >= 0, a, b)
            if at(p, k) >= 0:
                spans.append((k, b))
        elif at(p, a) >= 0:
            k = first(lambda x: at(p, x) < 0, a, b)
            spans.append((a, k - 1 if at(p, k) < 0 else b))
    if op == ">=" and p[-1] > 0:
        spans.append((end, None))
    return spans


def _line(constant: int, slope: int, op: str) -> list[Span]:
    if op == "==":
        k, rest = divmod(-constant, slope)
        return [(k, k)] if rest == 0 and k >= 0 else []
    if slope > 0:
        return [(max(0, -(constant // slope)), None)]
    k = constant // -slope
    return [(0, k)] if k >= 0 else []


def _turns(p: Polynomial, end: int) -> list[int]:
    """Numbers from 0 to end between which p, over whole numbers, only rises or only falls."""
    if len(p) <= 2:
        return [0, end]
    slope = tuple(c * i for i, c in enumerate(p))[1:]
    points = _turns(slope, end)
    out = {0, end, *points}
    for a, b in zip(points, points[1:]):
        up = at(slope, a) > 0
        if up != (at(slope, b) > 0):
            turn = first(lambda k, up=up: (at(slope, k) > 0) != up, a, b)  # type: ignore[misc]
            out.update((max(0, turn - 1), turn))
    return sorted(out)


def first(test: Callable[[int], bool], low: int, high: int) -> int:
    """The first number in low…high that passes a test which, once passed, is passed from there on; high where none does."""
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low


def cut(spans: list[Span], low: int, high: int | None) -> list[Span]:
    """What of spans lies within low…high."""
    out = []
    for a, b in spans:
        a = max(a, low)
        b = high if b is None else b if high is None else min(b, high)
        if b is None or a <= b:
            out.append((a, b))
    return out
