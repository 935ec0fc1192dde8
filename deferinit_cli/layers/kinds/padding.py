"""Entries added at the ends of axes, or left out there."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import larger
from ..core.arguments import EXPRESSION
from ..core.base import Layer, Problem, choice, layer, number
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.numeric_arguments import PerAxis

GROUP = "Shape"


class Widths(PerAxis):
    """[before, after] per axis, for the last axes."""

    def expects(self) -> str:
        return "a list of [before, after] pairs, for the last axes"

    def schema(self) -> dict[str, Any]:
        pair = EXPRESSION | {"type": ["array", "string"], "items": super().schema()["items"], "minItems": 2, "maxItems": 2}
        return EXPRESSION | self.typed("array", "string") | {"items": pair, "minItems": 1}

    def accept(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        found = value if isinstance(value, (list, tuple)) else None
        if not found or not all(isinstance(v, (list, tuple)) and len(v) == 2 for v in found):
            raise self.wrong(value)
        return tuple(tuple(self._one(w) for w in v) for v in found)


@layer(
    "pad",
    torch="nn.functional.pad nn.ZeroPad1d nn.ZeroPad2d nn.ZeroPad3d",
    keras="layers.ZeroPadding1D layers.ZeroPadding2D layers.ZeroPadding3D ops.pad",
    flax="jax.numpy.pad",
    mxnet="gluon.nn.ReflectionPad2D nd.pad",
    also="Pad ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d "
    "ConstantPad1d ConstantPad2d ConstantPad3d CircularPad1d CircularPad2d CircularPad3d",
)
class Pad(Layer):
    """Cells added around the last axes."""

    example = ("[[1, 1], [2, 2]]", "[N, 3, 32, 32]")

    widths: Any = Widths("[before, after] for each of the last axes", minimum=0, unknown=False, also="padding pad_width paddings")
    mode = choice("what is added", "constant reflect edge circular", default="constant",
                  taught="replicate=edge wrap=circular zeros=constant")  # fmt: skip
    value = number("the constant", default=0.0, also="constant_value")

    accepts = "any"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        n = len(self.widths)
        self.takes = "*x " + " ".join(f"a{k}" for k in range(n))
        self.gives = "*x " + " ".join(f"b{k}" if sum(w) else f"a{k}" for k, w in enumerate(self.widths))

    def relate(self, r: Frame) -> None:
        for k, w in enumerate(self.widths):
            if sum(w):
                r.slot(f"b{k}")
                r.widen(f"b{k}", f"a{k}", sum(w))
                most = larger(*w) + int(self.mode == "reflect")
                if self.mode in ("reflect", "circular") and most != 1:
                    r.at_most(r.name(f"need{k}", r.axes.get(f"need{k}") or r.term(most)), f"a{k}", rule="padding-too-large",
                              blame="widths", says=f"{self.mode} padding needs {{whole}} cells, there are {{part}}")  # fmt: skip

    def forward(self, p: Any, x: Any) -> Any:
        widths = [(0, 0)] * (x.ndim - len(self.widths)) + list(self.widths)
        if self.mode == "constant":
            return np.pad(x, widths, constant_values=x.dtype.type(self.value))
        return np.pad(x, widths, mode={"circular": "wrap"}.get(self.mode, self.mode))


@layer(
    "crop",
    torch="",
    keras="layers.Cropping1D layers.Cropping2D layers.Cropping3D",
    flax="",
    mxnet="nd.Crop",
    also="Crop center_crop",
)
class Crop(Layer):
    """Cells taken away around the last axes, or around the middle that is as large as a second input's spatial axes."""

    example = ("[[1, 1], [2, 2]]", "[N, 3, 32, 32]")

    widths: Any = Widths("[before, after] for each of the last axes", default=None, minimum=0, unknown=False, also="cropping")

    accepts = "any"
    ports = ("x", "like")
    optional = 1

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.widths is not None:
            self.takes, self.gives = ("*x " + " ".join(f"{c}{k}" for k in range(len(self.widths))) for c in "ab")

    def relate(self, r: Frame) -> None:
        if (self.widths is None) == (len(r.inputs) < 2):
            rule = "missing-argument" if self.widths is None else "argument-conflict"
            raise Problem(rule, "crop takes either widths or a second input", "widths")
        if self.widths is not None:
            for k, w in enumerate(self.widths):
                r.window(f"b{k}", f"a{k}", -sum(w), rule="crop-too-large", blame="widths")
            return
        r.same_rank([0, 1])
        row, like = r.dims(), r.dims(1)
        for k in range(2, len(row)):
            r.at_most(r.name(f"b{k}", like[k]), r.name(f"a{k}", row[k]), rule="crop-too-large",
                      says="{whole} cells are wanted, there are {part}")  # fmt: skip
        r.give((*row[:2], *like[2:]))

    def forward(self, p: Any, x: Any, *like: Any) -> Any:
        if like:  # the cell left over by an odd difference is behind
            starts = [(n - m) // 2 for n, m in zip(x.shape[2:], like[0].shape[2:])]
            return x[(..., *(slice(a, a + m) for a, m in zip(starts, like[0].shape[2:])))]
        at = tuple(slice(a, n - b) for (a, b), n in zip(self.widths, x.shape[x.ndim - len(self.widths) :]))
        return x[(..., *at)]
