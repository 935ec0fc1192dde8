"""Convolutions of one to three axes: plain, transposed and depthwise."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Oracle, chance, listed, of, some, spatial
from .activations import named

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


def draw_padding(r: Random, n: int) -> Any:
    """Each way to write a padding."""
    return r.choice([
        lambda: 0, lambda: r.randint(0, 3), lambda: list(some(r, n, 0, 2)), lambda: [list(some(r, 2, 0, 3)) for _ in range(n)],
        lambda: "same", lambda: "valid",
    ])()  # fmt: skip


def convolution(r: Random, n: int, depthwise: bool = False) -> Draw:
    groups = r.choice([1, 1, 2, 3])
    ci, co = groups * r.randint(1, 3), groups * r.randint(1, 3)
    if chance(r, 0.06):
        ci, co = r.randint(1, 6), r.randint(1, 6)
    k, s, d = some(r, n, 1, 4), some(r, n, 1, 3), some(r, n, 1, 2)
    padding, mode, bias = draw_padding(r, n), r.choice(["zeros", "zeros", *MODES]), chance(r, 0.7)
    x = spatial(r, n, ci, 3, 10 if n < 3 else 6)
    args: dict[str, Any] = {"kernel_size": listed(r, k), "stride": listed(r, s), "dilation": listed(r, d), "padding": padding,
                            "padding_mode": mode, "bias": bias}  # fmt: skip
    if depthwise:
        groups = ci
        co = ci * r.randint(1, 3)
        args["multiplier"] = co // ci
    else:
        args |= {"channels": co, "groups": groups}
    expected = ci
    if chance(r, 0.3):
        expected = args["in_channels"] = ci if chance(r, 0.8) else ci + groups
        if depthwise:
            groups, co = expected, co // ci * expected
    args["activation"], act = named(r)
    whole = padding if isinstance(padding, (int, str)) else tuple(padding) if isinstance(padding[0], int) else None
    if padding == "same" and max(s) > 1:
        whole = None
    module = getattr(torch.nn, f"Conv{n}d")
    words = MODES[mode] if mode != "zeros" else "zeros"

    def oracle() -> Oracle:
        m = module(expected, co, k, s, 0 if whole is None else whole, d, groups, bias, words)

        def call(conv: Any, x: Tensor) -> Tensor:
            if whole is None and x.ndim == n + 2:
                sizes = zip(x.shape[2:], k, s, d)
                x = padded(x, [same(*z) for z in sizes] if padding == "same" else padding, mode)
            return act(conv(x))

        return of(lambda: m, call)()

    return Draw(args, [x], oracle)


def transposed(r: Random, n: int) -> Draw:
    groups = r.choice([1, 1, 2, 3])
    ci, co = groups * r.randint(1, 3), groups * r.randint(1, 3)
    if chance(r, 0.06):
        ci, co = r.randint(1, 6), r.randint(1, 6)
    k, s, d = some(r, n, 1, 4), some(r, n, 1, 3), some(r, n, 1, 2)
    extra = tuple(r.randint(0, max(a, b) - (not chance(r, 0.05))) for a, b in zip(s, d))
    pairs = chance(r, 0.25)
    padding = [some(r, 2, 0, 2) for _ in range(n)] if pairs else some(r, n, 0, 2)
    bias = chance(r, 0.7)
    x = spatial(r, n, ci, 1, 6 if n < 3 else 4)
    args = {"channels": co, "kernel_size": listed(r, k), "stride": listed(r, s), "dilation": listed(r, d), "groups": groups,
            "output_padding": listed(r, extra), "bias": bias}  # fmt: skip
    args["padding"] = [list(p) for p in padding] if pairs else listed(r, padding)  # type: ignore[arg-type]
    expected = ci
    if chance(r, 0.3):
        expected = args["in_channels"] = ci if chance(r, 0.8) else ci + groups
    args["activation"], act = named(r)

    def call(m: Any, x: Tensor) -> Tensor:
        y = m(x)
        if pairs:
            cuts = [slice(a, size - b) for (a, b), size in zip(padding, y.shape[2:])]  # type: ignore[misc]
            y = y[(slice(None), slice(None), *cuts)]
        return act(y)

    module = getattr(torch.nn, f"ConvTranspose{n}d")
    return Draw(args, [x], of(lambda: module(expected, co, k, s, 0 if pairs else padding, extra, groups, bias, d), call))


def dense(r: Random) -> Draw:
    units, bias, flatten = r.randint(1, 6), chance(r), chance(r, 0.4)
    size = (*some(r, r.randint(0, 3), 1, 4), r.randint(1, 6))
    if flatten and len(size) == 1:
        size = (2, *size)
    width = torch.Size(size[1:]).numel() if flatten else size[-1]
    args: dict[str, Any] = {"units": units, "bias": bias, "flatten": flatten}
    if chance(r, 0.3):
        args["in_units"] = width = width if chance(r, 0.7) else width + 1
    args["activation"], act = named(r)
    return Draw(args, [torch.randn(size)],
                of(lambda: torch.nn.Linear(width, units, bias), lambda m, x: act(m(x.flatten(1) if flatten else x))))  # fmt: skip


def embedding(r: Random) -> Draw:
    rows, width = r.randint(1, 9), r.randint(1, 5)
    ids = torch.randint(0, rows, some(r, r.randint(0, 3), 1, 4), dtype=r.choice([torch.int64, torch.int32]))
    if chance(r, 0.1):
        ids = ids + r.choice([-1, rows])
    args = {"input_dim": rows, "output_dim": width}
    at = None
    if chance(r, 0.3):
        at = args["padding_index"] = r.randint(0, rows)
    return Draw(args, [ids], of(lambda: torch.nn.Embedding(rows, width, at)))


KINDS: Kinds = {
    **{f"conv{n}d": (lambda r, n=n: convolution(r, n)) for n in (1, 2, 3)},
    **{f"depthwise_conv{n}d": (lambda r, n=n: convolution(r, n, depthwise=True)) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": (lambda r, n=n: transposed(r, n)) for n in (1, 2, 3)},
    "dense": dense,
    "embedding": embedding,
}
