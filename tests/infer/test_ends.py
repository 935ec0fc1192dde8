"""Inference, explanations and contracts end whatever leads back to what, and grow no faster than what they are asked about.

Growth is counted in calls (`tests/effort.py`); what would never end is cut off by limits (`tests/limits.py`).
"""

from __future__ import annotations

from itertools import product

import pytest

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.combinations import smallest
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.domains.undetermined import sizes
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.solving.solve import Target, solve
from deferinit_cli.infer.why import Question
from deferinit_cli.language.load import load
from deferinit_cli.problems import Source, Span
from deferinit_cli.shapes.bounds import compare, expand
from deferinit_cli.shapes.evaluation import evaluate
from deferinit_cli.shapes.expr import add, floordiv, mul
from deferinit_cli.shapes.expr import product as times
from deferinit_cli.shapes.normal import Term, symbol
from tests.effort import effort
from tests.limits import ending, memory
from tests.specs import network, rejection, resolve, value

RING = """inputs: {image: [N, C, H, W]}
layers:
- conv2d a: {channels: 4, kernel_size: 9}
- max_pool2d: 2
- conv2d b: {channels: 4, kernel_size: 9}
- conv_transpose2d u: {channels: 4, kernel_size: 2, stride: 2}
- concat: [u, a]
- conv2d c: {channels: 4, kernel_size: 9}
  expect: [N, 4, H, W]
"""


def test_windows_that_lead_back_to_themselves() -> None:
    with ending(), memory():
        found = rejection(RING, "1x3x8x8")
    assert {d.rule for d in found} == {"kernel-exceeds-input"}
    assert [d.layer for d in found] == ["a", "b"]
    assert (found[1].found, found[1].help) == ("16 -max_pool2d0-> 8", "at least 18 is needed where 16 comes in")


RINGS = {
    "one window": "inputs: {x: [N, 2, L]}\nlayers:\n- conv1d a: {channels: 2, kernel_size: 3}\n  expect: [N, 2, L]\n",
    "windows and a stride": "inputs: {x: [N, 2, L]}\nlayers:\n- conv1d a: {channels: 2, kernel_size: 3}\n- max_pool1d p: 2\n"
                            "- conv1d b: {channels: 2, kernel_size: 9}\n  expect: [N, 2, L]\n",
    "steps that only grow": "inputs: {x: [N, 2, L]}\nlayers:\n- conv_transpose1d u: {channels: 2, kernel_size: 2, stride: 2}\n"
                            "- conv1d b: {channels: 2, kernel_size: 3}\n  expect: [N, 2, L]\n",
    "two inputs, each the other's": "inputs: {x: [N, 2, H], y: [N, 2, W]}\nlayers:\n- conv1d a: {channels: 2, kernel_size: 4}\n"
                                    "  from: x\n  expect: [N, 2, W]\n- conv1d b: {channels: 2, kernel_size: 4}\n  from: y\n  expect: [N, 2, H]\n",
    "widths of layers": "layers:\n- dense a: {units: C, in_units: D}\n- dense b: {units: D, in_units: C}\n- concat: [a, b]\n"
                        "- dense c: {units: C, in_units: D}\n  expect: [N, D]\n",
    "a tie and a residual": "inputs: {x: [N, E]}\nlayers:\n- dense a: _\n- residual:\n  - dense b: _\n- dense c: _\n  tie: {weight: a.weight}\n"
                            "  expect: [N, 2*E]\n",
    "a layer applied again": "inputs: {x: [N, 2, L]}\nlayers:\n- conv1d a: {channels: 2, kernel_size: 5}\n- max_pool1d p: 2\n- apply: a\n"
                             "- upsample: 4\n  expect: [N, 2, L]\n",
}  # fmt: skip


@pytest.mark.parametrize("spec", RINGS.values(), ids=RINGS)
@pytest.mark.parametrize("size", [None, 1, 2, 3, 8, 20, 64])
def test_every_answer_about_a_ring_ends(spec: str, size: int | None) -> None:
    with ending(spec), memory():
        net = network(spec)
        dims = "" if size is None else "x".join(["2", "2", str(size)][: len(net.inputs[0].dims or ()) or 2])
        resolved = resolve(spec, *([f"{i.name}={dims}" for i in net.inputs] if dims else []))
        found = diagnostics(resolved)
        assert bool(found) == bool(resolved.conflicts)
        answer = contract_of(resolved)
        assert answer.empty or answer.sample() is None or answer.valid(answer.sample() or {})
        question = Question(resolved)
        for name in [*net.names, *(p.name for p in net.parameters)]:
            assert question.ask(name)


def test_conditions_that_raise_each_other() -> None:
    """H > W and W > H: each least size is above the other's, for ever."""
    with ending(), memory():
        answer = contract_of(resolve("inputs: {a: [N, H - W], b: [N, W - H]}\nlayers:\n- dense: 3\n  from: a\n"))
        assert answer.sample() is None
    assert [c.text for c in answer.conditions] == ["H - W >= 1", "W - H >= 1"]


def test_conditions_along_a_line_raise_each_other_to_the_end() -> None:
    with ending(), memory():
        sample = contract_of(resolve("inputs: {a: [B - A], b: [C - B], c: [D - C], d: [E - D]}\nlayers:\n- relu:\n  from: a\n")).sample()
    assert sample == {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}


# ---- what doubles with each step


def widened(times: int) -> str:
    """A layer that waits for a rank, and two rows that are equal, of which one dim more is said each time."""
    said = "".join(f"- identity i{k}:\n  from: x\n  expect: [{'_, ' * k}...]\n- identity j{k}:\n  from: y\n  expect: [...{', _' * k}]\n"
                   for k in range(1, times))  # fmt: skip
    return f"inputs: {{x: [_, ...], y: [..., _]}}\nlayers:\n- squeeze: 1\n  from: x\n- stack z: [x, y]\n{said}"


def test_waiting_for_a_rank_does_not_multiply() -> None:
    small, large = (network(widened(k)) for k in (8, 16))
    assert effort(lambda: infer(large)) < 5 * effort(lambda: infer(small))  # twice the lines with twice as many dims each


def test_products_are_not_multiplied_out_beyond_reason() -> None:
    a, b = (times([add(symbol(f"{s}{k}"), 1) for k in range(40)]) for s in "AB")
    with ending(), memory():
        assert compare(a, b) is None
        assert compare(add(a, 1), a) is False
        env = {f"A{k}": k % 3 + 1 for k in range(40)}
        assert evaluate(expand(a), env) == evaluate(a, env)


def test_parts_that_are_shared_are_expanded_once() -> None:
    t: Term = symbol("H")
    for k in range(40):
        t = add(floordiv(add(t, k), 2), floordiv(t, 3))
    assert t.size > 2**30
    with ending(), memory():
        assert compare(times([t, add(t, 1)]), mul(symbol("W"), t)) is None
        assert compare(times([t, add(t, 1)]), t) is None


def test_an_example_among_many_symbols() -> None:
    spec = "inputs: {x: [%s], y: [%s]}\nlayers:\n- reshape a: [-1]\n  from: x\n- reshape b: [-1]\n  from: y\n- add: [a, b]\n"
    with ending(), memory():
        answer = contract_of(resolve(spec % (", ".join(f"A{k} + 1" for k in range(24)), ", ".join(f"B{k}" for k in range(24)))))
        (condition,) = answer.conditions
        assert condition.example is not None
        assert answer.broken(condition.example) == [condition]
        sample = answer.sample()
        assert sample is None or answer.valid(sample)


@pytest.mark.parametrize("columns", [[[1, 2, 9], [1, 4], [2, 3, 5]], [[3]], [[1, 5], []], [[1, 2], [1, 2], [1, 2], [1, 2]], []])
def test_smallest_sums_come_first(columns: list[list[int]]) -> None:
    every = sorted(product(*columns), key=sum)
    assert list(smallest(columns, 1000)) == every
    some = list(smallest(columns, 2))
    assert some == every[:1] + some[1:]
    assert len(some) == min(2, len(every))


def test_sizes_left_out_in_a_long_chain() -> None:
    """Which of them hang together is found in time proportional to the chain."""
    spec = "layers:\n- dense a: {units: _, in_units: 3}\n" + "- pad p: [[1, 1]]\n  repeat: %d\n"
    small, large = (resolve(spec % n) for n in (500, 2000))
    assert effort(lambda: sizes(large)) < 6 * effort(lambda: sizes(small))


# ---- numbers that double with each step

SQUARES = """inputs: {x: [N, C]}
layers:
- sequential s:
  - einsum e: {equation: "ni,nj->nij"}
    from: [prev, prev]
  - flatten
  repeat: 40
"""


def test_sizes_that_are_squared_again_and_again() -> None:
    with ending(), memory():
        (found,) = rejection(SQUARES, "2x10")
        assert (found.rule, found.layer, found.expected) == ("number-too-large", "s.4.flatten0", "at most 18 digits")
        resolved = resolve(SQUARES)
        answer = contract_of(resolved)
    assert not resolved.conflicts
    assert answer.open == ["a size of s.5.flatten0"]  # said, not taken for valid
    assert not answer.exact
    assert "*" in value(resolved, "s.4.flatten0")[1]
    assert value(resolved, "s.5.flatten0")[1] == "?"
    assert value(resolve(SQUARES, "2x1"), "s.39.flatten0") == (2, 1)


LARGE = {
    "a product": ("inputs: {x: [N, 10**17, 10]}\nlayers: [flatten]\n", True),
    "the largest product": ("inputs: {x: [N, 10**17, 9]}\nlayers: [flatten]\n", False),
    "a product with a symbol": ("inputs: {x: [N, 10**17, 10**17, C]}\nlayers: [flatten]\n", True),
    "a sum": (f"inputs: {{x: [N, {10**18 - 1}]}}\nlayers:\n- concat: [x, x]\n", True),
    "a step": ("inputs: {x: [N, 2, 10**17]}\nlayers:\n- upsample: 10\n", True),
    "an expression": ("inputs: {x: [N * 10**17 * 10**17]}\nlayers: [relu]\n", True),
    "what a number stands for": ("inputs: {x: [N, C]}\nlayers:\n- identity\n  expect: [N, 10**17]\n".replace("identity\n", "identity:\n"), False),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "wrong"), LARGE.values(), ids=LARGE)
def test_no_size_has_more_than_eighteen_digits(spec: str, wrong: bool) -> None:
    assert {d.rule for d in rejection(spec)} == ({"number-too-large"} if wrong else set())


def test_one_bound_wherever_a_size_comes_in() -> None:
    for size, fine in ((10**18 - 1, True), (10**18, False), (1 << 63, False)):
        spec = f"layers: [{{dense: {size}}}]\n"
        said = [f"inputs: {{x: [N, {size}]}}\nlayers: [relu]\n", spec, f"layers:\n- identity:\n  expect: [{size}]\n"]
        for text in said:
            assert told(text) == (set() if fine else {"number-too-large"}), text
    assert told("layers: [{dense: 1e300}]\n") == {"number-too-large"}
    assert told("layers: [{parameter: [1e18]}]\n") == {"number-too-large"}
    assert told("layers: [{conv1d: {channels: 1, kernel_size: 1e18}}]\n") == {"number-too-large"}
    assert load("layers: [{dense: 1e17}]\n").parameters[0].node.layer.units == 10**17


def told(spec: str) -> set[str]:
    return {d.rule for d in rejection(spec)}


def test_a_size_that_a_sum_gave_is_not_explained_by_what_it_gave() -> None:
    """C is 6 by the `expect` of what the additions yield; they yield 6 by the input, not by C."""
    spec = ("inputs: {x: [N, 6, L]}\nlayers:\n- pad l0: [[0, 1]]\n- conv1d l1: {channels: C, kernel_size: 9}\n- add l2: [prev, l0]\n"
            "- add l3: [prev, l2]\n  expect: [N, C, _]\n")  # fmt: skip
    resolved = resolve(spec.replace("kernel_size: 9", "kernel_size: 1").replace("[[0, 1]]", "[[0, 0]]"))
    (answer,) = Question(resolved).ask("l1[1]")
    assert answer.value == 6
    assert [line.text for line in answer.steps] == ["dim 1 of input x"]


def test_arguments_tried_in_vain_are_undecided() -> None:
    """Copies whose windows may all differ are more than can be tried: then none is said to fit, and none to be impossible."""
    net = network("inputs: {x: [N, C, H, W]}\nlayers:\n- conv2d l0: {channels: _, kernel_size: 5, padding: same}\n"
                  "- sequential l1: [{max_pool2d: _}, {avg_pool2d: 3}]\n  repeat: 5\n- apply l2: l0\n  expect: [N, _, 4, W]\n")  # fmt: skip
    with ending(seconds=20), memory():
        found = solve(net, [Target("l0.weight", (None, None, 5, 5), Span(Source("test"), 1, 1))])
    assert not found.boxes
    assert not found.decided
    assert "the search over left-out arguments is too large" in found.undecided
