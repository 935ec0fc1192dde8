"""Asserts that neither a spec by itself decides nor any of its cases."""

from __future__ import annotations

from typing import Any

from ..graph import Requirement
from ..infer.propagation.resolved import Resolved
from ..infer.warnings import undecided
from ..problems import Diagnostic

Key = tuple[str, ...]


class Undecided:
    """What is left of the asserts that a spec by itself does not decide, as cases decide them."""

    def __init__(self, resolved: Resolved) -> None:
        self.left = {key(d): d for d in undecided(resolved)}

    def see(self, resolved: Resolved) -> None:
        """A case that passes decides the asserts that hold in it."""
        if self.left:
            still = {key(d) for d in undecided(resolved)}
            for requirement in resolved.network.requirements:
                if key(requirement) not in still:
                    self.left.pop(key(requirement), None)

    def problems(self) -> list[Diagnostic]:
        return list(self.left.values())


def key(asserted: Diagnostic | Requirement) -> Key:
    """The place of an assert, with the calls that lead to it: the same in every network of the spec."""
    calls: Any = asserted.calls if isinstance(asserted, Diagnostic) else asserted.call.chain() if asserted.call is not None else []
    return (str(asserted.span), *(f"{c.message} {c.span}" for c in calls))
