"""Products of values: matrix products and Einstein summation."""

from __future__ import annotations

from typing import Any

from ..shapes import rows
from .base import Layer, Problem, flag, integer, integers, layer, text
from .equations import Equation
from .frame import Frame
from .lazy import np
from .patterns import parse

GROUP = "Merging"


@layer(
    "matmul", torch="matmul bmm", keras="ops.matmul", flax="jax.numpy.matmul", mxnet="nd.batch_dot", also="MatMul batch_matmul"
)
class Matmul(Layer):
    """The matrix product of the last two axes, the axes before them broadcast."""

    example = ("", "[N, T, 8]", "[N, 8, S]")
    rules = ("broadcast-mismatch: the axes before the last two broadcast",)

    transpose_a = flag("turn the first input's last two axes", default=False)
    transpose_b = flag("turn the second input's last two axes", default=False)

    ports = ("a", "b")
    merges = True

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        a = "k m" if self.transpose_a else "m k"
        b = "n k" if self.transpose_b else "k n"
        self.takes = f"*a {a},*b {b}"

    def relate(self, r: Frame) -> None:
        batch = r.broadcast([r.axes["*a"], r.axes["*b"]])
        r.axes["*batch"] = batch
        tail = (r.slot("m"), r.slot("n"))
        if type(batch) is tuple:
            r.give((*batch, *tail))
        else:
            assert isinstance(batch, rows.Open)
            r.give(rows.Open(batch.prefix, batch.rest, batch.suffix + tail))

    def cost(self) -> str:
        return "*batch m k n"

    def forward(self, p: Any, a: Any, b: Any) -> Any:
        return (a.swapaxes(-1, -2) if self.transpose_a else a) @ (b.swapaxes(-1, -2) if self.transpose_b else b)


@layer("einsum", torch="einsum", keras="ops.einsum", flax="jax.numpy.einsum", mxnet="np.einsum", also="Einsum")
class Einsum(Layer):
    """Products summed over named axes: `nqd,nkd->nqk`; `...` stands for axes that broadcast."""

    example = ("nqd,nkd->nqk", "[N, T, 8]", "[N, S, 8]")
    rules = (
        "einsum-equation: the equation is letters, with at most one ... a term",
        "wrong-input-count: there are as many inputs as terms",
        "rank-mismatch: each input has as many axes as its term has letters",
    )

    equation = text("letters per input and of the output", also="subscripts")

    ports = ("x",)
    variadic = True

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.parsed = Equation(self.equation)

    def check(self) -> None:
        self.parsed.check()

    def relate(self, r: Frame) -> None:
        terms = self.parsed.terms
        if len(r.inputs) != len(terms):
            raise Problem("wrong-input-count", f"the equation has {len(terms)} inputs, {len(r.inputs)} flow in", "equation")
        for k, term in enumerate(terms):
            r._take(k, *parse(self.parsed.pattern(term, f"*s{k}")))
        dotted = [r.axes[f"*s{k}"] for k in self.parsed.dotted]
        r.axes["*s"] = r.broadcast(dotted) if dotted else ()
        r.give(r._give(*parse(self.parsed.pattern(self.parsed.out))))

    def cost(self) -> str:
        if len(self.parsed.terms) < 2:
            return ""
        return " ".join([*self.parsed.all_letters, *(["*s"] if self.parsed.dotted else [])])

    def forward(self, p: Any, *x: Any) -> Any:
        return np.einsum(self.equation, *x, optimize=True)


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
