"""Draws inferred with some sizes of their inputs left out: what follows must hold at the true sizes, and exclude wrong ones."""

from __future__ import annotations

import operator
from random import Random
from typing import Any

from torch import Tensor

from deferinit_cli.graph import Assertion, Network
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.layers.core.base import Layer
from deferinit_cli.problems import Span
from deferinit_cli.shapes.dims import UNKNOWN
from deferinit_cli.shapes.evaluation import evaluate
from tests.layers.test_numerics import network

HOLDS = {"==": operator.eq, ">=": operator.ge, "%": lambda a, m: a % m == 0, "|": lambda a, b: a == b or 1 in (a, b)}
"""What the clauses of a contract say."""


def hidden(r: Random, layer: Layer, inputs: list[Any], outputs: list[Tensor]) -> tuple[Network, Resolved]:
    """Inferred from part of the inputs' sizes and all of the outputs'."""
    net = network(layer, inputs)
    for entry in net.inputs:
        entry.dims = tuple(UNKNOWN if r.random() < 0.6 else d for d in entry.dims or ())
    span = Span(net.source, 3, 1)
    for value, y in zip(net.nodes[0].outputs, outputs):
        net.assertions.append(Assertion(tuple(y.shape), span, (span,) * y.ndim, (value,), "expect", 1))
    return net, infer(net)


def sound(r: Random, layer: Layer, inputs: list[Any], outputs: list[Tensor], state: dict[str, Any]) -> None:
    """Every shape, parameter and clause holds at the true sizes, with the outputs' sizes given and without."""
    env = truth(inputs)
    for given in ([], outputs):
        _, found = hidden(r, layer, inputs, given)
        assert not found.conflicts, found.conflicts[0].message
        pairs: list[tuple[Any, tuple[int, ...]]] = [(found.shape(k), tuple(x.shape)) for k, x in enumerate((*inputs, *outputs))]
        own = found.network.parameters
        assert all(p.key in state or p.key in p.node.layer.notes for p in own), "what is not decided is said"
        pairs += [(found.tensor(p), tuple(state[p.key].shape)) for p in own if p.key in state]
        for shape, true in pairs:
            assert shape is None or [value(t, env, n) for t, n in zip(shape, true, strict=True)] == list(true), (shape, env)
        for clause in found.store.clauses:
            assert not refuted(clause, env), f"{clause.left} {clause.op} {clause.right} at {env}"


def refused(r: Random, layer: Layer, inputs: list[Any]) -> bool:
    """Whether what is known of wrong sizes contradicts itself, or a clause excludes them."""
    _, found = hidden(r, layer, inputs, [])
    return bool(found.conflicts) or any(refuted(c, truth(inputs)) for c in found.store.clauses)


def truth(inputs: list[Any]) -> dict[str, int]:
    """The sizes behind the names that inference gives to those left out."""
    return {f"x{k}[{i}]": n for k, x in enumerate(inputs) for i, n in enumerate(x.shape)}


def value(term: Any, env: dict[str, int], default: int) -> int:
    """A size that follows; the default where it is not decided by the inputs."""
    return evaluate(term, env) if term is not None and (type(term) is int or term.symbols <= env.keys()) else default


def refuted(clause: Any, env: dict[str, int]) -> bool:
    """Whether the true sizes break a clause: a division in it that leaves a remainder does, too."""
    if any(type(t) is not int and not t.symbols <= env.keys() for t in (clause.left, clause.right)):
        return False
    try:
        return not HOLDS[clause.op](evaluate(clause.left, env), evaluate(clause.right, env))
    except ValueError:
        return True
