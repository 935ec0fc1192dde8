"""Specs as Python data: the same networks as the text, and clear errors for what no spec can hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from deferinit_cli import Rejected, load

SPECS = Path(__file__).parent.parent.parent / "specs"


@pytest.mark.parametrize("name", ["mlp", "lenet", "alexnet", "resnet", "unet", "gpt2", "vit", "densenet", "two_tower"])
def test_a_spec_read_by_any_yaml_library_is_the_same_network(name: str) -> None:
    text = (SPECS / f"{name}.yaml").read_text("utf-8")
    model, twin = load(yaml.safe_load(text)), load(text)
    ours, theirs = model.document(), {**twin.document(), "spec": "<mapping>"}
    for document in (ours, theirs):
        for row in (*document["parameters"], *document["layers"]):
            assert row.pop("line") > 0
    assert ours == theirs


def test_python_values_as_specs_write_them() -> None:
    model = load({
        "name": "all sorts",
        "vars": {"d": np.int64(4), "rate": np.float32(0.5), "tiny": 1e-5, "act": "'relu'", "yes_": True, "sizes": (2, 3)},
        "inputs": {"x": (None, "C", 8, 8), "y": {"shape": ["..."], "dtype": "float32"}},
        "layers": [
            {"conv2d stem": {"channels": "2*d", "kernel_size": (3, 3), "padding": ((1, 1), (0, 2)), "in_channels": 3}, "from": "x"},
            {"batch_norm": {"eps": "tiny"}},
            {"relu": None, "when": "yes_"},
            "relu",
            {"activation a": "=act"},
            {"dropout": "rate"},
            {"dense out": "sizes.1"},
        ],
        "outputs": ["out"],
    })  # fmt: skip
    assert model.parameters["stem.weight"].shape == (8, 3, 3, 3)
    assert model.parameters["out.weight"].shape == (3, -1)
    assert [n.name for n in model.network.nodes] == ["stem", "batch_norm0", "relu0", "relu1", "a", "dropout0", "out"]
    assert model.resolve(x=(1, 3, 8, 8), y=(1,)).parameters["out.weight"].shape == (3, 8)


def test_set_takes_python_values() -> None:
    for depth in (11, np.int64(11), "11"):
        assert load("zoo:vgg", set={"depth": depth}).network.variables["depth"] == 11
    spec = "vars: {a: 1.5, b: [1, 2], c: false, d: 'x', e: null}\nlayers:\n- dense: 3\n"
    sets = {"a": 2, "b": (3, 4), "c": True, "d": "y", "e": 1e-7}
    assert load(spec, set=sets).network.variables == {"a": 2.0, "b": [3, 4], "c": True, "d": "y", "e": 1e-7}
    with pytest.raises(Rejected, match=r"no variable 'depht' \(did you mean 'depth'\?\)"):
        load("zoo:vgg", set={"depht": 11})


class Loop(dict[str, Any]):
    pass


LOOP = Loop()
LOOP["layers"] = [LOOP]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"layers": [{"dense": object()}]}, r"spec\.layers\[0\]\.dense is a object"),
        ({"layers": [{"dense": np.ones(3)}]}, r"is a ndarray"),
        ({"layers": {1.5: 3}}, "a key in spec.layers is a float"),
        ({True: 3}, "a key in spec is a bool"),
        (LOOP, "nested deeper than 64, or holds itself"),
        (5, "int"),
    ],
)
def test_what_no_spec_can_hold(spec: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        load(spec)


def test_errors_show_the_line_as_text() -> None:
    with pytest.raises(Rejected) as e:
        load({"layers": [{"dense": 3}, {"conv2d": {"channels": 3, "kernel_size": 3}, "form": "x"}]})
    (d,) = e.value.diagnostics
    assert d.rule == "unknown-modifier"
    assert d.span is not None
    assert d.span.source.line(d.span.line).strip() == "form: x"
