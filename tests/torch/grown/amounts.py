"""Numbers of layers written as expressions over symbols: paddings, kernels, strides, groups, places along an axis."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from ..draws import chance
from .expressions import Ex, Tree, computed
from .store import Refused

LEAST = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0, "widths": 0, "groups": 1, "multiplier": 1,
         "heads": 1, "kv_heads": 1, "size": 1, "times": 1, "step": 1, "start": None, "stop": None}  # fmt: skip
"""Arguments that may be expressions over symbols, with the least that they may come to."""

NOT = {"local_response_norm", "flatten", "upsample"}
"""Kinds that have an argument of such a name that is none of them."""


def over_symbols(r: Random, kind: str, args: dict[str, Any], symbols: Mapping[str, int]) -> dict[str, Any]:
    """Arguments of a layer, some numbers among them written over symbols."""
    if kind in NOT or not symbols:
        return args
    return {k: written(r, k, v, symbols) if k in LEAST and chance(r, 0.5) else v for k, v in args.items()}


def written(r: Random, key: str, v: Any, symbols: Mapping[str, int]) -> Any:
    if isinstance(v, list):
        return [written(r, key, x, symbols) for x in v]
    if type(v) is not int or chance(r, 0.3):
        return v
    name = r.choice(sorted(symbols))
    return Ex(*tree(r, v, ("sym", name), symbols[name]))


def tree(r: Random, v: int, s: Tree, n: int) -> Tree:
    """An expression over a symbol of size n that comes to v; a place before the start must be negative for every size."""
    if v < 0:
        return ("neg", ("+", s, ("lit", -v - n))) if -v >= n else ("lit", v)
    k = r.randint(2, 8)
    made: list[Tree] = [("+", s, ("lit", v - n)) if v >= n else ("-", s, ("lit", n - v)), ("-", ("lit", v + n), s)]
    made += [("call", "max", ("-", s, ("lit", n - v)), ("lit", 0)), ("call", "min", s, ("lit", v))] if n >= v else []
    made += [("call", "max", s, ("lit", v))] if v >= n else []
    made += [("//", s, ("lit", q)) for q in range(1, n + 1) if n // q == v]
    made += [("%", s, ("lit", q)) for q in range(2, 12) if n % q == v]
    made += [("%", ("neg", s), ("lit", q)) for q in range(2, 12) if -n % q == v] * 2
    made += [("-", ("call", "ceil_to", s, ("lit", q)), s) for q in range(2, 12) if -n % q == v]
    made += [("+", ("//", s, ("lit", k)), ("lit", v - n // k))] if v >= n // k else []
    made += [s] * 3 if v == n else []
    found = r.choice(made)
    assert computed(found, {}, {s[1]: n}) == v
    return found


def within(kind: str, written: Mapping[str, Any], args: Mapping[str, Any]) -> None:
    """Refuse what an expression over symbols comes to out of its range."""
    for key in () if kind in NOT else written.keys() & LEAST.keys():
        check(key, written[key], args[key])


def check(key: str, said: Any, v: Any) -> None:
    if isinstance(said, list):
        for a, b in zip(said, v):
            check(key, a, b)
    elif isinstance(said, Ex) and "sym" in repr(said.tree) and type(v) is int:
        least = LEAST[key]
        if v < (0 if least is None else least) and not (least is None and said.tree[0] == "neg"):
            raise Refused(f"{key} is {v}")
