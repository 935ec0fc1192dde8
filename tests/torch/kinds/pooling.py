"""Pooling: windows, evenly divided axes, whole axes."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from deferinit_cli.shapes.dims import UNKNOWN

from ..draws import Draw, Kinds, NoWord, Own, Peer, Peers, chance, listed, need, per, some, spatial
from .convolution import flat, paired, same


def window(n: int, kind: str) -> Peer:
    """A padding that PyTorch has no word for is put around the input first: -infinity for a maximum, uncounted zeros for a mean."""
    pool = getattr(F, f"{kind}_pool{n}d")

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        k, d = per(a["kernel_size"], n), per(a.get("dilation", 1), n)
        s = per(k if a.get("stride") is None else a["stride"], n)
        need(min(s) > 0)
        padding, ceil, counted = a.get("padding", 0), a.get("ceil_mode", False), a.get("count_include_pad", True)
        more: dict[str, Any] = {"dilation": d} if kind == "max" else {}
        if kind == "avg" and n == 3 and any(a > b for a, b in zip(k, x.shape[2:])):
            raise NoWord("a mean over three axes wants kernels that fit without padding, alone among all")
        if padding != "same" and not paired(padding):
            more |= {} if kind == "max" else {"count_include_pad": counted}
            return pool(x, k, s, 0 if padding == "valid" else padding, ceil_mode=ceil, **more)
        need(padding == "same" or all(0 <= w <= size // 2 for pair, size in zip(padding, k) for w in pair))
        pairs = [same(*z) for z in zip(x.shape[2:], k, s, d)] if padding == "same" else padding
        if kind == "max":
            return pool(F.pad(x, flat(pairs), value=-torch.inf), k, s, **more)
        y = pool(F.pad(x, flat(pairs)), k, s)
        return y if counted and padding != "same" else y / pool(F.pad(torch.ones_like(x), flat(pairs)), k, s)

    return call


def adaptive(n: int, kind: str) -> Peer:
    pool = getattr(F, f"adaptive_{kind}_pool{n}d")

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        wanted = [size if w in (None, UNKNOWN) else w for w, size in zip(per(a["output_size"], n), x.shape[2:])]
        return pool(x, wanted)

    return call


def overall(n: int, kind: str) -> Peer:
    pool = getattr(F, f"adaptive_{kind}_pool{n}d")

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        return pool(x, 1) if a.get("keepdims") else pool(x, 1).flatten(1)

    return call


def draw_window(r: Random, n: int, kind: str) -> Draw:
    k, s = some(r, n, 1, 4), some(r, n, 1, 3)
    written: Any = r.choice(["int", "list", "list", "pairs", "same", "valid"])
    half = tuple(a // 2 + chance(r, 0.03) for a in k)
    if written == "int":
        written = r.randint(0, min(half))
    elif written == "list":
        written = [r.randint(0, h) for h in half]
    elif written == "pairs":
        written = [list(some(r, 2, 0, a // 2)) for a in k]
    args = {"kernel_size": listed(r, k), "padding": written}
    if chance(r, 0.7):
        args["stride"] = listed(r, s)
    args["ceil_mode"] = chance(r) and not paired(written)
    if kind == "max":
        args["dilation"] = listed(r, some(r, n, 1, 2) if chance(r, 0.4) else (1,) * n)
    else:
        args["count_include_pad"] = chance(r)
    low = 4 if n == 3 and kind == "avg" else 3  # PyTorch's 3-d mean alone wants kernels that fit x without padding
    return Draw(args, [spatial(r, n, 3, low, 9 if n < 3 else 6)])


def draw_adaptive(r: Random, n: int, kind: str) -> Draw:
    out = [r.choice([UNKNOWN, r.randint(1, 7)]) for _ in range(n)]
    return Draw({"output_size": r.choice([out[0], out])}, [spatial(r, n, 3, 1, 9 if n < 3 else 5)])


def draw_overall(r: Random, n: int, kind: str) -> Draw:
    return Draw({"keepdims": chance(r)}, [spatial(r, n, r.randint(1, 4), 1, 9 if n < 3 else 5)])


FAMILIES = {"": (draw_window, window), "adaptive_": (draw_adaptive, adaptive), "global_": (draw_overall, overall)}
EVERY = [(f"{family}{kind}_pool{n}d", family, n, kind) for family in FAMILIES for kind in ("avg", "max") for n in (1, 2, 3)]

PEERS: Peers = {name: FAMILIES[family][1](n, kind) for name, family, n, kind in EVERY}
KINDS: Kinds = {name: (lambda r, of=family, n=n, kind=kind: FAMILIES[of][0](r, n, kind)) for name, family, n, kind in EVERY}
