"""Pooling: windows, evenly divided axes, whole axes."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from deferinit_cli.shapes.dims import UNKNOWN

from ..draws import Draw, Kinds, chance, listed, need, plain, some, spatial
from .convolution import flat, same


def window(r: Random, n: int, kind: str) -> Draw:
    """A padding that PyTorch has no word for is put around the input first: -infinity for a maximum, uncounted zeros for a mean."""
    k, s = some(r, n, 1, 4), some(r, n, 1, 3)
    d = some(r, n, 1, 2) if kind == "max" and chance(r, 0.4) else (1,) * n
    written: Any = r.choice(["int", "list", "list", "pairs", "same", "valid"])
    half = tuple(a // 2 + chance(r, 0.03) for a in k)
    if written == "int":
        written = r.randint(0, min(half))
    elif written == "list":
        written = [r.randint(0, h) for h in half]
    elif written == "pairs":
        written = [list(some(r, 2, 0, a // 2)) for a in k]
    around = written == "same" or (isinstance(written, list) and isinstance(written[0], list))
    args = {"kernel_size": listed(r, k), "padding": written}
    if chance(r, 0.7):
        args["stride"] = listed(r, s)
    else:
        s = k
    ceil = args["ceil_mode"] = chance(r) and (written == "same" or not around)
    x = spatial(
        r, n, 3, 4 if n == 3 and kind == "avg" else 3, 9 if n < 3 else 6
    )  # PyTorch's 3-d mean alone wants kernels that fit x without padding
    counted = True
    if kind == "max":
        args["dilation"] = listed(r, d)
    else:
        counted = args["count_include_pad"] = chance(r)
    pool = getattr(F, f"{kind}_pool{n}d")

    def call(x: Tensor) -> Tensor:
        padding = 0 if around or written == "valid" else written
        more: dict[str, Any] = {"dilation": d} if kind == "max" else {"count_include_pad": counted}
        if not around or x.ndim != n + 2:
            return pool(x, k, s, padding, ceil_mode=ceil, **more)
        pairs = [same(*z) for z in zip(x.shape[2:], k, s, d)] if written == "same" else written
        if kind == "max":
            return pool(F.pad(x, flat(pairs), value=-torch.inf), k, s, **more)
        y = pool(F.pad(x, flat(pairs)), k, s)
        return y if counted and written != "same" else y / pool(F.pad(torch.ones_like(x), flat(pairs)), k, s)

    return Draw(args, [x], plain(call))


def adaptive(r: Random, n: int, kind: str) -> Draw:
    out = [r.choice([None, r.randint(1, 7)]) for _ in range(n)]
    size: Any = r.choice([out[0], out])
    args = {"output_size": [UNKNOWN if v is None else v for v in size] if isinstance(size, list) else size or UNKNOWN}
    pool = getattr(F, f"adaptive_{kind}_pool{n}d")

    def call(x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        wanted = size if isinstance(size, list) else [size] * n
        return pool(x, [a or b for a, b in zip(wanted, x.shape[2:])])

    return Draw(args, [spatial(r, n, 3, 1, 9 if n < 3 else 5)], plain(call))


def overall(r: Random, n: int, kind: str) -> Draw:
    keep = chance(r)

    def call(x: Tensor) -> Tensor:
        need(x.ndim == n + 2)
        y = getattr(F, f"adaptive_{kind}_pool{n}d")(x, 1)
        return y if keep else y.flatten(1)

    return Draw({"keepdims": keep}, [spatial(r, n, r.randint(1, 4), 1, 9 if n < 3 else 5)], plain(call))


KINDS: Kinds = {
    f"{family}{kind}_pool{n}d": (lambda r, n=n, kind=kind, draw=draw: draw(r, n, kind))
    for family, draw in (("", window), ("adaptive_", adaptive), ("global_", overall))
    for kind in ("avg", "max")
    for n in (1, 2, 3)
}
