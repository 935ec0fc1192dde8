"""What is said of parameters beside their layers: init, freeze and dtype, and the names that a `params` glob matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...graph import Parameter
from ...initializers import Initializer, known, make
from ...layers.core.arguments import show
from ...problems import Problem
from ...spelling import suggest
from ..compile.file import dtype_in
from ..expressions.values import Located, compile_value
from ..source.tree import Map, Scalar, Tree

if TYPE_CHECKING:
    from ..compile.items import Item
    from .context import Context


MAX_STARS = 3  # in a glob that is matched as a regular expression


class Overrides:
    """What the containers and the item around a parameter say; the innermost wins."""

    __slots__ = ("dtype", "freeze", "init")

    def __init__(self) -> None:
        self.init: dict[str, Initializer] = {}
        self.freeze: bool | None = None
        self.dtype: str | None = None

    def apply(self, parameters: list[Parameter]) -> None:
        """To the parameters of a layer inside."""
        for p in parameters:
            if p.key in self.init:
                p.own().initializer = self.init[p.key]
            if self.freeze and not p.buffer:
                p.own().frozen = True


def override(outer: Overrides, item: Item, ctx: Context) -> Overrides:
    """The overrides inside an item; raises Located."""
    new = Overrides()
    new.init, new.freeze, new.dtype = dict(outer.init), outer.freeze, outer.dtype
    if "init" in item.modifiers:
        keys = parameter_keys(item)
        for key, value in item.modifiers["init"][1].pairs:
            if keys is not None and key.text not in keys:
                raise Located(key, Problem("unknown-parameter", f"{item.kind} has no parameter '{key.text}'",
                                           found=key.text, expected=", ".join(keys) or "none", help=suggest(key.text, keys)))  # fmt: skip
            new.init[key.text] = initializer(value, ctx)
    if "freeze" in item.modifiers:
        code = item.modifiers["freeze"][1]
        value = code.get(ctx.values.without_symbols())
        if type(value) is not bool:
            raise Located(code.node, Problem("not-a-condition", f"freeze is {show(value)}", found=show(value), expected="true or false"))
        new.freeze = value
    if "dtype" in item.modifiers:
        new.dtype = dtype_in(item.modifiers["dtype"][1], ctx.values)
    return new


def parameter_keys(item: Item) -> list[str] | None:
    """The parameters a layer may have; None where its kind lists them by its arguments, or for containers."""
    cls = item.cls
    if cls is None or cls.structural or not cls.parameters:
        return None
    return [p.key for p in cls.parameters]


def blamed(node: Tree, p: Problem) -> Tree:
    """The part of an initialiser that a problem is about: its name, an argument's name or its value."""
    if not isinstance(node, Map):
        return node
    name, value = node.pairs[0]
    if p.rule == "unknown-initializer":
        return name
    found = value.find(p.blame) if isinstance(value, Map) else None
    if found is None:
        return value if isinstance(value, Scalar) and not value.empty else node
    return found[0] if p.rule == "unknown-argument" else found[1]


def initializer(node: Tree, ctx: Context) -> Initializer:
    """`zeros`, `{normal: 0.02}` or `{normal: {std: 0.02, mean: 0}}`; raises Located."""

    def value_of(n: Tree) -> Any:
        if isinstance(n, Map):
            return {k.text: value_of(v) for k, v in n.pairs}
        code = compile_value(
            n, words=("in", "out", "avg", "fan_in", "fan_out", "fan_avg", "uniform", "normal", "truncated_normal")
        )
        return code.get(ctx.values.without_symbols())

    try:
        if isinstance(node, Scalar) and not node.empty:
            return make(node.text, None)
        if isinstance(node, Map) and len(node.pairs) == 1:
            name, value = node.pairs[0]
            return make(name.text, value_of(value) if name.text in known() else None)
    except Problem as p:
        raise Located(blamed(node, p), p) from None
    raise Located(node, Problem("initializer-format", "not an initialiser",
                                expected="zeros, {normal: 0.02} or {normal: {std: 0.02, mean: 0}}"))  # fmt: skip


def pattern(glob: str) -> Callable[[str], Any]:
    """What tells whether a name matches: `*` is one segment or a part of one, `**` any number of segments."""
    return compiled(glob).match if glob.count("*") <= MAX_STARS else lambda name: steps(glob.split("."), name.split("."))


def steps(glob: list[str], name: list[str]) -> bool:
    """The same without going back: stars in number make a regular expression try everything."""
    at = {0}
    for k, segment in enumerate(glob):
        if segment == "**":
            least = min(at) + (k == len(glob) - 1)
            at = set(range(least, len(name) + 1))
        else:
            at = {n + 1 for n in at if n < len(name) and fits(segment, name[n])}
        if not at:
            return False
    return len(name) in at


def fits(segment: str, name: str) -> bool:
    """Whether one segment's stars can stand for the rest of a name: each part is found as early as it can be."""
    first, *parts = segment.split("*")
    if not parts:
        return segment == name
    last, place = parts.pop(), len(first)
    if not (name.startswith(first) and name.endswith(last) and len(name) >= len(first) + len(last)):
        return False
    for part in parts:
        found = name.find(part, place, len(name) - len(last))
        if found < 0:
            return False
        place = found + len(part)
    return True


def compiled(glob: str) -> re.Pattern[str]:
    out = []
    for segment in glob.split("."):
        if segment == "**":
            out.append(r"(?:[^.]+\.)*")
        else:
            out.append("".join("[^.]*" if c == "*" else re.escape(c) for c in segment) + r"\.")
    body = "".join(out)
    if glob.endswith("**"):
        return re.compile(body.removesuffix(r"(?:[^.]+\.)*") + r"(?:[^.]+\.)*[^.]+$")
    return re.compile(body.removesuffix(r"\.") + "$")


def change(parameters: list[Parameter], settings: Map, ctx: Context) -> None:
    for key, value in settings.pairs:
        if key.text == "init":
            init = initializer(value, ctx)
            for p in parameters:
                p.own().initializer = init
        elif key.text == "freeze":
            code = compile_value(value)
            frozen = code.get(ctx.values.without_symbols())
            if type(frozen) is not bool:
                raise Located(value, Problem("not-a-condition", f"freeze is {show(frozen)}", found=show(frozen),
                                             expected="true or false"))  # fmt: skip
            for p in parameters:
                p.own().frozen = frozen and not p.buffer
        elif key.text == "dtype":
            dtype = dtype_in(ctx.file.dtype_code(value), ctx.values)
            for p in parameters:
                p.own().dtype = dtype
