"""Random texts through the whole of the command line: no traceback, no hang, no stray file, every report well formed.

`DEFERINIT_FUZZ=100000 pytest tests/hostile/test_fuzz.py` for a long run; `DEFERINIT_FUZZ_SEED` for another one.
"""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deferinit_cli.cli import run
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.shapes.dims import REST

from ..limits import ending, memory
from . import grammar

ROUNDS = int(os.environ.get("DEFERINIT_FUZZ", "160"))
SEED = os.environ.get("DEFERINIT_FUZZ_SEED", "0")
PARTS = 4
FAULTS = ("internal", "internal-error", "memory", "MemoryError", "Traceback", "RecursionError")
HARMLESS = {"\n", "\t"}
REPORTS = {"json": "json", "sarif": "sarif", "junit": "xml"}
COMMANDS = (
    ("show", "--layers", "--format", "table"), ("show", "--depends", "--format", "json"), ("show", "--format", "csv", "--as", "keras"),
    ("show", "--format", "markdown", "--input", "2x8"), ("contract",), ("contract", "--format", "json"), ("why", "h.weight"), ("why", "prev[1]"),
    ("solve", "--input", "2x8"), ("check", "--input", "2x8,2x3x32x32", "--set", "n=1,2"), ("init",), ("show", "--set", "n=3"),
    ("show", "--depends", "--layers", "--format", "markdown"), ("show", "--depends", "--format", "csv"), ("contract", "--format", "markdown"),
)  # fmt: skip
SECONDS = 5
"""Of its own time, for any command."""


def asked(r: random.Random, found: Resolved | None) -> list[list[str]]:
    """More commands for a network that is accepted: sizes for its inputs, and questions about what it has."""
    if found is None:
        return []
    out: list[list[str]] = []
    for _ in range(2):
        sizes = {"N": 2, "C": r.choice([2, 4, 6])}
        given = []
        for entry in found.network.inputs:
            dims = [d if type(d) is int else sizes.get(str(d)) or r.randint(1, 40) for d in entry.dims or (2, 4, 9) if d is not REST]
            given += ["--input", f"{entry.name}={'x'.join(map(str, dims)) or 'scalar'}"]
        out.append([*r.choice([("show",), ("show", "--layers"), ("show", "--depends", "--format", "csv"), ("show", "--format", "json")]), *given])
    names = [*found.network.names, *(p.name for p in found.network.parameters)]
    for name in r.sample(names, min(2, len(names))):
        out.append(["why", *r.choice([(name,), (f"{name}[{r.randint(-3, 3)}]",), (name, "--format", "json"), (name, *given)])])
    tensors = [(p.name, shape) for p in found.network.parameters if (shape := found.tensor(p)) is not None]
    for name, shape in r.sample(tensors, min(1, len(tensors))):
        dims = [str(d) if type(d) is int else r.choice(["_", str(r.randint(1, 64))]) for d in shape]
        out.append(["solve", "--where", f"{name}={'x'.join(dims) or 'scalar'}"])
    return out


def printable(text: str, what: bytes) -> None:
    """Nothing that a terminal acts on or hides: colours off, every odd character escaped."""
    odd = {c for c in text if not c.isprintable() and c not in HARMLESS}
    assert not odd, (odd, what)


def tell(spec: Path, reports: dict[str, Path]) -> list[str]:
    """The arguments of a check with every report."""
    return ["check", str(spec), "--strict", "--format", "text", *(a for f, p in reports.items() for a in ("--format", f"{f}={p}"))]


@pytest.mark.parametrize("part", range(PARTS))
def test_anything_is_told(part: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    r = random.Random(f"{SEED}.{part}")
    (tmp_path / "reports").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a disk's pace is not what this is about
    spec = tmp_path / "here" / "spec.yaml"
    reports = {name: tmp_path / "reports" / f"r.{ending}" for name, ending in REPORTS.items()}
    codes = {0: 0, 1: 0, 2: 0}
    accepted = 0
    for _ in range(ROUNDS // PARTS):
        content, found = grammar.text(r)
        accepted += found is not None
        spec.write_bytes(content)
        for args in (tell(spec, reports), ["check", "--format", "github"], [*r.choice(COMMANDS)], *asked(r, found)):
            if str(spec) not in args:
                args.insert(1, "spec.yaml")
            with ending(f"{args} {content!r}", SECONDS), memory():
                code = run(args)
            out, err = capsys.readouterr()
            assert not set(FAULTS) & set(re.findall(r"[a-zA-Z-]+", out + err)), (args, content, out, err)
            assert code in codes, (args, content)
            codes[code] += 1
            printable(out, content)
            printable(err, content)
        json.loads(reports["json"].read_bytes())
        assert json.loads(reports["sarif"].read_bytes())["version"] == "2.1.0"
        ElementTree.fromstring(reports["junit"].read_bytes())
        assert os.listdir() == ["spec.yaml"]
    assert accepted >= ROUNDS // PARTS // 2
    assert codes[0] > ROUNDS // PARTS // 5 and codes[1] > ROUNDS // PARTS // 2, codes  # neither all right nor all wrong
