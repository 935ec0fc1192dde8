"""From items to nodes: calls of blocks and files, what is applied again, and how the work grows with the text."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from deferinit_cli.language.load import load
from deferinit_cli.problems import Rejected
from tests.benchmarks.reading import SHAPES
from tests.effort import effort


def test_a_file_called_again_has_its_own_variables(tmp_path: Path) -> None:
    (tmp_path / "sub.yaml").write_text("vars: {d: 3}\nblocks: {b: {args: [k=d], layers: [{dense: k}]}}\nlayers: [b, b]\n")
    (tmp_path / "main.yaml").write_text("import: {m: ./sub.yaml}\nlayers: [m: {d: 4}, m: {d: 5}, m: ]\n")
    assert [n.layer.units for n in load(str(tmp_path / "main.yaml")).nodes] == [4, 4, 5, 5, 3, 3]


def test_calls_as_deep_as_they_go_and_one_more() -> None:
    def deep(n: int) -> str:
        inner = "".join(f"  b{k}: {{layers: [b{k + 1}]}}\n" for k in range(n))
        return f"blocks:\n{inner}  b{n}: {{layers: [dense: 3]}}\nlayers: [b0]"

    assert [p.name.count(".") for p in load(deep(47)).parameters] == [49, 49]
    with pytest.raises(Rejected) as caught:
        load(deep(48))
    assert [d.rule for d in caught.value.diagnostics] == ["too-deep"]


@pytest.mark.parametrize("made", ["dense a: 3", "b a", "sequential a: [dense: 3]"])
def test_what_is_applied_in_a_repeat_is_a_copy_of_that_repeat(made: str) -> None:
    """Reports fold equal copies, and an application stands among those of its own repeat, wherever the layer was made."""
    spec = f"blocks: {{b: {{layers: [dense: 3]}}}}\nlayers:\n- {made}:\n- apply again: a\n  repeat: 3\n".replace(
        "]:", "]"
    ).replace("3:", "3")
    assert [n.fold for n in load(spec).nodes] == [None, ("again", 0), ("again", 1), ("again", 2)]
    inside = (
        spec.replace("  repeat: 3", "")
        .replace(f"- {made}", f"- sequential s:\n  - {made}", 1)
        .replace("again: a", "again: s.0.a")
    )
    inside = inside.replace("- apply", "  repeat: 2\n- apply")
    assert [n.fold for n in load(inside).nodes] == [("s", 0), ("s", 1), None]


@pytest.mark.parametrize("shape", SHAPES)
def test_reading_is_linear(shape: str) -> None:
    """Twice as many lines, and calls in them, are twice the work and no more."""
    load(SHAPES[shape](50))  # what is imported late
    less, more = [effort(partial(load, SHAPES[shape](size))) for size in (600, 1200)]
    assert more < 2.1 * less
