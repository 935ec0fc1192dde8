"""Every kind against values that real frameworks computed: shapes by the relation, numbers by the forward.

Each case in numerics/ holds inputs (`in0`, …), parameters (`p.NAME`), outputs (`out0`, …) and side outputs; the index
says which call of which framework made it.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deferinit_cli.graph import Input, Network, Node, Parameter
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.core.base import Layer
from deferinit_cli.problems import Source, Span
from deferinit_cli.shapes.dims import UNKNOWN

FOLDER = Path(__file__).parent / "numerics"
CASES = json.loads((FOLDER / "index.json").read_text())
KNOWN = [c for c in CASES if registry.find(c["kind"]) is not None]
RENAMED = {"replicate": "edge"}  # the words of the frameworks that made the cases
MORE_ARGS = {  # widths that PyTorch's kdim and vdim say
    "multi_head_attention__cross_width.npz": {"k_width": 4, "v_width": 4},
    "multi_head_attention__three_widths.npz": {"k_width": 4, "v_width": 5},
}
FLOAT_HERE = {"one_hot"}  # yields floats here, ints there


def written(value: Any) -> Any:
    if isinstance(value, list):
        return [written(v) for v in value]
    return UNKNOWN if value == "_" else RENAMED.get(value, value) if isinstance(value, str) else value


def network(layer: Layer, inputs: list[Any]) -> Network:
    source = Source("test")
    net = Network("test", source)
    for k, array in enumerate(inputs):
        net.inputs.append(Input(f"x{k}", array.shape, str(array.dtype), k, Span(source, 1, 1)))
        net.makers.append(net.inputs[-1])
    first, total = len(inputs), layer.yields() + len(layer.sides)
    place: Any = SimpleNamespace(span=Span(source, 2, 1), args={})
    node = Node(0, "l", layer, tuple(range(first)), tuple(range(first, first + total)), place, None, None, "float32", None)
    net.nodes.append(node)
    net.makers += [node] * total
    node.parameters = tuple(Parameter(p, node) for p in layer.tensors())
    net.parameters = list(node.parameters)
    return net


@pytest.mark.parametrize("case", KNOWN, ids=lambda c: c["file"].removesuffix(".npz"))
def test_against_a_real_framework(case: dict[str, Any]) -> None:
    stored = np.load(FOLDER / case["file"])
    cls = registry.find(case["kind"])
    assert cls is not None
    if case["kind"] == "relative_bias":
        case = {**case, "args": {**case["args"], "heads": case["input_shapes"][0][1]}}
    layer = cls.build({k: written(v) for k, v in {**case["args"], **MORE_ARGS.get(case["file"], {})}.items()})
    inputs = [stored[f"in{k}"] for k in range(len(case["input_shapes"]))]
    inputs_of_bias = inputs
    if case["kind"] == "relative_bias":
        n, _, q, k = inputs[0].shape
        inputs = [np.zeros((n, q, 4), "float32"), np.zeros((n, k, 4), "float32")]
    net = network(layer, inputs)
    resolved = infer(net)
    assert not resolved.conflicts, diagnostics(resolved)
    arrays = {name[2:]: stored[name] for name in stored.files if name.startswith("p.")}
    assert {p.key for p in net.parameters} == set(arrays)
    for p in net.parameters:
        assert resolved.tensor(p) == arrays[p.key].shape, p.name
    found = layer.forward(SimpleNamespace(**{k or "value": v for k, v in arrays.items()}), *inputs)
    found = found if isinstance(found, tuple) else (found,)
    names = [f"out{k}" for k in range(layer.yields())] + [f"side.{s}" for s in layer.sides]
    assert len(found) == len(names)
    if case["kind"] == "relative_bias":  # the case holds logits before and after the bias is added
        found = (inputs_of_bias[0] + found[0],)
    compared = 0
    for k, (array, name) in enumerate(zip(found, names)):
        assert resolved.shape(len(inputs) + k) == array.shape, "the relation and the forward disagree"
        assert resolved.dtype(len(inputs) + k) == str(array.dtype)
        if name in stored.files:
            compared += 1
            assert array.shape == stored[name].shape
            if case["kind"] not in FLOAT_HERE:
                assert array.dtype == stored[name].dtype
            np.testing.assert_allclose(array, stored[name], rtol=1e-4, atol=1e-5)
    assert compared >= 1


def test_most_kinds_have_a_case() -> None:
    assert len(KNOWN) >= 330
