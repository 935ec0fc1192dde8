"""Convolutions of one to three axes: plain, transposed and depthwise; dense layers and embeddings."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peer, Peers, chance, listed, need, per, some, spatial
from .activations import after, some_name

MODES = {"zeros": "constant", "reflect": "reflect", "edge": "replicate", "circular": "circular"}


def same(size: int, k: int, s: int, d: int) -> tuple[int, int]:
    """TensorFlow's SAME: cells before and after."""
    total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def flat(pairs: list[tuple[int, int]]) -> list[int]:
    """As F.pad wants it: the last axis first."""
    return [w for pair in reversed(pairs) for w in pair]


def padded(x: Tensor, pairs: list[tuple[int, int]], mode: str) -> Tensor:
    return F.pad(x, flat(pairs), MODES[mode]) if any(map(any, pairs)) else x


def paired(padding: Any) -> bool:
    """Whether a padding is written as a pair per axis."""
    return isinstance(padding, list) and isinstance(padding[0], list)


def positive(padding: Any) -> bool:
    """Whether a padding adds cells: F.pad takes them away, too."""
    return all(map(positive, padding)) if isinstance(padding, list) else isinstance(padding, str) or padding >= 0


def draw_padding(r: Random, n: int) -> Any:
    """Each way to write a padding."""
    return r.choice([
        lambda: 0, lambda: r.randint(0, 3), lambda: list(some(r, n, 0, 2)), lambda: [list(some(r, 2, 0, 3)) for _ in range(n)],
        lambda: "same", lambda: "valid",
    ])()  # fmt: skip


def said(a: dict[str, Any], key: str, came: int) -> int:
    """A width that is expected, or the one that came."""
    width: int = came if a.get(key) is None else a[key]
    need(width >= 1)
    return width


def conv(n: int, depthwise: bool = False) -> Peer:
    """Its module, with a padding that PyTorch has no word for put around the input first."""

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        k, s, d = (per(a.get(w, 1), n) for w in ("kernel_size", "stride", "dilation"))
        ci = said(a, "in_channels", x.shape[1])
        need(positive(a.get("padding", 0)))
        co, groups = (ci * a.get("multiplier", 1), ci) if depthwise else (a["channels"], a.get("groups", 1))
        padding, mode = a.get("padding", 0), a.get("padding_mode", "zeros")
        apart = paired(padding) or (padding == "same" and max(s) > 1)
        module = getattr(torch.nn, f"Conv{n}d")
        m = own.module(lambda: module(ci, co, k, s, 0 if apart else padding if isinstance(padding, int | str) else tuple(padding),
                                      d, groups, a.get("bias", True), "zeros" if mode == "zeros" else MODES[mode]))  # fmt: skip
        if apart:
            x = padded(x, [same(*z) for z in zip(x.shape[2:], k, s, d)] if padding == "same" else padding, mode)
        return after(a, m(x))

    return call


def conv_transpose(n: int) -> Peer:
    """Its module; what a padding in pairs, or `same`, takes away is cut off afterwards."""

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        k, s, d = (per(a.get(w, 1), n) for w in ("kernel_size", "stride", "dilation"))
        padding, extra = a.get("padding", 0), per(a.get("output_padding", 0), n)
        need(positive(padding))
        if padding == "same":  # as large as stride times the input
            need(not any(extra))
            over = [z * (y - 1) + 1 - w for y, w, z in zip(k, s, d)]
            extra = tuple(max(-o, 0) for o in over)
            padding = [[max(o, 0) // 2, max(o, 0) - max(o, 0) // 2] for o in over]
        whole = 0 if paired(padding) or padding == "valid" else per(padding, n)
        module = getattr(torch.nn, f"ConvTranspose{n}d")
        y = own.module(lambda: module(said(a, "in_channels", x.shape[1]), a["channels"], k, s, whole, extra, a.get("groups", 1),
                                      a.get("bias", True), d))(x)  # fmt: skip
        if paired(padding):
            need(all(b + e < size for (b, e), size in zip(padding, y.shape[2:])))
            y = y[(slice(None), slice(None), *(slice(b, size - e) for (b, e), size in zip(padding, y.shape[2:])))]
        return after(a, y)

    return call


def dense(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    x = x.flatten(1) if a.get("flatten") else x
    need(x.ndim > 0)
    return after(a, own.module(lambda: torch.nn.Linear(said(a, "in_units", x.shape[-1]), a["units"], a.get("bias", True)))(x))


def embedding(a: dict[str, Any], own: Own, ids: Tensor) -> Tensor:
    y: Tensor = own.module(lambda: torch.nn.Embedding(a["input_dim"], a["output_dim"], a.get("padding_index")))(ids)
    return y


def draw_conv(r: Random, n: int, depthwise: bool = False) -> Draw:
    groups = r.choice([1, 1, 2, 3])
    ci, co = groups * r.randint(1, 3), groups * r.randint(1, 3)
    if chance(r, 0.06):
        ci, co = r.randint(1, 6), r.randint(1, 6)
    k, s, d = some(r, n, 1, 4), some(r, n, 1, 3), some(r, n, 1, 2)
    args: dict[str, Any] = {"kernel_size": listed(r, k), "stride": listed(r, s), "dilation": listed(r, d),
                            "padding": draw_padding(r, n), "padding_mode": r.choice(["zeros", "zeros", *MODES]),
                            "bias": chance(r, 0.7)}  # fmt: skip
    args |= {"multiplier": r.randint(1, 3)} if depthwise else {"channels": co, "groups": groups}
    if chance(r, 0.3):
        args["in_channels"] = ci if chance(r, 0.8) else ci + groups
    args["activation"] = some_name(r)
    return Draw(args, [spatial(r, n, ci, 3, 10 if n < 3 else 6)])


def draw_transposed(r: Random, n: int) -> Draw:
    groups = r.choice([1, 1, 2, 3])
    ci, co = groups * r.randint(1, 3), groups * r.randint(1, 3)
    if chance(r, 0.06):
        ci, co = r.randint(1, 6), r.randint(1, 6)
    k, s, d = some(r, n, 1, 4), some(r, n, 1, 3), some(r, n, 1, 2)
    extra = tuple(r.randint(0, max(a, b) - (not chance(r, 0.05))) for a, b in zip(s, d))
    args = {"channels": co, "kernel_size": listed(r, k), "stride": listed(r, s), "dilation": listed(r, d), "groups": groups,
            "output_padding": listed(r, extra), "bias": chance(r, 0.7)}  # fmt: skip
    args["padding"] = r.choice([[list(some(r, 2, 0, 2)) for _ in range(n)], "same", "valid", *[listed(r, some(r, n, 0, 2))] * 3])
    if args["padding"] == "same" and chance(r, 0.9):
        del args["output_padding"]
    if chance(r, 0.3):
        args["in_channels"] = ci if chance(r, 0.8) else ci + groups
    args["activation"] = some_name(r)
    return Draw(args, [spatial(r, n, ci, 1, 6 if n < 3 else 4)])


def draw_dense(r: Random) -> Draw:
    flatten = chance(r, 0.4)
    size = (*some(r, r.randint(0, 3), 1, 4), r.randint(1, 6))
    if flatten and len(size) == 1:
        size = (2, *size)
    width = torch.Size(size[1:]).numel() if flatten else size[-1]
    args: dict[str, Any] = {"units": r.randint(1, 6), "bias": chance(r), "flatten": flatten, "activation": some_name(r)}
    if chance(r, 0.3):
        args["in_units"] = width if chance(r, 0.7) else width + 1
    return Draw(args, [torch.randn(size)])


def draw_embedding(r: Random) -> Draw:
    rows = r.randint(1, 9)
    ids = torch.randint(0, rows, some(r, r.randint(0, 3), 1, 4), dtype=r.choice([torch.int64, torch.int32]))
    if chance(r, 0.1):
        ids = ids + r.choice([-1, rows])
    args = {"input_dim": rows, "output_dim": r.randint(1, 5)}
    if chance(r, 0.3):
        args["padding_index"] = r.randint(0, rows)
    return Draw(args, [ids])


AXES = (1, 2, 3)

PEERS: Peers = {
    **{f"conv{n}d": conv(n) for n in AXES},
    **{f"depthwise_conv{n}d": conv(n, depthwise=True) for n in AXES},
    **{f"conv_transpose{n}d": conv_transpose(n) for n in AXES},
    "dense": dense,
    "embedding": embedding,
}

KINDS: Kinds = {
    **{f"conv{n}d": (lambda r, n=n: draw_conv(r, n)) for n in AXES},
    **{f"depthwise_conv{n}d": (lambda r, n=n: draw_conv(r, n, depthwise=True)) for n in AXES},
    **{f"conv_transpose{n}d": (lambda r, n=n: draw_transposed(r, n)) for n in AXES},
    "dense": draw_dense,
    "embedding": draw_embedding,
}
