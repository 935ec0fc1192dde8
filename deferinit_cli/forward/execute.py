"""Running a plan in numpy: a value lives from the step that makes it to the last that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np

from ..graph import Network, Node
from ..infer.propagation.resolved import Resolved
from ..layers.core.base import Layer
from ..problems import Diagnostic, Problem, Rejected
from .arrays import NARROW, narrowed, shares, widened, writable
from .plan import Step, plan

Trace = Callable[[Node, int, Any, float], None]
"""Told (node, which output, array, seconds). The array may be overwritten later: to keep it is to copy it."""


class Tensors:
    """A node's parameters as attributes: `p.weight`."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.__dict__.update(arrays)


def execute(
    network: Network,
    resolved: Resolved,
    tensors: Mapping[str, Any],
    inputs: Mapping[str, Any],
    trace: Trace | None = None,
    release: Callable[[str], Any] | None = None,
) -> dict[str, Any]:
    """The outputs by label. With `trace` every node runs, even those that no output needs, and none is folded.

    `tensors` is asked for a parameter just before each step that uses it, and `release` is told its name after the last
    one: memory need hold no more than one step's. Inputs and tensors are never written to.
    Raises Rejected where a layer refuses its values, or memory does not suffice.
    """
    run = Run(resolved, tensors, inputs)
    with np.errstate(all="ignore"):
        for step in plan(network, everything=trace is not None):
            start = perf_counter()
            results = run.step(step)
            seconds = perf_counter() - start
            if trace is not None:
                for k, array in enumerate(results):
                    trace(step.node, k, array, seconds if k == 0 else 0.0)
            run.drop(step)
            if release is not None:
                for name in step.releases:
                    release(name)
    return {label: run.values[v] for label, v in network.outputs}


class Run:
    """The values alive, and which of them are others' memory: the caller's inputs, parameters, and views of these."""

    def __init__(self, resolved: Resolved, tensors: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        self.resolved = resolved
        self.tensors = tensors
        self.values: dict[int, Any] = {i.value: inputs[i.name] for i in resolved.network.inputs}
        self.foreign = set(self.values)

    def step(self, step: Step) -> tuple[Any, ...]:
        """Run one step and keep what it makes."""
        node = step.node
        try:
            results = self.compute(step)
        except Problem as e:
            raise failed(node, e) from None
        except MemoryError:
            raise failed(node, Problem("out-of-memory", "there is not enough memory for this layer")) from None
        except NotImplementedError:
            raise failed(node, Problem("no-forward", f"{node.layer.kind} has shapes only: it cannot be run")) from None
        except IndexError as e:
            raise failed(node, Problem("index-out-of-range", str(e))) from e
        except (ValueError, TypeError, ArithmeticError, AttributeError) as e:
            found = ", ".join(f"{self.values[v].dtype}{self.values[v].shape}" for v in node.inputs)
            problem = Problem("forward-failed", f"numpy cannot compute this {node.layer.kind}: {e}", found=found)
            raise failed(node, problem) from e
        self.values.update(zip(step.makes, results))
        return results

    def compute(self, step: Step) -> tuple[Any, ...]:
        """The arrays a step makes, in the dtypes its values have."""
        node = step.node
        kept = [self.values[v] for v in node.inputs]
        arrays = [widened(a) for a in kept]
        if not node.parameters and self.resolved.dtype(step.makes[0]) == "float64" and all(a.dtype.kind in "iu" for a in arrays):
            arrays = [a.astype("float64") for a in arrays]  # a quotient of integers is as fine as its dtype
        p, layer = self.parameters(node), self.resolved.settled(node)
        if step.folds is not None:
            result = folded(layer, p, step.folds.layer, self.parameters(step.folds), arrays)
        elif step.inplace and self.free(node.inputs[0], arrays[0]):
            result = layer.inplace(p, arrays[0])
            if result is None:
                result = layer.forward(p, *arrays)
        else:
            result = layer.forward(p, *arrays)
        results = tuple(np.asarray(r) for r in (result if isinstance(result, tuple) else (result,)))
        foreign = [a for v, a in zip(node.inputs, kept) if v in self.foreign] + list(vars(p).values())
        self.foreign.update(v for v, r in zip(step.makes, results) if shares(r, foreign))
        if any(self.resolved.dtype(v) in NARROW for v in (*node.inputs, *step.makes)) or any(
            q.dtype in NARROW for q in step.parameters()
        ):
            results = tuple(narrowed(r, self.resolved.dtype(v)) for v, r in zip(step.makes, results))
        return tuple(r.astype("float64") if r.dtype == "float32" and self.resolved.dtype(v) == "float64" else r
                     for v, r in zip(step.makes, results))  # fmt: skip

    def parameters(self, node: Node) -> Tensors:
        return Tensors({p.key or "value": widened(self.tensors[p.name]) for p in node.parameters})

    def free(self, value: int, array: Any) -> bool:
        """Whether a value that no later step reads may be overwritten: nobody else's memory, nor seen through a view."""
        if value in self.foreign or not writable(array):
            return False
        return not shares(array, (a for v, a in self.values.items() if v != value))

    def drop(self, step: Step) -> None:
        for v in step.frees:
            del self.values[v]
            self.foreign.discard(v)


def folded(layer: Layer, p: Tensors, norm: Layer, q: Tensors, arrays: list[Any]) -> Any:
    """What `norm` makes of what `layer` makes, in one go where the values allow it."""
    factors = norm.scale_shift(q)
    absorbed = layer.absorb(p, *factors) if factors is not None else None
    if absorbed is None:
        return norm.forward(q, layer.forward(p, *arrays))
    return with_bias(layer).forward(Tensors({**vars(p), **absorbed}), *arrays)


def with_bias(layer: Layer) -> Layer:
    """The layer with a bias, which what it took in has given it."""

    def make() -> Layer:
        values = {n: getattr(layer, n) for n in layer.arguments}
        return type(layer).build({**values, "bias": True}) if values.get("bias") is False else layer

    found: Layer = layer.memo("_with_bias", make)
    return found


def failed(node: Node, problem: Problem) -> Rejected:
    """A fact about a node's values, joined to its place."""
    place = node.place.args.get(problem.blame) or node.place.span
    calls = node.call.chain() if node.call is not None else []
    message = f"{node.name}: {problem.message}"
    return Rejected([Diagnostic(problem.rule, message, place, found=problem.found, expected=problem.expected,
                                help=problem.help, calls=calls, layer=node.name)])  # fmt: skip
