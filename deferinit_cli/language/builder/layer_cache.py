"""Layers by what they say: equal ones are one instance, however many items ask for them."""

from __future__ import annotations

from typing import Any

from ...layers.core.base import Layer


class Layers:
    """The layers of one reading."""

    def __init__(self) -> None:
        self.made: dict[Any, Layer] = {}

    def of(self, cls: type[Layer], values: dict[str, Any]) -> Layer:
        """The layer of a kind with these arguments; raises Problem blaming one."""
        key = (cls.kind, tuple(values.items()))
        layer = self.made.get(key)
        if layer is None:
            layer = self.made[key] = cls.build(values)
        return layer
