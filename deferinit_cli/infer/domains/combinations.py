"""Choices of one number from each of several columns, those with the least sum first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush


def smallest(columns: Sequence[Sequence[int]], most: int) -> Iterator[tuple[int, ...]]:
    """Choices by their sum, of those with the same sum the one that takes earlier entries of earlier columns first.

    `columns` rise. All choices where these are no more than `most`; else so many small ones: their number grows by a factor with
    every column, so they are made one after the other, each once, from the one that has an entry before in the last column.
    """
    if not all(columns):
        return
    heap = [(sum(c[0] for c in columns), (0,) * len(columns), 0)]
    left = most - 1
    while heap:
        total, places, last = heappop(heap)
        yield tuple(c[k] for c, k in zip(columns, places))
        for j in range(last, len(columns)):
            k = places[j] + 1
            if k < len(columns[j]) and left > 0:
                left -= 1
                heappush(heap, (total + columns[j][k] - columns[j][k - 1], (*places[:j], k, *places[j + 1 :]), j))
