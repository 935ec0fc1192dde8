"""What a spec says of shapes: dims of inputs, blocks' named dims, `expect`."""

from __future__ import annotations

from typing import Any

from ...graph import Assertion, Network
from ...layers.core.numeric_arguments import Dims
from ...problems import Problem
from ...shapes.dims import REST
from ..expressions.values import Located
from ..source.tree import Tree, span
from .context import Context


def dims_in(ctx: Context, codes: list[Any]) -> tuple[Any, ...] | None:
    """Dims computed in a scope; None (and a fault) where one is no size."""
    argument = Dims("dims")
    argument.name = "the shape"
    out: list[Any] = []
    for code in codes:
        try:
            size = argument.accept([code.get(ctx.values)])[0]
            if size is REST and REST in out:
                raise Problem("argument-type", "the shape has more than one ...", expected="at most one ...")
            out.append(size)
        except Located as e:
            ctx.located(e)
            return None
        except Problem as p:
            ctx.problem(code.node, p)
            return None
    return tuple(out)


def assertion(
    network: Network, ctx: Context, dims: tuple[Any, ...], nodes: list[Tree], key: Tree, values: tuple[int, ...], rule: str
) -> None:
    """Note what a spec says of the shape of values, to be held against what is inferred once all nodes until now stand."""
    source = ctx.file.source
    spans = tuple(span(source, n) for n in nodes)
    network.assertions.append(Assertion(dims, span(source, key), spans, values, rule, len(network.nodes), ctx.call))
