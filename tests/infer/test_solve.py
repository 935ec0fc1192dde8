"""What fits known shapes, against trying everything."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from deferinit_cli.graph import Target
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.solving.solution import Box, Choice, Range, Solution
from deferinit_cli.infer.solving.solve import solve
from deferinit_cli.infer.solving.targets import matched
from deferinit_cli.language.filling import filled
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.problems import Rejected, Source, Span
from tests.specs import network

WHERE = Span(Source("--where"), 1, 1)


def solved(spec: str, targets: dict[str, tuple[int | None, ...]], *inputs: str, complete: bool = False) -> Solution:
    net = network(spec)
    return solve(net, [Target(n, d, WHERE) for n, d in targets.items()], parse_inputs(inputs, net), complete)


def chosen(found: Solution, *names: str) -> set[tuple[Any, ...]]:
    """The values of arguments of all families."""
    out = [tuple(b.arguments[n] for n in names) for box in found.boxes for b in box.expanded()]
    assert len(out) == len(set(out))
    return set(out)


def takes(spec: str, shape: str) -> bool:
    """Whether inference with numbers takes the network."""
    try:
        net = network(spec)
    except Rejected:
        return False
    return not diagnostics(infer(net, parse_inputs([shape], net)))


LAYER = "inputs: {x: [1, 3, _, 9]}\nlayers:\n- KIND c: {ARGS}\n  expect: [_, _, Y, _]\n"
NAMES = {"k": "kernel_size", "s": "stride", "p": "padding", "d": "dilation", "e": "output_padding"}


@pytest.mark.parametrize(
    ("kind", "fixed", "opened", "x", "y"),
    [
        ("conv2d", "channels: 4, kernel_size: [3, 1]", "spd", 7, 3),
        ("conv2d", "channels: 4, kernel_size: [5, 1], dilation: 2", "sp", 20, 7),
        ("conv2d", "channels: 4, stride: [2, 1]", "kp", 9, 4),
        ("max_pool2d", "", "ks", 12, 3),
        ("max_pool2d", "ceil_mode: true, stride: 3", "kpd", 7, 3),
        ("avg_pool2d", "kernel_size: 4", "sp", 15, 5),
        ("conv_transpose2d", "channels: 4, kernel_size: [3, 1]", "spe", 5, 10),
        ("conv_transpose2d", "channels: 4, kernel_size: [4, 1], stride: 2", "pd", 4, 9),
    ],
)
def test_open_arguments_of_windows(kind: str, fixed: str, opened: str, x: int, y: int) -> None:
    """All kernels, strides, paddings below the kernel's reach, … that turn x into y; each axis for itself."""
    fixed_now = [part for part in [fixed] if part]
    lists = [f"{NAMES[o]}: [_, {1 if o in 'ksd' else 0}]" for o in opened]
    base = LAYER.replace("KIND", kind)
    net = network(base.replace("ARGS", ", ".join([*fixed_now, *lists])).replace("Y", "_"))
    known = {"c": (None, None, y, None)}
    if kind.startswith("conv") and "k" in opened:
        known["c.weight"] = (None, None, 3, None)
    found = solve(net, [Target(n, d, WHERE) for n, d in known.items()], parse_inputs([f"1x3x{x}x9"], net))
    assert found.decided, found.undecided
    names = [f"c.{NAMES[o]}.0" for o in opened]
    bounds = {
        "k": range(3, 4) if kind.startswith("conv") else range(1, x + 9),
        "s": range(1, 2 * x),
        "p": range(24),
        "d": range(1, y if "transpose" in kind else x),
        "e": range(6),
    }
    meant = set()
    for values in product(*(bounds[o] for o in opened)):
        now = dict(zip(opened, values))
        written = ", ".join([*fixed_now, *(f"{NAMES[o]}: [{v}, {1 if o in 'ksd' else 0}]" for o, v in now.items())])
        k = now.get("k", next((int(c) for c in fixed.partition("kernel_size: ")[2][:2].strip("[") if c.isdigit()), 1))
        d = now.get("d", 2 if "dilation: 2" in fixed else 1)
        if (
            now.get("p", 0) > d * (k - 1)
            or (k == 1 and now.get("d", 1) > 1)
            or ("p" in now and k >= 2 * (y if "transpose" in kind else x))
        ):
            continue  # windows that see padding alone; a distance between one cell
        if takes(base.replace("ARGS", written).replace("Y", str(y)), f"1x3x{x}x9"):
            meant.add(values)
    assert meant
    have = {v for v in chosen(found, *names) if "s" not in opened or v[opened.index("s")] < 2 * x}
    assert have == meant


def test_one_value_for_all_axes_and_one_for_each() -> None:
    spec = "inputs: {x: [1, 3, 9, 17]}\nlayers:\n- conv2d c: {channels: 4, kernel_size: 3, stride: S, padding: 1}\n"
    assert chosen(solved(spec.replace("S", "_"), {"c": (1, 4, 5, 9)}), "c.stride") == {(2,)}
    assert chosen(solved(spec.replace("S", "_"), {"c": (1, 4, 9, 9)}), "c.stride") == set()
    assert chosen(solved(spec.replace("S", "[_, _]"), {"c": (1, 4, 9, 9)}), "c.stride.0", "c.stride.1") == {(1, 2)}
    pairs = "inputs: {x: [1, 3, 9, 17]}\nlayers:\n- conv2d c: {channels: 4, kernel_size: 3, padding: [[_, 1], [0, _]]}\n"
    assert chosen(solved(pairs, {"c": (1, 4, 8, 17)}), "c.padding.0.0", "c.padding.1.1") == {(0, 2)}
    kernel = "inputs: {x: [1, 3, 9, 17]}\nlayers:\n- conv2d c: {channels: 4, kernel_size: _}\n"
    assert chosen(solved(kernel, {"c.weight": (4, 3, 3, 5)}), "c.kernel_size") == {((3, 5),)}


@pytest.mark.parametrize(
    ("layer", "targets", "names", "answers"),
    [
        ("conv2d c: {channels: 12, kernel_size: 1, groups: _}", {"c.weight": (12, 2, 1, 1)}, ["c.groups"], {(4,)}),
        ("conv2d c: {channels: 12, kernel_size: 1, groups: _}", {}, ["c.groups"], {(1,), (2,), (4,)}),
        ("conv2d c: {channels: _, kernel_size: 1, bias: _}", {"c.bias": (12,)}, ["c.channels", "c.bias"], {(12, True)}),
        ("depthwise_conv2d c: {kernel_size: 1, multiplier: _}", {"c": (None, 24, None, None)}, ["c.multiplier"], {(3,)}),
        ("conv_transpose2d c: {channels: 6, kernel_size: 1, groups: _}", {"c.weight": (8, 3, 1, 1)}, ["c.groups"], {(2,)}),
        ("separable_conv2d c: {channels: 5, kernel_size: 1, multiplier: _}", {"c.pointwise.weight": (5, 24, 1, 1)},
         ["c.multiplier"], {(3,)}),
        ("repeat_axis c: {times: _, axis: 2}", {"c": (None, None, 18, None)}, ["c.times"], {(3,)}),
        ("repeat_axis c: {times: _, axis: 2}", {"c": (None, None, 20, None)}, ["c.times"], set()),
        ("group_norm c: {groups: _}", {}, ["c.groups"], {(1,), (2,), (4,), (8,)}),
        ("group_norm c: {groups: 2, scale: _, center: false}", {"c.weight": (8,)}, ["c.scale"], {(True,)}),
        ("channel_shuffle c: _", {}, ["c.groups"], {(1,), (2,), (4,), (8,)}),
        ("prelu c: _", {"c.weight": (8,)}, ["c.shared"], {(False,)}),
        ("prelu c: _", {"c.weight": (1,)}, ["c.shared"], {(True,)}),
        ("pixel_shuffle c: _", {"c": (None, 2, None, None)}, ["c.factor"], {(2,)}),
        ("pixel_unshuffle c: _", {"c": (None, 72, None, None)}, ["c.factor"], {(3,)}),
        ("batch_norm c: {scale: _, center: _}", {"c.bias": (8,)}, ["c.center"], {(True,)}),
    ],
)
def test_arguments_of_channels(layer: str, targets: dict[str, Any], names: list[str], answers: set[Any]) -> None:
    found = solved(f"inputs: {{x: [2, 8, 6, 6]}}\nlayers:\n- {layer}\n", targets)
    assert {tuple(b.arguments[n] for n in names) for box in found.boxes for b in box.expanded()} == answers
    assert found.decided


@pytest.mark.parametrize(
    ("layer", "targets", "names", "answers"),
    [
        ("multi_head_attention a: _", {}, ["a.heads"], {(1,), (2,), (3,), (4,), (6,), (12,)}),
        ("multi_head_attention a: {heads: _, head_dim: 3}", {"a.in_proj_weight": (18, 12)}, ["a.heads"], {(2,)}),
        ("multi_head_attention a: {heads: 4, kv_heads: _}", {"a.in_proj_weight": (24, 12)}, ["a.kv_heads"], {(2,)}),
        ("multi_head_attention a: {heads: 2, bias: _}", {"a.out_proj.bias": (12,)}, ["a.bias"], {(True,)}),
        ("rotary a: _", {}, ["a.heads"], {(1,), (2,), (3,), (6,)}),
        ("window_partition a: _\n  from: image", {"a": (None, 3, 3, None)}, ["a.size"], {(3,)}),
        ("window_partition a: _\n  from: image", {}, ["a.size"], {(1,), (3,)}),
    ],
)
def test_arguments_of_attention(layer: str, targets: dict[str, Any], names: list[str], answers: set[Any]) -> None:
    spec = f"inputs: {{x: [2, 5, 12], image: [1, 6, 9, 4]}}\nlayers:\n- {layer}\n"
    spec += "" if "from" in layer else "  from: x\n"
    found = solved(spec, targets)
    assert found.decided
    assert chosen(found, *names) == answers


@pytest.mark.parametrize(
    ("layer", "shape", "targets", "names", "answers"),
    [
        ("lstm_cell c: {hidden: _, bias: _}", "[2, 5]", {"c.weight_hh": (12, 3), "c.bias_ih": (12,)}, ["hidden", "bias"], {(3, True)}),
        ("gru_cell c: {hidden: _, bias: _}", "[2, 5]", {"c.weight_ih": (12, 5)}, ["hidden", "bias"], {(4, True), (4, False)}),
        ("conv_lstm2d c: {channels: _, kernel_size: 3, bias: _}", "[1, 2, 3, 6, 6]", {"c.bias": (8,)}, ["channels", "bias"], {(2, True)}),
    ],
)
def test_arguments_of_cells(layer: str, shape: str, targets: dict[str, Any], names: list[str], answers: set[Any]) -> None:
    found = solved(f"inputs: {{x: {shape}}}\nlayers:\n- {layer}\n", targets)
    assert found.decided
    assert chosen(found, *(f"c.{n}" for n in names)) == answers


LSTM = "layers:\n- lstm rnn: {hidden: _, layers: _, bidirectional: _, bias: _, projection: _}\n"


def cell(hidden: int, came: int, layers: int, both: bool, bias: bool, projection: int) -> dict[str, tuple[int, ...]]:
    """The tensors of a torch.nn.LSTM."""
    out: dict[str, tuple[int, ...]] = {}
    width = projection or hidden
    for k in range(layers):
        for end in [f"_l{k}", f"_l{k}_reverse"][: 1 + both]:
            out[f"rnn.weight_ih{end}"] = (4 * hidden, came if k == 0 else width * (1 + both))
            out[f"rnn.weight_hh{end}"] = (4 * hidden, width)
            if bias:
                out |= {f"rnn.bias_ih{end}": (4 * hidden,), f"rnn.bias_hh{end}": (4 * hidden,)}
            if projection:
                out[f"rnn.weight_hr{end}"] = (projection, hidden)
    return out


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("projection", [0, 16])
def test_35_a_recurrent_layer_from_its_tensors(layers: int, both: bool, bias: bool, projection: int) -> None:
    found = solved(LSTM, cell(128, 40, layers, both, bias, projection), complete=True)
    names = [f"rnn.{n}" for n in ("hidden", "layers", "bidirectional", "bias", "projection")]
    assert chosen(found, *names) == {(128, layers, both, bias, projection)}
    assert found.decided
    (box,) = found.boxes
    assert [r and (r.low, r.high) for r in box.shapes["input"]] == [(1, None), (1, None), (40, 40)]


def test_35_from_three_tensors() -> None:
    some = {"rnn.weight_ih_l0": (512, 40), "rnn.weight_hh_l0": (512, 128), "rnn.weight_ih_l1": (512, 256)}
    found = solved("layers:\n- lstm rnn: {hidden: _, layers: 2, bidirectional: _}\n", some)
    assert chosen(found, "rnn.hidden", "rnn.bidirectional") == {(128, True)}
    assert found.decided
    more = solved("layers:\n- lstm rnn: {hidden: _, layers: _, bidirectional: _}\n", some)
    assert {v[:2] for v in chosen(more, "rnn.hidden", "rnn.bidirectional", "rnn.layers")} == {(128, True)}
    assert min(v[0] for v in chosen(more, "rnn.layers")) == 2
    assert not more.decided  # there may be more layers than were named


def test_what_shapes_do_not_tell() -> None:
    found = solved("inputs: {x: [N, 8]}\nlayers:\n- dense a: _\n- relu\n- dense b: 3\n", {"b.bias": (3,)})
    (box,) = found.boxes
    assert box.arguments["a.units"] == Range(1, None, "any size")
    assert found.count is None
    heads = solved("inputs: {x: [1, 4, 8]}\nlayers:\n- multi_head_attention a: _\n", {})
    assert [b.arguments["a.heads"] for b in heads.boxes] == [Choice((1, 2, 4, 8))]
    assert heads.count == 4


def test_a_size_that_follows_the_input() -> None:
    spec = "inputs: {x: [N, 1, H]}\nlayers:\n- max_pool1d: 2\n- flatten\n- residual:\n  - dense a: _\n"
    found = solved(spec, {"output": (1, None)}, "1x1xH")
    (box,) = found.boxes
    width = box.arguments["a.units"]
    assert isinstance(width, Range) and (width.low, width.high, str(width)) == (1, None, "H//2")


BLOCKS = """
blocks:
  step:
    args: [s=1]
    layers:
    - conv2d c: {channels: 4, kernel_size: 3, padding: 1, stride: STRIDE}
layers:
"""


def halved(size: int, strides: tuple[int, ...]) -> int:
    for s in strides:
        size = (size - 1) // s + 1
    return size


def test_what_is_written_once_has_one_value() -> None:
    """A repeat's copies share what is written once; only where that fits nowhere may they differ."""
    repeated = "inputs: {x: [1, 3, 16, 16]}" + BLOCKS.replace("STRIDE", "_") + "- step a:\n  repeat: 3\n"
    found = solved(repeated, {"output": (1, 4, 2, 2)})
    assert chosen(found, "a.0.c.stride", "a.1.c.stride", "a.2.c.stride") == {(2, 2, 2)}
    apart = solved(repeated, {"output": (1, 4, 4, 4)})
    values = chosen(apart, "a.0.c.stride", "a.1.c.stride", "a.2.c.stride")
    assert values == {v for v in product(range(1, 17), repeat=3) if halved(16, v) == 4}


def test_a_block_called_with_two_open_arguments() -> None:
    spec = "inputs: {x: [1, 3, 16, 16]}" + BLOCKS.replace("STRIDE", "s") + "- step a: {s: _}\n- step b: {s: _}\n"
    found = solved(spec, {"a": (1, 4, 8, 8), "output": (1, 4, 4, 4)})
    assert chosen(found, "a.c.stride", "b.c.stride") == {(2, 2)}
    assert (1, 4) in chosen(solved(spec, {"output": (1, 4, 4, 4)}), "a.c.stride", "b.c.stride")


def test_a_size_left_out_may_broadcast() -> None:
    """A size beside a known one is taken to be equal to it only where nothing says that it is 1."""
    spec = "inputs: {x: [N, 5]}\nlayers:\n- dense a: _\n- add: [a, x]\n"
    assert chosen(solved(spec, {"a.weight": (1, 5)}), "a.units") == {(1,)}
    assert chosen(solved(spec, {"output": (2, 5)}), "a.units") == {(5,)}


def test_sizes_that_add_up() -> None:
    """No product: one size is tried after the other, and those that leave the others alike are told together."""
    spec = (
        "inputs: {x: [1, 3, H], y: [1, 3, W]}\nlayers:\n- max_pool1d a: 3\n  from: x\n- max_pool1d b: {kernel_size: 2}\n  from: y\n"
        "- concat c: {axis: 2}\n  from: [a, b]\n"
    )
    found = solved(spec, {"c": (1, 3, 12)})
    assert found.decided and len(found.boxes) == 11
    inside = {(h, w) for b in found.boxes for h in range(1, 60) for w in range(1, 60) if b.holds({"H": h, "W": w})}
    assert inside == {(h, w) for h in range(3, 60) for w in range(2, 60) if h // 3 + w // 2 == 12}
    assert found.count == len(inside)


def test_sizes_without_end_keep_their_conditions() -> None:
    spec = "inputs: {x: [1, 2, H, W]}\nlayers:\n- max_pool2d a: 2\n- transpose b: {axes: [0, 1, 3, 2]}\n- add: {broadcast: false}\n  from: [a, b]\n"
    found = solved(spec, {"output": (1, 2, None, None)})
    (box,) = found.boxes
    assert found.decided and found.count is None
    assert box.conditions == ["H//2 == W//2"]
    assert [(h, w) for h in range(1, 9) for w in range(1, 9) if box.holds({"H": h, "W": w})] == [
        (h, w) for h in range(2, 9) for w in range(2, 9) if h // 2 == w // 2
    ]


def test_residues_of_sizes_without_end() -> None:
    spec = "inputs: {x: [1, 4, H, W]}\nlayers:\n- pixel_unshuffle a: 3\n"
    found = solved(spec, {"a": (1, 36, 5, None)})
    (box,) = found.boxes
    assert (box.symbols["H"].key(), box.residues) == ((15, 15, 1, (0,)), ["W % 3 == 0"])
    assert found.decided and found.count is None


def test_finite_sizes_are_boxes_without_conditions() -> None:
    spec = "inputs: {x: [1, 3, H, W]}\nlayers:\n- conv2d: {channels: 2, kernel_size: 4, stride: 4}\n- flatten\n- learned: 3\n"
    spec = spec.replace("- learned: 3", "- dense fc: {units: 1, in_units: 24}")
    found = solved(spec, {"fc.bias": (1,)})
    inside = {(h, w) for b in found.boxes for h in range(1, 60) for w in range(1, 60) if b.holds({"H": h, "W": w})}
    assert inside == {(h, w) for h in range(1, 60) for w in range(1, 60) if (h // 4) * (w // 4) == 12}
    assert not any(b.conditions or b.residues for b in found.boxes)
    assert found.count == 6 * 16


def test_no_solution_says_why_and_where() -> None:
    spec = "inputs: {x: [1, 3, H, W]}\nlayers:\n- conv_transpose2d up: {channels: 3, kernel_size: 2, stride: 2}\n- identity y\n"
    found = solved(spec, {"y": (1, 3, 7, 8)})
    assert found.boxes == [] and found.decided
    assert "7" in found.failures[0].message and found.failures[0].span is not None
    odd = "inputs: {x: [1, 3, H, W]}\nlayers:\n- conv2d: {channels: 2, kernel_size: 4, stride: 4}\n- flatten\n- dense fc: {units: 1, in_units: 25}\n"
    (d, *_) = solved(odd, {"fc.bias": (1,)}).failures
    assert d.span is not None and d.span.line == 5
    open_ = "inputs: {x: [1, 3, 8, 8]}\nlayers:\n- conv2d c: {channels: 2, kernel_size: 3, stride: _}\n"
    failures = solved(open_, {"c": (1, 2, 5, 6)}).failures
    assert any("c.stride" in f.message for f in failures)


def test_undecided_is_said() -> None:
    spec = "inputs: {x: [1, 3, H, H]}\nlayers:\n- conv2d c: {channels: 2, kernel_size: 3, stride: _}\n"
    found = solved(spec, {"c": (1, 2, 5, 5)})
    assert not found.decided
    assert found.undecided == ["c.stride is only tried up to 4: nothing bounds it"]
    assert {s for (s,) in chosen(found, "c.stride")} == {1, 2, 3, 4}


def test_strides_beyond_one_axis_matter_to_another() -> None:
    """Past the end of the shorter axis they are all the same to it, but not to the longer one."""
    spec = "inputs: {x: [1, 3, 3, WIDTH]}\nlayers:\n- max_pool2d c: {kernel_size: 1, stride: _}\n"
    found = solved(spec.replace("WIDTH", "22"), {"c": (1, 3, 1, None)})
    assert found.decided and chosen(found, "c.stride") == {(s,) for s in range(3, 23)}
    found = solved(spec.replace("WIDTH", "22"), {"c": (1, 3, 1, 4)})
    assert found.decided and chosen(found, "c.stride") == {(6,), (7,)}
    found = solved(spec.replace("WIDTH", "W"), {"c": (1, 3, 1, 4)})
    assert found.undecided == ["c.stride is only tried up to 3: nothing bounds it"]
    found = solved(spec.replace("WIDTH", "W"), {"c": (1, 3, 2, 4)})
    assert found.decided and chosen(found, "c.stride") == {(2,)}


def test_usual_things_come_first() -> None:
    spec = (
        "inputs: {x: [1, 3, H, W]}\nlayers:\n- conv2d c: {channels: 2, kernel_size: 3, padding: _}\n- flatten\n"
        "- dense fc: {units: 1, in_units: 2048}\n"
    )
    found = solved(spec, {"fc.bias": (1,)})
    best = found.boxes[0]
    assert (best.square(), best.arguments["c.padding"]) in [((32, 32), 1), ((34, 34), 0)]
    squares = [b.square() is not None for b in found.boxes]
    assert squares == sorted(squares, reverse=True)


def test_names_of_a_checkpoint() -> None:
    net = network("layers:\n- dense a: {units: 4, bias: _}\n- lstm rnn: {hidden: 3, layers: _}\n")
    own = {"a.weight": (4, 2), "a.bias": (4,), "rnn.weight_ih_l0": (12, 4), "rnn.weight_hh_l0": (12, 3)}
    same = matched(net, own)
    assert (same.prefix, same.shapes, same.unused) == ("", own, [])
    assert same.missing == ["rnn.bias_ih_l0", "rnn.bias_hh_l0"]
    before = matched(net, {f"module.model.{n}": s for n, s in own.items()} | {"optimizer.step": ()})
    assert (before.prefix, before.shapes, before.unused) == ("module.model.", own, ["optimizer.step"])
    assert before.sources["a.weight"] == "module.model.a.weight"
    inner = network("layers:\n- sequential net:\n  - dense a: 4\n  - dense b: 4\n")
    without = matched(inner, {"a.weight": (4, 2), "b.weight": (4, 4)})
    assert (without.prefix, list(without.shapes)) == ("-net.", ["net.a.weight", "net.b.weight"])


FILLED = """\
# a comment, and what it is about
inputs: {x: [1,   3, _, 17]}    # the height is open
layers:
- conv2d c:   {channels: _, kernel_size: [ 3 , _ ],  # both
    stride: _, bias: _}
- relu

- lstm: {hidden: 4}   # _ is not a blank here
"""


def test_filling_in_keeps_the_text() -> None:
    net = network(FILLED)
    values = {"c.channels": 4, "c.kernel_size.1": 5, "c.stride": (2, 1), "c.bias": False}
    text, notes = filled(net, values, {"x": [None, None, 9, None]})
    assert text == FILLED.replace("3, _, 17", "3, 9, 17").replace("channels: _", "channels: 4").replace("[ 3 , _ ]", "[ 3 , 5 ]").replace(
        "stride: _", "stride: [2, 1]").replace("bias: _", "bias: false")  # fmt: skip
    assert notes == ["x[2] = 9", "c.channels = 4", "c.kernel_size.1 = 5", "c.stride = [2, 1]", "c.bias = false"]


def test_filling_in_is_refused_where_it_would_guess() -> None:
    twice = "layers:\n- dense h: _\n  repeat: 2\n"
    assert filled(network(twice), {"h.0.units": 3, "h.1.units": 3}, {})[0] == twice.replace("_", "3")
    with pytest.raises(Rejected) as caught:
        filled(network(twice), {"h.0.units": 3, "h.1.units": 4}, {})
    assert [d.rule for d in caught.value.diagnostics] == ["fill-differs"]
    block = "blocks: {b: {args: [w], layers: [dense d: w]}}\nlayers:\n- b x: {w: _}\n"
    with pytest.raises(Rejected) as caught:
        filled(network(block), {"x.d.units": 3}, {})
    (d,) = caught.value.diagnostics
    assert (d.rule, d.span and d.span.line) == ("fill-elsewhere", 1)


def test_boxes_hold_what_they_count() -> None:
    found = solved("inputs: {x: [1, 3, H, W]}\nlayers:\n- max_pool2d: 3\n- flatten\n- dense fc: 2\n", {"fc.weight": (2, 36)})
    boxes: list[Box] = found.boxes
    inside = [(h, w) for h in range(1, 60) for w in range(1, 60) for b in boxes if b.holds({"H": h, "W": w})]
    assert len(inside) == len(set(inside)) == found.count == 6 * 9
