"""Attention whose queries, keys and values have widths of their own: tensors, their names and values as PyTorch has them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

import deferinit_cli
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import contract
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.problems import Rejected

CASES = [
    (count, k, v, bias, how)
    for count, k, v in [(1, 8, 8), *product((2,), (8, 6), (0,)), *product((3,), (8, 6, 5), (8, 6, 5))]
    for bias in (True, False)
    for how in ("numbers", "given", "dense", "said")
]


def spec_of(count: int, k: int, v: int, bias: bool, how: str) -> str:
    """A network of one attention layer, whose widths are in the spec, come with the input, or are another layer's."""
    widths = {"q": 8, "k": k, "v": v or k}
    names = list(widths)[:count]
    dims = {n: str(widths[n]) if how != "given" else f"D{n.upper()}" for n in names}
    inputs = ", ".join(f"{n}: [N, {'T' if n == 'q' else 'S'}, {dims[n]}]" for n in names)
    said = f", k_width: {k}, v_width: {widths['v']}" if how == "said" and count > 1 else ""
    lines = [f"inputs: {{{inputs}}}", "layers:"]
    if how == "dense" and count > 1:  # of a width that is inferred
        lines += ["- identity h:", "  from: k"]
        names[1] = "h"
    lines += [f"- multi_head_attention a: {{heads: 2, bias: {str(bias).lower()}{said}}}", f"  from: [{', '.join(names)}]"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("count, k, v, bias, how", CASES)
def test_tensors_and_values(count: int, k: int, v: int, bias: bool, how: str) -> None:
    width = v or k
    module = torch.nn.MultiheadAttention(8, 2, bias=bias, kdim=k, vdim=width, batch_first=True)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.randn(p.shape))
    x = [torch.randn(2, 3, 8), torch.randn(2, 4, k), torch.randn(2, 4, width)][:count]
    network = load(spec_of(count, k, v, bias, how))
    model = deferinit_cli.Model(network).initialize(*(tuple(a.shape) for a in x))
    expected = {f"a.{name}": tuple(p.shape) for name, p in module.state_dict().items()}
    assert {name: t.shape for name, t in model.parameters.items()} == expected
    for name, p in module.state_dict().items():
        model.parameters[f"a.{name}"].data = p.numpy()
    query, key = x[0], x[min(1, count - 1)]
    wanted = module(query, key, x[2] if count > 2 else key, need_weights=False)[0].detach().numpy()
    np.testing.assert_allclose(model(*(a.numpy() for a in x)), wanted, rtol=1e-4, atol=1e-5)


def test_undecided_widths_are_told_and_not_restricted() -> None:
    network = load(spec_of(3, 6, 5, True, "given"))
    found = contract(network)
    assert found.exact and not found.conditions
    layer = found.resolved.network.nodes[0].layer
    assert layer.notes["k_proj_weight"] == "part of in_proj_weight where DQ == DK and DQ == DV"
    for dk, dv in product((4, 8, 6), repeat=2):
        given = infer(network, parse_inputs(["q=1x2x8", f"k=1x3x{dk}", f"v=1x3x{dv}"], network))
        assert not diagnostics(given)
        names = [p.key for p in given.network.parameters]
        assert ("in_proj_weight" in names) == (dk == dv == 8) == ("k_proj_weight" not in names)


def test_what_is_left_open_is_still_inferred() -> None:
    spec = "inputs: {q: [N, T, 8], x: [N, S, 5]}\nlayers:\n- dense h: _\n  from: x\n- multi_head_attention a: 2\n  from: [q, h]\n"
    resolved = infer(load(spec))
    assert {p.name: resolved.tensor(p) for p in resolved.network.parameters}["h.weight"] == (8, 5)


def test_what_is_said_of_tensors_is_kept() -> None:
    spec = (
        "inputs: {q: [N, T, 8], k: [N, S, 6]}\nlayers:\n- multi_head_attention a: 2\n  from: [q, k]\n  freeze: true\n  dtype: float16\n"
        "- apply b: a\n  from: [prev, k]\nparams: {'a.out_proj.bias': {freeze: false}}\n"
    )
    network = infer(load(spec)).network
    assert [(p.key, p.trainable, p.dtype) for p in network.parameters] == [
        (key, key == "out_proj.bias", "float16")
        for key in ("q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
    ]
    assert network.nodes[1].parameters == network.nodes[0].parameters


def test_a_model_keeps_its_tensors() -> None:
    model = deferinit_cli.Model(load(spec_of(2, 6, 0, True, "given"))).initialize((1, 2, 8), (1, 3, 8))
    draw = np.random.default_rng(0)
    with pytest.raises(Rejected, match="needs other tensors"):
        model(draw.random((1, 2, 8), "float32"), draw.random((1, 3, 6), "float32"))


def test_checks_name_the_tensors_that_there_are(tmp_path: Path) -> None:
    from deferinit_cli.verify import verify

    text = spec_of(2, 6, 0, True, "given") + (
        "checks:\n- {input: {q: 1x2x8, k: 1x3x6}, weights: {a.k_proj_weight: [8, 6]}}\n"
        "- {input: {q: 1x2x8, k: 1x3x8}, weights: {a.in_proj_weight: [24, 8]}}\n"
    )
    (tmp_path / "net.yaml").write_text(text)
    assert all(outcome.passed for outcome in verify(str(tmp_path / "net.yaml")))
