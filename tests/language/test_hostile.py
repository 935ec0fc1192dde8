"""Texts that nobody meant to write: whatever they are, the answer is a rejection, after little work, and never a traceback."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.builder import root
from deferinit_cli.language.builder.builder import Builder
from deferinit_cli.language.builder.counting import Counter
from deferinit_cli.language.builder.limits import MAX_REPEAT
from deferinit_cli.language.load import load, load_text
from deferinit_cli.problems import Rejected
from deferinit_cli.report import Report
from deferinit_cli.views import table

from ..effort import effort
from ..limits import ending


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
    with ending(text), pytest.raises(Rejected):
        resolved = infer(load(text + "\n"))
        if diagnostics(resolved):
            raise Rejected(diagnostics(resolved))


def test_sizes_that_grow_with_every_layer() -> None:
    """Sums of floors share their parts: written out they would double with each layer."""
    body = "".join(
        f"- conv2d: {{channels: 4, kernel_size: 3, stride: {2 + k % 3}, padding: {k % 7}}}\n- upsample: {{scale: {1 + k % 4}}}\n"
        for k in range(80)
    )

    def work() -> None:
        resolved = infer(load("inputs: {x: [N, 3, H, W]}\nlayers:\n" + body + "- flatten\n- dense: 10\n"))
        report = Report(resolved, "show", "")
        assert "…(H, W)" in table.render(report, {"layers": True})
        contract_of(resolved)

    with ending():
        assert effort(work) < 10_000_000


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


# ---- more than is built

BLOCKS = """
blocks:
  a: {layers: [{relu: , repeat: 10000}]}
  b: {layers: [{a: , repeat: 10000}]}
  c: {layers: [{b: , repeat: 10000}]}
layers: [c]
"""
IMPORTS = {
    "spec.yaml": "import: {inner: ./inner.yaml}\nlayers:\n- sequential: [inner, inner]\n  repeat: 10000\n",
    "inner.yaml": "import: {last: ./last.yaml}\nblocks: {b: {layers: [{last: , repeat: 10000}]}}\nlayers: [{b: , repeat: 9}]\n",
    "last.yaml": "layers:\n- relu\n- gelu\n",
}
DOUBLING = "blocks:\n" + "".join(f"  b{k}: {{layers: [b{k + 1}, b{k + 1}]}}\n" for k in range(40)) + "  b40: {layers: [relu]}\nlayers: [b0]\n"


@pytest.mark.parametrize("spec", [BLOCKS, DOUBLING, IMPORTS], ids=["blocks", "doubling", "imports"])
def test_repeat_bombs_are_refused_before_they_are_built(tmp_path: Path, spec: Any) -> None:
    files = spec if isinstance(spec, dict) else {"spec.yaml": spec}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert rules(tmp_path / "spec.yaml") == ["too-many-layers"]  # what is imported lazily is imported now
    assert effort(lambda: rules(tmp_path / "spec.yaml")) < 100_000


def test_bombs_that_only_building_meets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts from variables, and items applied again, are known when they are built: it stops at the limit."""
    limit = 2_000
    for module in ("limits", "root"):
        monkeypatch.setattr(f"deferinit_cli.language.builder.{module}.MAX_INSTANCES", limit)
    calls = DOUBLING.replace("blocks:", "vars: {n: 2}\nblocks:")
    for k in range(40):
        calls = calls.replace(f"[b{k + 1}, b{k + 1}]", f"[{{b{k + 1}: , repeat: n}}]")
    repeats = "vars: {n: 9}\nlayers:\n- sequential:\n  - sequential:\n    - relu:\n      repeat: n\n    repeat: n\n  repeat: 25\n"
    again = "layers:\n- relu s0\n" + "".join(f"- sequential s{k + 1}:\n  - apply: s{k}\n  - apply: s{k}\n" for k in range(20))
    for text in (calls, repeats, again):
        assert "too-many-layers" in rules(text), text
        assert effort(lambda text=text: rules(text)) < 400 * limit


def test_the_largest_network_is_built() -> None:
    """A container and 24 layers, 10 000 times: not one more."""
    most = "layers:\n- sequential: [" + ", ".join(["relu"] * 24) + "]\n  repeat: 10000\n"
    assert len(load(most).nodes) == 240_000
    assert rules(most + "- relu\n") == ["too-many-layers"]


def test_tensors_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deferinit_cli.language.builder.limits.MAX_TENSORS", 100)
    assert len(load("layers:\n- dense: 3\n  repeat: 50\n").parameters) == 100
    for text in ("- dense: 3\n  repeat: 51\n", "- dense: 3\n" * 51, "- dense: 3\n" * 50 + "- dense x: {units: 3}\n"):
        assert rules("layers:\n" + text) == ["too-many-layers"]


COUNTED = [p.read_text("utf-8") for p in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))] + [
    "layers:\n- sequential h: [relu, relu]\n  when: true\n- apply: h\n  repeat: 3\n",
    "vars: {small: true}\nlayers:\n- sequential h: [relu]\n  when: small\n- sequential h: [relu, relu, relu]\n  when: not small\n- apply: h\n",
    "layers:\n- sequential h: [relu, relu, relu]\n- sequential:\n  - relu h\n  - apply: h\n    repeat: 9\n  repeat: 2\n",
    "blocks: {b: {layers: [residual: [relu, sequential: [relu]]]}}\nlayers: [{b: , repeat: 4}, branches: [[b], [b, relu]], add]\n",
    "layers: [{b: , repeat: 0}, relu]\nblocks: {b: {layers: [relu, relu]}}\n",
]


@pytest.mark.parametrize("text", COUNTED, ids=range(len(COUNTED)))
def test_a_count_is_never_above_what_is_built(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what could be built would be refused. Where nothing hangs on a value, it is the number itself."""
    counts: list[int] = []
    builders: list[Builder] = []

    class Kept(Builder):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            builders.append(self)

    def count(file: Any) -> bool:
        counts.append(sum(map(Counter(MAX_REPEAT).item, file.items)))
        return False

    monkeypatch.setattr(root, "Builder", Kept)
    monkeypatch.setattr(root, "too_large", count)
    load_text((text, "<text>", "network", Path(__file__).parents[2] / "specs"))
    assert 0 < counts[0] <= builders[0].limits.instances
    if "vars:" not in text and "when:" not in text and "apply" not in text:
        assert counts[0] == builders[0].limits.instances


def test_blocks_and_containers_in_each_other() -> None:
    """Each within its own limit, together they would be too much for Python's stack."""
    inner = "sequential: [" * 30 + "{0}" + "]" * 30
    deep = "blocks:\n" + "".join(f"  b{k}: {{layers: [{inner.format(f'b{k + 1}')}]}}\n" for k in range(40)) + "  b40: {layers: [relu]}\n"
    assert rules(deep + "layers: [b0]\n") == ["too-deep"]
    layers = len(load(deep + "layers: [b39, b39]\n").nodes)
    assert layers == 2
