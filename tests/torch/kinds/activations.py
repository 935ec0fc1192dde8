"""Activations, by kind and by name, and what is the identity at inference."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, axis_of, chance, need, of, plain, shape, values


def sparsemax(x: Tensor) -> Tensor:
    """The simplex's nearest point by bisection on the threshold, in double precision."""
    z = x.double()
    low, high = z.amax(-1, keepdim=True) - 1, z.amax(-1, keepdim=True)
    for _ in range(80):
        mid = (low + high) / 2
        over = (z - mid).clamp(min=0).sum(-1, keepdim=True) > 1
        low, high = torch.where(over, mid, low), torch.where(over, high, mid)
    return (z - low).clamp(min=0).float()


BY_NAME: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x, "relu": F.relu, "relu6": F.relu6, "leaky_relu": F.leaky_relu, "elu": F.elu, "celu": F.celu,
    "selu": F.selu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x), "silu": F.silu, "mish": F.mish,
    "sigmoid": torch.sigmoid, "hard_sigmoid": F.hardsigmoid, "hard_swish": F.hardswish, "tanh": torch.tanh,
    "hard_tanh": F.hardtanh, "softplus": F.softplus, "softsign": F.softsign, "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1), "softmin": lambda x: F.softmin(x, -1), "log_sigmoid": F.logsigmoid,
    "tanhshrink": F.tanhshrink, "softshrink": F.softshrink, "hardshrink": F.hardshrink,
    "squareplus": lambda x: ((x.double() + (x.double() ** 2 + 4).sqrt()) / 2).float(), "sparsemax": sparsemax,
}  # fmt: skip


def named(r: Random) -> tuple[str | None, Callable[[Tensor], Tensor]]:
    """The `activation` argument of another kind, mostly none."""
    name = r.choice(list(BY_NAME)) if chance(r, 0.25) else None
    return name, BY_NAME[name or "identity"]


def by_name(r: Random) -> Draw:
    name = r.choice([*BY_NAME, "reluu"])

    def call(x: Tensor) -> Tensor:
        need(name in BY_NAME)
        return BY_NAME[name](x)

    return Draw({"name": name}, [values(r, shape(r))], plain(call))


def fixed(name: str) -> Callable[[Random], Draw]:
    return lambda r: Draw({}, [values(r, shape(r, 0))], plain(BY_NAME[name]))


def leaky_relu(r: Random) -> Draw:
    slope = r.choice([0.0, 0.01, 0.3, 1.0, 1.5, -0.5])
    return Draw({"slope": slope}, [values(r, shape(r, 0))], of(lambda: torch.nn.LeakyReLU(slope)))


def elu(r: Random) -> Draw:
    alpha = r.choice([1.0, 0.5, 2.5, -0.3])
    return Draw({"alpha": alpha}, [values(r, shape(r, 0))], of(lambda: torch.nn.ELU(alpha)))


def softplus(r: Random) -> Draw:
    beta, threshold = r.choice([1.0, 0.3, 4.0]), r.choice([20.0, 5.0, 1.0])
    return Draw({"beta": beta, "threshold": threshold}, [values(r, shape(r, 0))], of(lambda: torch.nn.Softplus(beta, threshold)))


def gelu(r: Random) -> Draw:
    how = r.choice(["none", "tanh", "erf"])
    return Draw({"approximate": how}, [values(r, shape(r, 0))], plain(lambda x: F.gelu(x, approximate=how)))


def prelu(r: Random) -> Draw:
    shared = chance(r)
    x = values(r, shape(r, 1 if shared else 2))
    return Draw({"shared": shared}, [x], of(lambda: torch.nn.PReLU(1 if shared else x.shape[1])))


def along(make: Any) -> Callable[[Random], Draw]:
    """A module along an axis, which is sometimes not there."""

    def draw(r: Random) -> Draw:
        size = shape(r)
        axis = axis_of(r, len(size))
        args = {} if axis == -1 and chance(r) else {"axis": axis}
        return Draw(args, [values(r, size)], of(lambda: make(axis)))

    return draw


def dropout(r: Random) -> Draw:
    rate = r.choice([0.0, 0.1, 0.5, 1.0, 1.2, -0.1])
    return Draw({"rate": rate}, [values(r, shape(r, 0))], of(lambda: torch.nn.Dropout(rate)))


KINDS: Kinds = {
    **{name: fixed(name) for name in ("identity", "relu", "relu6", "selu", "gelu_tanh", "quick_gelu", "silu", "sigmoid", "hard_sigmoid",
                                      "hard_swish", "tanh")},
    "leaky_relu": leaky_relu,
    "elu": elu,
    "softplus": softplus,
    "gelu": gelu,
    "prelu": prelu,
    "softmax": along(torch.nn.Softmax),
    "log_softmax": along(torch.nn.LogSoftmax),
    "glu": along(torch.nn.GLU),
    "activation": by_name,
    "dropout": dropout,
}  # fmt: skip
