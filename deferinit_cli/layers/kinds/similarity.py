"""Products of vectors along an axis: dot products and cosines."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, flag, integer, integers, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Merging"


@layer("dot", torch="", keras="layers.Dot", flax="", mxnet="")
class Dot(Layer):
    """The product of two inputs summed over one axis of each, row by row of axis 0 (Keras' Dot)."""

    example = ("1", "[N, 8]", "[N, 8]")
    rules = (
        "axis-out-of-range: the axes exist",
        "size-mismatch: the two axes have equal sizes, and so have axes 0",
    )

    axes = integers("the axis, or one per input")
    normalize = flag("first scale to length 1: the cosine", default=False)

    ports = ("a", "b")

    def pair(self) -> tuple[int, int]:
        return (self.axes[0], self.axes[-1])

    def relate(self, r: Frame) -> None:
        a, b = r.dims(0), r.dims(1)
        i, j = r.axis(self.pair()[0], 0, blame="axes"), r.axis(self.pair()[1], 1, blame="axes")
        r.store.equal(a[0], b[0], r.node)
        r.store.equal(a[i], b[j], r.node)
        r.named("k", a[i])
        left = tuple(s for k, s in enumerate(a) if k != i)
        right = tuple(s for k, s in enumerate(b) if k not in (0, j))
        r.axes["*left"], r.axes["*right"] = left, right
        r.give((*left, *right) if len(left) + len(right) > 1 else (*left, r.slot("1")))

    def cost(self) -> str:
        return "*left *right k"

    def forward(self, p: Any, a: Any, b: Any) -> Any:
        i, j = self.pair()[0] % a.ndim, self.pair()[1] % b.ndim
        if self.normalize:
            a, b = (v / np.maximum(np.linalg.norm(v, axis=k, keepdims=True), 1e-6) for v, k in ((a, i), (b, j)))
        letters = "abcdefgh"
        left = "n" + "".join(letters[k] for k in range(1, a.ndim))
        right = "n" + "".join(letters[k].upper() for k in range(1, b.ndim))
        left = left[:i] + "k" + left[i + 1 :]
        right = right[:j] + "k" + right[j + 1 :]
        y = np.einsum(f"{left},{right}->{(left + right[1:]).replace('k', '')}", a, b, optimize=True)
        return y[:, None] if y.ndim == 1 else y


@layer("cosine_similarity", torch="nn.CosineSimilarity nn.functional.cosine_similarity", keras="", flax="", mxnet="")
class Cosine(Layer):
    """The cosine between two inputs along an axis."""

    example = ("", "[N, 8]", "[N, 8]")
    rules = (
        "broadcast-mismatch: the inputs broadcast",
        "axis-out-of-range: axis exists",
    )

    axis = integer("the axis", default=1, also="dim")

    ports = ("a", "b")

    def relate(self, r: Frame) -> None:
        both = r.broadcast([r.inputs[0], r.inputs[1]])
        r.axes["*both"] = both
        n = rows.rank(both)
        assert n is not None or type(both) is not tuple
        row = r.dims(0) if n is None else both
        at = self.axis % len(row) if -len(row) <= self.axis < len(row) else r.axis(self.axis)  # type: ignore[arg-type]
        r.named("compared", row[at])  # type: ignore[index]
        r.give(tuple(s for k, s in enumerate(row) if k != at))  # type: ignore[arg-type]

    def forward(self, p: Any, a: Any, b: Any) -> Any:
        a, b = np.broadcast_arrays(a, b)
        top = (a * b).sum(axis=self.axis)
        return top / np.maximum(np.linalg.norm(a, axis=self.axis) * np.linalg.norm(b, axis=self.axis), 1e-8)
