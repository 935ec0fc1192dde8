"""Sizes times a fraction: PyTorch's floor(float(n) * scale), in quotients of whole numbers where these say the same."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nextafter
from random import Random

import numpy as np
import pytest

from deferinit_cli.compare.terms import read_term, written
from deferinit_cli.infer.domains.contract import contract
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.expressions.operations import ceil_to
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.shapes import solving
from deferinit_cli.shapes.bounds import lower_bound, upper_bound
from deferinit_cli.shapes.evaluation import evaluate, substitute
from deferinit_cli.shapes.expr import add, floordiv, mul, sub
from deferinit_cli.shapes.intervals import Ranges
from deferinit_cli.shapes.normal import Expr, symbol
from deferinit_cli.shapes.scaling import LARGEST, ratio, scaled, scaled_size
from tests.specs import network

H = symbol("H")
WRITTEN = [0.7, 120 / 88, 1.00005, 0.5, 1.5, 2.5, 0.1, 0.3, 0.9, 1.1, 1 / 3, 2 / 3, 4 / 3, 8 / 7, 0.35, 6.6, 1e-6, 3.14159265358979]


def scales() -> list[float]:
    r = Random(4)
    return [*WRITTEN, *(r.randint(1, 400) / r.randint(2, 400) for _ in range(400)), *(r.randint(1, 600) / 100 for _ in range(200)),
            *(r.uniform(0.01, 8) for _ in range(50))]  # fmt: skip


def test_a_quotient_says_what_the_product_of_doubles_does() -> None:
    """All sizes to 2000, random larger ones, and multiples of the divisor, where the two could part."""
    r = Random(5)
    quotients = 0
    for scale in scales():
        whole = ratio(scale)
        if whole is None:
            continue
        quotients += 1
        a, b = whole
        far = [r.randint(1, LARGEST) for _ in range(200)]
        multiples = [b * r.randint(1, max(1, LARGEST // b)) for _ in range(200)]
        for n in [*range(2001), *far, *multiples, *(n - 1 for n in multiples)]:
            assert scaled_size(n, scale) == a * n // b, (scale, n)
    assert quotients > 300


def test_a_scale_without_a_quotient_has_none() -> None:
    """Where no quotient is given, that of the nearest fraction would be wrong at some size."""
    for scale, a, b in ((0.7, 7, 10), (120 / 88, 15, 11)):
        assert ratio(scale) is None
        assert any(scaled_size(n, scale) != a * n // b for n in range(1, 2000))


@pytest.mark.parametrize("scale", [0.7, 120 / 88, 0.29])
def test_terms_of_a_scaled_size(scale: float) -> None:
    """Bounds, ways, substitution, text and sets of sizes agree with plain numbers."""
    assert type(scaled(H, scale)) is Expr and scaled(H, scale).kind == "scaled"
    terms = [scaled(H, scale), scaled(floordiv(add(H, 3), 2), scale), add(mul(3, scaled(H, scale)), -2),
             sub(scaled(mul(2, H), scale), H), scaled(scaled(H, scale), 1.5), scaled(scaled(H, scale), scale)]  # fmt: skip
    for t in terms:
        values = [evaluate(t, {"H": n}) for n in range(1, 400)]
        low, high = lower_bound(t), upper_bound(t)
        assert (low is None or low <= min(values)) and (high is None or high >= max(values))
        assert [substitute(t, {"H": n}) for n in range(1, 400)] == values
        least, most = Ranges({"H": (5, 90)}).of(t)
        assert (least is None or least <= min(values[4:90])) and (most is None or most >= max(values[4:90]))
        way = Ranges({"H": (1, None)}).direction(t, "H")
        assert way in (None, 1) and (way is None or values == sorted(values))
        assert read_term(written(t)) is t
        for op, right in ((">=", 7), ("==", 21), ("%", 4), ("==", floordiv(mul(2, H), 3))):
            found = solving.solutions(t, op, right, "H")
            for n in range(1, 400):
                held = solving.holds(t, op, right, {"H": n})
                assert not found.contains(n) or held
                assert not found.exact or found.contains(n) == held


def resized(scale: float) -> str:
    return f"inputs: {{x: [N, 2, H]}}\nlayers:\n- upsample: {{scale: {scale!r}}}\n"


@pytest.mark.parametrize("scale", [0.7, 120 / 88, 1.00005, 0.5, 1.1, 0.29])
def test_inference_contract_formula_and_forward_agree(scale: float) -> None:
    """With and without known sizes, the same outputs; sizes that give nothing are refused by all of them."""
    net = network(resized(scale))
    found, symbolic = contract(net), infer(net)
    assert found.exact
    for n in [*range(1, 120), 40000, 123457, 10**9 + 7]:
        resolved = infer(net, parse_inputs([f"x=1x2x{n}"], net))
        want = scaled_size(n, scale)
        assert bool(resolved.conflicts) == (want < 1) != found.valid({"N": 1, "H": n})
        if want:
            (shape,) = [resolved.shape(v) for _, v in net.outputs]
            (open_,) = [symbolic.shape(v) for _, v in net.outputs]
            assert shape is not None and open_ is not None
            assert shape[2] == want == evaluate(open_[2], {"N": 1, "H": n})
        if want and n < 200_000:
            assert net.nodes[0].layer.forward(None, np.zeros((1, 2, n), np.float32)).shape[2] == want


def test_what_cannot_be_said_exactly_is_said_so() -> None:
    """A join of an irregular scale with another size is not called exact; what it admits is valid."""
    text = """
inputs: {x: [N, 2, H]}
layers:
- upsample a: {scale: 0.7}
- avg_pool1d b: 2
  from: x
- upsample c: {scale: 1.4}
- add: {broadcast: false}
  from: [a, c]
"""
    found = contract(network(text))
    assert not found.exact
    equal = [n for n in range(2, 4000) if scaled_size(n, 0.7) == scaled_size(n // 2, 1.4)]
    assert all(not solving.holds(r.clause.left, r.clause.op, r.clause.right, r.example) for a in found.axes for r in a.reasons)
    assert equal and [n for n in range(2, 4000) if found.valid({"N": 1, "H": n})] == equal


def test_a_multiple_above_a_float_is_exact() -> None:
    """`ceil_to` of floats just above, at and below multiples, also where the quotient would be rounded to a whole number."""
    r = Random(6)
    for _ in range(20_000):
        m, k = r.randint(1, 600), r.randint(1, 10 ** r.randint(1, 17))
        x = r.choice([nextafter(float(m * k), inf), float(m * k), nextafter(float(m * k), 0), m * k * r.uniform(0.2, 3)])
        found = ceil_to(x, m)
        assert found % m == 0 and x <= found < Fraction(x) + m
