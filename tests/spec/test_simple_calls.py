"""Calls that say no more than fixed arguments are built in a shorter way: it must come to what `from: prev` comes to beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deferinit_cli.graph import Network
from deferinit_cli.infer.engine import infer
from deferinit_cli.problems import Rejected
from deferinit_cli.spec.load import load

BLOCKS = """
vars: {wide: 6}
blocks:
  plain: {layers: [dense: 4, relu]}
  sized: {args: [w, k=2, b=true], layers: [{dense: w*k}, {dense: {units: w + wide, bias: b}}]}
  late: {args: [w, k=w*3], layers: [{dense last: k}]}
  symbolic: {args: [w=2*F], layers: [{dense: w}]}
  bound: {args: [w=F], layers: [{relu: , expect: [N, w]}]}
  told: {layers: [{relu: , expect: [N, F]}]}
  outer:
    args: [w]
    layers:
    - sized: {w: 3}
    - sized one: {w: 3}
    - sized: w
    - plain
  branched:
    layers:
    - branches:
        a:
        - plain
        b:
        - sized: 5
    - concat: [a, b]
  given: {outputs: {main: d, side: e}, layers: [{dense d: 3}, {dense e: 4}]}
  named: {inputs: {x: [N, F]}, layers: [{dense: 3}]}
  two: {inputs: [x, y], layers: [{add: [x, y]}]}
  none: {layers: []}
  wrong: {args: [w], layers: [{dense: w - 9}]}
layers:
"""

LISTS = {
    "same": "- plain\n- plain\n- sized: 3\n- sized: 3\n- sized: {w: 3}\n- sized: {w: 3, k: 4}\n- sized: {w: 3, b: false}",
    "names": "- plain a:\n- sized b: 3\n- sized b2: 3\n- dense: 6\n- add: [b2.dense1, b.dense1]\n- concat: [b.dense0, a, a.relu0]",
    "defaults": "- late: 2\n- late: 2\n- late: {w: 2, k: 5}\n- late x: 3",
    "symbols": "- symbolic\n- symbolic\n- symbolic: {w: 3}\n- symbolic: {w: 3*G}",
    "scopes": "- dense: 3\n- bound\n- told\n- dense: 4\n- bound\n- told",
    "nested": "- outer: 4\n- outer: 4\n- outer two: 5\n- dense: 4\n- concat: [two.one.dense1, outer0.sized0.dense0]",
    "branches": "- branched\n- branched b:\n- concat: [b.a, b.b]",
    "outputs": "- given\n- given g:\n- concat: [g, g.side, g.d]",
    "applied": "- plain a:\n- plain: {}\n- sized b: 4\n- apply: a\n- apply again: a\n- dense: 4\n- apply: b.dense0",
    "repeated": "- sequential s:\n  - plain\n  - sized: 4\n  - sized: 4\n  repeat: 3\n- plain\n- sequential: [plain, plain]",
    "said": "- sequential s:\n  - sized: 2\n  - sized: 2\n  freeze: true\n  dtype: float64\n- sized: 2",
    "ports": "- named\n- named\n- none\n- none\n- plain",
    "nothing": "- none n:\n- none n2:\n- dense: 3",
    "taken": "- plain a:\n- plain a:\n- relu a:",
    "missing": "- sized\n- sized\n- late:",
    "unknown": "- sized: 3\n- sized: {w: 3, h: 4}\n- plain: 3\n- sized: nothing",
    "refused": "- wrong: 3\n- wrong: 3\n- wrong: 10",
    "inputs": "- two\n- two\n- plain",
    "inside itself": "- plain a:\n- sequential s:\n  - plain\n  - add: [prev, a.dense0]",
}  # fmt: skip

CALL = re.compile(r"^(\s*)- (plain|sized|late|symbolic|outer|branched|given|named|two|none|wrong|bound|told)\b(.*)$", re.M)


def long(text: str) -> str:
    """The same items, each call on a line of its own with its input said."""
    return CALL.sub(lambda m: f"{m[0] if ':' in m[3] else m[0] + ':'}\n{m[1]}  from: prev", text)


def everything(network: Network) -> Any:
    """All that a network is, but for places in the text."""
    nodes = [
        (n.name, repr(n.layer), n.inputs, n.outputs, n.dtype, n.fold, n.shares and n.shares.name, n.call and [c.message for c in n.call.chain()])
        for n in network.nodes
    ]
    parameters = [(p.name, p.node.index, p.dtype, p.frozen) for p in network.parameters]
    held = [(a.dims, a.values, a.rule, a.after) for a in network.assertions]
    found = infer(network)
    shapes = [found.shape(v) for n in network.nodes for v in n.outputs], [c.message for c in found.conflicts]
    return nodes, parameters, held, network.named, network.names, network.outputs, shapes


def told(text: str) -> Any:
    try:
        return everything(load(text))
    except Rejected as e:
        return sorted((d.rule, re.sub(r"line \d+", "a line", d.message), d.found, d.expected, d.help) for d in e.diagnostics)


@pytest.mark.parametrize("name", LISTS)
def test_simple_calls_come_to_what_others_come_to(name: str) -> None:
    short = BLOCKS + LISTS[name]
    assert long(short).count("from: prev") > long(BLOCKS).count("from: prev") == 6
    found = told(short)
    assert found == told(long(short))
    if name == "scopes":
        assert found[-1][1] == []
    assert (type(found) is list) == (name in ("taken", "missing", "unknown", "refused", "inputs"))


def test_a_file_called_again_has_its_own_variables(tmp_path: Path) -> None:
    (tmp_path / "sub.yaml").write_text("vars: {d: 3}\nblocks: {b: {args: [k=d], layers: [{dense: k}]}}\nlayers: [b, b]\n")
    (tmp_path / "main.yaml").write_text("import: {m: ./sub.yaml}\nlayers: [m: {d: 4}, m: {d: 5}, m: ]\n")
    assert [n.layer.units for n in load(str(tmp_path / "main.yaml")).nodes] == [4, 4, 5, 5, 3, 3]


def test_calls_as_deep_as_they_go_and_one_more() -> None:
    def deep(n: int) -> str:
        inner = "".join(f"  b{k}: {{layers: [b{k + 1}]}}\n" for k in range(n))
        return f"blocks:\n{inner}  b{n}: {{layers: [dense: 3]}}\nlayers: [b0]"

    assert [p.name.count(".") for p in load(deep(47)).parameters] == [49, 49]
    with pytest.raises(Rejected) as caught:
        load(deep(48))
    assert [d.rule for d in caught.value.diagnostics] == ["too-deep"]
