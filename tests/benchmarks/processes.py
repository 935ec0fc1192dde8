"""Whole processes, in turn with what merely importing the libraries costs. `python -m tests.benchmarks.processes`"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from .measures import process, table
from .reading import plain

IMPORTS = (sys.executable, "-c", "import click, yaml, rich.console, rich.table")
LLAMA_70B = ("n_layer=80", "d=8192", "heads=64", "kv_heads=8", "ff=28672")


def sets(*values: str) -> list[str]:
    return [word for value in values for word in ("--set", value)]


def cases(folder: Path) -> list[tuple[str, list[str], bool, str]]:
    """Commands: a name, their words, whether on a terminal, and what they are to keep to."""
    lines, chain = folder / "lines.yaml", folder / "chain.yaml"
    lines.write_text(plain(2000), "utf-8")
    chain.write_text("layers:\n- residual: [dense: 64]\n  repeat: 5000\n", "utf-8")
    mlp, resnet = ["show", "specs/mlp.yaml"], ["show", "zoo:resnet", "--input", "1x3x224x224"]
    return [
        ("show mlp", mlp, False, "1.35 x imports"),
        ("show mlp, terminal", mlp, True, "1.6 x imports"),
        ("show resnet --input", resnet, False, "1.75 x imports"),
        ("show resnet --input, terminal", resnet, True, "2 x imports"),
        ("show 2 000 lines", ["show", str(lines), "--input", "2x8"], False, "imports + 0.2 s"),
        ("check specs/", ["check", "specs"], False, "2 s"),
        ("show 10 000 layers", ["show", str(chain), "--input", "2x64"], False, ""),
        ("show gpt2, n_layer=1000", ["show", "zoo:gpt2", *sets("n_layer=1000")], False, "2 s"),
        ("show gpt2, n_layer=2000", ["show", "zoo:gpt2", *sets("n_layer=2000")], False, "twice that"),
        ("show llama, 70 billion", ["show", "zoo:llama", *sets(*LLAMA_70B)], False, "0.4 s, 100 MB"),
    ]


def measured(words: list[str], terminal: bool, times: int) -> list[str]:
    """Medians of processor time, of that over and above the imports run before each, of the clock; and the highest peak."""
    command = (sys.executable, "-m", "deferinit_cli", *words)
    process(*command, terminal=terminal)  # files into the cache, modules compiled
    pairs = [(process(*IMPORTS), process(*command, terminal=terminal)) for _ in range(times)]
    cpu, ratio = median(run.cpu for _, run in pairs), median(run.cpu / base.cpu for base, run in pairs)
    more, wall = median(run.cpu - base.cpu for base, run in pairs), median(run.wall for _, run in pairs)
    return [f"{cpu:.3f}", f"{ratio:.2f}", f"{more:.3f}", f"{wall:.3f}", f"{max(run.peak for _, run in pairs):.0f}"]


def main(times: int = 11) -> None:
    process(*IMPORTS)
    with tempfile.TemporaryDirectory() as folder:
        rows = [[name, *measured(words, terminal, times), limit] for name, words, terminal, limit in cases(Path(folder))]
    table("Whole processes, beside `import click, yaml, rich.console, rich.table`",
          ["command", "cpu s", "x imports", "cpu s more", "wall s", "peak MiB", "to keep to"], rows)  # fmt: skip


if __name__ == "__main__":
    main()
