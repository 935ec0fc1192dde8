"""Layers that reorder, add or remove axes."""

from __future__ import annotations

from typing import Any

from ..shapes import rows
from .base import Layer, Problem, integer, integers, layer
from .frame import Frame
from .lazy import np

GROUP = "Shape"


@layer(
    "transpose",
    torch="permute",
    keras="layers.Permute ops.transpose",
    flax="jax.numpy.transpose",
    mxnet="nd.transpose",
    also="Transpose",
)
class Transpose(Layer):
    """The axes in another order."""

    example = ("[0, 2, 1]", "[N, T, 8]")
    rules = (
        "not-a-permutation: axes names every axis once",
        "rank-mismatch: the input has as many axes as axes names",
    )

    axes = integers("the input's axes in their new order, all of them", also="perm dims order")

    accepts = "any"
    adds = 0

    def check(self) -> None:
        n = len(self.axes)
        if sorted(a % n for a in self.axes if -n <= a < n) != list(range(n)):
            raise Problem("not-a-permutation", f"{list(self.axes)} is not a permutation", "axes", str(list(self.axes)),
                          f"each of 0 to {n - 1} once")  # fmt: skip

    def relate(self, r: Frame) -> None:
        n = len(self.axes)
        row = rows.fix(r.inputs[0], n, r.store, r.node)
        if row is None:
            have = rows.rank(r.inputs[0])
            raise Problem("rank-mismatch", f"axes name {n} axes, the input has {have}", "axes", f"{have} dims", f"{n} dims")
        r.give(tuple(row[a] for a in self.axes))

    def forward(self, p: Any, x: Any) -> Any:
        return x.transpose(self.axes)


@layer(
    "expand_dims",
    torch="unsqueeze",
    keras="ops.expand_dims",
    flax="jax.numpy.expand_dims",
    mxnet="nd.expand_dims",
    also="ExpandDims Unsqueeze",
)
class ExpandDims(Layer):
    """A new axis of size 1."""

    example = ("1", "[N, 8]")
    rules = ("axis-out-of-range: axis is at most the input's number of dims",)

    axis = integer("where it goes", also="dim")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis, extra=1)
        r.give((*row[:at], r.slot("1"), *row[at:]))

    def forward(self, p: Any, x: Any) -> Any:
        return np.expand_dims(x, self.axis)


@layer("squeeze", torch="squeeze", keras="ops.squeeze", flax="jax.numpy.squeeze", mxnet="nd.squeeze", also="Squeeze")
class Squeeze(Layer):
    """Axes of size 1 removed."""

    example = ("1", "[N, 1, 8]")
    rules = (
        "axis-out-of-range: each axis exists",
        "duplicate-axis: no axis is named twice",
        "size-mismatch: each axis named has size 1",
    )

    axis = integers("the axis, or a list of them", also="dim")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        gone = set(r.several(self.axis))
        for k in gone:
            r.store.equal(row[k], r.slot("1"), (r.node, "axis"))
        r.give(tuple(s for k, s in enumerate(row) if k not in gone))

    def forward(self, p: Any, x: Any) -> Any:
        return x.squeeze(self.axis)


@layer("roll", torch="roll", keras="ops.roll", flax="jax.numpy.roll", mxnet="np.roll", also="Roll")
class Roll(Layer):
    """Values moved along axes, those that fall off coming back at the other end."""

    example = ("{shift: 1, axis: 1}", "[N, 8]")
    rules = (
        "argument-length: there are as many shifts as axes",
        "axis-out-of-range: each axis exists",
    )

    shift = integers("places to move, one per axis", also="shifts")
    axis = integers("the axis, or one per shift", also="dims dim")

    accepts = "any"
    adds = 0
    takes = gives = "*x"

    def check(self) -> None:
        if len(self.shift) != len(self.axis):
            raise Problem("argument-length", f"{len(self.shift)} shifts for {len(self.axis)} axes", "shift")

    def relate(self, r: Frame) -> None:
        if any(a >= 0 for a in self.axis):
            rows.wide(r.inputs[0], max(self.axis) + 1, 0, r.store, r.node)
        if rows.rank(r.inputs[0]) is not None:
            for a in self.axis:
                r.axis(a)

    def forward(self, p: Any, x: Any) -> Any:
        return np.roll(x, self.shift, self.axis)


@layer("flip", torch="flip", keras="ops.flip", flax="jax.numpy.flip", mxnet="nd.flip", also="Flip reverse")
class Flip(Layer):
    """Axes read backwards."""

    example = ("1", "[N, 8]")
    rules = (
        "axis-out-of-range: each axis exists",
        "duplicate-axis: no axis is named twice",
    )

    axis = integers("the axis, or a list of them", also="dims dim")

    accepts = "any"
    adds = 0
    takes = gives = "*x"

    def relate(self, r: Frame) -> None:
        if rows.rank(r.inputs[0]) is not None:
            r.several(self.axis)

    def forward(self, p: Any, x: Any) -> Any:
        return np.flip(x, self.axis)


@layer("tile", torch="tile", keras="ops.tile", flax="jax.numpy.tile", mxnet="nd.tile", also="Tile repeat_tensor")
class Tile(Layer):
    """The whole repeated along each axis."""

    example = ("[1, 3]", "[N, 8]")

    repeats = integers("how often, per axis", minimum=1, also="reps multiples")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        n = max(len(row), len(self.repeats))
        times = (1,) * (n - len(self.repeats)) + self.repeats
        out = []
        for k, t in enumerate(times):
            at = k - n + len(row)
            if at < 0:
                out.append(r.named(f"new{k}", r.axes.get(f"new{k}") or r.slot(t)))
                continue
            if t == 1:
                out.append(row[at])
            else:
                if f"out{k}" not in r.axes:
                    r.named(f"out{k}", None)
                    r.product_of(f"out{k}", (row[at],), t)
                out.append(r.axes[f"out{k}"])
        r.give(tuple(out))

    def forward(self, p: Any, x: Any) -> Any:
        return np.tile(x, self.repeats)


@layer(
    "repeat_axis", torch="repeat_interleave", keras="layers.RepeatVector ops.repeat", flax="jax.numpy.repeat", mxnet="nd.repeat"
)
class RepeatAxis(Layer):
    """Each entry of an axis several times in place."""

    example = ("{times: 2, axis: 1}", "[N, 8]")
    rules = ("axis-out-of-range: axis exists",)

    times = integer("how often", minimum=1, also="n repeats")
    axis = integer("the axis", also="dim")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        if "out" not in r.axes:
            r.named("out", None)
            r.product_of("out", (row[at],), self.times)
        r.give((*row[:at], r.axes["out"], *row[at + 1 :]))

    def forward(self, p: Any, x: Any) -> Any:
        return np.repeat(x, self.times, axis=self.axis)
