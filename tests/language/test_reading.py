"""What plain YAML loading makes of a text, and what deferinit does: every trap, under both of PyYAML's back ends."""

from __future__ import annotations

import pytest

from deferinit_cli.language import load as loading
from tests.specs import network, rejection, resolve, tensors


def first(spec: str) -> tuple[str, int, int]:
    d = rejection(spec)[0]
    assert d.span is not None
    return d.rule, d.span.line, d.span.column


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "No", "OFF"])
def test_yaml_booleans_are_refused(word: str) -> None:
    d = rejection(f"layers:\n- dense: {{units: 4, bias: {word}}}\n")[0]
    assert (d.rule, d.help) == ("ambiguous-boolean", "write true or false")


def test_a_capital_letter_is_a_symbol() -> None:
    assert resolve("inputs: {x: [N, 4]}\nlayers: [dense: 2]\n").shape(1) is not None
    net = network("vars: {y: 3, n: 2}\nlayers: [dense: y * n]\n")
    assert net.nodes[0].layer.units == 6


@pytest.mark.parametrize(("text", "number"), [("1e-5", 1e-5), ("1e5", 1e5), (".5", 0.5), ("0.001", 0.001)])
def test_floats_that_yaml_calls_text(text: str, number: float) -> None:
    assert network(f"layers: [layer_norm: {{eps: {text}}}]\n").nodes[0].layer.eps == number


@pytest.mark.parametrize("text", ["010", "08", "007"])
def test_leading_zeros(text: str) -> None:
    assert first(f"layers:\n- dense: {text}\n") == ("leading-zero", 2, 10)


@pytest.mark.parametrize("text", ["0x10", "1:30", "2026-08-01", "0b1", "1_", "12abc"])
def test_numbers_of_other_notations(text: str) -> None:
    rule, line, column = first(f"layers:\n- dense: {text}\n")
    assert rule in ("number-format", "expression-syntax", "leading-zero")
    assert (line, column) == (2, 10 + max(text.find(":"), text.find("08"), 0)), "the caret stands under the part that is wrong"


def test_underscores_in_ints() -> None:
    assert network("layers: [dense: 25_557]\n").nodes[0].layer.units == 25557


def test_duplicate_keys_name_both_lines() -> None:
    d = rejection("layers:\n- dense:\n    units: 4\n    units: 5\n")[0]
    assert d.rule == "duplicate-key" and d.span is not None and d.span.line == 4
    assert "line 3" in d.message


def test_a_missing_space_after_a_colon() -> None:
    found = {d.rule: d for d in rejection("layers:\n- max_pool2d: {kernel_size: 3, stride:1}\n")}
    assert found["missing-space"].help == "missing space after ':'?"


def test_dollar_braces() -> None:
    found = rejection("layers:\n- dense: {units: ${d}}\n")
    assert any("write the bare expression, e.g. 4*d" in d.help for d in found)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("layers: &a [relu]\n", "anchor"),
        ("vars: {a: &x 1}\nlayers: [dense: *x ]\n", "anchor"),
        ("layers:\n- dense: {<<: 3}\n", "merge-key"),
        ("layers: [dense: !!int 3]\n", "tag"),
        ("layers: [relu]\n---\nlayers: [relu]\n", "second-document"),
        ("layers:\n-\tdense: 3\n", "tab"),
        ("- relu\n", "not-a-spec"),
        ("\n", "empty-file"),
        ("layers: " + "[" * 70 + "]" * 70 + "\n", "too-deep"),
    ],
)
def test_what_is_not_read(spec: str, rule: str) -> None:
    from deferinit_cli.problems import Rejected

    with pytest.raises(Rejected) as caught:
        loading.Loader(loading.Faults(), None).file(spec, "t.yaml", "t", None)
        network(spec)
    assert rule in [d.rule for d in caught.value.diagnostics]


def test_tabs_in_comments_and_quotes_are_fine() -> None:
    assert tensors(resolve("layers: # a\tcomment\n- dense: 3\n"))["dense0.bias"] == (3,)


def test_not_utf8(tmp_path: object) -> None:
    from pathlib import Path

    from deferinit_cli.problems import Rejected

    path = Path(str(tmp_path)) / "bad.yaml"
    path.write_bytes(b"layers:\n- relu # \xff\n")
    with pytest.raises(Rejected) as caught:
        loading.load(str(path))
    d = caught.value.diagnostics[0]
    assert (d.rule, d.span and d.span.line) == ("not-utf-8", 2)


def test_too_large(tmp_path: object) -> None:
    from pathlib import Path

    from deferinit_cli.problems import Rejected

    path = Path(str(tmp_path)) / "big.yaml"
    path.write_text("layers:\n" + "- relu\n" * 200_000)
    with pytest.raises(Rejected) as caught:
        loading.load(str(path))
    assert caught.value.diagnostics[0].rule == "file-too-large"
