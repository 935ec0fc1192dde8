"""The documented JSON of a run of checks: a row per case."""

from __future__ import annotations

from typing import Any

from ...report.document import problem
from ...verify.outcomes import Run
from ..json import dump


def render(run: Run) -> str:
    rows: list[dict[str, Any]] = [
        {"spec": o.spec, "name": o.name, "kind": o.kind, "line": o.line, "passed": o.passed,
         "problems": [problem(d) for d in o.problems]}
        for o in run.outcomes
    ]  # fmt: skip
    document: dict[str, Any] = {"schema": 1, "command": "check", "checks": rows, "passed": len(rows) - run.failed,
                                "failed": run.failed}  # fmt: skip
    if run.since is not None:
        document |= {"changed_since": run.since, "unchanged": run.unchanged}
    return dump(document)
