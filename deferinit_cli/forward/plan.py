"""What to compute, in which order, and when a value can be dropped; read off the layers' own hooks."""

from __future__ import annotations

from typing import Any

from ..graph import Network, Node


class Step:
    """One node to run. `frees` are values no later step reads; `folds` is the scale and shift it takes in."""

    __slots__ = ("folds", "frees", "inplace", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.frees: list[int] = []
        self.folds: Node | None = None
        self.inplace = False


def plan(network: Network, everything: bool = False) -> list[Step]:
    """The steps that the outputs need (all of them with `everything`), with lifetimes.

    A layer followed by nothing but one scale and shift takes it in, unless every value is to be seen.
    """
    needed = live(network, everything)
    nodes = [n for n in network.nodes if n.index in needed]
    readers: dict[int, list[Node]] = {}
    for node in nodes:
        for v in node.inputs:
            readers.setdefault(v, []).append(node)
    outputs = {v for _, v in network.outputs}
    folded: dict[int, Node] = {}  # absorbing node -> the node it takes in
    taken: set[int] = set()
    if not everything:
        for node in nodes:
            if can_scale_shift(node) and node.inputs[0] not in outputs and len(readers[node.inputs[0]]) == 1:
                maker = network.values[node.inputs[0]][0]
                if isinstance(maker, Node) and can_absorb(maker) and len(maker.outputs) == 1 and maker.index not in folded:
                    folded[maker.index] = node
                    taken.add(node.index)
    steps: list[Step] = []
    last: dict[int, int] = {}
    for node in nodes:
        if node.index in taken:
            continue
        step = Step(node)
        step.folds = folded.get(node.index)
        for v in node.inputs:
            last[v] = len(steps)
        steps.append(step)
    made = {v for s in steps for v in ((s.folds or s.node).outputs)}
    for v in made | {i.value for i in network.inputs}:
        if v not in outputs:
            at = last.get(v)
            if at is not None:
                steps[at].frees.append(v)
    for s in steps:
        s.inplace = bool(s.node.inputs) and s.node.inputs[0] in s.frees
    return steps


def live(network: Network, everything: bool) -> set[int]:
    """The nodes that outputs depend on."""
    if everything:
        return {n.index for n in network.nodes}
    needed: set[int] = set()
    todo = [v for _, v in network.outputs]
    while todo:
        maker = network.values[todo.pop()][0]
        if isinstance(maker, Node) and maker.index not in needed:
            needed.add(maker.index)
            todo.extend(maker.inputs)
    return needed


def can_scale_shift(node: Node) -> bool:
    return has_hook(node.layer, "scale_shift") and len(node.outputs) == 1


def can_absorb(node: Node) -> bool:
    return has_hook(node.layer, "absorb")


def has_hook(layer: Any, name: str) -> bool:
    """Whether a kind brings its own version of a hook."""
    from ..layers.base import Layer

    return getattr(type(layer), name) is not getattr(Layer, name)
