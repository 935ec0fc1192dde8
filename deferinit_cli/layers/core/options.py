"""What a layer may know where an argument is left open, and what it answers: values worth trying."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Seen:
    """What is known around a layer with open arguments: sizes by the names of its axes, and its tensors' shapes.

    `complete`: these are all the tensors it has.
    """

    def __init__(self, axis: Callable[[str], int | None], tensors: dict[str, tuple[int | None, ...]], complete: bool) -> None:
        self.axis = axis
        self.tensors = tensors
        self.complete = complete

    def __call__(self, name: str) -> int | None:
        return self.axis(name)


Path = tuple[int, ...]
"""Where in an argument's lists an entry stands; empty: the argument itself."""
Options = tuple[list[Any], bool]
"""Values to try, and whether no other value could make a difference."""


def divisors(*sizes: int | None) -> Options:
    """The common divisors of the sizes that are known; ([1], False) where none is."""
    known = [n for n in sizes if n is not None]
    return ([d for d in range(1, min(known) + 1) if not any(n % d for n in known)], True) if known else ([1], False)
