"""The initialisers. Adding one is adding one function below, decorated with `@initializer`.

Each function takes `fill` (the tensor's own random stream), the tensor's shape and its fans `(fan_in, fan_out)`, then
its arguments, whose annotations say what they accept. It returns what a method of `fill` returns, or, marked `whole`,
an array of the whole tensor. In this module every name is an `Initializer`: `zeros`, `normal`, `normal(std=1.0)`.
"""

from __future__ import annotations

from math import ceil, prod, sqrt
from typing import TYPE_CHECKING, Any, Protocol

from .initializer_base import Initializer, Shape, initializer, known, make
from .problems import Problem

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

Fans = tuple[int, int]
Number = float
"""Any finite number."""
NonNegative = float
"""A number >= 0."""
Fraction = float
"""A number from 0 to 1."""
Count = int
"""A whole number >= 1."""
Word = str
"""One of the words the default lists, separated by `|`; the first is the default."""

__all__ = ["Initializer", "Stream", "known", "make"]

TRUNCATED_STD = 0.87962566103423978
"""Standard deviation of a unit normal cut off at two standard deviations."""


class Stream(Protocol):
    """What draws a tensor's values. Only `whole` initialisers may ask for the methods below the first four."""

    def constant(self, value: float) -> Array: ...
    def uniform(self, low: float, high: float) -> Array: ...
    def normal(self, mean: float, std: float) -> Array: ...
    def truncated_normal(self, mean: float, std: float) -> Array:
        """Normal values, those beyond two standard deviations drawn again."""
        ...

    def orthonormal(self, rows: int, columns: int) -> Array:
        """A random matrix whose columns (rows, where there are fewer) are orthonormal; float64."""
        ...

    def order(self) -> Array:
        """A second stream of the tensor's shape, independent of its values, to choose places by."""
        ...


@initializer(also="zero zeros_init", integer=True)
def zeros(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """0 everywhere."""
    return fill.constant(0)


@initializer(also="one ones_init", integer=True)
def ones(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """1 everywhere."""
    return fill.constant(1)


@initializer(also="fill full value", integer=True)
def constant(fill: Stream, shape: Shape, fans: Fans, value: Number) -> Array:
    """The given number everywhere."""
    return fill.constant(value)


def _bounds(given: dict[str, Any]) -> None:
    if ("low" in given) != ("high" in given):
        here, other = ("low", "high") if "low" in given else ("high", "low")
        raise Problem("bad-argument", f"uniform has {here} but no {other}", here, help="give both, or scale alone")
    if "low" in given and "scale" in given:
        raise Problem("bad-argument", "uniform has both scale and low", "scale", help="scale: s is low: -s, high: s")
    if "low" in given and given["low"] > given["high"]:
        found = f"low {given['low']:g}, high {given['high']:g}"
        raise Problem("bad-argument", "uniform's low is above its high", "low", found=found)


@initializer(also="random_uniform rand", check=_bounds)
def uniform(
    fill: Stream,
    shape: Shape,
    fans: Fans,
    scale: NonNegative = 0.07,
    low: Number | None = None,
    high: Number | None = None,
) -> Array:
    """Evenly from -scale to scale, or from low to high."""
    return fill.uniform(-scale if low is None else low, scale if high is None else high)


@initializer(also="random_normal randn gaussian")
def normal(fill: Stream, shape: Shape, fans: Fans, std: NonNegative = 0.01, mean: Number = 0.0) -> Array:
    """Normally distributed."""
    return fill.normal(mean, std)


@initializer(also="trunc_normal")
def truncated_normal(fill: Stream, shape: Shape, fans: Fans, std: NonNegative = 0.01, mean: Number = 0.0) -> Array:
    """Normal, but never beyond two std from the mean. std is that of the uncut normal, as in PyTorch and Keras."""
    return fill.truncated_normal(mean, std)


@initializer(also="xavier_uniform xavier", fans=True)
def glorot_uniform(fill: Stream, shape: Shape, fans: Fans, gain: NonNegative = 1.0) -> Array:
    """Uniform of variance 2 / (fan_in + fan_out)."""
    bound = gain * sqrt(6 / (fans[0] + fans[1]))
    return fill.uniform(-bound, bound)


@initializer(also="xavier_normal", fans=True)
def glorot_normal(fill: Stream, shape: Shape, fans: Fans, gain: NonNegative = 1.0) -> Array:
    """Normal (not cut off) of variance 2 / (fan_in + fan_out)."""
    return fill.normal(0, gain * sqrt(2 / (fans[0] + fans[1])))


def _he(fans: Fans, slope: float, mode: str) -> float:
    return sqrt(2 / (1 + slope * slope) / fans[mode == "fan_out"])


@initializer(also="kaiming_uniform kaiming msra_prelu", fans=True)
def he_uniform(fill: Stream, shape: Shape, fans: Fans, slope: Number = 0.0, mode: Word = "fan_in|fan_out") -> Array:
    """Uniform of variance 2 / fan_in, for layers before a relu; slope is a leaky relu's."""
    bound = sqrt(3) * _he(fans, slope, mode)
    return fill.uniform(-bound, bound)


@initializer(also="kaiming_normal", fans=True)
def he_normal(fill: Stream, shape: Shape, fans: Fans, slope: Number = 0.0, mode: Word = "fan_in|fan_out") -> Array:
    """Normal (not cut off) of variance 2 / fan_in, for layers before a relu; slope is a leaky relu's."""
    return fill.normal(0, _he(fans, slope, mode))


@initializer(fans=True)
def lecun_uniform(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """Uniform of variance 1 / fan_in."""
    bound = sqrt(3 / fans[0])
    return fill.uniform(-bound, bound)


@initializer(fans=True)
def lecun_normal(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """Normal (not cut off) of variance 1 / fan_in."""
    return fill.normal(0, sqrt(1 / fans[0]))


@initializer(fans=True)
def variance_scaling(
    fill: Stream,
    shape: Shape,
    fans: Fans,
    scale: NonNegative = 1.0,
    mode: Word = "fan_in|fan_out|fan_avg",
    distribution: Word = "truncated_normal|normal|uniform",
) -> Array:
    """Variance scale / fan, whichever the distribution: the truncated normal is widened to make up for its cut."""
    fan = {"fan_in": fans[0], "fan_out": fans[1], "fan_avg": (fans[0] + fans[1]) / 2}[mode]
    std = sqrt(scale / fan)
    if distribution == "uniform":
        return fill.uniform(-sqrt(3) * std, sqrt(3) * std)
    return fill.normal(0, std) if distribution == "normal" else fill.truncated_normal(0, std / TRUNCATED_STD)


@initializer(fans=True, also="default reset_parameters")
def torch_default(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """Uniform within 1 / sqrt(fan_in): he_uniform of slope sqrt(5). For a bias, fan_in is that of its weight."""
    bound = 1 / sqrt(fans[0])
    return fill.uniform(-bound, bound)


@initializer(ranks=(2, 99), whole=True)
def orthogonal(fill: Stream, shape: Shape, fans: Fans, gain: Number = 1.0) -> Array:
    """Orthonormal columns (or rows, where there are fewer), times gain; axes after the first count as one."""
    return fill.orthonormal(shape[0], prod(shape[1:])) * gain


@initializer(also="eye", ranks=(2, 2), whole=True, integer=True)
def identity(fill: Stream, shape: Shape, fans: Fans, gain: Number = 1.0) -> Array:
    """gain on the diagonal, 0 elsewhere."""
    import numpy as np

    return np.asarray(np.eye(shape[0], shape[1]) * gain)


@initializer(also="delta_orthogonal", ranks=(3, 5), whole=True, integer=True)
def dirac(fill: Stream, shape: Shape, fans: Fans, groups: Count = 1) -> Array:
    """A convolution that passes channel c of each group through to output c; other outputs are 0."""
    import numpy as np

    if shape[0] % groups:
        raise Problem("bad-argument", f"{shape[0]} output channels do not split into {groups} groups", "groups")
    out = np.zeros(shape)
    centre = tuple(k // 2 for k in shape[2:])
    each = shape[0] // groups
    for group in range(groups):
        for channel in range(min(each, shape[1])):
            out[(group * each + channel, channel, *centre)] = 1
    return out


@initializer(ranks=(2, 2), whole=True)
def sparse(fill: Stream, shape: Shape, fans: Fans, sparsity: Fraction = 0.9, std: NonNegative = 0.01) -> Array:
    """Normal, with the share `sparsity` of each column set to 0 (rounded up)."""
    import numpy as np

    values = fill.normal(0, std).reshape(shape)
    holes = np.argsort(fill.order().reshape(shape), axis=0, kind="stable")[: ceil(round(sparsity * shape[0], 9))]
    np.put_along_axis(values, holes, 0, axis=0)
    return values


@initializer(also="upsampling", ranks=(3, 5), whole=True)
def bilinear(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """A transposed convolution that interpolates each channel; with an output axis above 1, channel c goes to c."""
    import numpy as np

    kernel = np.ones(())
    for size in shape[2:]:
        kernel = kernel[..., None] * (1 - np.abs(np.arange(size) - (size - 1) / 2) / ceil(size / 2))
    out = np.zeros(shape)
    channels = np.arange(shape[0] if shape[1] == 1 else min(shape[:2]))
    out[channels, 0 if shape[1] == 1 else channels] = kernel
    return out


@initializer(also="sinusoids positional_encoding", ranks=(2, 2), whole=True)
def sinusoidal(fill: Stream, shape: Shape, fans: Fans) -> Array:
    """A row per position: sines whose angles grow by 1 to 1/10000 a row, then their cosines (Whisper's table, not random)."""
    import numpy as np

    half = shape[1] // 2
    if shape[1] % 2 or half < 2:
        message = f"sinusoidal has no table of {shape[1]} features"
        raise Problem("initializer-shape", message, "sinusoidal", str(shape[1]), "an even number, at least 4")
    angles = np.arange(shape[0])[:, None] * 10000.0 ** (-np.arange(half) / (half - 1))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
