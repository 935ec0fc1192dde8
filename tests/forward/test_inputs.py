"""Random inputs from a seed, and data checked against what the network takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deferinit_cli.forward.inputs import given_inputs, random_inputs
from deferinit_cli.forward.summary import summary
from deferinit_cli.problems import Diagnostic, Rejected
from tests.cli import deferinit
from tests.specs import resolve

TWO = "inputs: {x: [500, 40], y: [500, 40]}\nlayers:\n- add: [x, y]\n"


def test_floats_are_standard_normal_and_of_a_stream_of_their_own() -> None:
    both, alone = random_inputs(resolve(TWO), 0), random_inputs(resolve("inputs: {y: [500, 40]}\nlayers:\n- relu\n"), 0)
    np.testing.assert_array_equal(both["y"], alone["y"])
    assert both["x"].dtype == np.float32
    assert np.abs(np.corrcoef(both["x"].ravel(), both["y"].ravel())[0, 1]) < 0.05
    assert abs(both["x"].mean()) < 0.05
    assert abs(both["x"].std() - 1) < 0.05
    assert (random_inputs(resolve(TWO), 1)["x"] != both["x"]).mean() > 0.99
    np.testing.assert_array_equal(random_inputs(resolve(TWO), 0)["x"], both["x"])


FED = {
    "at once": ("- embedding: {input_dim: 7, output_dim: 2}", 7),
    "through shapes": ("- reshape: {shape: [100, 60]}\n- transpose: {axes: [1, 0]}\n- embedding: {input_dim: 7, output_dim: 2}", 7),
    "by the smallest of two": ("- embedding a: {input_dim: 7, output_dim: 2}\n- embedding b: {input_dim: 5, output_dim: 2}\n"
                               "  from: x\n- add: [a, b]", 5),
    "in a part": ("- slice: {axis: 1, stop: 10}\n- embedding: {input_dim: 7, output_dim: 2}", 7),
    "though its rows choose among fewer": ("- embedding: {input_dim: 7, output_dim: 4}\n- argmax: -1\n"
                                           "- embedding: {input_dim: 4, output_dim: 2}", 7),
    "more than there are by default": ("- embedding: {input_dim: 3000, output_dim: 2}", 3000),
}  # fmt: skip


@pytest.mark.parametrize("how", FED)
def test_ints_are_all_that_an_embedding_knows_and_no_more(how: str) -> None:
    layers, limit = FED[how]
    x = random_inputs(resolve(f"inputs: {{x: {{shape: [60, 1000], dtype: int64}}}}\nlayers:\n{layers}\n".replace(
        "[100, 60]", "[1000, 60]")), 0)["x"]  # fmt: skip
    assert set(np.unique(x)) == set(range(limit))


@pytest.mark.parametrize("kind, dims", [("gather", [2, 900]), ("take", [900])])
def test_ints_that_pick_from_an_axis(kind: str, dims: list[int]) -> None:
    spec = f"inputs: {{x: [2, 3000], i: {{shape: {dims}, dtype: int64}}}}\nlayers:\n- {kind} g: {{axis: 1}}\n  from: [x, i]\n"
    found = random_inputs(resolve(spec), 0)
    assert found["i"].max() > 2000
    assert 0 <= found["i"].min() <= found["i"].max() < 3000
    assert found["x"].dtype == np.float32


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "float16", "bfloat16", "float64"])
def test_dtypes(dtype: str) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    x = random_inputs(resolve(f"inputs: {{x: {{shape: [40, 50], dtype: {dtype}}}}}\nlayers:\n- identity\n"), 0)["x"]
    assert x.dtype.name == dtype
    assert x.shape == (40, 50)
    assert np.unique(x.astype(float)).size > (1 if dtype == "bool" else 50)


def test_an_input_past_memory_is_named() -> None:
    with pytest.raises(Rejected) as e:
        random_inputs(resolve("inputs: {x: [4000000000, 4000000000]}\nlayers:\n- relu\n"), 0)
    assert [d.rule for d in e.value.diagnostics] == ["out-of-memory"]


def rejected(spec: str, **arrays: Any) -> list[Diagnostic]:
    resolved = resolve(spec)
    with pytest.raises(Rejected) as e:
        given_inputs(resolved.network, resolved, {"" if k == "nameless" else k: v for k, v in arrays.items()})
    return e.value.diagnostics


FLOATS, INTS = "inputs: {x: [2, 3]}\nlayers:\n- dense: 4\n", "inputs: {x: {shape: [2, 3], dtype: int8}}\nlayers:\n- identity\n"


@pytest.mark.parametrize("spec, array, rule, found", [
    (FLOATS, np.zeros((3, 3), "f4"), "data-shape", "(3, 3)"),
    (FLOATS, np.zeros(6, "f4"), "data-shape", "(6,)"),
    (FLOATS, np.zeros((2, 3, 1), "f4"), "data-shape", "(2, 3, 1)"),
    (FLOATS, np.zeros((2, 3), "i8"), "data-dtype", "int64"),
    (FLOATS, np.zeros((2, 3), bool), "data-dtype", "bool"),
    (FLOATS, np.zeros((2, 3), "c16"), "data-dtype", "complex128"),
    (FLOATS, np.full((2, 3), "a"), "data-dtype", "str32"),
    (FLOATS, np.full((2, 3), None), "data-dtype", "object"),
    (FLOATS, np.full((2, 3), 1e300), "data-dtype", "float64"),
    (INTS, np.full((2, 3), 300), "data-dtype", "int64"),
    (INTS, np.zeros((2, 3), "f4"), "data-dtype", "float32"),
])  # fmt: skip
def test_data_that_does_not_fit(spec: str, array: Any, rule: str, found: str) -> None:
    (d,) = rejected(spec, x=array)
    assert (d.rule, d.found) == (rule, found)
    assert d.message.startswith("x ")
    assert d.span is not None


def test_each_misfit_is_told_at_once() -> None:
    spec = "inputs: {x: [2, 3], y: [2, 3]}\nlayers:\n- add: [x, y]\n"
    assert [d.rule for d in rejected(spec, X=np.zeros((2, 3)))] == ["data-unknown", "data-missing", "data-missing"]
    assert [d.rule for d in rejected(spec, x=np.zeros((2, 4)), y=np.zeros((2, 3), int))] == ["data-shape", "data-dtype"]
    assert rejected(spec, nameless=np.zeros((2, 3)))[0].message == "the data is one nameless array"


@pytest.mark.parametrize("array", [
    np.arange(6, dtype="<f4"), np.arange(6, dtype=">f4"), np.arange(6.0), np.arange(6, dtype="f2"),
    np.array([np.inf, -np.inf, np.nan, 0, 1, 2]),
], ids=["as it is", "big-endian", "wider", "narrower", "infinite"])  # fmt: skip
def test_data_that_fits_is_taken_in_the_networks_dtype(array: Any) -> None:
    resolved = resolve(FLOATS)
    x = given_inputs(resolved.network, resolved, {"": array.reshape(2, 3)})["x"]
    assert x.dtype == np.dtype("float32")
    np.testing.assert_array_equal(x.ravel(), array.astype(float))


def test_data_beside_another_input_shape_is_an_error_with_a_name(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("inputs: {x: [N, F]}\nlayers:\n- dense: 4\n")
    np.save(tmp_path / "x.npy", np.ones((2, 5), "f4"))
    out = deferinit("run", "s.yaml", "--input", "1x7", "--data", "x.npy", cwd=tmp_path)
    assert out.returncode == 1
    assert "[data-shape]" in out.stderr
    assert "internal error" not in out.stderr
    assert deferinit("run", "s.yaml", "--input", "2x5", "--data", "x.npy", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int8", "bool"])
def test_summaries(dtype: str) -> None:
    from deferinit_cli.weights.dtypes import numpy_dtype

    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    values = [[0, 1], [1, 0]] if dtype in ("int8", "bool") else [[np.nan, 1.5], [-2, np.inf]]
    row = summary("y", np.array(values).astype(numpy_dtype(dtype)))
    assert (row["shape"], row["dtype"]) == ([2, 2], dtype)
    if dtype in ("int8", "bool"):
        assert (row["mean"], row["std"], row["min"], row["max"], row["nans"]) == (0.5, 0.5, 0, 1, 0)
    else:
        assert (row["mean"], row["std"], row["min"], row["max"], row["nans"]) == (-0.25, 1.75, -2, 1.5, 1)
