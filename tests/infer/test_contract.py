"""Contracts as data and in words: every claim is compared with what inference with numbers takes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from math import prod
from typing import Any

import pytest

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import Contract, contract, contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.problems import Rejected
from deferinit_cli.shapes.evaluation import evaluate
from deferinit_cli.views.contracts import document, headline, render
from tests.specs import network, rejection


def rule(p: dict[str, Any], x: int) -> bool:
    """The documented rule."""
    return p["min"] <= x and (p["max"] is None or x <= p["max"]) and x % p["modulus"] in p["residues"]


def taken(found: Contract, env: dict[str, int]) -> bool:
    """Whether the network takes inputs with these sizes of its symbols, by inference with numbers."""
    shapes = []
    net = found.resolved.network
    for entry in net.inputs:
        dims = [evaluate(t, env) for t in found.resolved.shape(entry.value) or ()]
        shapes.append(f"{entry.name}={'x'.join(map(str, dims))}")
    try:
        return not diagnostics(infer(net, parse_inputs(shapes, net)))
    except Rejected:  # a dim of 0
        return False


IMAGE = "inputs: {x: [1, 3, H, W]}\nlayers:\n"
SPECS = {
    "one piece": IMAGE + "- max_pool2d: 3\n- conv2d: {channels: 2, kernel_size: 3, stride: 2}\n",
    "residues": IMAGE + "- pixel_unshuffle: 4\n- pixel_shuffle: 2\n",
    "two pieces": "inputs: {x: [1, W], y: [7]}\nlayers:\n- add: [x, y]\n",
    "early ones": IMAGE
    + "- conv2d a: {channels: 3, kernel_size: 3, stride: 4, padding: 1}\n- conv2d b: {channels: 3, kernel_size: 3, stride: 3, padding: 1}\n"
    "  from: input\n- add: [a, b]\n",
    "both ends": IMAGE + "- slice: {axis: 2, stop: 9}\n- expand_dims: {axis: 2}\n- squeeze: {axis: 2}\n- flatten: {start: 2}\n"
    "- learned_positions: 100\n",
    "coupled": IMAGE + "- flatten: {start: 2}\n- unflatten: {axis: 2, shape: [_, 6]}\n",
    "a square": "inputs: {x: [1, 3, S, S]}\nlayers:\n- flatten\n- dense: {units: 2, in_units: 147}\n",
    "cut": IMAGE + "- pad: {widths: [[4, 4], [2, 2]], mode: reflect}\n- max_pool2d: {kernel_size: 5, stride: 5, ceil_mode: true}\n",
    "in expressions": "inputs: {x: [1, 3, H, W], y: [1, 3, H // 2, W // 2]}\nlayers:\n- max_pool2d: {kernel_size: 3, stride: 2, padding: 1}\n"
    "  from: x\n- add: {broadcast: false}\n  from: [prev, y]\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_the_documented_rule_is_true_where_it_is_exact(name: str) -> None:
    found = contract(network(SPECS[name]))
    data = document(found, "spec")
    assert data["exact"] and data["open"] == []
    sample = data["example"]
    assert sample is not None and taken(found, sample)
    for row in data["contract"]:
        for x in range(1, 130):
            env = {**sample, row["symbol"]: x}
            valid = taken(found, env)
            if row["exact"]:
                assert rule(row, x) is valid, (row["symbol"], x)
            if row["pieces_exact"]:
                assert any(rule(p, x) for p in row["pieces"]) is valid, (row["symbol"], x)
            if valid:  # nothing that is valid is ruled out
                assert any(rule(p, x) for p in row["pieces"])
        for reason in row["reasons"]:
            assert not taken(found, {**sample, **reason["example"]}), reason
    for c in data["conditions"]:
        assert not taken(found, {**sample, **c["example"]}), c


@pytest.mark.parametrize(
    ("name", "symbol", "exact", "pieces"),
    [
        ("one piece", "H", True, 1),
        ("residues", "H", True, 1),
        ("two pieces", "W", False, 2),
        ("early ones", "H", False, 2),
        ("coupled", "H", False, 1),
        ("a square", "S", True, 1),
    ],
)
def test_what_is_claimed_of_one_axis(name: str, symbol: str, exact: bool, pieces: int) -> None:
    (row,) = [r for r in document(contract(network(SPECS[name])), "spec")["contract"] if r["symbol"] == symbol]
    assert (row["exact"], len(row["pieces"])) == (exact, pieces)


@pytest.mark.parametrize("stem", ["lenet", "alexnet", "vgg", "fpn", "unet", "swin", "gpt2", "mlp", "tcn", "vit", "seq2seq"])
def test_contracts_of_shipped_networks(stem: str) -> None:
    found = contract(load(f"zoo:{stem}"))
    sample = found.sample()
    assert found.exact and sample is not None
    if stem == "mlp":  # its rank is open
        return
    for a in found.axes:
        assert found.alone(a)
        low, high = a.sizes.min, a.sizes.max
        assert low is not None
        near = [low - 1, low, low + 1, *a.sizes.nearest(345), 345] + ([high, high + 1] if high is not None else [])
        for x in {n for n in near if n is not None and n > 0}:
            assert taken(found, {**sample, a.symbol: x}) is a.sizes.contains(x), (a.symbol, x)


def test_what_a_spec_leaves_open_is_said() -> None:
    for spec, left in [
        (IMAGE + "- conv2d c: {channels: 4, kernel_size: 3, stride: _}\n", ["c.stride"]),
        (IMAGE + "- max_pool2d p: _\n", ["p.kernel_size"]),
        ("inputs: {x: [N, C]}\nlayers:\n- dense a: _\n- dense b: _\n  from: x\n- concat: [x, a, b]\n- dense: {units: 1, in_units: 96}\n",
         ["a.units", "b.units"]),
        ("inputs: {x: [N, C]}\nlayers:\n- parameter p: ['C**61']\n- dense a: _\n  from: x\n- dense b: _\n  from: x\n- concat: [x, a, b]\n"
         "- dense: {units: 1, in_units: 96}\n", ["a size of p", "a.units", "b.units"]),
        ("inputs: {x: [N, T, 8]}\nlayers:\n- multi_head_attention m: _\n", ["m.heads"]),
    ]:  # fmt: skip
        found = contract(network(spec))
        assert found.open == left
        assert not found.exact and not any(found.alone(a) for a in found.axes)
        assert f"depending on what the spec leaves open: {', '.join(left)}" in render(found)


def test_a_size_left_out_that_meets_no_other_leaves_nothing_open() -> None:
    found = contract(network("inputs: {x: [N, T, 8]}\nlayers:\n- dense a: _\n- layer_norm\n- dense: 3\n"))
    assert found.open == [] and found.exact


def test_some_sizes_given_ask_about_the_others() -> None:
    net = network(SPECS["coupled"])
    found = contract(net, parse_inputs(["1x3x4xW"], net))
    (axis,) = found.axes
    assert found.alone(axis)
    assert [w for w in range(1, 40) if axis.sizes.contains(w)] == [w for w in range(1, 40) if 4 * w % 6 == 0]
    fixed = contract(net, parse_inputs(["1x3x4x9"], net))
    assert fixed.axes == [] and headline(fixed) == "every size is fixed"
    renamed = contract(net, parse_inputs(["1x3xSxS"], net))
    assert [a.symbol for a in renamed.axes] == ["S"]
    assert [s for s in range(1, 40) if renamed.axes[0].sizes.contains(s)] == [s for s in range(1, 40) if s * s % 6 == 0]


def test_no_valid_size_is_said() -> None:
    spec = (
        IMAGE
        + "- split a: {parts: 2, axis: 2}\n- pad: {widths: [[1, 0], [0, 0]]}\n  from: input\n- split b: {parts: 2, axis: 2}\n"
    )
    found = contract(network(spec))
    assert found.empty and found.sample() is None
    assert not any(found.alone(a) for a in found.axes)
    text = render(found)
    assert text.startswith("contract: no H · W >= 1\nno input is valid\n")
    row = document(found, "spec")["contract"][0]
    assert not any(rule(row, x) for x in range(1, 50))
    assert all(rejection(spec, f"1x3x{h}x4") for h in range(1, 20))


def test_equal_axes_are_told_once() -> None:
    both = network(IMAGE + "- max_pool2d: 3\n- pixel_unshuffle: 2\n")
    assert headline(contract(both)) == "H >= 6, H % 6 in {0, 1, 2} · W likewise"
    lines = render(contract(both)).splitlines()
    assert len([line for line in lines if "asked for by" in line]) == 2
    other = network(IMAGE + "- max_pool2d: [3, 2]\n")
    assert headline(contract(other)) == "H >= 3 · W >= 2"


def test_words_of_irregular_sets() -> None:
    assert headline(contract(network(SPECS["two pieces"]))) == "W in {1, 7}"
    assert headline(contract(network(SPECS["a square"]))) == "S == 7"
    assert headline(contract(network(SPECS["coupled"]))) == "H >= 1 · W >= 1 · (H*W) % 6 == 0"


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("1x3x341x352", "H = 341, but H >= 16, H % 16 == 0: nearest 336 and 352"),
        ("1x3x7x352", "H = 7, but H >= 16, H % 16 == 0: nearest 16"),
    ],
)
def test_the_nearest_valid_sizes(given: str, advice: str) -> None:
    from deferinit_cli.infer.domains.advice import advise

    net = load("zoo:unet")
    inputs = parse_inputs([given], net)
    found = diagnostics(infer(net, inputs))
    advise(net, inputs, found)
    assert advice in found[0].help


@pytest.mark.parametrize(
    ("shape", "advice"),
    [
        ("1x3x3x3", "with W = 3: H nearest 2 and 4; with H = 3: W nearest 2 and 4"),
        ("1x3x1x13", "with H = 1: W nearest 12"),
        ("1x3x7x99", "H*W <= 12 is asked for by learned_positions0; nearest H = 1, W = 12"),
        ("1x3x99x99", "nearest H = 1, W = 12"),
    ],
)
def test_the_nearest_sizes_that_fit_together(shape: str, advice: str) -> None:
    from deferinit_cli.infer.domains.advice import advise

    spec = IMAGE + "- flatten: {start: 2}\n- unflatten: {axis: 2, shape: [2, _]}\n- flatten: {start: 2}\n"
    spec += "- transpose: {axes: [0, 2, 1]}\n- learned_positions: 12\n"
    net = network(spec)
    inputs = parse_inputs([shape], net)
    found = diagnostics(infer(net, inputs))
    if not found:
        pytest.fail(f"{shape} is valid")
    advise(net, inputs, found)
    assert "(H*W) % 2 == 0 is asked for by unflatten0" in found[0].help
    assert advice in found[0].help


SIDES: dict[str, Callable[[int, int], int]] = {
    "N": lambda n, w: n, "W": lambda n, w: w, "1": lambda n, w: 1, "2": lambda n, w: 2, "6": lambda n, w: 6,
}  # fmt: skip
TARGETS: dict[str, Callable[[int, int], int]] = {
    **SIDES, "3": lambda n, w: 3, "2*W": lambda n, w: 2 * w, "3*N": lambda n, w: 3 * n, "N*W": lambda n, w: n * w,
    "W//2": lambda n, w: w // 2, "N + 1": lambda n, w: n + 1, "N*N": lambda n, w: n * n, "4*N*W": lambda n, w: 4 * n * w,
}  # fmt: skip


def reshapes(sides: list[str], targets: list[str], n: int, w: int) -> bool:
    """Whether numpy would reshape (sides) so."""
    total = prod(SIDES[d](n, w) for d in sides)
    sizes = [TARGETS[t](n, w) for t in targets if t != "-1"]
    return min(sizes, default=1) >= 1 and (total % prod(sizes) == 0 if "-1" in targets else total == prod(sizes))


def test_reshapes_to_sizes_with_symbols() -> None:
    """Sizes of which all but a fraction cancels, sizes that come twice, sizes that differ by a factor."""
    r = random.Random(5)
    exact = refuted = 0
    for _ in range(400):
        sides = ["N", "W", *r.choices(list(SIDES), k=r.randint(0, 2))]
        targets = r.choices(list(TARGETS), k=r.randint(0, 2)) + r.choice([["-1"], ["-1"], ["6"]])
        r.shuffle(sides), r.shuffle(targets)
        shape = ", ".join(t if t.lstrip("-").isdigit() else f"'{t}'" for t in targets)
        found = infer(network(f"inputs: {{x: [{', '.join(sides)}]}}\nlayers:\n- reshape: {{shape: [{shape}]}}\n"))
        told = None if found.conflicts else contract_of(found)
        exact += told is not None and told.exact
        refuted += told is None
        for n, w in itertools.product(range(1, 8), repeat=2):
            valid = told is not None and told.valid({"N": n, "W": w})
            assert valid == reshapes(sides, targets, n, w), (sides, targets, n, w)
    assert exact > 200
    assert refuted > 10
