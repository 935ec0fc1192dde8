"""Regularisation by noise: the identity at inference."""

from __future__ import annotations

from typing import Any

from .base import Layer, layer, number


class Noise(Layer):
    """Random while training, the identity at inference."""

    takes = gives = "*x"
    accepts = "any"
    adds = 0

    def forward(self, p: Any, x: Any) -> Any:
        return x


@layer("dropout", also="Dropout")
class Dropout(Noise):
    """Zero a random part of the values while training (Srivastava et al., 2014)."""

    rate = number("part that is dropped", default=0.5, minimum=0, maximum=1, also="p prob drop_rate")


@layer("spatial_dropout", also="Dropout1d Dropout2d Dropout3d SpatialDropout1D SpatialDropout2D SpatialDropout3D")
class SpatialDropout(Noise):
    """Drop whole channels while training."""

    rate = number("part that is dropped", default=0.5, minimum=0, maximum=1, also="p")


@layer("alpha_dropout", also="AlphaDropout FeatureAlphaDropout")
class AlphaDropout(Noise):
    """Dropout that keeps mean and variance, for selu networks (Klambauer et al., 2017)."""

    rate = number("part that is dropped", default=0.5, minimum=0, maximum=1, also="p")


@layer("gaussian_dropout", also="GaussianDropout")
class GaussianDropout(Noise):
    """Multiply by noise around 1 while training."""

    rate = number("part that dropout would drop", minimum=0, maximum=1, also="p")


@layer("gaussian_noise", also="GaussianNoise")
class GaussianNoise(Noise):
    """Add noise while training."""

    std = number("standard deviation of the noise", minimum=0, also="stddev sigma")


@layer("drop_path", also="DropPath StochasticDepth stochastic_depth")
class DropPath(Noise):
    """Drop the whole branch of a sample while training (Huang et al., 2016)."""

    rate = number("part that is dropped", minimum=0, maximum=1, also="p drop_prob")
