"""What an argument that does not divide a size could be instead."""

from __future__ import annotations

from typing import Any

from ...graph import Node
from ...layers.core.frame import Frame, Wait
from ...problems import Problem
from ...shapes.rows import Open, Rest
from ...shapes.store import Conflict, Store
from ..propagation.resolved import Resolved

FAR = 4096
"""How much larger than the argument a number is looked for."""


def splits(resolved: Resolved, node: Node, c: Conflict, whole: Any, part: Any) -> str:
    """The numbers nearest to an argument that would divide a size, and whatever else its layer divides by it."""
    if type(whole) is not int or type(part) is not int or not whole % part:
        return ""
    sides = (range(min(part, whole), 0, -1), range(part, min(whole, part + FAR) + 1))
    found = [next((d for d in side if whole % d == 0 and divides(resolved, node, c, d)), None) for side in sides]
    said = " or ".join(str(d) for d in found if d is not None)
    return f"{c.blame} of {said} would divide {whole}" if said else ""


def divides(resolved: Resolved, node: Node, c: Conflict, value: int) -> bool:
    """Whether the layer could have this value at the sizes it gets, by its own relation."""
    layer, store = node.layer, Store()
    shapes = [resolved.shape(v) for v in node.inputs]
    inputs = [Open((), Rest(), ()) if s is None else tuple(map(store.new, s)) for s in shapes]
    try:
        tried = type(layer).build({**{n: getattr(layer, n) for n in layer.arguments}, c.blame: value})
        Frame(store, None, tried, inputs, lambda sym: store.new(), None).run()
    except Wait:
        pass
    except Problem:
        return False
    store.run()
    return not any(other.rule == c.rule for other in store.conflicts)
