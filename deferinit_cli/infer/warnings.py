"""What is told of a network that is not rejected: warnings, which `check --strict` takes for failures."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Given, Network
from ..problems import WARNING, Diagnostic
from .propagation.engine import infer
from .propagation.input_shapes import any_size
from .propagation.resolved import Resolved


def warnings(resolved: Resolved) -> list[Diagnostic]:
    """Everything: sizes that grow apart, and asserts that are not decided."""
    return [*apart(resolved), *undecided(resolved)]


def apart(resolved: Resolved) -> list[Diagnostic]:
    """Places where sizes must be equal (or broadcast) that share an input's size and are equal only up to a largest one.

    Numbers given for inputs stand for any size: it is the network that is judged. Nothing is told of one that is rejected.
    """
    found = foreseen(resolved.network, list(resolved.given.values()))
    return told(resolved) if found is None else found


def undecided(resolved: Resolved) -> list[Diagnostic]:
    """The asserts of which the sizes that are known do not tell whether they hold."""
    return [
        Diagnostic(
            "undecided-assert", f"'{requirement.says}' is {reason}", requirement.span, severity=WARNING,
            expected=requirement.text, help="give an input with numbers: in the spec's checks, or with --input",
            calls=requirement.call.chain() if requirement.call is not None else [],
        )
        for requirement, reason in (resolved.store.undecided if not resolved.conflicts else ())
    ]  # fmt: skip


def foreseen(network: Network, given: Sequence[Given]) -> list[Diagnostic] | None:
    """Sizes that grow apart in a network for which numbers are given, told before it is inferred with them: so only one inference is in
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

