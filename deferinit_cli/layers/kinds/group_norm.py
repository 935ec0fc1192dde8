"""Normalisation of channels in groups, one by one, and by their neighbours."""

from __future__ import annotations

from typing import Any

from ...initializers import ones, zeros
from ...shapes import rows
from ..core.base import Layer, flag, integer, integers, layer, number, param
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.options import Options, Path, Seen, divisors

GROUP = "Normalisation"

CHANNEL_FACTORS = [
    param("weight", "C", ones, when="scale", keras="gamma", flax="scale", mxnet="gamma"),
    param("bias", "C", zeros, when="center", keras="beta", flax="bias", mxnet="beta"),
]


def normalised(x: Any, groups: int, eps: float) -> Any:
    """Each group of channels of each sample, to mean 0 and variance 1."""
    y = np.ascontiguousarray(x).reshape(len(x), groups, -1)
    y = y - y.mean(axis=-1, keepdims=True, dtype=x.dtype)
    y /= np.sqrt(np.mean(np.square(y), axis=-1, keepdims=True, dtype=x.dtype) + x.dtype.type(eps))
    return y.reshape(x.shape)


def scaled(layer: Any, p: Any, y: Any) -> Any:
    shape = (-1, *[1] * (y.ndim - 2))
    if layer.scale:
        y = y * p.weight.reshape(shape)
    return y + p.bias.reshape(shape) if layer.center else y


@layer("group_norm", torch="nn.GroupNorm", keras="layers.GroupNormalization", flax="linen.GroupNorm", mxnet="gluon.nn.GroupNorm")
class GroupNorm(Layer):
    """Normalise groups of channels together (Wu & He, 2018)."""

    example = ("4", "[N, 16, 32, 32]")

    groups = integer("groups the channels are split into", minimum=1, also="num_groups", open=True, symbols=True)
    eps = number("added to the variance", default=1e-5, minimum=0, also="epsilon")
    scale = flag("a learned scale per channel", default=True, also="affine", open=True)
    center = flag("a learned shift per channel", default=True, open=True)

    takes = gives = "N C *x"
    parameters = CHANNEL_FACTORS

    def relate(self, r: Frame) -> None:
        r.divides("groups", "C", says="{whole} channels do not split into {part} groups", blame="groups")

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("C")) if name == "groups" else super().options(name, path, seen)

    def forward(self, p: Any, x: Any) -> Any:
        return scaled(self, p, normalised(x, self.groups, self.eps))


@layer(
    "instance_norm",
    torch="nn.InstanceNorm1d nn.InstanceNorm2d nn.InstanceNorm3d",
    keras="layers.GroupNormalization(groups=-1)",
    flax="linen.InstanceNorm",
    mxnet="gluon.nn.InstanceNorm",
    also="InstanceNormalization",
)
class InstanceNorm(Layer):
    """Normalise each channel of each sample (Ulyanov et al., 2016)."""

    example = ("{scale: true, center: true}", "[N, 16, 32, 32]")

    eps = number("added to the variance", default=1e-5, minimum=0, also="epsilon")
    scale = flag("a learned scale per channel", default=False, also="affine", open=True)
    center = flag("a learned shift per channel", default=False, open=True)

    takes = gives = "N C s *x"
    parameters = CHANNEL_FACTORS

    def relate(self, r: Frame) -> None:
        pass

    def forward(self, p: Any, x: Any) -> Any:
        return scaled(self, p, normalised(x, x.shape[1], self.eps))


@layer("local_response_norm", torch="nn.LocalResponseNorm", keras="", flax="", mxnet="nd.LRN", also="lrn")
class LocalResponseNorm(Layer):
    """Divide by a power of the squares of neighbouring channels (Krizhevsky et al., 2012)."""

    example = ("5", "[N, 16, 32, 32]")

    size = integer("channels in a neighbourhood", minimum=1, also="n depth_radius")
    alpha = number("factor of the mean square", default=1e-4)
    beta = number("the power", default=0.75)
    k = number("added to it", default=1.0, also="bias knorm")

    takes = gives = "N C s *x"

    def relate(self, r: Frame) -> None:
        pass

    def forward(self, p: Any, x: Any) -> Any:
        c = x.shape[1]
        squares = np.square(x)
        total = np.zeros_like(x)
        for shift in range(-(self.size // 2), (self.size - 1) // 2 + 1):
            low, high = max(0, -shift), min(c, c - shift)
            if low < high:
                total[:, low:high] += squares[:, low + shift : high + shift]
        return x / (x.dtype.type(self.k) + x.dtype.type(self.alpha / self.size) * total) ** x.dtype.type(self.beta)


@layer("lp_normalize", torch="nn.functional.normalize", keras="layers.UnitNormalization", flax="", mxnet="nd.L2Normalization")
class LpNormalize(Layer):
    """Scale to length 1 along an axis."""

    p = number("which norm", default=2.0, minimum=1e-6)
    axis = integers("the axis", default=(1,), also="dim")

    takes = gives = "*x"

    def relate(self, r: Frame) -> None:
        if rows.rank(r.inputs[0]) is not None:
            r.several(self.axis)

    def forward(self, p: Any, x: Any) -> Any:
        axis = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        length = (np.abs(x) ** self.p).sum(axis=axis, keepdims=True, dtype=x.dtype) ** (1 / self.p)
        return (x / np.maximum(length, 1e-12)).astype(x.dtype)
