"""`deferinit solve`: checkpoints, what is printed, and specs filled in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.cli import deferinit

NET = """\
# a recurrent classifier
layers:
- lstm rnn: {hidden: _, layers: _, bidirectional: _}   # as it was trained
- dense head: {units: _, bias: _}
"""


def lstm(prefix: str = "") -> dict[str, np.ndarray]:
    """A bidirectional torch.nn.LSTM(40, 128, 2) and a dense layer, as a checkpoint has them."""
    out = {}
    for k, came in ((0, 40), (1, 256)):
        for end in (f"l{k}", f"l{k}_reverse"):
            out[f"rnn.weight_ih_{end}"] = np.zeros((512, came), np.float32)
            out[f"rnn.weight_hh_{end}"] = np.zeros((512, 128), np.float32)
            out[f"rnn.bias_ih_{end}"] = out[f"rnn.bias_hh_{end}"] = np.zeros(512, np.float32)
    out["head.weight"] = np.zeros((7, 256), np.float32)
    return {prefix + n: a for n, a in out.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(NET)
    return tmp_path


FILLED = (
    NET.replace("hidden: _", "hidden: 128").replace("layers: _", "layers: 2").replace("bidirectional: _", "bidirectional: true")
)
FILLED = FILLED.replace("units: _", "units: 7").replace("bias: _", "bias: false")


def sharded(folder: Path, tensors: dict[str, np.ndarray]) -> str:
    names = list(tensors)
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, own in halves.items():
        save_file({n: tensors[n] for n in own}, folder / file)
    index = {"metadata": {}, "weight_map": {n: f for f, own in halves.items() for n in own}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return "model.safetensors.index.json"


@pytest.mark.parametrize("kind", ["safetensors", "npz", "sharded"])
def test_a_checkpoint_tells_what_was_left_out(folder: Path, kind: str) -> None:
    tensors = lstm("module.") | {"module.step": np.zeros((1,), np.float32)}
    path = f"w.{kind}"
    if kind == "sharded":
        path = sharded(folder, tensors)
    elif kind == "npz":
        np.savez(folder / path, **tensors)  # type: ignore[arg-type]
    else:
        save_file(tensors, folder / path)
    result = deferinit("solve", "net.yaml", "--weights", path, "-o", "done.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "without end"
    assert "rnn.layers = 2, rnn.bidirectional = true" in lines[1] and "rnn.hidden = 128" in lines[1]
    assert lines[2] == "  input: 1… x 1… x 40"
    assert lines[3] == "used 17 of the 18 tensors, named with 'module.' in front there"
    assert lines[4] == "  not in the network: module.step"
    assert (folder / "done.yaml").read_text() == FILLED
    assert (folder / "net.yaml").read_text() == NET
    again = deferinit("init", "done.yaml", "--input", "2x5x40", cwd=folder)
    assert again.returncode == 0 and "(512, 256)" in again.stdout


def test_only_headers_are_read(folder: Path) -> None:
    """A file whose data is missing still tells its shapes."""
    save_file(lstm(), folder / "w.safetensors")
    raw = (folder / "w.safetensors").read_bytes()
    size = 8 + int.from_bytes(raw[:8], "little")
    with (folder / "cut.safetensors").open("wb") as f:
        f.write(raw[:size])
        f.truncate(len(raw))  # a hole where the numbers were
    result = deferinit("solve", "net.yaml", "--weights", "cut.safetensors", "--format", "json", cwd=folder)
    data = json.loads(result.stdout)
    assert data["solutions"][0]["arguments"]["rnn.hidden"] == [128, 128]
    assert data["solutions"][0]["arguments"]["rnn.bidirectional"] == [True, True]
    assert data["solutions"][0]["inputs"]["input"] == [[1, None], [1, None], [40, 40]]
    assert (data["decided"], data["count"], data["tensors"]["missing"]) == (True, None, [])


NORMED = "inputs: {x: [N, C, H, W]}\nlayers:\n- sequential net:\n  - conv2d c: {channels: _, kernel_size: 3, bias: false}\n  - batch_norm n\n"


@pytest.mark.parametrize(
    ("there", "words"), [("net.", ""), ("m.net.", ", named with 'm.' in front there"), ("", ", named without 'net.' there")]
)
def test_what_no_layer_needs_is_not_left_over(tmp_path: Path, there: str, words: str) -> None:
    """The state_dict of a batch norm also counts its batches."""
    (tmp_path / "net.yaml").write_text(NORMED)
    norm = {f"n.{key}": np.zeros(8, np.float32) for key in ("weight", "bias", "running_mean", "running_var")}
    tensors = {"c.weight": np.zeros((8, 3, 3, 3), np.float32), **norm, "n.num_batches_tracked": np.array(7)}
    save_file({there + n: a for n, a in tensors.items()}, tmp_path / "w.safetensors")
    result = deferinit("solve", "net.yaml", "--weights", "w.safetensors", cwd=tmp_path)
    assert result.returncode == 0 and "  x: 1… x 3 x 3… x 3…" in result.stdout, result.stderr
    assert result.stdout.endswith(f"\nused 5 of the 5 tensors{words}\n")
    save_file(
        {there + n: a for n, a in tensors.items()} | {f"{there}c.num_batches_tracked": np.array(7)}, tmp_path / "w.safetensors"
    )
    result = deferinit("solve", "net.yaml", "--weights", "w.safetensors", cwd=tmp_path)
    assert f"  not in the network: {there}c.num_batches_tracked" in result.stdout.splitlines()


def test_a_checkpoint_of_another_network(folder: Path) -> None:
    np.savez(folder / "w.npz", other=np.zeros((2, 2)))
    result = deferinit("solve", "net.yaml", "--weights", "w.npz", cwd=folder)
    assert result.returncode == 2 and "no tensor of w.npz has a name of this network" in result.stderr


SPEC = (
    "inputs: {x: [1, 3, 32, 32]}\r\nlayers:\r\n- conv2d c: {channels: 4, kernel_size: 3,\r\n    stride: _, padding: _}  # é\r\n"
)


def test_families_are_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(SPEC.encode())
    where = ("solve", "net.yaml", "--where", "c=1x4x8x8")
    listed = deferinit(*where, cwd=tmp_path)
    assert listed.stdout.startswith("2 solutions in 2 families")
    assert listed.stdout.splitlines()[1:] == ["  c.padding in {0, 1}, c.stride = 4", "  1…2  x: 1 x 3 x 32 x 32   square 32"]
    refused = deferinit(*where, "-o", "out.yaml", cwd=tmp_path)
    assert refused.returncode == 1 and "2 families fit [not-unique]" in refused.stderr
    assert not (tmp_path / "out.yaml").exists()
    beyond = deferinit(*where, "--write", "--choose", "3", cwd=tmp_path)
    assert beyond.returncode == 1 and "there is no family 3" in beyond.stderr
    for k in (1, 2):
        result = deferinit(*where, "--format", "json=all.json", "-o", "-", "--choose", str(k), cwd=tmp_path)
        row = json.loads((tmp_path / "all.json").read_text())["solutions"][k - 1]["arguments"]
        assert result.returncode == 0
        now = SPEC.replace("stride: _", f"stride: {row['c.stride'][0]}").replace("padding: _", f"padding: {row['c.padding'][0]}")
        assert result.stdout == now.replace("\r\n", "\n")
    assert path.read_bytes() == SPEC.encode()
    itself = deferinit(*where, "-o", "net.yaml", "--choose", "1", cwd=tmp_path)
    assert itself.returncode == 2 and "--in-place" in itself.stderr
    both = deferinit(*where, "--in-place", "--write", "--choose", "1", cwd=tmp_path)
    assert both.returncode == 2 and path.read_bytes() == SPEC.encode()
    written = deferinit(*where, "--in-place", "--choose", "1", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    assert b"stride: 4" in path.read_bytes() and path.read_bytes().count(b"\r\n") == SPEC.count("\r\n")
    assert "é" in path.read_text("utf-8")


def test_nothing_fits(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("layers:\n- dense a: 4\n- dense b: {units: _, in_units: 5}\n")
    result = deferinit("solve", "net.yaml", "--where", "a.weight=4x2", cwd=tmp_path)
    assert result.returncode == 1
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: [1, 1, H]}\nlayers:\n- conv_transpose1d u: {channels: 1, kernel_size: 2, stride: 2}\n"
    )
    result = deferinit("solve", "net.yaml", "--where", "output=1x1x7", cwd=tmp_path)
    assert result.returncode == 1 and result.stdout.startswith("no solution\n")
    assert "7 from --where output=1x1x7" in result.stderr or "output would be (1, 1, 7)" in result.stderr
    data = json.loads(deferinit("solve", "net.yaml", "--where", "output=1x1x7", "--format", "json", cwd=tmp_path).stdout)
    assert (data["solutions"], data["decided"], data["count"]) == ([], True, 0)
    assert [p["file"] for p in data["problems"]]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("c", "'c' says nothing"),
        ("d=1x2", "nothing is called 'd'"),
        ("c=1x0", "'1x0' is no shape"),
        ("c=1xH", "holds a symbol"),
    ],
)
def test_where_that_says_nothing(tmp_path: Path, option: str, says: str) -> None:
    (tmp_path / "net.yaml").write_bytes(SPEC.encode())
    result = deferinit("solve", "net.yaml", "--where", option, cwd=tmp_path)
    assert result.returncode == 2 and says in result.stderr


def test_something_must_be_known(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_bytes(SPEC.encode())
    assert "what is known?" in deferinit("solve", "net.yaml", cwd=tmp_path).stderr


@pytest.mark.parametrize("command", ["init", "run"])
def test_what_is_left_open_cannot_be_initialised_or_run(tmp_path: Path, command: str) -> None:
    (tmp_path / "net.yaml").write_text("layers:\n- max_pool2d p: {kernel_size: 2, stride: _}\n")
    result = deferinit(command, "net.yaml", "--input", "1x3x8x8", cwd=tmp_path)
    assert result.returncode == 1
    assert "net.yaml:2:42: p.stride is left open [left-open]" in result.stderr
