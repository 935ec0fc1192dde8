"""Broadcasting to a shape."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ...shapes.relations import Broadcast
from ..core.base import Layer, Problem, dims, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Shape"


def stretch(r: Frame, row: tuple[int, ...], target: tuple[int, ...], blame: str) -> None:
    """State that a row broadcasts to a target, which stays as it is."""
    if len(row) > len(target):
        raise Problem("rank-mismatch", f"{len(row)} dims do not broadcast to {len(target)}", blame,
                      f"{len(row)} dims", f"at most {len(target)} dims")  # fmt: skip
    for a, b in zip(row[::-1], target[::-1]):
        if a != b:
            r.state(Broadcast(r.node, b, (a, b), blame=blame))


@layer(
    "broadcast_to",
    torch="broadcast_to Tensor.expand",
    keras="ops.broadcast_to",
    flax="jax.numpy.broadcast_to",
    mxnet="nd.broadcast_to",
    also="BroadcastTo expand_as",
)
class BroadcastTo(Layer):
    """Sizes of 1 stretched to a shape, or to that of a second input."""

    example = ("[N, T, 8]", "[N, 1, 8]")
    rules = (
        "missing-argument: shape or a second input says the size",
        "rank-mismatch: the input has no more dims than the shape",
        "broadcast-mismatch: each size is that of the shape, or 1",
    )

    shape = dims("the shape; symbols and _ are inferred", default=None, also="size sizes")

    ports = ("x", "like")
    optional = 1
    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        if len(r.inputs) > 1:
            out: Any = r.inputs[1]
        elif self.shape is None:
            raise Problem("missing-argument", "broadcast_to needs a shape or a second input", "shape")
        else:
            out = tuple(r.slot(f"shape.{k}") for k in range(len(self.shape)))
        target = rows.resolve(out)
        r.give(target)  # whatever the rank of what is stretched to it
        row = r.dims()
        if type(target) is not tuple:
            return
        stretch(r, row, target, "shape")

    def forward(self, p: Any, x: Any, *like: Any) -> Any:
        if like:
            return np.broadcast_to(x, like[0].shape).copy()
        sizes = [s if type(s) is int else -1 for s in self.shape]
        have = [1] * (len(sizes) - x.ndim) + list(x.shape)
        return np.broadcast_to(x, [h if s == -1 else s for s, h in zip(sizes, have)]).copy()
