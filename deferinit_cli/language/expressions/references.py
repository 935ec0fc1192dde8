"""References to earlier layers: `prev`, `enc.2`, `enc.(-1-i).skip`, `enc.*.skip`."""

from __future__ import annotations

import re
from typing import Any

from ...problems import Problem
from ..source.tree import Scalar, Tree
from .expression import evaluate, parse
from .values import Code, Located

_PART = re.compile(r"\.(?:([A-Za-z_][A-Za-z0-9_-]*)|(-?\d+)|(\*)|\()")
_FIRST = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*|[0-9]+")


class Reference:
    """`name`, then parts: a text, an int, '*', or a compiled expression."""

    __slots__ = ("name", "node", "parts", "text")

    def __init__(self, node: Scalar, name: str, parts: list[Any], text: str) -> None:
        self.node = node
        self.name = name
        self.parts = parts
        self.text = text

    def codes(self) -> list[Code]:
        """Its computed parts."""
        return [Code(self.node, (self.node, "expression", part), None, False) for part in self.parts if isinstance(part, tuple)]

    def path(self, scope: Any) -> list[Any]:
        """The parts with expressions computed."""
        out = []
        for part in self.parts:
            if isinstance(part, tuple):
                try:
                    part = evaluate(part, scope)
                except Problem as p:
                    raise Located(self.node, p) from None
                if type(part) is not int:
                    raise Located(self.node, Problem("index-type", f"'{self.text}' needs an int in ( )", found=str(part)))
            out.append(part)
        return out


def compile_reference(node: Tree) -> Reference:
    """Read a reference; raises Located."""
    if not isinstance(node, Scalar):
        raise Located(
            node, Problem("reference-format", "a reference is a name", expected="a layer's name such as conv1 or enc.2")
        )
    text = node.text.strip()
    m = _FIRST.match(text)
    if m is None:
        raise Located(node, Problem("reference-format", f"'{text}' is no reference", found=text, expected="a layer's name"))
    at, parts = m.end(), []
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise Located(node, Problem("reference-format", f"'{text}' is no reference", found=text[at:],
                                        expected="a name, then .index, .(expression), .* or .side"))  # fmt: skip
        at = part.end()
        if part.group(1):
            parts.append(part.group(1))
        elif part.group(2):
            number = int(part.group(2))
            parts.append(number if str(number) == part.group(2) else part.group(2))
        elif part.group(3):
            parts.append("*")
        else:
            close = closing(text, at)
            if close < 0:
                raise Located(node, Problem("reference-format", f"'{text}' lacks a )", found=text))
            try:
                parts.append(parse(text[at:close]))
            except Problem as p:
                raise Located(node, p) from None
            at = close + 1
    return Reference(node, m.group(0), parts, text)


def closing(text: str, at: int) -> int:
    """Where the parenthesis opened before `at` closes, or -1."""
    depth = 1
    for k in range(at, len(text)):
        depth += (text[k] == "(") - (text[k] == ")")
        if depth == 0:
            return k
    return -1
