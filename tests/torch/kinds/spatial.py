"""Resizing, and moving cells between channels, windows and space."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, chance, need, of, plain, some

RANKS = {"nearest": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,)}


def upsample(r: Random) -> Draw:
    mode = r.choice([*RANKS, "nearest", "cubic"])
    n = r.choice(RANKS.get(mode, (2,))) if chance(r, 0.93) else r.randint(1, 3)
    corners = chance(r, 0.1 if mode == "nearest" else 0.5)
    x = torch.randn(*some(r, 2, 1, 3), *some(r, n, 1, 6))
    args: dict[str, Any] = {"mode": mode, "align_corners": corners}
    more: dict[str, Any] = {"align_corners": corners if mode != "nearest" or corners else None}
    inputs = [x]
    how = r.choice(["scale", "scales", "size", "sizes", "like", "none"])
    if how == "scale":
        args["scale"] = more["scale_factor"] = r.choice([1, 2, 3, 0.5, 1.5, 2.5, 0.75, 1.2, 0.4])
    elif how == "scales":
        args["scale"] = more["scale_factor"] = [r.choice([1.0, 2.0, 0.5, 1.5, 1.7]) for _ in range(n + chance(r, 0.05))]
    elif how == "size":
        args["size"] = more["size"] = r.randint(1, 9)
    elif how == "sizes":
        args["size"] = more["size"] = list(some(r, n + chance(r, 0.05), 1, 9))
    elif how == "like":
        inputs.append(torch.randn(*some(r, 2, 1, 3), *some(r, n, 1, 9)))

    def call(x: Tensor, *like: Tensor) -> Tensor:
        need(not isinstance(more.get("size"), list) or len(more["size"]) == n)
        return F.interpolate(x, mode=mode, **more, **({"size": like[0].shape[2:]} if like else {}))

    factors = args.get("scale", 1)
    if any(f != 1 and int(m * f) == m for m, f in zip(x.shape[2:], factors if isinstance(factors, list) else [factors] * n)):
        return upsample(r)  # PyTorch then copies that axis as if no scale were given
    return Draw(args, inputs, plain(call))


def pixel_shuffle(r: Random) -> Draw:
    f = r.randint(1, 3)
    c = f * f * r.randint(1, 3) + chance(r, 0.1)
    return Draw({"factor": f}, [torch.randn(r.randint(1, 2), c, *some(r, 2, 1, 5))], of(lambda: torch.nn.PixelShuffle(f)))


def channel_shuffle(r: Random) -> Draw:
    groups = r.randint(1, 4)
    c = groups * r.randint(1, 4) + chance(r, 0.1)
    return Draw({"groups": groups}, [torch.randn(r.randint(1, 2), c, *some(r, r.randint(1, 3), 1, 4))],
                of(lambda: torch.nn.ChannelShuffle(groups)))  # fmt: skip


def windows(r: Random) -> tuple[int, int, int, int, int]:
    """n, height, width, channels, size of a window; rarely a height that windows do not fill."""
    s = r.randint(1, 4)
    return r.randint(1, 3), s * r.randint(1, 3) + chance(r, 0.07), s * r.randint(1, 3), r.randint(1, 4), s


def window_partition(r: Random) -> Draw:
    """One window after the other."""
    n, h, w, c, s = windows(r)

    def call(x: Tensor) -> Tensor:
        need(h % s == 0 and w % s == 0)
        return torch.stack([x[i, a : a + s, b : b + s] for i in range(n) for a in range(0, h, s) for b in range(0, w, s)])

    return Draw({"size": s}, [torch.randn(n, h, w, c)], plain(call))


def window_merge(r: Random) -> Draw:
    """Each window put in its place."""
    n, h, w, c, s = windows(r)
    count = n * (h // s) * (w // s) + chance(r, 0.05)

    def call(x: Tensor) -> Tensor:
        need(h % s == 0 and w % s == 0 and len(x) % ((h // s) * (w // s)) == 0)
        y = torch.zeros(len(x) // ((h // s) * (w // s)), h, w, c)
        places = [(i, a, b) for i in range(len(y)) for a in range(0, h, s) for b in range(0, w, s)]
        for window, (i, a, b) in zip(x, places):
            y[i, a : a + s, b : b + s] = window
        return y

    size = (count, s, s + chance(r, 0.05), c)
    return Draw({"size": s, "height": h, "width": w}, [torch.randn(size)], plain(call))


KINDS: Kinds = {
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "channel_shuffle": channel_shuffle,
    "window_partition": window_partition,
    "window_merge": window_merge,
}
