"""Expressions as short text that depends on nothing but their structure: what they are ordered by."""

from __future__ import annotations

from .normal import Term


def plain(t: Term) -> str:
    """`H//4`, `ceil` not told apart: made for each expression once, so it does no more than it must."""
    if type(t) is int:
        return str(t)
    kind, args = t.kind, t.args
    if kind == "sym":
        return str(args[0])
    if kind == "scaled":
        return f"floor({args[1]!r}*({plain(args[0])}))"
    if kind != "sum":
        op = {"floor": "//", "exact": "/"}.get(kind)
        return f"({plain(args[0])}){op}{plain(args[1])}" if op else f"{kind}({plain(args[0])}, {plain(args[1])})"
    constant, monomials = args
    parts = ["*".join([str(c), *map(plain, fs)]) for fs, c in monomials]
    return " + ".join([*parts, str(constant)])
