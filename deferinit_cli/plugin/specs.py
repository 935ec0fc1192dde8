"""Specs as pytest collects and runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..commands._common import is_spec
from ..language.load import load_text
from ..language.source.texts import locate_named
from ..problems import DeferinitWarning, Span
from ..verify import Asked, Outcome, safely
from ..verify.outcomes import CHECK, LOCK, SPEC, STRICT
from ..views.problems import render_all, safe

ENDINGS = (".yaml", ".yml")


class Specs:
    """What is registered when specs are asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self.asked = Asked(
            strict=bool(config.getoption("--deferinit-strict")), locked=bool(config.getoption("--deferinit-locked"))
        )

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> SpecFile | None:
        """A spec named by itself is one whatever it holds; in a folder, files without layers are somebody else's."""
        if file_path.suffix.lower() not in ENDINGS or not (parent.session.isinitpath(file_path) or is_spec(str(file_path))):
            return None
        found: SpecFile = SpecFile.from_parent(parent, path=file_path)
        found.asked = self.asked
        return found


class SpecFile(pytest.File):
    """One spec. Collecting reads it; its cases are run together when the first one is."""

    asked: Asked
    found: list[Outcome] | None = None

    def spec(self) -> str:
        """Its path as a user in the current folder would write it."""
        path = os.path.relpath(self.path)
        return str(self.path) if path.startswith(os.pardir) else path

    def collect(self) -> Iterator[Case]:
        wanted: list[tuple[str, str, int | None]] = [(SPEC, "spec", None)]
        try:
            wanted += [(CHECK, c.name, c.span.line) for c in load_text(locate_named(self.spec()), blocks_alone=True).checks]
        except Exception:
            pass  # told when the spec's own case runs
        else:
            wanted += [(kind, name, None) for kind, name, on in ((STRICT, "strict", self.asked.strict),
                                                                 (LOCK, "lock", self.asked.locked)) if on]  # fmt: skip
        seen: dict[str, int] = {}
        for number, (kind, name, line) in enumerate(wanted):
            seen[name] = seen.get(name, 0) + 1
            shown = safe(name) if seen[name] == 1 else f"{safe(name)} ({seen[name]})"
            case: Case = Case.from_parent(self, name=shown)
            case.kind, case.number, case.line = kind, number, line
            yield case

    def outcomes(self) -> list[Outcome]:
        if self.found is None:
            self.found = safely(self.spec(), self.asked)
        return self.found


class Case(pytest.Item):
    """One case of a spec, as `deferinit check` has it."""

    kind: str
    number: int
    line: int | None

    def outcome(self) -> Outcome | None:
        assert isinstance(self.parent, SpecFile)
        outcomes = self.parent.outcomes()
        if self.kind in (STRICT, LOCK):
            return next((o for o in outcomes if o.kind == self.kind), None)
        return outcomes[self.number]

    def runtest(self) -> None:
        outcome = self.outcome()
        if outcome is None:
            raise pytest.skip.Exception("the spec by itself is wrong", _use_item_location=True)
        if not outcome.passed:
            raise Failed(outcome)
        for d in outcome.warnings:
            self.warn(DeferinitWarning(safe(str(d))))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.line - 1 if self.line is not None else 0, self.name

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, Failed):
            return Told(excinfo.value.outcome)
        return super().repr_failure(excinfo, style)


class Failed(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


class Told:
    """A failure as pytest prints it: the diagnostics in full, and for its summary a line with the place."""

    def __init__(self, outcome: Outcome) -> None:
        self.text = render_all(outcome.problems)
        first = outcome.failures[0]
        self.reprcrash = Crash(first.span, safe(first.message), len(outcome.failures) - 1)

    def __str__(self) -> str:
        return self.text

    def toterminal(self, tw: Any) -> None:
        for line in self.text.split("\n"):
            tw.line(line, red=not line.startswith(" "))


class Crash:
    """Where and what, in the fields that pytest's reports read."""

    def __init__(self, span: Span | None, message: str, more: int) -> None:
        self.path = span.source.name if span is not None else ""
        self.lineno = span.line if span is not None else 0
        place = f"line {self.lineno}: " if span is not None else ""
        self.message = place + message + (f" (and {more} more)" if more else "")
