"""The facts behind a conflict: enough to contradict, and none of them to spare."""

from __future__ import annotations

import random
from typing import Any

import pytest

from deferinit_cli.graph import Node
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.conflicts.minimal import Minimal, Way, facts_behind, key_of, part_of, place_of
from deferinit_cli.infer.derivation.explain import Explainer, fact_text
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.load import load
from deferinit_cli.shapes.store import Fact
from deferinit_cli.verify import contract_within, hopeless
from deferinit_cli.views.problems import render_all
from tests.specs import rejection, resolve


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
    "an expect, through a size left open": (
        "inputs: {x: [N, _]}\nlayers:\n- relu:\n  expect: [N, 4]\n- residual: [dense: _, relu]\n- dense c: {units: 3, in_units: 12}\n",
        [{"expect", "c.in_units"}],
    ),
    "a size taken to be what it broadcasts with": (
        "inputs: {x: [N, _]}\nlayers:\n- dense a: _\n- layer_norm b\n- concat c: [a, b]\n- dense d: {units: 8, in_units: 12}\n"
        "- add: [b, d]\n- dense: {units: 4, in_units: 8}\n", [{"d.units", "d.in_units"}],
    ),
    "an expect": ("inputs: {x: [N, 8]}\nlayers:\n- dense a: 16\n  expect: [N, 17]\n", [{"a.units", "expect"}]),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_exactly_the_facts_that_contradict(spec: str, expected: list[set[str]]) -> None:
    assert facts(infer(load(spec))) == expected


def test_of_a_size_that_is_wrong_for_every_input_its_makers_are_told() -> None:
    spec = (
        "inputs: {x: [1, _, E]}\nblocks:\n  b:\n    inputs: {x: [N, 6, H]}\n    layers:\n    - identity\n"
        "layers:\n- identity a\n- parameter p: [1, E + 7, E]\n- concat: {axis: 1}\n  from: [p, a]\n- b\n"
    )
    (found,) = diagnostics(resolve(spec, "1x2x4"))
    assert [r.message for r in found.related] == ["13 from concat0, a concat", "11 from p, a parameter"]


def test_what_an_assertion_computes_is_told_as_an_equation() -> None:
    spec = (
        "inputs: {x: [N, T, C]}\nlayers:\n- relu a:\n  expect: [N, '2*K', C]\n- conv1d: {channels: 3, kernel_size: 5}\n"
        "- relu b:\n  expect: [N, 'K + 3', 7]\n"
    )
    told = render_all(diagnostics(resolve(spec, "2x8x11")))
    assert "8 given by --input 2x8x11; 4 = 8 / 2; 7 = 4 + 3" in told


def drawn(r: random.Random, asserted: tuple[Any, ...] = (4, 6, 8)) -> str:
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
            lines.append(f"  expect: [N, {r.choice(asserted)}]")
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


def test_random_conflicts_are_told() -> None:
    """Also where sizes are asserted that have to be computed."""
    r = random.Random(8)
    seen = 0
    for _ in range(300):
        found = diagnostics(infer(load(drawn(r, (4, 6, 8, "2*K", "K + 2")))))
        seen += len(found)
        assert all(d.span is not None and d.rule in render_all([d]) for d in found)
    assert seen > 200


MANY = """
inputs: {x: [N, 3, 32, 32]}
blocks:
  two:
    args: [width]
    layers:
    - conv2d: {channels: width, kernel_size: 3, padding: 1, in_channels: 16}
    - group_norm: 3
layers:
- conv2d a: {channels: 8, kernel_size: 3, in_channels: 4}
- conv2d b: {channels: 9, kernel_size: 3, groups: 2}
- max_pool2d p: 40
- batch_norm
- conv2d c: {channels: 16, kernel_size: 3, in_channels: 10}
- two t: 16
- lstm rnn: 5
- dense d: {units: 4, in_units: 6}
- relu r:
  expect: [N, _, 5]
- concat: [r, a]
- reshape: [N, 2, 3, 4]
- dense e: {units: 2, in_units: 5}
- dense f: {units: 2, in_units: 3}
"""


def test_independent_conflicts_are_told_in_one_run() -> None:
    """Also behind layers that failed: what their arguments say is known of what they yield."""
    found = rejection(MANY)
    assert [(d.layer, d.rule) for d in found] == [
        ("a", "size-mismatch"), ("b", "not-divisible"), ("p", "kernel-exceeds-input"), ("c", "size-mismatch"),
        ("t.group_norm0", "not-divisible"), ("rnn", "rank-mismatch"), ("d", "size-mismatch"), ("r", "size-mismatch"),
        ("concat0", "rank-mismatch"), ("e", "size-mismatch"), ("f", "size-mismatch"),
    ]  # fmt: skip
    assert found[7].message == "r is (N, ?, 4), not (N, _, 5)"
    assert [r.message for r in found[5].related] == ["4 dims from t.conv2d0, a conv2d"]
    # a wrong input is one more, and the network's own sizes are gone on with
    more = rejection(MANY, "2x5x32x32")
    assert more[0].message == "dim 1 of x is declared 3, 5 is given"
    assert [d.layer for d in more[1:]] == [d.layer for d in found]


def said_twice(r: random.Random) -> tuple[list[dict[str, Any]], int]:
    """A valid chain in which every layer says what comes in and what goes out."""
    first = width = r.choice([8, 16])
    items: list[dict[str, Any]] = []
    widths: list[int] = []
    for _ in range(14):
        kind = r.choice(["dense", "dense", "residual", "concat", "layer_norm", "relu"])
        item: dict[str, Any] = {"kind": kind}
        if kind == "dense":
            item |= {"in": width, "out": (width := r.choice([8, 16, 24]))}
        elif kind == "residual":
            item |= {"in": width, "out": width}
        elif kind == "relu":
            item["expect"] = width
        elif kind == "concat":
            other = r.randrange(len(widths)) if widths and width < 200 else None
            item |= {"kind": "layer_norm"} if other is None else {"other": other}
            width += widths[other] if other is not None else 0
        items.append(item)
        widths.append(width)
    return items, first


def written(items: list[dict[str, Any]], first: int) -> tuple[str, list[int]]:
    """The spec, and the line that an item's sizes stand in."""
    out, lines = [f"inputs: {{x: [N, {first}]}}", "layers:"], []
    for k, item in enumerate(items):
        kind = item["kind"]
        lines.append(len(out) + 1 + (kind == "relu"))
        sizes = f"{{units: {item.get('out')}, in_units: {item.get('in')}}}"
        if kind == "relu":
            out += [f"- relu n{k}:", f"  expect: [N, {item['expect']}]"]
        elif kind == "concat":
            out.append(f"- concat n{k}: [n{item['other']}, prev]")
        else:
            out.append(f"- {kind} n{k}" + {"dense": f": {sizes}", "residual": f": [dense: {sizes}]"}.get(kind, ""))
    return "\n".join(out) + "\n", lines


@pytest.mark.parametrize("mistakes", [1, 2, 5])
def test_random_mistakes_are_all_found_and_nothing_else(mistakes: int) -> None:
    r = random.Random(mistakes)
    networks = 0
    while networks < 60:
        items, first = said_twice(r)
        assert not infer(load(written(items, first)[0])).conflicts
        wrong = [(item, key) for item in items for key in ("in", "expect") if key in item]
        if len(wrong) < mistakes:
            continue
        chosen = r.sample(wrong, mistakes)
        for k, (item, key) in enumerate(chosen):
            item[key] += 7 * k + 1
        spec, lines = written(items, first)
        found = [d.span.line for d in diagnostics(infer(load(spec))) if d.span is not None]
        places = {id(item): line for item, line in zip(items, lines)}
        assert sorted(found) == sorted(places[id(item)] for item, _ in chosen), spec
        networks += 1


RANKS = {
    "by a layer": ("layers:\n- conv2d c: {channels: 4, kernel_size: 3}\n- relu\n- lstm: 5\n", [], "4 dims from c, a conv2d"),
    "by the input": ("inputs: {x: [N, 3]}\nlayers:\n- relu\n- conv1d: {channels: 4, kernel_size: 3}\n", [],
                     "2 dims declared for input x"),
    "by what is given": ("layers: [dense: 10]\n", ["scalar"], "0 dims given by --input scalar"),
    "by another layer's need": ("layers:\n- conv2d c: {channels: 4, kernel_size: 3}\n- lstm: 5\n  from: input\n", [],
                                "4 dims needed by c, a conv2d"),
    "in a join": ("inputs: {x: [N, 3, 8], y: [N, 3]}\nlayers:\n- concat: [x, y]\n", [],
                  "3 dims declared for input x; 2 dims declared for input y"),
    "by an expect": ("inputs: {x: [N, 3, 8]}\nlayers:\n- flatten f:\n  expect: [N, 3, 8]\n", [], "2 dims from f, a flatten"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "inputs", "said"), RANKS.values(), ids=RANKS)
def test_who_says_how_many_dims(spec: str, inputs: list[str], said: str) -> None:
    (d,) = rejection(spec, *inputs)
    assert d.rule == "rank-mismatch"
    assert "; ".join(r.message for r in d.related) == said


WORDS = {
    "both branches": ("inputs: {x: [N, 16, H, W]}\nlayers:\n- residual r: [conv2d c: {channels: 64, kernel_size: 3}]\n", [],
        "r: shapes differ in dims 1, 2 and 3: (N, 64, H - 2, W - 2) and (N, 16, H, W)",
        ["64 from r.c.channels", "16 from dim 1 of input x", "H from dim 2 of input x; H -r.c-> (H - 2)",
         "W from dim 3 of input x; W -r.c-> (W - 2)"]),
    "an expect": ("inputs: {x: [N, 3, 9]}\nlayers:\n- conv1d c: {channels: 4, kernel_size: 3}\n  expect: [N, 4, 9]\n", [],
        "c is (N, 4, 7), not (N, 4, 9)", ["9 from dim 2 of input x; 9 -c-> 7"]),
    "a block's input": (
        "blocks:\n  b:\n    inputs: {x: [N, 4]}\n    layers: [dense: 3]\ninputs: {x: [N, 5]}\nlayers: [b one]\n", [],
        "what goes into b one is (N, 5), not (N, 4)", ["5 from dim 1 of input x"]),
    "a tie": ("layers:\n- embedding e: {input_dim: 50, output_dim: 8}\n- dense m: 9\n- dense h: {units: 50, bias: false}\n"
              "  tie: {weight: e.weight}\n", [], "h.weight cannot be e.weight: their shapes differ",
              ["8 from e.output_dim", "9 from m.units"]),
    "a product": ("inputs: {x: [2, 1, 9, 9]}\nlayers:\n- conv2d c: {channels: 4, kernel_size: 2}\n- flatten\n"
                  "- dense d: {units: 2, in_units: 384}\n", [], "d: in_units is 384, but the input has 256 features",
                  ["4 from c.channels; 256 = 4 * 8 * 8 in flatten0", "9 from dim 2 of input x; 9 -c-> 8", "9 from dim 3 of input x"]),
    "a product of which two are enough": (
        "inputs: {x: [2, 1, 9, 9]}\nlayers:\n- conv2d c: {channels: 4, kernel_size: 2}\n- flatten\n"
        "- dense d: {units: 2, in_units: 400}\n", [], "d: in_units is 400, but the input has 256 features",
        ["9 from dim 2 of input x; 9 -c-> 8; 256 = 4 * 8 * 8 in flatten0", "9 from dim 3 of input x"]),
    "two inputs for one symbol": ("inputs: {q: [N, T], d: [N, T]}\nlayers:\n- add: [q, d]\n", ["q=2x3", "d=5x3"],
        "N is 2 (--input q) and 5 (--input d)", ["2 given by --input q=2x3"]),
    "groups": ("inputs: {x: [N, 100, 8, 8]}\nlayers: [conv2d c: {channels: 64, kernel_size: 3, groups: 32}]\n", [],
        "c: 100 channels do not split into 32 groups", ["100 from dim 1 of input x"]),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "inputs", "message", "related"), WORDS.values(), ids=WORDS)
def test_words(spec: str, inputs: list[str], message: str, related: list[str]) -> None:
    (d,) = rejection(spec, *inputs)
    assert d.message == message
    assert [r.message for r in d.related] == related


def test_a_layer_applied_again_is_told_where_it_is() -> None:
    (d,) = rejection("inputs: {a: [N, 10], b: [N, 12]}\nlayers:\n- dense enc: 7\n  from: a\n- apply again: enc\n  from: b\n")
    assert d.message == "again: in_units is 10, but the input has 12 features"
    assert [(c.message, c.span and c.span.line) for c in d.calls] == [("in apply again", 5)]


def test_a_block_whose_input_does_not_fit_is_told_once_with_its_call() -> None:
    spec = "blocks:\n  b:\n    inputs: {x: [N, C, H, W]}\n    layers: [conv2d: {channels: C, kernel_size: 3}]\n"
    (d,) = rejection(spec + "inputs: {x: [N, 5]}\nlayers: [b one]\n")
    assert d.message == "what goes into b one is (N, 5), not (N, C, H, W)"
    assert [c.message for c in d.calls] == ["in b one"]


def test_what_follows_from_the_same_facts_is_not_told_again() -> None:
    spec = "inputs: {x: [N, 8]}\nlayers:\n- residual: [dense: 9]\n" + "- residual: [dense: _, relu]\n" * 3
    assert len(rejection(spec)) == 1
    # a symbol pinned down in two places
    spec = "inputs: {x: [N, C]}\nlayers:\n- dense a: {units: 3, in_units: 5}\n- dense b: {units: 3, in_units: 6}\n  from: x\n"
    (d,) = rejection(spec)
    assert sorted(r.message for r in d.related) == ["5 from a.in_units"]


def test_a_conflict_deep_in_a_large_network_is_told_quickly() -> None:
    text = "layers:\n- dense a: 8\n- residual:\n  - dense: 8\n  - relu\n  repeat: 10000\n- dense b: {units: 3, in_units: 9}\n"
    resolved = infer(load(text))
    (d,) = diagnostics(resolved)
    assert d.layer == "b"
    assert all(isinstance(n, Node) for n in resolved.network.nodes)
    assert 1 <= len(d.related) <= 2


NOTHING_FITS = """
inputs: {x: [N, 3, H, W]}
layers:
- conv2d a: {channels: 3, kernel_size: 1, stride: 2}
- upsample u: 2
- add: {broadcast: false}
  from: [u, x]
- slice s: {axis: 2, start: 1}
- conv2d b: {channels: 3, kernel_size: 1, stride: 2}
- upsample v: 2
- add: {broadcast: false}
  from: [v, s]
"""


def test_a_network_that_no_input_fits_is_no_green_check() -> None:
    """H even for one join, odd for the other: no layer is wrong by itself."""
    spec = NOTHING_FITS
    assert not rejection(spec)
    assert all(rejection(spec, f"1x3x{h}x8") for h in range(1, 40))
    found = hopeless(contract_within(resolve(spec)))
    assert [(d.rule, d.layer) for d in found] == [("no-valid-size", "add1")]
    assert found[0].message == "no H is valid: 2*(H//2) and H - 1 are never equal where 2*ceil(H/2) == H"
    assert found[0].found == "2*ceil(H/2) == H asked for by add0"
    assert not hopeless(contract_within(resolve(spec.replace("start: 1", "start: 2"))))
