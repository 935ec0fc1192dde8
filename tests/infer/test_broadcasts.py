"""Sizes left open that meet known ones in broadcasts: proved where they can be nothing else, else taken to be equal, and said so."""

from __future__ import annotations

import json
import random
from itertools import product
from typing import Any

import pytest

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.derivation.assumptions import Assumptions
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.infer.why import Question
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from tests.cli import deferinit

SIZES = (1, 2, 3, 5)
"""What an open size is tried with; 5 stands for all that no network here mentions."""


def found(spec: str, *given: str) -> Resolved:
    network = load(spec)
    return infer(network, parse_inputs(given, network))


def parameters(resolved: Resolved) -> dict[str, tuple[Any, ...] | None]:
    return {p.name: resolved.tensor(p) for p in resolved.network.parameters}


def assumed(resolved: Resolved) -> dict[str, list[int]]:
    answers = Assumptions(resolved)
    return {p.name: list(axes) for p in resolved.network.parameters if (axes := answers.parameter(p))}


# ---- brute force


class Net:
    """A random network of merges: rows of ints, or names of open sizes."""

    def __init__(self, draw: random.Random) -> None:
        self.rows: dict[str, tuple[Any, ...]] = {"x": tuple(draw.choice((1, 2, 3)) for _ in range(draw.randint(0, 3)))}
        self.merges: list[tuple[str, list[str], tuple[Any, ...] | None]] = []
        lines = ["inputs:", f"  x: [{', '.join(map(str, self.rows['x']))}]", "layers:"]
        for k in range(draw.randint(1, 4)):
            dims = [draw.choice(("_", "_", "_", "K", 1, 2, 3)) for _ in range(draw.randint(0, 3))]
            self.rows[f"p{k}"] = tuple(f"p{k}[{a}]" if d == "_" else d for a, d in enumerate(dims))
            lines.append(f"- parameter p{k}: [{', '.join(map(str, dims))}]")
        values, rank = list(self.rows), {n: len(r) for n, r in self.rows.items()}
        for k in range(draw.randint(1, 4)):
            takes = [draw.choice(values) for _ in range(draw.choice((2, 2, 3)))]
            name, expected = f"m{k}", None
            rank[name] = max(rank[t] for t in takes)
            lines.append(f"- {draw.choice(('add', 'maximum', 'mul'))} {name}: [{', '.join(takes)}]")
            if draw.random() < 0.3:
                expected = tuple(draw.choice(("_", "_", 1, 2, 3)) for _ in range(rank[name]))
                lines.append(f"  expect: [{', '.join(map(str, expected))}]")
            self.merges.append((name, takes, expected))
            values.append(name)
        self.spec = "\n".join(lines) + "\n"
        self.open = sorted({d for row in self.rows.values() for d in row if isinstance(d, str)})

    def fits(self, env: dict[str, int]) -> bool:
        rows: dict[str, tuple[int, ...]] = {n: tuple(env.get(d, d) for d in row) for n, row in self.rows.items()}
        for name, takes, expected in self.merges:
            out = broadcast([rows[t] for t in takes])
            if out is None or any(e not in ("_", d) for e, d in zip(expected or (), out)):
                return False
            rows[name] = out
        return True

    def solutions(self) -> list[dict[str, int]]:
        return [env for env in (dict(zip(self.open, c)) for c in product(SIZES, repeat=len(self.open))) if self.fits(env)]


def broadcast(rows: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    n = max(map(len, rows))
    columns = [{row[k - n + len(row)] for row in rows if k - n + len(row) >= 0} for k in range(n)]
    return None if any(len(c - {1}) > 1 for c in columns) else tuple(max(c) for c in columns)


@pytest.mark.parametrize("seed", range(500))
def test_random_networks(seed: int) -> None:
    net = Net(random.Random(seed))
    if len(net.open) > 6:  # too many to try
        net = Net(random.Random(seed + 10_000))
    resolved, ways = found(net.spec), net.solutions()
    assert bool(diagnostics(resolved)) == (not ways), net.spec
    values: dict[str, Any] = {}
    taken: set[str] = set()
    marks = assumed(resolved)
    for name, shape in parameters(resolved).items() if ways else ():
        for axis, (dim, size) in enumerate(zip(net.rows[name], shape or ())):
            if isinstance(dim, str) and size is not None:
                values[dim] = size
                taken.update([dim] if axis in marks.get(name, ()) else [])
    for dim in values.keys() - taken:  # proved
        assert {w[dim] for w in ways} == {values[dim]}, (net.spec, dim)
    for dim in set(net.open) - values.keys() if ways else ():  # what is left open could be many sizes
        assert len({w[dim] for w in ways}) > 1, (net.spec, dim)
    assert not ways or any(all(w[dim] == size for dim, size in values.items()) for w in ways), net.spec


# ---- what is said

BOTH = "inputs: {b: [N, T, C]}\nlayers:\n- parameter a: [_]\n- maximum m: [b, a]\n"


@pytest.mark.parametrize(
    "spec, given, shapes, marks",
    [
        (BOTH, ["b=2x4x8"], {"a": (8,)}, {"a": [0]}),
        (BOTH.replace("[b, a]", "[a, b]"), ["b=2x4x8"], {"a": (8,)}, {"a": [0]}),
        (BOTH.replace("[N, T, C]", "[...]"), ["b=2x4x8"], {"a": (8,)}, {"a": [0]}),
        (BOTH.replace("inputs: {b: [N, T, C]}", "inputs: {b: {dtype: float32}}"), ["b=2x4x8"], {"a": (8,)}, {"a": [0]}),
        (BOTH.replace("[_]", "[_, K]"), ["b=2x4x8"], {"a": (4, 8)}, {"a": [0, 1]}),
        (BOTH + "  expect: [_, _, 8]\n", [], {"a": (8,)}, {"a": [0]}),
        (BOTH + "- parameter c: [_, 1, _]\n- add: [m, c]\n", ["b=2x4x8"], {"a": (8,), "c": (2, 1, 8)}, {"a": [0], "c": [0, 2]}),
        (BOTH + "- parameter c: [4, _]\n- flatten: {start: 0}\n- add: [m, prev]\n", ["b=2x4x8"], {"a": (8,), "c": (4, 2)},
         {"a": [0], "c": [1]}),
        (BOTH + "- dense d: {units: _}\n  from: b\n- add: [m, d]\n", ["b=2x4x8"],
         {"a": (8,), "d.weight": (8, 8), "d.bias": (8,)}, {"a": [0], "d.weight": [0], "d.bias": [0]}),
        # beside two sizes that differ it can only be 1: proved
        (BOTH + "- parameter k: [3]\n- add: [a, k]\n- concat: {axis: 0}\n  from: [prev, k]\n", ["b=2x4x8"],
         {"a": (1,), "k": (3,)}, {}),
        # beside 1, or a size that is not known, anything may come
        (BOTH, ["b=2x4x1"], {"a": (None,)}, {}),
        (BOTH, [], {"a": (None,)}, {}),
    ],
)  # fmt: skip
def test_what_is_assumed(spec: str, given: list[str], shapes: dict[str, Any], marks: dict[str, list[int]]) -> None:
    resolved = found(spec, *given)
    assert not diagnostics(resolved)
    assert parameters(resolved) == shapes
    assert (assumed(resolved) if resolved.store.assumed else {}) == marks


def test_why_says_so() -> None:
    [answer] = Question(found(BOTH, "b=2x4x8")).ask("a")
    [step] = answer.steps
    assert (step.label, step.text) == ("8", "--input b=2x4x8")
    assert [(p.rule, p.layer, p.text) for p in step.premises] == [
        ("assumed", "m", "assumed: equal to the size it broadcasts with, where 1 would broadcast too"),
    ]
    proved = "inputs: {b: [2, 8]}\nlayers:\n- parameter a: [_]\n- add: [b, a]\n- parameter k: [3]\n- add: [a, k]\n"
    [answer] = Question(found(proved)).ask("a")
    assert answer.steps[0].text == "1, as it broadcasts with 8 and with 3"


def test_an_assumption_is_no_reason_to_refuse() -> None:
    spec = """
inputs: {b: [2, 8]}
layers:
- parameter a: [_]
- maximum m: [b, a]
- parameter c: [3]
- concat e: {axis: 0}
  from: [a, c]
- parameter d: [4]
- add f: [e, d]
outputs: [f, m]
"""
    resolved = found(spec)  # only 1 does: 8 + 3 and 4 do not broadcast
    assert not diagnostics(resolved)
    assert parameters(resolved)["a"] == (None,)


def test_a_contract_that_rests_on_an_assumption_is_not_exact() -> None:
    spec = "inputs: {x: [N, C], y: [M, 8]}\nlayers:\n- parameter a: [_]\n- add: [y, a]\n- add: [x, a]\noutputs: [add0, add1]\n"
    contract = contract_of(found(spec))
    assert not contract.exact
    assert contract.open == ["a size assumed at add0"]
    assert contract_of(found(BOTH, "b=2x4x8")).exact


def test_show_marks_them() -> None:
    done = deferinit("show", "-", "--input", "b=2x4x8", input=BOTH)
    assert "dim 0 assumed at m" in done.stdout
    assert "1 tensor has a size assumed: equal to what it broadcasts with, where 1 would broadcast too" in done.stdout
    doc = json.loads(deferinit("show", "-", "--input", "b=2x4x8", "--format", "json", input=BOTH).stdout)
    assert doc["parameters"][0]["assumed"] == [{"axis": 0, "layer": "m"}]
