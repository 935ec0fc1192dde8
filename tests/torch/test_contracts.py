"""Contracts and their inverse against PyTorch: for every size from 1 to 400, accepted there exactly where valid here."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from deferinit_cli.graph import Target
from deferinit_cli.infer.domains.contract import Contract, contract
from deferinit_cli.infer.solving.solve import solve
from deferinit_cli.problems import Source, Span
from tests.specs import network

from . import padded
from .sized import CASES, Case, yields

SIZES = range(1, 401)
CASE = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
assert padded.case  # whose cases are among them
Env = dict[str, int]
Shape = tuple[int, ...]


@cache
def theirs(case: Case, h: int, w: int) -> Shape | None:
    return yields(case.run, case.at(h, w))


def env(case: Case, found: Contract, h: int, w: int) -> Env:
    """Sizes of all symbols of the spec at these of the case."""
    sizes = dict(zip("NCHW" if len(case.shape) == 4 else "NCT", case.at(h, w)))
    sizes.update({"T": h} if "T" in case.shape else {"H": h, "W": w})
    return {a.symbol: sizes[a.symbol] for a in found.axes}


def lines(case: Case) -> list[tuple[int, int]]:
    """Pairs of sizes beside one that works, square ones, and some more."""
    r = Random(case.name)
    out = [(h, case.fixed) for h in SIZES]
    if "W" in case.shape:
        out += [(h, h) for h in SIZES] + [(r.randint(1, 120), r.randint(1, 300)) for _ in range(100)]
    return out


@CASE
def test_valid_sizes_are_those_pytorch_accepts(case: Case) -> None:
    found = contract(network(case.spec))
    assert not found.resolved.conflicts and found.exact
    accepted = 0
    for h, w in lines(case):
        taken = theirs(case, h, w) is not None
        assert found.valid(env(case, found, h, w)) is taken, (h, w)
        accepted += taken
    assert accepted, "a case that accepts nothing proves nothing"
    for axis in found.axes:  # what is exact by itself holds whatever the other sizes are
        if found.alone(axis) and axis.symbol in "HT":
            fits = {h for h, w in lines(case) if theirs(case, h, w) is not None}
            assert all(axis.sizes.contains(h) for h in fits)
            beside = {h for h in SIZES if theirs(case, h, case.fixed) is not None}
            assert beside == {h for h in SIZES if axis.sizes.contains(h)}


@CASE
def test_sizes_that_give_an_output_are_those_that_do_in_pytorch(case: Case) -> None:
    net = network(case.spec)
    found = contract(net)
    pairs = lines(case)
    outputs = [(p, out) for p in pairs if (out := theirs(case, *p)) is not None]
    span = Span(Source("--where"), 1, 1)
    for sizes in {told(case, outputs[0][1]), told(case, outputs[len(outputs) // 2][1])}:
        dims = [None] * len(outputs[0][1])
        for k, n in zip(case.axes, sizes):
            dims[k] = n  # type: ignore[call-overload]
        solution = solve(net, [Target(case.of or net.outputs[0][0], tuple(dims), span)])
        assert solution.decided, solution.undecided
        for h, w in pairs:
            got = theirs(case, h, w)
            gives = got is not None and told(case, got) == sizes
            symbols = env(case, found, h, w)
            fits = [b for b in solution.boxes if b.holds(symbols)]
            assert len(fits) == gives, (sizes, h, w)


def told(case: Case, shape: Shape) -> Shape:
    """The sizes that both sides agree on: channels are few in PyTorch."""
    return tuple(shape[k] for k in case.axes)
