"""The tensors of a resolved network, each made from its own stream when it is asked for."""

from __future__ import annotations

from typing import Any

from ..graph import Parameter
from ..infer.derivation.waits import Waits
from ..infer.propagation.open_arguments import is_left_open, told
from ..infer.propagation.resolved import Resolved
from ..problems import Diagnostic, Problem, Rejected
from .streams import fill


def owners(resolved: Resolved) -> list[Parameter]:
    """The parameters that are tensors of their own: tied ones are another's."""
    return [p for p in resolved.network.parameters if p.tied_to is None]


def owner(p: Parameter) -> Parameter:
    """The parameter whose tensor this one is."""
    while p.tied_to is not None:
        p = p.tied_to
    return p


def unresolved(resolved: Resolved) -> list[Diagnostic]:
    """One diagnostic per argument left open, and per other parameter whose shape is not all numbers: what it waits for."""
    waits, out = Waits(resolved), told(resolved.network)
    for p in owners(resolved):
        if out and is_left_open(p.node.layer):
            continue
        shape = resolved.tensor(p)
        if shape is None or not all(type(t) is int for t in shape):
            shown = "unknown rank" if shape is None else "(" + ", ".join(str(t) if type(t) is int else "-1" for t in shape) + ")"
            what = ", ".join(waits.parameter(p))
            out.append(Diagnostic("unresolved", f"{p.name} {shown} waits for {what}", p.node.place.span,
                                  help="give the input's shape: --input", layer=p.node.name))  # fmt: skip
    return out


def initialise(resolved: Resolved, p: Parameter, seed: int) -> Any:
    """The array of one parameter, whose shape is known; raises Rejected where its initialiser cannot make it."""
    p = owner(p)
    shape = resolved.tensor(p)
    assert shape is not None
    try:
        return fill(p.initializer, shape, p.dtype, seed, p.name, resolved.fans(p))
    except Problem as e:
        span = p.node.place.span
        message = f"{p.name}: {e.message}"
        raise Rejected([Diagnostic(e.rule, message, span, found=e.found, expected=e.expected, help=e.help)]) from None
    except MemoryError:
        message = f"{p.name} {shape} does not fit into memory"
        raise Rejected([Diagnostic("out-of-memory", message, p.node.place.span)]) from None


def nbytes(dtype: str) -> int:
    """Bytes of one element."""
    from .dtypes import SIZES

    return SIZES[dtype]


__all__ = ["initialise", "nbytes", "owner", "owners", "unresolved"]
