"""What is told of a network that is not rejected: warnings, which `check --strict` takes for failures."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Given, Network
from ..problems import Diagnostic
from ..shapes.normal import Expr
from ..shapes.store import Clause
from .engine import infer
from .entering import any_size
from .resolved import Resolved


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
    if resolved.conflicts or not any(map(in_common, resolved.store.clauses)):
        return []
    from .diverging import Diverging  # most networks have no such condition

    return Diverging(resolved).all()


def in_common(clause: Clause) -> bool:
    """Whether a clause says that sizes are equal, or broadcast, which have sizes of inputs in common."""
    a, b = clause.left, clause.right
    return clause.op in ("==", "|") and type(a) is type(b) is Expr and not a.symbols.isdisjoint(b.symbols)
