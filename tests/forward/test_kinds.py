"""What the plan takes for granted of every kind: a forward writes to nothing it was given, and keeps nothing it gave."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deferinit_cli.forward.arrays import shares, writable
from deferinit_cli.layers.core import registry
from deferinit_cli.problems import Problem
from tests.layers.test_numerics import FOLDER, KNOWN, MORE_ARGS, written


@pytest.mark.parametrize("case", KNOWN, ids=lambda c: c["file"].removesuffix(".npz"))
def test_a_forward_has_no_effects(case: dict[str, Any]) -> None:
    with np.load(FOLDER / case["file"]) as file:
        stored = dict(file)
    cls = registry.find(case["kind"])
    assert cls is not None
    args = {**case["args"], **MORE_ARGS.get(case["file"], {})}
    if case["kind"] == "relative_bias":  # its case holds logits; here two lengths make the bias
        args = {**args, "heads": case["input_shapes"][0][1]}
        stored["in1"] = stored["in0"][0, 0].T[None]
        stored["in0"] = stored["in0"][0, 0][None]
    layer = cls.build({k: written(v) for k, v in args.items()})
    inputs = [stored[f"in{k}"] for k in range(len(stored)) if f"in{k}" in stored]
    p = SimpleNamespace(**{k[2:] or "value": stored[k] for k in stored if k.startswith("p.")})
    given = [*inputs, *vars(p).values()]
    before = [a.copy() for a in given]

    def run() -> list[Any]:
        result = layer.forward(p, *inputs)
        return [np.asarray(r) for r in (result if isinstance(result, tuple) else (result,))]

    first = run()
    kept = [a.copy() for a in first]
    for a, b in zip(given, before):
        np.testing.assert_array_equal(a, b, err_msg="the forward wrote to what it was given")
    for a in first:
        if writable(a) and not shares(a, given):
            a[...] = 1 if a.dtype == bool else 77
    for a, b in zip(run(), kept):
        np.testing.assert_array_equal(a, b, err_msg="the forward gave out an array that it keeps")


def test_a_cosine_along_an_axis_that_stretches() -> None:
    """As of the stretched values: 1 beside [1, 1] is as good as [1, 1]."""
    layer = registry.find("cosine_similarity").build({"axis": 1})  # type: ignore[union-attr]
    np.testing.assert_allclose(layer.forward(None, np.array([[1.0, 1.0]]), np.array([[2.0]])), [1.0])


@pytest.mark.parametrize(("kind", "args", "inputs"), [
    ("gather", {"axis": 0}, [np.zeros(3), np.array([3])]),
    ("gather", {"axis": 0}, [np.zeros(3), np.array([-1])]),
    ("one_hot", {"classes": 3}, [np.array([0, 3])]),
    ("one_hot", {"classes": 3}, [np.array([-1])]),
])  # fmt: skip
def test_an_index_out_of_range_is_told(kind: str, args: dict[str, Any], inputs: list[Any]) -> None:
    layer = registry.find(kind).build(args)  # type: ignore[union-attr]
    with pytest.raises(Problem) as e:
        layer.forward(None, *inputs)
    assert e.value.rule == "index-out-of-range"


def test_the_spread_of_one_value_is_no_number_and_no_warning() -> None:
    for kind in ("std", "var"):
        layer = registry.find(kind).build({"axis": 0})  # type: ignore[union-attr]
        assert np.isnan(layer.forward(None, np.ones(1, "float32")))
        assert layer.forward(None, np.array([1, 3], "float32")) == np.float32(2 if kind == "var" else 2**0.5)
