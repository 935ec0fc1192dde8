"""Pieces of line shaped like the logistic function."""

from __future__ import annotations

from typing import Any

from ..core.base import layer
from ..core.lazy_numpy import np
from .activations import Curve

GROUP = "Activations"


@layer(
    "hard_sigmoid",
    torch="nn.Hardsigmoid",
    keras="activations.hard_sigmoid",
    flax="linen.hard_sigmoid",
    mxnet="nd.hard_sigmoid(alpha=1/6)",
    also="HardSigmoid hardsigmoid",
)
class HardSigmoid(Curve):
    """clip(x/6 + 1/2, 0, 1)."""

    def curve(self, x: Any) -> Any:
        return hard_sigmoid(x)


def hard_sigmoid(x: Any) -> Any:
    y = x / 6
    y += 0.5
    return np.clip(y, 0, 1, out=y)


@layer(
    "hard_swish",
    torch="nn.Hardswish",
    keras="activations.hard_silu activations.hard_swish",
    flax="linen.hard_swish linen.hard_silu",
    mxnet="",
    also="HardSwish hardswish",
)
class HardSwish(Curve):
    """x * hard_sigmoid(x) (Howard et al., 2019)."""

    def curve(self, x: Any) -> Any:
        y = hard_sigmoid(x)
        y *= x
        return y
