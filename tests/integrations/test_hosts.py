"""What hosts do with the project: pre-commit installs and runs its hook, the action installs it, pytest finds its plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

from tests.integrations.conftest import git
from tests.snippets import SNIPPETS
from tests.test_action import check

GOOD = "layers:\n- dense: {units: 4, in_units: 3}\nchecks:\n- {input: 2x3, output: [2, 4]}\n"
LIBRARY = "blocks:\n  b:\n    args: [n]\n    layers: [dense: n]\n"
USER = "import: {l: ./lib.yaml}\ninputs: {x: [N, 3]}\nlayers: [l.b: 4]\noutputs: [prev]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's repository with networks."""
    folder = tmp_path / "project"
    (folder / "nets").mkdir(parents=True)
    (folder / "nets" / "a.yaml").write_text(GOOD)
    (folder / "nets" / "lib.yaml").write_text(LIBRARY)
    (folder / "nets" / "user.yaml").write_text(USER)
    (folder / "values.yaml").write_text("image: {tag: 1}\n")
    git(folder, "init", "-q", "-b", "main", ".")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    return folder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


def pre_commit(folder: Path, home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHONPATH"))}
    env |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    command = [sys.executable, "-m", "pre_commit", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_hook_as_pre_commit_runs_it(repository: Path, project: Path, home: Path) -> None:
    config = yaml.safe_load(SNIPPETS[".pre-commit-config.yaml"])
    config["repos"][0]["repo"] = str(repository)
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    git(project, "add", ".")
    passed = pre_commit(project, home, "run", "--all-files", "--verbose")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "deferinit check" in passed.stdout and "Passed" in passed.stdout
    assert "ok   nets/a.yaml (1 check, strict)" in passed.stdout and "in 2 specs" in passed.stdout

    (project / "notes.txt").write_text("x\n")
    git(project, "add", ".")
    assert "no files to check" in pre_commit(project, home, "run", "--files", "notes.txt").stdout

    # a commit, through git's own hook, of a file of blocks: what imports it is wrong
    assert pre_commit(project, home, "install").returncode == 0
    (project / "nets" / "lib.yaml").write_text(LIBRARY.replace("[dense: n]", "[conv2d: {channels: n, kernel_size: 3}]"))
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHONPATH"))} | {"PRE_COMMIT_HOME": str(home)}
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qam", "worse"]
    failed = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "FAIL nets/user.yaml" in failed.stderr
    assert git(project, "log", "--oneline").count("\n") == 1


def test_what_the_manifest_says(repository: Path, home: Path) -> None:
    result = pre_commit(repository, home, "validate-manifest", ".pre-commit-hooks.yaml")
    assert (result.returncode, result.stdout) == (0, "")
    (hook,) = yaml.safe_load((repository / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == yaml.safe_load(SNIPPETS[".pre-commit-config.yaml"])["repos"][0]["hooks"][0]["id"]


def test_the_action_installs_and_checks(installed: Path, project: Path) -> None:
    result = check(project, installed, paths="nets", args="--strict")
    assert (result.returncode, result.stdout) == (0, "5 passed, 0 failed, in 2 specs\n")
    (project / "nets" / "a.yaml").write_text(GOOD.replace("[2, 4]", "[2, 5]"))
    result = check(project, installed, paths="nets", reports="junit=r.xml")
    assert result.returncode == 1
    assert result.stdout.startswith("::error file=nets/a.yaml,line=4,endLine=4,col=28,endColumn=29,")
    assert JUnitXml.fromfile(str(project / "r.xml")).failures == 1


def test_gitlab_s_script_from_an_empty_environment(repository: Path, project: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    job = yaml.safe_load(SNIPPETS[".gitlab-ci.yml"])["shapes"]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHONPATH"))}
    env |= {"PATH": f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{env['PATH']}", "DEFERINIT": f"git+{repository.as_uri()}@v0.1.0"}
    script = "set -eo pipefail\n" + "\n".join(job["script"])
    result = subprocess.run(["bash", "-c", script], cwd=project, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith(
        "ok   nets/a.yaml (1 check)\nok   nets/user.yaml (no checks of its own)\n3 passed, 0 failed, in 2 specs\n"
    )
    assert JUnitXml.fromfile(str(project / "shapes.xml")).tests == 3


def test_pytest_finds_the_plugin_where_it_is_installed(installed: Path, project: Path) -> None:
    python = str(installed / "deferinit" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "pytest"], check=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))}
    command = [python, "-m", "pytest", "-q", "-W", "error", "nets"]
    on = subprocess.run([*command, "--deferinit"], cwd=project, env=env, capture_output=True, text=True, check=False)
    assert (on.returncode, on.stdout.splitlines()[-1].partition(" in ")[0]) == (0, "3 passed"), on.stdout + on.stderr
    off = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    assert off.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
