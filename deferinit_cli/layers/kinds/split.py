"""An axis cut into parts."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, Problem, integer, integers, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Shape"


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

    parts = integer("how many equal parts", default=None, minimum=1, maximum=10_000, also="chunks num_outputs num_splits")
    sizes = integers("the parts' sizes instead", default=None, minimum=1, also="split_size_or_sections size_splits",
                     symbols=True)  # fmt: skip
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
                r.named(f"part{k}", r.term(n))
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
