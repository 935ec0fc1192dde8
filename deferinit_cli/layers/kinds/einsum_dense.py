"""EinsumDense: a dense layer over any axes, said by an equation."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, zeros
from ..core.base import UNKNOWN, Layer, Problem, layer, text
from ..core.einsum_equations import Equation, letters
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.numeric_arguments import Dims
from ..core.patterns import Param

GROUP = "Dense and embedding"


class Kept(Dims):
    """Dims in which null means `_`, as in Keras."""

    def _one(self, v: Any) -> Any:
        return UNKNOWN if v is None else super()._one(v)

    def schema(self) -> dict[str, Any]:
        whole = super().schema()
        one = whole["items"] | {"type": [*whole["items"]["type"], "null"]}
        return whole | {"type": [*one["type"], "array"], "items": one}


@layer("einsum_dense", torch="", keras="layers.EinsumDense", flax="linen.Einsum", mxnet="")
class EinsumDense(Layer):
    """Multiply by a learned tensor as an equation says, `abc,cd->abd`, then add a bias (Keras' EinsumDense)."""

    example = ("{equation: 'abc,cd->abd', shape: [_, 8], bias_axes: d}", "[N, T, 4]")
    rules = (
        "einsum-equation: the equation names an input, a weight and an output, each letter of the weight once and in input or output",
        "einsum-equation: bias_axes are letters of the output",
        "argument-length: shape has a dim for each letter of the output but the first",
        "size-mismatch: the sizes in shape are those of the output",
    )

    equation = text("letters of the input, of the weight and of the output")
    shape: Any = Kept("the output's dims without the batch axis, _ where kept; with a leading ... those behind it",
                      also="output_shape")  # fmt: skip
    bias_axes = text("the output's letters that have an offset each; none when left out", default=None)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        said = self.parsed = Equation(self.equation)
        self.takes, self.gives = said.pattern(said.terms[0]), said.pattern(said.out)

    def check(self) -> None:
        said = self.parsed
        if len(said.terms) != 2 or not said.explicit or "..." in said.terms[-1]:
            raise said.wrong("the equation is not that of an input, a weight and an output", "such as ab,bc->ac")
        said.check()
        source, weight, out = said.terms[0], said.terms[1], letters(said.out)
        for c in weight:
            if c not in source + out or weight.count(c) > 1:
                raise said.wrong(f"the weight's '{c}' is in neither input nor output" if weight.count(c) == 1
                                 else f"the weight names '{c}' twice")  # fmt: skip
        if not source:
            raise said.wrong("the input has no axes")
        if len(self.shape) != len(self.sized()):
            raise Problem("argument-length", f"shape has {len(self.shape)} dims, the equation says {len(self.sized())}", "shape",
                          str(len(self.shape)), f"dims for {', '.join(self.sized()) or 'none'}")  # fmt: skip
        odd = sorted(set(self.bias_axes or "") - set(out))
        if odd:
            raise Problem("einsum-equation", f"'{''.join(odd)}' is no axis of the output", "bias_axes", self.bias_axes, out)

    def sized(self) -> str:
        """The output's letters that `shape` is about: all but the batch axis, which may be in a leading `...`."""
        out = self.parsed.out
        return letters(out) if out.startswith("...") else letters(out)[1:]

    def tensors(self) -> list[Param]:
        source, weight, out = self.parsed.terms[0], self.parsed.terms[1], letters(self.parsed.out)
        summed, made = [c for c in weight if c not in out], [c for c in weight if c in out and c not in source]
        fans = f"{' '.join(summed)} -> {' '.join(made)}"
        found = [Param("weight", " ".join(weight), glorot_uniform, fans=fans, keras="kernel", flax="kernel", mxnet="")]
        if self.bias_axes:
            first = min(out.index(c) for c in self.bias_axes)
            axes = " ".join(c if c in self.bias_axes else "1" for c in out[first:])
            found.append(Param("bias", axes, zeros, keras="=", flax="=", mxnet=""))
        return found

    def relate(self, r: Frame) -> None:
        if not self.gives:
            r.give(())
        for k, c in enumerate(self.sized()):
            if self.shape[k] is not UNKNOWN:
                r.store.equal(r.slot(c), r.slot(f"shape.{k}"), (r.node, f"shape.{k}"))

    def cost(self) -> str:
        return " ".join([*self.parsed.all_letters, *(["*s"] if self.parsed.dotted else [])])

    def forward(self, p: Any, x: Any) -> Any:
        y = np.einsum(self.equation, x, p.weight, optimize=True)
        if not self.bias_axes:
            return y
        before, dots, _ = self.parsed.out.partition("...")
        at = len(before) - min(letters(self.parsed.out).index(c) for c in self.bias_axes)
        if dots and at > 0:  # the offset begins before the axes of the ...: it is the same along them
            more = y.ndim - len(letters(self.parsed.out))
            return y + p.bias.reshape(*p.bias.shape[:at], *[1] * more, *p.bias.shape[at:])
        return y + p.bias
