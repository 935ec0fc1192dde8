"""What is read without PyYAML is what PyYAML makes of it: the same texts at the same places, and nothing that it refuses."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from deferinit_cli.problems import Rejected
from deferinit_cli.spec import lines, reader
from deferinit_cli.spec.tree import MAX_DEPTH, List, Scalar, Tree
from tests.benchmarks.reading import SHAPES

SPECS = sorted((Path(__file__).parents[1] / "specs").rglob("*.yaml"))


def flat(node: Tree) -> Any:
    """All that a tree says."""
    place = node.line, node.column, node.end
    if isinstance(node, Scalar):
        return (*place, node.text, node.style or "")
    if isinstance(node, List):
        return (*place, [flat(n) for n in node.items])
    return (*place, [(flat(k), flat(v)) for k, v in node.pairs])


def agrees(text: str, backends: tuple[str, ...] = ("c", "python")) -> bool:
    """Whether a text is read without PyYAML; if so, PyYAML must see the same in it."""
    tree = lines.read(text) if not reader.has_hidden(text) else None
    for backend in backends if tree is not None else ():
        try:
            _, other = reader.read(text, "x", backend)
        except Rejected as e:
            assert isinstance(tree, (List, Scalar)) and e.diagnostics[0].rule == "not-a-spec", f"{backend} refuses {text!r}: {e}"
            continue
        assert flat(tree) == flat(other), f"{backend} reads {text!r} in another way"
    return tree is not None


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_published_networks(path: Path) -> None:
    text = path.read_text("utf-8")
    assert agrees(text) == agrees(text.rstrip("\n")) == agrees("\n\n# x\n" + text) == agrees(text.replace("\n", "   \n"))


def test_nearly_all_published_networks_need_no_pyyaml() -> None:
    assert sum(agrees(p.read_text("utf-8"), ()) for p in SPECS) > 0.9 * len(SPECS)


@pytest.mark.parametrize("shape", SHAPES)
def test_texts_of_the_benchmark(shape: str) -> None:
    assert agrees(SHAPES[shape](200))


@pytest.mark.parametrize("text", [
    "a: 1", "a:\n- b", "a:\n  - b\n  - c: 1\n    d: 2\n", "- a", "a: [b, c: 1, {d: 2, e: [f]}]", "a: {b: 'c, d', e: \"f: g\"}",
    "a:\nb:\n- c:\n- d", "a:   b  # c\n\n   # d\ne: -1", "  a: 1\n  b: 2", "- - a", "-  a", "a: []\nb: {}", "a: [ ]\nb: { }", "a:\n  b",
    "a : 1", "a:\n  b: 1\n c: 2", "a: 1\n- b", "- a\nb: 1", "a: b\n  c", "a: b:\n", "a: [b", "a: b]", "a: 'b' c", "a: 'b''c'",
    "a: 'b'  # c", "a: \"b\\n\"", "a: 1\na: 2", "a: {b: 1, b: 2}", "a: [max(b, c)]", "a: max(b, c)", "a: [b,]", "a: [,b]", "a: {b}",
    "a: {b:1}", "a: [b:1]", "a: [b: ]", "a:b", "...", "---\na: 1", "a: 1\n---\nb: 2", "a: .5", "a: ./b.yaml", "a: |\n  b", "a: >\n  b",
    "a: %b", "a: @b", "a: `b`", "%YAML 1.1\n", "", "\n", "#", " ", "- ", "-", "a:", "a:\n\n\n  - b\n # c\n  - d", "a: x#y", "a: x #y",
    "a: '#'", "a: [b] # c", "a: [b]# c", "- [a]: b", "- {a: b}: c", "- 'a': b", "a: - b", "- a:\n   - b\n  - c", "- a: b\n  - c",
    "- a:\n  b: c\n- d", "a:\n -b", "a: -b", "a: --b", "a: -", "a: - ", "=: 1", "~: ~", "a: (b)\n(c): d", f"{'a' * 1010}: 1",
    f"{'a' * 990}: 1", f"{'a' * 1100}: 1", "a: ['b #', c]", "a: 'b # c'", "a: don't # c", "a: ['b''c']", "- a: b\n  - c",
    f"a: {'b' * 2000}", f"a: [{'b, ' * 700}c]", f"a: {'[' * 70}{']' * 70}",
    "\n".join(" " * k + "a:" for k in range(70)), "a: b\rc: d", "a: b\r\nc: d\r\n", "a:\tb", "\ufeffa: b", "a: é", "é: a",
    "a: b  # é\nc: d", "a: bé \nc: \"é\"", "a: [é, bé]", "a: {bé: cé, d: e}", "a: b\x85c: d", "a: [b: c: d]", "a: ? b", "a: *b", "a: 2 *b",
    "a: b * c", "<<: b",
])  # fmt: skip
def test_texts_at_the_edge(text: str) -> None:
    agrees(text)


@pytest.mark.parametrize("depth", range(MAX_DEPTH - 4, MAX_DEPTH + 3))
@pytest.mark.parametrize("inner", ["b", "b: c", "{b: c}", "[]"])
def test_as_deep_as_may_be(depth: int, inner: str) -> None:
    agrees(f"a: {'[' * depth}{inner}{']' * depth}")
    lines = [f"{'  ' * k}- k{k}:" for k in range(depth // 2)]
    agrees("\n".join(["a:", *lines, f"{'  ' * (depth // 2)}- {inner}"]))
    agrees("\n".join([*(f"{' ' * k}k{k}:" for k in range(depth)), f"{' ' * depth}k: {inner if ': ' not in inner else '[b]'}"]))


def test_all_short_texts() -> None:
    """Every text of up to six of these signs."""
    read = 0
    for length in range(1, 7):
        for signs in product("a-: \n[", repeat=length):
            read += agrees("".join(signs), ("c",))
    for length in range(1, 6):
        for signs in product("a-: \n,{}[]#'", repeat=length):
            read += agrees("".join(signs), ("c",))
    assert read > 500


SIGNS = [
    "a", "b: ", "c:", "- ", "-", "  ", " ", "\n", "\n  ", "\n- ", "\n  - ", "\n    ", ": ", "[", "]", "{", "}", ", ", ",", "# x", " # x",
    "#", "'", '"', "(", ")", "d e", "1", ".5", "-1", "...", "*", "=", "k: v", "[a, b]", "{a: 1}", "[f: 1]", '"q"', "'q: r'", "a:\n", "~",
    "\\", "|", ">", "\n---\n",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_random_texts(seed: int) -> None:
    r = random.Random(seed)
    read = 0
    for _ in range(3000):
        read += agrees("".join(r.choices(SIGNS, k=r.randint(2, 14))), ("c", "python") if r.random() < 0.1 else ("c",))
    assert read > 30


@pytest.mark.parametrize("seed", range(20))
def test_networks_with_random_edits(seed: int) -> None:
    r = random.Random(seed)
    read = 0
    for _ in range(40):
        text = r.choice(SPECS).read_text("utf-8")
        at = r.randrange(len(text))
        text = text[max(0, at - 600) : at + 300] if r.random() < 0.5 else text[:600]
        for _ in range(r.randint(1, 3)):
            at = r.randrange(len(text))
            text = text[:at] + r.choice(SIGNS) + text[at + r.randint(0, 3) :]
        read += agrees(text)
    assert read > 0
