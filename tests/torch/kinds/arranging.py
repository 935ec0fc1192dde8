"""Kinds that move, take and repeat entries without computing on them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, axes_of, axis_of, chance, formula, need, plain, shape, some
from .convolution import MODES


def parameter(r: Random) -> Draw:
    size = shape(r, 0)
    return Draw({"shape": list(size)}, [], formula(lambda w: w[""], **{"": size}))


def on(r: Random, args: dict[str, Any], size: tuple[int, ...], call: Callable[[Tensor], Any]) -> Draw:
    """A draw of one input, sometimes of integers."""
    x = torch.randint(-9, 9, size) if chance(r, 0.2) else torch.randn(size)
    return Draw(args, [x], plain(call))


def arange(r: Random) -> Draw:
    size = shape(r)
    axis = axis_of(r, len(size))
    return on(r, {"axis": axis}, size, lambda x: torch.arange(x.shape[axis]))


def flatten(r: Random) -> Draw:
    size = shape(r)
    start, end = axis_of(r, len(size), 0.05), axis_of(r, len(size), 0.05)
    if chance(r, 0.4) and len(size) > 1:
        return on(r, {}, size, lambda x: x.flatten(1))
    return on(r, {"start": start, "end": end}, size, lambda x: x.flatten(start, end))


def reshape(r: Random) -> Draw:
    """The elements dealt out anew: 0 copies an axis, one -1 is what is left."""
    size = shape(r)
    new: list[int] = []
    rest = prod(size)
    while rest > 1 or not new:
        new.append(r.choice([d for d in range(1, rest + 1) if rest % d == 0]))
        rest //= new[-1]
    new = [*new, *[1] * r.randint(0, 2)]
    r.shuffle(new)
    written = [0 if k < len(size) and size[k] == s and chance(r) else s for k, s in enumerate(new)]
    if chance(r, 0.6):
        written[r.randrange(len(new))] = -1
    if chance(r, 0.15):
        written[r.randrange(len(new))] = r.choice([0, -1, 2, 7])

    def call(x: Tensor) -> Tensor:
        return x.reshape([x.shape[k] if s == 0 else s for k, s in enumerate(written)])

    return on(r, {"shape": written}, size, call)


def transpose(r: Random) -> Draw:
    size = shape(r)
    axes = r.sample(range(len(size)), len(size))
    if chance(r, 0.1):
        axes = r.choice([axes[1:], [*axes, 0], [len(size), *axes[1:]]]) or [0, 1]
    axes = [a - len(axes) if chance(r, 0.2) else a for a in axes]
    return on(r, {"axes": axes}, size, lambda x: x.permute(axes))


def squeeze(r: Random) -> Draw:
    size = list(shape(r))
    axes = axes_of(r, len(size))
    for a in axes:
        if -len(size) <= a < len(size) and chance(r, 0.93):
            size[a] = 1

    def call(x: Tensor) -> Tensor:
        y = x.squeeze(axes)
        need(y.ndim == x.ndim - len(axes))
        return y

    return on(r, {"axis": axes[0] if len(axes) == 1 else axes}, tuple(size), call)


def expand_dims(r: Random) -> Draw:
    size = shape(r, 0)
    axis = axis_of(r, len(size) + 1)
    return on(r, {"axis": axis}, size, lambda x: x.unsqueeze(axis))


def slicing(r: Random) -> Draw:
    size = shape(r, most=7)
    axis = axis_of(r, len(size))
    start, stop = r.choice([0, r.randint(-8, 8)]), r.choice([None, r.randint(-8, 8)])
    args = {"axis": axis, "start": start, "stop": stop, "step": r.randint(1, 3)}
    return on(r, args, size, lambda x: x.movedim(axis, 0)[start : stop : args["step"]].movedim(0, axis))


def select(r: Random) -> Draw:
    size = shape(r)
    axis, index = axis_of(r, len(size)), r.randint(-4, 3)
    return on(r, {"axis": axis, "index": index}, size, lambda x: x.select(axis, index))


def split(r: Random) -> Draw:
    size = list(shape(r))
    axis, n = axis_of(r, len(size)), r.randint(1, 4)
    args: dict[str, Any] = {} if axis == -1 else {"axis": axis}
    at = axis if -len(size) <= axis < len(size) else 0
    if chance(r):
        args["parts"] = n
        size[at] = n * r.randint(1, 3) + chance(r, 0.1)
    else:
        args["sizes"] = list(some(r, n, 1, 3))
        size[at] = sum(args["sizes"]) + chance(r, 0.1)

    def call(x: Tensor) -> Any:
        need("sizes" in args or x.shape[axis] % n == 0)
        return x.split(args["sizes"], axis) if "sizes" in args else x.chunk(n, axis)

    return on(r, args, tuple(size), call)


def pad(r: Random) -> Draw:
    """F.pad reflects the last three axes of a batch: those before them are made one."""
    size = shape(r, most=6)
    count = r.randint(1, min(3, len(size)) + (len(size) < 3 and chance(r, 0.1)))
    widths = [list(some(r, 2, 0, 3)) for _ in range(count)]
    mode, value = r.choice(["constant", "reflect", "edge", "circular"]), r.choice([0, 0, 1.5])
    args: dict[str, Any] = {"widths": widths, "mode": mode, **({"value": value} if value else {})}

    def call(x: Tensor) -> Tensor:
        need(count <= x.ndim)
        flat = [w for pair in reversed(widths) for w in pair]
        if mode == "constant":
            return F.pad(x, flat, value=value)
        lead = x.shape[: x.ndim - count]
        y = F.pad(x.reshape(1, prod(lead), *x.shape[len(lead) :]), flat, MODES[mode])
        return y.reshape(*lead, *y.shape[2:])

    return Draw(args, [torch.randn(size)], plain(call))


def broadcast_to(r: Random) -> Draw:
    size = shape(r, 0)
    own = tuple(1 if chance(r, 0.4) else s for s in size)[r.randint(0, len(size)) :]
    if chance(r, 0.1):
        own = (2, *own)
    if chance(r, 0.1):
        own = tuple(s + 1 for s in own)
    x = torch.randn(own)
    if chance(r, 0.4):
        return Draw({}, [x, torch.randn(size)], plain(lambda x, like: x.expand_as(like)))
    return Draw({"shape": list(size)}, [x], plain(lambda x: x.expand(size)))


def roll(r: Random) -> Draw:
    size = shape(r)
    axes = axes_of(r, len(size))
    shift = some(r, len(axes) + chance(r, 0.05), -7, 7)
    args = {"shift": shift[0] if len(shift) == 1 else list(shift), "axis": axes[0] if len(axes) == 1 else axes}
    return on(r, args, size, lambda x: x.roll(shift, axes))


def take(r: Random) -> Draw:
    size = shape(r, 1, 4)
    axis, batch = axis_of(r, len(size)), chance(r, 0.4)
    n = size[axis] if -len(size) <= axis < len(size) else 1
    ids = torch.randint(-n - chance(r, 0.05), n + chance(r, 0.05), (size[0] + chance(r, 0.05),) if batch else shape(r, 0, 3))

    def call(x: Tensor, ids: Tensor) -> Tensor:
        if batch:
            y = x.movedim(axis, 1) if axis % x.ndim else need(False)
            need(len(ids) == len(x) and (len(x) > 0))
            return y[torch.arange(len(x)), ids]  # type: ignore[index]
        y = x.movedim(axis, 0)[ids]
        at = axis % x.ndim
        return y.permute([*range(ids.ndim, ids.ndim + at), *range(ids.ndim), *range(ids.ndim + at, y.ndim)])

    return Draw({"axis": axis, "batch": batch}, [torch.randn(size), ids], plain(call))


KINDS: Kinds = {
    "parameter": parameter, "arange": arange, "flatten": flatten, "reshape": reshape, "transpose": transpose,
    "squeeze": squeeze, "expand_dims": expand_dims, "slice": slicing, "select": select, "split": split, "pad": pad,
    "broadcast_to": broadcast_to, "roll": roll, "take": take,
}  # fmt: skip
