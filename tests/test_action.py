"""The GitHub Action's own steps, run as the runner runs them; setting Python up is another action's work."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]


def evaluated(text: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
    """`${{ inputs.x }}` and `${{ steps.python.outputs.x }}` filled in."""
    for name, value in inputs.items():
        text = text.replace(f"${{{{ inputs.{name} }}}}", value)
    for name, value in outputs.items():
        text = text.replace(f"${{{{ steps.python.outputs.{name} }}}}", value)
    assert "${{" not in text, text
    return text


def run_step(step: dict[str, Any], workspace: Path, temp: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """One `run` step: the runner writes it to a file for `bash --noprofile --norc -eo pipefail`."""
    known = {name.replace("_", "-"): value for name, value in given.items()}
    assert known.keys() <= ACTION["inputs"].keys()
    inputs = {name: known.get(name, entry["default"]) for name, entry in ACTION["inputs"].items()}
    outputs = {"python-path": sys.executable}
    assert step["shell"] == "bash"
    script = temp / "step.sh"
    script.write_text(step["run"])
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "GITHUB_ACTIONS": "true", "CI": "true",
           "GITHUB_WORKSPACE": str(workspace), "RUNNER_TEMP": str(temp), "GITHUB_ACTION_PATH": str(ROOT),
           **{k: evaluated(v, inputs, outputs) for k, v in step.get("env", {}).items()}}  # fmt: skip
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "SSL_CERT_FILE", "PIP_FIND_LINKS"):
        if name in os.environ:
            env[name] = os.environ[name]
    where = workspace / evaluated(step.get("working-directory", "."), inputs, outputs)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)


def check(workspace: Path, temp: Path, **given: str) -> subprocess.CompletedProcess[str]:
    return run_step(STEPS[-1], workspace, temp, **given)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    nets = tmp_path / "repository" / "my nets"
    nets.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (nets / "good.yaml").write_text("layers:\n- dense: 4\nchecks:\n- {input: 2x3, output: [2, 4]}\n")
    (nets / "bad.yaml").write_text("layers:\n- dnese: 4\n")
    return tmp_path / "repository"


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """Where the install step leaves a command; here one that runs this tree."""
    command = tmp_path / "temp dir" / "deferinit" / "bin" / "deferinit"
    command.parent.mkdir(parents=True)
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m deferinit_cli "$@"\n'
    )
    command.chmod(0o755)
    return tmp_path / "temp dir"


ANNOTATION = (
    "::error file=my nets/bad.yaml,line=2,endLine=2,col=3,endColumn=8,title=deferinit%3A unknown-kind::"
    "no layer or block is called 'dnese'%0Afound: dnese%0Ahelp: did you mean 'dense'?"
)


def test_annotations_and_the_exit_code(workspace: Path, temp: Path) -> None:
    result = check(workspace, temp)
    assert (result.returncode, result.stdout.splitlines()) == (1, [ANNOTATION, "2 passed, 1 failed, in 2 specs"])
    result = check(workspace, temp, paths="my nets/good.yaml\r\n\n")
    assert (result.returncode, result.stdout) == (0, "2 passed, 0 failed, in 1 spec\n")
    result = check(workspace, temp, paths="none/*.yaml")
    assert (result.returncode, result.stdout) == (2, "")
    assert "'none/*.yaml' matches no spec" in result.stderr


def test_several_lines_reports_and_another_folder(workspace: Path, temp: Path) -> None:
    result = check(workspace, temp, working_directory="my nets", paths="good.yaml\nb*.yaml", args="--strict\n--input=5x3\n",
                   reports="sarif=s.sarif\njunit=j.xml")  # fmt: skip
    assert result.stdout.splitlines()[0] == ANNOTATION  # from the top of the repository
    assert result.stdout.splitlines()[-1] == "4 passed, 1 failed, in 2 specs"
    assert '"unknown-kind"' in (workspace / "my nets" / "s.sarif").read_text()
    assert "<testsuites" in (workspace / "my nets" / "j.xml").read_text()


EVIL = ["$(touch hacked)", "`touch hacked`", "; touch hacked", '"; touch hacked; "', "'; touch hacked; '", "a && touch hacked",
        "--help", "--format=text=hacked", "${HOME}", "x\\", "\\$(touch hacked)", "%0A::error::x", "a  b"]  # fmt: skip


def test_what_inputs_hold_is_not_run(workspace: Path, temp: Path) -> None:
    """Every path is a path, whatever it looks like; arguments and reports are one word each."""
    result = check(workspace, temp, paths="\n".join(EVIL))
    assert (result.returncode, result.stdout) == (2, "")
    assert [line for line in result.stderr.splitlines() if "[no-match]" in line] == [
        f"'{text}' matches no spec [no-match]" for text in EVIL
    ]
    for text in EVIL[:5]:
        result = check(workspace, temp, args=f"--set={text}")
        assert (result.returncode, result.stdout) == (2, "")
        assert f"'{text}' sets nothing" in result.stderr
    result = check(workspace, temp, reports="\n".join(f"no{text}" for text in EVIL))
    assert (result.returncode, result.stdout) == (2, "")
    assert "no format is called 'no$(touch hacked)'" in result.stderr
    assert sorted(p.name for p in workspace.rglob("*")) == [".git", "bad.yaml", "good.yaml", "my nets"]


def test_no_input_is_written_into_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step.get("run", "")
    uses = [name for name in ACTION["inputs"] if f"inputs.{name} " in (ROOT / "action.yml").read_text()]
    assert uses == list(ACTION["inputs"])
