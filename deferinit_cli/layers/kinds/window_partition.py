"""Images cut into windows, and put together again."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, integer, layer
from ..core.base import size as extent
from ..core.frame import Frame
from ..core.options import Options, Path, Seen, divisors

GROUP = "Shape"


@layer("window_partition", torch="", keras="", flax="", mxnet="", also="WindowPartition")
class WindowPartition(Layer):
    """Cut an image, channels last, into windows: (N, H, W, C) to (N*windows, size, size, C), row by row."""

    example = ("7", "[N, 56, 56, 96]")

    size = integer("cells of a window's side", minimum=1, also="window_size", open=True, symbols=True)

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

    size = integer("cells of a window's side", minimum=1, also="window_size", open=True, symbols=True)
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
