"""Explanations, to read and as data."""

from __future__ import annotations

from typing import Any

from ..infer.why import Answer, Line
from ..shapes.expr import Expr
from ..shapes.words import text
from .problems import place, safe


def shown(value: Any) -> str:
    return "unknown" if value is None else text(value) if type(value) is Expr else str(value)


def render(answer: Answer) -> str:
    """`why fc1.weight[1]: 400 = 16 * 5 * 5   flatten (lenet.yaml:9)`, and what that rests on, indented."""
    waits = f", waits for {', '.join(answer.waits)}" if answer.waits else ""
    if not answer.steps:
        return f"why {answer.what}: {shown(answer.value)}{waits or ', nothing says more'}\n"
    lines: list[str] = []
    for step in answer.steps:
        lines += tree(step, 0)
    head = safe(f"why {answer.what}: ") + lines[0].lstrip()
    return "\n".join([head, *lines[1:], *([f"  {waits.removeprefix(', ')}"] if waits else [])]) + "\n"


def tree(line: Line, depth: int) -> list[str]:
    at = f"({place(line.span).rsplit(':', 1)[0]})" if line.span is not None else ""
    by = " ".join(w for w in (line.layer, at) if w)
    out = [safe("  " * depth + line.text + (f"   {by}" if by else ""))]
    for premise in line.premises:
        out += tree(premise, depth + 1)
    return out


def step(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        "rule": line.rule,
        "layer": line.layer or None,
        "line": line.span.line if line.span else None,
        "premises": [step(p) for p in line.premises],
    }


def document(answer: Answer, network: str, spec: str) -> dict[str, Any]:
    """The documented `why` block."""
    why = {
        "what": answer.what,
        "value": answer.value if type(answer.value) is int else None,
        "symbolic": shown(answer.value) if answer.value is not None else None,
        "waits_for": ", ".join(answer.waits) or None,
        "steps": [step(s) for s in answer.steps],
    }
    return {"schema": 1, "command": "why", "network": network, "spec": spec, "why": why, "problems": []}
