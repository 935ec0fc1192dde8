"""What parameters' shapes depend on: judged by inferring at other sizes and looking what changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deferinit_cli import load as load_model
from deferinit_cli.graph import Given, Network
from deferinit_cli.infer.derivation.depends import Depends
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.problems import Source, Span
from deferinit_cli.report import Report
from deferinit_cli.shapes.dims import Sym
from tests.cli import deferinit
from tests.specs import network, resolve


def at(net: Network, sizes: dict[str, int]) -> list[Given]:
    """The network's inputs, of declared rank, at given sizes by symbol."""
    place = Span(Source("test"), 1, 1)
    return [
        Given(i.name, tuple(sizes[d.name] if type(d) is Sym else d for d in i.dims), None, place)  # type: ignore[union-attr]
        for i in net.inputs
        if i.dims is not None
    ]


@pytest.mark.parametrize("name", zoo_names())
def test_what_changes_with_a_size_is_what_depends_on_it(name: str) -> None:
    net = load(f"zoo:{name}")
    if any(i.dims is None or not all(type(d) in (int, Sym) for d in i.dims) for i in net.inputs):
        pytest.skip("an input of unknown rank")
    depends = Depends(infer(net))
    axes = contract_of(infer(net)).axes
    low = {a.symbol: a.sizes.nearest(60)[1] or a.sizes.nearest(60)[0] or 1 for a in axes}
    base = infer(net, at(net, low))
    assert not base.conflicts
    found = {p.name: set(depends.of(p)) for p in net.parameters}
    tried = set()
    for a in axes:
        other = a.sizes.nearest(low[a.symbol] * 2 + 1)[1]
        if other is None or other == low[a.symbol]:
            continue
        moved = infer(net, at(net, {**low, a.symbol: other}))
        if not moved.conflicts:
            tried.add(a.symbol)
            for p in net.parameters:
                assert (moved.tensor(p) != base.tensor(p)) == (a.symbol in found[p.name]), (p.name, a.symbol)
    assert tried >= {s for d in found.values() for s in d}, "every symbol that something depends on is tried"
    given_ = Depends(infer(net, at(net, low)))  # numbers given stand for any size
    assert {p.name: set(given_.of(p)) for p in net.parameters} == found


def of(spec: str, *inputs: str) -> dict[str, list[str]]:
    resolved = resolve(spec, *inputs)
    depends = Depends(resolved)
    return {p.name: depends.of(p) for p in resolved.network.parameters}


def test_sizes_without_a_name_and_given_ones() -> None:
    spec = "layers: [dense a: 4, dense b: 5]\n"
    assert of(spec) == {"a.weight": ["input[-1]"], "a.bias": [], "b.weight": [], "b.bias": []}
    assert of(spec, "2x20")["a.weight"] == ["input[1]"]
    assert of(spec, "Bx20")["a.weight"] == ["input[1]"]


def test_what_is_unresolved_depends_on_what_it_would_be_worked_out_from() -> None:
    spec = "inputs: {x: [N, C, H, W]}\nlayers:\n- conv2d c: {channels: 4, kernel_size: 3, stride: _}\n- flatten\n- dense d: 3\n"
    assert of(spec) == {"c.weight": ["C"], "c.bias": [], "d.weight": ["N", "C", "H", "W"], "d.bias": []}
    assert of("inputs: {x: [N, 8]}\nlayers:\n- dense a: _\n- dense b: 3\n")["b.weight"] == []


WARNED = {
    "a batch": ("inputs: {x: [N, 8]}\nlayers: [{dense a: {units: N}}]\n", [], "a.weight, a.bias depend on N, the batch of `x`"),
    "a batch given as a number": ("layers:\n- transpose: [1, 0]\n- dense a: 3\n", ["x"], "a.weight depends on input[0], the batch of `input`"),
    "a sequence": ("inputs: {x: [N, T, 40]}\nlayers: [flatten, dense a: 3]\n", [], "a.weight depends on T, the sequence of `x`"),
    "a sequence of words": (
        "inputs: {ids: {shape: [N, T], dtype: int64}}\nlayers: [embedding e: {input_dim: 9, output_dim: 4}, flatten, dense a: 3]\n", [],
        "a.weight depends on T, the sequence of `ids`"),
    "positions": ("inputs: {x: [N, T, 40]}\nlayers:\n- parameter pos: {shape: [T, 40]}\n- add: [x, pos]\n", [],
                  "pos depends on T, the sequence of `x`"),
    "channels": ("inputs: {x: [N, C, L]}\nlayers: [conv1d c: {channels: 3, kernel_size: 3}]\n", [], ""),
    "an image": ("inputs: {x: [N, C, H, W]}\nlayers: [flatten, dense a: 3]\n", [], ""),
    "features": ("inputs: {x: [N, D]}\nlayers: [dense a: 3]\n", [], ""),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "inputs", "warning"), WARNED.values(), ids=WARNED)
def test_batches_and_sequences_are_warned_of(spec: str, inputs: list[str], warning: str) -> None:
    resolved = resolve(spec, *(["4x7"] if inputs else []))
    found = Report(resolved, "show", "", depends=True).warnings
    rest = ": made for one size of it, the network takes no other"
    assert [p["message"] for p in found] == ([warning + rest] if warning else [])
    assert all((p["severity"], p["rule"]) == ("warning", "parameter-of-input-size") and p["line"] for p in found)


def test_every_format_tells(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("inputs: {x: [N, T, 40]}\nlayers: [flatten, dense a: 3]\n")
    table = deferinit("show", "x.yaml", "--depends", cwd=tmp_path).stdout
    assert "depends_on" in table and "warning: a.weight depends on T" in table
    document = json.loads(deferinit("show", "x.yaml", "--depends", "--format", "json", cwd=tmp_path).stdout)
    assert [r["depends_on"] for r in document["parameters"]] == [["T"], []]
    assert document["warnings"] == [p["message"] for p in document["problems"]]
    (told,) = document["problems"]
    assert (told["severity"], told["rule"], told["line"], told["layer"]) == ("warning", "parameter-of-input-size", 2, "a")
    rows = deferinit("show", "x.yaml", "--depends", "--format", "csv", "--input", "2x5x40", cwd=tmp_path).stdout.split("\n")
    assert rows[0].endswith(",depends_on,severity,rule,message")
    assert ',T,warning,parameter-of-input-size,"a.weight depends on T' in rows[1] and ",,warning," in rows[2]
    markdown = deferinit("show", "x.yaml", "--depends", "--format", "markdown", cwd=tmp_path).stdout
    assert "depends_on" in markdown and "warning: a.weight" in markdown
    without = json.loads(deferinit("show", "x.yaml", "--format", "json", cwd=tmp_path).stdout)
    assert "warnings" not in without and "depends_on" not in without["parameters"][0]
    keras = deferinit("show", "x.yaml", "--depends", "--as", "keras", cwd=tmp_path).stdout
    assert "warning: a/kernel depends on T" in keras


def test_from_python() -> None:
    model = load_model("inputs: {x: [N, T, 40]}\nlayers: [flatten, dense a: 3]\n")
    assert model.parameters["a.weight"].depends_on == ("T",)
    model.resolve((2, 5, 40))
    assert (model.parameters["a.weight"].shape, model.parameters["a.weight"].depends_on) == ((3, 200), ("T",))
    assert model.parameters["a.bias"].depends_on == ()
    assert "warning: a.weight depends on T" in model.table(depends=True)


def test_a_rank_three_input_that_no_convolution_takes_has_no_channels() -> None:
    net = network("inputs: {x: [N, T, 40]}\nlayers: [flatten, dense a: 3]\n")
    (row, _) = Report(infer(net), "show", "").parameters
    assert row["waits_for"] == "dim 1 of `x` (T)"
