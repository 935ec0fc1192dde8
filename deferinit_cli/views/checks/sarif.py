"""SARIF 2.1.0 with what code scanning asks for: rules with help, places in the repository, lasting fingerprints.

Plain ASCII JSON. Columns count code points, as everywhere here.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ... import __version__
from ...problems import ERROR, WARNING, Diagnostic, Related, Span
from ...verify.outcomes import Run
from ..problems import safe
from ._findings import Finding, findings, is_file, place_of, relative, root, sentence
from ._rules import described

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(run: Run) -> str:
    found = findings(run)
    names = sorted({f.diagnostic.rule for f in found})
    errors = {f.diagnostic.rule for f in found if f.diagnostic.severity == ERROR}
    driver = {"name": "deferinit", "version": __version__, "semanticVersion": __version__, **home(),
              "rules": [rule(name, ERROR if name in errors else WARNING) for name in names]}  # fmt: skip
    writer = Writer(root(), names)
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": not run.unusable}],
                "columnKind": "unicodeCodePoints",
                "results": [writer.result(f) for f in found],
            }
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def home() -> dict[str, str]:
    """Where the project says that it lives."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        links = dict(link.split(", ", 1) for link in metadata("deferinit").get_all("Project-URL") or [])
    except PackageNotFoundError:
        return {}
    found = {label.lower(): url for label, url in links.items()}
    url = found.get("documentation") or found.get("homepage") or found.get("repository")
    return {"informationUri": url} if url else {}


def rule(name: str, level: str) -> dict[str, Any]:
    """A rule's description; code scanning shows the short one as title and the help beside the result."""
    short, help_ = described(name)
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": short},
        "fullDescription": {"text": help_},
        "help": {"text": help_, "markdown": help_},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["correctness"], "precision": "very-high", "problem.severity": level},
    }


class Writer:
    """Results of one run: rules by number, fingerprints that tell equal ones apart."""

    def __init__(self, base: str, rules: list[str]) -> None:
        self.base = base
        self.rules = {name: k for k, name in enumerate(rules)}
        self.seen: dict[tuple[str, str], int] = {}

    def result(self, finding: Finding) -> dict[str, Any]:
        d = finding.diagnostic
        path, span = place_of(finding.spec, d.span)
        related = [r for r in [*d.related, *d.calls] if r.span is not None and is_file(r.span.source.name)]
        out: dict[str, Any] = {
            "ruleId": d.rule,
            "ruleIndex": self.rules[d.rule],
            "level": d.severity,
            "message": {"text": message(d, finding.where)},
            "locations": [{"physicalLocation": self.place(path, span)}],
            "partialFingerprints": {"primaryLocationLineHash": self.fingerprint(path, d, span)},
        }
        if related:
            out["relatedLocations"] = [self.related(k, r) for k, r in enumerate(related)]
        return out

    def related(self, k: int, r: Related) -> dict[str, Any]:
        assert r.span is not None
        place = self.place(r.span.source.name, r.span)
        return {"id": k, "message": {"text": safe(r.message)}, "physicalLocation": place}

    def place(self, path: str, span: Span | None) -> dict[str, Any]:
        """Where it is; a result without a place of its own points at the first character of its spec."""
        region = {"startLine": 1, "startColumn": 1}
        if span is not None:
            region = {"startLine": span.line, "startColumn": span.column, "endColumn": max(span.end, span.column + 1)}
        return {"artifactLocation": self.artifact(path), "region": region}

    def artifact(self, path: str) -> dict[str, str]:
        if not is_file(path) or path == "-":
            return {"uri": uri(path)}
        inside = relative(path, self.base)
        if inside is not None:
            return {"uri": uri(inside), "uriBaseId": "%SRCROOT%"}
        whole = os.path.abspath(path).replace(os.sep, "/")
        return {"uri": f"file://{uri(whole if whole[0] == '/' else f'/{whole}')}"}

    def fingerprint(self, path: str, d: Diagnostic, span: Span | None) -> str:
        """The rule and the text of its line, not the line's number: it lasts while other lines come and go."""
        line = span.source.line(span.line).strip() if span is not None else d.message
        digest = sha256(f"{d.rule}\0{line}".encode("utf-8", "backslashreplace")).hexdigest()[:16]
        count = self.seen[path, digest] = self.seen.get((path, digest), 0) + 1
        return f"{digest}:{count}"


def uri(path: str) -> str:
    """A path with what a URI cannot hold as %XX, byte by byte; a name that is no UTF-8 keeps its bytes."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "backslashreplace")
    return quote(raw)


def message(d: Diagnostic, where: str) -> str:
    """Code scanning shows it as one paragraph; what SARIF would take for a link, `[text](target)`, is escaped as it asks."""
    text = ". ".join(safe(line) for line in sentence(d, where).split("\n"))
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") if "](" in text else text
