"""Running the command line as a user does: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def deferinit(*args: str, cwd: Path | None = None, input: str | None = None) -> subprocess.CompletedProcess[str]:
    """`deferinit ARGS` off a terminal, with UTF-8 output."""
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}
    root = str(Path(__file__).parent.parent)
    env["PYTHONPATH"] = os.pathsep.join(p for p in (root, env.get("PYTHONPATH", "")) if p)
    return subprocess.run(
        [sys.executable, "-m", "deferinit_cli", *args], cwd=cwd, input=input, env=env, text=True, encoding="utf-8",
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
