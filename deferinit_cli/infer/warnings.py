"""What is told of a network that is not rejected: warnings, which `check --strict` takes for failures."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Given, Network
from ..problems import Diagnostic
from .propagation.engine import infer
from .propagation.input_shapes import any_size
from .propagation.resolved import Resolved


def warnings(resolved: Resolved) -> list[Diagnostic]:
    """Places where sizes must be equal (or broadcast) that share an input's size and are equal only up to a largest one.

    Numbers given for inputs stand for any size: it is the network that is judged. Nothing is told of one that is rejected.
    """
    found = foreseen(resolved.network, list(resolved.given.values()))
    return told(resolved) if found is None else found


def foreseen(network: Network, given: Sequence[Given]) -> list[Diagnostic] | None:
    """The warnings about a network for which numbers are given, before it is inferred with them: so only one inference is in
    memory at a time. None where no numbers are given: then that inference itself tells."""
    if not any(type(d) is int for g in given for d in g.dims or ()):
        return None
    resolved = infer(network, [any_size(g) for g in given])
    out = told(resolved)
    resolved.frames.clear()  # they refer to the inference, and it to them: without this the memory is kept
    return out


def told(resolved: Resolved) -> list[Diagnostic]:
    if resolved.conflicts or not any(clause.shares_symbols() for clause in resolved.store.clauses):
        return []
    from .domains.diverging import Diverging  # most networks have no such condition

    return Diverging(resolved).all()

