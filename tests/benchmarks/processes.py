"""Whole processes, beside what merely importing the libraries costs. `python -m tests.benchmarks.processes`"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .measures import process, table

IMPORTS = [sys.executable, "-c", "import click, yaml, rich.console, rich.table"]
LLAMA_70B = ("n_layer=80", "d=8192", "heads=64", "kv_heads=8", "ff=28672")


def deferinit(*args: str) -> list[str]:
    return [sys.executable, "-m", "deferinit_cli", *args]


def sets(*values: str) -> list[str]:
    return [word for value in values for word in ("--set", value)]


def cases(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Commands by name, each with what it is to keep to."""
    chain = folder / "chain.yaml"
    chain.write_text("layers:\n- residual: [dense: 64]\n  repeat: 5000\n", "utf-8")
    return {
        "import click, yaml, rich": (IMPORTS, ""),
        "show mlp": (deferinit("show", "zoo:mlp"), ""),
        "show resnet --input": (deferinit("show", "zoo:resnet", "--input", "1x3x224x224"), ""),
        "show 10 000 layers": (deferinit("show", str(chain), "--input", "2x64"), ""),
        "show gpt2, n_layer=1000": (deferinit("show", "zoo:gpt2", *sets("n_layer=1000")), "2 s"),
        "show gpt2, n_layer=2000": (deferinit("show", "zoo:gpt2", *sets("n_layer=2000")), "twice that"),
        "show llama, 70 billion": (deferinit("show", "zoo:llama", *sets(*LLAMA_70B)), "0.4 s, 100 MB"),
        "check specs/": (deferinit("check", "specs"), "10 s"),
    }


def main(times: int = 5) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        base = 0.0
        for name, (command, limit) in cases(Path(folder)).items():
            process(*command)  # files into the cache, modules compiled
            runs = [process(*command) for _ in range(times)]
            cpu, wall = min(run.cpu for run in runs), min(run.wall for run in runs)
            base = base or cpu
            rows.append([name, f"{cpu:.3f}", f"{wall:.3f}", f"{cpu / base:.2f}", f"{max(run.peak for run in runs):.0f}", limit])
    table("Whole processes", ["command", "cpu s", "wall s", "x imports", "peak MiB", "to keep to"], rows)


if __name__ == "__main__":
    main()
