"""Resizing, and moving cells between channels, windows and space."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, NoWord, Own, Peers, chance, need, some
from .arranging import on

RANKS = {"nearest": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,)}


def upsample(a: dict[str, Any], own: Own, x: Tensor, *like: Tensor) -> Tensor:
    mode, corners, size, factor = a.get("mode", "nearest"), a.get("align_corners", False), a.get("size"), a.get("scale")
    n = x.ndim - 2
    own.arbitrary |= mode != "nearest" and not bool(x.isfinite().all())  # whether infinity counts where its part is none
    need(not isinstance(size, list) or len(size) == n)
    if like:
        need(like[0].ndim == x.ndim)
        size = list(like[0].shape[2:])
    return F.interpolate(x, size, factor, mode, align_corners=corners if mode != "nearest" or corners else None)


def copies(x: Tensor, factors: Any) -> bool:
    """Whether PyTorch copies an axis, as if no scale were given, because its size stays the same."""
    n = x.ndim - 2
    return any(f != 1 and int(m * f) == m for m, f in zip(x.shape[2:], factors if isinstance(factors, list) else [factors] * n))


def pixel_shuffle(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim == 4)
    return F.pixel_shuffle(x, a["factor"])


def channel_shuffle(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    if x.ndim == 2:
        raise NoWord("PyTorch wants axes behind the channels")
    y: Tensor = torch.nn.ChannelShuffle(a["groups"])(x)
    return y


def window_partition(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """One window after the other."""
    need(x.ndim == 4)
    (n, h, w, _), s = x.shape, a["size"]
    need(h % s == 0 and w % s == 0)
    return torch.stack([x[i, b : b + s, c : c + s] for i in range(n) for b in range(0, h, s) for c in range(0, w, s)])


def window_merge(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """Each window put in its place."""
    h, w, s = a["height"], a["width"], a["size"]
    need(x.ndim == 4 and x.shape[1:3] == (s, s))
    need(h % s == 0 and w % s == 0 and len(x) % ((h // s) * (w // s)) == 0)
    y = x.new_zeros(len(x) // ((h // s) * (w // s)), h, w, x.shape[3])
    places = [(i, b, c) for i in range(len(y)) for b in range(0, h, s) for c in range(0, w, s)]
    for window, (i, b, c) in zip(x, places):
        y[i, b : b + s, c : c + s] = window
    return y


def draw_upsample(r: Random) -> Draw:
    mode = r.choice([*RANKS, "nearest", "cubic"])
    n = r.choice(RANKS.get(mode, (2,))) if chance(r, 0.93) else r.randint(1, 3)
    x = torch.randn(*some(r, 2, 1, 3), *some(r, n, 1, 6))
    args: dict[str, Any] = {"mode": mode, "align_corners": chance(r, 0.1 if mode == "nearest" else 0.5)}
    inputs = [x]
    how = r.choice(["scale", "scales", "size", "sizes", "like", "none"])
    if how == "scale":
        args["scale"] = r.choice([1, 2, 3, 0.5, 1.5, 2.5, 0.75, 1.2, 0.4, 0.7, 4 / 3, 15 / 11])
    elif how == "scales":
        args["scale"] = [r.choice([1.0, 2.0, 0.5, 1.5, 1.7]) for _ in range(n + chance(r, 0.05))]
    elif how == "size":
        args["size"] = r.randint(1, 9)
    elif how == "sizes":
        args["size"] = list(some(r, n + chance(r, 0.05), 1, 9))
    elif how == "like":
        inputs.append(torch.randn(*some(r, 2, 1, 3), *some(r, n, 1, 9)))
    return draw_upsample(r) if copies(x, args.get("scale", 1)) else Draw(args, inputs)


def draw_pixel_shuffle(r: Random) -> Draw:
    f = r.randint(1, 3)
    return on(r, {"factor": f}, (r.randint(1, 2), f * f * r.randint(1, 3) + chance(r, 0.1), *some(r, 2, 1, 5)))


def draw_channel_shuffle(r: Random) -> Draw:
    groups = r.randint(1, 4)
    c = groups * r.randint(1, 4) + chance(r, 0.1)
    return on(r, {"groups": groups}, (r.randint(1, 2), c, *some(r, r.randint(1, 3), 1, 4)))


def windows(r: Random) -> tuple[int, int, int, int, int]:
    """n, height, width, channels, size of a window; rarely a height that windows do not fill."""
    s = r.randint(1, 4)
    return r.randint(1, 3), s * r.randint(1, 3) + chance(r, 0.07), s * r.randint(1, 3), r.randint(1, 4), s


def draw_partition(r: Random) -> Draw:
    n, h, w, c, s = windows(r)
    return on(r, {"size": s}, (n, h, w, c))


def draw_merge(r: Random) -> Draw:
    n, h, w, c, s = windows(r)
    count = n * (h // s) * (w // s) + chance(r, 0.05)
    return on(r, {"size": s, "height": h, "width": w}, (count, s, s + chance(r, 0.05), c))


PEERS: Peers = {
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "channel_shuffle": channel_shuffle,
    "window_partition": window_partition,
    "window_merge": window_merge,
}
KINDS: Kinds = {
    "upsample": draw_upsample,
    "pixel_shuffle": draw_pixel_shuffle,
    "channel_shuffle": draw_channel_shuffle,
    "window_partition": draw_partition,
    "window_merge": draw_merge,
}
