"""Numbers of layers over symbols: exact where they are added or multiplied, undecided where they divide, never taken for unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deferinit_cli.forward.execute import execute
from deferinit_cli.graph import Target
from deferinit_cli.infer.derivation.waits import Waits
from deferinit_cli.infer.domains.contract import contract
from deferinit_cli.infer.domains.undetermined import undetermined
from deferinit_cli.infer.solving.solve import solve
from deferinit_cli.infer.why import Question
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.problems import Source, Span
from deferinit_cli.views.contracts import document, headline, render
from tests.specs import network, rejection, resolve, tensors, value

IMAGE = "inputs: {x: [N, 3, H, W]}\nlayers:\n"
STRIDE = IMAGE + "- conv2d a: {channels: 4, kernel_size: 3, stride: H // 4}\n- flatten\n- dense b: {units: 10, in_units: 999}\n"


def rules(spec: str, *inputs: str) -> list[str]:
    return [d.rule for d in rejection(spec, *inputs)]


def test_a_stride_over_symbols_is_decided_once_it_is_a_number() -> None:
    found = contract(network(STRIDE))
    assert not found.exact
    assert found.open == ["a.stride is H//4, decided once H is known"]
    assert document(found, "s")["exact"] is False
    assert headline(found) == "N >= 1 · H >= 4 · W >= 3"
    assert value(found.resolved, "a") == ("N", 4, "?", "?")
    assert set(Waits(found.resolved).cost(found.resolved.network.nodes[0])) == {"`a.stride`, which is H//4"}
    assert Question(found.resolved).ask("a[2]")[0].waits == ["`a.stride`, which is H//4"]


@pytest.mark.parametrize(("size", "features"), [(8, 36), (9, 64), (31, 100)])
def test_what_a_stride_comes_to_is_used(size: int, features: int) -> None:
    (found,) = rejection(STRIDE, f"x=1x3x{size}x{size}")
    assert (found.rule, found.found, found.expected) == ("size-mismatch", str(features), "999")
    assert tensors(resolve(STRIDE.replace(", in_units: 999", ""), f"x=1x3x{size}x{size}"))["b.weight"] == (10, features)


def test_a_stride_is_decided_where_a_clause_makes_it_a_number() -> None:
    spec = "inputs: {x: [N, 3, H], y: [N, 8]}\nlayers:\n- conv1d a: {channels: 4, kernel_size: 3, stride: H // 4}\n  from: x\n"
    late = spec + "- dense b: {units: 2, in_units: H}\n  from: y\n"
    assert value(resolve(spec), "a") == ("N", 4, "?")
    assert value(resolve(late), "a") == ("N", 4, 3)
    assert contract(network(late)).exact


@pytest.mark.parametrize(
    ("layer", "sizes"),
    [
        ("conv2d: {channels: 4, kernel_size: 1, stride: [H, W]}", (1, 1)),
        ("max_pool2d: {kernel_size: [H, W]}", (1, 1)),
        ("avg_pool2d: {kernel_size: [H // 2 + 1, 1], stride: [H, 1]}", (1, "W")),
        ("slice: {axis: 2, step: H}", (1, "W")),
    ],
)
def test_a_quotient_that_is_the_same_for_every_size_is_exact(layer: str, sizes: tuple[Any, Any]) -> None:
    found = contract(network(IMAGE + f"- {layer.replace(':', ' l:', 1)}\n"))
    assert value(found.resolved, "l")[2:] == sizes
    assert found.exact and headline(found) == "N >= 1 · H >= 1 · W >= 1"


PADDED = """
inputs: {image: [N, C, H, W]}
layers:
- pad: [[0, (-H) % 32], [0, (-W) % 32]]
- conv2d a: {channels: 8, kernel_size: 3, padding: 1}
- max_pool2d: 32
- conv_transpose2d: {channels: 8, kernel_size: 32, stride: 32}
- concat: [prev, a]
- crop: [[0, (-H) % 32], [0, (-W) % 32]]
- dropout out
"""


@pytest.mark.parametrize("end", ["", "- slice: {axis: 2, stop: H}\n- slice: {axis: 3, stop: W}\n"])
def test_padded_to_a_multiple_and_cropped(end: str) -> None:
    spec = PADDED if not end else PADDED.replace("- crop: [[0, (-H) % 32], [0, (-W) % 32]]\n", end)
    found = contract(network(spec))
    assert render(found) == "contract: N >= 1 · C >= 1 · H >= 1 · W >= 1\nexact\n"
    assert value(found.resolved, "pad0") == ("N", "C", "32*ceil(H/32)", "32*ceil(W/32)")
    assert value(found.resolved, "out") == ("N", 16, "H", "W")


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("conv2d: {channels: 4, kernel_size: 3, padding: H - 4}", "H >= 4"),
        ("conv2d: {channels: 4, kernel_size: [H - 4, 1]}", "H >= 5"),
        ("conv2d: {channels: 4, kernel_size: [2, 1], dilation: H - 4}", "H >= 5"),
        ("conv2d: {channels: 4, kernel_size: 1, stride: [H - 4, 1], padding: 0}", "H >= 5"),
        ("pad: [[H - 4, 0], [0, 0]]", "H >= 4"),
        ("crop: [[H - 4, 0], [0, 0]]", "H >= 4"),
        ("slice: {axis: 2, start: H - 4}", "H >= 4"),
        ("slice: {axis: 2, stop: H - 4}", "H >= 5"),
        ("conv_transpose2d: {channels: 4, kernel_size: 3, stride: 2, output_padding: [H % 3, 0]}", "H % 3 in {0, 1}"),
        ("max_pool2d: {kernel_size: 4, stride: 1, padding: [H % 4, 0]}", "H % 4 in {0, 1, 2}"),
        ("conv2d: {channels: 4, kernel_size: 1, padding_mode: reflect, padding: [H // 2, 0]}", "H >= 1"),
        ("conv2d: {channels: 12, kernel_size: 1, groups: 3 - H % 3}", "H % 3 in {0, 2}"),
    ],
)
def test_the_range_of_an_argument_is_a_condition(layer: str, expected: str) -> None:
    found = contract(network(IMAGE + f"- {layer}\n"))
    axis = next(a for a in found.axes if a.symbol == "H")
    assert expected in axis.text()
    assert found.exact or "stride" in layer
    for size in range(1, 30):
        accepted = not rules(IMAGE + f"- {layer}\n", f"x=1x3x{size}x9")
        assert axis.sizes.contains(size) is accepted, size


@pytest.mark.parametrize(
    ("spec", "size", "rule", "word"),
    [
        ("- conv2d: {channels: 4, kernel_size: 3, padding: H - 4}", 3, "argument-range", "H - 4"),
        ("- conv2d: {channels: 4, kernel_size: H - 4}", 4, "argument-range", "H - 4"),
        ("- conv2d: {channels: 4, kernel_size: 1, stride: H // 4}", 3, "argument-range", "H // 4"),
        ("- slice: {axis: 2, stop: H - 4}", 3, "argument-range", "H - 4"),
        ("- slice: {axis: 2, stop: H - 4}", 4, "empty-slice", "H - 4"),
        ("- conv_transpose2d: {channels: 4, kernel_size: 3, output_padding: H % 2}", 5, "output-padding", "H % 2"),
        ("- max_pool2d: {kernel_size: 2, padding: H % 4}", 7, "padding-too-large", "H % 4"),
        ("- conv2d: {channels: 4, kernel_size: 3, padding_mode: reflect, padding: H}", 5, "padding-too-large", "H"),
        ("- conv2d: {channels: 4, kernel_size: H + 1}", 5, "kernel-exceeds-input", "H + 1"),
        ("- conv2d: {channels: 4, kernel_size: 1, groups: H}", 2, "not-divisible", "H"),
        ("- crop: [[0, H], [0, 0]]", 5, "crop-too-large", "[[0, H], [0, 0]]"),
    ],
)
def test_what_breaks_a_range_is_told_at_the_argument(spec: str, size: int, rule: str, word: str) -> None:
    found = rejection(IMAGE + spec + "\n", f"x=1x3x{size}x{size}")
    assert {d.rule for d in found} == {rule}
    for d in found:
        assert d.span is not None and d.span.source.line(d.span.line)[d.span.column - 1 :].startswith(word)


@pytest.mark.parametrize(
    "argument",
    ["mean: {axis: H}", "split: {parts: H}", "lstm: {hidden: 3, layers: H}", "select: {axis: 1, index: H}", "flatten: {start: H}",
     "roll: {shift: H, axis: 1}", "tile: [1, H]", "pixel_shuffle: H", "topk_softmax: H", "local_response_norm: H",
     "upsample: {scale: H}", "dropout: H", "transpose: [0, H]", "concat: {axis: H}", "attention: {heads: 2, causal: true, window: H}",
     "relative_bias: {buckets: H, max_distance: 9, heads: 2}", "conv2d: {channels: 3, kernel_size: 3, bias: H}"],
)  # fmt: skip
def test_counts_and_places_refuse_symbols_by_name(argument: str) -> None:
    (found,) = rejection(IMAGE + f"- {argument}\n")
    assert found.rule == "argument-type" and "cannot be" in found.message and found.help.startswith("a symbol stands for a size")
    assert found.span is not None and "H" in found.span.source.line(found.span.line)[found.span.column - 1 :]


@pytest.mark.parametrize("modifier", ["repeat: H", "fanout: H", "when: H == 3"])
def test_modifiers_refuse_symbols(modifier: str) -> None:
    assert rules(IMAGE + f"- relu:\n  {modifier}\n") == ["symbol-in-condition"]


def test_a_symbol_that_an_expect_names_later() -> None:
    spec = "inputs: {x: [N, 8, T]}\nlayers:\n- conv1d a: {channels: 4, kernel_size: 3, padding: P}\n- relu y:\n"
    assert contract(network(spec)).open == ["a.padding is P, decided once P is known"]
    assert contract(network(spec + "  expect: [N, 4, T]\n")).exact
    resolved = resolve(spec + "  expect: [N, 4, T]\n", "x=1x8x5")
    assert resolved.settled(resolved.network.nodes[0]).__dict__["padding"] == 1
    assert [d.message for d in undetermined(resolve(spec, "x=1x8x5"))] == ["a.padding is P: a run needs a number"]
    early = "inputs: {x: [N, C, T]}\nlayers:\n- relu:\n  expect: [N, C, K]\n- conv1d a: {channels: C, kernel_size: K, groups: C}\n"
    assert tensors(resolve(early))["a.weight"] == ("C", 1, "T")
    assert contract(network(early)).exact


def test_within_blocks_symbols_are_those_of_the_call() -> None:
    spec = """
inputs: {a: [N, 4, H], b: [N, 6, W]}
blocks:
  halved:
    inputs: {x: [N, C, T]}
    layers:
    - pad: [[0, T % 2]]
    - max_pool1d: 2
    - group_norm: C // 2
    - slice: {axis: 1, stop: C // 2}
layers:
- halved p: {}
  from: a
- halved q: {}
  from: b
- apply r: p
  from: a
outputs: [p, q, r]
"""
    found = contract(network(spec))
    assert [value(found.resolved, n) for n in "pqr"] == [("N", 2, "H - H//2"), ("N", 3, "W - W//2"), ("N", 2, "H - H//2")]
    assert found.exact and headline(found) == "N >= 1 · H >= 1 · W >= 1"


@pytest.mark.parametrize("size", [1, 2, 7, 31, 32, 33, 70])
def test_forward_is_given_the_numbers(size: int) -> None:
    resolved = resolve(PADDED, f"image=1x2x{size}x{size + 3}")
    arrays = {p.name: np.zeros(resolved.tensor(p), "float32") for p in resolved.network.parameters}  # type: ignore[arg-type]
    out = execute(resolved.network, resolved, arrays, {"image": np.zeros((1, 2, size, size + 3), "float32")})
    assert next(iter(out.values())).shape == (1, 16, size, size + 3)


def test_why_tells_where_a_number_comes_from() -> None:
    (answer,) = Question(resolve(PADDED, "image=1x2x37x50")).ask("pad0[2]")
    assert (answer.value, answer.steps[0].text) == (64, "64 = 37 + 27")
    assert {p.text for p in answer.steps[0].premises} == {"--input image=1x2x37x50", "27 = -37 % 32"}


def test_solve_lists_nothing_that_hangs_on_an_undecided_stride() -> None:
    net = network(STRIDE.replace(", in_units: 999", ""))
    target = Target("b.weight", (10, 64), Span(Source("--where"), 1, 1))
    found = solve(net, [target])
    assert not found.boxes and not found.decided
    assert found.undecided == ["a.stride is H//4, decided once H is known"]
    decided = solve(net, [target], parse_inputs(["x=1x3x9xW"], net))
    assert decided.decided and [str(box.shapes["x"][3]) for box in decided.boxes] == ["9…10"]


def test_solve_over_symbols_is_exact_where_nothing_is_divided() -> None:
    found = solve(network(PADDED), [Target("pad0", (1, 2, 64, 32), Span(Source("--where"), 1, 1))])
    assert found.decided and [[str(r) for r in box.shapes["image"]] for box in found.boxes] == [["1", "2", "33…64", "1…32"]]
