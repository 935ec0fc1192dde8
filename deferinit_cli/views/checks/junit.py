"""JUnit XML as Jenkins and GitLab read it: a suite per spec, a test case per case.

Plain ASCII with character references, so that no encoding and no character of a message can spoil it. What cannot be
read or ended by accident is an `error`, what is wrong a `failure`. Times are left out: the same specs give the same bytes.
"""

from __future__ import annotations

import re

from ...verify.outcomes import Outcome, Run
from ..problems import render_all, safe
from ._findings import named

ACCIDENTS = ("internal-error", "worker-died")


def render(run: Run) -> str:
    suites = [suite(spec, group) for spec, group in run.by_spec().items()]
    head = f'<testsuites name="deferinit check" {tally(run.outcomes)}>'
    text = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"
    return text.encode("ascii", "xmlcharrefreplace").decode()


def tally(outcomes: list[Outcome]) -> str:
    errors = sum(is_error(o) for o in outcomes)
    failures = sum(not o.passed for o in outcomes) - errors
    return f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}"'


def is_error(o: Outcome) -> bool:
    return o.unusable or any(d.rule in ACCIDENTS for d in o.problems)


def suite(spec: str, group: list[Outcome]) -> str:
    cases = "\n".join(case(name, o) for name, o in named(group))
    return f' <testsuite name={quoted(spec)} {tally(group)} skipped="0">\n{cases}\n </testsuite>'


def case(name: str, o: Outcome) -> str:
    line = f' line="{o.line}"' if o.line else ""
    head = f"  <testcase classname={quoted(class_name(o.spec))} name={quoted(name)} file={quoted(o.spec)}{line}"
    if o.passed:  # warnings are told beside it
        said = f">\n   <system-out>{escaped(render_all(o.problems))}</system-out>\n  </testcase>" if o.problems else "/>"
        return head + said
    tag, first = "error" if is_error(o) else "failure", o.failures[0]
    more = f" (and {len(o.failures) - 1} more)" if len(o.failures) > 1 else ""
    message = quoted(first.message + more)
    return (
        f"{head}>\n   <{tag} type={quoted(first.rule)} message={message}>{escaped(render_all(o.problems))}</{tag}>\n  </testcase>"
    )


def class_name(spec: str) -> str:
    """`specs.vision.resnet`: readers take dots for levels."""
    stem = re.sub(r"\.ya?ml$", "", spec)
    return ".".join(p.replace(".", "_") for p in re.split(r"[/\\:]+", stem) if p not in ("", ".", "..")) or spec


def escaped(text: str) -> str:
    """Character data; a control character that is no line end is spelt out, since XML has no way to hold it."""
    text = "\n".join(map(safe, text.split("\n"))).replace("\t", "    ")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(text: str) -> str:
    return '"' + escaped(text.replace("\n", " ")).replace('"', "&quot;") + '"'
