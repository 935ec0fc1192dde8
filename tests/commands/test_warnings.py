"""Warnings as a level: told by every command in every format, failing `check` only under --strict, and each told once."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli import deferinit

SPEC = """\
inputs: {x: [N, 4, H]}
layers:
- residual r:
  - conv1d a: {channels: 4, kernel_size: 3, padding: 1, stride: 2}
checks:
- {input: 1x4x1, output: [1, 4, 1]}
- {name: two, input: 2x4x1}
"""
WORDS = "r: ceil(H/2) and H must be equal: only H == 1 fits"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s.yaml").write_text(SPEC)
    return tmp_path


def severities(problems: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(p["severity"], p["rule"], p["line"]) for p in problems]


TOLD = [("warning", "sizes-diverge", 3)]

# ---- commands on one network


COMMANDS = [("show",), ("show", "--layers"), ("show", "--input", "2x4x1"), ("init", "--input", "2x4x1"), ("run", "--input", "2x4x1"), ("contract",)]


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_every_command_tells_it_and_succeeds(folder: Path, args: tuple[str, ...]) -> None:
    command, *more = args
    result = deferinit(command, "s.yaml", *more, cwd=folder)
    assert result.returncode == 0
    assert result.stdout.count(f"warning: {WORDS} (s.yaml:3) [sizes-diverge]") == 1
    assert result.stderr.count(f"s.yaml:3:3: warning: {WORDS} [sizes-diverge]\n") == 1
    assert "s.yaml:4:5: H -r.a-> ceil(H/2)\n" in result.stderr and "s.yaml:1:20: H: dim 2 of input x\n" in result.stderr
    markdown = deferinit(command, "s.yaml", *more, "--format", "markdown", cwd=folder).stdout
    assert markdown.count(f"warning: {WORDS}") == 1
    document = json.loads(deferinit(command, "s.yaml", *more, "--format", "json", cwd=folder).stdout)
    assert severities(document["problems"]) == TOLD
    assert [r["line"] for r in document["problems"][0]["related"]] == [4, 1]


def test_a_table_of_values_has_a_row_each(folder: Path) -> None:
    rows = list(csv.DictReader(deferinit("show", "s.yaml", "--layers", "--format", "csv", cwd=folder).stdout.splitlines()))
    assert [(r["name"], r["severity"], r["rule"], r["message"]) for r in rows] == [("r.a", "", "", ""), ("r", "warning", "sizes-diverge", WORDS)]
    plain = deferinit("show", "zoo:mlp", "--format", "csv").stdout
    assert "severity" not in plain


def test_sizes_that_do_not_fit_are_errors(folder: Path) -> None:
    result = deferinit("show", "s.yaml", "--input", "2x4x8", "--format", "json", cwd=folder)
    assert result.returncode == 1
    assert severities(json.loads(result.stdout)["problems"]) == [("error", "size-mismatch", 3)]


def test_what_no_size_fits_is_an_error_once(folder: Path) -> None:
    text = SPEC[: SPEC.index("checks")].replace("padding: 1, stride: 2", "padding: 0, stride: 1").replace("residual r:", "residual r: #")
    (folder / "s.yaml").write_text(text.replace("conv1d a", "max_pool1d p: {kernel_size: 2, stride: 1}\n  - conv1d a"))
    document = json.loads(deferinit("check", "s.yaml", "--format", "json", cwd=folder).stdout)
    assert [p["severity"] for row in document["checks"] for p in row["problems"]] == ["error"]


def test_comparing_and_locking(folder: Path) -> None:
    found = deferinit("diff", "s.yaml", "s.yaml", cwd=folder)
    assert found.returncode == 0 and found.stdout.count(f"warning: {WORDS}") == 1
    document = json.loads(deferinit("diff", "s.yaml", "zoo:mlp", "--format", "json", cwd=folder).stdout)
    assert severities(document["problems"]) == TOLD
    locked = deferinit("lock", "s.yaml", cwd=folder)
    assert locked.returncode == 0 and locked.stderr.count(f"warning: {WORDS}") == 1
    assert deferinit("check", "s.yaml", "--locked", cwd=folder).returncode == 0
    why = json.loads(deferinit("why", "s.yaml", "r[2]", "--format", "json", cwd=folder).stdout)
    assert severities(why["problems"]) == TOLD


# ---- checks


def test_check_passes_and_strict_fails(folder: Path) -> None:
    passed = deferinit("check", "s.yaml", cwd=folder)
    assert passed.returncode == 0
    assert passed.stdout.count(f"warning: {WORDS}") == 1, "once, not once for each case"
    assert passed.stdout.endswith("ok   s.yaml (2 checks)\n3 passed, 0 failed, in 1 spec, 1 warning\n")
    failed = deferinit("check", "s.yaml", "--strict", cwd=folder)
    assert failed.returncode == 1
    assert failed.stdout.count(f"warning: {WORDS}") == 1
    assert failed.stdout.endswith("FAIL s.yaml (2 checks, strict): spec\n3 passed, 1 failed, in 1 spec, 1 warning\n")


def reports(folder: Path, *args: str) -> dict[str, str]:
    forms = ("json", "sarif", "junit", "github")
    deferinit("check", "s.yaml", *args, *(a for f in forms for a in ("--format", f"{f}={f}.out")), cwd=folder)
    return {f: (folder / f"{f}.out").read_text("utf-8") for f in forms}


@pytest.mark.parametrize("strict", [False, True])
def test_every_format_of_check(folder: Path, strict: bool) -> None:
    found = reports(folder, *(["--strict"] if strict else []))
    rows = json.loads(found["json"])["checks"]
    assert [(row["name"], row["passed"]) for row in rows][:3] == [("spec", not strict), ("check 1", True), ("two", True)]
    assert severities([p for row in rows for p in row["problems"]]) == TOLD
    (run,) = json.loads(found["sarif"])["runs"]
    assert [(r["ruleId"], r["level"], len(r["relatedLocations"])) for r in run["results"]] == [("sizes-diverge", "warning", 2)]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == rule["properties"]["problem.severity"] == "warning"
    assert rule["shortDescription"]["text"] == "Sizes that must be equal are equal only up to a largest input"
    assert found["github"].startswith("::warning file=s.yaml,line=3,") and "::error" not in found["github"]
    assert found["junit"].count(f"warning: {WORDS}") == 1
    assert ("<failure" in found["junit"]) == strict and ("<system-out>" in found["junit"]) != strict


def test_what_is_never_used_is_of_the_same_level(folder: Path) -> None:
    (folder / "s.yaml").write_text("vars: {dead: 1}\ninputs: {x: [N, 4], y: [N, 4]}\nlayers:\n- relu:\n  from: x\n")
    assert deferinit("check", "s.yaml", cwd=folder).stdout == "ok   s.yaml (no checks of its own)\n1 passed, 0 failed, in 1 spec\n"
    found = reports(folder, "--strict")
    problems = [p for row in json.loads(found["json"])["checks"] for p in row["problems"]]
    assert severities(problems) == [("warning", "unused-variable", 1), ("warning", "unused-input", 2)]
    assert found["github"].count("::warning") == 2


def test_other_variables_may_make_another_network(folder: Path) -> None:
    """What only a case shows is told of that case; what the spec shows already is not told again."""
    (folder / "s.yaml").write_text(
        "vars: {s: 1, c: 4}\ninputs: {x: [N, 4, H]}\nlayers:\n- conv1d: {channels: c, kernel_size: 1}\n- residual:\n"
        "  - conv1d: {channels: c, kernel_size: 3, padding: 1, stride: s}\nchecks:\n- {name: halved, set: {s: 2}}\n- {name: wide, set: {c: 8}}\n"
    )
    for strict in ([], ["--strict", "--input", "2x4x8"]):
        rows = json.loads(deferinit("check", "s.yaml", "--format", "json", *strict, cwd=folder).stdout)["checks"]
        told = {row["name"]: [p["rule"] for p in row["problems"]] for row in rows}
        assert (told["spec"], told["halved"], told["wide"]) == ([], ["sizes-diverge"], [])
        assert {row["name"]: row["passed"] for row in rows}["halved"] == (not strict)
    rows = json.loads(deferinit("check", "s.yaml", "--set", "s=2,3", "--format", "json", cwd=folder).stdout)["checks"]
    assert [[p["severity"] for p in row["problems"]] for row in rows if row["kind"] == "combination"] == [["warning"], ["warning"]]
    rows = json.loads(deferinit("check", "s.yaml", "--set", "s=2", "--format", "json", cwd=folder).stdout)["checks"]
    assert [[p["severity"] for p in row["problems"]] for row in rows] == [["warning"], [], []]


def test_a_check_expects_errors_only(folder: Path) -> None:
    (folder / "s.yaml").write_text(SPEC + "- {input: 1x4x1, error: sizes-diverge}\n")
    result = deferinit("check", "s.yaml", cwd=folder)
    assert result.returncode == 1 and "nothing is wrong, sizes-diverge was expected" in result.stdout


# ---- Python


def test_a_script_is_told_at_its_own_line(folder: Path) -> None:
    (folder / "m.py").write_text("import deferinit_cli\n\nmodel = deferinit_cli.load('s.yaml')\nmodel.resolve((2, 4, 1))\nmodel.initialize()\n")
    ran = subprocess.run([sys.executable, "m.py"], cwd=folder, capture_output=True, text=True, check=True)
    assert ran.stderr.count("DeferinitWarning") == 1 and ran.stderr.startswith(f"{folder / 'm.py'}:3: DeferinitWarning: s.yaml:3:3: {WORDS}")


# ---- asserts that are not decided

UNDECIDED = """\
asserts:
- {that: L // N >= 2, says: lengths are twice the batch}
inputs: {x: [N, L]}
layers: [relu]
"""
SAID = "'lengths are twice the batch' is decided once N is known"


def test_what_no_size_decides_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(UNDECIDED)
    for command in ("show", "check"):
        done = deferinit(command, "s.yaml", cwd=tmp_path)
        assert done.returncode == 0 and f"s.yaml:2:10: warning: {SAID} [undecided-assert]" in done.stdout + done.stderr
    done = deferinit("contract", "s.yaml", cwd=tmp_path)
    assert done.returncode == 0 and SAID.replace("' is ", "', ") in done.stdout and not done.stderr
    done = deferinit("show", "s.yaml", "--input", "2x9", cwd=tmp_path)
    assert done.returncode == 0 and "[undecided-assert]" not in done.stdout + done.stderr
    assert deferinit("show", "s.yaml", "--input", "2x3", cwd=tmp_path).returncode == 1
    assert deferinit("check", "s.yaml", "--strict", cwd=tmp_path).returncode == 1
    document = json.loads(deferinit("check", "s.yaml", "--format", "json", cwd=tmp_path).stdout)
    assert [severities(c["problems"]) for c in document["checks"]] == [[("warning", "undecided-assert", 2)]]


def test_a_case_that_decides_is_enough(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(UNDECIDED + "checks:\n- {input: 2x9}\n")
    done = deferinit("check", "s.yaml", "--strict", cwd=tmp_path)
    assert done.returncode == 0 and "undecided" not in done.stdout
    done = deferinit("check", "s.yaml", "--strict", "--input", "Nx9", cwd=tmp_path)
    assert done.returncode == 0
    (tmp_path / "s.yaml").write_text(UNDECIDED + "checks:\n- {input: 2x3, error: assert-failed}\n")
    done = deferinit("check", "s.yaml", "--strict", cwd=tmp_path)
    assert done.returncode == 1 and "undecided-assert" in done.stdout
    (tmp_path / "s.yaml").write_text(UNDECIDED)
    assert deferinit("check", "s.yaml", "--strict", "--input", "2x9", cwd=tmp_path).returncode == 0
