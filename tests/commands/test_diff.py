"""`diff`: every kind of row, git revisions, checkpoints, formats and exit codes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from deferinit_cli.compare.differ import CHANGES
from deferinit_cli.compare.sources import compared
from deferinit_cli.problems import Unusable
from tests.cli import deferinit

LENET = """\
vars: {classes: 10}
inputs: {image: [N, C, H, W]}
layers:
- conv2d conv1: {channels: 6, kernel_size: 5}
- relu
- max_pool2d: 2
- conv2d conv2: {channels: 16, kernel_size: 5}
- relu
- max_pool2d: 2
- flatten
- dense fc1: 120
- dense fc2: 84
- dense fc3: classes
"""
SHAPES = {
    "conv1.weight": (6, 3, 5, 5), "conv1.bias": (6,), "conv2.weight": (16, 6, 5, 5), "conv2.bias": (16,),
    "fc1.weight": (120, 400), "fc1.bias": (120,), "fc2.weight": (84, 120), "fc2.bias": (84,),
    "fc3.weight": (10, 84), "fc3.bias": (10,),
}  # fmt: skip


TIED = """\
inputs: {ids: {shape: [N, T], dtype: int64}}
layers:
- embedding e: {input_dim: 9, output_dim: 4}
- dense out: {units: 9, bias: false}
  tie: {weight: e.weight}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(LENET)
    return tmp_path


def rows(b: str, a: str = "a.yaml", inputs: tuple[str, ...] = (), **sets: str) -> list[tuple[str, str, list[str]]]:
    """(what, name, changes) of every row."""
    return [(r.what, r.name, r.changes) for r in compared(a, b, inputs, sets).rows]


def other(text: str, **more: str) -> list[tuple[str, str, list[str]]]:
    """The rows that are no totals, from a.yaml to a spec of this text."""
    Path("b.yaml").write_text(text)
    return [r for r in rows("b.yaml", **more) if r[0] != "total"]


def document(*args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(deferinit("diff", *args, "--format", "json").stdout)
    return found


def checkpoint(path: str, **changes: Any) -> str:
    """A real weights file of LeNet's tensors; a change is a shape, (shape, dtype) or None to leave it out."""
    shapes: dict[str, Any] = {**SHAPES, **{k.replace("__", "."): v for k, v in changes.items()}}
    arrays = {}
    for name, shape in shapes.items():
        if shape is not None:
            plain, dtype = shape if shape and isinstance(shape[0], tuple) else (shape, np.float32)
            arrays[name] = np.zeros(plain, dtype)
    if path.endswith(".npz"):
        np.savez(path, **arrays)
    else:
        save_file(arrays, path)
    return path


# ---- two networks


def test_equal_networks() -> None:
    assert other(LENET.replace("vars: {classes: 10}", "# comment").replace(": classes", ": 10")) == []
    result = deferinit("diff", "a.yaml", "b.yaml")
    assert (result.returncode, result.stdout, result.stderr) == (0, "a.yaml → b.yaml\n\nno difference: 10 parameters\n", "")


def test_added_and_removed() -> None:
    assert other(LENET.replace("- dense fc3", "- batch_norm bn\n- dense fc3")) == [
        ("parameter", f"bn.{key}", ["added"]) for key in ("weight", "bias", "running_mean", "running_var")
    ]
    assert rows("a.yaml", "b.yaml")[:4] == [
        ("parameter", f"bn.{key}", ["removed"]) for key in ("weight", "bias", "running_mean", "running_var")
    ]


def test_resized_as_terms() -> None:
    found = other(LENET.replace("conv2: {channels: 16", "conv2: {channels: 20"))
    assert found == [("parameter", n, ["resized"]) for n in ("conv2.weight", "conv2.bias", "fc1.weight")]
    found = other(
        LENET.replace(
            "kernel_size: 5}\n- relu\n- max_pool2d: 2\n- flatten", "kernel_size: 3}\n- relu\n- max_pool2d: 2\n- flatten"
        )
    )
    assert found == [("parameter", n, ["resized"]) for n in ("conv2.weight", "fc1.weight")]


def test_the_same_term_written_otherwise_is_no_difference() -> None:
    text = "inputs: {x: [N, A, B]}\nlayers:\n- reshape: [N, {0}]\n- dense: 3\n"
    Path("a.yaml").write_text(text.replace("{0}", "(A + 1)*B - B"))
    assert other(text.replace("{0}", "B*A")) == []
    assert other(text.replace("{0}", "B*A*1")) == []


def test_renamed_by_place_and_shape() -> None:
    found = compared("a.yaml", "a.yaml", (), {})
    assert found.equal
    changed = other(LENET.replace("fc2", "hidden").replace("fc1", "first"))
    assert changed == [
        ("parameter", f"{layer}.{key}", ["renamed"]) for layer in ("first", "hidden") for key in ("weight", "bias")
    ]
    row = next(r for r in document("a.yaml", "b.yaml")["diff"] if r["name"] == "first.weight")
    assert (row["a"]["name"], row["note"]) == ("fc1.weight", "same shape, similar place")


def test_a_whole_block_renamed_keeps_its_order() -> None:
    block = "inputs: {{x: [N, 8]}}\nlayers:\n- sequential {0}:\n  - sequential s:\n    - dense fc: 8\n    - dense proj: 8\n    repeat: 3\n"
    Path("a.yaml").write_text(block.format("h"))
    found = Path("b.yaml")
    found.write_text(block.format("blocks"))
    pairs = [(r.a.name, r.b.name) for r in compared("a.yaml", "b.yaml", (), {}).rows if r.what == "parameter"]
    assert len(pairs) == 12
    assert all(a.replace("h.", "blocks.", 1) == b for a, b in pairs)


def test_a_renamed_layer_of_another_size_is_not_called_renamed() -> None:
    found = other(LENET.replace("fc1: 120", "wide: 130"))
    assert [r for r in found if "renamed" in r[2]] == []
    assert ("parameter", "fc1.weight", ["removed"]) in found and ("parameter", "wide.weight", ["added"]) in found


def test_retyped_and_retied() -> None:
    assert other(LENET + "params: {'fc2.*': {freeze: true}}\n") == [
        ("parameter", "fc2.weight", ["retyped"]), ("parameter", "fc2.bias", ["retyped"]),
    ]  # fmt: skip
    assert ("parameter", "fc2.weight", ["retyped"]) in other(
        LENET.replace("- dense fc2: 84", "- dense fc2: 84\n  dtype: float16")
    )
    loose = TIED.replace("  tie: {weight: e.weight}\n", "")
    Path("a.yaml").write_text(loose)
    assert other(TIED) == [("parameter", "out.weight", ["retied"])]
    assert other(TIED.replace(" e:", " emb:").replace("e.weight", "emb.weight")) == [
        ("parameter", "emb.weight", ["renamed"]), ("parameter", "out.weight", ["retied"]),
    ]  # fmt: skip


def test_a_tie_to_a_renamed_tensor_is_the_same_tie() -> None:
    Path("a.yaml").write_text(TIED)
    assert other(TIED.replace(" e:", " emb:").replace("e.weight", "emb.weight")) == [("parameter", "emb.weight", ["renamed"])]


def test_inputs_and_outputs() -> None:
    assert other(LENET.replace("image: [N, C, H, W]", "image: [N, 3, H, W]"))[0] == ("input", "image", ["resized"])
    assert other(LENET.replace("image:", "picture:"))[0] == ("input", "picture", ["renamed"])
    assert other(LENET.replace("{image: [N, C, H, W]}", "{image: {shape: [N, C, H, W], dtype: float16}}"))[0] == (
        "input", "image", ["retyped"],
    )  # fmt: skip
    assert other(LENET + "outputs: [fc3, fc2]\n") == [("output", "fc2", ["added"])]
    assert rows("a.yaml", "b.yaml") == [("output", "fc2", ["removed"])]
    Path("a.yaml").write_text(LENET + "outputs: [fc2, fc3]\n")
    assert other(LENET + "outputs: [fc3, fc2]\n") == [("output", "fc3", ["reordered"])]


def test_parameters_in_another_order() -> None:
    Path("a.yaml").write_text("inputs: {x: [N, 4]}\nlayers:\n- dense a: 4\n- dense b: 4\n")
    assert ("parameter", "b.weight", ["reordered"]) in other("inputs: {x: [N, 4]}\nlayers:\n- dense b: 4\n- dense a: 4\n")


def test_totals() -> None:
    Path("b.yaml").write_text(LENET)
    found = compared("a.yaml", "b.yaml", ("2x3x32x32",), {})
    assert found.equal and [found.a.totals[k].term for k in ("parameters", "macs")] == [62006, 1303440]
    Path("b.yaml").write_text(LENET.replace("fc2: 84", "fc2: 85"))
    totals = {r.name: (r.a.term, r.b.term) for r in compared("a.yaml", "b.yaml", ("2x3x32x32",), {}).rows if r.what == "total"}
    extra = 120 + 1 + 10
    assert totals["parameters"] == (62006, 62006 + extra)
    assert totals["bytes"] == (4 * 62006, 4 * (62006 + extra))
    assert "buffers" not in totals


def test_options_apply_to_both_sides() -> None:
    Path("b.yaml").write_text(LENET.replace("classes: 10", "classes: 12"))
    assert rows("b.yaml") != []
    assert rows("b.yaml", classes="7") == []
    result = deferinit("diff", "a.yaml", "zoo:mlp", "--set", "classes=7")
    assert result.returncode == 2 and "no variable 'classes'" in result.stderr and "asked of zoo:mlp" in result.stderr
    result = deferinit("diff", "a.yaml", "zoo:mlp", "--input", "image=2x3x32x32")
    assert result.returncode == 2 and "no input is called 'image'" in result.stderr and "asked of zoo:mlp" in result.stderr


# ---- git


def git(*args: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *args], check=True, capture_output=True)


@pytest.fixture
def repository(here: Path) -> Path:
    Path("nets/parts").mkdir(parents=True)
    Path("nets/parts/two.yaml").write_text("blocks:\n  two: {layers: [dense: 4, dense: 5]}\n")
    Path("nets/main.yaml").write_text("import: {p: ./parts/two.yaml}\ninputs: {x: [N, 3]}\nlayers: [p.two]\n")
    Path("nets/link.yaml").symlink_to("main.yaml")
    git("init", "-q", "-b", "main", ".")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "v1")
    Path("nets/parts/two.yaml").write_text("blocks:\n  two: {layers: [dense: 4, dense: 6]}\n")
    git("commit", "-qam", "two")
    return here


def test_a_revision_takes_its_imports_from_the_same_revision(repository: Path) -> None:
    found = compared("v1:nets/main.yaml", "nets/main.yaml", (), {})
    assert [(r.what, r.name, r.changes) for r in found.rows if r.what == "parameter"] == [
        ("parameter", "p_two0.dense1.weight", ["resized"]), ("parameter", "p_two0.dense1.bias", ["resized"]),
    ]  # fmt: skip
    assert found.rows[0].a.span.source.name == "v1:nets/parts/two.yaml"
    assert rows("HEAD:nets/main.yaml", "nets/main.yaml") == []
    assert rows("HEAD~1:nets/main.yaml", "v1:nets/main.yaml") == []
    assert rows("main:nets/main.yaml", "v1:nets/main.yaml") != []


def test_nothing_is_written_by_a_comparison(repository: Path) -> None:
    before = sorted((str(p), p.stat().st_mtime_ns) for p in repository.rglob("*") if p.is_file())
    assert deferinit("diff", "v1:nets/main.yaml", "nets/main.yaml").returncode == 1
    assert sorted((str(p), p.stat().st_mtime_ns) for p in repository.rglob("*") if p.is_file()) == before


def test_paths_are_git_s_own(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("nets")
    assert rows("main.yaml", "HEAD:nets/main.yaml") == []
    assert rows("main.yaml", "HEAD:./main.yaml") == []
    assert rows("../a.yaml", "HEAD:../a.yaml") == []


@pytest.mark.parametrize(
    ("side", "said"),
    [
        ("nope:nets/main.yaml", "git knows no revision 'nope'"),
        ("--help:nets/main.yaml", "'--help' is no revision"),
        ("v1:nets/absent.yaml", "v1 has no file nets/absent.yaml"),
        ("v1:main.yaml", "did you mean v1:nets/main.yaml?"),
        ("v1:nets", "v1:nets is a folder"),
        ("v1:nets/link.yaml", "v1:nets/link.yaml is a symbolic link"),
        ("v1:../outside.yaml", "v1 has no file ../outside.yaml"),
        ("v1:*.yaml", "v1 has no file *.yaml"),
        ("v1:w.npz", "weights are not read out of git"),
    ],
)
def test_revisions_that_give_nothing(repository: Path, side: str, said: str) -> None:
    with pytest.raises(Unusable) as e:
        compared(side, "a.yaml", (), {})
    d = e.value.diagnostics[0]
    assert said in f"{d.message} {d.help}"
    assert d.rule == "revision"


def test_no_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))
    result = deferinit("diff", "HEAD:a.yaml", "a.yaml")
    assert result.returncode == 2 and "git finds no repository around this folder" in result.stderr
    monkeypatch.setenv("PATH", "")
    assert "a revision needs git, which is not installed" in deferinit("diff", "HEAD:a.yaml", "a.yaml").stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("../outside.yaml", "leaves the folder of the spec"),
        ("/etc/passwd", "imports are relative local files"),
        ("./absent.yaml", "HEAD has no file nets/absent.yaml"),
        ("./main.yaml", "imports itself"),
        ("./bad.yaml", "a spec is a mapping"),
        ("zoo:absent", "no network is called 'zoo:absent'"),
    ],
)
def test_imports_of_a_revision_are_checked(repository: Path, target: str, said: str) -> None:
    Path("outside.yaml").write_text("blocks:\n  two: {layers: [dense: 4]}\n")
    Path("nets/bad.yaml").write_text("- 1\n")
    Path("nets/main.yaml").write_text(f"import: {{p: {target}}}\ninputs: {{x: [N, 3]}}\nlayers: [p.two]\n")
    git("add", ".")
    git("commit", "-qm", "three")
    with pytest.raises(Unusable) as e:
        compared("HEAD:nets/main.yaml", "a.yaml", (), {})
    assert any(said in d.message for d in e.value.diagnostics), e.value.diagnostics


def test_imports_of_the_zoo_at_a_revision(repository: Path) -> None:
    Path("z.yaml").write_text("import: {m: zoo:mlp}\ninputs: {x: [N, 3]}\nlayers: [m]\n")
    git("add", ".")
    git("commit", "-qm", "four")
    assert rows("z.yaml", "HEAD:z.yaml") == []


# ---- locks


def test_locks(repository: Path) -> None:
    assert deferinit("lock", "a.yaml", "--input", "2x3x32x32").returncode == 0
    assert rows("a.yaml.lock") == []  # the lock's own options hold for the spec
    assert rows("a.yaml", "a.yaml.lock") == []
    assert rows("a.yaml.lock", inputs=("4x3x32x32",))[0] == ("input", "image", ["resized"])
    git("add", ".")
    git("commit", "-qm", "lock")
    Path("a.yaml").write_text(LENET.replace("fc2: 84", "fc2: 80"))
    assert deferinit("lock", "a.yaml", "--update").returncode == 0
    found = rows("a.yaml.lock", "HEAD:a.yaml.lock")
    assert found[:3] == [("parameter", n, ["resized"]) for n in ("fc2.weight", "fc2.bias", "fc3.weight")]
    Path("a.yaml.lock").write_text("lock 7\n")
    result = deferinit("diff", "a.yaml", "a.yaml.lock")
    assert result.returncode == 2 and "a.yaml.lock:1:1" in result.stderr and "[lock-version]" in result.stderr
    assert deferinit("diff", "a.yaml", "absent.lock").returncode == 2


# ---- checkpoints


@pytest.mark.parametrize("name", ["w.safetensors", "w.npz"])
def test_a_checkpoint_that_fits(name: str) -> None:
    checkpoint(name)
    for sides in (("a.yaml", name), (name, "a.yaml")):
        result = deferinit("diff", *sides)
        assert (result.returncode, result.stdout) == (0, f"{sides[0]} → {sides[1]}\n\n10 of 10 tensors load\n")
    doc = document("a.yaml", name)
    assert doc["equal"] is True and doc["loads"] == list(SHAPES) and doc["wanted"] == 10


def test_every_reason_not_to_load() -> None:
    checkpoint("w.safetensors", conv1__bias=None, extra=(3,), conv2__bias=(17,), conv2__weight=((16, 6, 5, 5), np.float16),
               fc3__weight=(84, 10), fc2__weight=None, fc2__bias=None, hidden__weight=(84, 120), hidden__bias=(84,),
               fc1__bias=(120, 1))  # fmt: skip
    found = compared("a.yaml", "w.safetensors", (), {})
    assert [(r.name, r.changes, r.note) for r in found.rows] == [
        ("conv1.bias", ["missing"], "the file has no such tensor"),
        ("conv2.weight", ["retyped"], "loads only where dtypes are converted"),
        ("conv2.bias", ["resized"], "axis 0: 16 here, 17 in the file"),
        ("fc1.bias", ["resized"], "1 dim here, 2 in the file"),
        ("fc2.weight", ["renamed"], "same shape, similar name"),
        ("fc2.bias", ["renamed"], "same shape, similar name"),
        ("fc3.weight", ["transposed"], "the same sizes the other way round: is it transposed?"),
        ("extra", ["unexpected"], "the network has no such tensor"),
    ]
    assert found.loads == ["conv1.weight", "fc1.weight", "fc3.bias"] and found.of == 10
    assert deferinit("diff", "a.yaml", "w.safetensors").returncode == 1


@pytest.mark.parametrize(
    ("width", "fits"),
    [(400, True), (16, True), (144, True), (1040, True), (401, False), (8, False)],
)
def test_an_open_size_fits_what_inference_allows(width: int, fits: bool) -> None:
    """fc1 takes 16 * (H//4 - 3) * (W//4 - 3): some multiples of 16, whatever H and W are."""
    checkpoint("w.npz", fc1__weight=(120, width))
    assert compared("a.yaml", "w.npz", (), {}).equal is fits


def test_open_sizes_must_fit_together() -> None:
    Path("a.yaml").write_text("inputs: {x: [N, D]}\nlayers:\n- dense a: 3\n  from: x\n- dense b: 4\n  from: x\noutputs: [a, b]\n")
    np.savez(
        "w.npz",
        **{
            "a.weight": np.zeros((3, 7), np.float32),
            "a.bias": np.zeros(3, np.float32),
            "b.weight": np.zeros((4, 8), np.float32),
            "b.bias": np.zeros(4, np.float32),
        },
    )
    found = compared("a.yaml", "w.npz", (), {})
    notes = {r.name: r.note for r in found.rows if "resized" in r.changes}
    assert notes == {"b.weight": "D is 7, 8 in the file (D = 7 by a.weight)"}


def test_sizes_that_no_input_gives() -> None:
    Path("a.yaml").write_text("inputs: {x: [N, 1, S, S]}\nlayers:\n- flatten\n- dense a: {units: 3, bias: false}\n")
    for width, equal in ((49, True), (50, False)):
        np.savez("w.npz", **{"a.weight": np.zeros((3, width), np.float32)})
        found = compared("a.yaml", "w.npz", (), {})
        assert found.equal is equal
    assert found.rows[0].note == "(3, S**2) here, (3, 50) in the file: no input gives that"


def test_an_input_decides_the_open_sizes() -> None:
    checkpoint("w.npz")
    assert compared("a.yaml", "w.npz", ("1x3x32x32",), {}).equal
    found = compared("a.yaml", "w.npz", ("1x3x28x28",), {})
    assert [(r.name, r.note) for r in found.rows] == [("fc1.weight", "axis 1: 256 here, 400 in the file")]


def test_tied_tensors_may_be_left_out() -> None:
    Path("a.yaml").write_text(TIED)
    save_file({"e.weight": np.zeros((9, 4), np.float32)}, "w.safetensors")
    assert compared("a.yaml", "w.safetensors", (), {}).equal
    save_file({"e.weight": np.zeros((9, 4), np.float32), "out.weight": np.zeros((9, 5), np.float32)}, "w.safetensors")
    assert rows("w.safetensors") == [("parameter", "out.weight", ["resized"])]


def test_a_prefix_before_all_names_is_said_once_for_all() -> None:
    save_file({f"model.{n}": np.zeros(s, np.float32) for n, s in SHAPES.items()}, "w.safetensors")
    found = compared("a.yaml", "w.safetensors", (), {})
    assert {(tuple(r.changes), r.note) for r in found.rows} == {(("renamed",), "the file's names start with model.")}
    assert [(r.a.name, r.b.name) for r in found.rows] == [(n, f"model.{n}") for n in SHAPES]


def test_a_prefix_holds_for_what_is_cast_resized_or_missing_besides() -> None:
    """A checkpoint cast to half floats, with another head, wrapped once more: names say more than shapes."""
    kept = {n: s for n, s in SHAPES.items() if n != "conv1.bias"}
    arrays = {f"model.{n}": np.zeros((12, *s[1:]) if n.startswith("fc3") else s, np.float16) for n, s in kept.items()}
    save_file({**arrays, "model.extra": np.zeros((6, 1), np.float16)}, "w.safetensors")
    found = {r.name: (r.changes, r.note) for r in compared("a.yaml", "w.safetensors", (), {}).rows}
    start = "the file's names start with model."
    assert found["conv1.weight"] == (["renamed", "retyped"], f"{start}; loads only where dtypes are converted")
    assert found["fc3.bias"][0] == ["renamed", "resized", "retyped"]
    assert found["fc3.bias"][1] == f"{start}; axis 0: 10 here, 12 in the file; loads only where dtypes are converted"
    assert found["conv1.bias"][0] == ["missing"]
    assert found["model.extra"][0] == ["unexpected"]
    assert len(found) == 11
    save_file({n: np.zeros(s, np.float32) for n, s in SHAPES.items()}, "v.safetensors")
    between = compared("v.safetensors", "w.safetensors", (), {})
    assert {tuple(r.changes): r.note for r in between.rows if "renamed" in r.changes} == {
        ("renamed", "retyped"): "same name but for a prefix", ("renamed", "resized", "retyped"): "same name but for a prefix",
    }  # fmt: skip
    assert [r.name for r in between.rows if r.changes in (["added"], ["removed"])] == ["conv1.bias", "model.extra"]


def test_a_prefix_that_few_names_share_is_none() -> None:
    """`body.fc` beside `fc` says nothing where the other names do not agree."""
    text = "layers:\n- dense: {units: 4, in_units: 4}\n- dense fc: {units: 4, in_units: 4}\n- dense x: {units: 5, in_units: 4}\n"
    Path("a.yaml").write_text(text)
    body = "- sequential body: [{dense fc: {units: 7, in_units: 4}}]\n"
    assert not any("renamed" in r[2] and r[1].startswith("body") for r in other("layers:\n" + body + "- dense y: {units: 9}\n"))


def test_a_sharded_checkpoint_by_its_index() -> None:
    names = list(SHAPES)
    shards = {"m-1.safetensors": names[:4], "m-2.safetensors": names[4:]}
    for shard, held in shards.items():
        save_file({n: np.zeros(SHAPES[n], np.float32) for n in held}, shard)
    index = {"metadata": {}, "weight_map": {n: shard for shard, held in shards.items() for n in held}}
    Path("m.safetensors.index.json").write_text(json.dumps(index))
    assert compared("a.yaml", "m.safetensors.index.json", (), {}).equal
    checkpoint("w.safetensors")
    assert compared("w.safetensors", "m.safetensors.index.json", (), {}).equal


BLOCK = "inputs: {x: [N, 3, H, W]}\nlayers:\n- sequential net:\n  - conv2d c: {channels: 8, kernel_size: 3}\n  - batch_norm n\n"


def normed(before: str, *more: str) -> None:
    """A file like PyTorch's: the state_dict of a batch norm also counts its batches."""
    norm = {f"n.{key}": np.zeros(8, np.float32) for key in ("weight", "bias", "running_mean", "running_var")}
    own = {"c.weight": np.zeros((8, 3, 3, 3), np.float32), "c.bias": np.zeros(8, np.float32), **norm}
    counts = {name: np.array(7) for name in ("n.num_batches_tracked", *more)}
    save_file({before + n: a for n, a in {**own, **counts}.items()}, "w.safetensors")


def test_what_no_layer_needs_is_no_difference() -> None:
    Path("a.yaml").write_text(BLOCK)
    normed("net.")
    assert deferinit("lock", "a.yaml").returncode == 0
    for side in ("a.yaml", "a.yaml.lock"):
        assert rows("w.safetensors", side) == rows(side, "w.safetensors") == []
    for before in ("m.net.", ""):
        normed(before)
        assert {tuple(r[2]) for r in rows("w.safetensors")} == {("renamed",)}, before
        assert len(rows("w.safetensors", "a.yaml.lock")) == 6
    for side in ("a.yaml", "a.yaml.lock"):  # of a layer that is no such one it is
        normed("net.", "c.num_batches_tracked", "n.num_batches")
        names = ("net.c.num_batches_tracked", "net.n.num_batches")
        assert rows("w.safetensors", side) == [("parameter", n, ["unexpected"]) for n in names]


def test_two_checkpoints() -> None:
    checkpoint("v.safetensors")
    checkpoint("w.npz", fc1__weight=(120, 256), fc2__bias=((84,), np.float16), fc3__bias=None, fc4__bias=(11,))
    assert sorted(rows("w.npz", "v.safetensors")) == [
        ("parameter", "fc1.weight", ["resized"]), ("parameter", "fc2.bias", ["retyped"]), ("parameter", "fc3.bias", ["removed"]),
        ("parameter", "fc4.bias", ["added"]), ("total", "bytes", ["changed"]), ("total", "values", ["changed"]),
    ]  # fmt: skip


def test_only_the_header_of_a_checkpoint_is_read() -> None:
    """A sparse file of 40 GB: reading its data would take minutes, and more memory than there is."""
    header = json.dumps(
        {"fc.weight": {"dtype": "F32", "shape": [100_000, 100_000], "data_offsets": [0, 40_000_000_000]}}
    ).encode()
    with open("huge.safetensors", "wb") as f:
        f.write(len(header).to_bytes(8, "little") + header)
        f.truncate(8 + len(header) + 40_000_000_000)
    Path("a.yaml").write_text("inputs: {x: [N, D]}\nlayers:\n- dense fc: {units: 100000, bias: false}\n")
    assert compared("a.yaml", "huge.safetensors", (), {}).equal


@pytest.mark.parametrize("name", ["w.pt", "w.bin", "w.safetensors", "w.npz", "w.index.json", "absent.yaml"])
def test_what_cannot_be_read_is_exit_code_2(name: str) -> None:
    if not name.startswith("absent"):
        Path(name).write_bytes(b"\x80\x02not a weights file")
    result = deferinit("diff", "a.yaml", name)
    assert (result.returncode, result.stdout) == (2, "")
    assert name in result.stderr and "Traceback" not in result.stderr


# ---- formats


def test_a_rejected_side_is_exit_code_2() -> None:
    Path("b.yaml").write_text(
        LENET.replace("kernel_size: 5}\n- relu\n- max_pool2d: 2\n- conv2d", "kernel_size: 5, groups: 4}\n- relu\n- conv2d")
    )
    result = deferinit("diff", "a.yaml", "b.yaml", "--format", "json")
    assert result.returncode == 2
    doc = json.loads(result.stdout)
    assert doc["equal"] is None and doc["problems"][0]["file"] == "b.yaml" and doc["problems"][0]["line"] == 4
    assert "b.yaml:4:" in result.stderr


def test_the_documented_json() -> None:
    Path("b.yaml").write_text(LENET.replace("fc2: 84", "fc2: 80"))
    doc = document("a.yaml", "b.yaml", "--input", "2x3x32x32")
    assert (doc["schema"], doc["command"], doc["equal"], doc["problems"]) == (1, "diff", False, [])
    assert doc["a"]["name"] == "a.yaml" and doc["a"]["kind"] == "spec" and doc["a"]["totals"]["parameters"] == 62006
    assert doc["diff"][0] == {
        "what": "parameter", "name": "fc2.weight", "changes": ["resized"],
        "a": {"name": "fc2.weight", "shape": [84, 120], "symbolic": ["84", "120"], "dtype": "float32", "trainable": True,
              "buffer": False, "tied_to": None, "file": "a.yaml", "line": 12},
        "b": {"name": "fc2.weight", "shape": [80, 120], "symbolic": ["80", "120"], "dtype": "float32", "trainable": True,
              "buffer": False, "tied_to": None, "file": "b.yaml", "line": 12},
        "note": None,
    }  # fmt: skip
    assert doc["counts"] == {"resized": 3}
    assert {c for r in doc["diff"] for c in r["changes"]} <= set(CHANGES)
    symbolic = document("a.yaml", "b.yaml")
    assert symbolic["a"]["totals"]["macs"] is None and symbolic["a"]["formulas"]["macs"].startswith("N*(")


def test_markdown_for_a_pull_request() -> None:
    Path("b.yaml").write_text(LENET.replace("fc2: 84", "fc2: 80"))
    text = deferinit("diff", "a.yaml", "b.yaml", "--input", "2x3x32x32", "--format", "markdown").stdout
    assert text.split("\n\n") == [
        "**a.yaml → b.yaml**",
        "3 resized",
        "- parameters: 62,006 → 61,482 (-524, -0.8 %)\n- bytes: 248,024 → 245,928 (-2,096, -0.8 %)\n- macs: 1,303,440 → 1,302,400 (-1,040, -0.1 %)",
        "| change | name | before | after |\n| :-- | :-- | :-- | :-- |\n| resized | fc2.weight | (84, 120) | (80, 120) |\n"
        "| resized | fc2.bias | (84,) | (80,) |\n| resized | fc3.weight | (10, 84) | (10, 80) |\n",
    ]
    Path("c.yaml").write_text("inputs: {x: [N, 3]}\nlayers:\n" + "".join(f"- dense l{k}: {k + 1}\n" for k in range(30)))
    long = deferinit("diff", "b.yaml", "c.yaml", "--format", "markdown").stdout
    assert "<details><summary>" in long and long.rstrip().endswith("</details>")


def test_repeated_blocks_fold() -> None:
    block = "vars: {{n: {0}}}\ninputs: {{x: [N, 8]}}\nlayers:\n- sequential h:\n  - dense fc: 8\n  repeat: n\n"
    Path("a.yaml").write_text(block.format(2))
    Path("b.yaml").write_text(block.format(6))
    folded = deferinit("diff", "a.yaml", "b.yaml", "--input", "1x8").stdout
    assert re.search(r"^added +h\.2…5\.fc\.weight  × 4 ", folded, re.M)
    assert "8 added" in folded
    unfolded = deferinit("diff", "a.yaml", "b.yaml", "--input", "1x8", "--unfold").stdout
    assert len(re.findall(r"^added +h\.\d\.fc\.weight ", unfolded, re.M)) == 4


def test_the_same_bytes_every_time_and_files() -> None:
    Path("b.yaml").write_text(LENET.replace("fc2", "hidden").replace("10", "12"))
    args = ("diff", "a.yaml", "b.yaml", "--format", "json=out.json", "--format", "markdown=out.md", "--format", "table")
    first = deferinit(*args)
    json_, markdown = Path("out.json").read_bytes(), Path("out.md").read_bytes()
    again = deferinit(*args)
    assert first.stdout == again.stdout and first.returncode == again.returncode == 1
    assert (Path("out.json").read_bytes(), Path("out.md").read_bytes()) == (json_, markdown)
    assert json.loads(json_)["equal"] is False


@pytest.mark.parametrize("args", [("a.yaml",), ("a.yaml", "a.yaml", "a.yaml"), ("a.yaml", "a.yaml", "--format", "csv"),
                                  ("a.yaml", "a.yaml", "--set", "classes")])  # fmt: skip
def test_wrong_command_lines(args: tuple[str, ...]) -> None:
    assert deferinit("diff", *args).returncode == 2


def test_names_cannot_rewrite_the_terminal() -> None:
    save_file({"fc\u202e.weight": np.zeros(3, np.float32)}, "w.safetensors")
    result = deferinit("diff", "a.yaml", "w.safetensors")
    assert result.returncode in (1, 2)
    assert "\u202e" not in result.stdout + result.stderr


def test_a_prefix_less_in_the_file() -> None:
    Path("a.yaml").write_text("inputs: {x: [N, 4]}\nlayers:\n- sequential net:\n  - dense a: 4\n  - dense b: 4\n")
    save_file({n: np.zeros((4, 4) if n.endswith("weight") else 4, np.float32) for n in ("a.weight", "a.bias", "b.weight", "b.bias")},
              "w.safetensors")  # fmt: skip
    found = compared("a.yaml", "w.safetensors", (), {})
    assert [(r.a.name, r.b.name, r.note) for r in found.rows] == [
        (f"net.{n}", n, "the file's names lack net.") for n in ("a.weight", "a.bias", "b.weight", "b.bias")
    ]


def test_likely_names_win_over_the_order_of_the_file() -> None:
    """Files are often sorted by name: h.10 stands before h.2."""
    text = "inputs: {x: [N, 4]}\nlayers:\n- sequential h:\n  - dense fc: {units: 4, bias: false}\n  repeat: 12\n"
    Path("a.yaml").write_text(text)
    save_file({f"model.h.{k}.ff.weight": np.zeros((4, 4), np.float32) for k in range(12)}, "w.safetensors")
    found = compared("a.yaml", "w.safetensors", (), {})
    assert [r.changes for r in found.rows] == [["renamed"]] * 12
    assert [r.b.name for r in found.rows] == [f"model.h.{k}.ff.weight" for k in range(12)]
