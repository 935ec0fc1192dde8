"""Reports of the largest networks that are let in, each in a process of its own. `python -m tests.benchmarks.largest`

ConvNeXt of the zoo with 5 000 blocks in each stage: 220 000 layers in 20 000 calls of a block, 180 000 tensors. A chain of dense
layers is as large as far as its tensors go, and cheaper.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .measures import process, table

CONVNEXT = ["zoo:convnext", "--set", "depths=[5000, 5000, 5000, 5000]"]


def cases(folder: Path) -> list[tuple[str, list[str], str]]:
    """Commands: a name, their words, and what they are to keep to."""
    chain, deep = folder / "chain.yaml", folder / "convnext.yaml"
    chain.write_text("layers:\n- sequential:\n  - dense: 4\n    repeat: 10000\n  repeat: 10\n", "utf-8")
    text = (Path(__file__).parents[2] / "specs" / "convnext.yaml").read_text("utf-8").partition("checks:")[0]
    deep.write_text(text.replace("depths: [3, 3, 9, 3]", "depths: [5000, 5000, 5000, 5000]"), "utf-8")
    return [
        ("check dense chain", ["check", str(chain)], "3 s, 250 MB"),
        ("show dense chain", ["show", str(chain)], "6 s, 450 MB"),
        ("check ConvNeXt", ["check", str(deep)], "8 s, 500 MB"),
        ("show ConvNeXt", ["show", *CONVNEXT], "9 s, 700 MB"),
        ("show ConvNeXt --depends", ["show", *CONVNEXT, "--depends"], "11 s, 750 MB"),
        ("show ConvNeXt --depends --as keras", ["show", *CONVNEXT, "--depends", "--as", "keras"], "14 s, 900 MB"),
        ("show ConvNeXt --layers", ["show", *CONVNEXT, "--layers"], "11 s, 900 MB"),
    ]


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, words, limit in cases(Path(folder)):
            run = process(sys.executable, "-m", "deferinit_cli", *words)
            rows.append([name, f"{run.cpu:.1f}", f"{run.wall:.1f}", f"{run.peak:.0f}", limit])
    table("The largest networks that are let in", ["command", "cpu s", "wall s", "peak MiB", "to keep to"], rows)


if __name__ == "__main__":
    main()
