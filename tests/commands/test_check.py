"""`check` as CI runs it: what it reads, what it refuses to pass, its combinations and what strict adds."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli import deferinit

GOOD = "layers:\n- dense: 4\nchecks:\n- {input: 2x3, output: [2, 4]}\n"
BAD = "layers:\n- conv2d: {channels: 3, kernel_size: 5}\nchecks:\n- {input: 1x3x4x4}\n- {name: also, input: 1x3x4x4}\n"
WIDE = "vars: {width: 8, names: [1, 2], word: 'a,b'}\nlayers:\n- dense: width\n- dense: {units: 2, in_units: 64}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def rows(folder: Path, *args: str) -> list[dict[str, Any]]:
    result = deferinit("check", *args, "--format", "json", cwd=folder)
    assert result.stdout, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)["checks"]
    return found


def rules(folder: Path, *args: str) -> list[tuple[str, int, int]]:
    return [(p["rule"], p["line"], p["column"]) for row in rows(folder, *args) for p in row["problems"]]


# ---- what is checked


def test_files_folders_and_globs(folder: Path) -> None:
    (folder / "more" / ".hidden").mkdir(parents=True)
    (folder / "more" / "a.yml").write_text(GOOD)
    (folder / "more" / "blocks.yaml").write_text("blocks:\n  b:\n    layers: [relu]\n")
    (folder / "more" / "quoted.yaml").write_text('{"layers": [{"dense": 3}]}\n')
    (folder / "more" / "values.yaml").write_text("image:\n  layers: [a]\n")
    (folder / "more" / ".hidden" / "b.yaml").write_text(BAD)

    def specs(*args: str) -> list[str]:
        return list(dict.fromkeys(r["spec"] for r in rows(folder, *args)))

    assert specs("more") == ["more/a.yml", "more/quoted.yaml"]
    assert specs("good.yaml", "./good.yaml", "more/*.yml", "good.yaml") == ["good.yaml", "more/a.yml"]
    assert specs(".") == ["./bad.yaml", "./good.yaml", "./more/a.yml", "./more/quoted.yaml"]
    assert specs("**/*.yml") == ["more/a.yml"]


@pytest.mark.parametrize("pattern", ["none.yaml", "*.yml", "empty"])
def test_a_pattern_that_matches_nothing(folder: Path, pattern: str) -> None:
    (folder / "empty").mkdir()
    result = deferinit("check", "good.yaml", pattern, cwd=folder)
    assert result.returncode == 2
    assert result.stdout == ""
    assert f"'{pattern}' matches no spec [no-match]" in result.stderr


def test_a_folder_that_cannot_be_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold specs: passing it over would be green without a check."""
    from deferinit_cli.commands import _specs
    from deferinit_cli.problems import Unusable

    (folder / "closed").mkdir()
    scandir = os.scandir

    def closed(path: str) -> Any:
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(Unusable, match=r"cannot read .*closed: Permission denied"):
        _specs.files((str(folder),))


def test_names_and_files_that_are_odd(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")  # opening it would wait for ever
    (folder / "LOUD.YAML").write_text(GOOD)
    result = deferinit("check", ".", cwd=folder)
    assert result.returncode == 2
    assert "./pipe.yaml is no plain file [unreadable]" in result.stdout
    assert "ok   ./LOUD.YAML (1 check)" in result.stdout
    (folder / "layers:\n- relu\n.yaml").write_text(BAD)  # the name itself is a spec that is sound
    result = deferinit("check", ".", cwd=folder)
    assert (result.returncode, result.stderr) == (2, "")
    assert "FAIL ./layers:\\u000a- relu\\u000a.yaml" in result.stdout
    assert "ok   ./LOUD.YAML (1 check)" in result.stdout


def test_a_variable_that_no_spec_has(folder: Path) -> None:
    result = deferinit("check", "good.yaml", "--set", "width=3", cwd=folder)
    assert result.returncode == 2
    assert "no variable 'width' [unknown-variable]" in result.stdout


def test_an_unreadable_file_among_others(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    result = deferinit("check", ".", cwd=folder)
    assert result.returncode == 2
    lines = result.stdout.splitlines()
    assert "cannot read ./gone.yaml: No such file or directory [unreadable]" in lines
    assert lines[-4:] == [
        "FAIL ./bad.yaml (2 checks): check 1; also",
        "FAIL ./gone.yaml (no checks of its own): spec",
        "ok   ./good.yaml (1 check)",
        "3 passed, 3 failed, in 3 specs",
    ]


def test_what_several_cases_stumble_over_is_told_once(folder: Path) -> None:
    result = deferinit("check", "bad.yaml", cwd=folder)
    assert result.returncode == 1
    assert result.stdout.count("a kernel of 5 does not fit into 4 [kernel-exceeds-input]") == 1
    assert "    in: check 1; also\n" in result.stdout
    assert "4 given by a check's input, 1x3x4x4" in result.stdout


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    """A check with its own `set` builds the network again."""
    spec = "vars: {n: 2}\nlayers:\n- dense: n\nchecks:\n- {set: {n: 5}, input: 1x3, output: [1, 5]}\n"
    result = deferinit("check", "-", input=spec, cwd=tmp_path)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "2 passed, 0 failed, in 1 spec")


def test_a_fault_of_ours_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    from deferinit_cli import verify

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(verify, "examine", broken)
    (outcome,) = verify.safely("x.yaml", verify.Asked())
    assert (outcome.passed, outcome.problems[0].rule) == (False, "internal-error")
    assert "ZeroDivisionError: oh" in outcome.problems[0].message


# ---- combinations


def test_every_combination_is_a_case(folder: Path) -> None:
    (folder / "wide.yaml").write_text(WIDE)
    found = rows(folder, "wide.yaml", "--set", "width=64,32", "--input", "2x3,4x5")
    assert [(r["kind"], r["name"], r["passed"]) for r in found] == [
        ("spec", "spec", False),  # 8 is not 64
        ("combination", "width=64, input=2x3", True),
        ("combination", "width=64, input=4x5", True),
        ("combination", "width=32, input=2x3", False),
        ("combination", "width=32, input=4x5", False),
    ]
    assert "in_units is 64, but the input has 32" in found[3]["problems"][0]["message"]


def test_the_specs_own_checks_stay(folder: Path) -> None:
    found = rows(folder, "good.yaml", "--input", "2x3")
    assert [r["kind"] for r in found] == ["spec", "check", "combination"]
    result = deferinit("check", "good.yaml", "--input", "2x3,3x3", cwd=folder)
    assert result.stdout.splitlines()[0] == "ok   good.yaml (1 check, 2 combinations)"


def test_brackets_and_quotes_keep_commas() -> None:
    from deferinit_cli.verify.combinations import split

    assert split("64,128") == ["64", "128"]
    assert split("[1,2]") == ["[1,2]"]
    assert split("[1,2],[3,[4,5]]") == ["[1,2]", "[3,[4,5]]"]
    assert split("max(1,2),3") == ["max(1,2)", "3"]
    assert split("'a,b',c") == ["a,b", "c"]
    assert split("'a'") == ["'a'"]
    assert split("[1,2") == ["[1,2"]


def test_several_inputs_by_name(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("inputs: {a: [N, 3], b: [N, 3]}\nlayers:\n- add: [a, b]\n")
    found = rows(tmp_path, "s.yaml", "--input", "a=2x3,5x3", "--input", "b=2x3,5x3")
    assert [(r["name"], r["passed"]) for r in found[1:]] == [
        ("a=2x3, b=2x3", True), ("a=2x3, b=5x3", False), ("a=5x3, b=2x3", False), ("a=5x3, b=5x3", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--input", "2,4"], "'2,4' may be one shape or 2 [input-option]"),
        (["--input", "2x3,"], "'2x3,' lacks a shape [input-option]"),
        (["--set", "width=8,,9"], "'8,,9' has an empty value [set-option]"),
        (["--set", "width=" + ",".join(map(str, range(1, 40))), "--input", ",".join(f"{n}x3" for n in range(1, 40))],
         "39 * 39 = 1521 combinations [too-many-combinations]"),
    ],
)  # fmt: skip
def test_combinations_that_cannot_be(folder: Path, args: list[str], message: str) -> None:
    (folder / "wide.yaml").write_text(WIDE)
    result = deferinit("check", "wide.yaml", *args, cwd=folder)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_an_input_that_a_spec_does_not_have(folder: Path) -> None:
    result = deferinit("check", "good.yaml", "--input", "image=2x3", cwd=folder)
    assert result.returncode == 2
    assert "no input is called 'image'" in result.stdout
    assert "1 failed" in result.stdout


# ---- strict


STRICT = """\
vars: {width: 8, dead: 3, via: 2*width, deep: via, only_dead: 1, dead2: only_dead}
import: {lib: ./lib.yaml}
inputs: {x: [N, C], y: [N, 4]}
blocks:
  used:
    args: [units, extra=1]
    layers:
    - dense fc: units
    - relu
  orphan:
    layers: [helper]
  helper:
    layers: [relu]
layers:
- used a: deep
  from: x
- used b: 3
  from: a
- dense side: 4
  from: a
- relu:
- dense main: 4
  from: a
  when: width > 0
outputs: [main]
"""


def test_what_is_never_used(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").write_text("blocks:\n  b:\n    layers: [relu]\n")
    (tmp_path / "s.yaml").write_text(STRICT)
    assert rules(tmp_path, "s.yaml") == []
    assert rules(tmp_path, "s.yaml", "--strict") == [
        ("unused-variable", 1, 18), ("unused-variable", 1, 52), ("unused-variable", 1, 66), ("unused-import", 2, 10),
        ("unused-argument", 6, 19), ("unused-block", 10, 3), ("unused-block", 12, 3), ("unused-input", 3, 21),
        ("unreachable-layer", 17, 3), ("unreachable-layer", 21, 3), ("unresolved-parameter", 8, 7),
    ]  # fmt: skip
    assert "unresolved-parameter" not in [r for r, _, _ in rules(tmp_path, "s.yaml", "--strict", "--input", "x=2x3")]


def test_strict_passes_what_the_package_ships() -> None:
    specs = Path(__file__).parents[2] / "specs"
    result = deferinit("check", *(str(specs / f"{n}.yaml") for n in ("mlp", "unet", "resnet", "gpt2", "two_tower")), "--strict")
    assert result.returncode == 0, result.stdout
    assert "strict)" in result.stdout


@pytest.mark.parametrize(
    "spec",
    [
        "vars: {a: 3}\nlayers:\n- dense: {units: 2, in_units: 4}\n  when: a > 5\n",
        "vars: {a: 3}\nlayers:\n- dense: {units: 2, in_units: 4}\n  expect: [_, a - 1]\n",
        "vars: {a: 3}\nlayers:\n- dense x: {units: 2, in_units: 4}\n  repeat: 1\n- relu:\n  from: x.(a - 3)\n",
        "vars: {a: 3}\nlayers:\n- dense: {units: 2, in_units: 4}\nchecks:\n- {input: 2x4, output: [a - 1, 2]}\n",
        "vars: {a: 0.1}\nlayers:\n- dense: {units: 2, in_units: 4}\n  init: {weight: {normal: a}}\n",
        "vars: {a: 3}\ndefaults: {conv2d: {padding: a}}\nlayers:\n- dense: {units: 2, in_units: 4}\n",
        "vars: {a: 3}\nblocks:\n  b:\n    args: [n=a]\n    layers:\n    - dense: {units: n, in_units: 4}\nlayers: [b]\n",
        "vars: {a: 'tanh'}\nlayers:\n- dense: {units: 2, in_units: 4}\n- activation: =a\n",
        "inputs: {x: [N, a]}\nvars: {a: 3}\nlayers:\n- dense: 4\n",
    ],
)
def test_every_way_to_read_a_variable_counts(tmp_path: Path, spec: str) -> None:
    (tmp_path / "s.yaml").write_text(spec)
    assert rules(tmp_path, "s.yaml", "--strict") == []


def test_an_argument_hides_the_variable_of_its_name(tmp_path: Path) -> None:
    block = "blocks:\n  b:\n    args: [a]\n    layers:\n    - dense: {units: a, in_units: 4}\n"
    (tmp_path / "s.yaml").write_text("vars: {a: 3}\n" + block + "layers:\n- b: 2\n")
    assert rules(tmp_path, "s.yaml", "--strict") == [("unused-variable", 1, 8)]


def test_layers_that_lead_nowhere(tmp_path: Path) -> None:
    """Side outputs, parameters lent to others and copies of which one is taken are uses."""
    head = "inputs: {x: [2, 4]}\nblocks:\n  b:\n    layers:\n    - dense d: 4\n    - relu r:\n    outputs: {out: r, side: d}\nlayers:\n"
    for body in (
        "- b a:\n- add e: [a, a.side]\n",
        "- b a:\n  repeat: 3\n- add: [a.0, a.1.side]\n",
        "- dense a: 4\n- dense c: 4\n  from: x\n  tie: {weight: a.weight}\n",
        "- dense a: 4\n- apply c: a\n  from: x\n- b d:\n",
    ):
        (tmp_path / "s.yaml").write_text(head + body)
        found = [r for r, _, _ in rules(tmp_path, "s.yaml", "--strict") if r == "unreachable-layer"]
        assert found == [], body
    (tmp_path / "s.yaml").write_text(head + "- b a:\n- b c:\n- relu:\n  from: a\n")
    assert [f for f in rules(tmp_path, "s.yaml", "--strict") if f[0] == "unreachable-layer"] == [("unreachable-layer", 10, 3)]


def test_a_symbol_without_a_size(tmp_path: Path) -> None:
    spec = "inputs: {x: [N, 4]}\nlayers:\n- dense: 6\n- reshape: [N, K, L]\n"
    (tmp_path / "s.yaml").write_text(spec)
    found = rules(tmp_path, "s.yaml", "--strict")
    assert found == [("unbound-symbol", 4, 16), ("unbound-symbol", 4, 19)]


def test_no_case_resolves_it(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("layers:\n- dense: 3\nchecks:\n- {input: 2x_}\n")
    (row,) = [r for r in rows(tmp_path, "s.yaml", "--strict") if r["problems"]]
    assert (row["kind"], row["problems"][0]["help"]) == ("strict", "no case resolves it")


def test_a_case_that_must_fail_resolves_nothing(tmp_path: Path) -> None:
    spec = "layers:\n- dense: 3\n- conv2d: {channels: 2, kernel_size: 1}\nchecks:\n- {input: 2x7, error: rank-mismatch}\n"
    (tmp_path / "s.yaml").write_text(spec)
    (row,) = [r for r in rows(tmp_path, "s.yaml", "--strict") if r["problems"]]
    assert [p["layer"] for p in row["problems"]] == ["dense0", "conv2d0"]


# ---- where reports go


def test_no_two_reports_in_one_place(folder: Path) -> None:
    for args in (("text", "json"), ("text", "text")):
        result = deferinit("check", "good.yaml", *(a for f in args for a in ("--format", f)), cwd=folder)
        assert (result.returncode, result.stdout) == (2, "")
        assert "only one format" in result.stderr
    result = deferinit("check", "good.yaml", "--format", "json=a", "--format", "junit=./a", cwd=folder)
    assert (result.returncode, (folder / "a").exists()) == (2, False)
    assert "two reports" in result.stderr


def test_a_report_that_cannot_be_written_does_not_cost_the_others(folder: Path) -> None:
    args = ("--format", "json=no/where.json", "--format", "junit=j.xml", "--format", "text")
    result = deferinit("check", "good.yaml", *args, cwd=folder)
    assert result.returncode == 1
    assert "no/where.json" in result.stderr
    assert (folder / "j.xml").exists()
    assert result.stdout.endswith("2 passed, 0 failed, in 1 spec\n")
    assert sorted(os.listdir(folder)) == ["bad.yaml", "good.yaml", "j.xml"]


def test_formats_are_the_files_of_a_folder() -> None:
    from deferinit_cli.commands.check import FORMATS

    assert FORMATS == ["text", "github", "json", "junit", "sarif"]
    assert re.search(r"One of\s+text, github, json, junit, sarif", deferinit("check", "--help").stdout)
