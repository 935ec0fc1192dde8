"""Shapes and arrays that Python gives for a network's inputs."""

from __future__ import annotations

import operator
from typing import Any

from ..graph import Given, Network
from ..language.given_shapes import parse_given, parse_shape
from ..problems import Diagnostic, Problem, Source, Span, Unusable
from ..shapes.dims import REST, UNKNOWN, Sym, checked


def by_name(network: Network, positional: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """What is given for each input, by its name; raises TypeError for too many, unknown or twice-given ones."""
    names = [i.name for i in network.inputs]
    takes = f"{network.name} takes {len(names)} input{'s' if len(names) != 1 else ''} ({', '.join(names)})"
    if len(positional) > len(names):
        raise TypeError(f"{takes}, {len(positional)} were given")
    out = dict(zip(names, positional))
    for name, value in named.items():
        if name not in names:
            raise TypeError(f"no input is called {name!r}; {takes}")
        if name in out:
            raise TypeError(f"{name!r} is given twice")
        out[name] = value
    return out


def given(network: Network, name: str, shape: Any) -> Given:
    """A shape from Python: `(2, 20)`, `("N", 20)`, `(None, 20)`, 20, or as an option writes it: `"2x20"`, `"2x128:int64"`."""
    if isinstance(shape, str):
        return parse_given(f"{name}={shape}", network, "resolve")
    span = Span(Source(f"{name}={shape}", ""), 1, 1)
    try:
        dims = tuple(map(dim, shape)) if isinstance(shape, (tuple, list)) else (dim(shape),)
    except Problem as e:  # as an option is refused
        raise Unusable([Diagnostic(e.rule, e.message, span, found=str(shape), expected=e.expected)]) from None
    return Given(name, dims, None, span)


def dim(size: Any) -> Any:
    """One size: an int, None or "_" for unknown, a symbol such as "N", or ... for any number of dims. Raises ValueError for
    what is no size, a Problem for one that is too large."""
    if size is None:
        return UNKNOWN
    if size is Ellipsis:
        return REST
    if isinstance(size, str):
        (found,) = parse_shape(size)
        return Sym(size, 0) if not isinstance(found, int) and found is not UNKNOWN else found
    n = checked(operator.index(size), "a dim")
    if n < 1:
        raise ValueError(f"sizes are at least 1, found {n}")
    return n
