"""Functions of each entry, reductions and norms beyond the common ones, and noise that inference leaves out."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import (
    Draw,
    Kinds,
    NoWord,
    Own,
    Peer,
    Peers,
    axes_of,
    axis_of,
    chance,
    listed,
    need,
    per,
    plain,
    shape,
    some,
    spatial,
    values,
)
from .activations import along, draw_along, drawn, sparsemax
from .arranging import on

FLOATS: dict[str, Callable[[Tensor], Tensor]] = {
    "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "mish": F.mish, "softsign": F.softsign,
    "log_sigmoid": F.logsigmoid, "tanhshrink": F.tanhshrink,
}  # fmt: skip
ANY: dict[str, Callable[[Tensor], Tensor]] = {"abs": torch.abs, "neg": torch.neg}
NOISE = ("alpha_dropout", "spatial_dropout", "drop_path", "gaussian_dropout", "gaussian_noise")


def near_zero(call: Callable[[Tensor], Tensor]) -> Peer:
    """A function that makes much of what is hardly more than nothing."""

    def peer(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        own.arbitrary |= bool((x.abs() < 1e-3).any())
        return call(x)

    return peer


def with_arguments(call: Callable[..., Tensor], **defaults: Any) -> Peer:
    """A function of the input and of the kind's arguments by name."""
    return lambda a, own, x: call(x, *(a.get(k.rstrip("_"), v) for k, v in defaults.items()))


def clip(x: Tensor, low: float | None, high: float | None) -> Tensor:
    need(low is not None or high is not None)
    need(low is None or high is None or low <= high)  # PyTorch lets the upper one win
    if not x.is_floating_point():
        raise NoWord("integers and a bound that may be a fraction")
    return x.clamp(low, high)


def squareplus(x: Tensor, b: float) -> Tensor:
    need(b >= 0)
    return ((x.double() + (x.double() ** 2 + b).sqrt()) / 2).to(x.dtype)


def shift_by(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.is_floating_point() or a["amount"] == int(a["amount"]))
    return x + (a["amount"] if x.is_floating_point() else int(a["amount"]))


def spread(name: str) -> Peer:
    """std or var."""

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        axes = a["axis"] if isinstance(a["axis"], list) else [a["axis"]]
        need(x.ndim > 0 and a.get("correction", 1) >= 0)
        return getattr(torch, name)(x, axes, correction=a.get("correction", 1), keepdim=a.get("keepdims", False))

    return call


def norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axes = a["axis"] if isinstance(a["axis"], list) else [a["axis"]]
    need(x.ndim > 0)
    y: Tensor = torch.linalg.vector_norm(x, a.get("p", 2.0), axes, a.get("keepdims", False))
    return y


def argmax(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim > 0)
    top = x.sort(a["axis"], descending=True).values.movedim(a["axis"], 0)
    own.arbitrary |= bool(len(top) > 1 and (top[0] == top[1]).any())
    return x.argmax(a["axis"])


def cumsum(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim > 0)
    return x.cumsum(a["axis"])


def lp_normalize(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axis = a.get("axis", 1)
    axes = axis if isinstance(axis, list) else [axis]
    need(x.ndim > 0 and a.get("p", 2.0) > 0)
    size = torch.linalg.vector_norm(x, a.get("p", 2.0), axes, keepdim=True)
    return x / size.clamp(min=1e-12)


def instance_norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """By its formula: PyTorch's refuses a lone value as if it were training."""
    need(x.ndim >= 3)
    c, axes, like = x.shape[1], list(range(2, x.ndim)), (-1, *[1] * (x.ndim - 2))
    if x[0, 0].numel() < 4:
        own.arbitrary = True  # of close values the result is rounding
    y = (x - x.mean(axes, keepdim=True)) / (x.var(axes, correction=0, keepdim=True) + a.get("eps", 1e-5)).sqrt()
    y = y * own("weight", c).view(like) if a.get("scale") else y
    return y + own("bias", c).view(like) if a.get("center") else y


def local_response_norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    if x.ndim < 3:
        raise NoWord("PyTorch wants axes behind the channels")
    return F.local_response_norm(x, a["size"], a.get("alpha", 1e-4), a.get("beta", 0.75), a.get("k", 1.0))


def lp_pool(n: int) -> Peer:
    pool = getattr(F, f"lp_pool{n}d")

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        k = per(a["kernel_size"], n)
        if a.get("ceil_mode"):
            raise NoWord("PyTorch divides cut windows by what they hold and multiplies by all")
        if n == 3 and any(size > m for size, m in zip(k, x.shape[2:])):
            raise NoWord("its mean over three axes has a rule of its own for kernels that do not fit")
        s = per(k if a.get("stride") is None else a["stride"], n)
        return pool(x, a.get("norm_type", 2.0), k[0] if n == 1 else k, s[0] if n == 1 else s)

    return call


def draw_axes(r: Random, **more: list[Any]) -> Draw:
    size = shape(r)
    axes = axes_of(r, len(size))
    args: dict[str, Any] = {"axis": axes[0] if len(axes) == 1 else axes, **{k: r.choice(v) for k, v in more.items()}}
    return Draw(args, [values(r, size)])


def draw_axis(r: Random) -> Draw:
    size = shape(r)
    return on(r, {"axis": axis_of(r, len(size))}, size)


def draw_lp_normalize(r: Random) -> Draw:
    size = shape(r, 2)
    axes = axes_of(r, len(size))
    args: dict[str, Any] = {} if chance(r, 0.3) else {"axis": axes[0] if len(axes) == 1 else axes}
    return Draw({**args, "p": r.choice([1.0, 2.0, 3.0])}, [torch.randn(size)])


def draw_instance_norm(r: Random) -> Draw:
    x = torch.randn(r.randint(1, 3), r.randint(1, 4), *some(r, r.randint(1, 3), 2, 4))
    return Draw({"eps": 10.0 ** -r.randint(2, 5), "scale": chance(r), "center": chance(r)}, [x])


def draw_response(r: Random) -> Draw:
    x = torch.randn(*some(r, 2, 1, 6), *some(r, r.randint(1, 3), 1, 4))
    return Draw(
        {"size": r.randint(1, 5), "alpha": r.choice([1e-4, 0.5]), "beta": r.choice([0.75, 0.5]), "k": r.choice([1.0, 2.0])}, [x]
    )


def draw_lp_pool(r: Random, n: int) -> Draw:
    k = some(r, n, 1, 4)
    args: dict[str, Any] = {"kernel_size": listed(r, k), "norm_type": r.choice([1.0, 2.0, 3.0])}
    if chance(r, 0.6):
        args["stride"] = listed(r, some(r, n, 1, 3))
    return Draw(args, [spatial(r, n, 2, 3, 7)])


SMOOTH = ("softmin", "sparsemax")

PEERS: Peers = {
    **{name: plain(call) for name, call in {**FLOATS, **ANY}.items()},
    **{name: near_zero(FLOATS[name]) for name in ("log", "sqrt", "rsqrt")},
    **{name: plain(lambda x: x) for name in NOISE},
    "softmin": along(F.softmin),
    "sparsemax": along(lambda x, axis: sparsemax(x.movedim(axis, -1)).movedim(-1, axis)),
    "celu": with_arguments(F.celu, alpha=1.0),
    "hard_tanh": with_arguments(F.hardtanh, min=-1.0, max=1.0),
    "hardshrink": with_arguments(F.hardshrink, lambda_=0.5),
    "softshrink": with_arguments(F.softshrink, lambda_=0.5),
    "squareplus": with_arguments(squareplus, b=4.0),
    "threshold": with_arguments(F.threshold, threshold=0.0, value=0.0),
    "power": with_arguments(torch.pow, exponent=1.0),
    "clip": with_arguments(clip, min=None, max=None),
    "shift_by": shift_by,
    **{name: spread(name) for name in ("std", "var")},
    "norm": norm,
    "argmax": argmax,
    "cumsum": cumsum,
    "lp_normalize": lp_normalize,
    "instance_norm": instance_norm,
    "local_response_norm": local_response_norm,
    **{f"lp_pool{n}d": lp_pool(n) for n in (1, 2, 3)},
}

KINDS: Kinds = {
    **{name: drawn() for name in FLOATS},
    **{name: lambda r: on(r, {}, shape(r, 0)) for name in ANY},
    **{name: drawn(**{"std" if name == "gaussian_noise" else "rate": [0.0, 0.1, 0.5]}) for name in NOISE},
    **dict.fromkeys(SMOOTH, draw_along),
    "celu": drawn(alpha=[1.0, 0.5, 2.5, -0.3]),
    "hard_tanh": drawn(min=[-1.0, -0.3], max=[1.0, 0.5]),
    "hardshrink": drawn(**{"lambda": [0.5, 0.0, 1.5]}),
    "softshrink": drawn(**{"lambda": [0.5, 0.0, 1.5]}),
    "squareplus": drawn(b=[4.0, 0.0, 1.0]),
    "threshold": drawn(threshold=[0.0, 0.5, -1.0], value=[0.0, 7.0]),
    "power": drawn(exponent=[2, 3.0, 1.0, 0]),
    "clip": drawn(min=[None, -0.5, 2.0], max=[None, 0.5, 1.0]),
    "shift_by": drawn(amount=[1, -0.5, 100]),
    **{name: (lambda r: draw_axes(r, keepdims=[True, False], correction=[0, 1])) for name in ("std", "var")},
    "norm": lambda r: draw_axes(r, keepdims=[True, False], p=[1.0, 2.0, 3.0]),
    "argmax": draw_axis,
    "cumsum": draw_axis,
    "lp_normalize": draw_lp_normalize,
    "instance_norm": draw_instance_norm,
    "local_response_norm": draw_response,
    **{f"lp_pool{n}d": (lambda r, n=n: draw_lp_pool(r, n)) for n in (1, 2, 3)},
}
