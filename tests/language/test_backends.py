"""PyYAML's two parsers see the same in a text: the same tree at the same places, or the same refusal."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from deferinit_cli.language.source import reader
from deferinit_cli.language.source.tree import MAX_DEPTH, List, Scalar, Tree
from deferinit_cli.problems import Rejected

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))


def flat(node: Tree) -> Any:
    """All that a tree says."""
    place = node.line, node.column, node.end
    if isinstance(node, Scalar):
        return (*place, node.text, node.style or "")
    if isinstance(node, List):
        return (*place, [flat(n) for n in node.items])
    return (*place, [(flat(k), flat(v)) for k, v in node.pairs])


def seen(text: str, backend: str) -> tuple[Any, set[Any]]:
    """The tree of a text, or None and the rules and places of its refusal."""
    try:
        return flat(reader.read(text, "x", backend)[1]), set()
    except Rejected as e:
        return None, {(d.rule, d.span and (d.span.line, d.span.column)) for d in e.diagnostics}


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_published_networks(path: Path) -> None:
    text = path.read_text("utf-8")
    for written in (text, text.rstrip("\n"), "\n\n# x\n" + text, text.replace("\n", "   \n"), text.replace("\n", "\r\n")):
        tree, _ = seen(written, "c")
        assert tree is not None
        assert seen(written, "python") == (tree, set())


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
    assert seen(text, "c") == seen(text, "python")


@pytest.mark.parametrize("depth", range(MAX_DEPTH - 4, MAX_DEPTH + 3))
@pytest.mark.parametrize("inner", ["b", "b: c", "{b: c}", "[]"])
def test_as_deep_as_may_be(depth: int, inner: str) -> None:
    lines = [f"{'  ' * k}- k{k}:" for k in range(depth // 2)]
    for text in (
        f"a: {'[' * depth}{inner}{']' * depth}",
        "\n".join(["a:", *lines, f"{'  ' * (depth // 2)}- {inner}"]),
        "\n".join([*(f"{' ' * k}k{k}:" for k in range(depth)), f"{' ' * depth}k: {inner if ': ' not in inner else '[b]'}"]),
    ):
        assert seen(text, "c") == seen(text, "python")


SIGNS = [
    "a", "b: ", "c:", "- ", "-", "  ", " ", "\n", "\n  ", "\n- ", "\n  - ", "\n    ", ": ", "[", "]", "{", "}", ", ", ",", "# x", " # x",
    "#", "'", '"', "(", ")", "d e", "1", ".5", "-1", "...", "*", "=", "k: v", "[a, b]", "{a: 1}", "[f: 1]", '"q"', "'q: r'", "a:\n", "~",
    "\\", "|", ">", "\n---\n",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_random_texts(seed: int) -> None:
    """What both read, they read alike."""
    r = random.Random(seed)
    read = 0
    for k in range(600):
        if k % 20:
            text = "".join(r.choices(SIGNS, k=r.randint(2, 14)))
        else:
            text = r.choice(SPECS).read_text("utf-8")[:600]
            for _ in range(r.randint(1, 3)):
                at = r.randrange(len(text))
                text = text[:at] + r.choice(SIGNS) + text[at + r.randint(0, 3) :]
        (tree, _), (other, _) = seen(text, "c"), seen(text, "python")
        if tree is not None and other is not None:
            assert tree == other, text
            read += 1
    assert read > 10
