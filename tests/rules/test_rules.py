"""Every rule is proven to fire: a spec that is right, the smallest edit that breaks it, and what is then told, and where.

A case of the tables beside this file has `name`, `right` (a spec), `edit` (find: replace; what is to be found occurs once),
`rule`, `line` and `column`; words of `message` and `help` where they matter; `files` for what it imports, `strict` where it
takes `check --strict`, `also` for what else is rightly told. The edit turns `deferinit check` red, and its repair green.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deferinit_cli import cli
from deferinit_cli.language import load as loading
from deferinit_cli.verify.rules import known

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent.parent / "deferinit_cli"
CASES = [case for path in sorted(FOLDER.glob("*.yaml")) for case in yaml.safe_load(path.read_text("utf-8"))]


def checked(text: str, case: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of `deferinit check` and the problems in its JSON."""
    for name, content in {**case.get("files", {}), "spec.yaml": text}.items():
        (folder / name).write_text(content, "utf-8", newline="")
    monkeypatch.chdir(folder)
    code = cli.run(["check", "spec.yaml", "--format", "json=out.json", *(["--strict"] if case.get("strict") else [])])
    document = json.loads((folder / "out.json").read_text("utf-8"))
    return code, [p for row in document["checks"] for p in row["problems"]]


@pytest.mark.parametrize("backend", ["c", "python"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"].replace(" ", "-") for case in CASES])
def test_the_edit_is_told_and_its_repair_is_green(
    case: dict[str, Any], backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BACKEND", backend)
    ((find, replace),) = case["edit"].items()
    assert case["right"].count(find) == 1, "the edit is made in one place"
    code, problems = checked(case["right"].replace(find, replace), case, tmp_path, monkeypatch)
    assert code == 1
    places = [(p["rule"], p["file"], p["line"], p["column"]) for p in problems if p["rule"] not in case.get("also", ())]
    assert places == [(case["rule"], "spec.yaml", case["line"], case["column"])], "told once, there, and nothing else is"
    assert {p["rule"] for p in problems} == {case["rule"], *case.get("also", ())}
    told = next(p for p in problems if p["rule"] == case["rule"])
    assert case.get("message", "") in told["message"] and case.get("help", "") in (told["help"] or "")
    assert told["message"].strip() and told["end_column"] > told["column"]
    assert checked(case["right"], case, tmp_path, monkeypatch) == (0, [])


def test_cases_have_names_of_their_own() -> None:
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names) > 250


# ---- no rule without a case

NOT_OF_SPECS = {
    "of a file as a whole": "file-too-large not-utf-8 unreadable too-many-connections too-many-imports too-many-problems",
    "of options, and of files named beside the spec":
        "cannot-write file-name input-option no-match no-spec nothing-checked set-option too-many-combinations unknown-network unknown-page "
        "unresolved where-option",
    "of the machine and of the program itself": "internal-error missing-package out-of-memory worker-died",
    "of an answer that there is not": "fill-differs fill-elsewhere left-open no-solution no-valid-size not-unique weights-unrelated",
    "of what show --depends is asked for": "parameter-of-input-size",
    "of locks and revisions": "lock-corrupt lock-drift lock-missing lock-options lock-place lock-version revision",
    "of weights files": "weights-corrupt weights-extra weights-format weights-missing weights-pickle weights-unreadable",
    "of values, which only running has": "data-dtype data-missing data-shape data-unknown forward-failed initializer-dtype "
        "initializer-fans initializer-rank initializer-shape no-forward parameter-shape",
}  # fmt: skip
"""Rules that no edit of a spec breaks, by what they are about; other tests prove them. A layer's may stand in its own table."""

NAME = re.compile(r"[a-z]+(?:-[a-z]+)*(?:-\d)?")
RAISERS = {"Problem": 0, "Diagnostic": 0, "Conflict": 0, "wrong": 0, "add": 0, "problem": 0, "refusal": 1, "found": 1, "at": 1, "clash": 3}
"""What takes a rule, and as which argument."""


def texts(node: ast.expr) -> list[str]:
    """The rules that an argument may be."""
    parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str) and NAME.fullmatch(p.value)]


def rules_in(tree: ast.AST) -> set[str]:
    out: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            out.update(*(texts(k.value) for k in node.keywords if k.arg == "rule"), set())
            if name in RAISERS and len(node.args) > RAISERS[name]:
                out.update(texts(node.args[RAISERS[name]]))
            elif name == "fault":  # after what it is about
                out.update(next((found for a in node.args[:3] if (found := texts(a))), []))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(t, "id", getattr(t, "attr", "")) in ("rule", "default_rule") for t in targets):
                out.update(texts(node.value))
        elif isinstance(node, ast.arguments):
            pairs = zip(node.args[::-1], node.defaults[::-1])
            out.update(*(texts(default) for a, default in pairs if a.arg == "rule"), set())
    return out


RULES = set().union(*(rules_in(ast.parse(path.read_text("utf-8"))) for path in PACKAGE.rglob("*.py")))


def test_every_rule_in_the_code_has_a_case_or_a_reason() -> None:
    assert len(RULES) > 150
    elsewhere = {rule for rules in NOT_OF_SPECS.values() for rule in rules.split()}
    cases = {rule for case in CASES for rule in (case["rule"], *case.get("also", ()))}
    tables = {row["error"] for path in (FOLDER.parent / "layers").glob("*.yaml") for row in yaml.safe_load(path.read_text("utf-8"))
              if "error" in row}  # fmt: skip
    assert RULES - cases - elsewhere - tables == set(), "rules that nothing proves to fire"
    assert (cases | elsewhere) - RULES == set(), "rules that the code does not have"
    assert cases & elsewhere == {"unknown-network", "input-option"}, "told of specs and of options"


@pytest.mark.parametrize("about", NOT_OF_SPECS)
def test_other_tests_prove_the_others(about: str) -> None:
    files = [f for f in FOLDER.parent.rglob("*.py") if f != Path(__file__)]
    text = "\n".join(f.read_text("utf-8") for f in files)
    assert [rule for rule in NOT_OF_SPECS[about].split() if not re.search(rf"[\"\[]{rule}[\"\]]", text)] == []


def test_a_case_of_a_spec_may_expect_any_rule() -> None:
    """`error:` in `checks` knows a rule from a misspelt one."""
    assert known() >= RULES
