"""Regularisation by noise: the identity at inference."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, layer, number

GROUP = "Regularisation"


class Noise(Layer):
    """Random while training, the identity at inference."""

    takes = gives = "*x"
    accepts = "any"
    adds = 0

    def forward(self, p: Any, x: Any) -> Any:
        return x


@layer("dropout", torch="nn.Dropout", keras="layers.Dropout", flax="linen.Dropout", mxnet="gluon.nn.Dropout")
class Dropout(Noise):
    """Zero a random part of the values while training (Srivastava et al., 2014)."""

    rate = number("part that is dropped", default=0.5, minimum=0, maximum=1, also="p prob drop_rate")


@layer(
    "spatial_dropout",
    torch="nn.Dropout1d nn.Dropout2d nn.Dropout3d",
    keras="layers.SpatialDropout1D layers.SpatialDropout2D layers.SpatialDropout3D",
    flax="linen.Dropout(broadcast_dims=…)",
    mxnet="gluon.nn.Dropout(axes=…)",
)
class SpatialDropout(Noise):
    """Drop whole channels while training."""

    rate = number("part that is dropped", default=0.5, minimum=0, maximum=1, also="p")


@layer("alpha_dropout", torch="nn.AlphaDropout nn.FeatureAlphaDropout", keras="layers.AlphaDropout", flax="", mxnet="")
class AlphaDropout(Noise):
    """Dropout that keeps mean and variance, for selu networks (Klambauer et al., 2017)."""

    rate = number("part that is dropped", default=0.5, minimum=0, maximum=1, also="p")


@layer("gaussian_dropout", torch="", keras="layers.GaussianDropout", flax="", mxnet="")
class GaussianDropout(Noise):
    """Multiply by noise around 1 while training."""

    example = ("0.1", "[N, 4]")

    rate = number("part that dropout would drop", minimum=0, maximum=1, also="p")


@layer("gaussian_noise", torch="", keras="layers.GaussianNoise", flax="", mxnet="")
class GaussianNoise(Noise):
    """Add noise while training."""

    example = ("0.1", "[N, 4]")

    std = number("standard deviation of the noise", minimum=0, also="stddev sigma")


@layer("drop_path", torch="", keras="", flax="", mxnet="", also="DropPath StochasticDepth stochastic_depth")
class DropPath(Noise):
    """Drop the whole branch of a sample while training (Huang et al., 2016)."""

    example = ("0.1", "[N, 4]")

    rate = number("part that is dropped", minimum=0, maximum=1, also="p drop_prob")
