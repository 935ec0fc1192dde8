"""Moving, comparing and learned kinds beyond the common ones."""

from __future__ import annotations

import math
from math import prod
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peers, axes_of, axis_of, chance, need, shape, some
from .arranging import dealt, on
from .attention import attend, draw_attention, heads_of
from .joining import tensor


def pixel_unshuffle(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim == 4)
    return F.pixel_unshuffle(x, a["factor"])


def repeat_axis(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim > 0)
    return x.repeat_interleave(a["times"], a["axis"])


def tile(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    return x.tile(a["repeats"] if isinstance(a["repeats"], list) else [a["repeats"]])


def flip(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axes = a["axis"] if isinstance(a["axis"], list) else [a["axis"]]
    need(x.ndim > 0)
    return x.flip(axes)


def gather(a: dict[str, Any], own: Own, x: Tensor, ids: Tensor) -> Tensor:
    need(x.ndim == ids.ndim and not ids.is_floating_point())
    return x.gather(a["axis"], ids.long())


def crop(a: dict[str, Any], own: Own, x: Tensor, *like: Tensor) -> Tensor:
    """Around the last axes; or the middle, what is left over by an odd difference being behind."""
    if like:
        need(a.get("widths") is None and like[0].ndim == x.ndim)
        widths = [((n - m) // 2, n - m - (n - m) // 2) for n, m in zip(x.shape[2:], like[0].shape[2:])]
    else:
        widths = a["widths"]
    need(len(widths) <= x.ndim and all(w >= 0 for pair in widths for w in pair))
    for k, (before, after) in enumerate(widths):
        axis = x.ndim - len(widths) + k
        need(x.shape[axis] > before + after)
        x = x.narrow(axis, before, x.shape[axis] - before - after)
    return x


def constant(a: dict[str, Any], own: Own) -> Tensor:
    dtype = getattr(torch, a["dtype"]) if a.get("dtype") else torch.get_default_dtype()
    y = torch.tensor(a["value"], dtype=dtype)
    return y.expand(a["shape"]) if a.get("shape") is not None else y


def one_hot(a: dict[str, Any], own: Own, ids: Tensor) -> Tensor:
    need(not ids.is_floating_point())
    return F.one_hot(ids.long(), a["classes"]).to(torch.get_default_dtype())


def where(a: dict[str, Any], own: Own, condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    if condition.is_floating_point():  # where rounding decides what 0 is
        own.arbitrary |= bool((condition.abs() < 1e-3).any())
    return torch.where(condition.bool(), x, y)


def bias_add(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axis = a.get("axis", -1)
    return (x.movedim(axis, -1) + own("bias", x.shape[axis])).movedim(-1, axis)


def bilinear(a: dict[str, Any], own: Own, x: Tensor, y: Tensor) -> Tensor:
    need(x.ndim > 0 and x.shape[:-1] == y.shape[:-1])
    made: Tensor = own.module(lambda: torch.nn.Bilinear(x.shape[-1], y.shape[-1], a["units"], a.get("bias", True)))(x, y)
    return made


def dot(a: dict[str, Any], own: Own, x: Tensor, y: Tensor) -> Tensor:
    """Sample by sample; two vectors give one number each."""
    axes = a["axes"] if isinstance(a["axes"], list) else [a["axes"]]
    i, j = axes[0], axes[-1]
    need(len(axes) <= 2 and len(x) == len(y) and i % x.ndim > 0 and j % y.ndim > 0)
    need(-x.ndim <= i < x.ndim and -y.ndim <= j < y.ndim and x.shape[i] == y.shape[j])
    if a.get("normalize"):
        x, y = F.normalize(x, dim=i, eps=1e-6), F.normalize(y, dim=j, eps=1e-6)
    made = torch.stack([torch.tensordot(p, q, dims=([i % x.ndim - 1], [j % y.ndim - 1])) for p, q in zip(x, y)])
    return made if made.ndim > 1 else made[:, None]


def cosine_similarity(a: dict[str, Any], own: Own, x: Tensor, y: Tensor) -> Tensor:
    return F.cosine_similarity(x, y, a.get("axis", 1))


def sinusoidal(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """Sines at even and cosines at odd features, pairs of which turn equally fast."""
    need(x.ndim == 3)
    at, c = torch.arange(x.shape[1]).double(), x.shape[2]
    angle = torch.stack([at / 10000 ** (2 * (k // 2) / c) for k in range(c)], -1)
    return x + torch.where(torch.arange(c) % 2 == 0, angle.sin(), angle.cos()).to(x.dtype)


def slopes(n: int) -> list[float]:
    """BLOOM's: powers of 2 for the largest power of two of heads, those in between for the rest."""
    whole = 2 ** math.floor(math.log2(n))
    base, between = 2 ** (-8 / whole), 2 ** (-4 / whole)
    return [base ** (k + 1) for k in range(whole)] + [between ** (2 * k + 1) for k in range(n - whole)]


def alibi(a: dict[str, Any], own: Own, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    heads, causal, window = a["heads"], a.get("causal", False), a.get("window")
    kv = heads if a.get("kv_heads") is None else a["kv_heads"]
    need(kv > 0 and (causal or window is None) and q.ndim == k.ndim == v.ndim == 3 and heads % kv == 0)
    need(len(q) == len(k) == len(v) and k.shape[1] == v.shape[1])
    gap = torch.arange(q.shape[1])[:, None] - torch.arange(k.shape[1])[None, :]
    bias = -torch.tensor(slopes(heads), dtype=q.dtype)[:, None, None] * gap
    return attend(heads_of(q, heads), heads_of(k, kv), heads_of(v, kv), causal, window, a.get("scale"), bias[None])


def einsum_dense(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """The weight's sizes are those of the input's letters and, behind the batch axis, of the shape that is said."""
    left, _, right = a["equation"].partition("->")
    came, learned = left.split(",")
    need(x.ndim == len(came) and len(a["shape"]) == len(right) - 1)
    sizes = dict(zip(came, x.shape))
    for c, n in zip(right[1:], a["shape"]):
        need(c not in sizes or n is None or sizes[c] == n)
        sizes.setdefault(c, n)
    y = torch.einsum(a["equation"], x, own("weight", *(sizes[c] for c in learned)))
    if a.get("bias_axes"):
        letters = [c for c in right if c in a["bias_axes"]]
        b = own("bias", *(sizes[c] for c in letters))
        y = y + b.reshape([sizes[c] if c in letters else 1 for c in right])
    return y


def draw_unshuffle(r: Random) -> Draw:
    f = r.randint(1, 3)
    return on(r, {"factor": f}, (*some(r, 2, 1, 3), f * r.randint(1, 3) + chance(r, 0.1), f * r.randint(1, 3)))


def draw_repeat(r: Random) -> Draw:
    size = shape(r)
    return on(r, {"times": r.randint(1, 3), "axis": axis_of(r, len(size))}, size)


def draw_tile(r: Random) -> Draw:
    size = shape(r)
    repeats = list(some(r, len(size) + (chance(r, 0.08) and 1), 1, 3))
    return on(r, {"repeats": repeats}, size)


def draw_flip(r: Random) -> Draw:
    size = shape(r)
    axes = axes_of(r, len(size))
    return on(r, {"axis": axes[0] if len(axes) == 1 else axes}, size)


def draw_unflatten(r: Random) -> Draw:
    size = list(shape(r))
    at = r.randrange(len(size))
    size[at] *= r.choice([1, 2, 4])
    new = [size[at] if d == 0 else d for d in dealt(r, (size[at],))]
    if chance(r, 0.1):
        new[r.randrange(len(new))] = r.choice([3, 7, -1])
    axis = at if chance(r) else at - len(size)
    return on(r, {"axis": axis if chance(r, 0.95) else len(size), "shape": new}, size)


def draw_gather(r: Random) -> Draw:
    size = shape(r, 1, 4)
    axis = axis_of(r, len(size))
    n = size[axis] if -len(size) <= axis < len(size) else 1
    own = [r.randint(1, s + chance(r, 0.04)) for s in size]
    own[axis if -len(size) <= axis < len(size) else 0] = r.randint(1, 4)
    return Draw({"axis": axis}, [torch.randn(size), torch.randint(0, n + chance(r, 0.05), own)])


def draw_crop(r: Random) -> Draw:
    size = shape(r, 1, 4, 7)
    if len(size) > 2 and chance(r, 0.4):
        like = [*size[:2], *(r.randint(1, s) + chance(r, 0.05) for s in size[2:])]
        return Draw({}, [torch.randn(size), torch.randn(like)])
    count = r.randint(1, len(size))
    widths = [[a, r.randint(0, max(0, s - 1 - a)) + chance(r, 0.05)] for s in size[-count:] for a in [r.randint(0, s - 1)]]
    return on(r, {"widths": widths}, size)


def draw_constant(r: Random) -> Draw:
    size = shape(r, 0, 2, 3)
    dtype = r.choice([None, "float32", "int64", "float64"])
    value = torch.randint(-4, 5, size).tolist() if dtype == "int64" else torch.randint(-4, 5, size).div(2).tolist()
    args = {"value": value, **({"dtype": dtype} if dtype else {})}
    return Draw({**args, "shape": list(some(r, 2, 1, 3))} if not size and chance(r) else args, [])


def draw_where(r: Random) -> Draw:
    size = shape(r)
    shapes = [tuple(1 if chance(r, 0.2) else s for s in size) for _ in range(3)]
    return Draw({}, [torch.randint(0, 2, shapes[0]), tensor(r, shapes[1]), tensor(r, shapes[2])])


def draw_bilinear(r: Random) -> Draw:
    lead = some(r, r.randint(0, 2), 1, 3)
    x, y = (torch.randn(*lead, r.randint(1, 4)) for _ in range(2))
    return Draw({"units": r.randint(1, 4), "bias": chance(r)}, [x, y if chance(r, 0.94) else torch.randn(4, *y.shape)])


def draw_dot(r: Random) -> Draw:
    a, b = list(shape(r, 2, 4, 3)), list(shape(r, 2, 4, 3))
    i, j = r.randrange(1, len(a)), r.randrange(1, len(b))
    b[0], b[j] = a[0], a[i] + chance(r, 0.06)
    axes: Any = [i, j - len(b) if chance(r) else j]
    return Draw({"axes": i if i == j and chance(r) else axes, "normalize": chance(r)}, [torch.randn(a), torch.randn(b)])


def draw_cosine(r: Random) -> Draw:
    size = shape(r, 2)
    other = tuple(1 if chance(r, 0.15) else s for s in size)
    return Draw({"axis": axis_of(r, len(size))}, [torch.randn(size), torch.randn(other)])


def draw_alibi(r: Random) -> Draw:
    d = draw_attention(r)
    return Draw(d.args, d.inputs[:3])


def draw_einsum_dense(r: Random) -> Draw:
    sizes = {c: r.randint(2, 4) for c in "abcdef"}
    came = "abcd"[: r.randint(2, 4)]
    gone = came[-r.randint(1, len(came) - 1) :]
    kept = came[: len(came) - len(gone)]
    new = "ef"[: r.randint(1, 2)]
    said = [None if c in kept else sizes[c] for c in (kept + new)[1:]]
    args: dict[str, Any] = {"equation": f"{came},{gone}{new}->{kept}{new}", "shape": said}
    if chance(r):
        args["bias_axes"] = new if chance(r) else new[-1]
    return Draw(args, [torch.randn([sizes[c] for c in came])])


PEERS: Peers = {
    "pixel_unshuffle": pixel_unshuffle, "repeat_axis": repeat_axis, "tile": tile, "flip": flip, "gather": gather, "crop": crop,
    "unflatten": lambda a, own, x: x.unflatten(a["axis"], a["shape"]), "constant": constant, "one_hot": one_hot, "where": where,
    "cast": lambda a, own, x: x.to(getattr(torch, a["dtype"])), "bias_add": bias_add, "bilinear": bilinear, "dot": dot,
    "cosine_similarity": cosine_similarity, "sinusoidal_positions": sinusoidal, "alibi_attention": alibi, "einsum_dense": einsum_dense,
}  # fmt: skip

KINDS: Kinds = {
    "pixel_unshuffle": draw_unshuffle, "repeat_axis": draw_repeat, "tile": draw_tile, "flip": draw_flip, "gather": draw_gather,
    "crop": draw_crop, "unflatten": draw_unflatten, "constant": draw_constant, "where": draw_where, "bilinear": draw_bilinear,
    "dot": draw_dot, "cosine_similarity": draw_cosine, "alibi_attention": draw_alibi, "einsum_dense": draw_einsum_dense,
    "one_hot": lambda r: Draw({"classes": 5}, [torch.randint(0, 5 + chance(r, 0.05), shape(r, 0, 3))]),
    "cast": lambda r: on(r, {"dtype": r.choice(["float32", "float64", "int64", "int32"])}, shape(r, 0)),
    "bias_add": lambda r: (lambda size: Draw({"axis": axis_of(r, len(size))}, [torch.randn(size)]))(shape(r)),
    "sinusoidal_positions": lambda r: Draw({}, [torch.randn(*some(r, 3, 1, 8))]),
}  # fmt: skip

__all__ = ["KINDS", "PEERS", "prod"]
