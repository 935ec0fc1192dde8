"""Activations along an axis: softmax and its relatives, and gates that halve one."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, integer, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np
from .activations import Activation
from .sigmoids import sigmoid

GROUP = "Activations"

BLOCK = 1 << 15
"""Entries worked on at a time, in whole rows."""


def softmax(x: Any, axis: int = -1, into: Any = None) -> Any:
    """exp(x) scaled to sum to 1; rows of nothing but -infinity give zeros. `into` may be x."""
    y = np.empty_like(x) if into is None else into
    if x.ndim > 1 and axis % x.ndim == x.ndim - 1 and x.size > BLOCK:  # rows are worked on while they are in cache
        flat = x.flags.c_contiguous and y.flags.c_contiguous
        source, target = (x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1])) if flat else (x, y)
        step = max(1, BLOCK * len(source) // x.size)
        for k in range(0, len(source), step):
            _softmax(source[k : k + step], -1, target[k : k + step])
    else:
        _softmax(x, axis, y)
    return y


def _softmax(x: Any, axis: int, y: Any) -> None:
    top = x.max(axis=axis, keepdims=True)
    top[top == -np.inf] = 0
    np.subtract(x, top, out=y)
    np.exp(y, out=y)
    total = y.sum(axis=axis, keepdims=True)
    total[total == 0] = 1
    y /= total


class AlongAxis(Activation):
    """A function along one axis, which must exist."""

    axis = integer("the axis it works along", default=-1, also="dim")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        k = self.axis + 1 if self.axis >= 0 else -self.axis
        names = " ".join(f"a{i}" for i in range(k))
        self.takes = self.gives = f"{names} *x" if self.axis >= 0 else f"*x {names}"


@layer(
    "softmax",
    torch="nn.Softmax nn.Softmax2d",
    keras="layers.Softmax activations.softmax",
    flax="linen.softmax",
    mxnet="nd.softmax",
)
class Softmax(AlongAxis):
    """exp(x) scaled to sum to 1 along an axis."""

    def forward(self, p: Any, x: Any) -> Any:
        return softmax(x, self.axis)

    def inplace(self, p: Any, x: Any) -> Any:
        return softmax(x, self.axis, into=x)


@layer("softmin", torch="nn.Softmin", keras="", flax="", mxnet="nd.softmin")
class Softmin(AlongAxis):
    """softmax of -x."""

    def forward(self, p: Any, x: Any) -> Any:
        y = np.negative(x)
        return softmax(y, self.axis, into=y)


@layer("log_softmax", torch="nn.LogSoftmax", keras="activations.log_softmax", flax="linen.log_softmax", mxnet="nd.log_softmax")
class LogSoftmax(AlongAxis):
    """The logarithm of softmax."""

    def forward(self, p: Any, x: Any) -> Any:
        y = x - x.max(axis=self.axis, keepdims=True)
        y -= np.log(np.exp(y).sum(axis=self.axis, keepdims=True))
        return y


@layer("sparsemax", torch="", keras="activations.sparsemax", flax="", mxnet="", also="Sparsemax")
class Sparsemax(AlongAxis):
    """The nearest point of the simplex: rows sum to 1, most entries 0 (Martins & Astudillo, 2016)."""

    def forward(self, p: Any, x: Any) -> Any:
        z = np.moveaxis(x, self.axis, -1)
        z = z - z.max(axis=-1, keepdims=True)  # the result is the same, the sums stay small
        ordered = np.sort(z, axis=-1)[..., ::-1]
        sums = np.cumsum(ordered, axis=-1, dtype=x.dtype) - 1
        k = np.arange(1, z.shape[-1] + 1, dtype=x.dtype)
        support = (ordered * k > sums).sum(axis=-1, keepdims=True)
        tau = np.take_along_axis(sums, support - 1, axis=-1) / support.astype(x.dtype)
        return np.moveaxis(np.maximum(z - tau, 0), -1, self.axis)


@layer("glu", torch="nn.GLU", keras="activations.glu", flax="linen.glu", mxnet="")
class Glu(Layer):
    """The first half of an axis times the sigmoid of the second (Dauphin et al., 2016)."""

    example = ("", "[N, 8]")

    axis = integer("the axis that is halved", default=-1, also="dim")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        names = [f"a{i}" for i in range(self.axis if self.axis >= 0 else -self.axis - 1)]
        around = "{0} {1} *x" if self.axis >= 0 else "*x {1} {0}"
        self.takes, self.gives = (around.format(" ".join(names), c).replace("  ", " ").strip() for c in ("whole", "half"))

    def relate(self, r: Frame) -> None:
        r.product("whole", 2, "half", says="an axis of {whole} has no two halves", blame="axis")

    def forward(self, p: Any, x: Any) -> Any:
        a, b = np.split(x, 2, axis=self.axis)
        with np.errstate(over="ignore"):
            y = sigmoid(b)
        y *= a
        return y
