"""Contracts and their inverse against PyTorch: for every size from 1 to 400, accepted there exactly where valid here."""

from __future__ import annotations

import pytest

from deferinit_cli.infer.contract import contract
from tests.specs import network

from .sized import CASES, Case, accepts

SIZES = range(1, 401)
CASE = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


@CASE
def test_valid_sizes_are_those_pytorch_accepts(case: Case) -> None:
    found = contract(network(case.spec))
    assert not found.resolved.conflicts
    symbols = {a.symbol for a in found.axes}
    moving = "T" if "T" in case.shape else "H"
    for w in (case.fixed, None):  # beside a size that works, and square
        sizes = [{s: h if s == moving else (h if w is None else w) if s == "W" else 1 for s in symbols} for h in SIZES]
        for env in sizes:
            env.update({s: d for s, d in zip("NCHW", case.shape) if type(d) is int and s in symbols})
        ours = [h for h, env in zip(SIZES, sizes) if found.valid(env)]
        theirs = [h for h in SIZES if accepts(case.run, case.at(h, h if w is None else w))]
        assert ours == theirs, f"W = {w}"
        assert w is None or theirs, "a case that accepts nothing proves nothing"
