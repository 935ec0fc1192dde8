"""A network's tensors against a file's."""

from __future__ import annotations

import pytest

from deferinit_cli.weights import compare as module
from deferinit_cli.weights.compare import compare
from tests.effort import effort

HERE = [("a.weight", (3, 4), "float32"), ("a.bias", (3,), "float32"), ("b.weight", (5, 3), "float32")]
FILE = {name: (shape, dtype) for name, shape, dtype in HERE}


def told(expected: list[tuple[str, tuple[int, ...], str]], header: dict[str, tuple[tuple[int, ...], str]]) -> list[str]:
    return [f"{d.rule}: {d.message}" + f" ({d.help})" * bool(d.help) for d in compare(expected, header)]


def test_equal_ones_are_silent() -> None:
    assert told(HERE, FILE) == []
    assert told([], {}) == []


def test_each_difference_has_its_rule() -> None:
    header = FILE | {"a.weight": ((4, 3), "float32"), "a.bias": ((3,), "float16"), "c": ((1,), "float32")}
    del header["b.weight"]
    assert told(HERE, header) == [
        "weights-shape: 'a.weight' is (4, 3) in the file, (3, 4) here",
        "weights-dtype: 'a.bias' is float16 in the file, float32 here",
        "weights-missing: the file has no tensor 'b.weight'",
        "weights-extra: the network has no tensor 'c'",
    ]
    (shape, dtype) = compare(HERE, header)[:2]
    assert (shape.found, shape.expected) == ("(4, 3)", "(3, 4)")
    assert (dtype.found, dtype.expected) == ("float16", "float32")


def test_similar_names_of_the_same_shape_come_first() -> None:
    header = FILE | {"b.weigth": ((5, 3), "float32"), "b.weights": ((9,), "float32")}
    del header["b.weight"]
    assert told(HERE, header)[0] == "weights-missing: the file has no tensor 'b.weight' (did you mean its 'b.weigth'?)"
    header.pop("b.weigth")
    assert told(HERE, header)[0].endswith("(did you mean its 'b.weights'?)")


def test_a_prefix_is_seen_as_one() -> None:
    header = {f"model.{name}": found for name, found in FILE.items()}
    assert told(HERE, header)[1] == (
        "weights-missing: the file has no tensor 'a.bias' "
        "(the file's names start with 'model.': 'a.bias' is 'model.a.bias' there)"
    )
    here = [(f"net.{name}", shape, dtype) for name, shape, dtype in HERE]
    assert told(here, FILE)[1] == (
        "weights-missing: the file has no tensor 'net.a.bias' ('net.a.bias' is 'a.bias' there, without 'net.')"
    )


def test_thousands_of_names_are_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEARCHED", 2)  # what is beyond names of a similar sort
    monkeypatch.setattr(module, "COMPARED", 9)

    def work(n: int) -> int:
        here = [(f"encoder.layers.{i}.attention.weight", (768, 768), "float32") for i in range(n)]
        header = {f"bert.layer.{i * 7}.attn.self.weight": ((768, 768), "float32") for i in range(n)}
        found: list[int] = []
        calls = effort(lambda: found.append(len(compare(here, header))))
        assert found == [2 * n]
        return calls

    assert work(2000) < 2.2 * work(1000)
