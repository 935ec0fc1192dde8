"""The commands as users run them: what is printed, written and returned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.cli import deferinit

SPECS = Path(__file__).parents[2] / "specs"
MLP = str(SPECS / "mlp.yaml")


def document(*args: str) -> dict:  # type: ignore[type-arg]
    result = deferinit(*args, "--format", "json")
    found: dict = json.loads(result.stdout)  # type: ignore[type-arg]
    return found


def test_show_before_any_input() -> None:
    doc = document("show", MLP)
    rows = {r["name"]: r for r in doc["parameters"]}
    assert [r["declared"] for r in rows.values()] == [[256, -1], [256], [10, -1], [10]]
    assert [r["shape"] for r in rows.values()] == [[256, -1], [256], [10, 256], [10]]
    assert [r["waits_for"] for r in rows.values()] == ["the last dim of `input`", None, None, None]
    totals = doc["totals"]
    assert (totals["parameters"], totals["at_least"], totals["unresolved"]) == (None, 3082, 1)


def test_the_documented_json() -> None:
    doc = document("show", MLP, "--input", "2x20")
    assert (doc["schema"], doc["command"], doc["network"], doc["spec"]) == (1, "show", "mlp", MLP)
    assert {"name": "input", "shape": [2, 20], "dtype": "float32"}.items() <= doc["inputs"][0].items()
    first = doc["parameters"][0]
    assert first == {
        "name": "dense0.weight", "layer": "dense0", "declared": [256, -1], "shape": [256, 20], "symbolic": ["256", "20"],
        "dtype": "float32", "count": 5120, "trainable": True, "buffer": False, "initializer": "glorot_uniform",
        "tied_to": None, "waits_for": None, "line": 4,
    }  # fmt: skip
    assert doc["layers"][0] == {
        "name": "dense0", "kind": "dense", "line": 4, "inputs": ["input"], "input_shapes": [[2, 20]],
        "output_shapes": [[2, 256]], "output_symbolic": [["2", "256"]], "parameters": 5376, "macs": 10240,
    }  # fmt: skip
    assert doc["totals"] == {
        "parameters": 7946, "at_least": 7946, "trainable": 7946, "buffers": 0, "bytes": 31784, "macs": 15360, "unresolved": 0,
    }  # fmt: skip
    assert doc["problems"] == []
    assert sum(r["count"] for r in doc["parameters"]) == doc["totals"]["parameters"]


@pytest.mark.parametrize(
    ("lens", "rows"),
    [
        ("keras", [("dense0/kernel", [20, 256]), ("dense0/bias", [256])]),
        ("flax", [("dense0/kernel", [20, 256]), ("dense0/bias", [256])]),
        ("mxnet", [("dense0_weight", [256, 20]), ("dense0_bias", [256])]),
    ],
)
def test_other_frameworks_names(lens: str, rows: list[tuple[str, list[int]]]) -> None:
    found = document("show", MLP, "--input", "2x20", "--as", lens)["parameters"]
    assert [(r["name"], r["shape"]) for r in found[:2]] == rows


def test_keras_convolution_is_height_width_in_out() -> None:
    found = document("show", str(SPECS / "lenet.yaml"), "--input", "1x3x32x32", "--as", "keras")["parameters"]
    assert found[0]["name"] == "conv1/kernel"
    assert found[0]["shape"] == [5, 5, 3, 6]


def test_init_writes_what_libraries_read(tmp_path: Path) -> None:
    for name in ("w.safetensors", "w.npz"):
        path = tmp_path / name
        assert deferinit("init", MLP, "--input", "2x20", "-o", str(path), "--seed", "3").returncode == 0
    a, b = load_file(tmp_path / "w.safetensors"), np.load(tmp_path / "w.npz")
    assert set(a) == set(b.files) == {"dense0.weight", "dense0.bias", "dense1.weight", "dense1.bias"}
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])
    assert a["dense0.weight"].shape == (256, 20)
    limit = (6 / 276) ** 0.5
    assert 0.9 * limit < np.abs(a["dense0.weight"]).max() <= limit
    assert not a["dense0.bias"].any()


def test_a_stream_per_name(tmp_path: Path) -> None:
    """Another layer before does not change a layer's values."""
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("layers:\n- dense a: 4\n")
    two.write_text("layers:\n- dense z: 6\n- dense a: {units: 4, in_units: 6}\n")
    deferinit("init", str(one), "--input", "1x6", "-o", str(tmp_path / "one.npz"))
    deferinit("init", str(two), "--input", "1x5", "-o", str(tmp_path / "two.npz"))
    a, b = np.load(tmp_path / "one.npz"), np.load(tmp_path / "two.npz")
    np.testing.assert_array_equal(a["a.weight"], b["a.weight"])


def test_init_without_an_input(tmp_path: Path) -> None:
    result = deferinit("init", MLP, "-o", str(tmp_path / "w.npz"))
    assert result.returncode == 1
    assert "dense0.weight (256, -1) waits for the last dim of `input` [unresolved]" in result.stderr
    assert not (tmp_path / "w.npz").exists()
    spec = tmp_path / "fixed.yaml"
    spec.write_text("layers:\n- dense: {units: 3, in_units: 4}\n- dense: 2\n")
    assert deferinit("init", str(spec)).returncode == 0


def test_the_spec_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("layers:\n- dense: 3\n")
    assert deferinit("init", "--input", "2x20", cwd=tmp_path).returncode == 0
    (tmp_path / "other.yaml").write_text("layers:\n- dense: 3\n")
    result = deferinit("init", "--input", "2x20", cwd=tmp_path)
    assert result.returncode == 2
    assert "net.yaml, other.yaml" in result.stderr
    (tmp_path / "spec.yaml").write_text("layers:\n- dense: 5\n")
    assert "(5, 20)" in deferinit("init", "--input", "2x20", cwd=tmp_path).stdout
    (tmp_path / "deferinit.yaml").write_text("layers:\n- dense: 7\n")
    assert "(7, 20)" in deferinit("init", "--input", "2x20", cwd=tmp_path).stdout


def test_standard_input_and_zoo() -> None:
    assert "(3, 4)" in deferinit("show", "-", "--input", "1x4", input="layers:\n- dense: 3\n").stdout
    assert "7,946" in deferinit("show", "zoo:mlp", "--input", "2x20").stdout


def test_run_is_the_product_it_says(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("inputs: {a: [N, 3], b: [N, 3]}\nlayers:\n- add: [a, b]\n- dense d: 2\n")
    a, b = np.arange(6, dtype="float32").reshape(2, 3), np.ones((2, 3), "float32")
    np.savez(tmp_path / "x.npz", a=a, b=b)
    w, c = np.array([[1, 0, 2], [0, 1, 0]], "float32"), np.array([10, 20], "float32")
    np.savez(tmp_path / "w.npz", **{"d.weight": w, "d.bias": c})
    out = tmp_path / "out.npz"
    result = deferinit("run", str(spec), "--data", str(tmp_path / "x.npz"), "--weights", str(tmp_path / "w.npz"), "-o", str(out))
    assert result.returncode == 0, result.stderr
    np.testing.assert_allclose(np.load(out)["d"], (a + b) @ w.T + c)


@pytest.mark.parametrize(
    ("arrays", "rule"),
    [
        ({"d.weight": (2, 3)}, "weights-missing"),
        ({"d.weight": (2, 3), "d.bias": (2,), "e.bias": (1,)}, "weights-extra"),
        ({"d.weight": (2, 4), "d.bias": (2,)}, "weights-shape"),
    ],
)
def test_weights_that_do_not_fit(tmp_path: Path, arrays: dict[str, tuple[int, ...]], rule: str) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("layers:\n- dense d: 2\n")
    np.savez(tmp_path / "w.npz", **{k: np.zeros(s, "float32") for k, s in arrays.items()})
    result = deferinit("run", str(spec), "--input", "1x3", "--weights", str(tmp_path / "w.npz"))
    assert result.returncode == 1
    assert f"[{rule}]" in result.stderr


def test_what_no_layer_needs_may_be_in_the_weights(tmp_path: Path) -> None:
    """The state_dict of a batch norm in PyTorch also counts its batches."""
    (tmp_path / "net.yaml").write_text("inputs: {x: [N, 2]}\nlayers:\n- batch_norm n\n- dense d: {units: 1, bias: false}\n")
    one = np.ones(2, "float32")
    arrays = {
        "n.weight": one,
        "n.bias": one,
        "n.running_mean": 0 * one,
        "n.running_var": one,
        "d.weight": np.ones((1, 2), "float32"),
    }
    run = ("run", "net.yaml", "--input", "1x2", "--weights", "w.npz", "-o", "out.npz")
    np.savez(tmp_path / "w.npz", **arrays, **{"n.num_batches_tracked": np.array(7)})
    result = deferinit(*run, cwd=tmp_path)
    assert (result.returncode, np.load(tmp_path / "out.npz")["d"].shape) == (0, (1, 1)), result.stderr
    np.savez(tmp_path / "w.npz", **arrays, **{"d.num_batches_tracked": np.array(7)})
    result = deferinit(*run, cwd=tmp_path)
    assert result.returncode == 1 and "no tensor 'd.num_batches_tracked'" in result.stderr


def test_random_indices_stay_in_the_embedding(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("layers:\n- reshape: [0, -1]\n- embedding: {input_dim: 3, output_dim: 2}\n")
    assert deferinit("run", str(spec), "--input", "50x7x3:int64").returncode == 0
    np.save(tmp_path / "x.npy", np.full((2, 3), 3))
    result = deferinit("run", str(spec), "--data", str(tmp_path / "x.npy"))
    assert result.returncode == 1
    assert "index 3 of a table of 3 rows" in result.stderr


def test_trace_and_results() -> None:
    doc = json.loads(deferinit("run", MLP, "--input", "2x20", "--trace", "--format", "json").stdout)
    assert [r["name"] for r in doc["trace"]] == ["dense0", "relu0", "dense1"]
    (result,) = doc["results"]
    assert set(result) == {"name", "shape", "dtype", "mean", "std", "min", "max", "nans"}
    assert (result["name"], result["shape"], doc["seed"]) == ("dense1", [2, 10], 0)


@pytest.mark.parametrize(
    "args",
    [
        ("show", MLP, "--input", "2x20"), ("show", MLP, "--format", "csv"), ("show", MLP, "--format", "markdown"),
        ("run", MLP, "--input", "2x20"), ("contract", str(SPECS / "unet.yaml")), ("layers", "dense"), ("zoo",),
        ("guide", "tour"),
    ],
)  # fmt: skip
def test_the_same_command_gives_the_same_bytes(args: tuple[str, ...]) -> None:
    first, second = deferinit(*args), deferinit(*args)
    assert first.returncode == 0
    assert first.stdout == second.stdout != ""


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("show", MLP), 0), (("show", MLP, "--input", "0x3"), 2), (("show", MLP, "--input", "2x"), 2),
        (("show", MLP, "--input", "other=2x3"), 2), (("show", "missing.yaml"), 2), (("show", "zoo:nothing"), 2),
        (("show", MLP, "--format", "yaml"), 2), (("show", MLP, "--format", "json", "--format", "csv"), 2), (("shwo", MLP), 2),
        (("show", MLP, "--set", "x=1"), 2), (("show", str(SPECS / "lenet.yaml"), "--input", "1x1x4x4"), 1),
        (("why", MLP, "nothing[0]"), 1), (("solve", MLP), 2), (("show", "/dev/null"), 2), (("show", str(SPECS)), 2),
        (("check", MLP), 0), (("check", "nothing/*.yaml"), 2), (("--version",), 0), (("--help",), 0),
    ],
)  # fmt: skip
def test_exit_codes(args: tuple[str, ...], code: int) -> None:
    result = deferinit(*args)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr
    if code:
        assert result.stderr.strip()


def test_a_report_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    result = deferinit("show", MLP, "--format", "table", "--format", f"json={path}")
    assert result.returncode == 0
    assert json.loads(path.read_text())["network"] == "mlp"
    assert result.stdout.startswith("mlp:")


def test_the_table_up_to_the_failure() -> None:
    result = deferinit("show", str(SPECS / "lenet.yaml"), "--input", "1x1x12x12")
    lines = result.stdout.strip().split("\n")
    assert lines[-1] == "▲ conv2: a kernel of 5 does not fit into 4"
    assert "12 -conv1-> 8 -pool1-> 4" in result.stderr
    assert "H = 12, but H >= 16: nearest 16" in result.stderr
    doc = json.loads(deferinit("show", str(SPECS / "lenet.yaml"), "--input", "1x1x12x12", "--format", "json").stdout)
    assert doc["problems"][0]["rule"] == "kernel-exceeds-input"
    assert doc["problems"][0]["line"] == 9


def test_folding_adds_up() -> None:
    spec = str(SPECS / "resnet.yaml")
    folded = deferinit("show", spec, "--input", "1x3x224x224").stdout
    unfolded = deferinit("show", spec, "--input", "1x3x224x224", "--unfold").stdout
    assert "layer3.1…5.conv1.weight  × 5" in folded
    assert "layer3.5.conv1.weight" in unfolded and "…5" not in unfolded
    for text in (folded, unfolded):
        assert "25,557,032 parameters" in text

    def total(text: str) -> int:
        rows = [line.split() for line in text.split("\n") if line.startswith(("conv1", "bn1", "layer", "fc"))]
        return sum(
            int(w.replace(",", "")) for r in rows for w in r[-2:] if (w.replace(",", "").isdigit() and "," in w) or w.isdigit()
        )

    assert total(folded) == total(unfolded)


def test_ascii_and_colour() -> None:
    assert deferinit("show", MLP, "--ascii").stdout.isascii()
    assert "\x1b[" not in deferinit("show", MLP).stdout
    assert "\x1b[" in deferinit("show", MLP, "--color").stdout


def test_show_and_check_import_neither_numpy_nor_rich() -> None:
    import os
    import subprocess
    import sys

    root = str(SPECS.parent)
    for args in (["show", MLP, "--input", "2x20"], ["check", str(SPECS / "lenet.yaml")], ["contract", MLP]):
        code = (
            "import sys; from deferinit_cli.cli import run; code = run(sys.argv[1:]); "
            "bad = {'numpy', 'rich', 'dataclasses', 'asyncio', 'json'} & set(sys.modules); assert code == 0 and not bad, bad"
        )
        env = {**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}
        result = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, env=env, check=False)
        assert result.returncode == 0, result.stderr
