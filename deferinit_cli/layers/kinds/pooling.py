"""Pooling: the largest, the mean or a p-norm of each window."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import is_symbolic, larger
from ..core import pool_kernels as pools
from ..core.base import Layer, Problem, flag, layer, number, padding_arg, per_axis
from ..core.frame import Frame
from ..core.options import Options, Path, Seen
from ..core.window_candidates import ORDER, oddity, windowed
from ..core.windows import is_int, is_said, pads, slide, stride

GROUP = "Pooling"


class Pool(Layer):
    """A window sliding over the spatial axes; channels stay."""

    example = ("2", "[N, 16, {Space}]")

    kernel_size = per_axis("cells the window covers on each axis", also="pool_size kernel ksize window_shape")
    stride = per_axis("step of the window; the kernel size when left out", default=None, also="strides")

    takes, gives = "N C {space}", "N C {space_out}"

    def check(self) -> None:
        self.each("kernel_size")
        if self.stride is not None:
            self.each("stride")

    def relate(self, r: Frame) -> None:
        slide(r, self)

    order = ORDER

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return windowed(self, name, path, seen)

    def oddity(self) -> int:
        return oddity(self)

    def strides(self) -> list[int]:
        return [stride(self, i) for i in range(self.spatial)]


class Padded(Pool):
    """One that may be padded, by at most half of its window: no window holds nothing but padding."""

    rules = ("padding-too-large: padding is at most half the kernel",)

    def check(self) -> None:
        super().check()
        for i, pad in enumerate(pads(self)):
            k = self.each("kernel_size")[i]
            if is_int(k) and isinstance(pad, tuple) and all(map(is_int, pad)) and 2 * max(pad) > k:
                raise Problem("padding-too-large", f"padding {max(pad)} is more than half of the kernel of {k}", "padding",
                              str(max(pad)), f"at most {k // 2}")  # fmt: skip

    def relate(self, r: Frame) -> None:
        super().relate(r)
        for i, pad in enumerate(pads(self)):  # the same of what is written over symbols
            k = self.each("kernel_size")[i]
            if pad != "same" and all(map(is_said, (k, *pad))) and any(map(is_symbolic, (k, *pad))):
                r.at_most(r.name(f"pad_{i}", r.term(larger(*pad))), r.name(f"half_{i}", r.term(k // 2)), rule="padding-too-large",
                          blame="padding", says="padding {whole} is more than half of the kernel, {part}")  # fmt: skip


@layer(
    "max_pool1d max_pool2d max_pool3d",
    torch="nn.MaxPool{n}d",
    keras="layers.MaxPooling{n}D layers.MaxPool{n}D",
    flax="linen.max_pool",
    mxnet="gluon.nn.MaxPool{n}D",
    also="max_pooling maxpool",
)
class MaxPool(Padded):
    """The largest value of each window."""

    kernel_size = Pool.kernel_size
    stride = Pool.stride
    padding = padding_arg("cells of padding on each side, or same; they never win")
    dilation = per_axis("distance between the window's cells", default=1, also="dilation_rate")
    ceil_mode = flag("let the last window hang over the edge", default=False)

    def forward(self, p: Any, x: Any) -> Any:
        return pools.max_pool(x, self)


@layer(
    "avg_pool1d avg_pool2d avg_pool3d",
    torch="nn.AvgPool{n}d",
    keras="layers.AveragePooling{n}D layers.AvgPool{n}D",
    flax="linen.avg_pool",
    mxnet="gluon.nn.AvgPool{n}D",
    also="average_pooling avgpool",
)
class AvgPool(Padded):
    """The mean of each window."""

    kernel_size = Pool.kernel_size
    stride = Pool.stride
    padding = padding_arg("cells of padding on each side, or same (never counted)")
    ceil_mode = flag("let the last window hang over the edge", default=False)
    count_include_pad = flag("count padding as zeros", default=True)

    def forward(self, p: Any, x: Any) -> Any:
        return pools.avg_pool(x, self)


@layer(
    "lp_pool1d lp_pool2d lp_pool3d",
    torch="nn.LPPool{n}d",
    keras="",
    flax="",
    mxnet="nd.Pooling(pool_type='lp')",
    also="LPPool{n}D",
)
class LpPool(Pool):
    """The p-norm of each window: the p-th root of the sum of p-th powers."""

    kernel_size = Pool.kernel_size
    norm_type = number("the p of the norm", default=2.0, minimum=1e-6, also="p p_value")
    stride = Pool.stride
    ceil_mode = flag("let the last window hang over the edge", default=False)
    padding = 0

    def forward(self, p: Any, x: Any) -> Any:
        return pools.lp_pool(x, self)
