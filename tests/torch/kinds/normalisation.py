"""Normalisation, and learned factors along an axis."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peer, Peers, axes_of, axis_of, chance, need, shape, some


def affine(a: dict[str, Any], own: Own, size: list[int] | tuple[int, ...]) -> tuple[Tensor | None, Tensor | None]:
    """(weight, bias) of a norm, each where it has one."""
    return (own("weight", *size) if a.get("scale", True) else None, own("bias", *size) if a.get("center", True) else None)


def batch_norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axis, eps = a.get("axis", 1), a.get("eps", 1e-5)
    need(x.ndim >= 2)
    c = x.shape[axis]
    if axis == 1 and a.get("scale", True) == a.get("center", True) and x.ndim <= 5:
        cls = (torch.nn.BatchNorm1d, torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)[x.ndim - 2]
        y: Tensor = own.module(lambda: cls(c, eps, affine=a.get("scale", True)))(x)
        return y
    w, b = affine(a, own, (c,))
    y = F.batch_norm(x.movedim(axis, 1), own("running_mean", c), own("running_var", c), w, b, eps=eps)
    return y.movedim(1, axis)


def over(x: Tensor, axes: list[int], norm: Callable[[Tensor, list[int]], Tensor]) -> Tensor:
    """A norm of the last axes, applied to any: they are moved to the end in the order they are named in."""
    kept = [k for k in range(x.ndim) if k not in [a % x.ndim for a in axes]]
    order = [*kept, *(a % x.ndim for a in axes)]
    y = norm(x.permute(order), [x.shape[a] for a in axes])
    return y.permute([order.index(k) for k in range(x.ndim)])


def axes_named(a: dict[str, Any]) -> list[int]:
    axis = a.get("axis", -1)
    return axis if isinstance(axis, list) else [axis]


def last(axes: list[int]) -> bool:
    """Whether axes are the last ones in order, as PyTorch's modules want them."""
    return axes == list(range(-len(axes), 0))


def flat(x: Tensor) -> bool:
    """Whether the values along the last axis of some row are as good as equal: of these PyTorch's result is rounding noise."""
    return bool(x.numel()) and bool((x.amax(-1) - x.amin(-1) <= 1e-5 * x.abs().amax(-1)).any())


def layer_norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axes, eps, scale, center = axes_named(a), a.get("eps", 1e-5), a.get("scale", True), a.get("center", True)
    size = [x.shape[k] for k in axes]
    own.arbitrary |= flat(x.movedim(axes, list(range(-len(axes), 0))).flatten(-len(axes)))
    if last(axes) and (scale or not center):
        y: Tensor = own.module(lambda: torch.nn.LayerNorm(size, eps, elementwise_affine=scale, bias=center))(x)
        return y
    w, b = affine(a, own, size)
    return over(x, axes, lambda y, own_size: F.layer_norm(y, own_size, w, b, eps))


def rms_norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axes, eps, offset = axes_named(a), a.get("eps", 1e-6), a.get("offset", 0.0)
    size = [x.shape[k] for k in axes]
    if last(axes) and not offset:
        y: Tensor = own.module(lambda: torch.nn.RMSNorm(size, eps))(x)
        return y
    return over(x, axes, lambda y, own_size: F.rms_norm(y, own_size, own("weight", *size) + offset, eps))


def group_norm(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """Called below its module's forward, which refuses a lone value as if it were training."""
    groups, eps = a["groups"], a.get("eps", 1e-5)
    need(x.ndim >= 2)
    c = x.shape[1]
    own.arbitrary |= c % groups == 0 and flat(x.reshape(len(x), groups, -1)) if x.numel() else False
    if a.get("scale", True) == a.get("center", True):
        m = own.module(lambda: torch.nn.GroupNorm(groups, c, eps, affine=a.get("scale", True)))
        return torch.group_norm(x, groups, m.weight, m.bias, eps)
    return torch.group_norm(x, groups, *affine(a, own, (c,)), eps)


def scale(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    axis = a.get("axis", -1)
    return (x.movedim(axis, -1) * own("weight", x.shape[axis])).movedim(-1, axis)


def eps_of(r: Random) -> float:
    return 10.0 ** -r.randint(2, 6)


def draw_batch_norm(r: Random) -> Draw:
    size = shape(r, 2, 5, 4)
    args = {"eps": eps_of(r), "scale": chance(r, 0.7), "center": chance(r, 0.7), "momentum": r.random()}
    if chance(r):
        args["axis"] = axis_of(r, len(size))
    return Draw(args, [torch.randn(size)])


def draw_axes(r: Random, size: tuple[int, ...]) -> Any:
    axes = list(range(-r.randint(1, len(size)), 0)) if chance(r) else axes_of(r, len(size))
    return axes[0] if len(axes) == 1 else axes


def draw_layer_norm(r: Random) -> Draw:
    size = shape(r, 1, 4)
    args = {"axis": draw_axes(r, size), "eps": eps_of(r), "scale": chance(r, 0.7), "center": chance(r, 0.7)}
    return Draw(args, [torch.randn(size)])


def draw_rms_norm(r: Random) -> Draw:
    size = shape(r, 1, 4)
    return Draw({"axis": draw_axes(r, size), "eps": eps_of(r), "offset": r.choice([0.0, 0.0, 1.0, 0.5])}, [torch.randn(size)])


def draw_group_norm(r: Random) -> Draw:
    groups = r.randint(1, 4)
    c = groups * r.randint(1, 3) + chance(r, 0.15)
    args = {"groups": groups, "eps": eps_of(r), "scale": chance(r, 0.7), "center": chance(r, 0.7)}
    x = torch.randn((r.randint(1, 3), c, *some(r, r.randint(0, 3), 1, 4)))
    if x[0].numel() < 4 * groups:  # of a lone value, or two close ones, PyTorch's result is rounding noise
        x = torch.randn((*x.shape, 4))
    return Draw(args, [x])


def draw_scale(r: Random) -> Draw:
    size = shape(r)
    return Draw({"axis": axis_of(r, len(size))}, [torch.randn(size)])


PEERS: Peers = {
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "scale": scale,
}
KINDS: Kinds = {
    "batch_norm": draw_batch_norm,
    "layer_norm": draw_layer_norm,
    "rms_norm": draw_rms_norm,
    "group_norm": draw_group_norm,
    "scale": draw_scale,
}

__all__ = ["KINDS", "PEERS", "Peer", "over"]
