"""Whole outputs, as people see them: fixed width, no colour. `pytest tests/golden --update-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import deferinit

HERE = Path(__file__).parent
CASES = {
    "lenet_layers": ["show", "zoo:lenet", "--layers"],
    "lenet_fails": ["show", "zoo:lenet", "--input", "2x1x12x12"],
    "gpt2_layers_ascii": ["show", "zoo:gpt2", "--input", "1x1024", "--layers", "--ascii"],
    "unet_layers_100": ["show", "zoo:unet", "--layers", "--width", "100", "--filter", "enc.[01]*", "--filter", "dec.3*"],
    "vit_depth_depends": ["show", "zoo:vit", "--input", "1x3x224x224", "--depth", "2", "--depends"],
}


@pytest.mark.parametrize("name", CASES)
def test_output(name: str, request: pytest.FixtureRequest) -> None:
    result = deferinit(*CASES[name])
    found = result.stdout + ("\n" + result.stderr if result.stderr else "")
    path = HERE / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), "as intended? then: pytest tests/golden --update-golden, and look at the diff"


def test_there_is_no_output_without_a_case() -> None:
    assert {p.stem for p in HERE.glob("*.txt")} == set(CASES)
