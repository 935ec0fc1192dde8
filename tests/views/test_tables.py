"""Tables to read: cells folded to a width, copies of repeats as one row, names seen from a layer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.report import Report
from deferinit_cli.views.fitting import GAP, fit, wrap
from deferinit_cli.views.folding import fold, near, signature_of_layer, sources, spread
from deferinit_cli.views.table import render
from tests.specs import resolve

WORDS = st.text(alphabet="ab.,() *+0…×", max_size=40)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(WORDS, st.integers(5, 50))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert squeezed("".join(lines)) == squeezed(text)
    assert all(len(line) <= width for line in lines)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(30, 90))
def test_a_table_keeps_to_the_width(rows: list[tuple[str, str, str]], room: int) -> None:
    cells = fit(["one", "two", "three"], [list(r) for r in rows], room)
    widths = [max([len(name), *(len(line) for row in cells for line in row[k])]) for k, name in enumerate(["one", "two", "three"])]
    assert sum(widths) + 2 * GAP <= room
    assert [[squeezed("".join(c)) for c in row] for row in cells] == [[squeezed(c) for c in r] for r in rows]


def test_cells_fold_between_parts() -> None:
    assert wrap("enc.0.conv.conv2d0", 16) == ["enc.0.conv.", "  conv2d0"]
    assert wrap("(N, 64, H//2, W//2)", 12) == ["(N, 64,", "  H//2,", "  W//2)"]
    assert wrap("73728*N*(H//2)*(W//2)", 16) == ["73728*N*(H//2)", "  *(W//2)"]
    assert wrap("18432*N*T**2", 11) == ["18432*N", "  *T**2"]
    assert wrap("h.0…11.mlp.c_fc  × 12", 18) == ["h.0…11.mlp.c_fc", "  × 12"]
    assert wrap("(N, 64, 2*(H//2), 5)", 12) == ["(N, 64,", "  2*(H//2),", "  5)"]
    assert wrap("9,437,184", 9) == ["9,437,184"]


def seen(layer: str, shown: str) -> str:
    """The full name that a layer means by a name."""
    inside = layer.split(".")[:-1]
    if shown.startswith(".."):
        return ".".join([*inside[:-1], shown[2:]])
    return ".".join([*inside, shown[1:]]) if shown.startswith(".") else shown


@pytest.mark.parametrize("name", zoo_names())
def test_where_layers_of_the_zoo_take_their_inputs_from(name: str) -> None:
    """Names seen from a layer mean what it takes; those behind `then` what the other copies take."""
    layers = Report(infer(load(f"zoo:{name}")), "show", name).layers
    for row in layers:
        assert [seen(row["name"], near(row["name"], v)) for v in row["inputs"]] == row["inputs"]
    for folded in fold(layers, signature_of_layer):
        told = sources(folded.copies).split(", ") if folded.row["inputs"] else []
        assert len(told) == len(folded.row["inputs"])
        for place, text in enumerate(told):
            first, _, then = text.partition(" then ")
            names = [r["inputs"][place] for r in folded.copies]
            assert seen(folded.row["name"], first) == names[0]
            for k, (row, truth) in enumerate(zip(folded.copies[1:], names[1:])):
                if then == "…":
                    continue
                own = re.sub(r"(\d+)…\d+", lambda found, k=k: str(int(found[1]) + k), then) if then else first  # type: ignore[misc]
                assert seen(row["name"], own) == truth


def test_names_that_count_up() -> None:
    assert spread(["..0.add", "..1.add", "..2.add"]) == "..0…2.add"
    assert spread(["..0.add", "..2.add"]) == spread(["a", "a.b"]) == spread(["a.b", "a.c"]) == "…"
    assert spread(["x"]) == "x"


def text_of(spec: str, **options: Any) -> str:
    return render(Report(resolve(spec), "show", "x.yaml"), {"layers": True, **options})


BLOCKS = """
inputs: {x: [N, 8]}
layers:
- dense: 8
  repeat: 12
- sequential s: [dense: 8, relu]
- add: [s, x]
"""


@pytest.mark.parametrize("name", ["gpt2", "swin", "whisper", "resnet"])
def test_ascii_is_ascii_and_in_line(name: str) -> None:
    text = render(Report(infer(load(f"zoo:{name}")), "show", name), {"layers": True, "ascii": True})
    assert text.isascii()
    for table in text.split("\n\n")[1:3]:
        head, rule, *rows = table.split("\n")
        starts = [m.start() for m in re.finditer(r"(?<=\s\s)\S|^\S", head)]
        assert set(rule) == {"-"} and len(rows) > 5
        left = [k for k in starts if head[k:].split()[0] not in ("count", "parameters", "macs")]
        assert len(left) >= 3
        for row in rows:
            assert all(len(row) <= k or (row[k - 2 : k] == "  " and row[k] != " ") or not row[k:].split("  ")[0] for k in left if k)


def test_colour_says_the_same_as_plain_text() -> None:
    for width in (None, 60):
        coloured = text_of(BLOCKS, color=True, width=width)
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text_of(BLOCKS, width=width)


def test_joined_layers_tell_all_that_goes_in() -> None:
    spec = "inputs: {x: [N, 8]}\nlayers:\n- dense a: 8\n- sequential s: [dense d: 8, {add: [d, x]}]\n"
    line = next(line for line in text_of(spec, depth=1).split("\n") if line.startswith("s "))
    assert line.split()[:4] == ["s", "block", "a,", "x"]


NOTES = {
    "a bare symbol, not said twice": ("inputs: {x: [N, C, H, W]}\nlayers: [conv2d a: {channels: 4, kernel_size: 3}]\n",
                                  "waits for C of `x`"),
    "several, by name": ("inputs: {x: [N, 3, H, W]}\nlayers: [flatten, dense a: 4]\n", "-1 = 3*H*W; waits for H, W of `x`"),
    "several inputs": ("inputs: {x: [N, S], y: [N, T]}\nlayers:\n- concat: [x, y]\n- dense a: 4\n",
                       "-1 = T + S; waits for S of `x`, T of `y`"),
    "without a name": ("layers: [dense a: 4]\n", "waits for the last dim of `input`"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "note"), NOTES.values(), ids=NOTES)
def test_what_is_waited_for_is_told_once_and_briefly(spec: str, note: str) -> None:
    rows = render(Report(resolve(spec), "show", "x.yaml"), {}).split("\n")
    assert next(r for r in rows if r.startswith("a.weight")).endswith("  " + note)
