"""Normalisation, and learned factors along an axis."""

from __future__ import annotations

from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Oracle, axes_of, axis_of, chance, formula, of, shape, some


def eps_of(r: Random) -> float:
    return 10.0 ** -r.randint(2, 6)


def batch_norm(r: Random) -> Draw:
    size = shape(r, 2, 5, 4)
    eps, scale, center = eps_of(r), chance(r, 0.7), chance(r, 0.7)
    args = {"eps": eps, "scale": scale, "center": center, "momentum": r.random()}
    axis = 1
    if chance(r):
        axis = args["axis"] = axis_of(r, len(size))
    x = torch.randn(size)
    c = size[axis % len(size)]
    if axis == 1 and scale == center:
        cls = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d, 5: torch.nn.BatchNorm3d}[len(size)]
        return Draw(args, [x], of(lambda: cls(c, eps, affine=scale)))

    def call(w: dict[str, Tensor], x: Tensor) -> Tensor:
        y = F.batch_norm(x.movedim(axis, 1), w["running_mean"], w["running_var"].abs_(), w.get("weight"), w.get("bias"), eps=eps)
        return y.movedim(1, axis)

    shapes = {"running_mean": (c,), "running_var": (c,), "weight": (c,) if scale else None, "bias": (c,) if center else None}
    return Draw(args, [x], formula(call, **shapes))


def over(x: Tensor, axes: list[int], norm: object) -> Tensor:
    """A norm of the last axes, applied to any: they are moved to the end in the order they are named in."""
    kept = [k for k in range(x.ndim) if k not in [a % x.ndim for a in axes]]
    order = [*kept, *(a % x.ndim for a in axes)]
    y = norm(x.permute(order), [x.shape[a] for a in axes])  # type: ignore[operator]
    return y.permute([order.index(k) for k in range(x.ndim)])


def last(r: Random, size: tuple[int, ...]) -> tuple[list[int], bool]:
    """(axes, whether they are the last ones in order)."""
    if chance(r):
        return list(range(-r.randint(1, len(size)), 0)), True
    return axes_of(r, len(size)), False


def layer_norm(r: Random) -> Draw:
    size, eps, scale, center = shape(r, 1, 4), eps_of(r), chance(r, 0.7), chance(r, 0.7)
    axes, ordinary = last(r, size)
    args = {"axis": axes[0] if len(axes) == 1 else axes, "eps": eps, "scale": scale, "center": center}
    if ordinary and (scale or not center):
        return Draw(args, [torch.randn(size)],
                    of(lambda: torch.nn.LayerNorm([size[a] for a in axes], eps, elementwise_affine=scale, bias=center)))  # fmt: skip

    def oracle() -> Oracle:
        own = [size[a] for a in axes]

        def call(w: dict[str, Tensor], x: Tensor) -> Tensor:
            return over(x, axes, lambda y, shape: F.layer_norm(y, shape, w.get("weight"), w.get("bias"), eps))

        return formula(call, weight=own if scale else None, bias=own if center else None)()

    return Draw(args, [torch.randn(size)], oracle)


def rms_norm(r: Random) -> Draw:
    size, eps, offset = shape(r, 1, 4), eps_of(r), r.choice([0.0, 0.0, 1.0, 0.5])
    axes, ordinary = last(r, size)
    args = {"axis": axes[0] if len(axes) == 1 else axes, "eps": eps, "offset": offset}
    if ordinary and not offset:
        return Draw(args, [torch.randn(size)], of(lambda: torch.nn.RMSNorm([size[a] for a in axes], eps)))

    def oracle() -> Oracle:
        def call(w: dict[str, Tensor], x: Tensor) -> Tensor:
            return over(x, axes, lambda y, shape: F.rms_norm(y, shape, w["weight"] + offset, eps))

        return formula(call, weight=[size[a] for a in axes])()

    return Draw(args, [torch.randn(size)], oracle)


def group_norm(r: Random) -> Draw:
    groups = r.randint(1, 4)
    c = groups * r.randint(1, 3) + chance(r, 0.15)
    eps, scale, center = eps_of(r), chance(r, 0.7), chance(r, 0.7)
    args = {"groups": groups, "eps": eps, "scale": scale, "center": center}
    x = torch.randn((r.randint(1, 3), c, *some(r, r.randint(0, 3), 1, 4)))
    if x[0].numel() < 4 * groups:  # of a lone value, or two close ones, PyTorch's result is rounding noise
        x = torch.randn((*x.shape, 4))
    if scale == center:  # called below the module's forward, which refuses a lone value as if it were training
        make = of(lambda: torch.nn.GroupNorm(groups, c, eps, affine=scale),
                  lambda m, x: torch.group_norm(x, groups, m.weight, m.bias, eps))  # fmt: skip
        return Draw(args, [x], make)
    return Draw(args, [x], formula(lambda w, x: torch.group_norm(x, groups, w.get("weight"), w.get("bias"), eps),
                                   weight=(c,) if scale else None, bias=(c,) if center else None))  # fmt: skip


def scale(r: Random) -> Draw:
    size = shape(r)
    axis = axis_of(r, len(size))

    def oracle() -> Oracle:
        return formula(lambda w, x: (x.movedim(axis, -1) * w["weight"]).movedim(-1, axis), weight=(size[axis],))()

    return Draw({"axis": axis}, [torch.randn(size)], oracle)


KINDS: Kinds = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "scale": scale,
}
