"""Layers that repeat entries along axes."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, integer, integers, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.options import Options, Path, Seen, divisors

GROUP = "Shape"


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

    times = integer("how often", minimum=1, also="n repeats", open=True, symbols=True)
    axis = integer("the axis", also="dim")

    accepts = "any"
    adds = 0

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        if "out" not in r.axes:
            r.named("each", row[at])
            r.named("out", None)
            r.product("out", "times", "each")
        r.give((*row[:at], r.axes["out"], *row[at + 1 :]))

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        found = seen("times")
        return divisors(seen("out")) if found is None else ([found], True)

    def forward(self, p: Any, x: Any) -> Any:
        return np.repeat(x, self.times, axis=self.axis)
