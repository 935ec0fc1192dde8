"""Inputs that share symbols: whichever of them are given, in whatever order, every symbol has one size for all of them."""

from __future__ import annotations

import random
from itertools import permutations, product

import pytest

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load

FORMS = {
    "V": lambda e: e["V"], "W": lambda e: e["W"], "2*V": lambda e: 2 * e["V"], "W + 1": lambda e: e["W"] + 1,
    "V + W": lambda e: e["V"] + e["W"], "V * W": lambda e: e["V"] * e["W"], "3": lambda e: 3,
}  # fmt: skip
"""Dims as declared, with what each comes to for the sizes of its symbols."""


def resolved(inputs: dict[str, list[str]], given: list[str]) -> Resolved:
    lines = [f"  {name}: [{', '.join(dims)}]" for name, dims in inputs.items()]
    network = load("inputs:\n" + "\n".join(lines) + f"\nlayers:\n- identity:\n  from: {next(iter(inputs))}\n")
    return infer(network, parse_inputs(given, network))


def shapes(found: Resolved) -> dict[str, tuple[str, ...]]:
    return {i.name: tuple(map(str, found.shape(i.value) or ("…",))) for i in found.network.inputs}


def drawn(draw: random.Random) -> tuple[dict[str, list[str]], dict[str, tuple[int, ...]]]:
    """Declared inputs, and sizes for some of them: such as fit one choice of V and W, or with one that may not."""
    names = ["x", "a", "m"][: draw.choice([1, 2, 2, 3])]
    inputs = {n: [draw.choice(list(FORMS)) for _ in range(draw.randint(1, 3))] for n in names}
    env = {"V": draw.randint(1, 4), "W": draw.randint(1, 4)}
    given = {n: [FORMS[d](env) for d in dims] for n, dims in inputs.items() if draw.random() < 0.7}
    if given and draw.random() < 0.4:
        dims = given[draw.choice(list(given))]
        dims[draw.randrange(len(dims))] = draw.randint(1, 6)
    return inputs, {n: tuple(dims) for n, dims in given.items()}


def fitting(inputs: dict[str, list[str]], given: dict[str, tuple[int, ...]]) -> list[dict[str, int]]:
    """All sizes of V and W, as far as they matter here, that the given dims allow."""
    envs = ({"V": v, "W": w} for v, w in product(range(1, 41), repeat=2))
    return [e for e in envs if all(tuple(FORMS[d](e) for d in inputs[n]) == dims for n, dims in given.items())]


@pytest.mark.parametrize("seed", range(300))
def test_against_all_sizes(seed: int) -> None:
    draw = random.Random(seed)
    inputs, given = drawn(draw)
    envs = fitting(inputs, given)
    texts = [f"{n}={'x'.join(map(str, dims))}" for n, dims in given.items()]
    answers = []
    for order in permutations(inputs):
        draw.shuffle(texts)
        answers.append(resolved({n: inputs[n] for n in order}, texts))
    for found in answers:
        if envs:
            assert not diagnostics(found), (inputs, given)
        else:  # refuted, or left as a condition that no sizes satisfy
            assert diagnostics(found) or any(c.op == "==" for c in found.store.clauses), (inputs, given)
        for name, dims in inputs.items() if envs else ():
            for place, (dim, got) in enumerate(zip(dims, shapes(found)[name])):
                sizes = {FORMS[dim](e) for e in envs}
                bound = all(s in {d for n in given for d in inputs[n]} for s in "VW" if s in dim)
                if name in given:
                    assert got == str(given[name][place])
                elif bound or got.isdigit():
                    assert {got} == set(map(str, sizes)), (inputs, given)
    assert len({(tuple(sorted(shapes(f).items())) if envs else bool(diagnostics(f))) for f in answers}) == 1, (inputs, given)


@pytest.mark.parametrize(
    "inputs, given, expected",
    [
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["a=4x4"], {"x": ("4", "3"), "a": ("4", "4")}),
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["x=4x3"], {"x": ("4", "3"), "a": ("4", "4")}),
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["a=_x4"], {"x": ("4", "3"), "a": ("4", "4")}),
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["a=KxK"], {"x": ("K", "3"), "a": ("K", "K")}),
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["x=Kx3", "a=4x4"], {"x": ("4", "3"), "a": ("4", "4")}),
        ({"x": ["2*V", "3"], "a": ["V", "V"]}, ["x=8x3"], {"x": ("8", "3"), "a": ("4", "4")}),
        ({"x": ["2*V"], "a": ["3*V"]}, ["a=12"], {"x": ("8",), "a": ("12",)}),
        ({"x": ["2*V", "V"]}, ["x=8x4"], {"x": ("8", "4")}),
        ({"x": ["V", "_"], "z": ["...", "V"]}, ["z=7x7x2"], {"x": ("2", "x[1]"), "z": ("7", "7", "2")}),
        ({"x": ["V", "..."], "z": ["V", "_"]}, ["x=5x6x7"], {"x": ("5", "6", "7"), "z": ("5", "z[1]")}),
    ],
)
def test_what_is_bound(inputs: dict[str, list[str]], given: list[str], expected: dict[str, tuple[str, ...]]) -> None:
    for order in permutations(inputs):
        found = resolved({n: inputs[n] for n in order}, given)
        assert not diagnostics(found)
        assert shapes(found) == expected


@pytest.mark.parametrize(
    "inputs, given, rule, message",
    [
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["x=4x3", "a=5x5"], "symbol-mismatch", "V is 4 (--input x) and 5 (--input a)"),
        ({"x": ["V", "3"], "a": ["V", "V"]}, ["a=4x5"], "symbol-mismatch", "V is 4 (--input a) and 5 (--input a)"),
        ({"x": ["2*V"], "a": ["V"]}, ["x=8", "a=5"], "symbol-mismatch",
         "dim 0 of x is V*2, 10 where V is 5 (--input a); 8 is given (--input x)"),
        ({"x": ["2*V"], "a": ["3*V"]}, ["x=8", "a=6"], "symbol-mismatch",
         "dim 0 of a is V*3, 12 where V is 4 (--input x); 6 is given (--input a)"),
        ({"x": ["2*V"]}, ["x=7"], "input-mismatch", "dim 0 of x is declared 2*V, 7 is given"),
        ({"x": ["V", "3"]}, ["x=7x4"], "input-mismatch", "dim 1 of x is declared 3, 4 is given"),
    ],
)  # fmt: skip
def test_genuine_clashes_name_both(inputs: dict[str, list[str]], given: list[str], rule: str, message: str) -> None:
    told = diagnostics(resolved(inputs, given))
    assert [(d.rule, d.message) for d in told] == [(rule, message)]
