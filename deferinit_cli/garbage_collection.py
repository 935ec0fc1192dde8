"""Python's garbage collector, paused while millions of small objects are made that all stay: it is half of the time."""

from __future__ import annotations

import gc

GROWN = 4_000_000
"""Objects made since the last collection after which one is worth its time, about a second for as many."""


class Held:
    """`with Held():` no collection until the end; nested, the outermost counts.

    Where more than `GROWN` objects were made since the last collection, there is one at the start: a command that loads or infers
    many networks while the collector is paused frees those that it no longer needs.
    """

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()
        if gc.get_count()[0] > GROWN:
            gc.collect()

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            gc.enable()
