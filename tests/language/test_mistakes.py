"""What a newcomer writes wrongly, and the words that lead on: each message says what to write instead."""

from __future__ import annotations

import pytest

from deferinit_cli.language.load import load
from deferinit_cli.layers.core import registry
from deferinit_cli.problems import Rejected
from deferinit_cli.spelling import article, plural

MISTAKES = {
    "inputs: {x: [N, 4]}\nlayers:\n- dense a: 4\n  repeat: 3\n- dense: 2\n  from: a.3\n": (
        "'a' has copies 0 to 2, not 3",
        "",
    ),
    "inputs: {x: [N, 4]}\nlayers:\n- dense a: 4\n  repeat: 1\n- dense: 2\n  from: a.1\n": ("'a' has copy 0 only", ""),
    "inputs: {x: [N, 4]}\nlayers:\n- dense a: 4\n- relu:\n  from: a.1\n": ("'a' yields 1 value: there is no number 1", ""),
    "layers:\n- dense: 4\n - relu\n": ("this line is indented one space more than its list", "same column"),
    "layers:\n  - dense: 4\n - relu\n": ("this line is indented one space less than its list", "same column"),
    "layers:\n- dense: 4\n   - relu\n": ("this line is indented three spaces more than its list", "the rest of the value on line 2"),
    "layers:\n- residual:\n  - relu\n    - relu\n": (
        "this line is indented two spaces more than its list",
        "the rest of the value on line 3",
    ),
    "layers:\n- dense 256\n": ("dense needs units: 256 was read as a name", "write - dense: 256"),
    "layers:\n- linear 256\n": ("no layer or block is called 'linear'", "'linear' is 'dense' here"),
    "layers:\n- linear head 10\n": ("'linear head 10' is no layer", "write - dense head: 10"),
    "layers:\n- conv2d stem 64 7\n": ("'conv2d stem 64 7' is no layer", "write - conv2d stem: 64 7"),
    "layers:\n- Relu\n": ("no layer or block is called 'Relu'", "'Relu' is 'relu' here"),
    "inputs: {x: [N, C]}\nlayers:\n- dense: 0.25*C\n": ("0.25*C is no whole number", "write floor(0.25*C)"),
    "inputs: {x: [N, C]}\nlayers:\n- dense: C * 1.5\n": ("1.5*C is no whole number", "write floor(1.5*C)"),
    "layers:\n- conv1d: {channels: 4, kernel_size: 3, padding: causal}\n": ("unknown name 'causal'", "padding: [[k-1, 0]]"),
}


@pytest.mark.parametrize("spec", MISTAKES)
def test_what_a_mistake_leads_to(spec: str) -> None:
    with pytest.raises(Rejected) as caught:
        load(spec)
    (d,) = caught.value.diagnostics
    message, help_ = MISTAKES[spec]
    assert d.message == message
    assert help_ in d.help and (d.help == "") == (help_ == "")


def test_text_that_looks_like_items_is_text() -> None:
    assert load("doc: what it does\n  - first\n  - then\nlayers:\n- relu:\n  doc: |\n    a\n     - b\n").doc == "what it does - first - then"


def test_causal_padding_as_the_help_says_keeps_the_length() -> None:
    """The size that comes out is the size that went in, whatever the kernel and dilation."""
    from deferinit_cli.infer.propagation.engine import infer
    from deferinit_cli.language.given_shapes import parse_given

    for kernel, dilation in ((1, 1), (2, 1), (3, 1), (3, 2), (5, 3)):
        k = (kernel - 1) * dilation + 1
        arguments = f"channels: 4, kernel_size: {kernel}, dilation: {dilation}, padding: [[{k - 1}, 0]]"
        network = load(f"inputs: {{x: [N, 8, T]}}\nlayers:\n- conv1d: {{{arguments}}}\n")
        resolved = infer(network, [parse_given("1x8x17", network)])
        assert resolved.shape(network.outputs[0][1]) == (1, 4, 17)


@pytest.mark.parametrize(
    ("word", "said"),
    [("upsample", "an upsample"), ("dense", "a dense"), ("lstm", "an lstm"), ("rms_norm", "an rms_norm"), ("gru", "a gru"),
     ("split", "a split"), ("einsum", "an einsum"), ("mlp", "an mlp"), ("conv_lstm2d", "a conv_lstm2d")],
)  # fmt: skip
def test_articles(word: str, said: str) -> None:
    assert article(word) == said


def test_every_kind_has_an_article() -> None:
    assert {article(kind).partition(" ")[0] for kind in registry.kinds()} == {"a", "an"}
    assert article("lstm_cell") == "an lstm_cell" and (plural(1, "value"), plural(2, "value")) == ("1 value", "2 values")
