"""Another framework's names and layouts for the same tensors, derived by comparing axis patterns."""

from __future__ import annotations

from typing import Any

from .graph import Parameter
from .layers.base import Param

FRAMEWORKS = ("torch", "keras", "flax", "mxnet")
SEPARATORS = {"torch": ".", "keras": "/", "flax": "/", "mxnet": "_"}


class Lens:
    """Views parameters as one framework has them; never changes what they mean."""

    def __init__(self, framework: str = "torch") -> None:
        self.framework = framework
        self.separator = SEPARATORS[framework]

    def declared(self, p: Parameter) -> Param:
        found: Param = next(d for d in p.node.layer.memo("_tensors", p.node.layer.tensors) if d.key == p.key)
        return found

    def name(self, p: Parameter) -> str:
        if self.framework == "torch":
            return p.name
        key = p.key
        written = self.declared(p).names[self.framework]
        if written is not None:
            key = written.partition(":")[0].strip() or key
        path = p.name[: len(p.name) - len(p.key)].rstrip(".") if p.key else p.name
        parts = [*path.split("."), key] if p.key else path.split(".")
        return self.separator.join(part for part in parts if part)

    def shape(self, p: Parameter, shape: Any) -> Any:
        """The dims in the framework's order: axes that its pattern names twice or joins are multiplied."""
        if shape is None or self.framework == "torch":
            return shape
        declared = self.declared(p)
        written = declared.names[self.framework]
        if written is None or ":" not in written:
            return shape
        mine, theirs = declared.axes.split(), written.partition(":")[2].split()
        if sorted(mine) == sorted(theirs):
            return tuple(shape[mine.index(axis)] for axis in theirs)
        return tuple(self.axis(axis, mine, shape, p) for axis in theirs)

    def axis(self, axis: str, mine: list[str], shape: Any, p: Parameter) -> Any:
        """An axis that only the other framework has: an int, an argument of the layer, or a quotient of two of ours."""
        if axis in mine:
            return shape[mine.index(axis)]
        if axis.isdigit():
            return int(axis)
        value = getattr(p.node.layer, axis, None)
        if type(value) is int:
            return value
        whole = next((shape[k] for k, a in enumerate(mine) if axis in a.split("*")), None)
        if type(whole) is int:
            found = next(a for a in mine if axis in a.split("*"))
            for factor in found.split("*"):
                if factor != axis:
                    part = int(factor) if factor.isdigit() else getattr(p.node.layer, factor, None)
                    whole = whole // part if type(part) is int else None
                    if whole is None:
                        return None
        return whole
