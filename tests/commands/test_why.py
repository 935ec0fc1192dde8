"""`deferinit why` as users run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import deferinit

LENET = str(Path(__file__).parents[2] / "specs" / "lenet.yaml")
CLASH = "layers:\n- dense a: 5\n- relu\n- dense b: {units: 3, in_units: 7}\n"


def test_the_spec_left_out_is_found_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("layers: [dense a: 5]\n")
    result = deferinit("why", "a[-1]", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "why a[-1]: 5   a.units (net.yaml:1)\n")
    result = deferinit("why", "net.yaml", cwd=tmp_path)
    assert result.returncode == 2 and "which size of net.yaml?" in result.stderr
    assert deferinit("why", "net.yaml", "a[-1]", "b", cwd=tmp_path).returncode == 2
    assert deferinit("why", cwd=tmp_path).returncode == 2


def test_json() -> None:
    found = json.loads(deferinit("why", LENET, "fc1.weight[1]", "--input", "2x1x32x32", "--format", "json").stdout)
    why = found["why"]
    assert (found["command"], found["problems"], why["what"], why["value"], why["symbolic"]) == (
        "why",
        [],
        "fc1.weight[1]",
        400,
        "400",
    )
    (step,) = why["steps"]
    assert (step["text"], step["rule"], step["layer"], step["line"]) == ("400 = 16 * 5 * 5", "flatten", "flatten0", 12)
    channels, size = step["premises"]
    assert (channels["text"], channels["rule"], channels["line"], channels["times"]) == ("16: conv2.channels", "declared", 9, 1)
    assert (size["rule"], size["times"], size["lines"]) == ("window", 2, [6, 8, 9, 11])
    assert size["premises"][0]["text"] == "32: --input 2x1x32x32"
    whole = json.loads(deferinit("why", LENET, "fc1.weight", "--format", "json").stdout)["why"]
    assert (whole["value"], whole["symbolic"]) == ([120, -1], "(120, 16*(H//4 - 3)*(W//4 - 3))")
    assert [a["what"] for a in whole["axes"]] == ["fc1.weight[0]", "fc1.weight[1]"]
    assert whole["axes"][1]["waits_for"] == "dim 2 of `image` (H), the last dim of `image` (W)"


def test_a_network_in_conflict_is_explained_and_rejected(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(CLASH)
    result = deferinit("why", "x.yaml", "b.weight[1]", "--format", "json", cwd=tmp_path)
    assert result.returncode == 1 and "in_units is 7" in result.stderr
    found = json.loads(result.stdout)
    assert [p["rule"] for p in found["problems"]] == ["size-mismatch"]
    assert [s["text"] for s in found["why"]["steps"]] == ["7: b.in_units", "5: a.units"]
    (conflict,) = found["why"]["conflict"]
    assert sorted(p["text"] for p in conflict["premises"]) == ["5: a.units", "7: b.in_units"]


def test_markdown_ascii_and_width() -> None:
    markdown = deferinit("why", LENET, "fc1.weight[1]", "--format", "markdown").stdout
    assert markdown.startswith("- why fc1.weight") and "\n  - 16        conv2.channels" in markdown and "16 \\*" in markdown
    assert deferinit("why", "zoo:densenet", "classifier.weight", "--ascii").stdout.isascii()
    narrow = deferinit("why", LENET, "fc1.weight[1]", "--width", "50").stdout
    assert max(map(len, narrow.split("\n"))) <= 50
    assert "".join(narrow.split()) == "".join(deferinit("why", LENET, "fc1.weight[1]").stdout.split())


@pytest.mark.parametrize(("what", "said"), [("fc9.weight[1]", "nothing is called 'fc9.weight'"), ("fc1.weight[7]", "no axis 7"),
                                            ("fc1.weight[x]", "names no size")])  # fmt: skip
def test_what_is_not_there(what: str, said: str) -> None:
    result = deferinit("why", LENET, what)
    assert (result.returncode, result.stdout) == (1, "")
    assert said in result.stderr and "Traceback" not in result.stderr
