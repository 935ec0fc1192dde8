"""Which sizes rest on an assumption: one left open was taken to be equal to a known one that it broadcasts with."""

from __future__ import annotations

from ...graph import Node, Parameter
from ...shapes import rows
from ...shapes.relations import Broadcast
from ..propagation.resolved import Resolved
from .explain import Explainer, Step, node_of


class Assumptions:
    """Answers for one resolved network."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.explainer = Explainer(resolved.store)
        self.found: dict[int, Node | None] = {}  # by step

    def parameter(self, p: Parameter) -> dict[int, Node]:
        """The axes of a parameter whose sizes rest on an assumption, with the layer at which it is made."""
        frame = self.resolved.frames[p.node.index]
        row = rows.resolve(frame.tensors[p.key]) if frame is not None and p.key in frame.tensors else None
        found = {k: self.size(slot) for k, slot in enumerate(row if type(row) is tuple else ())}
        return {k: node for k, node in found.items() if node is not None}

    def size(self, slot: int) -> Node | None:
        """The layer at which something was assumed that a size rests on; None where nothing was."""
        step = self.explainer.explain(slot)
        return self.behind(step) if step is not None else None

    def behind(self, step: Step) -> Node | None:
        found, todo = self.found, [step]
        while todo:
            top = todo[-1]
            missing = [p for p in top.premises if id(p) not in found]
            if id(top) not in found and missing:
                todo += missing
                continue
            todo.pop()
            if type(top.why) is Broadcast and top.origin in top.why.taken:
                found[id(top)] = node_of(top.why)
            else:
                found[id(top)] = next((node for p in top.premises if (node := found[id(p)]) is not None), None)
        return found[id(step)]
