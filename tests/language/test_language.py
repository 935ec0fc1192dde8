"""Names, scopes, flow, repeats, blocks, imports, precedence: what the language promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from deferinit_cli.language.load import load
from deferinit_cli.problems import Rejected
from tests.specs import network, rejection, resolve, tensors, value


def names(spec: str, **sets: str) -> list[str]:
    return [p.name for p in network(spec, **sets).parameters]


def test_counters_run_over_all_items_of_a_kind() -> None:
    spec = "layers:\n- dense: 3\n- dense named: 3\n- dense: 3\n  when: WHEN\n- sequential: [dense: 3]\n- dense: 3\n"
    weights = [n for n in names(spec.replace("WHEN", "true")) if n.endswith("weight")]
    assert weights == ["dense0.weight", "named.weight", "dense2.weight", "dense3.weight", "dense4.weight"]
    without = [n for n in names(spec.replace("WHEN", "false")) if n.endswith("weight")]
    assert without == ["dense0.weight", "named.weight", "dense3.weight", "dense4.weight"]


def test_levels() -> None:
    spec = """
blocks:
  block:
    layers: [{dense fc: 3}]
layers:
- sequential: [{dense a: 3}]
- sequential s: [{dense b: 3}]
- residual: [dense c: 3]
- branches:
    left: [dense d: 3]
    right: [dense d: 3]
- add
- block h:
  repeat: 2
- block
"""
    assert [n.removesuffix(".weight") for n in names(spec) if n.endswith("weight")] == [
        "a", "s.b", "c", "left.d", "right.d", "h.0.fc", "h.1.fc", "block1.fc"
    ]  # fmt: skip


def test_exclusive_whens_may_share_a_name() -> None:
    spec = "vars: {wide: true}\nlayers:\n- dense a: 8\n  when: wide\n- dense a: 4\n  when: not wide\n"
    assert tensors(resolve(spec))["a.bias"] == (8,)
    assert {p.name for p in network(spec, wide="false").parameters} == {"a.weight", "a.bias"}


def test_repeat_and_fanout() -> None:
    spec = "layers:\n- dense d: 3 + i\n  repeat: 3\n- dense f: 2\n  fanout: 2\n- concat: {axis: -1}\n"
    found = resolve(spec, "1x4")
    assert value(found, "concat0") == (1, 4)
    assert tensors(found)["d.2.weight"] == (5, 4)
    assert tensors(found)["f.0.weight"] == tensors(found)["f.1.weight"] == (2, 5)
    assert names("layers:\n- dense d: 3\n  repeat: 0\n- dense e: 2\n") == ["e.weight", "e.bias"]


def test_references_into_repeats() -> None:
    spec = """
blocks:
  step:
    layers: [{dense fc: 4}, relu r]
    outputs: {out: prev, raw: fc}
layers:
- step s:
  repeat: 3
- concat all: {axis: -1}
  from: [s.*]
- concat raw: {axis: -1}
  from: [s.*.raw]
- add: [s.0, s.(-1), s]
- identity last:
  from: s.(1 + 1).raw
"""
    found = resolve(spec, "2x5")
    assert value(found, "all") == value(found, "raw") == (2, 12)
    assert value(found, "last") == (2, 4)


def test_side_outputs_and_parts() -> None:
    spec = """
layers:
- lstm rnn: 6
- dense a: 2
  from: rnn.last
- split parts: {sizes: [2, 4]}
  from: rnn
- dense b: 2
  from: parts.1
- branches both:
    left: [dense: 3]
    right: [dense: 3]
  from: rnn
- dense c: 2
  from: both.right
"""
    found = tensors(resolve(spec, "2x5x4"))
    assert (found["a.weight"], found["b.weight"], found["c.weight"]) == ((2, 6), (2, 4), (2, 3))
    assert found["both.left.dense0.weight"] == (3, 6)


def test_apply_shares_parameters_and_not_data_sizes() -> None:
    spec = """
inputs: {a: [N, T, 8], b: [N, S, 8]}
blocks:
  tower: {args: [w], layers: [{dense fc: w}, relu, {dense out: 2}]}
layers:
- tower one: 5
  from: a
- apply two: one
  from: b
- apply: one.out
  from: one.fc
"""
    found = resolve(spec)
    assert list(tensors(found)) == ["one.fc.weight", "one.fc.bias", "one.out.weight", "one.out.bias"]
    assert value(found, "two") == ("N", "S", 2)


def test_albert_applies_a_block_in_series() -> None:
    spec = "blocks: {b: {layers: [{dense: 4}]}}\nlayers:\n- b first\n- apply again: first\n  repeat: 3\n"
    assert len(names(spec)) == 2
    assert len(network(spec).nodes) == 4


def test_symbols_are_local_to_a_call() -> None:
    spec = """
blocks:
  half:
    inputs: {x: [N, C, H, W]}
    layers: [{conv2d: {channels: C // 2, kernel_size: 1}}]
layers:
- half a
- half b
"""
    found = tensors(resolve(spec, "1x16x4x4"))
    assert (found["a.conv2d0.weight"][:2], found["b.conv2d0.weight"][:2]) == ((8, 16), (4, 8))


def test_a_symbol_may_first_be_met_in_an_expect() -> None:
    spec = "layers:\n- embedding e: {input_dim: 9, output_dim: 4}\n  expect: [N, T, d]\n- parameter p: [T, d]\n- add: [e, p]\n"
    spec = "vars: {d: 4}\n" + spec
    assert tensors(resolve(spec, "2x7:int64"))["p"] == (7, 4)


def test_a_symbol_that_can_be_only_one_number() -> None:
    found = resolve("inputs: {x: [N, C, H, W]}\nlayers:\n- conv2d: {channels: 4, kernel_size: 1, in_channels: 3}\n")
    assert value(found, "x") == ("N", 3, "H", "W")


def test_precedence_of_arguments_and_defaults() -> None:
    spec = "defaults: {conv2d: {padding: 1, bias: false}}\nlayers:\n- conv2d a: {channels: 2, kernel_size: 3}\n"
    spec += "- conv2d b: {channels: 2, kernel_size: 3, padding: 0, bias: true}\n"
    net = network(spec)
    assert (net.nodes[0].layer.padding, net.nodes[1].layer.padding) == (1, 0)
    assert [p.name for p in net.parameters] == ["a.weight", "b.weight", "b.bias"]


def test_init_freeze_and_dtype() -> None:
    spec = """
layers:
- sequential s:
  - dense a: 3
  - dense b: 3
    freeze: false
    init: {weight: {normal: 0.5}}
  freeze: true
  init: {weight: zeros, bias: ones}
  dtype: float64
- dense c: 3
params:
  's.*.bias': {init: {constant: 2}}
  '**.weight': {freeze: true}
"""
    found = {p.name: p for p in network(spec).parameters}
    assert found["s.a.weight"].initializer.text() == "zeros"
    assert found["s.b.weight"].initializer.text() == "normal(std=0.5)"
    assert found["s.b.bias"].initializer.text() == "constant(value=2)"
    assert [found[n].frozen for n in ("s.a.bias", "s.b.bias", "s.b.weight", "c.bias", "c.weight")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert (found["s.a.weight"].dtype, found["c.weight"].dtype) == ("float64", "float32")


@pytest.mark.parametrize(
    ("glob", "hits"),
    [
        ("h.*.fc.weight", {"h.0.fc.weight", "h.1.fc.weight"}),
        ("**.bias", {"h.0.fc.bias", "h.1.fc.bias", "top.bias"}),
        ("h.0.**", {"h.0.fc.weight", "h.0.fc.bias"}),
        ("t*.w*", {"top.weight"}),
        ("**", {"h.0.fc.weight", "h.0.fc.bias", "h.1.fc.weight", "h.1.fc.bias", "top.weight", "top.bias"}),
    ],
)
def test_globs(glob: str, hits: set[str]) -> None:
    spec = f"blocks: {{b: {{layers: [{{dense fc: 3}}]}}}}\nlayers:\n- b h:\n  repeat: 2\n- dense top: 2\nparams: {{'{glob}': {{freeze: true}}}}\n"
    assert {p.name for p in network(spec).parameters if p.frozen} == hits


def test_set_keeps_the_type() -> None:
    spec = "vars: {n: 3, rate: 0.5, wide: false, act: 'relu', xs: [1, 2], twice: 2*n}\n"
    spec += "layers:\n- dense: twice\n- dropout: rate\n- activation: =act\n"
    net = network(spec, n="4", rate="1", act="gelu")
    assert net.variables == {"n": 4, "rate": 1.0, "wide": False, "act": "gelu", "xs": [1, 2], "twice": 8}
    for name, text in (("n", "2.5"), ("wide", "3"), ("xs", "4"), ("n", "yes"), ("rate", "x")):
        with pytest.raises(Rejected):
            network(spec, **{name: text})


def test_expressions() -> None:
    spec = "vars: {xs: [3, 5], a: xs.0 + xs.(-1), b: 7 // 2 * 2 ** 3 % 5, c: '=max(a, 2)', d: a if b > 3 else 1, e: 'text',\n"
    spec = spec.replace("vars: {", "vars:\n  ").replace(", a:", "\n  a:").replace(", b:", "\n  b:").replace(", c:", "\n  c:")
    spec = spec.replace(", d:", "\n  d:").replace(", e:", "\n  e:").rstrip(",\n") + "\n"
    spec += "  f: sqrt(16)\n  g: round(2.5)\n  h: ceil_to(10, 8)\n  k: not true or 1 < 2 <= 2\n  m: len(xs) + sum(xs)\n  n: 1e-5\nlayers: [relu]\n"
    v = network(spec).variables
    assert (v["a"], v["b"], v["c"], v["d"], v["e"]) == (8, 4, 8, 8, "text")
    assert (v["f"], v["g"], v["h"], v["k"], v["m"], v["n"]) == (4, 3, 16, True, 10, 1e-5)


def test_only_what_is_needed_is_evaluated() -> None:
    assert network("vars: {n: 0, x: 1 if n == 0 else 1 // n}\nlayers: [relu]\n").variables["x"] == 1


def test_imports(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "enc.yaml").write_text(
        "vars: {width: 3, twice: 2*width}\nblocks: {b: {layers: [{dense fc: twice}]}}\nlayers:\n- b one\n- dense two: width\n"
        "  tie: {bias: one.fc.bias}\n  when: false\n"
    )
    main = tmp_path / "main.yaml"
    main.write_text(
        "vars: {w: 5}\nimport: {e: {file: ./parts/enc.yaml, set: {width: w}}, zoo: 'zoo:mlp'}\n"
        "layers:\n- e a\n- e b: {width: 7}\n- e.b c\n- zoo d\n"
    )
    found = tensors(resolve_path(str(main)))
    assert (found["a.one.fc.bias"], found["b.one.fc.bias"], found["c.fc.bias"]) == ((10,), (14,), (10,))
    assert found["d.dense1.weight"] == (10, 256)
    for bad in ("../outside.yaml", "/etc/passwd", "./missing.yaml", "./main.yaml"):
        main.write_text(f"import: {{e: {bad}}}\nlayers: [e]\n")
        with pytest.raises(Rejected):
            load(str(main))


def resolve_path(path: str):  # type: ignore[no-untyped-def]
    from deferinit_cli.infer.propagation.engine import infer

    return infer(load(path))


def test_the_last_items_outputs_flow_out() -> None:
    net = network("layers:\n- split: {parts: 2}\n")
    assert [label for label, _ in net.outputs] == ["split0", "split0.1"]
    net = network("layers:\n- dense a: 3\n- dense b: 2\noutputs: {first: a, second: b}\n")
    assert [label for label, _ in net.outputs] == ["first", "second"]


def test_a_mapping_is_a_spec() -> None:
    assert [p.name for p in load({"layers": [{"dense": 3}]}).parameters] == ["dense0.weight", "dense0.bias"]


def test_block_arguments() -> None:
    spec = "vars: {base: 2}\nblocks:\n  b:\n    args: [n, m=n + base, {sizes: [1, 2]}, act='relu']\n"
    spec += "    layers: [{dense: m}, {dense: sizes.1}, {activation: =act}]\nlayers:\n- b: 3\n"
    assert [n.layer.units for n in network(spec).nodes[:2]] == [5, 2]


def test_freeze_is_inherited_by_blocks() -> None:
    spec = "blocks: {b: {layers: [{dense: 3}]}}\nlayers:\n- b:\n  freeze: true\n- dense: 2\n"
    assert [p.frozen for p in network(spec).parameters] == [True, True, False, False]


def test_a_bare_parameter_takes_its_initialiser_and_tie_alone() -> None:
    spec = """
layers:
- parameter a: [3]
  init: ones
- parameter b: [3]
  init: {constant: 2.5}
- parameter c: [3]
  init: {"": zeros}
- parameter d: [3]
  tie: b
- add: [a, b, c, d]
"""
    found = network(spec).parameters
    assert [p.initializer.text() for p in found[:3]] == ["ones", "constant(value=2.5)", "zeros"]
    assert found[3].tied_to is found[1]


def test_an_unnamed_container_applied_again_keeps_its_names_to_itself() -> None:
    spec = """
inputs: {x: [2, 3]}
layers:
- residual:
  - dense a: 3
  - relu
- apply two: residual0
- relu
- apply: two
"""
    net = network(spec)
    assert [n.name for n in net.nodes] == [
        "a", "relu0", "residual0", "two.a", "two.relu0", "two", "relu1", "apply1.a", "apply1.relu0", "apply1"
    ]  # fmt: skip
    assert [p.name for p in net.parameters] == ["a.weight", "a.bias"]


def test_an_expect_is_of_the_item_it_stands_at() -> None:
    """Not of what another item, which applies it again, yields for another length."""
    spec = """
inputs: {query: {shape: [N, Q], dtype: int64}, doc: {shape: [N, D], dtype: int64}}
layers:
- embedding emb: {input_dim: 9, output_dim: 4}
  from: query
  expect: [N, Q, 4]
- apply other: emb
  from: doc
"""
    found = resolve(spec)
    assert not found.conflicts and not found.store.clauses
    assert value(found, "other") == ("N", "D", 4)


@pytest.mark.parametrize("said", ["freeze: true", "init: {weight: ones}", "dtype: float32"])
def test_what_is_said_of_the_first_item_lets_its_value_flow_on(said: str) -> None:
    spec = f"inputs: [x, y]\nlayers:\n- dense a: 3\n  from: x\n  {said}\n- relu r\n"
    assert network(spec).nodes[1].inputs == network(spec).nodes[0].outputs


def test_prev_among_outputs_is_what_flows_out_last() -> None:
    net = network("layers:\n- relu a\n- tanh b\noutputs: [a, prev]\n")
    assert [label for label, _ in net.outputs] == ["a", "b"]


def test_a_block_of_which_nothing_comes_is_told_even_where_nothing_takes_it() -> None:
    spec = """
inputs: {x: [2, 3]}
blocks:
  two: {inputs: [a, b], layers: [{relu: , when: false}]}
layers:
- two t:
  from: [x, x]
- relu:
  from: x
"""
    (d,) = rejection(spec)
    assert (d.rule, d.span and d.span.line) == ("no-output", 5)
    assert not rejection(spec.replace("when: false}]}", "when: false}], outputs: {out: b}}"))
