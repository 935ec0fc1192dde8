"""What may be concluded while ranks, dtypes and sizes are open: only what holds whatever they turn out to be."""

from __future__ import annotations

from deferinit_cli.infer.domains.contract import contract
from tests.specs import network, rejection, resolve, tensors, value


def test_known_dims_of_one_end_may_be_those_of_the_other() -> None:
    """[N, C, 5, ...] of rank 4 has two of its dims in front where a product looks for them behind."""
    spec = """
inputs: {x: [N, C, 5, ...]}
layers:
- matmul m: {transpose_a: true}
  from: [x, x]
- parameter p: [2, 4, 6, 3]
- concat: {axis: 3}
  from: [m, p]
"""
    assert not rejection(spec)
    assert value(resolve(spec, "x=2x4x5x6"), "m") == (2, 4, 6, 6)
    assert [d.rule for d in rejection(spec, "x=2x4x5x7")] == ["size-mismatch"]


def test_a_norm_of_two_axes_does_not_make_three() -> None:
    spec = "inputs: {x: [..., 5]}\nlayers:\n- batch_norm n\n"
    assert not rejection(spec, "3x5")
    assert tensors(resolve(spec, "3x5"))["n.weight"] == (5,)
    assert tensors(resolve(spec, "3x7x5"))["n.weight"] == (7,)
    assert tensors(resolve(spec.replace("m n\n", "m n:\n  expect: [2, _]\n")))["n.weight"] == (5,)


def test_rows_that_overlap_are_joined_once_the_rank_is_known() -> None:
    spec = """
layers:
- relu a:
  expect: [2, 3, ...]
- relu b:
  expect: [..., C, 5]
"""
    assert not rejection(spec)
    assert not rejection(spec, "2x3x4x5")
    assert rejection(spec, "2x3x4")
    of_three = spec + "- relu c:\n  expect: [_, _, _]\n"
    found = resolve(of_three)
    assert not found.conflicts
    assert value(found, "c") == (2, 3, 5)
    assert rejection(of_three.replace("[..., C, 5]", "[..., 4, 5]"))


def test_a_size_is_assumed_only_where_one_was_left_out() -> None:
    """An input of unknown rank may have one entry, beside the embedding's 2; a width left out is taken to be 2."""
    follows = """
inputs: {x: {dtype: int64}}
layers:
- expand_dims n: {axis: -2}
- embedding e: {input_dim: 7, output_dim: 2}
  expect: [_, _, _]
- reshape r: [-1, 1]
  from: n
- roll t: {shift: 1, axis: -1}
  from: n
  expect: [1, _]
- maximum: [e, r, t]
  expect: [1, 1, 2]
"""
    assert not rejection(follows)
    assert not rejection(follows, "1")
    assert rejection(follows, "2")
    left_out = "inputs: {x: [N, 3]}\nlayers:\n- dense d: _\n- parameter p: [2]\n- add: [d, p]\n"
    assert tensors(resolve(left_out))["d.weight"] == (2, 3)


def test_what_is_said_later_comes_before_what_is_assumed() -> None:
    spec = "inputs: {x: [N, 3]}\nlayers:\n- dense d: _\n- parameter p: [2]\n- add: [d, p]\n- dense: {units: 4, in_units: 1}\n  from: d\n"
    assert tensors(resolve(spec))["d.weight"] == (1, 3)


def test_an_input_of_unsaid_dtype_beside_integers_may_be_float() -> None:
    spec = "inputs: {x: [N, 4], ids: {shape: [N, 4], dtype: int64}}\nlayers:\n- add: [x, ids]\n- relu\n"
    found = resolve(spec)
    assert not found.conflicts
    assert [found.dtype(v) for v in (0, 2)] == ["float32", "float32"]


def test_a_rotation_of_a_part_of_each_head_says_what_widths_it_takes() -> None:
    (width,) = [a for a in contract(network("inputs: {x: [N, T, E]}\nlayers:\n- rotary: {heads: 2, fraction: 0.5}\n")).axes
                if a.symbol == "E"]  # fmt: skip
    expected = [e for e in range(1, 60) if e % 2 == 0 and int(e // 2 * 0.5) % 2 == 0]
    assert [e for e in range(1, 60) if width.sizes.contains(e)] == expected


def test_reflected_same_padding_says_what_lengths_it_takes() -> None:
    """SAME pads as much as the last window needs, which stride and length decide; a reflection finds that many cells."""
    for kernel, stride in ((2, 2), (4, 3), (5, 2), (7, 4)):
        said = f"{{channels: 1, kernel_size: {kernel}, stride: {stride}, padding: same, padding_mode: reflect}}"
        spec = f"inputs: {{x: [N, 2, L]}}\nlayers:\n- conv1d: {said}\n"
        (length,) = [a for a in contract(network(spec)).axes if a.symbol == "L"]
        totals = {n: max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in range(1, 40)}
        assert [n for n in totals if length.sizes.contains(n)] == [n for n, t in totals.items() if not t or t - t // 2 < n]


def test_a_symbol_found_to_be_a_size_that_divides_nothing() -> None:
    """N is 2, so windows of 8 make no row of an image N high, and the count of images is divided by 0."""
    spec = """
inputs: {y: [N, 6], x: [C, 8, 8, 3]}
layers:
- window_merge w: {size: 8, height: N, width: 8}
  from: x
- relu:
  expect: [_, 2, 8, 3]
- add: [relu0, w]
"""
    assert "not-divisible" in [d.rule for d in rejection(spec)]


def test_copies_of_a_repeat_tell_a_mistake_once() -> None:
    spec = "inputs: {x: [N, 6]}\nlayers:\n- parameter p: [5]\n- sequential s:\n  - add: [x, p]\n  - relu\n  repeat: 3\n"
    spec = spec.replace("- sequential s:", "- sequential s:").replace("- add: [x, p]", "- add: [prev, x, p]")
    (d,) = rejection(spec.replace("- parameter p: [5]\n", "- parameter p: [5]\n- identity:\n  from: x\n"))
    assert d.rule == "broadcast-mismatch"


def test_both_sides_of_a_mismatch_are_named() -> None:
    """Also the one that a layer's own numbers made of the same fact, and the one that a layer's kind fixes."""
    halves = "inputs: {x: [N, 12]}\nlayers:\n- glu g\n- maximum m: [prev, x]\n"
    (d,) = rejection(halves)
    assert "6 = 12 / 2 in g" in d.related[0].message
    ones = "inputs: {x: [N, 12]}\nlayers:\n- expand_dims e: {axis: 1}\n- matmul m: [x, e]\n"
    (d,) = rejection(ones)
    assert any(r.message == "1 from e, an expand_dims" and r.span is not None and r.span.line == 3 for r in d.related)


def test_a_projection_says_how_wide_the_state_has_to_be() -> None:
    (width,) = [a for a in contract(network("inputs: {x: [N, T, E]}\nlayers:\n- lstm: {hidden: E, projection: 3}\n")).axes
                if a.symbol == "E"]  # fmt: skip
    assert [e for e in range(1, 9) if width.sizes.contains(e)] == [4, 5, 6, 7, 8]
    spec = "inputs: {x: [N, T, 5]}\nlayers:\n- lstm l: {hidden: _, projection: 3}\n- tanh:\n  from: l.c\n  expect: [_, _, HIDDEN]\n"
    assert not rejection(spec.replace("HIDDEN", "4"))
    (d,) = rejection(spec.replace("HIDDEN", "3"))
    assert (d.rule, d.message) == ("argument-range", "l: projection is 3, hidden is 3")


def test_sizes_that_do_not_broadcast_are_no_size() -> None:
    """W1 can only be 4, and then W must be 4 too: 8 is stretched neither from 4 nor to it."""
    found = contract(network("inputs: {x: [W, 3], y: [6, W1]}\nlayers:\n- broadcast_to: {shape: [W1 + 2, W]}\n  from: y\n"))
    assert [(w, v) for w in range(1, 9) for v in range(1, 9) if found.valid({"W": w, "W1": v})] == [(4, 4)]
