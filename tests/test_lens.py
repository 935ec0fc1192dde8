"""Other frameworks' names and layouts: against what real layers have, computed with real layers, and kept whole by the report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deferinit_cli as deferinit
from deferinit_cli.catalogue.examples import instance, spec
from deferinit_cli.framework_view import Lens, stars
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.core.framework_tensors import parts_of, pieces
from deferinit_cli.report import Report
from tests.cli import deferinit as command
from tests.frameworks.cases import CASES, Case, Run, print_of

FACTS = json.loads((Path(__file__).parent / "frameworks" / "layers.json").read_text())
KINDS = {name: cls for name, cls in registry.kinds().items() if not cls.structural}


@pytest.mark.parametrize(("framework", "case"), [(f, c) for f, cases in CASES.items() for c in cases],
                         ids=lambda v: v if isinstance(v, str) else v.name)  # fmt: skip
def test_a_real_layer_with_our_values_computes_what_we_do(framework: str, case: Case) -> None:
    """make.py gave the real layer these very arrays under these very names: the prints are of those."""
    found = next(r for r in FACTS[framework]["layers"] if r["name"] == case.name)
    run = Run(framework, case)
    assert found["made"] == case.made
    assert {n: list(a.shape) for n, a in run.theirs.items()} == {n: s for n, (s, _) in found["tensors"].items()}
    assert {n: list(s or ()) for n, s in run.shapes.items()} == {n: s for n, (s, _) in found["tensors"].items()}
    for name, (_, seen) in found["tensors"].items():
        assert abs(print_of(run.theirs[name]) - seen) < 1e-3, name
    assert abs(print_of(run.output) - found["output"]) < 1e-3 * np.abs(run.output).max()
    assert found["error"] < 1e-6


def test_every_case_was_run() -> None:
    for framework, cases in CASES.items():
        assert [r["name"] for r in FACTS[framework]["layers"]] == [c.name for c in cases]
    compared = {c.kind for cases in CASES.values() for c in cases}
    abroad = {k for k, cls in KINDS.items() for f in ("keras", "flax") if any(pieces(p, f) for p in example(cls).tensors())}
    assert abroad - {"parameter", "conv_transpose1d"} - compared == set()


def example(cls: Any) -> Any:
    found = instance(cls)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_tensor_says_what_others_have_for_it(kind: str) -> None:
    """By a word, never by silence; and nothing where the kind has no counterpart at all."""
    cls = KINDS[kind]
    for p in example(cls).tensors():
        for framework in ("keras", "flax", "mxnet"):
            assert p.names[framework] is not None, f"{p.key} says nothing of {framework}"
            if not cls.abroad[framework]:
                assert p.names[framework] == "", f"{framework} has no {kind}, but has {p.key}?"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("framework", ["torch", "keras", "flax", "mxnet"])
def test_no_value_is_lost(kind: str, framework: str) -> None:
    """Every number of a kind's tensors is in the framework's, once: added and stacked ones too."""
    cls = KINDS[kind]
    resolved = concrete(cls)
    node = next(n for n in resolved.network.nodes if n.layer.kind == kind)
    start = 0
    own = {}
    for p in node.parameters:
        shape = resolved.tensor(p)
        assert shape is not None
        own[p.key] = (start + np.arange(np.prod(shape, dtype=int)).reshape(shape)).astype(float)
        start += own[p.key].size
    views = Lens(framework).views(node)
    how = stars(resolved.frames[node.index])
    made = [v.convert(lambda p: own[p.key], how) for v in views]
    assert [a.shape for a in made] == [v.shape(resolved.tensor, how) for v in views]
    assert sum(a.sum() for a in made) == sum(range(start))
    if all(len(v.sources) == 1 for v in views):
        assert sorted(v for a in made for v in a.reshape(-1)) == list(range(start))


def concrete(cls: Any) -> Any:
    """The example with numbers for its symbols."""
    head, _, rest = spec(cls).partition("layers:")
    return infer(load(re.sub(r"\b[A-Z]\b", "4", head) + "layers:" + rest))


def test_totals_stay_this_networks_own() -> None:
    doc = json.loads(command("show", "-", "--as", "keras", "--format", "json", input=LSTM).stdout)
    torch = json.loads(command("show", "-", "--format", "json", input=LSTM).stdout)
    assert doc["totals"] == torch["totals"] and "as" not in torch
    theirs = sum(r["count"] for r in doc["parameters"])
    assert doc["as"] == {"framework": "keras", "parameters": theirs, "absent": ["scale0/weight"]}
    assert doc["totals"]["parameters"] - theirs == 4 * 32
    bias = next(r for r in doc["parameters"] if r["name"] == "a/lstm_cell/bias")
    assert (bias["of"], bias["note"]) == (["a.bias_ih_l0", "a.bias_hh_l0"], "bias_ih_l0 and bias_hh_l0 added")
    shown = command("show", "-", "--as", "keras", input=LSTM).stdout
    assert "the tensors of keras hold 6,304: it has one where two are added" in shown
    assert "not in keras" in shown
    assert sum(r["count"] for r in torch["parameters"]) == torch["totals"]["parameters"]


LSTM = "inputs: {x: [N, T, 16]}\nlayers:\n- lstm a: 32\n- scale\n"


def test_ties_and_repeats_keep_their_names() -> None:
    spec = """
inputs: {x: [N, T, 8]}
blocks:
  b: {layers: [{dense fc: 8}, {gru rnn: 8}]}
layers:
- b h:
  repeat: 3
- dense out: 8
  tie: {weight: h.0.fc.weight}
"""
    text = command("show", "-", "--as", "flax", input=spec).stdout
    assert "h/0…2/fc/kernel  × 3" in text and "h/0…2/rnn/cell/ir/kernel  × 3" in text and "is h/0/fc/kernel" in text
    assert "h_0…2_rnn_l0_i2h_weight  × 3" in command("show", "-", "--as", "mxnet", input=spec).stdout


def test_gates_change_places() -> None:
    """Keras' GRU has z r h, Flax one tensor a gate: told apart by values."""
    model = deferinit.load({"inputs": {"x": ["N", "T", 2]}, "layers": [{"gru y": 1}]}).initialize(x=(1, 3, 2))
    model.parameters["y.weight_ih_l0"].data = np.array([[1, 2], [3, 4], [5, 6]], "float32")
    keras, flax = model.parameters.as_in("keras"), model.parameters.as_in("flax")
    assert keras["y/gru_cell/kernel"].tolist() == [[3, 1, 5], [4, 2, 6]]
    assert flax["y/cell/iz/kernel"].tolist() == [[3], [4]]
    assert model.parameters["y.bias_ih_l0"].as_in("keras") == ("y/gru_cell/bias", (2, 3))
    with pytest.raises(ValueError, match=r"flax has 3 tensors for y\.weight_ih_l0"):
        model.parameters["y.weight_ih_l0"].as_in("flax")


def test_a_framework_without_it_says_so() -> None:
    """Groups of transposed convolutions, projections of LSTMs, depthwise kernels of three axes."""
    for item, framework in (
        ("conv_transpose2d: {channels: 4, kernel_size: 3, groups: 2}", "keras"),
        ("depthwise_conv3d: 3", "keras"),
        ("lstm: {hidden: 4, projection: 2}", "flax"),
        ("multi_head_attention: {heads: 2, kv_heads: 1}", "flax"),
    ):
        report = Report(infer(load_one(item)), "show", "-", framework)
        assert {r["note"] for r in report.parameters} == {f"not in {framework}"}
        assert report.totals["parameters"] == report.seen()["as"]["parameters"]


def load_one(item: str) -> Any:
    rank = {"conv": "[1, 4, 8, 8]", "dept": "[1, 4, 8, 8, 8]"}.get(item[:4], "[1, 8, 4]")
    return load(f"inputs: {{x: {rank}}}\nlayers:\n- {item}\n")


def test_parts_by_name() -> None:
    found = {p.key: parts_of(p) for p in example(KINDS["multi_head_attention"]).tensors()}
    assert found["in_proj_weight"] == {"q": "4*head_dim", "k": "4*head_dim", "v": "4*head_dim"}
    assert parts_of(example(KINDS["gru"]).tensors()[0]) == {"r": "hidden", "z": "hidden", "n": "hidden"}
