"""Layers that take a part of a value, or several."""

from __future__ import annotations

from typing import Any

from ..shapes import rows
from ..shapes.bounds import minimum
from ..shapes.relations import Extreme
from .base import Layer, Problem, flag, integer, integers, layer
from .frame import Frame
from .lazy import np

GROUP = "Shape"


@layer(
    "slice",
    torch="Tensor.narrow",
    keras="ops.slice",
    flax="jax.lax.slice_in_dim",
    mxnet="nd.slice_axis",
    also="Slice StridedSlice",
)
class Slice(Layer):
    """A stretch of one axis, as Python slices."""

    example = ("{axis: 1, start: 1, step: 2}", "[N, T, 8]")
    rules = (
        "axis-out-of-range: axis exists",
        "empty-slice: something is left",
    )

    axis = integer("the axis", also="dim")
    start = integer("the first entry", default=0, also="begin")
    stop = integer("the first entry left out; null for the end", default=None, also="end")
    step = integer("every how many", default=1, minimum=1, also="stride")

    accepts = "any"

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        r.named("whole", row[at])
        if "part" not in r.axes:
            self.state(r)
        r.give((*row[:at], r.axes["part"], *row[at + 1 :]))

    def state(self, r: Frame) -> None:
        """part = ceil((stop - start) / step), with ends counted from the back where negative."""
        a, b, s = self.start, self.stop, self.step
        size = r.store.known(r.axes["whole"])
        if type(size) is int:  # what Python does, also past the ends
            n = len(range(*slice(a, b, s).indices(size)))
            if n < 1:
                raise Problem("empty-slice", f"nothing is left of {size} entries", "start", f"{a} to {b} of {size}")
            r.named("part", r.slot(n))
        elif b is not None and (b == 0 or (b <= a and (a < 0) == (b < 0))):
            raise Problem("empty-slice", "nothing is left", "stop", f"{a} to {b}")
        elif a >= 0 and (b is None or b < 0):
            r.window("part", "whole", (b or 0) - a + s - 1, s, rule="empty-slice")
        elif a >= 0:
            r.window("part", self.shorter(r, "end", b), s - 1 - a, s, rule="empty-slice")
        elif b is None or b < 0:
            r.window("part", self.shorter(r, "tail", -a), (b or 0) + s - 1, s, rule="empty-slice")
        else:  # what lies before b less what lies before the tail
            r.sum("both", self.shorter(r, "end", b), self.shorter(r, "tail", -a))
            r.sum("both", "whole", "length", rule="empty-slice")
            r.window("part", "length", s - 1, s)

    def shorter(self, r: Frame, name: str, most: int) -> str:
        """The first or last `most` entries, or all where there are fewer."""
        r.named(name, None)
        r.state(Extreme(r.node, r.slot(name), r.slot("whole"), r.slot(most), minimum))
        return name

    def forward(self, p: Any, x: Any) -> Any:
        return x[(slice(None),) * (self.axis % x.ndim) + (slice(self.start, self.stop, self.step),)]


@layer(
    "select",
    torch="select",
    keras="ops.take(…)",
    flax="jax.numpy.take(…)",
    mxnet="nd.take(…)",
    also="Select index_select getitem",
)
class Select(Layer):
    """One entry of an axis, which goes."""

    example = ("{axis: 1, index: 0}", "[N, T, 8]")
    rules = ("axis-out-of-range: axis exists",)

    axis = integer("the axis", also="dim")
    index = integer("which entry", also="idx")

    accepts = "any"

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        need = self.index + 1 if self.index >= 0 else -self.index
        r.named("whole", row[at])
        if need > 1:
            r.at_most(r.name("need", r.axes.get("need") or r.slot(need)), "whole", rule="index-out-of-range", blame="index",
                      says="entry {whole} of an axis of {part}")  # fmt: skip
        r.give((*row[:at], *row[at + 1 :]))

    def forward(self, p: Any, x: Any) -> Any:
        return np.take(x, self.index, axis=self.axis)


@layer(
    "split",
    torch="split chunk",
    keras="ops.split",
    flax="jax.numpy.split",
    mxnet="nd.split",
    also="Split Chunk SliceChannel unbind",
)
class Split(Layer):
    """An axis cut into parts, each a value of its own."""

    example = ("3", "[N, T, 12]")
    rules = (
        "argument-conflict: either parts or sizes is given",
        "axis-out-of-range: axis exists",
    )

    parts = integer("how many equal parts", default=None, minimum=1, also="chunks num_outputs num_splits")
    sizes = integers("the parts' sizes instead", default=None, minimum=1, also="split_size_or_sections size_splits")
    axis = integer("the axis", default=-1, also="dim")

    accepts = "any"

    def check(self) -> None:
        if (self.parts is None) == (self.sizes is None):
            raise Problem(
                "argument-conflict", "split takes either parts or sizes", "parts", expected="parts: 3, or sizes: [64, 128]"
            )

    def yields(self) -> int:
        return int(self.parts) if self.parts is not None else len(self.sizes)

    def relate(self, r: Frame) -> None:
        row = rows.resolve(r.inputs[0])
        if self.axis >= 0:
            wide = rows.wide(row, self.axis + 1, 0, r.store, r.node)
        else:
            wide = rows.wide(row, 0, -self.axis, r.store, r.node)
        if wide is None:
            raise Problem("axis-out-of-range", f"axis {self.axis} of a value with {rows.least_rank(row)} dims", "axis")
        if type(wide) is tuple:
            at = r.axis(self.axis)
            front: Any = wide[:at]
            r.named("whole", wide[at])
            back: Any = wide[at + 1 :]
            self.state(r)
            r.give(*((*front, s, *back) for s in self.slots(r)))
            return
        assert isinstance(wide, rows.Open)
        side = wide.prefix if self.axis >= 0 else wide.suffix
        r.named("whole", side[self.axis])
        self.state(r)
        at = self.axis % len(side)
        outs = []
        for s in self.slots(r):
            new = (*side[:at], s, *side[at + 1 :])
            outs.append(rows.Open(new, wide.rest, wide.suffix) if self.axis >= 0 else rows.Open(wide.prefix, wide.rest, new))
        r.give(*outs)

    def state(self, r: Frame) -> None:
        if self.parts is not None:
            if "part" not in r.axes:
                r.product("whole", self.parts, "part", says="{whole} does not split into {part} equal parts", blame="parts")
        elif "part0" not in r.axes:
            for k, n in enumerate(self.sizes):
                r.named(f"part{k}", r.slot(n))
            r.sum("whole", *(f"part{k}" for k in range(len(self.sizes))), rule="split-sizes", blame="sizes")

    def slots(self, r: Frame) -> list[int]:
        if self.parts is not None:
            return [r.slot("part")] * self.parts
        return [r.axes[f"part{k}"] for k in range(len(self.sizes))]

    def forward(self, p: Any, x: Any) -> Any:
        if self.parts is not None:
            return tuple(np.split(x, self.parts, axis=self.axis))
        cuts = np.cumsum(self.sizes)[:-1]
        return tuple(np.split(x, cuts, axis=self.axis))


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
