"""Sizes times a fractional number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bounds import lower_bound
from ..scaling import ratio, scaled
from ..store import Store
from .base import Namer, Relation


class Scaled(Relation):
    """out = floor(x * scale) as PyTorch computes it, at least `least`; forward only."""

    __slots__ = ("least", "scale")
    default_rule = "empty-output"

    def __init__(self, node: Any, out: int, x: int, scale: float, least: int = 1, **words: str) -> None:
        super().__init__(node, (out, x), **words)
        self.scale = scale
        self.least = least

    def own(self) -> bool:
        return True

    def fire(self, s: Store) -> None:
        out, x = self.slots
        v = s.known(x)
        if v is None:
            return
        self.done = True
        y = scaled(v, self.scale)
        if type(y) is int:
            if y < self.least:
                return self.fail(s, f"nothing is left of a size of {v}")
        elif (lower_bound(y) or 0) < self.least:
            self.need(s, y, ">=", self.least)
        s.settle(out, y, self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, x = self.slots
        whole = ratio(self.scale)
        if whole is None:
            return f"{name(out)} = floor({self.scale!r}*{name(x)})"
        a, b = whole
        inner = f"{a}*{name(x)}" if a != 1 else name(x)
        return f"{name(out)} = floor({inner} / {b})" if b != 1 else f"{name(out)} = {inner}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} >= {self.least}" if self.least else ""
