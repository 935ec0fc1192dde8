"""Kinds that move, take and repeat entries without computing on them."""

from __future__ import annotations

from math import prod
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peers, axes_of, axis_of, chance, need, shape, some
from .convolution import MODES, flat


def reshape(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """0 copies an axis, one -1 is what is left."""
    return x.reshape([x.shape[k] if s == 0 else s for k, s in enumerate(a["shape"])])


def squeeze(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axes = a["axis"] if isinstance(a["axis"], list) else [a["axis"]]
    y = x.squeeze(axes)
    need(y.ndim == x.ndim - len(axes))
    return y


def slicing(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axis = a["axis"]
    return x.movedim(axis, 0)[a.get("start", 0) : a.get("stop") : a.get("step", 1)].movedim(0, axis)


def split(a: dict[str, Any], own: Own, x: Tensor) -> Any:
    axis = a.get("axis", -1)
    need((a.get("sizes") is None) != (a.get("parts") is None))
    if a.get("sizes") is not None:
        return x.split(a["sizes"], axis)
    need(x.shape[axis] % a["parts"] == 0)
    return x.chunk(a["parts"], axis)


def pad(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """F.pad reflects the last three axes of a batch: those before them are made one."""
    widths, mode = a["widths"], a.get("mode", "constant")
    need(len(widths) <= x.ndim and all(w >= 0 for pair in widths for w in pair))
    if mode == "constant":
        return F.pad(x, flat(widths), value=a.get("value", 0))
    lead = x.shape[: x.ndim - len(widths)]
    y = F.pad(x.reshape(1, prod(lead), *x.shape[len(lead) :]), flat(widths), MODES[mode])
    return y.reshape(*lead, *y.shape[2:])


def broadcast_to(a: dict[str, Any], own: Own, x: Tensor, *like: Tensor) -> Tensor:
    return x.expand_as(like[0]) if like else x.expand(a["shape"])


def roll(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    shift, axis = ([v] if isinstance(v, int) else v for v in (a["shift"], a["axis"]))
    return x.roll(shift, axis)


def take(a: dict[str, Any], own: Own, x: Tensor, ids: Tensor) -> Tensor:
    axis = a["axis"]
    if a.get("batch"):
        need(axis % x.ndim != 0 and ids.ndim == 1 and len(ids) == len(x))
        return x.movedim(axis, 1)[torch.arange(len(x)), ids]
    y = x.movedim(axis, 0)[ids]
    at = axis % x.ndim
    return y.permute([*range(ids.ndim, ids.ndim + at), *range(ids.ndim), *range(ids.ndim + at, y.ndim)])


def on(r: Random, args: dict[str, Any], size: Any) -> Draw:
    """A draw of one input, sometimes of integers."""
    return Draw(args, [torch.randint(-9, 9, tuple(size)) if chance(r, 0.2) else torch.randn(tuple(size))])


def draw_axis(r: Random) -> Draw:
    size = shape(r)
    return on(r, {"axis": axis_of(r, len(size))}, size)


def draw_flatten(r: Random) -> Draw:
    size = shape(r)
    start, end = axis_of(r, len(size), 0.05), axis_of(r, len(size), 0.05)
    return on(r, {} if chance(r, 0.4) and len(size) > 1 else {"start": start, "end": end}, size)


def dealt(r: Random, size: tuple[int, ...]) -> list[int]:
    """A shape of as many elements, axes of the old one here and there copied by 0, one left out as -1."""
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
    return written


def draw_reshape(r: Random) -> Draw:
    size = shape(r)
    written = dealt(r, size)
    if chance(r, 0.15):
        written[r.randrange(len(written))] = r.choice([0, -1, 2, 7])
    return on(r, {"shape": written}, size)


def draw_transpose(r: Random) -> Draw:
    size = shape(r)
    axes = r.sample(range(len(size)), len(size))
    if chance(r, 0.1):
        axes = r.choice([axes[1:], [*axes, 0], [len(size), *axes[1:]]]) or [0, 1]
    return on(r, {"axes": [a - len(axes) if chance(r, 0.2) else a for a in axes]}, size)


def draw_squeeze(r: Random) -> Draw:
    size = list(shape(r))
    axes = axes_of(r, len(size))
    for a in axes:
        if -len(size) <= a < len(size) and chance(r, 0.93):
            size[a] = 1
    return on(r, {"axis": axes[0] if len(axes) == 1 else axes}, size)


def draw_expand(r: Random) -> Draw:
    size = shape(r, 0)
    return on(r, {"axis": axis_of(r, len(size) + 1)}, size)


def draw_slice(r: Random) -> Draw:
    size = shape(r, most=7)
    start, stop = r.choice([0, r.randint(-8, 8)]), r.choice([None, r.randint(-8, 8)])
    return on(r, {"axis": axis_of(r, len(size)), "start": start, "stop": stop, "step": r.randint(1, 3)}, size)


def draw_select(r: Random) -> Draw:
    size = shape(r)
    return on(r, {"axis": axis_of(r, len(size)), "index": r.randint(-4, 3)}, size)


def draw_split(r: Random) -> Draw:
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
    return on(r, args, size)


def draw_pad(r: Random) -> Draw:
    size = shape(r, most=6)
    count = r.randint(1, min(3, len(size)) + (len(size) < 3 and chance(r, 0.1)))
    args: dict[str, Any] = {"widths": [list(some(r, 2, 0, 3)) for _ in range(count)],
                            "mode": r.choice(["constant", "reflect", "edge", "circular"])}  # fmt: skip
    if chance(r, 0.3):
        args["value"] = 1.5
    return Draw(args, [torch.randn(size)])


def draw_broadcast(r: Random) -> Draw:
    size = shape(r, 0)
    own = tuple(1 if chance(r, 0.4) else s for s in size)[r.randint(0, len(size)) :]
    if chance(r, 0.1):
        own = (2, *own)
    if chance(r, 0.1):
        own = tuple(s + 1 for s in own)
    x = torch.randn(own)
    return Draw({}, [x, torch.randn(size)]) if chance(r, 0.4) else Draw({"shape": list(size)}, [x])


def draw_roll(r: Random) -> Draw:
    size = shape(r)
    axes = axes_of(r, len(size))
    shift = some(r, len(axes) + chance(r, 0.05), -7, 7)
    args = {"shift": shift[0] if len(shift) == 1 else list(shift), "axis": axes[0] if len(axes) == 1 else axes}
    return on(r, args, size)


def draw_take(r: Random) -> Draw:
    size = shape(r, 1, 4)
    axis, batch = axis_of(r, len(size)), chance(r, 0.4)
    n = size[axis] if -len(size) <= axis < len(size) else 1
    ids = torch.randint(-n - chance(r, 0.05), n + chance(r, 0.05), (size[0] + chance(r, 0.05),) if batch else shape(r, 0, 3))
    return Draw({"axis": axis, "batch": batch}, [torch.randn(size), ids])


PEERS: Peers = {
    "parameter": lambda a, own: own("", *a["shape"]),
    "arange": lambda a, own, x: torch.arange(x.shape[a["axis"]]),
    "flatten": lambda a, own, x: x.flatten(a.get("start", 1), a.get("end", -1)),
    "reshape": reshape,
    "transpose": lambda a, own, x: x.permute(a["axes"]),
    "squeeze": squeeze,
    "expand_dims": lambda a, own, x: x.unsqueeze(a["axis"]),
    "slice": slicing,
    "select": lambda a, own, x: x.select(a["axis"], a["index"]),
    "split": split,
    "pad": pad,
    "broadcast_to": broadcast_to,
    "roll": roll,
    "take": take,
}
KINDS: Kinds = {
    "parameter": lambda r: Draw({"shape": list(shape(r, 0))}, []),
    "arange": draw_axis,
    "flatten": draw_flatten,
    "reshape": draw_reshape,
    "transpose": draw_transpose,
    "squeeze": draw_squeeze,
    "expand_dims": draw_expand,
    "slice": draw_slice,
    "select": draw_select,
    "split": draw_split,
    "pad": draw_pad,
    "broadcast_to": draw_broadcast,
    "roll": draw_roll,
    "take": draw_take,
}
