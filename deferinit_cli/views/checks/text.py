"""What a run of checks came to, to read: failures in full, a line per spec, the count."""

from __future__ import annotations

from ...verify.outcomes import CHECK, COMBINATION, LOCK, STRICT, Outcome, Run
from ..problems import render as render_problem
from ..problems import safe, uncommanded
from ._findings import Finding, counts, findings, plural


def render(run: Run) -> str:
    parts = [problem(f) + "\n" for f in findings(run)]
    lines = [line(spec, group) for spec, group in run.by_spec().items()]
    return uncommanded("\n".join([*parts, *lines, safe(counts(run))])) + "\n"


def problem(finding: Finding) -> str:
    text = render_problem(finding.diagnostic)
    return f"{text}\n    in: {safe(finding.where)}" if finding.where else text


def line(spec: str, group: list[Outcome]) -> str:
    """One spec: what was run and which cases failed."""
    failed = [o for o in group if not o.passed]
    which = f": {'; '.join(safe(o.name) for o in failed[:8])}" if failed else ""
    if len(failed) > 8:
        which += f" and {len(failed) - 8} more"
    return f"{'FAIL' if failed else 'ok  '} {safe(spec)} ({ran(group)}){which}"


def ran(group: list[Outcome]) -> str:
    kinds = [o.kind for o in group]
    own, combined = kinds.count(CHECK), kinds.count(COMBINATION)
    alone = "blocks only, which is no network" if group[0].name == "blocks" else "no checks of its own"
    parts = [f"{own} check{plural(own)}" if own else alone]
    if combined:
        parts.append(f"{combined} combination{plural(combined)}")
    parts += [word for kind, word in ((STRICT, "strict"), (LOCK, "locked")) if kind in kinds]
    return ", ".join(parts)
