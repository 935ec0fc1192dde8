"""Layers that take entries by index."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, Problem, flag, integer, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Shape"


@layer("take", torch="index_select", keras="ops.take", flax="jax.numpy.take", mxnet="nd.take", also="Take")
class Take(Layer):
    """Entries of an axis by index (numpy's take); with `batch`, one index for each row of axis 0."""

    example = ("1", "[N, 16, 8]", "[4] int64")
    rules = (
        "axis-out-of-range: axis exists",
        "rank-mismatch: with batch, ids has one dim, and axis is not 0",
        "size-mismatch: with batch, there is an index for each entry of axis 0",
        "index-out-of-range: each index is one of the axis, when run",
    )

    axis = integer("the axis", also="dim")
    batch = flag("one index per entry of axis 0", default=False)

    accepts = "any"
    port_dtypes = {"ids": "integer"}
    ports = ("x", "ids")
    index_limit = "taken"

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        r.named("taken", row[at])
        if self.batch:
            ids = rows.fix(r.inputs[1], 1, r.store, r.node)
            if ids is None or at == 0:
                raise Problem("rank-mismatch", "batch needs one index per entry of axis 0", "ids")
            r.store.equal(ids[0], row[0], r.node)
            r.give((*row[:at], *row[at + 1 :]))
            return
        r.give((*row[:at], *r.dims(1), *row[at + 1 :]))

    def forward(self, p: Any, x: Any, ids: Any) -> Any:
        n = x.shape[self.axis]
        if ids.size and (ids.min() < -n or ids.max() >= n):
            raise Problem("index-out-of-range", f"index {ids.max()} of an axis of {n}", "axis", str(ids.max()), f"0 to {n - 1}")
        if self.batch:
            shape = [1] * x.ndim
            shape[0] = -1
            return np.take_along_axis(x, ids.reshape(shape), axis=self.axis).squeeze(self.axis)
        return np.take(x, ids, axis=self.axis)


@layer("gather", torch="gather", keras="ops.take_along_axis", flax="jax.numpy.take_along_axis", mxnet="nd.pick", also="Gather")
class Gather(Layer):
    """Entries picked along an axis, place by place (torch.gather)."""

    example = ("1", "[N, 8]", "[N, 3] int64")
    rules = (
        "axis-out-of-range: axis exists",
        "rank-mismatch: ids has as many dims as x",
    )

    axis = integer("the axis", also="dim")

    accepts = "any"
    port_dtypes = {"ids": "integer"}
    ports = ("x", "ids")
    index_limit = "taken"

    def relate(self, r: Frame) -> None:
        r.same_rank([0, 1])
        row, ids = r.dims(0), r.dims(1)
        at = r.axis(self.axis)
        r.named("taken", row[at])
        for k, (a, b) in enumerate(zip(ids, row)):
            if k != at:
                r.at_most(r.name(f"i{k}", a), r.name(f"x{k}", b), rule="gather-too-large",
                           says="ids go to {whole}, the input has {part}")  # fmt: skip
        r.give(ids)

    def forward(self, p: Any, x: Any, ids: Any) -> Any:
        n = x.shape[self.axis]
        if ids.size and (ids.min() < 0 or ids.max() >= n):
            worst = ids.min() if ids.min() < 0 else ids.max()
            raise Problem("index-out-of-range", f"index {worst} of an axis of {n}", "axis", str(worst), f"0 to {n - 1}")
        part = x[tuple(slice(None) if k == self.axis % x.ndim else slice(n) for k, n in enumerate(ids.shape))]
        return np.take_along_axis(part, ids, axis=self.axis)
