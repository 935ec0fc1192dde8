"""Cases of inference with their answers: worked out by hand, by brute force, or with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deferinit_cli.infer.contract import contract
from tests.specs import network, rejection, resolve, tensors, value

LENET = """
inputs: {image: [N, C, H, W]}
layers:
- conv2d conv1: {channels: 6, kernel_size: 5}
- max_pool2d pool1: 2
- conv2d conv2: {channels: 16, kernel_size: 5}
- max_pool2d pool2: 2
- flatten
- dense fc1: 120
- dense fc2: 84
- dense fc3: 10
"""


def test_lenet() -> None:
    found = tensors(resolve(LENET, "2x1x32x32"))
    assert [found[f"{n}.weight"] for n in ("conv1", "conv2", "fc1", "fc2", "fc3")] == [
        (6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)
    ]  # fmt: skip


def test_lenet_with_symbols() -> None:
    assert tensors(resolve(LENET))["fc1.weight"] == (120, "16*(H//4 - 3)*(W//4 - 3)")
    axes = {a.symbol: a for a in contract(network(LENET)).axes}
    assert axes["H"].sizes.describe() == (16, None, 1, [0])
    assert [(r.condition, r.layer) for r in axes["H"].reasons] == [
        ("H >= 5", "conv1"), ("H >= 6", "pool1"), ("H >= 14", "conv2"), ("H >= 16", "pool2")
    ]  # fmt: skip


def stages(n: int, last: str = "") -> str:
    body = "".join("- conv2d: {channels: 512, kernel_size: 3, padding: 1}\n- max_pool2d: 2\n" for _ in range(n))
    return f"inputs: {{image: [N, 3, H, W]}}\nlayers:\n{body}{last}- flatten\n- dense fc: 10\n"


def test_vgg_without_adaptive_pooling() -> None:
    spec = stages(5)
    assert tensors(resolve(spec))["fc.weight"] == (10, "512*(H//32)*(W//32)")
    axes = {a.symbol: a for a in contract(network(spec)).axes}
    assert axes["H"].sizes.describe() == (32, None, 1, [0])
    assert axes["H"].reasons[-1].layer == "max_pool2d4"


def test_vgg_with_adaptive_pooling_needs_no_size() -> None:
    spec = stages(5, "- adaptive_avg_pool2d: 7\n")
    assert tensors(resolve(spec))["fc.weight"] == (10, 25088)
    assert rejection(spec, "1x3x31x32")[0].rule == "kernel-exceeds-input"
    assert rejection(spec, "1x3x32x32") == []


def test_resnet_stride_chain() -> None:
    layers = (
        "- conv2d: {channels: 4, kernel_size: 7, stride: 2, padding: 3}\n- max_pool2d: {kernel_size: 3, stride: 2, padding: 1}\n"
    )
    layers += "- conv2d c: {channels: 4, kernel_size: 3, stride: 2, padding: 1}\n" * 0
    layers += "".join(f"- conv2d c{k}: {{channels: 4, kernel_size: 3, stride: 2, padding: 1}}\n" for k in range(3))
    spec = f"inputs: {{image: [N, 3, H, W]}}\nlayers:\n{layers}"
    assert value(resolve(spec), "c2") == ("N", 4, "ceil(H/32)", "ceil(W/32)")
    assert {a.symbol: a.sizes.describe()[0] for a in contract(network(spec)).axes}["H"] == 1


def test_unet_contract() -> None:
    from pathlib import Path

    from deferinit_cli.spec.load import load

    found = contract(load(str(Path(__file__).parents[2] / "specs" / "unet.yaml")))
    axis = next(a for a in found.axes if a.symbol == "H")
    assert axis.sizes.describe() == (16, None, 16, [0])
    assert [r.condition for r in axis.reasons][-4:] == ["H % 2 == 0", "H % 4 == 0", "H % 8 == 0", "H % 16 == 0"]
    assert found.exact


FPN = """
inputs: {image: [N, 3, H, W]}
blocks:
  halve:
    layers: [{conv2d: {channels: 8, kernel_size: 3, stride: 2, padding: 1}}]
layers:
- halve c:
  repeat: 5
- conv2d p5: {channels: 8, kernel_size: 1}
- upsample u5: 2
- add p4: [u5, c.3]
  broadcast: false
"""


def test_fpn_with_upsampling() -> None:
    spec = """
inputs: {image: [N, 3, H, W]}
layers:
- conv2d c1: {channels: 8, kernel_size: 3, stride: 2, padding: 1}
- conv2d c2: {channels: 8, kernel_size: 3, stride: 2, padding: 1}
- conv2d c3: {channels: 8, kernel_size: 3, stride: 2, padding: 1}
- conv2d c4: {channels: 8, kernel_size: 3, stride: 2, padding: 1}
- conv2d c5: {channels: 8, kernel_size: 3, stride: 2, padding: 1}
- upsample u5: 2
- residual:
    body: [identity]
    shortcut: [{identity: }]
- concat m4: [prev, c4]
- upsample u4: 2
- concat m3: [prev, c3]
"""
    axis = next(a for a in contract(network(spec)).axes if a.symbol == "H")
    low, high, modulus, residues = axis.sizes.describe()
    accepted = [h for h in range(1, 401) if not rejection(spec, f"1x3x{h}x{32 * 32}")]
    assert accepted == [h for h in range(1, 401) if axis.sizes.contains(h)]
    assert (high, modulus) == (None, 16 if modulus == 16 else 32)
    assert low is not None and residues


def test_alexnet_features() -> None:
    spec = """
inputs: {image: [N, 3, H, W]}
layers:
- conv2d: {channels: 64, kernel_size: 11, stride: 4, padding: 2}
- max_pool2d: {kernel_size: 3, stride: 2}
- conv2d: {channels: 192, kernel_size: 5, padding: 2}
- max_pool2d: {kernel_size: 3, stride: 2}
- conv2d: {channels: 384, kernel_size: 3, padding: 1}
- max_pool2d last: {kernel_size: 3, stride: 2}
"""
    assert value(resolve(spec), "last") == ("N", 384, "(H + 1)//32 - 1", "(W + 1)//32 - 1")
    assert {a.symbol: a.sizes.min for a in contract(network(spec)).axes}["H"] == 63


MLP = "layers:\n- dense: 256\n- relu\n- dense: 10\n"


def test_mlp() -> None:
    found = tensors(resolve(MLP, "2x20"))
    assert (found["dense0.weight"], found["dense1.weight"]) == ((256, 20), (10, 256))


def test_unknown_rank() -> None:
    assert tensors(resolve("layers: [dense d: 10]\n"))["d.weight"] == (10, "input[-1]")
    found = resolve("layers: [dense d: 10]\n", "2x7x20")
    assert (value(found, "d"), tensors(found)["d.weight"]) == ((2, 7, 10), (10, 20))


def test_rank_and_channels_flow_back_to_the_input() -> None:
    found = resolve("layers:\n- relu\n- conv2d: {channels: 4, kernel_size: 3, in_channels: 3}\n")
    assert value(found, "input") == ("input[0]", 3, "input[2]", "input[3]")


def test_rank_conflict() -> None:
    d = rejection("layers:\n- conv2d: {channels: 4, kernel_size: 3}\n- lstm: 5\n")[0]
    assert (d.rule, d.found) == ("rank-mismatch", "4 dims")
    assert "3 dims" in d.expected


def test_dense_on_a_scalar() -> None:
    d = rejection("layers: [dense: 10]\n", "scalar")[0]
    assert d.rule == "rank-mismatch"
    assert "at least 1" in d.message


def test_a_later_layer_fixes_an_earlier_size() -> None:
    found = tensors(resolve("layers:\n- dense a: _\n- relu\n- dense b: {units: 3, in_units: 256}\n"))
    assert (found["a.weight"], found["a.bias"]) == ((256, "input[-1]"), (256,))


def test_two_declared_facts_in_conflict() -> None:
    d = rejection("layers:\n- dense a: 5\n- relu\n- dense b: {units: 3, in_units: 7}\n")[0]
    assert d.span is not None and d.span.line == 4
    assert [r.span and r.span.line for r in d.related] == [2]


CONCAT = """
layers:
- conv2d a: {{channels: {a}, kernel_size: 1}}
- conv2d b: {{channels: {b}, kernel_size: 1}}
  from: input
- concat c: [a, b]
- conv2d d: {{channels: 4, kernel_size: 1, in_channels: {d}}}
"""


def test_concat_in_conflict_names_three_facts() -> None:
    d = rejection(CONCAT.format(a=64, b=64, d=192))[0]
    assert "192" in d.message and "128" in d.message
    assert d.span is not None
    assert sorted([d.span.line, *(r.span.line for r in d.related if r.span)]) == [2, 3, 6]


def test_concat_backward() -> None:
    assert tensors(resolve(CONCAT.format(a="_", b=32, d=96)))["a.weight"][0] == 64


def test_reshape() -> None:
    spec = "inputs: {x: [N, C, H, W]}\nlayers:\n- reshape r: [N, -1]\n"
    assert value(resolve(spec, "2x16x7x9"), "r") == (2, 1008)
    assert value(resolve(spec), "r") == ("N", "C*H*W")


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [("[N, 1, H, W]", "[N, C, 1, 1]", ("N", "C", "H", "W")), ("[3]", "[B]", (3,)), ("[A]", "[B]", ("broadcast(A, B)",))],
)
def test_broadcasting(a: str, b: str, result: Any) -> None:
    spec = f"inputs: {{a: {a}, b: {b}}}\nlayers:\n- add s: [a, b]\n"
    assert value(resolve(spec), "s") == result
    found = contract(network(spec))
    if result == (3,):
        assert [x for x in range(1, 9) if found.axes[0].sizes.contains(x)] == [1, 3]
    if a == "[A]":
        assert [c.text for c in found.conditions] == ["A == B or A == 1 or B == 1"]


def test_residual_is_strict() -> None:
    spec = "layers:\n- residual:\n  - conv2d c: {channels: 64, kernel_size: 3, padding: 1}\n"
    assert value(resolve(spec), "input")[1] == 64


def test_bidirectional_lstm() -> None:
    found = tensors(resolve("layers:\n- lstm rnn: {hidden: 128, layers: 2, bidirectional: true}\n", "2x7x40"))
    assert found["rnn.weight_ih_l0"] == (512, 40)
    assert found["rnn.weight_hh_l0"] == (512, 128)
    assert found["rnn.weight_ih_l1"] == (512, 256)


def test_multi_head_attention() -> None:
    found = resolve("layers:\n- multi_head_attention a: {heads: 8}\n", "2x7x512")
    assert tensors(found)["a.in_proj_weight"] == (1536, 512)
    d = rejection("layers:\n- multi_head_attention a: {heads: 7}\n", "2x7x512")[0]
    assert (d.rule, d.found) == ("not-divisible", "512 % 7 = 1")


def test_a_tie_resolves_a_shape() -> None:
    spec = """
layers:
- embedding e: {input_dim: 50257, output_dim: _}
- layer_norm n
- dense head: {units: 50257, bias: false, in_units: 768}
  tie: {weight: e.weight}
"""
    found = tensors(resolve(spec))
    assert found["e.weight"] == found["head.weight"] == (50257, 768)
    assert found["n.weight"] == (768,)


def test_groups() -> None:
    spec = "layers:\n- conv2d c: {channels: 256, kernel_size: 3, groups: 32}\n"
    assert tensors(resolve(spec, "1x128x8x8"))["c.weight"] == (256, 4, 3, 3)
    d = rejection(spec, "1x100x8x8")[0]
    assert (d.rule, d.found) == ("not-divisible", "100 % 32 = 4")
    assert d.span is not None and (d.span.line, d.span.column) == (2, 53)


def test_pixel_shuffle() -> None:
    spec = "inputs: {x: [N, C, H, W]}\nlayers:\n- pixel_shuffle p: 2\n"
    assert value(resolve(spec, "1x256x8x8"), "p") == (1, 64, 16, 16)
    assert rejection(spec, "1x255x8x8")[0].rule == "not-divisible"
    back = "layers:\n- pixel_shuffle p: 2\n- conv2d: {channels: 3, kernel_size: 1, in_channels: 64}\n"
    assert value(resolve(back), "input")[1] == 256


def test_group_norm_refuted() -> None:
    assert rejection("layers: [group_norm: 32]\n", "1x48x8x8")[0].found == "48 % 32 = 16"


def test_a_long_residual_chain() -> None:
    spec = "layers:\n- residual:\n  - dense d: _\n  repeat: 5000\n- dense last: {units: 2, in_units: 512}\n"
    found = tensors(resolve(spec))
    assert {found[f"residual0.{k}.d.weight"] for k in range(5000)} == {(512, 512)}


def test_a_transposed_convolution_backward() -> None:
    spec = "inputs: {x: [N, 3, _, 4]}\nlayers:\n- conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}\n"
    spec += "  expect: [_, _, SIZE, _]\n"
    assert rejection(spec.replace("SIZE", "14"))[0].rule == "size-mismatch"
    assert value(resolve(spec.replace("SIZE", "13")), "x")[2] == 7


@pytest.mark.parametrize(
    ("size", "fits"), [("18x113", True), ("16x115", True), ("36x36", False), ("32x35", True), ("20x20", False)]
)
def test_lenet_with_a_fixed_first_dense_layer(size: str, fits: bool) -> None:
    spec = LENET.replace("dense fc1: 120", "dense fc1: {units: 120, in_units: 400}")
    assert (rejection(spec, f"2x1x{size}") == []) is fits


@pytest.mark.parametrize(("size", "fits"), [("16x16", True), ("24x32", False)])
def test_unet_accepts_multiples_of_16(size: str, fits: bool) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "specs" / "unet.yaml").read_text("utf-8")
    assert (rejection(text, f"1x3x{size}") == []) is fits


@pytest.mark.parametrize(
    ("layer", "y", "sizes"),
    [
        ("conv2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}", 7, [13, 14]),
        ("max_pool2d c: {kernel_size: 3, stride: 2, ceil_mode: true}", 56, [112, 113]),
        ("conv2d c: {channels: 3, kernel_size: 3, stride: 2, padding: same}", 7, [13, 14]),
        ("conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}", 13, [7]),
        ("conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}", 14, [7]),
    ],
)
def test_the_sizes_that_give_an_output(layer: str, y: int, sizes: list[int]) -> None:
    spec = f"inputs: {{x: [1, 3, H, 64]}}\nlayers:\n- {layer}\n  expect: [1, 3, {y}, _]\n"
    axis = next((a for a in contract(network(spec)).axes if a.symbol == "H"), None)
    found = resolve(spec)
    bound = found.store.bound.get("H")
    assert ([bound] if axis is None else [h for h in range(1, 300) if axis.sizes.contains(h)]) == sizes
    assert [h for h in range(1, 300) if not rejection(spec, f"1x3x{h}x64")] == sizes


def test_lenet_backward_from_a_checkpoint() -> None:
    from deferinit_cli.infer.solve import Target, solve
    from deferinit_cli.problems import Source, Span

    spec = LENET.replace("[N, C, H, W]", "[1, 1, H, W]")
    found = solve(network(spec), [Target("fc1.weight", (120, 400), Span(Source("--where"), 1, 1))])
    boxes = sorted((b.symbols["H"], b.symbols["W"]) for b in found.boxes)
    assert boxes == [((16, 19), (112, 115)), ((32, 35), (32, 35)), ((112, 115), (16, 19))]
    assert (found.decided, sum(b.count or 0 for b in found.boxes)) == (True, 48)
    brute = [(h, w) for h in range(1, 140) for w in range(1, 140) if 16 * max(h // 4 - 3, 0) * max(w // 4 - 3, 0) == 400]
    assert sorted((h, w) for (a, b), (c, d) in boxes for h in range(a, b + 1) for w in range(c, d + 1)) == brute


@pytest.mark.parametrize(
    ("layers", "valid"),
    [
        ("- unflatten: {axis: 3, shape: [_, 2]}\n" * 2, lambda w: w % 4 == 0),
        ("- split: {parts: 3}\n- concat: {axis: 0}\n" * 2, lambda w: w % 9 == 0),
        (
            "- split: {parts: 2}\n- concat: {axis: 0}\n- conv2d: {channels: 1, kernel_size: 3, stride: 2, padding: [0, 0]}\n"
            "- split: {parts: 2}\n- concat: {axis: 0}\n",
            lambda w: w % 2 == 0 and w // 2 >= 3 and ((w // 2 - 3) // 2 + 1) % 2 == 0,
        ),
        (
            "- split: {parts: 2}\n- concat: {axis: 0}\n- slice: {axis: 3, start: 5}\n- reshape: [-1, 6]\n",
            lambda w: w % 2 == 0 and w >= 12,
        ),
    ],
)
def test_a_size_divided_more_than_once(layers: str, valid: Callable[[int], bool]) -> None:
    spec = f"inputs: {{x: [36, 3, 8, W]}}\nlayers:\n{layers}"
    found = contract(network(spec))
    assert found.exact
    (axis,) = found.axes
    sizes = [w for w in range(1, 100) if valid(w)]
    assert [w for w in range(1, 100) if axis.sizes.contains(w)] == sizes
    assert [w for w in range(1, 100) if not rejection(spec, f"36x3x8x{w}")] == sizes
