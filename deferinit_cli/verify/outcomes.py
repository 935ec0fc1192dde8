"""What checking came to: an outcome per case, and a run of many specs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from ..problems import ERROR, Diagnostic

SPEC, CHECK, COMBINATION, STRICT, LOCK = "spec", "check", "combination", "strict", "lock"
"""Kinds of outcome: the spec by itself, a case it carries, one that the command line asks for, what is never used, and
what differs from its lock."""


class Outcome:
    """One case of one spec: what is told of it, if anything. `unusable`: nothing could be checked. `strict`: warnings fail too."""

    __slots__ = ("kind", "line", "name", "problems", "spec", "strict", "unusable")

    def __init__(
        self,
        spec: str,
        name: str,
        line: int | None,
        problems: list[Diagnostic],
        kind: str = SPEC,
        unusable: bool = False,
        strict: bool = False,
    ) -> None:
        self.spec = spec
        self.name = name
        self.line = line
        self.problems = problems
        self.kind = kind
        self.unusable = unusable
        self.strict = strict

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def failures(self) -> list[Diagnostic]:
        """The problems that fail it: errors, and under `strict` warnings."""
        return [d for d in self.problems if self.strict or d.severity == ERROR]

    @property
    def warnings(self) -> list[Diagnostic]:
        return [d for d in self.problems if d.severity != ERROR]


class Asked:
    """What to check of every spec: `sets` holds for all cases; `choices` and `inputs` are combined, each with each."""

    __slots__ = ("choices", "inputs", "locked", "sets", "strict")

    def __init__(
        self,
        sets: Mapping[str, str] | None = None,
        choices: Mapping[str, Sequence[str]] | None = None,
        inputs: Sequence[Sequence[str]] = (),
        strict: bool = False,
        locked: bool = False,
    ) -> None:
        self.sets = dict(sets or {})
        self.choices = {name: list(values) for name, values in (choices or {}).items()}
        self.inputs = [list(values) for values in inputs]
        self.strict = strict
        self.locked = locked

    @property
    def combinations(self) -> int:
        """How many cases the command line adds to every spec."""
        axes = [*self.choices.values(), *self.inputs]
        return prod(map(len, axes)) if axes else 0


class Run:
    """All outcomes, in the order of the specs. `since`: only specs changed since then, `unchanged` were left out."""

    __slots__ = ("outcomes", "since", "unchanged")

    def __init__(self, outcomes: list[Outcome], since: str | None = None, unchanged: int = 0) -> None:
        self.outcomes = outcomes
        self.since = since
        self.unchanged = unchanged

    def by_spec(self) -> dict[str, list[Outcome]]:
        out: dict[str, list[Outcome]] = {}
        for o in self.outcomes:
            out.setdefault(o.spec, []).append(o)
        return out

    @property
    def failed(self) -> int:
        return sum(not o.passed for o in self.outcomes)

    @property
    def unusable(self) -> bool:
        return any(o.unusable for o in self.outcomes)
