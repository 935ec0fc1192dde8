"""Files that are none, too much, elsewhere, or not to be read: each refused by name, by every option that takes a file."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from .processes import command

SPEC = "layers:\n- dense: 4\n- relu\n"
GIGABYTE = 1 << 30

RUN = ["run", "spec.yaml", "--input", "2x3", "--weights", "{}"]
DATA = ["run", "spec.yaml", "--data", "{}"]
DIFF = ["diff", "spec.yaml", "{}"]
TAKERS = {
    "yaml": (["show", "{}"], ["check", "{}"], ["lock", "{}"], DIFF, ["why", "{}", "x"], ["check", "importer.yaml"]),
    "safetensors": (RUN, DIFF, ["solve", "spec.yaml", "--weights", "{}"]),
    "npz": (RUN, DATA),
    "npy": (DATA,),
    "safetensors.index.json": (RUN,),
}
"""The commands that take a file, by the ending of its name. `importer.yaml` imports it."""


def make(path: Path, what: str) -> None:
    if what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "circle":
        path.symlink_to(path.name)
    elif what == "gigabyte":
        with path.open("wb") as f:
            f.truncate(GIGABYTE)
    else:
        path.symlink_to(what)


@pytest.mark.parametrize("what", ["fifo", "folder", "/dev/zero", "circle", "gigabyte"])
@pytest.mark.parametrize("ending", sorted(TAKERS))
def test_what_is_no_file_to_read(tmp_path: Path, what: str, ending: str) -> None:
    """Nobody waits for a pipe, reads a device without an end, or takes a gigabyte into memory."""
    name = f"odd.{ending}"
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "importer.yaml").write_text(f"import: {{a: ./{name}}}\nlayers: [a]\n")
    make(tmp_path / name, what)
    for args in TAKERS[ending]:
        ran = command(*(a.format(name) for a in args), cwd=tmp_path)
        assert ran.code in (1, 2), (args, ran)
        assert name in ran.out + ran.err, (args, ran)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("ending", sorted(TAKERS))
def test_a_file_that_may_not_be_read(tmp_path: Path, ending: str) -> None:
    name = f"odd.{ending}"
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "importer.yaml").write_text(f"import: {{a: ./{name}}}\nlayers: [a]\n")
    (tmp_path / name).touch(0o000)
    for args in TAKERS[ending]:
        ran = command(*(a.format(name) for a in args), cwd=tmp_path)
        assert ran.code in (1, 2) and "ermission denied" in ran.out + ran.err


def test_imports_that_escape(tmp_path: Path) -> None:
    """Above the spec, by an absolute path, by a link, by a link to a folder, over a link and back."""
    inner = tmp_path / "project"
    inner.mkdir()
    (tmp_path / "outside.yaml").write_text("layers: [{dense: 7}]\n")
    (inner / "link.yaml").symlink_to("../outside.yaml")
    (inner / "folder").symlink_to("..")
    targets = ["../outside.yaml", str(tmp_path / "outside.yaml"), "./link.yaml", "./folder/outside.yaml", "./x/../../outside.yaml",
               "file:///etc/passwd", "zoo:../outside", "zoo:/etc/passwd", "~/.profile", '"a\\0b.yaml"', "x" * 5000]  # fmt: skip
    for k, target in enumerate(targets):
        (inner / f"s{k}.yaml").write_text(f"import: {{a: {target}}}\nlayers: [a]\n")
        ran = command("show", f"s{k}.yaml", cwd=inner)
        assert ran.code == 1 and "dense" not in ran.out, target
        assert "[import-path]" in ran.err or "[unknown-network]" in ran.err, (target, ran)


def test_a_spec_of_any_bytes(tmp_path: Path) -> None:
    """NULs, marks of other encodings, half of a character, mixed ends of lines."""
    odd = {
        "nul": b"layers:\n- relu\0\n", "utf16": "layers:\n- relu\n".encode("utf-16"), "utf32": "layers:\n- relu\n".encode("utf-32"),
        "cut": b"layers:\n- relu \xe2\x82\n", "surrogate": b"layers:\n- relu \xed\xa0\x80\n", "zeros": bytes(100_000), "ff": b"\xff" * 100_000,
        "empty": b"", "cr": b"\r" * 1000, "unit": b"layers:\n- relu\x85\xe2\x80\xa8- gelu\n",
    }  # fmt: skip
    for name, content in odd.items():
        (tmp_path / f"{name}.yaml").write_bytes(content)
        assert command("show", f"{name}.yaml", cwd=tmp_path).code == 1, name
    fine = {"bom": b"\xef\xbb\xbflayers:\n- relu\n", "mixed": b"layers:\r\n- relu\n- gelu\r- tanh\r\n"}
    for name, content in fine.items():
        (tmp_path / f"{name}.yaml").write_bytes(content)
        assert command("show", f"{name}.yaml", cwd=tmp_path).code == 0, name


def test_weights_that_promise_too_much(tmp_path: Path) -> None:
    """A header that says it is as long as the file; a shape of a billion numbers in a file of eight bytes."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    path = tmp_path / "w.safetensors"
    bombs = [
        struct.pack("<Q", (1 << 63) - 1) + b"{}",
        struct.pack("<Q", 99_999_999) + b"{" * 1000,
        *(struct.pack("<Q", len(h)) + h for h in (
            b'{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}',
            b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}',
            b'{"a":{"dtype":"F32","shape":[2,-1],"data_offsets":[0,8]}}',
            b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
        )),
    ]  # fmt: skip
    for content in bombs:
        path.write_bytes(content)
        for args in (["run", "spec.yaml", "--input", "2x3", "--weights", "w.safetensors"], ["diff", "spec.yaml", "w.safetensors"]):
            ran = command(*args, cwd=tmp_path)
            assert ran.code == 2 and "[weights-corrupt]" in ran.err, (content[:90], ran)
