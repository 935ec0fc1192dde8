"""Specs as text, for tests."""

from __future__ import annotations

from typing import Any

from deferinit_cli.graph import Network
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.problems import Diagnostic, Rejected
from deferinit_cli.shapes.expression_text import text
from deferinit_cli.shapes.normal import Expr


def network(spec: str, **sets: str) -> Network:
    return load(spec.strip("\n") + "\n", sets=sets)


def resolve(spec: str, *inputs: str) -> Resolved:
    net = network(spec)
    return infer(net, parse_inputs(inputs, net))


def shown(shape: Any) -> Any:
    """A shape as ints, formulas and `?`."""
    if shape is None:
        return None
    return tuple(t if type(t) is int else "?" if t is None else text(t) if type(t) is Expr else t for t in shape)


def tensors(resolved: Resolved) -> dict[str, Any]:
    return {p.name: shown(resolved.tensor(p)) for p in resolved.network.parameters}


def value(resolved: Resolved, name: str) -> Any:
    return shown(resolved.shape(resolved.network.names[name]))


def rejection(spec: str, *inputs: str) -> list[Diagnostic]:
    """All diagnostics of a spec, from reading or from inference."""
    try:
        return diagnostics(resolve(spec, *inputs))
    except Rejected as e:
        return e.diagnostics
