"""A run as findings: what several cases of a spec stumble over is told once, with all of them."""

from __future__ import annotations

import os

from ...problems import ERROR, Diagnostic, Span
from ...verify.outcomes import LOCK, SPEC, STRICT, Outcome, Run

CASES = 3
"""How many cases a text names before it counts the rest."""


class Finding:
    """One problem of one spec, and the cases it shows in (none: in the spec itself)."""

    __slots__ = ("cases", "diagnostic", "spec")

    def __init__(self, spec: str, diagnostic: Diagnostic) -> None:
        self.spec = spec
        self.diagnostic = diagnostic
        self.cases: list[str] = []

    @property
    def where(self) -> str:
        """The cases in words; empty where naming them adds nothing."""
        if not self.cases or self.diagnostic.message.startswith(f"{self.cases[0]}:"):
            return ""
        more = len(self.cases) - CASES
        return "; ".join(self.cases[:CASES]) + (f"; and {more} more" if more > 0 else "")


def findings(run: Run) -> list[Finding]:
    """All problems in order, equal ones of a spec once."""
    out: list[Finding] = []
    for spec, group in run.by_spec().items():
        known: dict[tuple[str, ...], Finding] = {}
        whole: set[int] = set()
        for o in group:
            for d in o.problems:
                key = (d.rule, str(d.span), d.message, d.found, d.expected)
                finding = known.get(key)
                if finding is None:
                    finding = known[key] = Finding(spec, d)
                    out.append(finding)
                if o.kind in (SPEC, STRICT, LOCK):
                    whole.add(id(finding))
                elif o.name not in finding.cases:
                    finding.cases.append(o.name)
        for finding in known.values():
            if id(finding) in whole:
                finding.cases = []
    return out


def sentence(d: Diagnostic, where: str = "") -> str:
    """A diagnostic as lines without its place: headline, found, expected, help, the cases."""
    parts = [d.message]
    parts += [f"{label}: {text}" for label, text in (("found", d.found), ("expected", d.expected), ("help", d.help)) if text]
    return "\n".join([*parts, f"in {where}"] if where else parts)


def is_file(name: str) -> bool:
    """Whether a source's name is a path: not an option, standard input, a text or a network that comes along."""
    return not name.startswith(("--", "<", "zoo:"))


def place_of(spec: str, span: Span | None) -> tuple[str, Span | None]:
    """The file to point at and where in it: what stands in an option is told at the spec's start."""
    if span is not None and is_file(span.source.name):
        return span.source.name, span
    return spec, None


def root() -> str:
    """The folder that paths in reports start from: the repository around the current folder, else that folder."""
    here = at = os.getcwd()
    while not os.path.exists(os.path.join(at, ".git")):
        up = os.path.dirname(at)
        if up == at:
            return here
        at = up
    return at


def relative(path: str, base: str) -> str | None:
    """`path` from `base` on with forward slashes; None where it lies elsewhere."""
    whole = os.path.abspath(path)
    try:
        inside = os.path.commonpath([whole, base]) == base
    except ValueError:  # another drive
        inside = False
    return os.path.relpath(whole, base).replace(os.sep, "/") if inside else None


def counts(run: Run) -> str:
    """`10 passed, 2 failed, in 3 specs`."""
    specs = len(run.by_spec())
    if run.since is not None and not run.outcomes:
        return f"nothing changed since {run.since}: {run.unchanged} spec{plural(run.unchanged)} left out"
    text = f"{len(run.outcomes) - run.failed} passed, {run.failed} failed, in {specs} spec{plural(specs)}"
    warned = sum(f.diagnostic.severity != ERROR for f in findings(run))
    text += f", {warned} warning{plural(warned)}" if warned else ""
    return text + (f"; {run.unchanged} unchanged since {run.since}" if run.since is not None else "")


def plural(count: int) -> str:
    return "" if count == 1 else "s"


def named(group: list[Outcome]) -> list[tuple[str, Outcome]]:
    """The outcomes of a spec under names of their own: readers of reports merge equal ones."""
    seen: dict[str, int] = {}
    out = []
    for o in group:
        name = o.name or f"line {o.line}"
        seen[name] = seen.get(name, 0) + 1
        out.append((name if seen[name] == 1 else f"{name} ({seen[name]})", o))
    return out
