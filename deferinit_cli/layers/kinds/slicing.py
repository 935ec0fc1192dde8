"""Layers that take a stretch or an entry of an axis."""

from __future__ import annotations

from typing import Any

from ...shapes.bounds import minimum
from ...shapes.dims import is_symbolic
from ...shapes.relations import Extreme, Positive
from ..core.base import Layer, Problem, integer, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

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
    start = integer("the first entry", default=0, also="begin", symbols=True)
    stop = integer("the first entry left out; null for the end", default=None, also="end", symbols=True)
    step = integer("every how many", default=1, minimum=1, also="stride", symbols=True)

    accepts = "any"

    def relate(self, r: Frame) -> None:
        row = r.dims()
        at = r.axis(self.axis)
        r.named("whole", row[at])
        if "part" not in r.axes:
            behind = [r.behind(name) for name in ("start", "stop")]
            self.state(r, *behind)
        r.give((*row[:at], r.axes["part"], *row[at + 1 :]))

    def state(self, r: Frame, late: bool, back: bool) -> None:
        """part = ceil((stop - start) / step), with ends counted from the back where negative: `late` the start, `back` the stop."""
        a, b, s = self.start, self.stop, self.step
        size = r.store.known(r.axes["whole"])
        told = not any(map(is_symbolic, (a, b, s)))
        if type(size) is int and told:  # what Python does, also past the ends
            n = len(range(*slice(a, b, s).indices(size)))
            if n < 1:
                raise Problem("empty-slice", f"nothing is left of {size} entries", "start", f"{a} to {b} of {size}")
            r.named("part", r.slot(n))
        elif b is not None and told and (b == 0 or (b <= a and late == back)):
            raise Problem("empty-slice", "nothing is left", "stop", f"{a} to {b}")
        elif not late and (b is None or back):
            r.window("part", "whole", (b or 0) - a + s - 1, s, rule="empty-slice")
        elif not late:
            r.window("part", self.shorter(r, "end", b), s - 1 - a, s, rule="empty-slice")
        elif b is None or back:
            r.window("part", self.shorter(r, "tail", -a), (b or 0) + s - 1, s, rule="empty-slice")
        else:  # what lies before b less what lies before the tail
            r.sum("both", self.shorter(r, "end", b), self.shorter(r, "tail", -a))
            r.sum("both", "whole", "length", rule="empty-slice")
            r.window("part", "length", s - 1, s)

    def shorter(self, r: Frame, name: str, most: Any) -> str:
        """The first or last `most` entries, or all where there are fewer."""
        r.named(name, None)
        r.state(Extreme(r.node, r.slot(name), r.slot("whole"), r.term(most), minimum))
        if is_symbolic(most):
            r.state(Positive(r.node, r.slot(name), rule="empty-slice", blame="stop" if name == "end" else "start"))
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
    """One entry of an axis; the axis itself is removed."""

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
