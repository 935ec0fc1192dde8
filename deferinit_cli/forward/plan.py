"""What to compute, in which order, and when a value or a parameter can be dropped; read off the layers' own hooks."""

from __future__ import annotations

from ..graph import Network, Node, Parameter
from ..layers.core.base import Layer


class Step:
    """One node to run. `folds` is the scale and shift it takes in, `makes` the values it yields.

    `frees` are values and `releases` parameters' names that no later step reads; a value that nothing reads is freed by
    the step that makes it. `inplace`: the node's first input is among them, so that it might be overwritten.
    """

    __slots__ = ("folds", "frees", "inplace", "makes", "node", "releases")

    def __init__(self, node: Node, folds: Node | None) -> None:
        self.node = node
        self.folds = folds
        self.makes = (folds or node).outputs
        self.frees: list[int] = []
        self.releases: list[str] = []
        self.inplace = False

    def parameters(self) -> tuple[Parameter, ...]:
        return self.node.parameters + (self.folds.parameters if self.folds is not None else ())


def plan(network: Network, everything: bool = False) -> list[Step]:
    """The steps that the outputs need (all of them with `everything`), with lifetimes.

    A layer followed by nothing but one scale and shift takes it in, unless every value is to be seen.
    """
    needed = live(network, everything)
    nodes = [n for n in network.nodes if n.index in needed]
    folded = {} if everything else folds(network, nodes)
    taken = {n.index for n in folded.values()}
    steps = [Step(n, folded.get(n.index)) for n in nodes if n.index not in taken]
    lifetimes(network, steps)
    return steps


def live(network: Network, everything: bool) -> set[int]:
    """The nodes that outputs depend on."""
    if everything:
        return {n.index for n in network.nodes}
    needed: set[int] = set()
    todo = [v for _, v in network.outputs]
    while todo:
        maker = network.makers[todo.pop()]
        if isinstance(maker, Node) and maker.index not in needed:
            needed.add(maker.index)
            todo.extend(maker.inputs)
    return needed


def folds(network: Network, nodes: list[Node]) -> dict[int, Node]:
    """The scale and shift that each absorbing node takes in, by the node's index."""
    reads: dict[int, int] = {}
    for v in [v for n in nodes for v in n.inputs] + [v for _, v in network.outputs]:
        reads[v] = reads.get(v, 0) + 1
    found: dict[int, Node] = {}
    for node in nodes:
        if has_hook(node.layer, "scale_shift") and len(node.outputs) == 1 and reads[node.inputs[0]] == 1:
            maker = network.makers[node.inputs[0]]
            if isinstance(maker, Node) and has_hook(maker.layer, "absorb") and len(maker.outputs) == 1:
                found[maker.index] = node
    return found


def has_hook(layer: Layer, name: str) -> bool:
    """Whether a kind brings its own version of a hook."""
    return getattr(type(layer), name) is not getattr(Layer, name)


def lifetimes(network: Network, steps: list[Step]) -> None:
    """Note at each step what it is the last to need."""
    outputs = {v for _, v in network.outputs}
    values: dict[int, int] = {}
    tensors: dict[str, int] = {}
    for k, step in enumerate(steps):
        for v in (*step.makes, *step.node.inputs):
            values[v] = k
        for p in step.parameters():
            tensors[owner(p).name] = k
    for v, k in values.items():
        if v not in outputs:
            steps[k].frees.append(v)
    for name, k in tensors.items():
        steps[k].releases.append(name)
    for step in steps:
        step.inplace = len(step.node.inputs) == 1 and step.node.inputs[0] in step.frees and has_hook(step.node.layer, "inplace")


def owner(p: Parameter) -> Parameter:
    """The parameter whose tensor this one is."""
    while p.tied_to is not None:
        p = p.tied_to
    return p
