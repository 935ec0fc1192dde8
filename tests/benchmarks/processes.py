"""Whole processes, beside what merely importing the libraries costs. `python -m tests.benchmarks.processes`"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORTS = [sys.executable, "-c", "import click, yaml, rich.console, rich.table"]


LLAMA_70B = [w for v in ("n_layer=80", "d=8192", "heads=64", "kv_heads=8", "ff=28672") for w in ("--set", v)]


def deferinit(*args: str) -> list[str]:
    return [sys.executable, "-m", "deferinit_cli", *args]


def once(command: list[str]) -> tuple[float, float]:
    """(wall seconds, peak MiB) of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "chain.yaml"
        chain.write_text("layers:\n- residual: [dense: 64]\n  repeat: 5000\n")
        cases = {
            "import click, yaml, rich": IMPORTS,
            "show mlp": deferinit("show", "specs/mlp.yaml"),
            "show resnet --input": deferinit("show", "specs/resnet.yaml", "--input", "1x3x224x224"),
            "show 10 000 layers": deferinit("show", str(chain), "--input", "2x64"),
            "show gpt2 n_layer=1000": deferinit("show", "specs/gpt2.yaml", "--set", "n_layer=1000"),
            "show gpt2 n_layer=2000": deferinit("show", "specs/gpt2.yaml", "--set", "n_layer=2000"),
            "show llama, 70 billion": deferinit("show", "specs/llama.yaml", *LLAMA_70B),
            "check specs/": deferinit("check", "specs"),
        }
        base = 0.0
        print(f"{'':26}{'median s':>10}{'x imports':>11}{'peak MiB':>10}")
        for name, command in cases.items():
            once(command)
            runs = [once(command) for _ in range(7)]
            seconds = statistics.median(r[0] for r in runs)
            base = base or seconds
            print(f"{name:26}{seconds:10.3f}{seconds / base:11.2f}{max(r[1] for r in runs):10.1f}")


if __name__ == "__main__":
    main()
