"""Resizing of the spatial axes."""

from __future__ import annotations

from typing import Any

from ...shapes.scaling import scaled_size
from ..core.arguments import EXPRESSION, limits
from ..core.base import Layer, Problem, choice, dims, flag, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.numeric_arguments import Number

GROUP = "Shape"

RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


class Scales(Number):
    """A positive number, or one per spatial axis."""

    type = "number or list"

    def expects(self) -> str:
        return "a number > 0, or a list of one per spatial axis"

    def schema(self) -> dict[str, Any]:
        one = EXPRESSION | {"type": ["number", "string"]} | limits(self.minimum, None)
        return one | self.typed("number", "string", "array") | {"items": one}

    def accept(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, (list, tuple)):
            if None in value:
                raise self.wrong(value)
            return tuple(super(Scales, self).accept(v) for v in value)
        return super().accept(value)


@layer(
    "upsample",
    torch="nn.Upsample nn.UpsamplingNearest2d nn.UpsamplingBilinear2d nn.functional.interpolate",
    keras="layers.UpSampling1D layers.UpSampling2D layers.UpSampling3D layers.Resizing",
    flax="jax.image.resize",
    mxnet="nd.UpSampling",
    also="resize",
)
class Upsample(Layer):
    """Resize the spatial axes by a scale or to a size (or to that of a second input); no antialiasing."""

    example = ("2", "[N, 16, 32, 32]")
    rules = (
        "argument-conflict: either scale or size is given",
        "missing-argument: scale, size or a second input says how large",
        "argument-conflict: align_corners goes with a mode that blends",
        "rank-mismatch: a second input has the first's rank",
        "rank-mismatch: there is a spatial axis; linear takes one, bilinear and bicubic two, trilinear three",
        "argument-length: scale and size have one entry, or one per spatial axis",
    )

    scale: Any = Scales("how much larger: sizes are floor(in * scale)", default=None, minimum=1e-6, also="scale_factor")
    size = dims("the new sizes instead", default=None, also="output_size")
    mode = choice(
        "how values between cells are found", "nearest linear bilinear bicubic trilinear", default="nearest", also="interpolation"
    )
    align_corners = flag("corners stay where they are", default=False)

    ports = ("x", "like")
    port_dtypes = {"like": "any"}
    optional = 1

    def check(self) -> None:
        if self.scale is not None and self.size is not None:
            raise Problem("argument-conflict", "upsample takes either scale or size", "size")
        if self.align_corners and self.mode == "nearest":
            raise Problem("argument-conflict", "align_corners means nothing to mode nearest", "align_corners",
                          help="leave it out, or choose a mode that blends values")  # fmt: skip

    def relate(self, r: Frame) -> None:
        if len(r.inputs) > 1:
            r.same_rank([0, 1])
        row = r.dims()
        n = len(row) - 2
        if n < 1 or (self.mode in RANKS and n != RANKS[self.mode]):
            raise Problem("rank-mismatch", f"{self.mode} works on {RANKS.get(self.mode, 1) + 2} dims, this has {len(row)}", "mode",
                          f"{len(row)} dims", f"{RANKS.get(self.mode, 1) + 2} dims")  # fmt: skip
        if len(r.inputs) > 1:
            r.give((*row[:2], *r.dims(1)[2:]))
            return
        if self.scale is None and self.size is None:
            raise Problem("missing-argument", "upsample needs scale, size or a second input", "scale")
        out = []
        for k in range(n):
            r.named(f"in{k}", row[2 + k])
            if self.size is not None:
                if len(self.size) not in (1, n):
                    raise Problem("argument-length", f"size has {len(self.size)} entries for {n} spatial axes", "size")
                out.append(r.slot(f"size.{k if len(self.size) > 1 else 0}"))
                continue
            if f"out{k}" not in r.axes:
                r.slot(f"out{k}")
                r.scaled(f"out{k}", f"in{k}", self.factors(n)[k], rule="empty-output", blame="scale")
            out.append(r.slot(f"out{k}"))
        r.give((*row[:2], *out))

    def factors(self, n: int) -> tuple[float, ...]:
        f = self.scale if isinstance(self.scale, tuple) else (self.scale,) * n
        if len(f) != n:
            raise Problem("argument-length", f"scale has {len(f)} entries for {n} spatial axes", "scale")
        return f

    def forward(self, p: Any, x: Any, *like: Any) -> Any:
        n = x.ndim - 2
        if like:
            sizes: Any = like[0].shape[2:]
        elif self.size is not None:
            sizes = self.size if len(self.size) == n else self.size * n
        else:
            sizes = [scaled_size(m, f) for m, f in zip(x.shape[2:], self.factors(n))]
        scales = self.factors(n) if self.scale is not None and not like else [None] * n
        for axis, (out, scale) in enumerate(zip(sizes, scales), 2):
            index, weight = self.taps(x.shape[axis], int(out), scale)
            x = blend(x, axis, index, weight)
        return x

    def taps(self, size: int, out: int, scale: float | None) -> tuple[Any, Any]:
        """(indices, weights), each (taps, out), of one axis; a given scale is used as written."""
        i = np.arange(out)
        if self.mode == "nearest":
            step = size / out if scale is None else 1 / scale
            return np.minimum(np.floor(i.astype(np.float32) * np.float32(step)).astype(int), size - 1)[None], np.ones((1, out))
        if self.align_corners:
            at = i * ((size - 1) / (out - 1) if out > 1 else 0.0)
        else:
            at = (i + 0.5) * (size / out if scale is None else 1 / scale) - 0.5
        if self.mode == "bicubic":
            low = np.floor(at).astype(int)
            t = at - low
            index = np.clip(np.stack([low - 1, low, low + 1, low + 2]), 0, size - 1)
            return index, np.stack([cubic(1 + t), cubic(t), cubic(1 - t), cubic(2 - t)])
        at = np.clip(at, 0, None)
        low = np.minimum(np.floor(at).astype(int), size - 1)
        t = at - low
        return np.stack([low, np.minimum(low + 1, size - 1)]), np.stack([1 - t, t])


def cubic(d: Any) -> Any:
    """Keys' kernel with a = -0.75."""
    a = -0.75
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, far)


def blend(x: Any, axis: int, index: Any, weight: Any) -> Any:
    shape = [1] * x.ndim
    shape[axis] = -1
    if len(index) == 1:
        return np.take(x, index[0], axis=axis)
    total = 0
    for i, w in zip(index, weight):
        total = total + np.take(x, i, axis=axis) * w.reshape(shape).astype(x.dtype)
    return total
