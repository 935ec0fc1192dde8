"""How far a run of checks is: a bar on a terminal, gone when the run ends, and nothing anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MANY = 20
"""Specs from which on a bar is worth its space."""
EVERY = 0.1
"""Seconds between two looks of it."""


def wanted(total: int) -> bool:
    """Whether somebody watches: standard error is a terminal, and not one that a CI system keeps as a log."""
    if total < MANY or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # none, or closed
        return False


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """Yields what to call after each spec."""
    if not wanted(total):
        yield lambda: None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TextColumn("specs"))
    # No thread of its own: processes are started while it shows.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=total)
        seen = 0.0

        def step() -> None:
            nonlocal seen
            bar.advance(task)
            if (now := time.monotonic()) - seen >= EVERY:
                seen = now
                bar.refresh()

        yield step
