"""`deferinit contract`: what is printed, in every format, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli import deferinit

NET = """\
inputs: {image: [N, 3, H, W]}
vars: {cells: 3}
layers:
- pad: {widths: [[1, 0], [0, 0]]}
- pixel_unshuffle p: 2
- max_pool2d q: [1, cells]
"""


def test_formats(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    table = deferinit("contract", "net.yaml", cwd=tmp_path)
    assert (table.returncode, table.stderr) == (0, "")
    assert table.stdout == (
        "contract: N >= 1 · H >= 1, H % 2 == 1 · W >= 6, W % 2 == 0\n"
        "exact\n"
        "  H % 2 == 1  asked for by p (net.yaml:5)  fails at H = 2\n"
        "  W % 2 == 0  asked for by p (net.yaml:5)  fails at W = 3\n"
        "  W >= 6      asked for by q (net.yaml:6)  fails at W = 4\n"
    )
    markdown = deferinit("contract", "net.yaml", "--format", "markdown", cwd=tmp_path).stdout
    assert "| condition | asked for by | fails at |" in markdown
    assert "| W % 2 == 0 | p (net.yaml:5) | W = 3 |" in markdown
    plain = deferinit("contract", "net.yaml", "--ascii", cwd=tmp_path).stdout
    assert plain == table.stdout.replace("·", "-")
    both = deferinit("contract", "net.yaml", "--format", "json=out.json", "--format", "table", cwd=tmp_path)
    assert both.stdout == table.stdout
    data = json.loads((tmp_path / "out.json").read_text())
    w = data["contract"][2]
    assert {k: w[k] for k in ("symbol", "input", "axis", "min", "max", "modulus", "residues", "exact")} == {
        "symbol": "W", "input": "image", "axis": 3, "min": 6, "max": None, "modulus": 2, "residues": [0], "exact": True
    }  # fmt: skip
    assert w["reasons"][1] == {"condition": "W >= 6", "layer": "q", "file": "net.yaml", "line": 6, "example": {"W": 4}}
    assert (data["schema"], data["exact"], data["conditions"]) == (1, True, [])


def test_inputs_and_variables(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    some = deferinit("contract", "net.yaml", "--input", "1x3x7xW", "--set", "cells=5", cwd=tmp_path)
    assert some.stdout.startswith("contract: W >= 10, W % 2 == 0\nexact\n")
    wrong = deferinit("contract", "net.yaml", "--input", "1x3x8xW", cwd=tmp_path)
    assert wrong.returncode == 1
    assert "H = 8, but H >= 1, H % 2 == 1: nearest 7 and 9" in wrong.stderr


def test_no_valid_size(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET + "- pixel_unshuffle r: 2\n  from: image\n".replace("r: 2\n", "r:\n    factor: 2\n"))
    found = deferinit("contract", "net.yaml", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout.startswith("contract: N >= 1 · no H · W >= 6, W % 2 == 0\nno input is valid\n")
    assert "net.yaml:8:13: no H is valid: H % 2 == 0 never holds where (H + 1) % 2 == 0 [no-valid-size]" in found.stderr
    data = json.loads(deferinit("contract", "net.yaml", "--format", "json", cwd=tmp_path).stdout)
    assert (data["contract"][1]["residues"], data["example"]) == ([], None)
    assert [(p["rule"], p["line"]) for p in data["problems"]] == [("no-valid-size", 8)]
