"""The formats of `check`, read back as CI systems read them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from junitparser import Error, Failure, JUnitXml

from deferinit_cli.problems import Diagnostic, Source, Span
from deferinit_cli.verify import Outcome, Run
from deferinit_cli.views.checks import github, junit, sarif, text
from tests.cli import deferinit

GOOD = "layers:\n- dense: 4\nchecks:\n- {input: 2x3, output: [2, 4]}\n"
BAD = """\
layers:
- conv2d: {channels: 3, kernel_size: 5}
checks:
- {input: 1x3x4x4}
- {name: twice, input: 1x3x8x8}
- {name: twice, input: 1x3x4x9}
"""
EVIL = "a\x00\x1b[31m\u202e <b>&amp;]]>\"'\ud800\ufffe\r\n::error::100%,x:y\tz é 𝕏"
"""Controls, a change of direction, markup, quotes, half a character, line ends and a command of its own."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "good.yaml").write_text(GOOD)
    (tmp_path / "nets" / "b d.yaml").write_text(BAD)
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    return tmp_path


def evil() -> Run:
    source = Source(f"dir/{EVIL}.yaml", f"layers: {EVIL}\n")
    problem = Diagnostic("some-rule", EVIL, Span(source, 1, 3, 9), found=EVIL, expected=EVIL, help=EVIL)
    return Run([Outcome(f"dir/{EVIL}.yaml", EVIL, 3, [problem], "check"), Outcome("-", "spec", None, [problem])])


# ---- JUnit


def test_junit_as_readers_see_it(folder: Path) -> None:
    result = deferinit("check", ".", "--format", "junit=r.xml", "--format", "text", cwd=folder)
    assert result.returncode == 2
    xml = JUnitXml.fromfile(str(folder / "r.xml"))
    assert (xml.tests, xml.failures, xml.errors) == (7, 2, 1)
    suites = {s.name: s for s in xml}
    assert list(suites) == ["./gone.yaml", "./nets/b d.yaml", "./nets/good.yaml"]
    assert [(s.tests, s.failures, s.errors, s.skipped) for s in suites.values()] == [(1, 0, 1, 0), (4, 2, 0, 0), (2, 0, 0, 0)]
    cases = {(c.classname, c.name): c for s in xml for c in s}
    assert list(cases) == [
        ("gone", "spec"), ("nets.b d", "spec"), ("nets.b d", "check 1"), ("nets.b d", "twice"), ("nets.b d", "twice (2)"),
        ("nets.good", "spec"), ("nets.good", "check 1"),
    ]  # fmt: skip
    (failure,) = cases["nets.b d", "check 1"].result
    assert isinstance(failure, Failure)
    assert (failure.type, failure.message) == ("kernel-exceeds-input", "conv2d0: a kernel of 5 does not fit into 4")
    assert "b d.yaml:2:38" in failure.text
    assert isinstance(cases["gone", "spec"].result[0], Error)
    assert cases["nets.b d", "twice"].result == []


def test_junit_is_ascii_and_names_files_and_lines(folder: Path) -> None:
    out = deferinit("check", "nets", "--format", "junit", cwd=folder).stdout
    assert out.isascii()
    case = next(c for c in ET.fromstring(out).iter("testcase") if c.get("name") == "twice (2)")
    assert (case.get("file"), case.get("line")) == ("nets/b d.yaml", "6")


def test_junit_of_anything_is_xml() -> None:
    out = junit.render(evil())
    assert out.isascii()
    tree = ET.fromstring(out)
    failure = next(tree.iter("failure"))
    assert failure.get("message", "").startswith("a\\u0000\\u001b[31m\\u202e <b>&amp;]]>\"'\\ud800\\ufffe")
    assert "𝕏" in (failure.text or "")
    assert "\u202e" not in "".join(tree.itertext())


# ---- SARIF


def sarif_of(folder: Path, *args: str, cwd: Path | None = None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(deferinit("check", *args, "--format", "sarif", cwd=cwd or folder).stdout)
    return document


def test_sarif_has_what_code_scanning_asks_for(folder: Path) -> None:
    document = sarif_of(folder, ".")
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-2.1.0.json")
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "deferinit"
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    ids = [r["id"] for r in driver["rules"]]
    assert ids == sorted(set(ids)) == ["kernel-exceeds-input", "unreadable"]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] == "error"
    assert run["invocations"] == [{"executionSuccessful": False}]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "error"
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        assert (folder / unquote(physical["artifactLocation"]["uri"])).is_symlink() or (
            folder / unquote(physical["artifactLocation"]["uri"])
        ).is_file()
        region = physical["region"]
        assert region["startLine"] >= 1 and region["startColumn"] >= 1
        assert region.get("endColumn", 99) > region["startColumn"]
    prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in run["results"]]
    assert len(set(prints)) == len(prints) >= 2


def test_sarif_points_at_the_place(folder: Path) -> None:
    (first, *_) = sarif_of(folder, "nets")["runs"][0]["results"]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "nets/b%20d.yaml"
    assert physical["region"] == {"startLine": 2, "startColumn": 38, "endColumn": 39}
    (related,) = first["relatedLocations"]
    assert related["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 11, "endColumn": 18}
    assert "1x3x4x4" in related["message"]["text"]


def test_sarif_paths_start_at_the_repository(folder: Path) -> None:
    (result, *_) = sarif_of(folder, "b d.yaml", cwd=folder / "nets")["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "nets/b%20d.yaml", "uriBaseId": "%SRCROOT%"}


def test_sarif_fingerprints_outlast_other_lines(folder: Path) -> None:
    def prints() -> list[str]:
        results = sarif_of(folder, "nets")["runs"][0]["results"]
        return [r["partialFingerprints"]["primaryLocationLineHash"] for r in results]

    before = prints()
    (folder / "nets" / "b d.yaml").write_text("# a remark\n\n" + BAD)
    assert prints() == before


def test_sarif_of_anything_is_ascii_json() -> None:
    out = sarif.render(evil())
    assert out.isascii()
    results = json.loads(out)["runs"][0]["results"]
    assert [r["ruleId"] for r in results] == ["some-rule", "some-rule"]
    assert "\u202e" not in results[0]["message"]["text"]


def test_sarif_of_what_passes_has_no_results(folder: Path) -> None:
    (run,) = sarif_of(folder, "nets/good.yaml")["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_sarif_as_its_tools_read_it(folder: Path) -> None:
    """Counts, rules and places through the sarif-tools library."""
    loader = pytest.importorskip("sarif.loader", reason="the sarif extra is not installed")
    deferinit("check", ".", "--format", "sarif=r.sarif", cwd=folder)
    found = loader.load_sarif_file(str(folder / "r.sarif"))
    records = found.get_records()
    assert found.get_distinct_tool_names() == ["deferinit"]
    assert sorted((r["Code"], r["Location"], r["Line"], r["Severity"]) for r in records) == [
        ("kernel-exceeds-input", "nets/b%20d.yaml", 2, "error"), ("unreadable", "gone.yaml", 1, "error"),
    ]  # fmt: skip


# ---- GitHub


def test_annotations(folder: Path) -> None:
    result = deferinit("check", "nets", "--format", "github", cwd=folder)
    assert result.returncode == 1
    annotation, count = result.stdout.splitlines()
    assert annotation == (
        "::error file=nets/b d.yaml,line=2,endLine=2,col=38,endColumn=39,title=deferinit%3A kernel-exceeds-input::"
        "conv2d0: a kernel of 5 does not fit into 4%0Afound: 4%0Aexpected: at least 5"
        "%0Ahelp: at least 5 is needed where 4 comes in; input[2] = 4, but input[2] >= 5: nearest 5; "
        "input[3] = 4, but input[3] >= 5: nearest 5%0Ain check 1; twice"
    )
    assert count == "4 passed, 2 failed, in 2 specs"


def command(line: str) -> tuple[dict[str, str], str]:
    """A workflow command as the runner reads it."""
    m = re.fullmatch(r"::error ([^:]*)::(.*)", line)
    assert m is not None, line

    def plain(text: str) -> str:
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, char)
        return text

    return {k: plain(v) for k, v in (p.split("=", 1) for p in m[1].split(","))}, plain(m[2])


def test_an_annotation_of_anything_is_one_command() -> None:
    out = github.render(evil())
    lines = out.split("\n")
    assert sum(line.startswith("::") for line in lines) == 2
    properties, message = command(lines[0])
    assert properties["title"] == "deferinit: some-rule"
    assert properties["line"] == "1"
    assert "::error::100%,x:y" in properties["file"]
    assert message.startswith("a\\u0000") and "::error::100%,x:y" in message
    assert "\u202e" not in out and "\r" not in out and "\x1b" not in out


def test_text_of_anything_is_harmless() -> None:
    out = text.render(evil())
    assert not set(out) & set("\x00\x1b\u202e\r\ud800")


# ---- several at once


def test_several_at_once(folder: Path) -> None:
    args = ["--format", "junit=r.xml", "--format", "sarif=r.sarif", "--format", "json=r.json", "--format", "github"]
    result = deferinit("check", "nets", *args, cwd=folder)
    assert result.stdout.startswith("::error ")
    assert JUnitXml.fromfile(str(folder / "r.xml")).failures == 2
    assert len(json.loads((folder / "r.sarif").read_text())["runs"][0]["results"]) == 1
    document = json.loads((folder / "r.json").read_text())
    assert (document["schema"], document["command"], document["passed"], document["failed"]) == (1, "check", 4, 2)
    again = deferinit("check", "nets", "--format", "junit", cwd=folder)
    assert again.stdout == (folder / "r.xml").read_text()


def test_one_file_takes_no_slow_import() -> None:
    """Text and annotations come without numpy, rich, json or processes; reports that need one import it then."""
    import sys

    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
    slow = {"numpy", "rich", "json", "dataclasses", "asyncio", "multiprocessing", "subprocess", "xml"}
    for form in ("text", "github", "junit"):
        code = (
            "import sys; from deferinit_cli.cli import run; code = run(sys.argv[1:]); "
            f"bad = {slow!r} & set(sys.modules); assert code == 0 and not bad, bad"
        )
        args = ["check", str(root / "specs" / "lenet.yaml"), "--strict", "--format", form]
        result = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, env=env, check=False)
        assert result.returncode == 0, result.stderr
