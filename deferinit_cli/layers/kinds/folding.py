"""Windows as columns, and columns added up into an image again."""

from __future__ import annotations

from typing import Any

from ..core import conv_kernels as kernels
from ..core.base import Layer, layer, padding_arg, per_axis
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.patterns import AXES
from ..core.windows import pads, slide

GROUP = "Shape"


class Folding(Layer):
    """What unfolding and folding share: windows over two spatial axes, each a column of C*kernel cells."""

    spatial = 2

    kernel_size = per_axis("cells of a window on each axis")
    stride = per_axis("step of the window", default=1)
    padding = padding_arg("cells of padding on each side, or same")
    dilation = per_axis("distance between a window's cells", default=1)

    def check(self) -> None:
        for name in ("kernel_size", "stride", "dilation"):
            self.each(name)
        pads(self)

    def state(self, r: Frame) -> None:
        """rows = C * kernel, columns = windows, on an image of axes h and w."""
        r.slot("C")
        r.product("rows", *(f"kernel_size.{i}" for i in range(2)), "C", blame="kernel_size",
                  says="{whole} rows do not split into windows of {part} cells")  # fmt: skip
        slide(r, self)
        r.product("columns", "h_out", "w_out", rule="size-mismatch")

    def places(self, sizes: Any) -> tuple[Any, list[int], list[tuple[slice, ...]]]:
        """On an image of these sizes: (padding, windows per axis, per cell of a window the slices that pick it out of all windows)."""
        kernel, stride, dilation = self.each("kernel_size"), self.each("stride"), self.each("dilation")
        pad = kernels.resolved_pads(pads(self), sizes, kernel, stride, dilation)
        out = [(n + sum(p) - d * (k - 1) - 1) // s + 1 for n, p, k, s, d in zip(sizes, pad, kernel, stride, dilation)]
        cells = [
            tuple(slice(c * d, c * d + (m - 1) * s + 1, s) for c, d, m, s in zip(cell, dilation, out, stride))
            for cell in np.ndindex(*kernel)
        ]
        return pad, out, cells


@layer("unfold", torch="nn.Unfold", keras="ops.unfold", flax="", mxnet="nd.im2col", also="im2col extract_patches")
class Unfold(Folding):
    """Each window of an image as a column: (N, C, H, W) to (N, C*kernel, windows), as torch.nn.Unfold."""

    example = ("{kernel_size: 2, stride: 2}", "[N, 3, 32, 32]")

    kernel_size = Folding.kernel_size

    takes, gives = "N C h w", "N rows columns"

    def relate(self, r: Frame) -> None:
        self.state(r)

    def forward(self, p: Any, x: Any) -> Any:
        pad, out, cells = self.places(x.shape[2:])
        y = np.pad(x, [(0, 0), (0, 0), *pad]) if any(map(any, pad)) else x
        columns = np.stack([y[(slice(None), slice(None), *at)] for at in cells], axis=2)
        return columns.reshape(len(x), -1, out[0] * out[1])


@layer("fold", torch="nn.Fold", keras="ops.fold", flax="", mxnet="nd.col2im", also="col2im")
class Fold(Folding):
    """Columns added up into an image, where windows overlap: (N, C*kernel, windows) to (N, C, *output_size)."""

    example = ("{output_size: [32, 32], kernel_size: 2, stride: 2}", "[N, 12, 256]")
    rules = ("size-mismatch: there are as many columns as windows",)

    output_size = per_axis("height and width of the image", unknown=False)
    kernel_size = Folding.kernel_size

    takes, gives = "N rows columns", "N C output_size.0 output_size.1"

    def check(self) -> None:
        super().check()
        self.each("output_size")

    def relate(self, r: Frame) -> None:
        for i, axis in enumerate(AXES[1:]):
            r.named(axis, r.slot(f"output_size.{i}"))
        self.state(r)

    def forward(self, p: Any, x: Any) -> Any:
        sizes = self.each("output_size")
        pad, out, cells = self.places(sizes)
        y = np.zeros((len(x), x.shape[1] // len(cells), *(n + sum(p) for n, p in zip(sizes, pad))), x.dtype)
        columns = x.reshape(len(x), -1, len(cells), *out)
        for k, at in enumerate(cells):
            y[(slice(None), slice(None), *at)] += columns[:, :, k]
        return y[(slice(None), slice(None), *(slice(a, a + n) for (a, _), n in zip(pad, sizes)))]
