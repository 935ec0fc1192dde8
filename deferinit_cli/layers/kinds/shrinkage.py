"""Activations that are zero, or another value, near zero or below a threshold."""

from __future__ import annotations

from typing import Any

from ..core.base import layer, number
from ..core.lazy_numpy import np
from .activations import Curve

GROUP = "Activations"


@layer("threshold", torch="nn.Threshold", keras="ops.threshold", flax="", mxnet="", also="ThresholdedReLU")
class Threshold(Curve):
    """x where above a threshold, else a value."""

    example = ("{threshold: 0.1, value: 0}", "[N, 4]")

    threshold = number("the threshold", also="theta")
    value = number("what takes the place of values not above it")

    def curve(self, x: Any) -> Any:
        return np.where(x <= self.threshold, x.dtype.type(self.value), x)


@layer("softshrink", torch="nn.Softshrink", keras="activations.soft_shrink", flax="", mxnet="", also="SoftShrink")
class Softshrink(Curve):
    """x moved towards 0 by lambda, and 0 where it is no farther away than that."""

    vars()["lambda"] = number("how far", default=0.5, minimum=0, also="lambd threshold")

    def curve(self, x: Any) -> Any:
        width = getattr(self, "lambda")
        return x - np.clip(x, -width, width)


@layer("hardshrink", torch="nn.Hardshrink", keras="activations.hard_shrink", flax="", mxnet="", also="HardShrink")
class Hardshrink(Curve):
    """x where farther from 0 than lambda, else 0."""

    vars()["lambda"] = number("how far", default=0.5, minimum=0, also="lambd threshold")

    def curve(self, x: Any) -> Any:
        width = getattr(self, "lambda")
        return np.where((x >= -width) & (x <= width), x.dtype.type(0), x)
