"""Contracts without conditions that others imply: they say what all clauses together say, in lowest terms and few lines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from deferinit_cli.infer.domains.conditions import clause_text
from deferinit_cli.infer.domains.contract import contract
from deferinit_cli.infer.domains.implied import by_cases, by_substitution
from deferinit_cli.infer.domains.lowest_terms import lowest
from deferinit_cli.shapes.expr import add, broadcast, exact_div, floordiv, mul
from deferinit_cli.shapes.normal import symbol
from deferinit_cli.shapes.solving import holds
from deferinit_cli.shapes.store import Clause
from deferinit_cli.views.contracts import document, markdown, render
from tests.infer.joins import images, tokens
from tests.specs import network

N, H, W, P = map(symbol, "NHWP")


def clause(left: object, op: str, right: object) -> Clause:
    return Clause(left, op, right, "size-mismatch", None, ())


@pytest.mark.parametrize(("make", "least"), [(images, 0), (tokens, 10)])
def test_the_same_sizes_are_valid_as_for_all_clauses(make: Callable[[Random], str], least: int) -> None:
    r = Random(21)
    narrowed = dropped = tried = 0
    for _ in range(100):
        answer = contract(network(make(r)))
        clauses = answer.resolved.store.clauses
        if answer.resolved.conflicts or answer.open or not answer.exact:
            continue
        names = [a.symbol for a in answer.axes]
        few = {2: 14, 3: 7}.get(len(names), 4)
        narrowed += len(answer.conditions)
        dropped += len(clauses) - len(answer.conditions)
        columns = [sorted({*range(1, few), *(r.randint(1, 40) for _ in range(2))}) for _ in names]
        for values in product(*columns):
            env = dict(zip(names, values))
            bound = {**env, **{n: v for n, v in answer.resolved.store.bound.items() if n in env}}
            tried += 1
            raw = bound == env and all(holds(c.left, c.op, c.right, env) for c in clauses)
            assert answer.valid(env) == raw, (env, [c.text for c in answer.conditions])
    assert narrowed >= least and dropped > 40 and tried > 4000


@pytest.mark.parametrize(("left", "op", "right", "simple"), [
    (mul(16, mul(N, mul(H, W))), "%", 512, (mul(N, mul(H, W)), "%", 32)),
    (mul(12, mul(N, H)), "%", 8, (mul(N, H), "%", 2)),
    (mul(6, mul(N, H)), "==", mul(4, mul(N, W)), (mul(3, H), "==", mul(2, W))),
    (add(floordiv(H, 2), 3), "==", add(W, 3), (floordiv(H, 2), "==", W)),
    (mul(8, add(H, W)), ">=", 32, (add(H, W), ">=", 4)),
    (mul(mul(N, H), 4), "%", mul(mul(N, W), 6), (mul(2, H), "%", mul(3, W))),
    (add(H, -3), "==", add(W, -1), (add(H, -2), "==", W)),
    (mul(floordiv(H, 2), N), "==", mul(floordiv(H, 2), W), (mul(floordiv(H, 2), N), "==", mul(floordiv(H, 2), W))),
    (exact_div(mul(N, H), 3), "==", exact_div(mul(N, W), 3), (exact_div(mul(N, H), 3), "==", exact_div(mul(N, W), 3))),
])  # fmt: skip
def test_lowest_terms(left: object, op: str, right: object, simple: tuple[object, ...]) -> None:
    """What may be 0 is no common factor, and what need not divide stays."""
    found = lowest(clause(left, op, right))
    assert (found.left, found.op, found.right) == simple
    for values in product(range(1, 14), repeat=3):
        env = dict(zip("NHW", values))
        assert holds(left, op, right, env) == holds(found.left, found.op, found.right, env)


def test_proofs_by_cases_are_right() -> None:
    """Against trying all sizes to 5, as many as can differ, for random conditions between broadcast sizes."""
    r = Random(22)

    def term(depth: int) -> object:
        if depth == 0 or r.random() < 0.3:
            return r.choice([H, W, P, 1, 2])
        return broadcast(term(depth - 1), term(depth - 1))

    implied = 0
    for _ in range(1500):
        made = [clause(term(2), r.choice(["==", "|"]), term(2)) for _ in range(r.randint(1, 4))]
        c, others = made[0], made[1:]
        truth = all(
            holds(c.left, c.op, c.right, env)
            for values in product(range(1, 6), repeat=3)
            for env in [dict(zip("HWP", values))]
            if all(holds(o.left, o.op, o.right, env) for o in others)
        )
        found = by_cases(c, others)
        implied += found
        assert found == truth, [clause_text(k.left, k.op, k.right) for k in made]
    assert implied > 100


def test_a_size_that_is_equal_to_another_stands_for_it() -> None:
    same = clause(P, "==", mul(H, W))
    assert by_substitution(clause(mul(N, P), "==", mul(N, mul(H, W))), [same], {})
    assert not by_substitution(clause(mul(N, P), "==", mul(H, W)), [same], {})
    assert by_substitution(clause(mul(N, H), "%", 32), [], {"H": mul(32, H)})
    assert not by_substitution(clause(mul(N, H), "%", 32), [], {"H": mul(16, H)})


def detector() -> str:
    """A detector: a backbone of stride 32, tokens, positions added in each layer, six layers that encode and six that decode."""
    encode = "    - add q: [x, pos]\n    - multi_head_attention attn: {heads: 8}\n      from: [q, q, x]\n    - add s1: [x, attn]\n"
    cross = ("    - add q: [x, query]\n    - add k: [memory, pos]\n    - multi_head_attention cross: {heads: 8}\n      from: [q, k, memory]\n"
             "    - add s1: [x, cross]\n")  # fmt: skip
    feed = "    - layer_norm n\n    - dense: 64\n    - relu\n    - dense f: 32\n    - add s2: [n, f]\n"
    out = ("inputs: {image: [N, 3, H, W], positions: [P, 32], queries: [N, Q, 32]}\nblocks:\n"
           f"  encode:\n    inputs: [x, pos]\n    layers:\n{encode}{feed}"
           f"  decode:\n    inputs: [x, memory, pos, query]\n    layers:\n{cross}{feed}layers:\n- relu r0:\n  from: image\n")  # fmt: skip
    for k, stride in enumerate((4, 2, 2, 2)):
        out += f"- conv2d c{k}: {{channels: 32, kernel_size: 3, stride: {stride}, padding: 1}}\n"
    out += "- flatten: {start: 2}\n- transpose e0: [0, 2, 1]\n- relu d0:\n  from: queries\n"
    for k in range(6):
        out += f"- encode e{k + 1}:\n  from: {{x: e{k}, pos: positions}}\n"
    for k in range(6):
        out += f"- decode d{k + 1}:\n  from: {{x: d{k}, memory: e6, pos: positions, query: queries}}\n"
    return out


def test_a_detector_reads_in_one_screen() -> None:
    answer = contract(network(detector()))
    assert [c.text for c in answer.conditions] == ["P == ceil(H/32)*ceil(W/32) or P == 1"]
    assert answer.conditions[0].layer == "e1.attn"
    lines = render(answer).splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 150


MANY = ("inputs: {x: [N, 3, H, W]}\nlayers:\n- flatten: {start: 1}\n"
        + "".join(f"- unflatten u{m}: {{axis: 1, shape: [{m}, _]}}\n  from: flatten0\n" for m in (5, 7, 11, 13, 17, 19)))  # fmt: skip


def test_conditions_that_differ_in_numbers_alone_are_folded() -> None:
    """To read: the first ones, and how many more there are; as data: all."""
    answer = contract(network(MANY))
    lines = render(answer).splitlines()
    assert len(answer.conditions) == 6 == len(document(answer, "spec")["conditions"])
    assert lines[-1] == "  … and 3 more like this" and sum("(H*W) % " in line for line in lines[2:]) == 3
    assert "… and 3 more like this" in markdown(answer)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fold_within_a_width(width: int) -> None:
    """Nothing is cut: without blanks it is the same text, in another order of columns."""
    answer = contract(network(detector()))
    folded, whole = render(answer, width=width), render(answer)
    assert max(map(len, folded.splitlines())) <= width
    assert sorted(folded.replace(" ", "").replace("\n", "")) == sorted(whole.replace(" ", "").replace("\n", ""))
