"""What is printed for a size can be written in a spec: read as an expression it is the same size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.expressions.expression import MAX_LENGTH, evaluate, parse
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.shapes.bounds import compare, maximum, minimum
from deferinit_cli.shapes.dims import Sym
from deferinit_cli.shapes.evaluation import evaluate as at
from deferinit_cli.shapes.expr import add, broadcast, ceildiv, exact_div, floordiv, mod, mul, sub
from deferinit_cli.shapes.expression_text import text
from deferinit_cli.shapes.normal import Expr, symbol
from deferinit_cli.shapes.scaling import scaled
from deferinit_cli.shapes.written_terms import term
from tests.cli import deferinit
from tests.specs import resolve, value


class Symbols:
    """A scope in which capital letters are symbols, and nothing is a variable."""

    def variable(self, name: str) -> Any:
        raise AssertionError(name)

    def symbol(self, name: str) -> Any:
        return Sym(name)


def read(words: str) -> Any:
    """An expression as a spec has it, as a term over its symbols."""
    return term(evaluate(parse(words), Symbols()), lambda sym: symbol(sym.name))


def terms(resolved: Resolved) -> Iterator[Expr]:
    """Every size over symbols that a report may show of a network."""
    net = resolved.network
    shapes = [resolved.shape(v) for v in range(len(net.makers))] + [resolved.tensor(p) for p in net.parameters]
    sizes = [t for shape in shapes for t in shape or ()] + [resolved.macs(node) for node in net.nodes]
    yield from {t: None for t in sizes if type(t) is Expr}


def named(t: Expr) -> bool:
    """Whether all symbols have names: one such as `input[0]` stands for a dim that a spec leaves without."""
    return not any("[" in name for name in t.symbols)


@pytest.mark.parametrize("name", zoo_names())
def test_sizes_of_the_zoo(name: str) -> None:
    for t in terms(infer(load(f"zoo:{name}"))):
        words = text(t)
        assert not named(t) or len(words) > MAX_LENGTH or compare(read(words), t), words


def sizes() -> st.SearchStrategy[Any]:
    leaf = st.one_of(st.integers(1, 50), st.sampled_from([symbol("H"), symbol("W"), symbol("N")]))

    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        two = st.tuples(st.sampled_from([add, sub, mul, maximum, minimum]), inner, inner)
        by = st.tuples(st.sampled_from([floordiv, ceildiv, mod, exact_div]), inner, st.integers(1, 9))
        odd = st.one_of(st.tuples(st.just(broadcast), inner, inner), st.tuples(st.just(scaled), inner, st.sampled_from([0.7, 1.3, 2.5])))
        return st.one_of(two, by, odd).map(lambda made: made[0](made[1], made[2]))

    return st.recursive(leaf, grow, max_leaves=8)


@given(sizes())
def test_random_sizes(t: Any) -> None:
    if type(t) is int or len(text(t)) > MAX_LENGTH:
        return
    again = read(text(t))
    if compare(again, t):
        return
    for h in range(1, 40):  # an exact quotient that is rounded joins what it is divided by: (H/2 + 1)//3 is (H + 2)//6
        env = {"H": h, "W": 3 * h % 37 + 1, "N": 5 * h % 11 + 1}
        try:
            wanted = at(t, env)
        except (ValueError, OverflowError):
            continue
        assert at(again, env) == wanted, (text(t), env)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ceil(H/2)", "ceil(H/2)"),
        ("floor(H/2)", "H//2"),
        ("-(-H//32)*32", "32*ceil(H/32)"),
        ("H + (-H) % 32", "32*ceil(H/32)"),
        ("H + (-H) % 8 + W", "W + 8*ceil(H/8)"),
        ("ceil(H/2 + W/3)", "ceil((3*H + 2*W)/6)"),
        ("floor(H / 2 // 3)", "H//6"),
        ("ceil(H)", "H"),
        ("H**2*ceil(W/4)", "H**2*ceil(W/4)"),
        ("broadcast(H, W)", "broadcast(H, W)"),
        ("broadcast(H, 1)", "H"),
        ("floor(0.7*H)", "floor(0.7*H)"),
        ("floor(H*1)", "H"),
    ],
)
def test_forms(written: str, shown: str) -> None:
    spec = f"inputs: {{x: [H, W]}}\nlayers:\n- relu\n- parameter p: ['{written}']\n"
    assert value(resolve(spec), "p") == (shown,)
    again = f"inputs: {{x: [H, W]}}\nlayers:\n- parameter p: ['{shown}']\n  expect: ['{shown}']\n"
    assert value(resolve(again), "p") == (shown,)


def test_what_a_report_shows_passes_as_what_a_check_expects() -> None:
    """`ceil` and `floor` in `output:`, in `expect` and in arguments."""
    spec = (
        "inputs: {x: [N, 3, H, W]}\nlayers:\n- conv2d: {channels: 8, kernel_size: 3, stride: 2, padding: 1}\n"
        "  expect: [N, 8, ceil(H/2), floor((W + 1)/2)]\n- dense: 2*ceil(H/4)\n"
        "checks:\n- {output: [N, 8, ceil(H/2), 2*ceil(ceil(H/2)/2)]}\n- {input: 1x3x13x6, output: [1, 8, ceil(H/2), 2*ceil(H/4)]}\n"
    )
    done = deferinit("check", "-", input=spec)
    assert done.returncode == 0, done.stdout + done.stderr
    done = deferinit("check", "-", input=spec.replace("ceil(H/2), 2*ceil(H/4)", "ceil(H/2), 2*floor(H/4)"))
    assert done.returncode == 1 and "[check-shape]" in done.stderr + done.stdout


def test_a_size_of_a_check_is_never_rounded() -> None:
    """`/` leaves no remainder where a size is needed: H/2 is no size where H is 13."""
    spec = "inputs: {x: [N, H]}\nlayers:\n- dense: 6\nchecks:\n- {input: 1x13, output: [1, H/2]}\n"
    done = deferinit("check", "-", input=spec)
    assert done.returncode == 1 and "13 / 2 leaves a remainder" in done.stdout + done.stderr
    assert deferinit("check", "-", input=spec.replace("H/2", "H//2")).returncode == 0
