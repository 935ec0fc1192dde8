"""Values spelled as expressions over what is known where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from ..draws import chance
from .expressions import Ex, Tree, computed

SIZES = {"units", "in_units", "channels", "in_channels", "hidden", "input_dim", "output_dim", "head_dim", "length", "height", "width",
         "shape", "k_width", "v_width", "classes"}  # fmt: skip
"""Arguments that may be expressions over symbols."""

NEVER = {
    "padding",
    "eps",
    "theta",
    "slope",
    "factor",
    "scale",
    "offset",
    "alpha",
    "beta",
    "threshold",
    "rate",
    "fraction",
    "value",
}
"""Arguments that are left as they are: numbers that are no ints, and a padding that may be a word."""


def lit(v: Any) -> Tree:
    return ("lit", v)


def known(names: Mapping[str, Any], symbols: Mapping[str, int], kind: type) -> list[tuple[Tree, Any]]:
    """Names, entries of lists, and symbols of a kind of value."""
    found: list[tuple[Tree, Any]] = []
    for name, v in names.items():
        if isinstance(v, list):
            found += [(("at", ("var", name), lit(k)), x) for k, x in enumerate(v) if type(x) is kind]
            found += [(("at", ("var", name), lit(k - len(v))), x) for k, x in enumerate(v[-1:], len(v) - 1) if type(x) is kind]
            if kind is int:
                found.append((("call", "len", ("var", name)), len(v)))
                if v and all(type(x) is int for x in v):
                    found.append((("call", "sum", ("var", name)), sum(v)))
        elif type(v) is kind:
            found.append((("var", name), v))
    if kind is int:
        found += [(("sym", name), v) for name, v in symbols.items()]
    return found


def number(r: Random, v: int, names: Mapping[str, Any], symbols: Mapping[str, int]) -> Tree:
    """An int, mostly by way of something known."""
    found = known(names, symbols, int)
    same = [t for t, x in found if x == v]
    if not found or chance(r, 0.15):
        return lit(v)
    if same and chance(r, 0.5):
        return r.choice(same)
    tree, x = r.choice(found)
    made: list[Tree] = [("+", tree, lit(v - x)) if v >= x else ("-", tree, lit(x - v))]
    symbolic = "sym" in repr(tree)
    if x and v % x == 0 and v >= x:
        made += [("*", tree, lit(v // x)), ("*", lit(v // x), tree)] * 2
    if v > 0 and x >= v:
        made += [("//", tree, lit(x // v))] if x // (x // v) == v else []
        made += [("/", tree, lit(x // v))] if x % v == 0 and not symbolic else []
    if not symbolic and v >= 0 and x >= 0:
        made += [("call", "max" if x <= v else "min", tree, lit(v)), ("call", "ceil_to", tree, lit(v))] if v >= max(x, 1) else []
        made += [("call", "min", lit(v), tree)] if x >= v else []
        made += [("if", ("lit", True), lit(v), tree)] * chance(r, 0.1)
        other = number(r, v, {}, {}) if chance(r) else lit(v + 1)
        made += [("if", truth(r, True, names), lit(v), other), ("if", truth(r, False, names), other, lit(v))]
        made += [("call", "abs", ("-", tree, lit(x + v)))] * chance(r, 0.2)
        made += [("%", ("+", tree, lit(7 * (v + 1) - x + v)), lit(v + 1))] * chance(r, 0.2)
        made += [("call", r.choice(["round", "floor", "ceil", "int"]), ("/", ("*", tree, lit(v)), tree))] if x else []
        made += [("-", ("neg", lit(-v - x)), tree), ("+", ("**", tree, lit(2)), lit(v - x * x))]
    tree = r.choice(made)
    return tree if computed(tree, names, symbols) == v else lit(v)


def truth(r: Random, v: bool, names: Mapping[str, Any], depth: int = 0) -> Tree:
    """A bool."""
    flags = [(t, x) for t, x in known(names, {}, bool)]
    ints = known(names, {}, int)
    how = r.random()
    if flags and how < 0.35:
        tree, x = r.choice(flags)
        return tree if x == v else ("not", tree)
    if depth < 2 and how < 0.55:
        if v == chance(r):
            return ("and", truth(r, True, names, depth + 1), truth(r, v, names, depth + 1)) if v else (
                "or", truth(r, False, names, depth + 1), truth(r, v, names, depth + 1))  # fmt: skip
        return ("or", truth(r, v, names, depth + 1), truth(r, chance(r) if v else False, names, depth + 1))
    if ints and how < 0.95:
        tree, x = r.choice(ints)
        other = x + r.randint(-2, 2)
        tests = {"==": x == other, "!=": x != other, "<": x < other, "<=": x <= other, ">": x > other, ">=": x >= other}
        return (r.choice([op for op, holds in tests.items() if holds == v]), tree, lit(other))
    return lit(v)


def spelled(r: Random, key: str, v: Any, names: Mapping[str, Any], symbols: Mapping[str, int]) -> Any:
    """An argument's value, perhaps as an expression that comes to it here."""
    symbols = symbols if key in SIZES else {}
    if key in NEVER or (key == "shape" and v in (0, -1)):
        return v
    if isinstance(v, list):
        return [spelled(r, key, x, names, symbols) for x in v]
    if type(v) is bool:
        return Ex(*truth(r, v, names)) if names else v
    if type(v) is int:
        tree = number(r, v, names, symbols)
        return v if tree == lit(v) else Ex(*tree)
    if isinstance(v, str):
        same = [t for t, x in known(names, {}, str) if x == v]
        return Ex(*r.choice(same)) if same else v
    return v
