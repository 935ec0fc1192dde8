"""The guide's snippets for make and GitLab, run as make and GitLab's runner run them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

from tests.snippets import ROOT, SNIPPETS

GOOD = "layers:\n- dense: {units: 4, in_units: 3}\nchecks:\n- {input: 2x3, output: [2, 4]}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one network, and commands that stand in for installed ones."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "a.yaml").write_text(GOOD)
    (tmp_path / "bin").mkdir()
    command(tmp_path, "deferinit", f"PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m deferinit_cli")
    command(tmp_path, "pip", "echo pip")
    return tmp_path


def command(project: Path, name: str, line: str) -> None:
    path = project / "bin" / name
    path.write_text(f'#!/bin/sh\n{line} "$@"\n')
    path.chmod(0o755)


def run(project: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    known = {"PATH": f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(project), "LC_ALL": "C"}
    return subprocess.run(args, cwd=project, env={**known, **env}, capture_output=True, text=True, check=False)


def test_make_checks_what_changed_and_what_failed(project: Path) -> None:
    (project / "Makefile").write_text(SNIPPETS["Makefile"])
    first = run(project, "make", "shapes")
    assert first.stdout.splitlines() == [
        "deferinit check nets --strict", "ok   nets/a.yaml (1 check, strict)", "3 passed, 0 failed, in 1 spec", "touch .shapes",
    ]  # fmt: skip
    assert "Nothing to be done" in run(project, "make").stdout
    (project / "nets" / "b.yaml").write_text("layers:\n- dnese: 4\n")
    os.utime(project / ".shapes", (1, 1))
    for _ in range(2):  # a failure is not forgotten
        failed = run(project, "make", "-s")
        assert (failed.returncode, "unknown-kind" in failed.stdout) == (2, True)
    (project / "nets" / "b.yaml").write_text(GOOD)
    assert run(project, "make", "-s").returncode == 0


def test_gitlab_runs_its_script_and_keeps_the_report(project: Path) -> None:
    job = yaml.safe_load(SNIPPETS[".gitlab-ci.yml"])["shapes"]
    script = "set -eo pipefail\n" + "\n".join(job["script"])
    passed = run(project, "bash", "-c", script, **job["variables"])
    assert passed.returncode == 0, passed.stderr
    assert passed.stdout.splitlines() == [
        f"pip install {job['variables']['DEFERINIT']}", "ok   nets/a.yaml (1 check)", "2 passed, 0 failed, in 1 spec",
    ]  # fmt: skip
    (project / "nets" / "b.yaml").write_text("layers:\n- dnese: 4\n")
    failed = run(project, "bash", "-c", script, **job["variables"])
    assert (failed.returncode, "unknown-kind" in failed.stdout) == (1, True)
    assert job["artifacts"]["when"] == "always"
    report = JUnitXml.fromfile(str(project / job["artifacts"]["reports"]["junit"]))
    assert (report.tests, report.failures) == (3, 1)
