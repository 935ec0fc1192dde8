"""Positions added to the values of a sequence: a table of sines, a learned table."""

from __future__ import annotations

from typing import Any

from ...initializers import normal
from ..core.base import Layer, layer, param, size
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Attention and positions"


@layer("sinusoidal_positions", torch="", keras="", flax="", mxnet="", also="PositionalEncoding SinePositionEncoding")
class Sinusoidal(Layer):
    """Add sines at even and cosines at odd features (Vaswani et al., 2017)."""

    example = ("", "[N, T, 64]")

    takes = gives = "N T C"

    def forward(self, p: Any, x: Any) -> Any:
        t, c = x.shape[1:]
        angles = np.arange(t)[:, None] * 10000.0 ** (-(np.arange(c) // 2 * 2) / c)
        table = np.where(np.arange(c) % 2 == 0, np.sin(angles), np.cos(angles))
        return x + table.astype(x.dtype)


@layer("learned_positions", torch="", keras="", flax="", mxnet="", also="PositionEmbedding AddPositionEmbs")
class LearnedPositions(Layer):
    """Add a learned row for each position."""

    example = ("128", "[N, T, 64]")

    length = size("positions that have a row", also="max_length max_position_embeddings sequence_length")

    takes = gives = "N T C"
    parameters = [param("weight", "length C", normal(std=0.02), keras="", flax="", mxnet="")]

    def relate(self, r: Frame) -> None:
        r.at_most("T", "length", rule="too-long", says="{whole} positions, the table has {part}", blame="length")

    def forward(self, p: Any, x: Any) -> Any:
        return x + p.weight[: x.shape[1]]
