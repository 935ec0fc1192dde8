"""The facts behind a conflict: enough to contradict, and none of them to spare."""

from __future__ import annotations

import random

import pytest

from deferinit_cli.graph import Node
from deferinit_cli.infer.diagnose import diagnostics
from deferinit_cli.infer.engine import infer
from deferinit_cli.infer.explain import Explainer, fact_text
from deferinit_cli.infer.minimal import Minimal, Way, facts_behind, key_of, part_of, place_of
from deferinit_cli.infer.resolved import Resolved
from deferinit_cli.shapes.store import Fact
from deferinit_cli.spec.load import load


def facts(resolved: Resolved) -> list[set[str]]:
    """Per conflict, its minimal facts in words."""
    explainer = Explainer(resolved.store)
    minimal = Minimal(resolved, explainer)
    out = []
    for c in resolved.conflicts:
        keys = minimal.facts(c)
        out.append({fact_text(s.why) for s in facts_behind(explainer, c) if isinstance(s.why, Fact) and key_of(s.why) in keys})
    return out


CASES = {
    "two declared sizes": ("layers: [{dense a: 5}, relu, {dense b: {units: 3, in_units: 7}}]\n", [{"a.units", "b.in_units"}]),
    "three behind a concat": (
        "inputs: {x: [N, 4]}\nlayers:\n- dense a: 64\n- dense b: 64\n  from: x\n- concat: [a, b]\n- dense c: {units: 3, in_units: 192}\n",
        [{"a.units", "b.units", "c.in_units"}],
    ),
    "an input and an argument": ("inputs: {x: [N, 20]}\nlayers: [relu, {dense a: {units: 5, in_units: 21}}]\n",
                                 [{"dim 1 of input x", "a.in_units"}]),
    "groups, which the headline names": ("inputs: {x: [N, 100, 8, 8]}\nlayers: [{conv2d c: {channels: 256, kernel_size: 3, groups: 32}}]\n",
               [{"dim 1 of input x"}]),
    "a residual": ("inputs: {x: [N, 8]}\nlayers:\n- residual: [dense a: 16, dense b: 9]\n", [{"dim 1 of input x", "b.units"}]),
    "a tie": ("layers:\n- embedding e: {input_dim: 50, output_dim: 8}\n- dense m: 9\n- dense h: {units: 50, bias: false}\n"
              "  tie: {weight: e.weight}\n", [{"m.units", "e.output_dim"}]),
    "an expect": ("inputs: {x: [N, 8]}\nlayers:\n- dense a: 16\n  expect: [N, 17]\n", [{"a.units", "expect"}]),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_exactly_the_facts_that_contradict(spec: str, expected: list[set[str]]) -> None:
    assert facts(infer(load(spec))) == expected


def drawn(r: random.Random) -> str:
    """A chain of dense layers, residuals, concatenations and convolutions with sizes that often do not fit."""
    lines, names = [], []
    width = r.choice([4, 6, 8])
    for k in range(r.randint(3, 9)):
        kind = r.choice(["dense", "fixed", "fixed", "relu", "residual", "concat", "add", "norm"])
        if kind == "dense":
            lines.append(f"- dense n{k}: {r.choice([4, 6, 8])}")
        elif kind == "fixed":
            lines.append(f"- dense n{k}: {{units: {r.choice([4, 6, 8, '_'])}, in_units: {r.choice([4, 6, 8, 12])}}}")
        elif kind == "relu":
            lines.append(f"- relu n{k}")
        elif kind == "residual":
            lines.append(f"- residual n{k}: [dense: {r.choice([4, 6, 8, '_'])}, relu]")
        elif kind == "norm":
            lines.append(f"- layer_norm n{k}")
        elif len(names) >= 2:
            lines.append(f"- {kind} n{k}: [{', '.join(r.sample(names, 2))}]")
        else:
            continue
        if r.random() < 0.15:
            lines.append(f"  expect: [N, {r.choice([4, 6, 8])}]")
            lines[-2] += ":" if ":" not in lines[-2] else ""
        names.append(f"n{k}")
    return f"inputs: {{x: [N, {r.choice([width, '_'])}]}}\nlayers:\n" + "\n".join(lines or ["- relu"]) + "\n"


def test_random_conflicts_are_minimal() -> None:
    """Facts contradict, every other declared size unknown; and with any one fewer they do not, in the layers that the
    explanation passes nor at that place in the whole. Other layers may hold a mistake of their own."""
    r = random.Random(7)
    seen = spared = elsewhere = 0
    whole = Way(None, False)
    for _ in range(400):
        resolved = infer(load(drawn(r)))
        explainer = Explainer(resolved.store)
        for conflict in resolved.conflicts:
            minimal = Minimal(resolved, explainer)
            found = {key_of(s.why) for s in facts_behind(explainer, conflict)}
            kept = minimal.facts(conflict)
            way = minimal.way(conflict, found)
            assert way is not None, "the facts that are told do contradict"
            seen += 1
            spared += len(kept) < len(found)
            assert kept <= found
            assert minimal.trial(kept, way if way.assumes else whole)
            part = Way(part_of(explainer, conflict), way.assumes)
            for key in kept:
                assert not minimal.trial(kept - {key}, part)
                others = minimal.trial(kept - {key}, whole)
                assert place_of(conflict) not in map(place_of, others)
                elsewhere += bool(others)
    assert seen > 300
    assert spared > 10, "some chains pass facts that are not needed"
    assert elsewhere < seen / 20


def test_independent_conflicts_are_told_in_one_run() -> None:
    spec = """
inputs: {x: [N, 8]}
layers:
- dense a: {units: 16, in_units: 9}
- dense b: {units: 4, in_units: 17}
- reshape: [N, 2, 2, 1]
- conv2d c: {channels: 6, kernel_size: 3, groups: 4}
- dense d: 5
  expect: [N, _, _, 6]
"""
    found = diagnostics(infer(load(spec)))
    layers = [d.layer or (d.span and d.span.line) for d in found]
    assert {"a", "b", "c"} <= set(layers)
    assert any(d.rule == "size-mismatch" and d.span is not None and d.span.line == 9 for d in found)


def test_a_conflict_deep_in_a_large_network_is_told_quickly() -> None:
    text = "layers:\n- dense a: 8\n- residual:\n  - dense: 8\n  - relu\n  repeat: 10000\n- dense b: {units: 3, in_units: 9}\n"
    resolved = infer(load(text))
    (d,) = diagnostics(resolved)
    assert d.layer == "b"
    assert all(isinstance(n, Node) for n in resolved.network.nodes)
    assert 1 <= len(d.related) <= 2
