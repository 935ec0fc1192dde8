"""Mistakes people make, the headline they get and the help under it."""

from __future__ import annotations

import pytest

from deferinit_cli.language.load import load
from tests.specs import rejection


def check(spec: str, rule: str, headline: str, help: str = "", at: tuple[int, int] | None = None, *inputs: str) -> None:
    found = rejection(spec, *inputs)
    d = next((d for d in found if d.rule == rule), None)
    assert d is not None, found
    assert headline in d.message
    assert help in d.help
    if at is not None:
        assert d.span is not None
        assert (d.span.line, d.span.column) == at


CASES = {
    "misspelt kind": ("layers:\n- dnese: 4\n", "unknown-kind", "no layer or block is called 'dnese'", "did you mean 'dense'?", (2, 3)),
    "misspelt argument": ("layers:\n- dense: {unitz: 4}\n", "unknown-argument", "dense has no argument 'unitz'", "did you mean 'units'?",
                          (2, 11)),
    "misspelt modifier": ("layers:\n- relu:\n  whn: true\n", "unknown-modifier", "no modifier is called 'whn'", "did you mean 'when'?",
                          (3, 3)),
    "misspelt top-level key": ("layres:\n- relu\n", "unknown-key", "no top-level key is called 'layres'", "did you mean 'layers'?",
                               (1, 1)),
    "PyTorch's argument": ("layers:\n- dense: {out_features: 4}\n", "unknown-argument", "dense has no argument 'out_features'",
                           "PyTorch's 'out_features' is 'units' here", (2, 11)),
    "PyTorch's kind": ("layers:\n- linear: 4\n", "unknown-kind", "'linear'", "'linear' is 'dense' here", (2, 3)),
    "Keras' kind": ("layers:\n- Conv2D: 4\n", "unknown-kind", "'Conv2D'", "'Conv2D' is 'conv2d' here", (2, 3)),
    "Keras' pooling": ("layers:\n- MaxPooling2D: 2\n", "unknown-kind", "", "'MaxPooling2D' is 'max_pool2d' here", (2, 3)),
    "Keras' filters": ("layers:\n- conv2d: {filters: 3, kernel_size: 1}\n", "unknown-argument", "", "'filters' is 'channels' here", None),
    "Keras' strides": ("layers:\n- conv2d: {channels: 3, kernel_size: 1, strides: 2}\n", "unknown-argument", "",
                       "'strides' is 'stride' here", None),
    "kernel": ("layers:\n- conv2d: {channels: 3, kernel: 1}\n", "unknown-argument", "", "'kernel' is 'kernel_size' here", None),
    "pad": ("layers:\n- conv2d: {channels: 3, kernel_size: 1, pad: 1}\n", "unknown-argument", "", "'pad' is 'padding' here", None),
    "dropout p": ("layers:\n- dropout: {p: 0.1}\n", "unknown-argument", "", "'p' is 'rate' here", None),
    "swish": ("layers:\n- swish\n", "unknown-kind", "", "'swish' is 'silu' here", None),
    "text where a name was meant": ("blocks:\n  b:\n    args: [act]\n    layers: [{activation: =act}]\nlayers:\n- b: gelu\n", "unknown-name",
                                    "unknown name 'gelu'", "quote it if it is text", (6, 6)),
    "a forward reference": ("layers:\n- relu a:\n  from: b\n- relu b\n", "unknown-reference", "no earlier layer or input is called 'b'",
                            "known here: input", (3, 9)),
    "a caller's name": ("blocks:\n  inner:\n    layers:\n    - add: [prev, b]\nlayers:\n- dense b: 3\n- inner\n", "unknown-reference",
                        "no earlier layer or input is called 'b'", "known here: input", (4, 19)),
    "a disabled layer": ("layers:\n- dense d: 4\n- relu r\n- dense a: 4\n  when: false\n- add: [prev, a]\n", "removed-layer",
                         "'a' was removed by its 'when' (line 4)", "", (6, 15)),
    "several inputs, no from": ("inputs: {query: [N, 3], doc: [N, 4]}\nlayers:\n- dense: 4\n", "no-input", "'dense' has no input",
                                "this scope has several inputs (query, doc): say 'from'", (3, 3)),
    "two keys, neither a modifier": ("layers:\n- dense: 4\n  relu:\n", "two-layers", "two layers in one item: 'dense' and 'relu'", "",
                                     (3, 3)),
    "a name used twice": ("layers:\n- dense a: 3\n- dense a: 4\n", "duplicate-name", "'a' is already the name of a layer on line 2", "",
                          (3, 9)),
    "a missing argument": ("layers:\n- conv2d: {channels: 3}\n", "missing-argument", "conv2d needs kernel_size", "", (2, 3)),
    "a missing block argument": ("blocks: {b: {args: [n], layers: [{dense: n}]}}\nlayers:\n- b\n", "missing-argument", "b needs 'n'", "",
                                 (3, 3)),
    "a built-in kind as a block": ("blocks: {dense: {layers: [relu]}}\nlayers: [relu]\n", "reserved-name", "'dense' is a built-in kind",
                                   "another name", None),
    "a recursive block": ("blocks: {b: {layers: [b]}}\nlayers: [b]\n", "cyclic-block", "calls itself", "", None),
    "a repeat that loses its copies": ("layers:\n- dense a: 3\n- dense b: 3\n  repeat: 2\n  from: a\n", "repeat-without-prev",
                                       "every copy but the last would be lost", "fanout", (3, 3)),
    "a symbol in when": ("inputs: {x: [N, 3]}\nlayers:\n- relu:\n  when: N == 2\n", "symbol-in-condition", "symbol N", "", (4, 9)),
    "a glob that matches nothing": ("layers: [{dense: 3}]\nparams: {'dnese*.weight': {freeze: true}}\n", "unmatched-glob",
                                    "matches no parameter", "", (2, 10)),
    "an unknown tie": ("layers:\n- embedding e: {input_dim: 9, output_dim: 4}\n- dense d: {units: 9, bias: false}\n"
                       "  tie: {weight: emb.weight}\n", "unknown-parameter", "no parameter is called 'emb.weight'", "e.weight", (4, 17)),
    "an index hiding a variable": ("vars: {j: 1}\nlayers:\n- relu:\n  repeat: 2\n  index: j\n", "name-hides", "'j' hides a variable", "",
                                   None),
    "division that is not exact": ("layers:\n- dense: 7 / 2\n", "argument-type", "units cannot be 3.5", "", (2, 10)),
    "a huge exponent": ("layers:\n- dense: 2 ** 65\n", "exponent-too-large", "an exponent of 65", "", (2, 10)),
    "a huge int": ("layers:\n- dense: 1234567890123456789\n", "number-too-large", "19 digits", "", (2, 10)),
    "too many copies": ("layers:\n- relu:\n  repeat: 10001\n", "repeat-count", "repeat is 10001", "", (3, 11)),
    "a wrong initialiser": ("layers:\n- dense: 3\n  init: {weight: xavier}\n", "unknown-initializer", "xavier", "glorot_uniform", None),
    "an initialiser for no parameter": ("layers:\n- dense: 3\n  init: {weigth: zeros}\n", "unknown-parameter",
                                        "dense has no parameter 'weigth'", "did you mean 'weight'?", (3, 10)),
    "split of the wrong count": ("layers:\n- split: {parts: 3}\n- dense: 4\n", "wrong-input-count", "takes 1 input, 3 flow in", "", (3, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_mistake(name: str) -> None:
    spec, rule, headline, help_, at = CASES[name]
    check(spec, rule, headline, help_, at)


def test_set_of_an_unknown_variable() -> None:
    from deferinit_cli.language.load import load
    from deferinit_cli.problems import Rejected

    with pytest.raises(Rejected) as caught:
        load("vars: {width: 4}\nlayers: [dense: width]\n", sets={"widht": "3"})
    d = caught.value.diagnostics[0]
    assert (d.message, d.help) == ("no variable 'widht'", "did you mean 'width'?")


def test_the_second_of_two_texts_that_say_the_same() -> None:
    spec = "blocks:\n  a: {args: [w, z], layers: [dense: w // z, conv1d: {channels: w // z, kernel_size: 1}]}\n" \
           "  b: {args: [w, z], layers: [dense: w // z, conv1d: {channels: w // z, kernel_size: 1}]}\nlayers:\n- a: {w: 8, z: 2}\n"  # fmt: skip
    check(spec + "- b: {w: 8, z: 0}\n", "division-by-zero", "8 // 0 divides by zero", "", (3, 37))
    check(spec.replace("b: {args: [w, z]", "b: {args: [w]") + "- b: 8\n", "unknown-name", "unknown name 'z'", "", (3, 39))
    check(spec.replace("b: {args: [w, z], layers: [", "b: {args: [w, z], layers: [relu: , ") + "- b: {w: 8, z: 0}\n",
          "division-by-zero", "8 // 0", "", (3, 45))  # fmt: skip


def test_a_symbol_bound_twice() -> None:
    spec = "inputs: {query: [N, 3], doc: [N, 3]}\nlayers:\n- add: [query, doc]\n"
    check(spec, "symbol-mismatch", "N is 2 (--input query) and 5 (--input doc)", "", None, "query=2x3", "doc=5x3")


def test_a_wrong_declared_dim_shows_both_places() -> None:
    d = rejection("layers:\n- dense a: {units: 3, in_units: 21}\n", "2x20")[0]
    assert d.message == "a: in_units is 21, but the input has 20 features"
    assert d.span is not None and (d.span.line, d.span.column) == (2, 33)
    assert any(r.span is not None and r.span.source.name == "--input" for r in d.related)


@pytest.mark.parametrize(
    "spec",
    [
        "layers:\n- residual: [dense: 5]\n",
        "layers:\n- embedding e: {input_dim: 9, output_dim: 4}\n- dense d: {units: 8, bias: false}\n  tie: {weight: e.weight}\n",
        "layers:\n- dense d: 5\n- apply again: d\n",
        "layers:\n- dense: 5\n  expect: [2, 6]\n",
    ],
    ids=["residual", "tie", "apply", "expect"],
)
def test_shapes_that_must_be_equal_and_are_not(spec: str) -> None:
    found = rejection(spec, "2x4" if "embedding" not in spec else "2x4:int64")
    assert len(found) == 1
    assert found[0].rule in ("size-mismatch", "shape-mismatch")
    assert found[0].related, "it says where the other size came from"


SAID_IN_VAIN = {
    "init on a layer without parameters": ("layers:\n- relu:\n  init: {weight: zeros}\n", "unknown-parameter", (3, 10)),
    "init of what a block lacks": ("blocks: {b: {layers: [{dense: 3}]}}\nlayers:\n- b x:\n  init: {nope: zeros}\n", "unknown-parameter",
                                   (4, 10)),
    "init of a dense without a name": ("layers:\n- dense: 3\n  init: zeros\n", "value-type", (3, 9)),
    "init of a block without a name": ("blocks: {b: {layers: [{dense: 3}]}}\nlayers:\n- b x:\n  init: zeros\n", "value-type", (4, 9)),
    "tie of a dense without a name": ("layers:\n- dense: 3\n- dense: 3\n  tie: dense0.weight\n", "value-type", (4, 8)),
    "a bare parameter of no initialiser": ("layers:\n- parameter: [3]\n  init: {weight: zeros}\n", "unknown-initializer", (3, 10)),
    "dtype on a layer without parameters": ("layers:\n- relu:\n  dtype: float64\n", "no-parameters", (3, 3)),
    "freeze on a container without parameters": ("layers:\n- residual r: [relu]\n  freeze: true\n", "no-parameters", (3, 3)),
    "index without repeat": ("layers:\n- relu:\n  index: j\n", "index-without-repeat", (3, 3)),
    "inputs said twice": ("inputs: {a: [2], b: [2]}\nlayers:\n- add: [a, b]\n  from: a\n", "from-twice", (3, 3)),
    "modifiers of apply": ("layers:\n- dense a: 3\n- apply: a\n  freeze: true\n", "apply-modifier", (4, 3)),
    "a default no layer could take": ("defaults: {dense: {units: -1}}\nlayers: [relu]\n", "argument-range", (1, 27)),
    "a misspelt kind in an unused block": ("blocks: {b: {layers: [{dens: 3}]}}\nlayers: [relu]\n", "unknown-kind", (1, 24)),
    "a misspelt variable in an unused block": ("blocks: {b: {args: [width], layers: [{dense: widht}]}}\nlayers: [relu]\n", "unknown-name",
                                               (1, 46)),
    "outputs that name nothing": ("layers: [relu]\noutputs: []\n", "value-type", (2, 10)),
    "params that say nothing": ("layers: [dense: 3]\nparams: {'**.weight': {}}\n", "value-type", (2, 23)),
    "a check that says nothing": ("layers: [relu]\nchecks:\n- {}\n", "value-type", (3, 3)),
    "no layers": ("layers: []\n", "no-layers", (1, 9)),
    "a directive": ("%YAML 1.1\n---\nlayers: [relu]\n", "directive", (1, 1)),
    "a tab after an apostrophe": ("name: it's\tx\nlayers: [relu]\n", "tab", (1, 11)),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "rule", "at"), SAID_IN_VAIN.values(), ids=SAID_IN_VAIN)
def test_nothing_is_ignored_in_silence(spec: str, rule: str, at: tuple[int, int]) -> None:
    check(spec, rule, "", at=at)


def test_repeated_containers_may_differ_in_what_they_hold() -> None:
    """`init` names a parameter of some copy; the others need not have it."""
    spec = "layers:\n- sequential s:\n  - dense: 3\n    when: i > 0\n  repeat: 2\n  init: {weight: zeros}\n"
    assert {p.name: p.initializer.name for p in load(spec).parameters} == {
        "s.1.dense0.weight": "zeros",
        "s.1.dense0.bias": "zeros",
    }


def test_tabs_in_quotes_and_comments_are_text() -> None:
    assert load('name: "a\\tb\tc"  # a\tcomment\ndoc: |\n  a\tb\nlayers: [relu]\n').name == "a\tb\tc"


def test_all_independent_errors_at_once() -> None:
    spec = "layers:\n- dense: {unitz: 4}\n- dnese: 3\n- conv2d: {channels: 3}\n- relu:\n  from: nothing\n"
    assert [d.rule for d in rejection(spec)] == ["unknown-argument", "unknown-kind", "missing-argument", "unknown-reference"]


def test_the_chain_of_block_calls() -> None:
    spec = """
blocks:
  inner:
    layers:
    - dense: {units: 3, in_units: 7}
  outer:
    layers:
    - inner one
layers:
- outer two
"""
    d = rejection(spec, "2x4")[0]
    assert [(c.message, c.span and c.span.line) for c in d.calls] == [("in outer two", 9), ("in inner one", 7)]
