"""Explanations, to read and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..infer.why import ALSO, Answer, Line
from ..problems import Span
from ..report.shape_text import ink, tuple_text
from ..shapes.expression_text import text
from ..shapes.normal import Expr
from .markdown import escaped
from .problems import one_line
from .table import ASCII

MOST = 200
"""Lines of one explanation."""


def shown(value: Any) -> str:
    return "unknown" if value is None else text(value) if type(value) is Expr else str(value)


def render(answers: Sequence[Answer], width: int | None = None, ascii: bool = False) -> str:
    """`why fc1.weight[1]: 400 = 16 * 5 * 5   flatten (lenet.yaml:9)`, and what that rests on, indented."""
    whole = "\n\n".join("\n".join(folded(Tree(a).out, width)) for a in answers) + "\n"
    return whole.translate(ASCII) if ascii else whole


class Tree:
    """One answer as (indentation, text) lines; what was told once is only named again."""

    def __init__(self, answer: Answer) -> None:
        self.out: list[tuple[int, str]] = []
        self.told: set[int] = set()
        head = f"why {answer.what}: "
        first, others = (answer.waiting, answer.steps) if answer.value is None else (next(iter(answer.steps), None), answer.steps[1:])
        if first is None:
            self.out.append((0, head + shown(answer.value)))
        else:
            lead = shown(answer.value)
            lead = "" if first.text.replace(" ", "").startswith(lead.replace(" ", "")) and "->" not in first.text else lead
            self.add(first, 0, head + (f"{lead}   " if lead else ""))
        for line in others:
            self.add(line, 1)
        for line in answer.conflict:
            self.out.append((1, f"in conflict: {line.text} {places(line.spans)}".rstrip()))
            if line.premises:
                facts = " · ".join(f"{p.label} {sentence(p)}" for p in line.premises)
                self.out.append((2, f"{'cannot all hold' if len(line.premises) > 1 else 'cannot hold'}: {facts}"))
        if answer.also:
            others_ = "; ".join(sentence(line) for line in answer.also[:ALSO])
            more = ", and more" if len(answer.also) > ALSO else ""
            self.out.append((1, f"the same is said by {others_}{more}"))
        if answer.waits:
            self.out.append((1, f"waits for {', '.join(answer.waits)}"))
        elif answer.value is None and not answer.steps:
            self.out.append((1, "nothing says more"))
        if len(self.out) > MOST:
            self.out[MOST:] = [(1, f"… {len(self.out) - MOST} more lines")]

    def add(self, line: Line, depth: int, head: str = "", pad: int = 0) -> None:
        again = " (as above)" if line.premises and id(line) in self.told else ""
        label = "" if head or not line.label else line.label.ljust(pad) + "  "
        self.out.append((depth, head + label + sentence(line) + again))
        self.told.add(id(line))
        if not again:
            width = max((len(p.label) for p in line.premises), default=0)
            for premise in line.premises:
                self.add(premise, depth + 1, "", width if width <= 24 else 0)


def sentence(line: Line) -> str:
    """A line's text, how often it holds, and whose it is and where."""
    at = places(line.spans) if line.rule != "given" else ""  # an option's text stands in the line already
    by = " ".join(w for w in (line.layer if line.rule != "window" else "", at) if w)
    times = "" if line.times == 1 else ", twice" if line.times == 2 else f", {line.times} times"
    gap = " " if line.rule in ("declared", "window") or not line.layer else "   "
    return line.text + (f"{gap}{by}" if by and line.text else by) + times


def places(spans: Sequence[Span]) -> str:
    """`(lenet.yaml:6, 7, 10)`."""
    files: dict[str, list[int]] = {}
    for span in spans:
        lines = files.setdefault(span.source.name, [])
        if span.line not in lines:
            lines.append(span.line)
    texts = []
    for name, lines in files.items():
        few = lines if len(lines) <= 8 else [*lines[:4], "…", *lines[-3:]]
        texts.append(f"{name}:{', '.join(map(str, few))}")
    return f"({'; '.join(texts)})" if texts else ""


def folded(lines: list[tuple[int, str]], width: int | None) -> list[str]:
    """The lines, indented; in a given width what is too long goes on below, at the spaces."""
    out: list[str] = []
    for depth, words in lines:
        room, indent = width or 0, "  " * depth
        rest = one_line(words)
        while room and len(indent) + len(rest) > room and (at := rest.rfind(" ", 1, max(2, room - len(indent)))) > 0:
            out.append(indent + rest[:at].rstrip())
            rest, indent = rest[at:].lstrip(), "  " * depth + "    "
        out.append(indent + rest)
    return out


def markdown(answers: Sequence[Answer]) -> str:
    """Nested lists."""
    return "\n".join(f"{'  ' * depth}- {escaped(words)}" for a in answers for depth, words in Tree(a).out) + "\n"


class Steps:
    """Lines as data; the premises of one that came before are not said again."""

    def __init__(self) -> None:
        self.told: set[int] = set()

    def of(self, line: Line) -> dict[str, Any]:
        again = bool(line.premises) and id(line) in self.told
        self.told.add(id(line))
        return {
            "text": f"{line.label}: {line.text}" if line.rule in ("declared", "given") and line.label else line.text,
            "rule": line.rule,
            "layer": line.layer or None,
            "file": line.spans[0].source.name if line.spans else None,
            "line": line.spans[0].line if line.spans else None,
            "lines": list(dict.fromkeys(s.line for s in line.spans)),
            "times": line.times,
            "premises": [] if again else [self.of(p) for p in line.premises],
            **({"as_above": True} if again else {}),
        }


def block(answer: Answer) -> dict[str, Any]:
    steps = Steps()
    return {
        "what": answer.what,
        "value": answer.value if type(answer.value) is int else None,
        "symbolic": shown(answer.value) if answer.value is not None else None,
        "waits_for": ", ".join(answer.waits) or None,
        "steps": [steps.of(s) for s in ([answer.waiting] if answer.waiting is not None else []) + answer.steps],
        "also": [steps.of(s) for s in answer.also],
        "conflict": [steps.of(s) for s in answer.conflict],
    }


def document(
    answers: Sequence[Answer], what: str, network: str, spec: str, problems: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The documented `why` block; of a name without an axis, one such block for each dim in `axes`."""
    why: dict[str, Any]
    if len(answers) == 1 and "[" in what:
        why = block(answers[0])
    else:
        shape = [a.value for a in answers]
        why = {"what": what, "value": ink(shape), "symbolic": tuple_text([shown(v) if v is not None else "?" for v in shape]),
               "axes": [block(a) for a in answers]}  # fmt: skip
    return {"schema": 1, "command": "why", "network": network, "spec": spec, "why": why, "problems": list(problems)}
