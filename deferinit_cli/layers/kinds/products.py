"""Matrix products and Einstein summation."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ..core.base import Layer, Problem, flag, layer, text
from ..core.einsum_equations import Equation
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.patterns import parse

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
