"""Workflow commands of GitHub Actions: an annotation per problem, at its line, and the count for the log."""

from __future__ import annotations

from ...verify.outcomes import Run
from ..problems import one_line, safe
from ._findings import Finding, counts, findings, is_file, place_of, relative, root, sentence


def render(run: Run) -> str:
    base = root()
    return "\n".join([*(annotation(f, base) for f in findings(run)), one_line(counts(run))]) + "\n"


def annotation(finding: Finding, base: str) -> str:
    """`::error file=…,line=…,col=…,endColumn=…,title=…::message`, or `::warning …`."""
    d = finding.diagnostic
    path, span = place_of(finding.spec, d.span)
    where: dict[str, str | int] = {}
    if is_file(path) and path != "-":
        where["file"] = relative(path, base) or path
        if span is not None:
            where |= {"line": span.line, "endLine": span.line, "col": span.column, "endColumn": span.end}
    where["title"] = f"deferinit: {d.rule}"
    properties = ",".join(f"{key}={in_property(str(value))}" for key, value in where.items())
    return f"::{d.severity} {properties}::{in_message(sentence(d, finding.where))}"


def in_message(text: str) -> str:
    lines = "\n".join(map(safe, text.split("\n")))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def in_property(text: str) -> str:
    return in_message(text).replace(":", "%3A").replace(",", "%2C")
