"""The project as others get it: a git repository to install from, and an environment where its action installed it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_action import ROOT, STEPS, run_step

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def git(folder: Path, *args: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["git", *WHO, *args], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as it stands, edits included, as a repository of one tagged commit."""
    made = tmp_path_factory.mktemp("tools") / "deferinit"
    made.mkdir()
    if (ROOT / ".git").exists():
        names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    else:  # an unpacked sdist
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    for name in names:
        if name and (ROOT / name).is_file():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, made / name)
    git(made, "init", "-q", "-b", "main", ".")
    git(made, "add", "-f", ".")
    git(made, "commit", "-qm", "one")
    git(made, "tag", "v0.1.0")
    return made


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's temporary folder after the action's install step."""
    temp = tmp_path_factory.mktemp("runner")
    result = run_step(STEPS[-2], temp, temp)
    assert result.returncode == 0, result.stdout + result.stderr
    return temp
