"""Files that are asked for by names that no file can have: told before any work, and nothing is written."""

from __future__ import annotations

from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from deferinit_cli.cli import run

from .processes import Ran

SPEC = "inputs: {x: [N, 8]}\nlayers:\n- dense h: 3\n"
WRITERS = {
    "init": ["init", "s.yaml", "--input", "2x8"], "run": ["run", "s.yaml", "--input", "2x8"], "solve": ["solve", "s.yaml", "--input", "2x8"],
    "schema": ["schema"],
}  # fmt: skip
REPORTERS = {
    "show": ["show", "s.yaml"], "init": WRITERS["init"], "run": WRITERS["run"], "solve": WRITERS["solve"], "check": ["check", "s.yaml"],
    "why": ["why", "s.yaml", "h"], "contract": ["contract", "s.yaml"], "diff": ["diff", "s.yaml", "s.yaml"], "layers": ["layers", "dense"],
    "zoo": ["zoo"],
}  # fmt: skip
NO_FILES = {"": "names no file", "x/": "is a folder, not a file", "folder": "is a folder, not a file", "folder/": "is a folder", ".": "is a folder",
            "..": "is a folder"}  # fmt: skip


def asked(*args: str, cwd: Path, given: str = "") -> Ran:
    out, err = StringIO(), StringIO()
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", TextIOWrapper(BytesIO(given.encode())))
        code = run(list(args))
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "s.yaml").write_text(SPEC)
    return tmp_path


def unchanged(folder: Path) -> None:
    assert {p.name for p in folder.rglob("*")} == {"folder", "s.yaml"}
    assert (folder / "s.yaml").read_text() == SPEC


@pytest.mark.parametrize("name", NO_FILES)
@pytest.mark.parametrize("command", WRITERS)
def test_outputs_that_are_no_files(folder: Path, command: str, name: str) -> None:
    ran = asked(*WRITERS[command], "-o", name, cwd=folder)
    assert (ran.code, ran.out) == (2, "") and NO_FILES[name] in ran.err, ran
    unchanged(folder)


@pytest.mark.parametrize("name", [*NO_FILES, "-"])
@pytest.mark.parametrize("command", REPORTERS)
def test_reports_that_are_no_files(folder: Path, command: str, name: str) -> None:
    ran = asked(*REPORTERS[command], f"--format=json={name}", cwd=folder)
    assert (ran.code, ran.out) == (2, "") and NO_FILES.get(name, "alone goes to standard output") in ran.err, ran
    unchanged(folder)


@pytest.mark.parametrize("command", WRITERS)
def test_a_folder_that_is_not_there(folder: Path, command: str) -> None:
    ran = asked(*WRITERS[command], "-o", "none/w.npz", cwd=folder)
    assert ran.code == 1 and "there is no folder none [cannot-write]" in ran.err, ran
    unchanged(folder)


def test_a_line_is_standard_output_where_text_is_written(folder: Path) -> None:
    assert '"$schema"' in asked("schema", "-o", "-", cwd=folder).out
    assert "dense h: 3" in asked(*WRITERS["solve"], "-o", "-", cwd=folder).out
    for command in ("init", "run"):
        ran = asked(*WRITERS[command], "-o", "-", cwd=folder)
        assert ran.code == 1 and "end in .safetensors or .npz" in ran.err, ran
    unchanged(folder)


@pytest.mark.parametrize("spec", ["-", "zoo:mlp"])
def test_what_is_no_file_is_not_changed_in_place(folder: Path, spec: str) -> None:
    ran = asked("solve", spec, "--in-place", "--input", "2x8", cwd=folder, given=SPEC)
    assert (ran.code, ran.out) == (2, "") and "no file that could be changed in place" in ran.err, ran
    unchanged(folder)


def test_a_spec_whose_name_holds_line_ends(folder: Path) -> None:
    """It is checked and locked like any other, and shown with its line ends escaped; a text is never taken for it."""
    name = "layers:\n- relu\r\n- gelu\n.yaml"
    (folder / name).write_text("layers:\n- dense: none\n")
    ran = asked("check", ".", cwd=folder)
    assert ran.code == 1 and "FAIL ./layers:\\u000a- relu\\u000d\\u000a- gelu\\u000a.yaml" in ran.out and "ok   ./s.yaml" in ran.out, ran
    (folder / name).write_text(SPEC)
    assert asked("lock", ".", cwd=folder).code == 0
    assert (folder / f"{name}.lock").exists()
    ran = asked("check", ".", "--locked", cwd=folder)
    assert ran.code == 0 and ran.out.endswith("4 passed, 0 failed, in 2 specs\n"), ran
    ran = asked("show", name, cwd=folder)
    assert (ran.code, ran.out) == (2, "") and "[file-name]" in ran.err


@pytest.mark.parametrize("spec", ["zoo:blocks/decoder", "blocks.yaml"])
def test_blocks_alone_are_no_network(folder: Path, spec: str) -> None:
    (folder / "blocks.yaml").write_text("blocks:\n  b: {layers: [relu]}\n")
    ran = asked("check", spec, cwd=folder)
    assert ran.code == 0 and f"ok   {spec} (blocks only, which is no network)" in ran.out, ran
    for args in (["show", spec], ["contract", spec], ["init", spec], ["lock", spec]):
        ran = asked(*args, cwd=folder)
        if spec.startswith("zoo:") and args[0] == "lock":
            assert ran.code == 2
            continue
        assert ran.code == 1 and "it defines blocks only, which other specs import [no-layers]" in ran.out + ran.err, (args, ran)
