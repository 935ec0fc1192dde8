"""What a run of checks came to."""

from __future__ import annotations

from typing import Any

from ..report import problem
from ..verify import Outcome
from .problems import render, safe


def text(outcomes: list[Outcome]) -> str:
    """Failures in full, then a line per spec, then the count."""
    parts = [render(d) + "\n" for o in outcomes for d in o.problems]
    by_spec: dict[str, list[Outcome]] = {}
    for o in outcomes:
        by_spec.setdefault(o.spec, []).append(o)
    lines = []
    for spec, group in by_spec.items():
        failed = [o for o in group if not o.passed]
        cases = len(group) - 1
        count = f"{cases} check{'s' if cases != 1 else ''}" if cases else "no checks of its own"
        state = "ok  " if not failed else "FAIL"
        which = f": {', '.join(o.name for o in failed)}" if failed else ""
        lines.append(f"{state} {safe(spec)} ({count}){which}")
    failures = sum(not o.passed for o in outcomes)
    total = f"{len(outcomes) - failures} passed, {failures} failed, in {len(by_spec)} spec{'s' if len(by_spec) != 1 else ''}"
    return "\n".join([*parts, *lines, total]) + "\n"


def document(outcomes: list[Outcome]) -> str:
    """The `checks` block: one row per case."""
    rows: list[dict[str, Any]] = [
        {"spec": o.spec, "name": o.name, "line": o.line, "passed": o.passed, "problems": [problem(d) for d in o.problems]}
        for o in outcomes
    ]
    from .json import dump

    failed = sum(not o.passed for o in outcomes)
    return dump({"schema": 1, "command": "check", "checks": rows, "passed": len(rows) - failed, "failed": failed})
