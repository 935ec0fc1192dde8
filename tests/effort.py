"""How much work a call is, in calls that Python makes: the same on any machine, however busy, unlike seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def effort(work: Callable[[], Any]) -> int:
    """Calls of Python and built-in functions while `work` runs."""
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
