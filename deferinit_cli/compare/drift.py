"""A spec against the lock beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph import Network
from ..infer.conflicts.diagnose import diagnostics
from ..infer.propagation.engine import infer
from ..language.given_shapes import parse_inputs
from ..language.load import load_text
from ..language.source.texts import locate_named
from ..problems import Diagnostic, Rejected, Related, Span, Unusable
from .descriptions import before_and_after, headline
from .differ import Difference, Row, difference
from .lockfile import Lock, hashes, lock_text
from .lockreader import read_lock
from .sides import Side, side_of

LISTED = 20
"""Differences that are told one by one; the rest are counted."""


def lock_path(spec: str) -> str:
    """`SPEC.lock`, beside the spec; raises Unusable for a spec that is no file."""
    if spec == "-" or spec.startswith("zoo:"):
        raise Unusable([Diagnostic("lock-place", f"{spec} is no file that a lock could stand beside",
                                   help="deferinit zoo NAME > my.yaml copies a shipped network")])  # fmt: skip
    return spec + ".lock"


def drift(spec: str) -> list[Diagnostic]:
    """What differs between a spec and its lock, under the options that the lock records.

    Rules: lock-drift, each with the spec's line (the lock's for what is gone); lock-missing; lock-corrupt and
    lock-version for a lock that cannot be read. Sources that changed without changing any shape are no drift.
    """
    try:
        path = lock_path(spec)
        lock = read_lock(path)
        side, _ = again(spec, lock)
    except FileNotFoundError:
        return [
            Diagnostic("lock-missing", f"{spec} has no lock", expected=f"a file {path}", help=f"make it: deferinit lock {spec}")
        ]
    except OSError as e:
        return [Diagnostic("lock-missing", f"the lock of {spec} cannot be read: {e.strerror or e}")]
    except Rejected as e:
        return e.diagnostics
    return told(difference(lock.side, side), spec, lock)


def again(spec: str, lock: Lock) -> tuple[Side, Network]:
    """A spec under the options of its lock; raises Rejected, with the lock's line where an option is at fault."""
    try:
        return inferred(spec, lock.side.options, lock.side.sets)
    except Rejected as e:
        for d in e.diagnostics:
            found = d.span and lock.places.get((d.span.source.name, d.span.source.text))
            if found:
                d.span = found
                meant = f"if it is meant: deferinit lock --update {spec}, with the --input and --set that hold now"
                d.help = "; ".join(filter(None, (d.help, meant)))
        raise Rejected(e.diagnostics) from None


def inferred(spec: str, inputs: Sequence[str], sets: Mapping[str, str]) -> tuple[Side, Network]:
    """A spec as its lock records it; raises Rejected."""
    network = load_text(locate_named(spec), sets=sets)
    resolved = infer(network, parse_inputs(inputs, network))
    found = diagnostics(resolved)
    if found:
        raise Rejected(found)
    side, network = side_of(resolved, spec), resolved.network
    side.options, side.sets = list(inputs), dict(sets)
    return side, network


def told(found: Difference, spec: str, lock: Lock) -> list[Diagnostic]:
    """A diagnostic per line of the spec, the tensors that it makes joined; totals only where nothing else differs."""
    rows = [r for r in found.rows if r.what != "total"] or found.rows
    groups: dict[tuple[object, ...], list[Row]] = {}
    for r in rows:
        span = place(r)
        key = (r.what, *r.changes, span.source.name, span.line) if span is not None else (r.what, r.name)
        groups.setdefault(key, []).append(r)
    out = [one(group, spec, found.b.span) for group in list(groups.values())[:LISTED]]
    if len(groups) > LISTED:
        left = sum(len(g) for g in list(groups.values())[LISTED:])
        out.append(Diagnostic("lock-drift", f"and {left} more differences from {lock.source.name}", found.b.span,
                              help=f"deferinit diff {lock.source.name} {spec} lists all"))  # fmt: skip
    return out


def place(r: Row) -> Span | None:
    for side in (r.b, r.a):
        span = getattr(side, "span", None)
        if isinstance(span, Span):
            return span
    return None


def one(rows: list[Row], spec: str, top: Span | None) -> Diagnostic:
    first = rows[0]
    before, after = before_and_after(first)
    more = f", and {len(rows) - 1} more on this line" if len(rows) > 1 else ""
    span = place(first)
    d = Diagnostic("lock-drift", headline(first) + more, span or top, found=after, expected=before,
                   help=f"if it is meant: deferinit lock --update {spec}")  # fmt: skip
    locked = getattr(first.a, "span", None)
    if isinstance(locked, Span) and locked is not span:
        d.related.append(Related("locked as", locked))
    return d


def fresh(side: Side, network: Network, spec: str) -> str:
    """The lock of a spec as it is now."""
    return lock_text(side, hashes(network, spec))
