"""Pooling over whole axes."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, flag, layer

GROUP = "Pooling"


class Global(Layer):
    """One value per channel."""

    example = ("", "[N, 16, {Space}]")

    keepdims = flag("keep the spatial axes, of size 1", default=False, also="keep_dims")

    takes = "N C {space}"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.gives = "N C" + " 1" * self.spatial if self.keepdims else "N C"

    def axes(self) -> tuple[int, ...]:
        return tuple(range(2, 2 + self.spatial))


@layer(
    "global_avg_pool1d global_avg_pool2d global_avg_pool3d",
    torch="nn.AdaptiveAvgPool{n}d(1)",
    keras="layers.GlobalAveragePooling{n}D layers.GlobalAvgPool{n}D",
    flax="",
    mxnet="gluon.nn.GlobalAvgPool{n}D",
    also="GlobalAvgPool{n}d global_average_pooling{n}d GlobalAveragePooling",
)
class GlobalAvgPool(Global):
    """The mean of each channel."""

    def forward(self, p: Any, x: Any) -> Any:
        return x.mean(axis=self.axes(), keepdims=self.keepdims, dtype=x.dtype)


@layer(
    "global_max_pool1d global_max_pool2d global_max_pool3d",
    torch="nn.AdaptiveMaxPool{n}d(1)",
    keras="layers.GlobalMaxPooling{n}D layers.GlobalMaxPool{n}D",
    flax="",
    mxnet="gluon.nn.GlobalMaxPool{n}D",
    also="GlobalMaxPool{n}d",
)
class GlobalMaxPool(Global):
    """The largest value of each channel."""

    def forward(self, p: Any, x: Any) -> Any:
        return x.max(axis=self.axes(), keepdims=self.keepdims)
