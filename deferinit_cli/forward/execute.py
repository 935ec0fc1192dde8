"""Running a plan in numpy: a value lives from the step that makes it to the last that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np

from ..graph import Network, Node
from ..infer.resolved import Resolved
from ..problems import Diagnostic, Problem, Rejected
from .plan import Step, plan

Trace = Callable[[Node, int, Any, float], None]


class Tensors:
    """A node's parameters as attributes: `p.weight`."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.__dict__.update(arrays)


def execute(
    network: Network, resolved: Resolved, tensors: Mapping[str, Any], inputs: Mapping[str, Any], trace: Trace | None = None
) -> dict[str, Any]:
    """The outputs by label. `trace` is told (node, which output, array, seconds) of every value in order.

    Raises Rejected where a layer refuses its values, or memory does not suffice.
    """
    values: dict[int, Any] = {i.value: inputs[i.name] for i in network.inputs}
    owned: set[int] = set()  # ids of values whose memory is ours to overwrite
    with np.errstate(all="ignore"):
        for step in plan(network, everything=trace is not None):
            run(step, values, owned, tensors, trace)
    return {label: values[v] for label, v in network.outputs}


def run(step: Step, values: dict[int, Any], owned: set[int], tensors: Mapping[str, Any], trace: Trace | None) -> None:
    node = step.node
    arrays = [values[v] for v in node.inputs]
    start = perf_counter()
    try:
        results, fresh = compute(step, arrays, owned, tensors)
    except Problem as p:
        place = node.place.args.get(p.blame) or node.place.span
        calls = node.call.chain() if node.call is not None else []
        raise Rejected([Diagnostic(p.rule, f"{node.name}: {p.message}", place, found=p.found, expected=p.expected,
                                   help=p.help, calls=calls, layer=node.name)]) from None  # fmt: skip
    except MemoryError:
        raise Rejected([Diagnostic("out-of-memory", f"{node.name} does not fit into memory", node.place.span)]) from None
    seconds = perf_counter() - start
    outputs = (step.folds or node).outputs
    for k, (v, array) in enumerate(zip(outputs, results)):
        values[v] = array
        if fresh:
            owned.add(v)
        if trace is not None:
            trace(node, k, array, seconds if k == 0 else 0.0)
    for v in step.frees:
        values.pop(v, None)
        owned.discard(v)


def compute(step: Step, arrays: list[Any], owned: set[int], tensors: Mapping[str, Any]) -> tuple[tuple[Any, ...], bool]:
    """(the results, whether their memory is new)."""
    node = step.node
    p = parameters(node, tensors)
    layer = node.layer
    if step.folds is not None:
        scale, shift = step.folds.layer.scale_shift(parameters(step.folds, tensors)) or (None, None)
        absorbed = layer.absorb(p, scale, shift) if scale is not None else None
        if absorbed is None:
            between = layer.forward(p, *arrays)
            return (step.folds.layer.forward(parameters(step.folds, tensors), between),), True
        result = folded(layer).forward(Tensors({**vars(p), **absorbed}), *arrays)
        return (result,), True
    if step.inplace and len(arrays) == 1 and node.inputs[0] in owned:
        result = layer.inplace(p, arrays[0])
        if result is not None:
            return (result,), True
    result = layer.forward(p, *arrays)
    results = result if isinstance(result, tuple) else (result,)
    return results, all(own_memory(r, arrays, p) for r in results)


def own_memory(result: Any, arrays: list[Any], p: Tensors) -> bool:
    """Whether nobody else holds a result's memory: no input, no parameter."""
    bounds = [*arrays, *vars(p).values()]
    return not any(np.may_share_memory(result, other) for other in bounds)


def folded(layer: Any) -> Any:
    """The layer with a bias, which what it took in has given it."""

    def make() -> Any:
        values = {n: getattr(layer, n) for n in layer.arguments}
        return type(layer).build({**values, "bias": True}) if values.get("bias") is False else layer

    return layer.memo("_folded", make)


def parameters(node: Node, tensors: Mapping[str, Any]) -> Tensors:
    return Tensors({p.key or "value": tensors[p.name] for p in node.parameters})
