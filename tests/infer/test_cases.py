"""The cases of inference with their answers: worked out by hand, by brute force over integers, or with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deferinit_cli.graph import Target
from deferinit_cli.infer.derivation.explain import Explainer, fact_text
from deferinit_cli.infer.derivation.waits import waits
from deferinit_cli.infer.domains.conditions import Axis
from deferinit_cli.infer.domains.contract import contract
from deferinit_cli.infer.solving.solution import Box, Solution
from deferinit_cli.infer.solving.solve import solve
from deferinit_cli.problems import Source, Span
from deferinit_cli.shapes.sets import PeriodicSet
from deferinit_cli.shapes.store import Fact
from tests.specs import network, rejection, resolve, tensors, value

SPECS = Path(__file__).parents[2] / "specs"


def axes(spec: str) -> dict[str, Axis]:
    """The axes of an exact contract by symbol."""
    found = contract(network(spec))
    assert found.exact
    return {a.symbol: a for a in found.axes}


def regular(sizes: PeriodicSet) -> tuple[int, int | None, int, list[int]]:
    """(min, max, modulus, residues) of an exact set that is one piece."""
    assert sizes.exact
    (p,) = sizes.pieces
    return p.low, p.high, p.modulus, list(p.residues)


def told(axis: Axis) -> list[tuple[str, str]]:
    return [(r.condition, r.layer) for r in axis.reasons]


def accepted(spec: str, shape: str, sizes: range) -> list[int]:
    """The sizes in place of `?` that inference with numbers takes."""
    return [n for n in sizes if not rejection(spec, shape.replace("?", str(n)))]


def solved(spec: str, **targets: tuple[int | None, ...]) -> Solution:
    span = Span(Source("--where"), 1, 1)
    return solve(network(spec), [Target(name.replace("__", "."), dims, span) for name, dims in targets.items()])


def ends(box: Box, symbol: str) -> tuple[int, int | None]:
    p = box.symbols[symbol]
    assert p.modulus == 1
    return p.low, p.high


def pairs(found: Solution, a: str = "H", b: str = "W") -> list[tuple[int, int]]:
    """All pairs of sizes of decided, finite boxes."""
    assert found.decided
    out = []
    for box in found.boxes:
        (low, high), (first, last) = ends(box, a), ends(box, b)
        assert high is not None and last is not None and not box.conditions
        out += [(x, y) for x in range(low, high + 1) for y in range(first, last + 1)]
    assert len(out) == len(set(out))
    return sorted(out)


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


def lenet(h: int) -> int:
    return ((h - 4) // 2 - 4) // 2


def test_1_lenet() -> None:
    found = tensors(resolve(LENET, "2x1x32x32"))
    assert [found[f"{n}.weight"] for n in ("conv1", "conv2", "fc1", "fc2", "fc3")] == [
        (6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)
    ]  # fmt: skip


def test_2_lenet_with_symbols() -> None:
    assert tensors(resolve(LENET))["fc1.weight"] == (120, "16*(H//4 - 3)*(W//4 - 3)")
    found = axes(LENET)
    for s in "HW":
        assert regular(found[s].sizes) == (16, None, 1, [0])
        assert told(found[s]) == [
            (f"{s} >= 5", "conv1"),
            (f"{s} >= 6", "pool1"),
            (f"{s} >= 14", "conv2"),
            (f"{s} >= 16", "pool2"),
        ]
        assert [r.example for r in found[s].reasons] == [{s: 4}, {s: 5}, {s: 13}, {s: 15}]
    assert regular(found["N"].sizes) == regular(found["C"].sizes) == (1, None, 1, [0])
    assert accepted(LENET, "2x1x?x16", range(1, 60)) == list(range(16, 60))


def test_3_lenet_square_from_its_first_dense_layer() -> None:
    spec = LENET.replace("[N, C, H, W]", "[N, C, S, S]").replace("dense fc1: 120", "dense fc1: {units: 120, in_units: 400}")
    assert regular(axes(spec)["S"].sizes) == (32, 35, 1, [0])
    assert [h for h in range(1, 400) if lenet(h) > 0 and 16 * lenet(h) ** 2 == 400] == [32, 33, 34, 35]
    assert [h for h in range(1, 60) if not rejection(spec, f"2x1x{h}x{h}")] == [32, 33, 34, 35]


def test_4_lenet_backward_from_a_checkpoint() -> None:
    found = solved(LENET.replace("[N, C, H, W]", "[1, 1, H, W]"), fc1__weight=(120, 400))
    boxes = sorted((ends(b, "H"), ends(b, "W")) for b in found.boxes)
    assert boxes == [((16, 19), (112, 115)), ((32, 35), (32, 35)), ((112, 115), (16, 19))]
    assert sum(b.count or 0 for b in found.boxes) == 48
    assert pairs(found) == [
        (h, w) for h in range(1, 140) for w in range(1, 140) if 16 * max(lenet(h), 0) * max(lenet(w), 0) == 400
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "fits"), [("18x113", True), ("16x115", True), ("36x36", False), ("32x35", True), ("20x20", False)]
)
def test_5_lenet_with_a_fixed_first_dense_layer(size: str, fits: bool) -> None:
    spec = LENET.replace("dense fc1: 120", "dense fc1: {units: 120, in_units: 400}")
    assert (rejection(spec, f"2x1x{size}") == []) is fits
    found = contract(network(spec))
    h, w = map(int, size.split("x"))
    assert found.valid({"N": 2, "C": 1, "H": h, "W": w}) is fits
    assert [c.text for c in found.conditions] == ["(H//4 - 3)*(W//4 - 3) == 25"]
    assert not any(found.alone(a) for a in found.axes if a.symbol in "HW")


def stages(n: int, last: str = "") -> str:
    body = "".join("- conv2d: {channels: 512, kernel_size: 3, padding: 1}\n- max_pool2d: 2\n" for _ in range(n))
    return f"inputs: {{image: [N, 3, H, W]}}\nlayers:\n{body}{last}- flatten\n- dense fc: 10\n"


def test_6_vgg_without_adaptive_pooling() -> None:
    spec = stages(5)
    assert tensors(resolve(spec))["fc.weight"] == (10, "512*(H//32)*(W//32)")
    for s in "HW":
        axis = axes(spec)[s]
        assert regular(axis.sizes) == (32, None, 1, [0])
        assert told(axis)[-1] == (f"{s} >= 32", "max_pool2d4")


def test_7_vgg_backward() -> None:
    found = pairs(solved(stages(5).replace("[N, 3,", "[1, 3,"), fc__weight=(10, 25088)))
    assert found == [(h, w) for h in range(1, 1700) for w in range(1, 1700) if (h // 32) * (w // 32) == 49]
    assert len(found) == 3072
    assert {(224, 255), (32, 1599), (1568, 63)} <= set(found)


def test_8_vgg_with_adaptive_pooling_needs_no_size() -> None:
    spec = stages(5, "- adaptive_avg_pool2d: 7\n")
    assert tensors(resolve(spec))["fc.weight"] == (10, 25088)
    assert rejection(spec, "1x3x31x32")[0].rule == "kernel-exceeds-input"
    assert accepted(spec, "1x3x?x32", range(1, 80)) == list(range(32, 80))
    assert {s: regular(axes(spec)[s].sizes) for s in "HW"} == {"H": (32, None, 1, [0]), "W": (32, None, 1, [0])}


def test_9_resnet_stride_chain() -> None:
    layers = (
        "- conv2d: {channels: 4, kernel_size: 7, stride: 2, padding: 3}\n- max_pool2d: {kernel_size: 3, stride: 2, padding: 1}\n"
    )
    layers += "".join(f"- conv2d c{k}: {{channels: 4, kernel_size: 3, stride: 2, padding: 1}}\n" for k in range(3))
    spec = f"inputs: {{image: [N, 3, H, W]}}\nlayers:\n{layers}"
    assert value(resolve(spec), "c2") == ("N", 4, "ceil(H/32)", "ceil(W/32)")
    assert regular(axes(spec)["H"].sizes) == (1, None, 1, [0])
    assert accepted(spec, "1x3x?x1", range(1, 40)) == list(range(1, 40))


UNET = (SPECS / "unet.yaml").read_text("utf-8")


def test_10_unet_contract() -> None:
    for s in "HW":
        axis = axes(UNET)[s]
        assert regular(axis.sizes) == (16, None, 16, [0])
        assert told(axis) == [
            *((f"{s} >= {2 ** (k + 1)}", f"enc.{k}.max_pool2d0") for k in range(4)),
            *((f"{s} % {2 ** (k + 1)} == 0", f"dec.{3 - k}.concat0") for k in range(4)),
        ]


@pytest.mark.parametrize(("size", "fits"), [("16x16", True), ("24x32", False), ("32x16", True), ("8x16", False)])
def test_11_unet_accepts_multiples_of_16(size: str, fits: bool) -> None:
    assert (rejection(UNET, f"1x3x{size}") == []) is fits


VALID_UNET = """
inputs: {image: [N, 1, H, W]}
defaults: {conv2d: {kernel_size: 3}}
blocks:
  double: {args: [c], layers: [conv2d: c, relu, conv2d: c, relu]}
  down:
    args: [c]
    layers: [double conv: c, max_pool2d: 2]
    outputs: {out: prev, skip: conv}
  up:
    args: [c]
    inputs: [x, skip]
    layers:
    - conv_transpose2d up: {channels: c, kernel_size: 2, stride: 2}
      from: x
    - crop: {from: [skip, up]}
    - concat: [crop0, up]
    - double conv: c
layers:
- down enc: 2
  repeat: 4
- double: 2
- up dec: 2
  repeat: 4
  from: [prev, enc.(-1-i).skip]
- conv2d head: {channels: 2, kernel_size: 1}
"""


def test_12_unet_without_padding() -> None:
    """Ronneberger et al., 2015: 572 becomes 388."""
    spec = VALID_UNET.replace("- crop: {from: [skip, up]}", "- crop:\n      from: [skip, up]")
    assert value(resolve(spec, "1x1x572x572"), "head") == (1, 2, 388, 388)
    found = contract(network(spec))
    assert {a.symbol: regular(a.sizes) for a in found.axes if a.symbol in "HW"} == {s: (188, None, 1, [0]) for s in "HW"}
    assert found.exact
    symbolic = value(resolve(spec), "head")
    assert symbolic == ("N", 2, "16*((H + 4)//16) - 188", "16*((W + 4)//16) - 188")

    def unet(h: int) -> int:
        skips = []
        for _ in range(4):
            skips.append(h - 4)
            h = (h - 4) // 2
        h -= 4
        for skip in reversed(skips):
            if h < 1 or skip < 1 or 2 * h > skip:
                return 0
            h = 2 * h - 4
        return h

    for h in [*range(1, 260), 572]:
        assert (unet(h) > 0) is (h >= 188)
        assert unet(h) == 16 * ((h + 4) // 16) - 188 or h < 188
    assert accepted(spec, "1x1x?x572", range(180, 200)) == list(range(188, 200))


FPN = """
inputs: {image: [N, 3, H, W]}
defaults: {conv2d: {channels: 8, kernel_size: 3, stride: 2, padding: 1}, add: {broadcast: false}}
layers:
- conv2d c1
- conv2d c2
- conv2d c3
- conv2d c4
- conv2d c5
- upsample u5: 2
- add p4: [u5, c4]
- upsample u4: 2
- add p3: [u4, c3]
- upsample u3: 2
- add p2: [u3, c2]
"""


def test_13_fpn_with_upsampling() -> None:
    axis = axes(FPN)["H"]
    assert regular(axis.sizes) == (29, None, 32, [0, 29, 30, 31])
    assert [(r.condition.split(" in")[0], r.layer) for r in axis.reasons] == [("H % 8", "p2"), ("H % 16", "p3"), ("H % 32", "p4")]
    sizes = [h for h in range(1, 401) if axis.sizes.contains(h)]
    assert accepted(FPN, "1x3x?x32", range(1, 401)) == sizes

    def halves(h: int, times: int) -> int:
        for _ in range(times):
            h = (h - 1) // 2 + 1
        return h

    assert [h for h in range(1, 401) if all(2 * halves(h, k + 1) == halves(h, k) for k in (2, 3, 4))] == sizes


def test_14_alexnet_features() -> None:
    spec = """
inputs: {image: [N, 3, H, W]}
layers:
- conv2d c1: {channels: 64, kernel_size: 11, stride: 4, padding: 2}
- max_pool2d p1: {kernel_size: 3, stride: 2}
- conv2d c2: {channels: 192, kernel_size: 5, padding: 2}
- max_pool2d p2: {kernel_size: 3, stride: 2}
- conv2d c3: {channels: 384, kernel_size: 3, padding: 1}
- max_pool2d last: {kernel_size: 3, stride: 2}
"""
    assert value(resolve(spec), "last") == ("N", 384, "(H + 1)//32 - 1", "(W + 1)//32 - 1")
    assert regular(axes(spec)["H"].sizes) == (63, None, 1, [0])
    assert told(axes(spec)["H"]) == [("H >= 7", "c1"), ("H >= 15", "p1"), ("H >= 31", "p2"), ("H >= 63", "last")]
    assert accepted(spec, "1x3x?x63", range(1, 100)) == list(range(63, 100))


VIT = """
inputs: {image: [1, 3, H, W]}
layers:
- conv2d: {channels: 8, kernel_size: 16, stride: 16}
- flatten: {start: 2}
- transpose patches: {axes: [0, 2, 1]}
  expect: [_, P, 8]
- parameter table: [1, P, 8]
- parameter token: [1, 1, 8]
- concat: [token, patches]
- parameter positions: [1, P + 1, 8]
- add: [concat0, positions]
"""


@pytest.mark.parametrize("target", [{"table": (1, 196, 8)}, {"positions": (1, 197, 8)}, {"output": (1, 197, 8)}])
def test_15_vit_of_196_patches(target: dict[str, tuple[int, ...]]) -> None:
    found = solved(VIT, **target)
    assert pairs(found) == [
        (h, w) for h in range(1, 3300) for w in range(1, 3300 if h < 1700 else 40) if (h // 16) * (w // 16) == 196
    ]
    assert (ends(found.boxes[0], "H"), ends(found.boxes[0], "W")) == ((224, 239), (224, 239))


@pytest.mark.parametrize(
    ("layer", "y", "sizes", "brute"),
    [
        ("conv2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}", 7, [13, 14], lambda x: (x + 2 - 3) // 2 + 1),
        ("conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}", 14, [], lambda x: (x - 1) * 2 - 2 + 2 + 1),
        ("conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}", 13, [7], lambda x: (x - 1) * 2 - 2 + 2 + 1),
        (
            "conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}",
            14,
            [7],
            lambda x: (x - 1) * 2 - 2 + 2 + 1 + 1,
        ),
        ("max_pool2d c: {kernel_size: 3, stride: 2, ceil_mode: true}", 56, [112, 113], lambda x: x // 2),
        ("conv2d c: {channels: 3, kernel_size: 3, stride: 2, padding: same}", 7, [13, 14], lambda x: -(-x // 2)),
    ],
    ids=["16", "17a", "17b", "17c", "18", "19"],
)
def test_16_to_19_the_sizes_that_give_an_output(layer: str, y: int, sizes: list[int], brute: Callable[[int], int]) -> None:
    spec = f"inputs: {{x: [1, 3, H, 64]}}\nlayers:\n- {layer}\n  expect: [1, 3, {y}, _]\n"
    assert [x for x in range(2, 300) if brute(x) == y] == sizes
    assert accepted(spec, "1x3x?x64", range(1, 300)) == sizes
    if not sizes:
        assert rejection(spec)[0].rule == "size-mismatch"
        return
    (axis,) = contract(network(spec)).axes
    assert [h for h in range(1, 300) if axis.sizes.contains(h)] == sizes
    found = solved(spec.replace(f"\n  expect: [1, 3, {y}, _]", ""), c=(1, 3, y, None))
    assert [ends(b, "H") for b in found.boxes] == [(sizes[0], sizes[-1])]


def test_a_transposed_convolution_backward() -> None:
    spec = "inputs: {x: [N, 3, _, 4]}\nlayers:\n- conv_transpose2d c: {channels: 3, kernel_size: 3, stride: 2, padding: 1}\n"
    spec += "  expect: [_, _, SIZE, _]\n"
    assert rejection(spec.replace("SIZE", "14"))[0].rule == "size-mismatch"
    assert value(resolve(spec.replace("SIZE", "13")), "x")[2] == 7


def test_20_mlp() -> None:
    found = tensors(resolve("layers:\n- dense: 256\n- relu\n- dense: 10\n", "2x20"))
    assert (found["dense0.weight"], found["dense1.weight"]) == ((256, 20), (10, 256))
    assert sum(s[0] * (s[1] if len(s) > 1 else 1) for s in found.values()) == 7946


def test_21_unknown_rank() -> None:
    assert tensors(resolve("layers: [dense d: 10]\n"))["d.weight"] == (10, "input[-1]")
    found = resolve("layers: [dense d: 10]\n", "2x7x20")
    assert (value(found, "d"), tensors(found)["d.weight"]) == ((2, 7, 10), (10, 20))


def test_22_rank_and_channels_flow_back_to_the_input() -> None:
    found = resolve("layers:\n- relu\n- conv2d: {channels: 4, kernel_size: 3, in_channels: 3}\n")
    assert value(found, "input") == ("input[0]", 3, "input[2]", "input[3]")


def test_23_rank_conflict() -> None:
    d = rejection("layers:\n- conv2d: {channels: 4, kernel_size: 3}\n- lstm: 5\n")[0]
    assert (d.rule, d.found) == ("rank-mismatch", "4 dims")
    assert "3 dims" in d.expected


def test_24_dense_on_a_scalar() -> None:
    d = rejection("layers: [dense: 10]\n", "scalar")[0]
    assert d.rule == "rank-mismatch"
    assert "at least 1" in d.message and "has 0" in d.message


def test_25_a_later_layer_fixes_an_earlier_size() -> None:
    found = tensors(resolve("layers:\n- dense a: _\n- relu\n- dense b: {units: 3, in_units: 256}\n"))
    assert (found["a.weight"], found["a.bias"]) == ((256, "input[-1]"), (256,))


def test_26_two_declared_facts_in_conflict() -> None:
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


def test_27_concat_in_conflict_names_three_facts() -> None:
    d = rejection(CONCAT.format(a=64, b=64, d=192))[0]
    assert "192" in d.message and "128" in d.message
    assert d.span is not None
    assert sorted([d.span.line, *(r.span.line for r in d.related if r.span)]) == [2, 3, 6]


def test_28_concat_backward() -> None:
    assert tensors(resolve(CONCAT.format(a="_", b=32, d=96)))["a.weight"][0] == 64


def test_29_reshape() -> None:
    spec = "inputs: {x: [N, C, H, W]}\nlayers:\n- reshape r: [N, -1]\n"
    assert value(resolve(spec, "2x16x7x9"), "r") == (2, 1008)
    assert value(resolve(spec), "r") == ("N", "C*H*W")


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [("[N, 1, H, W]", "[N, C, 1, 1]", ("N", "C", "H", "W")), ("[3]", "[B]", (3,)), ("[A]", "[B]", ("broadcast(A, B)",))],
    ids=["30", "31", "32"],
)
def test_30_to_32_broadcasting(a: str, b: str, result: Any) -> None:
    spec = f"inputs: {{a: {a}, b: {b}}}\nlayers:\n- add s: [a, b]\n"
    assert value(resolve(spec), "s") == result
    found = contract(network(spec))
    if result == (3,):
        assert [x for x in range(1, 9) if found.axes[0].sizes.contains(x)] == [1, 3]
        assert accepted(spec.replace("[B]", "[B, 1]").replace("[3]", "[3, 1]"), "b=?x1", range(1, 9)) == [1, 3]
    if a == "[A]":
        assert [c.text for c in found.conditions] == ["A == B or A == 1 or B == 1"]
        for x in range(1, 6):
            for y in range(1, 6):
                assert found.valid({"A": x, "B": y}) is (x == y or 1 in (x, y))
        assert value(resolve(spec, "a=4", "b=1"), "s") == (4,)


def test_33_residual_is_strict() -> None:
    spec = "layers:\n- residual:\n  - conv2d c: {channels: 64, kernel_size: 3, padding: 1}\n"
    assert value(resolve(spec), "input")[1] == 64
    assert rejection(spec, "1x1x8x8")


def test_34_bidirectional_lstm() -> None:
    found = tensors(resolve("layers:\n- lstm rnn: {hidden: 128, layers: 2, bidirectional: true}\n", "2x7x40"))
    assert found["rnn.weight_ih_l0"] == found["rnn.weight_ih_l0_reverse"] == (512, 40)
    assert found["rnn.weight_hh_l0"] == (512, 128)
    assert found["rnn.weight_ih_l1"] == (512, 256)


def test_36_multi_head_attention() -> None:
    found = resolve("layers:\n- multi_head_attention a: {heads: 8}\n", "2x7x512")
    assert tensors(found)["a.in_proj_weight"] == (1536, 512)
    d = rejection("layers:\n- multi_head_attention a: {heads: 7}\n", "2x7x512")[0]
    assert (d.rule, d.found) == ("not-divisible", "512 % 7 = 1")


def test_37_a_tie_resolves_a_shape() -> None:
    spec = """
inputs: {ids: {shape: [N, T], dtype: int64}, x: [N, T, 768]}
layers:
- embedding e: {input_dim: 50257, output_dim: _}
  from: ids
- layer_norm n:
  from: x
- dense head: {units: 50257, bias: false}
  tie: {weight: e.weight}
outputs: [e, head]
"""
    found = resolve(spec)
    assert tensors(found)["e.weight"] == tensors(found)["head.weight"] == (50257, 768)
    assert tensors(found)["n.weight"] == (768,)
    e, *_, head = found.network.parameters
    frame = found.frames[e.node.index]
    assert frame is not None and (e.name, head.name, head.tied_to) == ("e.weight", "head.weight", e)
    step = Explainer(found.store).explain(frame.slot("output_dim"))
    assert step is not None and isinstance(step.why, Fact) and fact_text(step.why) == "dim 2 of input x"
    assert head in step.via


def test_38_groups() -> None:
    spec = "layers:\n- conv2d c: {channels: 256, kernel_size: 3, groups: 32}\n"
    assert tensors(resolve(spec, "1x128x8x8"))["c.weight"] == (256, 4, 3, 3)
    d = rejection(spec, "1x100x8x8")[0]
    assert (d.rule, d.found) == ("not-divisible", "100 % 32 = 4")
    assert d.span is not None and (d.span.line, d.span.column) == (2, 53)


def test_39_pixel_shuffle() -> None:
    spec = "inputs: {x: [N, C, H, W]}\nlayers:\n- pixel_shuffle p: 2\n"
    assert value(resolve(spec, "1x256x8x8"), "p") == (1, 64, 16, 16)
    assert value(resolve(spec), "p")[2:] == ("2*H", "2*W")
    assert rejection(spec, "1x255x8x8")[0].rule == "not-divisible"
    assert regular(axes(spec)["C"].sizes) == (4, None, 4, [0])
    back = "layers:\n- pixel_shuffle p: 2\n- conv2d: {channels: 3, kernel_size: 1, in_channels: 64}\n"
    assert value(resolve(back), "input")[1] == 256


def test_40_group_norm_refuted() -> None:
    assert rejection("layers: [group_norm: 32]\n", "1x48x8x8")[0].found == "48 % 32 = 16"


def test_41_what_nothing_reaches() -> None:
    found = resolve("inputs: {x: [N, 4]}\nlayers:\n- parameter p: [_, 4]\n- dense d: 3\n  from: x\n")
    p = next(p for p in found.network.parameters if p.name == "p")
    assert found.declared(p) == found.tensor(p) == (None, 4)
    assert "not connected" in waits(found, p)
    assert contract(found.network).exact


def test_42_a_long_residual_chain() -> None:
    spec = "layers:\n- sequential s:\n  - residual:\n    - dense d: _\n    repeat: 100\n  repeat: 100\n- dense last: {units: 2, in_units: 512}\n"
    found = tensors(resolve(spec))
    assert {shape for name, shape in found.items() if name.endswith("d.weight")} == {(512, 512)}
    assert len(found) == 2 * 100 * 100 + 2


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
    assert accepted(spec, "36x3x8x?", range(1, 100)) == sizes


def test_terms_of_a_sum_that_are_one_size_are_solved_for_together() -> None:
    spec = "inputs: {x: [N, 3]}\nlayers:\n- dense a: _\n- relu b\n- concat: [a, b, a]\n- dense: {units: 2, in_units: %d}\n"
    assert tensors(resolve(spec % 12))["a.weight"] == (4, 3)
    assert [d.message for d in rejection(spec % 13)] == ["concat0: 13 is not 3 equal sizes"]
    assert [d.message for d in rejection(spec % 2)] == ["concat0: 2 is not 3 equal sizes"]
    symbolic = "inputs: {x: [N, C]}\nlayers:\n- dense a: _\n- concat: [a, a]\n  expect: [N, C]\n"
    assert tensors(resolve(symbolic))["a.weight"] == ("C/2", "C")
    assert regular(axes(symbolic)["C"].sizes) == (2, None, 2, [0])
