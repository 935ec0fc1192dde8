"""Activations, by kind and by name, and what is the identity at inference."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peer, Peers, axis_of, chance, need, plain, shape, values


def sparsemax(x: Tensor) -> Tensor:
    """The simplex's nearest point by bisection on the threshold, in double precision."""
    z = x.double()
    low, high = z.amax(-1, keepdim=True) - 1, z.amax(-1, keepdim=True)
    for _ in range(80):
        mid = (low + high) / 2
        over = (z - mid).clamp(min=0).sum(-1, keepdim=True) > 1
        low, high = torch.where(over, mid, low), torch.where(over, high, mid)
    return (z - low).clamp(min=0).to(x.dtype)


def squareplus(x: Tensor) -> Tensor:
    return ((x.double() + (x.double() ** 2 + 4).sqrt()) / 2).to(x.dtype)


BY_NAME: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x, "relu": F.relu, "relu6": F.relu6, "leaky_relu": F.leaky_relu, "elu": F.elu, "celu": F.celu,
    "selu": F.selu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x), "silu": F.silu, "mish": F.mish,
    "sigmoid": torch.sigmoid, "hard_sigmoid": F.hardsigmoid, "hard_swish": F.hardswish, "tanh": torch.tanh,
    "hard_tanh": F.hardtanh, "softplus": F.softplus, "softsign": F.softsign, "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1), "softmin": lambda x: F.softmin(x, -1), "log_sigmoid": F.logsigmoid,
    "tanhshrink": F.tanhshrink, "softshrink": F.softshrink, "hardshrink": F.hardshrink, "squareplus": squareplus,
    "sparsemax": sparsemax,
}  # fmt: skip


WHOLE = ("softmax", "log_softmax", "softmin", "sparsemax")
"""Those of a whole axis: PyTorch lets a number pass for one, the language does not."""


def some_name(r: Random) -> str | None:
    """The `activation` argument of another kind, mostly none."""
    return r.choice(list(BY_NAME)) if chance(r, 0.25) else None


def after(a: dict[str, Any], x: Tensor) -> Tensor:
    """What a kind's `activation` argument makes of its result."""
    return BY_NAME[a.get("activation") or "identity"](x)


def by_name(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(a["name"] in BY_NAME and (x.ndim > 0 or a["name"] not in WHOLE))
    return BY_NAME[a["name"]](x)


def prelu(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    shared = a.get("shared", True)
    m = own.module(lambda: torch.nn.PReLU(1 if shared else x.shape[1]))
    need(shared or len(m.weight) == x.shape[1])  # PyTorch stretches one
    y: Tensor = m(x)
    return y


def draw_prelu(r: Random) -> Draw:
    shared = chance(r)
    return Draw({"shared": shared}, [values(r, shape(r, 1 if shared else 2))])


def along(call: Callable[[Tensor, int], Tensor]) -> Peer:
    """A function along an axis, which a number has not."""

    def peer(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim > 0)
        return call(x, a.get("axis", -1))

    return peer


def draw_along(r: Random) -> Draw:
    """With an axis, which is sometimes not there."""
    size = shape(r)
    axis = axis_of(r, len(size))
    return Draw({} if axis == -1 and chance(r) else {"axis": axis}, [values(r, size)])


def drawn(**args: list[Any]) -> Callable[[Random], Draw]:
    """Some choice for each argument, on any shape."""
    return lambda r: Draw({name: r.choice(found) for name, found in args.items()}, [values(r, shape(r, 0))])


FIXED = ["identity", "relu", "relu6", "selu", "gelu_tanh", "quick_gelu", "silu", "sigmoid", "hard_sigmoid", "hard_swish", "tanh"]
ALONG: dict[str, Callable[[Tensor, int], Tensor]] = {"softmax": F.softmax, "log_softmax": F.log_softmax, "glu": F.glu}

PEERS: Peers = {
    **{name: plain(BY_NAME[name]) for name in FIXED},
    **{name: along(call) for name, call in ALONG.items()},
    "leaky_relu": lambda a, own, x: F.leaky_relu(x, a.get("slope", 0.01)),
    "elu": lambda a, own, x: F.elu(x, a.get("alpha", 1.0)),
    "softplus": lambda a, own, x: F.softplus(x, a.get("beta", 1.0), a.get("threshold", 20.0)),
    "gelu": lambda a, own, x: F.gelu(x, approximate=a.get("approximate", "none")),
    "prelu": prelu,
    "activation": by_name,
    "dropout": lambda a, own, x: torch.nn.Dropout(a.get("rate", 0.5)).eval()(x),
}

KINDS: Kinds = {
    **{name: drawn() for name in FIXED},
    **dict.fromkeys(ALONG, draw_along),
    "leaky_relu": drawn(slope=[0.0, 0.01, 0.3, 1.0, 1.5, -0.5]),
    "elu": drawn(alpha=[1.0, 0.5, 2.5, -0.3]),
    "softplus": drawn(beta=[1.0, 0.3, 4.0], threshold=[20.0, 5.0, 1.0]),
    "gelu": drawn(approximate=["none", "tanh", "erf"]),
    "prelu": draw_prelu,
    "activation": drawn(name=[*BY_NAME, "reluu"]),
    "dropout": drawn(rate=[0.0, 0.1, 0.5, 1.0, 1.2, -0.1]),
}
