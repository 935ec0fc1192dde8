"""The rules of options and of files beside the spec: each is told, with the exit code that says whose fault it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deferinit_cli import cli

SPEC = "inputs: {x: [N, 20]}\nvars: {d: 10}\nlayers:\n- dense fc: d\n"
OPEN = "layers:\n- dense fc: 3\n"
HALVES = """inputs: {x: [N, D], y: [N, 1]}
layers:
- split: {parts: 2}
  from: x
- concat: {axis: 1}
  from: [x, y]
- split: {parts: 2}
"""
TWO = "inputs: {a: [N, 2], b: [N, 2]}\nlayers:\n- add: [a, b]\n"


CASES = [
    ("no-spec", 2, "show"),
    ("unknown-network", 2, "show zoo:mpl"),
    ("unknown-page", 2, "guide lnguage"),
    ("unreadable", 2, "show none.yaml"),
    ("unreadable", 2, "show folder"),
    ("set-option", 2, "show net.yaml --set d"),
    ("unknown-variable", 2, "show net.yaml --set e=3"),
    ("variable-type", 2, "show net.yaml --set d=2.5"),
    ("input-option", 2, "show net.yaml --input 2xx20"),
    ("input-option", 2, "show net.yaml --input y=2x20"),
    ("input-option", 2, "show net.yaml --input 2x20 --input x=2x20"),
    ("input-option", 2, "show two.yaml --input 2x20"),
    ("input-option", 2, "show net.yaml --input 0x20"),
    ("unknown-dtype", 2, "show net.yaml --input 2x20:float"),
    ("input-mismatch", 1, "show net.yaml --input 2x21"),
    ("where-option", 2, "solve net.yaml --where fc.weight"),
    ("where-option", 2, "solve net.yaml --where gc.weight=10x20"),
    ("where-option", 2, "solve net.yaml --where fc.weight=10xx20"),
    ("where-option", 2, "solve net.yaml --where fc.weight=10xK"),
    ("no-solution", 1, "solve halves.yaml --where y=2x1"),
    ("weights-unrelated", 2, "solve net.yaml --weights other.npz"),
    ("weights-format", 2, "run net.yaml --input 2x20 --weights net.yaml"),
    ("unresolved", 1, "init open.yaml -o w.npz"),
    ("cannot-write", 1, "init net.yaml --input 2x20 -o none/w.npz"),
    ("no-match", 2, "check none*.yaml"),
    ("too-many-combinations", 2, "check net.yaml --set d=" + ",".join(map(str, range(1, 1002)))),
    ("input-option", 2, "check net.yaml --input y=2x20,y=3x20"),
]


@pytest.mark.parametrize(("rule", "code", "line"), CASES, ids=[f"{rule}: {line[:40]}" for rule, _, line in CASES])
def test_options(
    rule: str, code: int, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if rule != "no-spec":
        Path("net.yaml").write_text(SPEC)
        for name, text in (("two", TWO), ("open", OPEN), ("halves", HALVES)):
            Path(f"{name}.yaml").write_text(text)
    Path("folder").mkdir()
    np.savez("other.npz", other=np.zeros((2, 2), "f4"))
    assert cli.run(line.split()) == code
    out, err = capfd.readouterr()
    assert f"[{rule}]" in err + out
    assert not Path("w.npz").exists()


def test_a_run_without_an_outcome_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from deferinit_cli.commands import check

    (tmp_path / "net.yaml").write_text(SPEC)
    monkeypatch.setattr(check, "examined", lambda *_: [])
    assert cli.run(["check", str(tmp_path / "net.yaml")]) == 2
    assert "[nothing-checked]" in capfd.readouterr().err
