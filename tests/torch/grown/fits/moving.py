"""Kinds that only move, cut and repeat entries."""

from __future__ import annotations

from random import Random
from typing import Any

from torch import Tensor

from ...draws import axes_of, chance, some
from ...kinds.arranging import dealt
from .windows import Fit, divisors, floats, without_defaults


def flatten(r: Random, x: Tensor) -> dict[str, Any] | None:
    if x.ndim < 2:
        return None
    start = r.randrange(x.ndim)
    end = r.randint(start, x.ndim - 1)
    args = {"start": start if chance(r, 0.7) else start - x.ndim, "end": end if chance(r) else end - x.ndim}
    return {} if chance(r, 0.4) else without_defaults(r, args, start=1, end=-1)


def reshape(r: Random, x: Tensor) -> dict[str, Any]:
    """Mostly the axes dealt out anew behind the first, which is copied."""
    if x.ndim > 1 and chance(r, 0.7):
        rest = dealt(r, tuple(x.shape[1:]))
        rest = [x.shape[1:][k] if s == 0 else s for k, s in enumerate(rest)]
        return {"shape": [0, *rest][:6]} if len(rest) < 6 else {"shape": [0, -1]}
    return {"shape": dealt(r, tuple(x.shape))}


def transpose(r: Random, x: Tensor) -> dict[str, Any] | None:
    axes = r.sample(range(x.ndim), x.ndim)
    if x.ndim > 2 and chance(r):
        axes = [0, *(1 + a for a in r.sample(range(x.ndim - 1), x.ndim - 1))]
    return {"axes": [a - x.ndim if chance(r, 0.2) else a for a in axes]} if axes else None


def squeeze(r: Random, x: Tensor) -> dict[str, Any] | None:
    ones = [a for a in range(x.ndim) if x.shape[a] == 1]
    found = r.sample(ones, r.randint(1, len(ones))) if ones else []
    named = [a - x.ndim if chance(r) else a for a in found]
    return {"axis": named[0] if len(named) == 1 else named} if named else None


def slicing(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim:
        return None
    axis = r.randrange(x.ndim)
    n = x.shape[axis]
    start, step = r.randrange(n), r.choice([1, 1, 2])
    stop = r.choice([None, r.randint(start + 1, n)])
    args: dict[str, Any] = {"axis": axis if chance(r) else axis - x.ndim, "start": start if chance(r, 0.6) else start - n,
                            "stop": stop if stop in (None, n) or chance(r, 0.6) else stop - n, "step": step}  # fmt: skip
    return without_defaults(r, args, start=0, stop=None, step=1)


def select(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim:
        return None
    axis = r.randint(-x.ndim, x.ndim - 1)
    return {"axis": axis, "index": r.randint(-x.shape[axis], x.shape[axis] - 1)}


def split(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim:
        return None
    axis = -1 if chance(r) else r.randint(-x.ndim, x.ndim - 1)
    n = x.shape[axis]
    if chance(r):
        return without_defaults(r, {"parts": r.choice([d for d in divisors(n) if d <= 4]), "axis": axis}, axis=-1)
    cuts = sorted(r.sample(range(1, n), min(n - 1, r.randint(0, 2))))
    return without_defaults(r, {"sizes": [b - a for a, b in zip([0, *cuts], [*cuts, n])], "axis": axis}, axis=-1)


def pad(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim or not floats(x):
        return None
    count = r.randint(1, min(3, x.ndim))
    mode = r.choice(["constant", "constant", "reflect", "edge", "circular"])
    widths = [[r.randint(0, min(2, s - 1)), r.randint(0, min(2, s - 1))] for s in x.shape[x.ndim - count :]]
    args: dict[str, Any] = {"widths": widths, "mode": mode, "value": r.choice([0, 1.5])}
    return without_defaults(r, args, mode="constant", value=0)


def roll(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim:
        return None
    axes = axes_of(r, x.ndim, wrong=0)
    shift = some(r, len(axes), -5, 5)
    return {"shift": shift[0] if len(shift) == 1 else list(shift), "axis": axes[0] if len(axes) == 1 else axes}


def broadcast_to(r: Random, x: Tensor) -> dict[str, Any] | None:
    size = [r.randint(1, 4) if s == 1 else s for s in x.shape]
    return {"shape": [*some(r, r.choice([0, 0, 1]), 1, 3), *size]} if x.ndim < 5 else None


def window_partition(r: Random, x: Tensor) -> dict[str, Any] | None:
    if x.ndim != 4:
        return None
    both = [d for d in divisors(x.shape[1]) if x.shape[2] % d == 0]
    return {"size": r.choice(both)}


def window_merge(r: Random, x: Tensor) -> dict[str, Any] | None:
    if x.ndim != 4 or x.shape[1] != x.shape[2]:
        return None
    s, count = x.shape[1], x.shape[0]
    rows = r.choice(divisors(count))
    return {"size": s, "height": rows * s, "width": r.choice(divisors(count // rows)) * s}


FITS: dict[str, Fit] = {
    "flatten": flatten,
    "reshape": reshape,
    "transpose": transpose,
    "squeeze": squeeze,
    "expand_dims": lambda r, x: {"axis": r.randint(-x.ndim - 1, x.ndim)} if x.ndim < 5 else None,
    "slice": slicing,
    "select": select,
    "split": split,
    "pad": pad,
    "roll": roll,
    "broadcast_to": broadcast_to,
    "window_partition": window_partition,
    "window_merge": window_merge,
    "arange": lambda r, x: {"axis": r.randint(-x.ndim, x.ndim - 1)} if x.ndim else None,
}
