"""Reshape: the same elements in another shape."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, Problem, dims, layer
from ..core.frame import Frame, Wait
from ..core.lazy_numpy import np

GROUP = "Shape"


@layer("reshape", torch="reshape", keras="layers.Reshape", flax="jax.numpy.reshape", mxnet="nd.reshape", also="view View")
class Reshape(Layer):
    """The elements in another shape: 0 copies the input's axis at that place, one -1 (or _) takes what is left."""

    example = ("[0, 4, -1]", "[N, 8]")
    rules = (
        "argument-range: at most one size is -1",
        "axis-out-of-range: a 0 stands where the input has an axis",
    )

    shape = dims("the new shape; 0 copies an axis, one -1 is what is left, symbols and _ are inferred", special="0 -1",
                 also="target_shape newshape size")  # fmt: skip

    accepts = "any"
    adds = 0
    takes = "*x"

    def check(self) -> None:
        if sum(s == -1 for s in self.shape if type(s) is int) > 1:
            raise Problem("argument-range", "more than one -1", "shape", expected="at most one -1")

    def relate(self, r: Frame) -> None:
        row: Any = rows.resolve(r.inputs[0])
        last = max((k for k, s in enumerate(self.shape) if type(s) is int and s == 0), default=-1)
        if type(row) is not tuple and last >= 0:  # the axes that are copied are there
            row = rows.wide(row, last + 1, 0, r.store, r.node)
        out = tuple(self.size(r, k, row) for k in range(len(self.shape)))
        if type(row) is not tuple:
            r.give(out)
            raise Wait
        kept = [k for k, s in enumerate(self.shape) if s == 0 and type(s) is int]
        if any(k >= len(row) for k in kept):
            raise Problem("axis-out-of-range", f"0 copies axis {kept[-1]} of an input with {len(row)} dims", "shape")
        left = tuple(s for k, s in enumerate(row) if k not in kept)
        right = tuple(s for k, s in enumerate(out) if k not in kept)
        for s in left:  # what is the same on both sides cancels, as often as it is on both
            if s in right:
                left, right = without(left, s), without(right, s)
        if left or right:
            r.product_of("elements", left) if left else r.product("elements", 1)
            if len(right) == 1 and type(r.store.known(right[0])) is not int:
                r.equal("elements", r.name("right", right[0]))
            else:
                r.product_of("elements", right, rule="reshape-mismatch", blame="shape",
                             says="{whole} elements do not go into a shape of {part}")  # fmt: skip
        r.give(out)

    def size(self, r: Frame, k: int, row: Any) -> int:
        """The slot of output axis k."""
        s = self.shape[k]
        front = row if type(row) is tuple else row.prefix
        if type(s) is int and s == 0 and k < len(front):
            return front[k]  # type: ignore[no-any-return]
        name = f"shape.{k}"
        return r.named(name, None) if type(s) is int and s < 1 else r.slot(name)

    def forward(self, p: Any, x: Any) -> Any:
        sizes = [x.shape[k] if s == 0 else s for k, s in enumerate(self.resolved)]
        return np.ascontiguousarray(x).reshape(sizes)

    @property
    def resolved(self) -> list[int]:
        return [s if type(s) is int else -1 for s in self.shape]


def without(slots: tuple[int, ...], one: int) -> tuple[int, ...]:
    at = slots.index(one)
    return slots[:at] + slots[at + 1 :]
