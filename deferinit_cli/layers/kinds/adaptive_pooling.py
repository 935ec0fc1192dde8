"""Pooling by windows that divide each axis evenly."""

from __future__ import annotations

from typing import Any

from ..core import pool_kernels as pools
from ..core.base import UNKNOWN, Layer, layer, per_axis
from ..core.frame import Frame

GROUP = "Pooling"


class Adaptive(Layer):
    """Windows that divide each axis evenly into a given number."""

    example = ("7", "[N, 16, {Space}]")

    output_size = per_axis("sizes wanted; _ keeps an axis", also="output_shape", keeps=True)

    takes, gives = "N C {space}", "N C {space_out}"

    def check(self) -> None:
        self.each("output_size")

    def relate(self, r: Frame) -> None:
        for i, (axis, size) in enumerate(zip("dhw"[3 - self.spatial :], self.each("output_size"))):
            r.axes[f"{axis}_out"] = r.slot(axis) if size is UNKNOWN else r.slot(f"output_size.{i}")

    def forward(self, p: Any, x: Any) -> Any:
        return pools.adaptive(x, self, type(self).reduce)  # type: ignore[attr-defined]


@layer(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d",
    torch="nn.AdaptiveAvgPool{n}d",
    keras="layers.AdaptiveAveragePooling{n}D",
    flax="",
    mxnet=("", "nd.contrib.AdaptiveAvgPooling2D", ""),
    also="AdaptiveAvgPool{n}D",
)
class AdaptiveAvgPool(Adaptive):
    """The mean of each of evenly dividing windows."""

    reduce = "mean"


@layer(
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d",
    torch="nn.AdaptiveMaxPool{n}d",
    keras="layers.AdaptiveMaxPooling{n}D",
    flax="",
    mxnet="",
    also="AdaptiveMaxPool{n}D",
)
class AdaptiveMaxPool(Adaptive):
    """The largest value of each of evenly dividing windows."""

    reduce = "max"
