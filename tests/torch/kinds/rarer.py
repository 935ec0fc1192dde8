"""Kinds beyond the first set: separable convolutions, cells, convolutional LSTMs, columns of windows."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peer, Peers, chance, listed, need, per, some, spatial
from .activations import after, some_name
from .convolution import MODES, draw_padding, padded, paired, same


def separable(n: int) -> Peer:
    """Two convolutions, the first of each channel by itself."""

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        k, s, d = (per(a.get(w, 1), n) for w in ("kernel_size", "stride", "dilation"))
        ci, wide, co = x.shape[1], x.shape[1] * a.get("multiplier", 1), a["channels"]
        padding = a.get("padding", 0)
        if padding == "same":
            pairs = [same(*z) for z in zip(x.shape[2:], k, s, d)]
        else:
            pairs = padding if paired(padding) else [(p, p) for p in per(0 if padding == "valid" else padding, n)]
        conv = getattr(F, f"conv{n}d")
        y = conv(padded(x, pairs, a.get("padding_mode", "zeros")), own("depthwise.weight", wide, 1, *k), None, s, 0, d, ci)
        y = conv(y, own("pointwise.weight", co, wide, *(1,) * n), own("bias", co) if a.get("bias", True) else None)
        return after(a, y)

    return call


def draw_separable(r: Random, n: int) -> Draw:
    args: dict[str, Any] = {"channels": r.randint(1, 4), "kernel_size": listed(r, some(r, n, 1, 3)),
                            "multiplier": r.randint(1, 3), "stride": listed(r, some(r, n, 1, 3)),
                            "dilation": listed(r, some(r, n, 1, 2)), "padding": draw_padding(r, n),
                            "padding_mode": r.choice(["zeros", "zeros", *MODES]), "bias": chance(r, 0.7)}  # fmt: skip
    args["activation"] = some_name(r)
    return Draw(args, [spatial(r, n, r.randint(1, 3), 3, 9 if n < 3 else 5)])


def cell(kind: str) -> Peer:
    module = getattr(torch.nn, kind)

    def call(a: dict[str, Any], own: Own, x: Tensor, *state: Tensor) -> Any:
        need(x.ndim == 2 and (kind != "LSTMCell" or len(state) != 1))
        more = {"nonlinearity": a.get("activation", "tanh")} if kind == "RNNCell" else {}
        m = own.module(lambda: module(x.shape[1], a["hidden"], a.get("bias", True), **more), std=0.5)
        return m(x, (state if len(state) > 1 else state[0]) if state else None)

    return call


def draw_cell(r: Random, kind: str) -> Draw:
    """A step, sometimes from the zero state."""
    hidden, n = r.randint(1, 5), r.randint(1, 3)
    args: dict[str, Any] = {"hidden": hidden, "bias": chance(r, 0.7)}
    if kind == "RNNCell":
        args["activation"] = r.choice(["tanh", "relu"])
    inputs = [torch.randn(n, r.randint(1, 5))]
    if chance(r, 0.7):
        inputs += [torch.randn(n, hidden) for _ in range(2 if kind == "LSTMCell" and chance(r, 0.9) else 1)]
        if chance(r, 0.1):
            at = r.randrange(1, len(inputs))
            inputs[at] = torch.cat([inputs[at]] * 2, r.randrange(2))
    return Draw(args, inputs)


def conv_lstm(a: dict[str, Any], own: Own, x: Tensor) -> Any:
    """By the formula, step by step; the recurrent convolution keeps the size."""
    need(x.ndim == 5)
    k, channels, padding = per(a["kernel_size"], 2), a["channels"], a.get("padding", "same")

    def same_size(y: Tensor) -> Tensor:
        return F.pad(y, [w for m in reversed(k) for w in ((m - 1) // 2, m - 1 - (m - 1) // 2)])

    h = c = None
    made = []
    for step in x.unbind(1):
        step = same_size(step) if padding == "same" else step
        gates = F.conv2d(step, own("weight_ih", 4 * channels, x.shape[2], *k),
                         own("bias", 4 * channels) if a.get("bias", True) else None,
                         padding=padding if isinstance(padding, int) else 0)  # fmt: skip
        recurrent = own("weight_hh", 4 * channels, channels, *k)
        if h is not None:
            gates = gates + F.conv2d(same_size(h), recurrent)
        i, f, g, o = gates.chunk(4, 1)
        c = i.sigmoid() * g.tanh() + (0 if c is None else f.sigmoid() * c)
        h = o.sigmoid() * c.tanh()
        made.append(h)
    return torch.stack(made, 1), h, c


def draw_conv_lstm(r: Random) -> Draw:
    args = {"channels": r.randint(1, 3), "kernel_size": list(some(r, 2, 1, 3)), "padding": r.choice(["same", "valid", 0, 1]),
            "bias": chance(r, 0.7)}  # fmt: skip
    return Draw(args, [torch.randn(r.randint(1, 2), r.randint(1, 4), r.randint(1, 3), r.randint(1, 6), r.randint(1, 6))])


def unfold(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """PyTorch also takes one sample without a batch, (C, H, W): not here."""
    need(x.ndim == 4)
    return F.unfold(x, a["kernel_size"], a["dilation"], a["padding"], a["stride"])


def fold(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    return F.fold(x, a["output_size"], a["kernel_size"], a["dilation"], a["padding"], a["stride"])


def windows(r: Random) -> dict[str, Any]:
    sizes = {"kernel_size": (1, 3), "stride": (1, 3), "padding": (0, 2), "dilation": (1, 2)}
    return {name: list(some(r, 2, *limits)) for name, limits in sizes.items()}


def draw_unfold(r: Random) -> Draw:
    x = torch.randn(*some(r, 2, 1, 3), *some(r, 2, 1, 7))
    return Draw(windows(r), [x[0, 0] if chance(r, 0.04) else x])


def draw_fold(r: Random) -> Draw:
    args, size = windows(r), some(r, 2, 1, 7)
    k, s, p, d = (args[n] for n in ("kernel_size", "stride", "padding", "dilation"))
    counts = [(n + 2 * b - e * (c - 1) - 1) // a + 1 for n, c, a, b, e in zip(size, k, s, p, d)]
    columns = max(counts[0], 1) * max(counts[1], 1) + chance(r, 0.07)
    rows = r.randint(1, 3) * k[0] * k[1] + chance(r, 0.07)
    return Draw({"output_size": list(size), **args}, [torch.randn(r.randint(1, 2), rows, columns)])


CELLS = ("LSTM", "GRU", "RNN")
PEERS: Peers = {
    **{f"separable_conv{n}d": separable(n) for n in (1, 2, 3)},
    **{f"{name.lower()}_cell": cell(f"{name}Cell") for name in CELLS},
    "conv_lstm2d": conv_lstm,
    "unfold": unfold,
    "fold": fold,
}
KINDS: Kinds = {
    **{f"separable_conv{n}d": (lambda r, n=n: draw_separable(r, n)) for n in (1, 2, 3)},
    **{f"{name.lower()}_cell": (lambda r, name=name: draw_cell(r, f"{name}Cell")) for name in CELLS},
    "conv_lstm2d": draw_conv_lstm,
    "unfold": draw_unfold,
    "fold": draw_fold,
}
