"""Moving cells between channels and space, windows and padding."""

from __future__ import annotations

from typing import Any

from .arguments import EXPRESSION
from .base import UNKNOWN, Layer, Problem, choice, integer, layer, number
from .base import size as extent
from .frame import Frame
from .lazy import np
from .numeric import PerAxis
from .options import Options, Path, Seen, divisors

GROUP = "Shape"


@layer("pixel_shuffle", torch="nn.PixelShuffle", keras="ops.depth_to_space", flax="", mxnet="gluon.contrib.nn.PixelShuffle2D")
class PixelShuffle(Layer):
    """Channels become space: C*r*r, H, W to C, H*r, W*r (Shi et al., 2016)."""

    example = ("2", "[N, 16, 32, 32]")

    factor = integer("how much larger", minimum=1, also="upscale_factor block_size", open=True)

    accepts = "any"
    takes, gives = "N whole h w", "N C h_out w_out"

    def relate(self, r: Frame) -> None:
        f = self.factor
        if f is UNKNOWN:
            return
        r.product("whole", f * f, "C", says="{whole} channels do not split into {part}", blame="factor")
        r.affine("h_out", "h", f, 0)
        r.affine("w_out", "w", f, 0)

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return shuffles(seen, seen("whole"), "h", "h_out")

    def forward(self, p: Any, x: Any) -> Any:
        n, c, h, w = x.shape
        f = self.factor
        return x.reshape(n, c // f**2, f, f, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // f**2, h * f, w * f)


@layer("pixel_unshuffle", torch="nn.PixelUnshuffle", keras="ops.space_to_depth", flax="", mxnet="")
class PixelUnshuffle(Layer):
    """Space becomes channels: C, H, W to C*r*r, H/r, W/r."""

    example = ("2", "[N, 4, 32, 32]")

    factor = integer("how much smaller", minimum=1, also="downscale_factor block_size", open=True)

    accepts = "any"
    takes, gives = "N C h w", "N whole h_out w_out"

    def relate(self, r: Frame) -> None:
        f = self.factor
        r.slot("whole")
        if f is UNKNOWN:
            return
        r.affine("whole", "C", f * f, 0)
        for axis in "hw":
            r.product(axis, f, f"{axis}_out", says="a size of {whole} does not split into {part}", blame="factor")

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return shuffles(seen, seen("whole"), "h_out", "h")

    def forward(self, p: Any, x: Any) -> Any:
        n, c, h, w = x.shape
        f = self.factor
        return x.reshape(n, c, h // f, f, w // f, f).transpose(0, 1, 3, 5, 2, 4).reshape(n, c * f * f, h // f, w // f)


def shuffles(seen: Seen, deep: int | None, small: str, large: str) -> Options:
    """Factors whose square divides the deep channels, or that the sizes tell."""
    a, b = seen(small), seen(large)
    if a is not None and b is not None:
        return ([b // a] if b % a == 0 else []), True
    if deep is not None:
        return [f for f in range(1, deep + 1) if f * f <= deep and deep % (f * f) == 0], True
    return [1, 2, 3, 4], False


@layer("channel_shuffle", torch="nn.ChannelShuffle", keras="", flax="", mxnet="")
class ChannelShuffle(Layer):
    """Deal the channels of each group out over all groups (Zhang et al., 2017)."""

    example = ("4", "[N, 16, 32, 32]")

    groups = integer("groups of channels", minimum=1, open=True)

    accepts = "any"
    takes = gives = "N C *x"

    def relate(self, r: Frame) -> None:
        r.divides("groups", "C", says="{whole} channels do not split into {part} groups", blame="groups")

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("C"))

    def forward(self, p: Any, x: Any) -> Any:
        n, c = x.shape[:2]
        return x.reshape(n, self.groups, c // self.groups, *x.shape[2:]).swapaxes(1, 2).reshape(x.shape)


@layer("window_partition", torch="", keras="", flax="", mxnet="", also="WindowPartition")
class WindowPartition(Layer):
    """Cut an image, channels last, into windows: (N, H, W, C) to (N*windows, size, size, C), row by row."""

    example = ("7", "[N, 56, 56, 96]")

    size = integer("cells of a window's side", minimum=1, also="window_size", open=True)

    accepts = "any"
    takes, gives = "N h w C", "count size size C"

    def relate(self, r: Frame) -> None:
        for axis in "hw":
            r.product(
                axis, "size", f"{axis}_count", blame="size", says="a size of {whole} is no whole number of windows of {part}"
            )
        r.slot("count")
        r.product("count", "N", "h_count", "w_count")

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("h"), seen("w")) if seen(name) is None else ([seen(name)], True)

    def forward(self, p: Any, x: Any) -> Any:
        n, h, w, c = x.shape
        s = self.size
        return x.reshape(n, h // s, s, w // s, s, c).swapaxes(2, 3).reshape(-1, s, s, c)


@layer("window_merge", torch="", keras="", flax="", mxnet="", also="WindowReverse window_reverse")
class WindowMerge(Layer):
    """Windows back to the image they were cut from: (N*windows, size, size, C) to (N, height, width, C)."""

    example = ("{size: 7, height: 56, width: 56}", "[64*N, 7, 7, 96]")

    size = integer("cells of a window's side", minimum=1, also="window_size", open=True)
    height = extent("height of the image", also="H")
    width = extent("width of the image", also="W")

    accepts = "any"
    takes, gives = "count size size C", "N height width C"

    def relate(self, r: Frame) -> None:
        for axis in ("height", "width"):
            r.slot(axis)
            r.product(axis, "size", f"{axis}_count", blame=axis, says="a size of {whole} is no whole number of windows of {part}")
        r.slot("N")
        r.product("count", "N", "height_count", "width_count")

    def forward(self, p: Any, x: Any) -> Any:
        s, c = self.size, x.shape[-1]
        h, w = self.sizes(x)
        return x.reshape(-1, h // s, w // s, s, s, c).swapaxes(2, 3).reshape(-1, h, w, c)

    def sizes(self, x: Any) -> tuple[int, int]:
        return self.height, self.width


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
                r.sum(f"b{k}", f"a{k}", plus=sum(w))
                most = max(w) + (self.mode == "reflect")
                if self.mode in ("reflect", "circular") and most > 1:
                    r.at_most(r.name(f"need{k}", r.axes.get(f"need{k}") or r.slot(most)), f"a{k}", rule="padding-too-large",
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
