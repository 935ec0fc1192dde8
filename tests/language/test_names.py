"""Names: dots and hyphens in them, unnamed lists of lists, and what a name must not be."""

from __future__ import annotations

import random

import pytest

from deferinit_cli.language.load import load
from deferinit_cli.problems import Rejected


def names(layers: str, head: str = "inputs: {x: [N, 4]}") -> list[str]:
    return [p.name for p in load(f"{head}\nlayers:\n{layers}").parameters if p.name.endswith("weight")]


def rules(layers: str) -> list[str]:
    with pytest.raises(Rejected) as caught:
        load(f"inputs: {{x: [N, 4]}}\nlayers:\n{layers}")
    return [d.rule for d in caught.value.diagnostics]


def sources(layers: str) -> list[list[str]]:
    """What each layer takes, by name."""
    network = load(f"inputs: {{x: [N, 4]}}\nlayers:\n{layers}")
    return [[network.value_name(v) for v in node.inputs] for node in network.nodes]


def test_groups_whose_items_alternate_have_their_published_names() -> None:
    """A level of a diffusion U-Net: PyTorch holds the blocks of each kind in a list of their own, and calls them in turn."""
    layers = """
- resnet resnets.0: 4
- attention_block attentions.0: 4
- resnet resnets.1: 4
- attention_block attentions.1: 4
- dense downsamplers.0.conv: 4
- add: [prev, resnets.0, resnets.(0).conv1, attentions.1.to-q]
"""
    head = """
inputs: {x: [N, 4]}
blocks:
  resnet: {args: [d], layers: [{dense conv1: d}, relu, {dense conv2: d}]}
  attention_block: {args: [d], layers: [{dense to-q: d}]}
"""
    assert names(layers, head) == [
        "resnets.0.conv1.weight",
        "resnets.0.conv2.weight",
        "attentions.0.to-q.weight",
        "resnets.1.conv1.weight",
        "resnets.1.conv2.weight",
        "attentions.1.to-q.weight",
        "downsamplers.0.conv.weight",
    ]


def test_an_unnamed_list_of_lists_adds_no_level() -> None:
    layers = """
- branches: [[{dense: 4}, relu act], [{dense: 4}]]
- add: [branches0.1, act, branches0.0]
- branches: [[{dense: 4}], [{branches: [[{dense q: 4}], [{dense: 4}]]}, add], [split: {parts: 2}]]
- concat: [branches1, q]
- branches named: [[{dense: 4}], [{dense: 4}]]
"""
    assert names(layers) == [f"{n}.weight" for n in ("dense0", "dense1", "dense2", "q", "dense4", "named.0.dense0", "named.1.dense0")]
    assert sources(layers)[3] == ["dense1", "act", "act"]
    assert sources(layers)[9] == ["dense2", "add1", "split0", "split0.1", "q"]


def test_one_list_of_lists_may_be_removed_or_applied_again() -> None:
    assert rules("- branches: [[{dense a: 4}], [relu]]\n  when: false\n- add: [x, a]") == ["removed-layer"]
    again = "- branches: [[{dense a: 4}], [{dense b: 4}]]\n- add\n- apply: branches0\n- add: [prev, a]"
    assert names(again) == ["a.weight", "b.weight"]
    assert sources(again)[-1] == ["apply0.0.a", "apply0.1.b", "a"]


EARLIER = {
    "split s: {parts: 2}": ("s.0", "s.1", "s"),
    "relu s": ("s.0", "s"),
    "lstm s: 4": ("s.last",),
    "sequential s: [dense a: 4, relu b.c]": ("s.a", "s.b.c"),
    "branches s: {l: [relu], r: [dense a: 4]}": ("s.l", "s.r", "s.r.a", "s.0"),
    "block s": ("s.side", "s.a"),
    "relu s.t": ("s.t", "s.t.0"),
}
FREE = ("s.2", "s.z", "s.a-", "t.s", "s-a.0", "S.0")


@pytest.mark.parametrize("earlier", EARLIER)
@pytest.mark.parametrize("order", [1, -1])
def test_a_name_is_refused_exactly_where_it_means_something_already(earlier: str, order: int) -> None:
    """Whichever of the two stands first."""
    head = "inputs: {x: [N, 3, 4]}\nblocks: {block: {layers: [dense a: 4], outputs: {out: prev, side: a}}}\nlayers:\n"
    for name in (*EARLIER[earlier], *FREE):
        both = [f"- {earlier}\n", f"- relu {name}:\n  from: x\n"]
        text = head + "".join(both[::order]) + f"- relu last:\n  from: {name}\n"
        if name in FREE:
            assert load(text).nodes[-1].inputs == (load(text).names[name],)
        else:
            with pytest.raises(Rejected) as caught:
                load(text)
            assert caught.value.diagnostics[0].rule == "duplicate-name", (text, caught.value)


@pytest.mark.parametrize("copies", ["repeat", "fanout"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_copy_s_name_is_taken(copies: str, order: int) -> None:
    for name, taken in (("s.0", True), ("s.2", True), ("s.3", False), ("s.2.a", True), ("s.2.b", False)):
        both = [f"- sequential s: [dense a: 4]\n  {copies}: 3\n", f"- relu {name}:\n  from: x\n"]
        text = "".join(both[::order])
        if taken:
            assert rules(text) == ["duplicate-name"], name
        else:
            assert load(f"inputs: {{x: [N, 4]}}\nlayers:\n{text}").names[name]


@pytest.mark.parametrize("name", ["prev.0", "input.a", "a.", ".a", "a..b", "a.-1", "-a", "3x3", "a.*", "a b", "ä", "a:b"])
def test_what_is_no_name(name: str) -> None:
    assert rules(f"- {{'relu {name}': }}")[0] in ("name-format", "head-format", "missing-space")


def test_a_level_alone_is_nothing() -> None:
    with pytest.raises(Rejected) as caught:
        load("layers:\n- relu down.0.conv\n- relu down.1.conv\n- relu:\n  from: down\n- relu:\n  from: down.1.convs")
    assert [d.message for d in caught.value.diagnostics] == [
        "no earlier layer or input is called 'down'",
        "no earlier layer or input is called 'down.1.convs'",
    ]
    assert "down.0.conv, down.1.conv" in caught.value.diagnostics[0].help
    assert "did you mean 'down.1.conv'" in caught.value.diagnostics[1].help


def test_parameters_are_found_by_such_names() -> None:
    text = """
inputs: {x: [N, 4]}
layers:
- dense enc.0.fc-1: 4
- dense dec.0:
    units: 4
  tie: {weight: enc.0.fc-1.weight}
params: {enc.*.fc-1.weight: {init: zeros}, 'dec.**': {freeze: true}}
checks:
- {input: 2x4, shapes: {enc.0.fc-1: 2x4}, weights: {enc.0.fc-1.weight: 4x4}}
"""
    network = load(text)
    first, _, weight, bias = network.parameters
    assert weight.name == "dec.0.weight" and weight.tied_to is first and not bias.trainable
    assert len(network.checks) == 1


@pytest.mark.parametrize("seed", range(40))
def test_dots_come_to_what_containers_come_to(seed: int) -> None:
    """A random tree of named containers, and the same layers with their whole names, in any order."""
    rng = random.Random(seed)

    def tree(depth: int) -> dict[str, dict[str, object] | None]:
        keys = rng.sample(["a", "b-1", "0", "1", "c_2", "d-"], rng.randint(1, 3))
        return {key: tree(depth + 1) if depth < 3 and rng.random() < 0.6 else None for key in keys}

    def nested(node: dict[str, dict[str, object] | None]) -> str:
        parts = [f"sequential {key}: [{nested(inner)}]" if inner else f"dense {key}: 4" for key, inner in node.items()]  # type: ignore[arg-type]
        return ", ".join(parts)

    def leaves(node: dict[str, dict[str, object] | None], prefix: str = "") -> list[str]:
        return [name for key, inner in node.items() for name in (leaves(inner, f"{prefix}{key}.") if inner else [prefix + key])]  # type: ignore[arg-type]

    root = tree(0)
    whole = leaves(root)
    assert names(f"  [{nested(root)}]") == [f"{name}.weight" for name in whole]
    rng.shuffle(whole)
    flat = "".join(f"- dense {name}: 4\n" for name in whole)
    assert names(flat) == [f"{name}.weight" for name in whole]
    picked = rng.choice(whole)
    assert sources(f"{flat}- relu last:\n  from: {picked}")[-1] == [picked]
