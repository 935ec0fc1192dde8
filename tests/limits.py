"""Finding what never ends, and what takes all memory: by limits that the system keeps."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LIMIT = 60
"""Seconds of the process's own time. What a test covers takes a few at the most."""


class Hang(Exception):
    """The work did not end."""


@contextmanager
def ending(what: str = "", seconds: int = LIMIT) -> Iterator[None]:
    """Fails where the block takes so many seconds of processor time: not a measurement, a way out of an endless loop."""

    def ring(*_: Any) -> None:
        raise Hang(f"still at work after {seconds} s of processor time: {what[:2000]}")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def memory(more: int = 500_000_000) -> Iterator[None]:
    """Lets the block have this many bytes more than the process has now; beyond that, asking for some is a MemoryError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc/self/statm").exists() else None
    if now is not None:
        resource.setrlimit(resource.RLIMIT_AS, (now + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
