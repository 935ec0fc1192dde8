"""Python's garbage collector, held while millions of small objects are made that all stay: it is half of the time."""

from __future__ import annotations

import gc


class Held:
    """`with Held():` no collection until the end; nested, the outermost counts."""

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            gc.enable()
