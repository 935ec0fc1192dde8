"""Formulas as text that is read back, and when two are the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deferinit_cli.compare.sides import side_of
from deferinit_cli.compare.terms import REST, Reader, opaque, read_term, same, same_shape, spread, written, written_shape
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.shapes.bounds import maximum, minimum
from deferinit_cli.shapes.evaluation import evaluate
from deferinit_cli.shapes.expr import add, ceildiv, exact_div, floordiv, mod, mul, product, sub
from deferinit_cli.shapes.normal import WRITTEN, symbol

H, W, N = symbol("H"), symbol("W"), symbol("image[2]")


def terms() -> st.SearchStrategy[Any]:
    leaf = st.one_of(st.integers(0, 50), st.sampled_from([H, W, N]))

    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        two = st.tuples(st.sampled_from([add, sub, mul, maximum, minimum]), inner, inner)
        by = st.tuples(st.sampled_from([floordiv, ceildiv, mod]), inner, st.integers(1, 9))
        return st.one_of(two, by).map(lambda made: made[0](made[1], made[2]))

    return st.recursive(leaf, grow, max_leaves=8)


@given(terms())
def test_what_is_written_is_read_back(term: Any) -> None:
    again = read_term(written(term))
    assert same(again, term)
    for h, w, n in ((7, 5, 3), (32, 1, 2), (100, 64, 9)):
        env = {"H": h, "W": w, "image[2]": n}
        if not opaque(again):
            assert evaluate(again, env) == evaluate(term, env)
    assert Reader(written_shape((term, None, REST, 3))).shape() == (again, None, REST, 3)


def test_every_shape_of_the_zoo_is_read_back() -> None:
    for name in zoo_names():
        side = side_of(infer(load(f"zoo:{name}")), name)
        for row in (*side.tensors, *side.inputs, *side.outputs):
            assert same_shape(Reader(written_shape(row.shape)).shape(), row.shape), (name, row.name)
        for total in side.totals.values():
            assert same(read_term(total.text), total.term)


def test_what_is_too_long_to_read_is_told_apart_by_its_digest() -> None:
    long: Any = 0
    for k in range(WRITTEN):
        long = add(long, mul(floordiv(H, k + 2), floordiv(W, k + 3)))
    shown = written(long)
    assert shown.startswith("…(H, W)#") and len(shown) < 30
    again = read_term(shown)
    assert opaque(again) and written(again) == shown
    assert same(again, long) and not same(again, add(long, 1)) and not same(again, H)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (mul(H, W), mul(W, H), True),
        (mul(add(H, 1), W), add(mul(H, W), W), True),
        (mul(2, H), add(H, H), True),
        (exact_div(mul(6, H), 3), mul(2, H), True),
        (H, W, False),
        (H, 3, False),
        (H, add(H, 1), False),
        (None, None, True),
        (None, 3, False),
        (None, H, False),
        (REST, REST, True),
        (REST, 3, False),
        (REST, None, False),
    ],
)
def test_same(a: Any, b: Any, equal: bool) -> None:
    assert same(a, b) is equal and same(b, a) is equal


def test_shapes() -> None:
    assert same_shape(None, None) and not same_shape(None, ()) and not same_shape((1, 2), (1,))
    assert [written_shape(s) for s in (None, (), (3,), (None, H), (REST, 3))] == ["(...)", "()", "(3,)", "(?, H)", "(..., 3)"]
    assert [Reader(t).shape() for t in ("(...)", "()", "(3,)", "(?, H)", "(..., 3)")] == [None, (), (3,), (None, H), (REST, 3)]


def test_products_that_would_explode_are_compared_as_they_stand() -> None:
    factors = [add(symbol(f"a{k}"), symbol(f"b{k}")) for k in range(30)]
    a, b = product(factors), product([*factors[:-1], add(symbol("a29"), symbol("c29"))])
    assert spread(a) > 2000
    assert same(a, a) and not same(a, b)


@pytest.mark.parametrize("text", ["", "H +", "(H", "H)", "1 2", "H H", "ceil(H)", "ceil(H/0)", "max(H)", "H % 0", "H % W", "f(H)",
                                  "1.5", "H[", "-", "**", "?+1", "…", "…(H)", "0x1", "'H'", "9" * 61])  # fmt: skip
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(ValueError):
        read_term(text)
