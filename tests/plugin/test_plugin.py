"""`pytest --deferinit` as its users run it: pytest in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from junitparser import Failure, JUnitXml

ROOT = Path(__file__).parents[2]
PLUGIN = "deferinit_cli.plugin"
INSTALLED = any(e.value == PLUGIN for e in entry_points(group="pytest11"))
BAD = """\
layers:
- conv2d: {channels: 3, kernel_size: 5}
checks:
- {name: big, input: 1x3x8x8}
- {input: 1x3x4x4}
- {name: big, input: 1x3x9x9, output: [1, 3, 5, 6]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    nets = tmp_path / "nets"
    nets.mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    (nets / "good.yaml").write_text("layers:\n- dense: 4\nchecks:\n- {input: 2x3, output: [2, 4]}\n")
    (nets / "bad.yaml").write_text(BAD)
    (nets / "broken.yml").write_text("layers:\n- dnese: 4\n- rulu\n")
    (nets / "values.yaml").write_text("image: {tag: 1}\n")
    (nets / "blocks.yaml").write_text("blocks:\n  b:\n    args: [x, unread]\n    layers: [dense: x]\n")
    return tmp_path


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "120"}
    env = {k: v for k, v in env.items() if not k.startswith("PYTEST") and k != "CI"}
    command = [sys.executable, "-m", "pytest", *([] if INSTALLED else ["-p", PLUGIN]), "-p", "no:cacheprovider", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


def test_every_check_is_a_test_with_its_line(folder: Path) -> None:
    result = run(folder, "--deferinit", "-v", "--junitxml=r.xml")
    assert result.returncode == 1
    told = [line.split(" [")[0].split(" (the")[0].rstrip() for line in result.stdout.splitlines() if "::" in line]
    assert told == [
        "nets/bad.yaml::spec PASSED", "nets/bad.yaml::big PASSED", "nets/bad.yaml::check 2 FAILED", "nets/bad.yaml::big (2) FAILED",
        "nets/broken.yml::spec FAILED", "nets/good.yaml::spec PASSED", "nets/good.yaml::check 1 PASSED", "test_own.py::test_own PASSED",
        "FAILED nets/bad.yaml::check 2 - line 2: conv2d0: a kernel of 5 does not fit into 4",
        "FAILED nets/bad.yaml::big (2) - line 6: big: output is (1, 3, 5, 5)",
        "FAILED nets/broken.yml::spec - line 2: no layer or block is called 'dnese' (and 1 more)",
    ]  # fmt: skip
    assert "nets/broken.yml:3:3: no layer or block is called 'rulu' [unknown-kind]\n    3 | - rulu\n" in result.stdout
    assert "Traceback" not in result.stdout and "deferinit_cli" not in result.stdout.replace(PLUGIN, "")
    failures = {
        c.name: r for s in JUnitXml.fromfile(str(folder / "r.xml")) for c in s for r in c.result if isinstance(r, Failure)
    }
    assert failures["check 2"].message == "line 2: conv2d0: a kernel of 5 does not fit into 4"
    assert "expected: at least 5" in failures["check 2"].text


def test_places_are_the_spec_s_own(folder: Path) -> None:
    (folder / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n"
        "    if report.when == 'call':\n"
        "        with open('places', 'a') as f: print(*report.location, file=f)\n"
    )
    assert run(folder, "--deferinit", "nets/bad.yaml").returncode == 1
    assert (folder / "places").read_text().splitlines() == [
        "nets/bad.yaml 0 spec", "nets/bad.yaml 3 big", "nets/bad.yaml 4 check 2", "nets/bad.yaml 5 big (2)",
    ]  # fmt: skip


def test_one_case_by_its_name(folder: Path) -> None:
    result = run(folder, "--deferinit", "-q", "nets/bad.yaml::big (2)")
    assert (result.returncode, result.stdout.splitlines()[-1].partition(" in ")[0]) == (1, "1 failed")
    assert run(folder, "--deferinit", "-q", "nets", "-k", "check and not bad").stdout.startswith(".")


def test_a_file_named_by_itself_is_a_spec_whatever_it_holds(folder: Path) -> None:
    result = run(folder, "--deferinit", "-q", "nets/values.yaml", "nets/blocks.yaml")
    assert result.returncode == 1
    assert "no top-level key is called 'image'" in result.stdout
    assert "1 failed, 1 passed" in result.stdout


def test_a_folder_without_specs_is_not_green(folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "empty" / "values.yaml").write_text("a: 1\n")
    assert run(folder, "--deferinit", "empty").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_strict_and_locked(folder: Path) -> None:
    result = run(folder, "--deferinit-strict", "--deferinit-locked", "-q", "-ra", "nets/blocks.yaml", "nets/good.yaml")
    assert "FAILED nets/blocks.yaml::strict - line 3: the block 'b' does not read 'unread'" in result.stdout
    assert "FAILED nets/good.yaml::lock - nets/good.yaml has no lock" in result.stdout
    (folder / "nets" / "bad.yaml").write_text("layers:\n- dense: {units: 3, in_units: 4}\n- dense: {units: 3, in_units: 4}\n")
    result = run(folder, "--deferinit-strict", "-q", "-rs", "nets/bad.yaml")
    assert "SKIPPED [1] nets/bad.yaml:1: the spec by itself is wrong" in result.stdout
    assert "1 failed, 1 skipped" in result.stdout


def test_off_unless_asked(folder: Path) -> None:
    """And then nothing but the option's own file is imported."""
    (folder / "test_own.py").write_text(
        "import sys\n"
        "def test_own():\n"
        "    ours = {m for m in sys.modules if m.startswith('deferinit')}\n"
        "    assert ours == {'deferinit_cli', 'deferinit_cli.plugin'}, ours\n"
        "    assert not {'yaml', 'click', 'numpy', 'rich'} & set(sys.modules)\n"
    )
    result = run(folder, "-p", "no:hypothesispytest", "-v", "nets", "test_own.py")
    assert result.returncode == 0, result.stdout
    assert [line.split(" ")[0] for line in result.stdout.splitlines() if "::" in line] == ["test_own.py::test_own"]


def test_the_entry_point_is_declared() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"deferinit": PLUGIN}


def test_warnings_are_told_and_fail_under_strict(folder: Path) -> None:
    spec = "inputs: {x: [N, 4, H]}\nlayers:\n- residual: [conv1d: {channels: 4, kernel_size: 3, padding: 1, stride: 2}]\nchecks:\n- {input: 1x4x1}\n"
    (folder / "nets" / "apart.yaml").write_text(spec)
    told = "nets/apart.yaml:3:3: residual0: ceil(H/2) and H must be equal: only H == 1 fits"
    passed = run(folder, "--deferinit", "nets/apart.yaml")
    assert passed.returncode == 0 and "2 passed, 1 warning in" in passed.stdout
    assert passed.stdout.count(f"DeferinitWarning: {told}") == 1
    assert run(folder, "--deferinit", "nets/apart.yaml", "-W", "ignore::deferinit_cli.DeferinitWarning").stdout.count("Deferinit") == 0
    failed = run(folder, "--deferinit-strict", "nets/apart.yaml")
    assert failed.returncode == 1
    assert "FAILED nets/apart.yaml::spec - line 3: residual0: ceil(H/2) and H must be equal: only H == 1 fits" in failed.stdout
