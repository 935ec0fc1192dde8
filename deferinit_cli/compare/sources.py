"""What a side of `diff` names: a spec, `zoo:NAME`, `REV:path`, a lock or a weights file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NoReturn

from ..graph import Network
from ..infer.conflicts.diagnose import diagnostics
from ..infer.propagation.engine import infer
from ..language.given_shapes import parse_inputs
from ..language.load import load
from ..problems import Diagnostic, Rejected, Related, Unusable
from .differ import Difference, difference
from .fitting import fitting
from .lockreader import MAX_BYTES, decode_lock, read_lock
from .revisions import is_revision, load_revision, read_revision
from .sides import Side, side_of, side_of_weights

LOCK = ".lock"
WEIGHTS = (".safetensors", ".npz", ".index.json", ".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".pdparams", ".joblib")
"""Endings that are no spec's; what is no sound weights file among them is told by its reader."""


def compared(a: str, b: str, inputs: Sequence[str], sets: Mapping[str, str]) -> Difference:
    """The difference of two sides. Where none are given, a lock's own options hold for the other side too.

    Raises Unusable where a side cannot be had: one that is rejected too, so that exit code 1 always means "they differ".
    """
    fixed = {text: fixed_side(text) for text in dict.fromkeys((a, b))}
    if not inputs and not sets:
        for side in fixed.values():
            if side is not None and side.kind == "lock":
                inputs, sets = side.options, side.sets
                break
    sides = []
    for text in (a, b):
        side = fixed[text]
        sides.append(side if side is not None else spec_side(text, inputs, sets))
    first, second = sides
    kinds = [s.kind for s in sides]
    if kinds.count("weights") == 1:
        weights = sides[kinds.index("weights")]
        return fitting(second if weights is first else first, weights, first, second)
    return difference(first, second)


def fixed_side(text: str) -> Side | None:
    """A side that no option changes; None for a spec."""
    lower = text.lower()
    try:
        if lower.endswith(LOCK):
            if is_revision(text):
                return decode_lock(read_revision(text, MAX_BYTES), text).side
            return read_lock(text).side
        if lower.endswith(WEIGHTS):
            return weights_side(text)
    except OSError as e:
        raise Unusable([Diagnostic("unreadable", f"cannot read {text}: {e.strerror or e}")]) from None
    except Rejected as e:
        raise Unusable(e.diagnostics) from None
    return None


def weights_side(text: str) -> Side:
    from ..weights.files import read_header

    if is_revision(text):
        raise Unusable([Diagnostic("revision", f"{text}: weights are not read out of git", help="name a file")])
    return side_of_weights(text, ((name, shape, dtype) for name, (shape, dtype) in read_header(text).items()))


def spec_side(text: str, inputs: Sequence[str], sets: Mapping[str, str]) -> Side:
    """A spec, inferred; raises Unusable with what is wrong, and whose fault it is."""
    try:
        network: Network = load_revision(text, sets) if is_revision(text) else load(text, sets=sets)
        resolved = infer(network, parse_inputs(inputs, network))
    except Rejected as e:
        blamed(text, e.diagnostics)
    found = diagnostics(resolved)
    if found:
        blamed(text, found)
    return side_of(resolved, text)


def blamed(text: str, found: list[Diagnostic]) -> NoReturn:
    for d in found:
        if d.span is not None and d.span.source.name.startswith("--"):
            d.related.append(Related(f"asked of {os.fspath(text)}", None))
    raise Unusable(found)
