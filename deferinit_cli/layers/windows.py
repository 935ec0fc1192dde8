"""The one statement of how a window slides over an axis, for convolutions and pooling."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import UNKNOWN, is_symbolic
from .base import AXES, Layer, Problem
from .frame import Frame


def pads(layer: Layer) -> tuple[Any, ...]:
    """(before, after) per spatial axis, or 'same' per axis."""
    p: Any = getattr(layer, "padding")
    n = layer.spatial
    if p == "same":
        return ("same",) * n
    if p == "valid":
        return ((0, 0),) * n
    if not isinstance(p, tuple):
        return ((p, p),) * n
    if len(p) != n:
        raise Problem("argument-length", f"padding has {len(p)} entries, {layer.kind} has {n} spatial axes", "padding",
                      str(len(p)), str(n))  # fmt: skip
    for v in p:
        if isinstance(v, tuple) and len(v) != 2:
            raise Problem("argument-length", f"a pair of paddings has {len(v)} entries", "padding", str(len(v)), "2")
    return tuple(v if isinstance(v, tuple) else (v, v) for v in p)


def slide(r: Frame, layer: Layer, kernel: bool = True) -> None:
    """State `x_out` for each spatial axis x from kernel_size, stride, padding, dilation and ceil_mode."""
    for i, (axis, pad) in enumerate(zip(AXES[3 - layer.spatial :], pads(layer))):
        if kernel:
            r.axes.setdefault(f"kernel_{axis}", r.slot(f"kernel_size.{i}"))
        k, s = layer.each("kernel_size")[i], stride(layer, i)
        d = layer.each("dilation")[i] if "dilation" in layer.arguments else 1
        out = f"{axis}_out"
        if pad == "same" and is_int(s):
            r.window(out, axis, s - 1, s, blame="stride")
        elif pad != "same" and all(map(is_int, (k, s, d, *pad))):
            total = sum(pad)
            reach = d * (k - 1) + 1
            offset = total - reach + s
            if getattr(layer, "ceil_mode", False):
                offset = min(total - reach + 2 * s - 1, pad[0] + s - 1)
            r.window(out, axis, offset, s, note=(k, s, total, d), blame="kernel_size")
        else:
            r.slot(out)  # an argument is left open: found by `solve`


def stride(layer: Layer, i: int) -> Any:
    """The stride of one axis; a pooling's is its kernel size when left out."""
    own: Any = getattr(layer, "stride")
    return layer.each("kernel_size" if own is None else "stride")[i]


def is_int(v: Any) -> bool:
    return type(v) is int


__all__ = ["slide", "pads", "stride", "UNKNOWN", "is_symbolic"]
