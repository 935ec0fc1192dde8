"""Printed formulas are true: read as Python reads them, at sizes, against inference with these sizes. And they are short."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest

from deferinit_cli.graph import Given, Network
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.problems import Source, Span
from deferinit_cli.report import Report
from deferinit_cli.shapes.bounds import expand
from deferinit_cli.shapes.dims import Sym
from deferinit_cli.shapes.expr import add, ceildiv, exact_div, floordiv, mul, product, sub
from deferinit_cli.shapes.expression_text import text
from deferinit_cli.shapes.normal import symbol
from deferinit_cli.views.tables import footer
from tests.specs import resolve

N, T, C, H, W = map(symbol, "NTCHW")
PLACE = Span(Source("test"), 1, 1)


def number(formula: str, sizes: dict[str, int]) -> Any:
    """The value of a formula as Python has it, in exact fractions."""
    names = {k: Fraction(v) for k, v in sizes.items()}
    calls = {"ceil": math.ceil, "max": max, "min": min, "broadcast": lambda a, b: b if a == 1 else a}
    return eval(formula, {"__builtins__": {}}, {**names, **calls})


def at(net: Network, sizes: dict[str, int]) -> list[Given]:
    return [
        Given(i.name, tuple(sizes[d.name] if type(d) is Sym else d for d in i.dims or ()), None, PLACE)
        for i in net.inputs
        if i.dims
    ]


@pytest.mark.parametrize("name", zoo_names())
def test_totals_and_shapes_of_the_zoo_come_to_what_they_say(name: str) -> None:
    net = load(f"zoo:{name}")
    resolved = infer(net)
    formulas = Report(resolved, "show", "")
    if any(i.dims is None or not all(type(d) in (int, Sym) for d in i.dims) for i in net.inputs):
        pytest.skip("an input of unknown rank has no sizes to give")
    axes = contract_of(resolved).axes
    tried = 0
    for start in (1, 40, 230, 501):
        sizes = {a.symbol: (a.sizes.nearest(start + 7 * k)[1] or a.sizes.max or 1) for k, a in enumerate(axes)}
        found = infer(net, at(net, sizes))
        if found.conflicts:
            continue
        tried += 1
        numbers = Report(found, "show", "")
        for key in ("parameters", "trainable", "buffers", "bytes", "macs"):
            said = formulas.formulas.get(key, str(formulas.totals[key]))
            assert number(said, sizes) == numbers.totals[key], (key, sizes)
        assert formulas.totals["at_least"] <= numbers.totals["parameters"]
        for mine, theirs in zip(formulas.layers, numbers.layers):
            for shape, sized in zip(mine["output_symbolic"], theirs["output_shapes"]):
                assert [number(s, sizes) for s in shape] == sized, (mine["name"], shape)
        for mine, theirs in zip(formulas.parameters, numbers.parameters):
            assert [number(s, sizes) for s in mine["symbolic"]] == theirs["shape"], mine["name"]
    assert tried >= 2
    for said in formulas.formulas.values():
        assert len(said) <= 310 and "…" not in said
        assert not re.search(r"//\d+\)*//", said) and not re.search(r"\(\(?H//\d+[^()]*\)//", said), "floors within floors"


SHORT = {
    "gpt2": "N*T*(18432*T + 123532032)",
    "vit": "N*(18432*(H//32)*(W//32)*((H//32)*(W//32) + 4738) + 85721088)",
    "lenet": "N*(150*C*(H - 4)*(W - 4) + 2400*(H//2 - 6)*(W//2 - 6) + 1920*(H//4 - 3)*(W//4 - 3) + 10920)",
    "resnet": "N*(9408*ceil(H/2)*ceil(W/2) + 245760*ceil(H/4)*ceil(W/4) + 1310720*ceil(H/8)*ceil(W/8)"
    " + 7471104*ceil(H/16)*ceil(W/16) + 14417920*ceil(H/32)*ceil(W/32) + 2048000)",
    "seq2seq": "512*N*(T*S + 6804*T + 2048*S)",
}


@pytest.mark.parametrize(("name", "macs"), SHORT.items())
def test_what_networks_cost(name: str, macs: str) -> None:
    assert Report(infer(load(f"zoo:{name}")), "show", "").formulas["macs"] == macs


TEXTS = [
    (mul(T, T), "T**2"),
    (product([N, floordiv(H, 4), floordiv(H, 4)]), "N*(H//4)**2"),
    (add(mul(N, T), mul(N, add(T, 1))), "N*(2*T + 1)"),
    (add(product([N, H, W, 3]), add(product([N, H, W, C, 5]), mul(N, 7))), "N*(H*W*(5*C + 3) + 7)"),
    (sub(10, mul(2, H)), "2*(5 - H)"),
    (sub(W, H), "W - H"),
    (sub(-3, H), "-H - 3"),
    (sub(0, floordiv(H, 8)), "-(H//8)"),
    (sub(sub(5, floordiv(H, 8)), W), "5 - W - H//8"),
    (sub(W, floordiv(H, 8)), "W - H//8"),
    (sub(-3, ceildiv(H, 8)), "-ceil(H/8) - 3"),
    (add(floordiv(H, 16), floordiv(H, 2)), "H//2 + H//16"),
    (ceildiv(H, 32), "ceil(H/32)"),
    (mul(16, product([sub(floordiv(H, 4), 3), sub(floordiv(W, 4), 3)])), "16*(H//4 - 3)*(W//4 - 3)"),
    (exact_div(exact_div(H, 2), 3), "H/6"),
    (mul(sub(ceildiv(H, 2), 1), sub(ceildiv(W, 2), 1)), "(ceil(H/2) - 1)*(ceil(W/2) - 1)"),
    (mul(add(N, 1), sub(N, 1)), "N**2 - 1"),
    (add(mul(add(N, 1), sub(N, 1)), 1), "N**2"),
]  # fmt: skip


@pytest.mark.parametrize(("term", "shown"), TEXTS, ids=[s for _, s in TEXTS])
def test_the_form_people_write(term: Any, shown: str) -> None:
    assert text(term) == shown
    for h, w in ((36, 24), (72, 144)):
        sizes = {"N": 3, "T": 5, "C": 4, "H": h, "W": w}
        assert number(shown, sizes) == number(text(expand(term)), sizes)


def lines(spec: str, *inputs: str) -> list[str]:
    return footer(Report(resolve(spec, *inputs), "show", ""))


def test_the_totals_in_words() -> None:
    dense = "inputs: {x: [N, F]}\nlayers:\n- dense a: 8\n- dense b: 10\n"
    assert lines(dense) == [
        "parameters = 8*F + 98, at least 106",
        "bytes = 32*F + 392",
        "1 tensor waits for the last dim of `x` (F)",
        "multiply-accumulates (1 MAC = 2 FLOPs) = 8*N*(F + 10)",
    ]
    frozen = "inputs: {x: [N, F]}\nlayers:\n- dense a: {units: 8}\n- dense b: 10\nparams: {a.*: {freeze: true}}\n"
    assert lines(frozen)[:2] == ["parameters = 8*F + 98, at least 106", "of which trainable = 90"]


def test_what_is_unknown_is_said_and_never_counted() -> None:
    spec = "inputs: {x: [2, 6]}\nlayers:\n- dense a: _\n- dense b: 10\n"
    found = lines(spec)
    assert found[0] == "at least 27 parameters"
    assert found[-1] == "multiply-accumulates are unknown: a, b wait for `a.units` (left open)"
    report = Report(resolve(spec), "show", "")
    assert (report.totals["parameters"], report.totals["bytes"], report.totals["macs"], report.formulas) == (None, None, None, {})
    assert [r["count"] for r in report.parameters] == [None, None, None, 10]


def test_counts_add_up_to_the_total() -> None:
    """Also where they are formulas."""
    report = Report(infer(load("zoo:lenet")), "show", "")
    sizes = {"N": 2, "C": 3, "H": 33, "W": 40}
    counts = [number(text(r["_count"]), sizes) for r in report.parameters]
    assert sum(counts) == number(report.formulas["parameters"], sizes) == 150 * 3 + 1920 * 5 * 7 + 13556
