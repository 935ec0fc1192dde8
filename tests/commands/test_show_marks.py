"""On an error the table stops at the layer it is about, with the reason beneath that row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import deferinit

BLOCK = """blocks:
  half:
    inputs: {y: [N, 9]}
    layers:
    - dense: 3
    - relu
"""
MARKED = {
    "an expect": ("layers:\n- dense a: 8\n- dense b: 4\n  expect: [N, 5]\n- dense c: 3\n", [], ["a", "b"], "b is (2, 4), not (N, 5)"),
    "a block's input, made by a layer": (
        BLOCK + "layers:\n- dense a: 8\n- half h\n- dense c: 3\n", [], ["a", "h.dense0"], "what goes into half h is (2, 8), not (N, 9)"),
    "a block's input, from outside": (
        BLOCK + "layers:\n- half h\n- dense c: 3\n", [], ["h.dense0"], "what goes into half h is (2, 6), not (N, 9)"),
    "an expect in every copy of a repeat": (
        "layers:\n- dense d: 6\n  repeat: 4\n  expect: [N, 5]\n- dense c: 3\n", [], ["d.0"], "d.0 is (2, 6), not (N, 5)"),
    "an expect in some copies, alike as they are": (
        "layers:\n- dense d: 6\n  repeat: 4\n  expect: [N, 6 - i // 2]\n- dense c: 3\n", [], ["d.0…1  × 2", "d.2"],
        "d.2 is (2, 6), not (N, 5)"),
    "layers joined by --depth": (
        "layers:\n- sequential s: [dense a: 8, {dense b: 4, expect: [N, 5]}, relu]\n- dense c: 3\n", ["--depth", "1"], ["s"],
        "s.b is (2, 4), not (N, 5)"),
    "a layer that fails itself": ("layers:\n- dense a: 8\n- group_norm g: 3\n- dense c: 3\n", [], ["a", "g"],
                                  "g: 8 channels do not split into 3 groups"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "options", "names", "message"), MARKED.values(), ids=MARKED)
def test_the_row_it_is_about_is_the_last_and_marked(
    tmp_path: Path, spec: str, options: list[str], names: list[str], message: str
) -> None:
    (tmp_path / "x.yaml").write_text(spec)
    result = deferinit("show", "x.yaml", "--input", "2x6", *options, cwd=tmp_path)
    assert result.returncode == 1
    _, _, rows = result.stdout.rstrip("\n").partition("─\n")
    *layers, mark = rows.split("\n")
    assert [line[: len(name)] for line, name in zip(layers, names)] == names and len(layers) == len(names)
    assert mark == f"▲ {message}"


def test_the_json_names_the_layer(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(MARKED["an expect"][0])
    found = json.loads(deferinit("show", "x.yaml", "--input", "2x6", "--format", "json", cwd=tmp_path).stdout)
    assert [(p["rule"], p["layer"]) for p in found["problems"]] == [("size-mismatch", "b")]
    assert all("_problem" not in row for row in found["layers"])
