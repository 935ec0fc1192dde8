"""Texts that nobody meant to write: whatever they are, the answer is a rejection, in time, and never a traceback."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from deferinit_cli.infer.contract import contract_of
from deferinit_cli.infer.diagnose import diagnostics
from deferinit_cli.infer.engine import infer
from deferinit_cli.problems import Rejected
from deferinit_cli.report import Report
from deferinit_cli.spec.load import load
from deferinit_cli.views import table
from deferinit_cli.views.problems import render_all

SPECS = [p.read_text("utf-8") for p in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml")) if p.stat().st_size < 1500]
ROUNDS = int(os.environ.get("DEFERINIT_MUTATIONS", "300"))
WORDS = [w for t in SPECS for w in t.replace(":", " ").split()] + [
    "_", "...", "-1", "0", "1e9", "N", "{", "}", "[", "]", "*a", "&a", "? ", "|", ">", "'", '"', "\t", "null", "true", "2**64",
    "10**18", "=x", "%", "`", "@", "!!int", "<<", "é", "\u202e", "\x00", "if", "else", "[]", "{}", "()", "prev", "input", "9" * 30,
]  # fmt: skip


def mutated(r: random.Random) -> str:
    text = r.choice(SPECS)
    for _ in range(r.randint(1, 4)):
        separator = r.choice([" ", "\n"])
        tokens = text.split(separator)
        i = r.randrange(len(tokens))
        action = r.random()
        if action < 0.4:
            tokens[i] = r.choice(WORDS)
        elif action < 0.6:
            del tokens[i]
        elif action < 0.8:
            tokens.insert(i, r.choice(WORDS))
        else:
            j = r.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]
        text = separator.join(tokens)
    return text + "\n"


@pytest.mark.parametrize("seed", range(4))
def test_mutated_specs(seed: int) -> None:
    r = random.Random(seed)
    rejected = 0
    for _ in range(ROUNDS // 4):
        text = mutated(r)
        start = time.process_time()
        try:
            resolved = infer(load(text))
            found = diagnostics(resolved)
            report = Report(resolved, "show", "")
            report.reject(found)
            assert table.render(report, {"layers": True})
            assert render_all(found) or not found
            if not found:
                contract_of(resolved)
            rejected += bool(found)
        except Rejected as e:
            assert render_all(e.diagnostics)
            rejected += 1
        assert time.process_time() - start < 5, text
    assert rejected >= ROUNDS // 20


@pytest.mark.parametrize(
    "text",
    [
        "layers:\n" + "".join(f"{'  ' * k}- residual:\n" for k in range(60)) + "  " * 60 + "- relu\n",
        "layers:\n- sequential:\n  - sequential:\n    - relu:\n      repeat: 10000\n    repeat: 10000\n  repeat: 10000\n",
        "blocks: {a: {layers: [b]}, b: {layers: [a]}}\nlayers: [a]\n",
        "vars: {x: " + "9*" * 240 + "9}\nlayers: [dense: x]\n",
        "vars: {x: " + "(" * 200 + "1" + ")" * 200 + "}\nlayers: [dense: x]\n",
        "vars: {x: [1, 2]}\nlayers:\n- dense: len(x * 10 ** 9)\n",
        "layers: [dense: 2 ** 64 ** 64]\n",
        "layers: [{dense \u202eevil: 3}]\n",
        "inputs: {}\nlayers: [relu]\n",
        "layers:\n- relu\n" * 2,
        "{" * 100,
        "layers: [[[[[[]]]]]]\n",
        "a: " * 100 + "\n",
        "blocks:\n"
        + "".join(f"  b{k}: {{layers: [b{k + 1}, b{k + 1}]}}\n" for k in range(40))
        + "  b40: {layers: []}\nlayers: [b0]\n",
        "layers:\n- sequential s0: []\n"
        + "".join(f"- sequential s{k + 1}:\n  - apply: s{k}\n  - apply: s{k}\n" for k in range(40)),
        "vars:\n  a0: [1]\n"
        + "".join(f"  a{k + 1}: [{', '.join([f'a{k}'] * 10)}]\n" for k in range(12))
        + "layers: [dense: a12]\n",
        "layers:\n- relu h:\n  repeat: 5000\n" + "- concat: [h.*]\n" * 3000,
        "layers: [dense: " + "-" * 479 + "1]\n",
        'doc: "' + "\t" * 400_000 + '"\nlayers: [relus]\n',
    ],
)
def test_bombs(text: str) -> None:
    start = time.process_time()
    with pytest.raises(Rejected):
        resolved = infer(load(text + "\n"))
        if diagnostics(resolved):
            raise Rejected(diagnostics(resolved))
    assert time.process_time() - start < 5


def test_sizes_that_grow_with_every_layer() -> None:
    """Sums of floors share their parts: written out they would double with each layer."""
    body = "".join(
        f"- conv2d: {{channels: 4, kernel_size: 3, stride: {2 + k % 3}, padding: {k % 7}}}\n- upsample: {{scale: {1 + k % 4}}}\n"
        for k in range(80)
    )
    start = time.process_time()
    resolved = infer(load("inputs: {x: [N, 3, H, W]}\nlayers:\n" + body + "- flatten\n- dense: 10\n"))
    report = Report(resolved, "show", "")
    assert "…(H, W)" in table.render(report, {"layers": True})
    contract_of(resolved)
    assert time.process_time() - start < 5


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for path in (tmp_path / "pipe.yaml", tmp_path / "folder.yaml", tmp_path / "none.yaml", Path("/dev/zero")):
        with pytest.raises(Rejected) as caught:
            load(str(path))
        assert caught.value.diagnostics[0].rule == "unreadable"


def rules(path: Path | str) -> list[str]:
    with pytest.raises(Rejected) as caught:
        load(str(path))
    return [d.rule for d in caught.value.diagnostics]


def test_references_that_multiply() -> None:
    """Each concat takes every value before it, all copies at once."""
    spec = "layers:\n- relu a:\n  repeat: 2000\n" + "- concat: [a.*]\n" * 501
    assert rules(spec) == ["too-many-connections"]


def test_more_problems_than_anyone_reads() -> None:
    found = rules("layers: [" + ", ".join(f"x{k}" for k in range(1000)) + "]\n")
    assert found == ["unknown-kind"] * 200 + ["too-many-problems"]


def test_imports_without_end(tmp_path: Path) -> None:
    """A chain is refused by its depth, a crowd by its number; a file that many import is read once."""
    for k in range(600):
        (tmp_path / f"chain{k}.yaml").write_text(f"import: {{next: ./chain{k + 1}.yaml}}\nlayers: [next]\n")
        (tmp_path / f"leaf{k}.yaml").write_text("layers: [relu]\n")
    assert "too-deep" in rules(tmp_path / "chain0.yaml")
    crowd = "import:\n" + "".join(f"  n{k}: ./leaf{k}.yaml\n" for k in range(600)) + "layers: [n0]\n"
    (tmp_path / "crowd.yaml").write_text(crowd)
    assert set(rules(tmp_path / "crowd.yaml")) == {"too-many-imports"}
    for k in range(20):  # 2 ** 20 ways lead to the last one
        (tmp_path / f"d{k}.yaml").write_text(f"import: {{a: ./d{k + 1}.yaml, b: ./d{k + 1}.yaml}}\nlayers: [a]\n")
    (tmp_path / "d20.yaml").write_text("layers: [relu]\n")
    assert len(load(str(tmp_path / "d0.yaml")).sources) == 21
