"""Sizes that must be equal and grow apart: mistakes that pass for small inputs are told, and nothing that is meant."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.warnings import warnings
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.problems import WARNING
from deferinit_cli.shapes.expr import add, floordiv, mul
from deferinit_cli.shapes.growth import Growth
from deferinit_cli.shapes.normal import symbol
from tests.specs import resolve

HERE = Path(__file__).parent


def table(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((HERE / name).read_text("utf-8"))
    return found


MISTAKES, SANE = table("diverging.yaml"), table("sane.yaml")


@pytest.mark.parametrize("case", MISTAKES, ids=lambda c: c["name"].replace(" ", "-"))
def test_a_mistake_is_told_once_with_both_ways(case: dict[str, Any]) -> None:
    resolved = resolve(case["spec"])
    assert not resolved.conflicts
    (found,) = warnings(resolved)
    assert (found.rule, found.severity) == ("sizes-diverge", WARNING)
    assert found.span is not None and found.span.line == case["line"]
    assert list(dict.fromkeys(r.span.line for r in found.related if r.span)) == case["behind"]
    assert [words for words in case["says"] if words not in found.message] == []
    assert len({(r.message, str(r.span)) for r in found.related}) == len(found.related) <= 8


@pytest.mark.parametrize("case", MISTAKES, ids=lambda c: c["name"].replace(" ", "-"))
def test_no_large_input_fits_a_mistake(case: dict[str, Any]) -> None:
    """What is said is so: with sizes from 200 to 212 on every axis, all alike or one another, none is taken."""
    net = load(case["spec"])
    (entry,) = net.inputs
    open_ = [k for k, d in enumerate(entry.dims or ()) if type(d) is not int][1:]
    for sizes in product(range(200, 213), repeat=min(2, len(open_))):
        shape = [d if type(d) is int else 1 for d in entry.dims or ()]
        for k, axis in enumerate(open_):
            shape[axis] = sizes[min(k, len(sizes) - 1)]
        assert infer(net, parse_inputs(["x=" + "x".join(map(str, shape))], net)).conflicts, shape


@pytest.mark.parametrize("case", SANE, ids=lambda c: c["name"].replace(" ", "-"))
def test_what_is_meant_is_not_told(case: dict[str, Any]) -> None:
    resolved = resolve(case["spec"])
    assert diagnostics(resolved) == []
    assert warnings(resolved) == []
    assert contract_of(resolved).satisfiable


@pytest.mark.parametrize("name", zoo_names())
def test_no_published_network_is_told(name: str) -> None:
    assert warnings(infer(load(f"zoo:{name}"))) == []


def test_there_are_enough_networks() -> None:
    assert len(SANE) + len(zoo_names()) >= 90 and len(MISTAKES) >= 20
    assert len({case["name"] for case in [*SANE, *MISTAKES]}) == len(SANE) + len(MISTAKES)


# ---- numbers given


RESIDUAL = MISTAKES[0]["spec"]


@pytest.mark.parametrize("shape", ["1x8x1x1", "Nx8xHx1", "_x8x_x_"])
def test_numbers_given_stand_for_any_size(shape: str) -> None:
    assert [d.rule for d in warnings(resolve(RESIDUAL, shape))] == ["sizes-diverge"]


def test_numbers_that_do_not_fit_are_errors_and_nothing_else() -> None:
    resolved = resolve(RESIDUAL, "1x8x8x8")
    assert {d.rule for d in diagnostics(resolved)} == {"size-mismatch"}


def test_an_input_of_declared_numbers_is_no_matter_of_growth() -> None:
    assert warnings(resolve(RESIDUAL.replace("[N, 8, H, W]", "[N, 8, 1, 1]"))) == []


def test_an_answer_leaves_nothing_behind() -> None:
    """Sizes that only one number fits are still that number afterwards."""
    case = next(c for c in MISTAKES if "2*H - 1" in str(c["says"]))
    resolved = resolve(case["spec"])
    before = resolved.shape(resolved.network.outputs[0][1])
    assert warnings(resolved) and resolved.shape(resolved.network.outputs[0][1]) == before
    assert resolved.store.bound == {"H": 1, "W": 1}


# ---- the rule against trying every size


def ends(*condition: Any) -> bool:
    return Growth().ends(*condition)


Chain = list[tuple[str, int, int, int]]


def chain(rng: random.Random) -> Chain:
    """Layers over one axis: kind, kernel, stride, padding."""
    out: Chain = []
    for _ in range(rng.randint(0, 3)):
        kind = rng.choice(["conv1d", "conv1d", "max_pool1d", "conv_transpose1d", "upsample"])
        kernel = rng.randint(1, 4)
        padding = rng.randint(0, kernel // 2)
        out.append((kind, kernel, rng.randint(1, 3), padding))
    return out


def length(layers: Chain, x: int) -> int | None:
    """The length that comes out, by the frameworks' formulas; None where a layer does not fit."""
    for kind, kernel, stride, padding in layers:
        if kind == "upsample":
            x *= stride
        elif kind == "conv_transpose1d":
            x = (x - 1) * stride - 2 * padding + kernel
        else:
            x = (x + 2 * padding - kernel) // stride + 1
        if x < 1:
            return None
    return x


def written(name: str, layers: Chain) -> list[str]:
    """The chain as items, the last of them called `name`."""
    out = ["- identity:", "  from: x"]
    for kind, kernel, stride, padding in layers:
        own = "" if kind == "max_pool1d" else "channels: 4, "
        out.append(f"- upsample: {stride}" if kind == "upsample" else
                   f"- {kind}: {{{own}kernel_size: {kernel}, stride: {stride}, padding: {padding}}}")  # fmt: skip
    return [*out, f"- identity {name}"]


@pytest.mark.parametrize("seed", range(12))
def test_the_rule_is_that_of_every_size(seed: int) -> None:
    """A warning exactly where the sizes that fit have a largest one, far below the 2000 that are tried."""
    rng = random.Random(seed)
    judged = {True: 0, False: 0}
    for _ in range(40):
        a, b, merge = chain(rng), chain(rng), rng.choice(["add", "concat", "mul", "stack"])
        text = "\n".join(["inputs: {x: [N, 4, H]}", "layers:", *written("a", a), *written("b", b), f"- {merge}: [a, b]", ""])
        resolved = resolve(text)
        sizes = [(x, length(a, x), length(b, x)) for x in range(1, 2001)]
        ones = merge in ("add", "mul")
        fit = [x for x, p, q in sizes if p and q and (p == q or (ones and 1 in (p, q)))]
        if resolved.conflicts or not fit:  # an error, by inference or by the contract
            assert not fit or max(fit) == 1, text
            continue
        judged[max(fit) < 1000] += 1
        assert bool(warnings(resolved)) == (max(fit) < 1000), text
    assert all(judged.values()), "some of both"


def test_several_symbols_against_every_size() -> None:
    """Products of two axes: told exactly where, from some size on, nothing fits, whatever the two sizes are."""
    h, w = symbol("H"), symbol("W")
    rng = random.Random(7)
    judged = {True: 0, False: 0}
    for _ in range(60):
        (s, t, u, v), (i, j, k, m) = ([rng.choice([1, 2, 2, 3]) for _ in range(4)] for _ in range(2))
        if rng.random() < 0.7:
            u, v, k, m = rng.choice([(s, t, i + 1, j), (t, s, k, m), (s, t, k, m), (s, t, i, j + s)])
        left = mul(floordiv(add(h, i), s), floordiv(add(w, j), t))
        right = mul(floordiv(add(h, k), u), floordiv(add(w, m), v))
        if left == right:
            continue
        fits = any(
            (x + i) // s * ((y + j) // t) == (x + k) // u * ((y + m) // v) for x in range(150, 174) for y in range(150, 174)
        )
        assert not (fits and ends(left, "==", right)), (left, right)
        if s * t != u * v:  # else they may differ by little and be equal far away
            assert ends(left, "==", right), (left, right)
        judged[fits] += 1
    assert min(judged.values()) >= 10


def test_sides_that_share_nothing_or_are_numbers() -> None:
    h, w = symbol("H"), symbol("W")
    assert not ends(h, "==", w) and not ends(h, "|", 7) and not ends(mul(h, w), "==", 64)
    assert not ends(add(h, w), "==", mul(2, w))  # H = W
    assert not ends(mul(h, w), "==", mul(16, h))  # W = 16
    assert not ends(mul(h, w), "==", mul(symbol("S"), floordiv(h, 2)))
    assert ends(mul(h, w), "==", mul(2, mul(h, w))) and ends(add(h, w), "==", floordiv(add(h, w), 2))
