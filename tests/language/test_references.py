"""Random specs whose references lead anywhere: no layer is lost in silence, and one fault is told once.

`DEFERINIT_REFERENCES=20000 pytest tests/language/test_references.py` is a long run.
"""

from __future__ import annotations

import os
import random
import re
from typing import Any

import pytest
import yaml

from deferinit_cli.graph import Network
from deferinit_cli.language.load import load
from deferinit_cli.problems import Diagnostic, Rejected

ROUNDS = int(os.environ.get("DEFERINIT_REFERENCES", "400"))
Items = list[Any]


class Writer:
    """Writes one random spec. Every layer has a name that no other layer of the spec has."""

    def __init__(self, r: random.Random, wild: float) -> None:
        self.r = r
        self.wild = wild  # how often a reference leads anywhere
        self.count = 0
        self.named: list[str] = ["x", "prev", "input", "i", "out", "side"]
        self.open: list[str] = ["x"]  # what is being written: nothing in it may name it
        self.layers: list[str] = []  # those that are built, unless there is a fault

    def spec(self) -> dict[str, Any]:
        blocks: dict[str, Any] = {}
        for name in ("b0", "b1")[: self.r.randint(0, 2)]:
            body, names = self.items(1, list(blocks), ["input"])
            blocks[name] = {"layers": body}
            if self.r.random() < 0.7:
                blocks[name]["outputs"] = {"out": "prev", "side": self.reference(names)}
        calls = [{f"{name} {self.name('c')}": None} for name in blocks]
        items, _ = self.items(0, list(blocks), ["x"])
        return {"inputs": {"x": ["N", "T", 8]}, "blocks": blocks, "layers": [*items, *calls]}

    def name(self, kind: str) -> str:
        self.count += 1
        self.named.append(f"{kind}{self.count}")
        return self.named[-1]

    def layer(self) -> str:
        self.layers.append(self.name("d"))
        return self.layers[-1]

    def reference(self, earlier: list[str]) -> str:
        """The name of something earlier in the list; or any name, then any parts."""
        if self.r.random() >= self.wild:
            return self.r.choice([*earlier, "prev"])
        parts = ["0", "1", "-1", "(-1)", "(i)", "(i-1)", "(i+1)", "*", "zzz", "side", "out", "last", *self.named]
        first = self.r.choice([self.open, earlier, self.named])
        return ".".join([self.r.choice(first), *self.r.choices(parts, k=self.r.choice([0, 1, 1, 2]))])

    def items(self, depth: int, blocks: list[str], known: list[str]) -> tuple[Items, list[str]]:
        """A list, and the names that stand for one value each when it has been built."""
        earlier, out = list(known), []
        for _ in range(self.r.randint(1, 4)):
            item, names = self.item(depth, blocks, earlier)
            earlier += names
            out.append(item)
        return out, earlier[len(known) :] or list(known)

    def item(self, depth: int, blocks: list[str], earlier: list[str]) -> tuple[dict[str, Any], list[str]]:
        made = self.r.choice([self.plain, self.plain, self.merge, self.container, self.call, self.again])
        before = len(self.layers)
        item, name = made(depth, blocks, earlier)
        if self.r.random() < 0.3 and "add" not in next(iter(item)):
            item["from"] = self.reference(earlier)
        if self.r.random() < 0.1:
            item["when"] = False
            del self.layers[before:]
            return item, []
        if self.r.random() < 0.2:
            self.repeated(item)
        fan = "fanout" in item
        return item, [f"{name}.{k}" for k in range(item["fanout"])] if fan else [name]

    def repeated(self, item: dict[str, Any]) -> None:
        if self.r.random() < 0.5:
            item["repeat"] = self.r.randint(1, 3)
            item["from"] = ["prev"]
        else:
            item["fanout"] = 1
        if "add" in next(iter(item)):
            item.pop("from", None)
            item[next(iter(item))] = ["prev", "prev"]

    def plain(self, depth: int, blocks: list[str], earlier: list[str]) -> tuple[dict[str, Any], str]:
        name = self.layer()
        return {f"{self.r.choice(['dense', 'lstm'])} {name}": 8}, name

    def merge(self, depth: int, blocks: list[str], earlier: list[str]) -> tuple[dict[str, Any], str]:
        name = self.layer()
        return {f"add {name}": [self.reference(earlier) for _ in range(2)]}, name

    def again(self, depth: int, blocks: list[str], earlier: list[str]) -> tuple[dict[str, Any], str]:
        layers = [n for n in earlier if n[0] == "d" and n[1:].isdigit()]
        if not layers:
            return self.plain(depth, blocks, earlier)
        target = self.r.choice(layers) if self.r.random() >= self.wild else self.reference(earlier)
        name = self.layer()
        return {f"apply {name}": target}, name

    def call(self, depth: int, blocks: list[str], earlier: list[str]) -> tuple[dict[str, Any], str]:
        if not blocks:
            return self.plain(depth, blocks, earlier)
        name = self.name("c")
        return {f"{self.r.choice(blocks)} {name}": None}, name

    def container(self, depth: int, blocks: list[str], earlier: list[str]) -> tuple[dict[str, Any], str]:
        if depth > 2:
            return self.plain(depth, blocks, earlier)
        kind, name = self.r.choice(["sequential", "residual", "branches"]), self.name("s")
        key = f"{kind} {name}" if self.r.random() < 0.7 or kind == "residual" else kind
        self.open.append(name)
        if kind == "branches":
            value: Any = {self.name("l"): self.items(depth + 1, blocks, earlier)[0]}
        elif kind == "residual" and self.r.random() < 0.5:
            value = {k: self.items(depth + 1, blocks, earlier)[0] for k in ("body", "shortcut")}
        else:
            value = self.items(depth + 1, blocks, earlier)[0]
        self.open.pop()
        return {key: value}, name if " " in key else "prev"


def written(seed: int, wild: float) -> tuple[str, list[str]]:
    writer = Writer(random.Random(seed), wild)
    return yaml.safe_dump(writer.spec(), sort_keys=False).replace(": null", ":"), writer.layers


def rejected(text: str) -> list[Diagnostic]:
    """What reading tells of a spec."""
    try:
        load(text)
    except Rejected as e:
        return e.diagnostics
    return []


def parts(net: Network) -> set[str]:
    return {part for node in net.nodes for part in node.name.split(".")}


def complete(d: Diagnostic) -> bool:
    return d.span is not None and bool(d.rule and d.message)


@pytest.mark.parametrize("wild", [0.1, 0.4, 0.8])
def test_every_layer_is_built_or_a_fault_is_told(wild: float) -> None:
    accepted = 0
    for seed in range(ROUNDS):
        text, layers = written(seed, wild)
        found = rejected(text)
        assert all(map(complete, found)), text
        assert all(d.rule != "no-output" for d in found), text  # there is a layer: it is not told by this that it is lost
        if found:
            continue
        accepted += 1
        lost = set(layers) - parts(load(text))
        assert not lost, (lost, text)
    assert accepted > ROUNDS / 20, accepted


BREAKS = {
    "an unknown kind": lambda line, name: line.replace(line.split(name)[0].split()[-1], "dnese"),
    "a size that is none": lambda line, name: f"{line.split(':')[0]}: -1",
    "a head that cannot be read": lambda line, name: line.replace(name, f"{name} and more"),
    "a name that cannot be one": lambda line, name: line.replace(name, f"{name}+"),
}


@pytest.mark.parametrize("way", BREAKS)
def test_one_fault_is_told_once(way: str) -> None:
    """In a spec that is right, one layer is broken; nothing that hangs on it may be told."""
    tried = 0
    for seed in range(ROUNDS):
        text, layers = written(seed, 0.1)
        if not layers or rejected(text):
            continue
        name = random.Random(seed).choice(layers)
        lines = text.split("\n")
        at = next(k for k, line in enumerate(lines) if re.search(rf" {name}:", line))
        if way == "a size that is none" and not re.search("dense|lstm", lines[at]):
            continue
        lines[at] = BREAKS[way](lines[at], name)
        found = rejected("\n".join(lines))
        tried += 1
        assert [(d.span.line, d.rule) for d in found if d.span is not None and d.span.line != at + 1] == [], "\n".join(lines)
        assert len({d.rule for d in found}) == 1, ("\n".join(lines), found)
    assert tried > ROUNDS / 4, tried


HEAD = "inputs: {x: [N, 8]}\nblocks: {b: {layers: [dense p: 8], outputs: {out: prev, side: p}}}\nlayers:\n- dense a: 8\n"
NOT_BUILT = {
    "a part of the container": ("- sequential s: [{dense d: 8, from: s.zzz}]\n", "s.zzz"),
    "the container": ("- sequential s: [{dense d: 8, from: s}]\n", "s"),
    "an outer container": ("- sequential s: [sequential t: [{dense d: 8, from: s.t}]]\n", "s.t"),
    "a later part": ("- residual r: [{dense d: 8, from: r.e}, dense e: 8]\n", "r.e"),
    "the branch": ("- branches f: {l: [{dense d: 8, from: f.l}]}\n", "f.l"),
    "a value of the branches": ("- branches f: {l: [dense d: 8], m: [{dense e: 8, from: f.0}]}\n", "f.0"),
    "a later branch": ("- branches f: {l: [{dense d: 8, from: f.m.e}], m: [dense e: 8]}\n", "f.m"),
    "the copy before the first": ("- b h:\n  repeat: 2\n  from: [prev, h.(i-1).side]\n", "h.1.side"),
    "the last copy": ("- b h:\n  fanout: 2\n  from: h.(i-1).side\n", "h.1.side"),
    "the copy itself": ("- b h:\n  fanout: 2\n  from: h.(i)\n", "h.0"),
    "a later copy": ("- sequential h: [{dense d: 8, from: h.(i+1).d}]\n  fanout: 2\n", "h.1.d"),
    "a part of the last copy": ("- sequential h: [{add: [prev, h.p]}, dense p: 8]\n  repeat: 2\n", "h.p"),
    "all copies": ("- sequential h: [{add: [prev, h.*]}]\n  repeat: 2\n", "h.0"),
    "a part of all copies": ("- sequential h: [dense p: 8, {add: [prev, h.*.p]}]\n  repeat: 2\n", "h.1.p"),
    "what is applied": ("- sequential s: [{apply d: s}]\n", "s"),
    "a part that is applied": ("- sequential s: [dense d: 8, {apply: s.zzz}]\n", "s.zzz"),
    "an input by name": ("- sequential s: [{attention: {heads: 1}, from: {q: a, k: a, v: s.zzz}}]\n", "s.zzz"),
}


@pytest.mark.parametrize("case", NOT_BUILT)
def test_what_is_not_built_yet_is_no_value(case: str) -> None:
    """Where a later layer takes its input elsewhere, nothing else would tell that the layer before it is lost."""
    body, name = NOT_BUILT[case]
    found = rejected(f"{HEAD}{body}- dense last: 3\n  from: a\n")
    assert [(d.rule, d.message) for d in found] == [("unknown-reference", f"'{name}' is not built yet here")]
    d = found[0]
    assert d.span is not None and d.span.line > 4
    assert d.found and d.expected == "an earlier layer or input" and d.help.startswith("known here: ")
    assert name.partition(".")[0] not in d.help.removeprefix("known here: ").split(", ")


def test_a_list_of_outputs_flows_on_whole() -> None:
    block = "blocks: {b: {inputs: [p, q], layers: [{dense u: 3, from: p}, {dense v: 4, from: q}], outputs: [v, u]}}\n"
    net = load(f"inputs: {{x: [N, 2], y: [N, 5]}}\n{block}layers:\n- b h:\n  from: [x, y]\n- b k\n")
    first, second = [n for n in net.nodes if n.name.startswith("h.")], [n for n in net.nodes if n.name.startswith("k.")]
    assert [n.inputs[0] for n in second] == [first[1].outputs[0], first[0].outputs[0]]
    assert [label for label, _ in net.outputs] == ["k.v", "k.u"]


def test_the_number_of_copies_is_that_of_all() -> None:
    """A faulty copy ends the others; how many there would be is known all the same."""
    faulty = "inputs: {x: [N, 8]}\nlayers:\n- dense h: {units: 2 - i}\n  fanout: 4\n- dense:\n    units: 8\n  from: "
    assert [d.rule for d in rejected(faulty + "h.3\n")] == ["argument-range"]
    assert [d.rule for d in rejected(faulty + "h.-4\n")] == ["argument-range"]
    assert [d.rule for d in rejected(faulty + "h.3.zzz\n")] == ["argument-range"]
    assert [d.rule for d in rejected(faulty + "h.*\n")] == ["argument-range"]
    wrong = rejected(faulty + "h.4\n")
    assert [d.rule for d in wrong] == ["argument-range", "index-out-of-range"]
    assert wrong[1].expected == "0 to 3, or -1 to -4 counted from the end"


FAULT = "inputs: {x: [N, 8]}\nlayers:\n- dense lost: -1\n- sequential: [relu r, branches: {l: [relu u], m: [relu v]}]\n"


@pytest.mark.parametrize("more", [
    "- relu:\n  from: r\n", "- relu:\n  from: l\n", "- relu:\n  from: m.v\n", "- add: [r, l.0]\n", "- relu:\n  from: sequential0.r\n",
    "- dense k: 3\n  from: x\n  tie: {weight: lost.weight}\nparams: {lost.weight: {init: zeros}, r.weight: {freeze: true}}\n",
    "- relu\noutputs: [r, lost, prev]\n", "- dense k: {units: 4}\n  init: {weight: zeros}\n- apply: lost\n- apply: k\n",
    "- relu\nchecks:\n- {input: 2x8, weights: {lost.weight: [3, 8]}, shapes: {r: [2, 3]}}\n",
])  # fmt: skip
def test_what_hangs_on_a_fault_is_silent(more: str) -> None:
    assert [(d.rule, d.span and d.span.line) for d in rejected(FAULT + more)] == [("argument-range", 3)]
