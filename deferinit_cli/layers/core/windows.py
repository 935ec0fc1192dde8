"""The one statement of how a window slides over an axis, for convolutions and pooling."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import is_symbolic, smaller
from .base import Layer, Problem
from .frame import Frame
from .patterns import AXES


def pads(layer: Layer) -> tuple[Any, ...]:
    """(before, after) per spatial axis, or 'same' per axis."""
    p: Any = layer.__dict__.get("padding", 0)
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


def slide(r: Frame, layer: Layer) -> None:
    """State `x_out` for each spatial axis x from kernel_size, stride, padding, dilation and ceil_mode."""
    for axis, out, offset, step, note in layer.memo("_slides", lambda: slides(layer)):
        if offset is None:
            r.slot(out)  # an argument is left open: found by `solve`
        else:
            r.window(out, axis, offset, step, note=note, blame="kernel_size")


def slides(layer: Layer) -> list[tuple[str, str, Any, Any, Any]]:
    """Per spatial axis the arguments of `Frame.window`: (its name, its output's, offset, stride, note); offset None where open."""
    found: list[tuple[str, str, Any, Any, Any]] = []
    for i, (axis, pad) in enumerate(zip(AXES[3 - layer.spatial :], pads(layer))):
        k, s = layer.each("kernel_size")[i], stride(layer, i)
        d = layer.each("dilation")[i] if "dilation" in layer.arguments else 1
        offset: Any = None
        note = None
        if pad == "same" and is_said(s):
            offset = s - 1
        elif pad != "same" and all(map(is_said, (k, s, d, *pad))):
            total, reach = sum(pad), d * (k - 1) + 1
            offset = total - reach + s
            over = getattr(layer, "ceil_mode", False)
            if over:
                offset = smaller(total - reach + 2 * s - 1, pad[0] + s - 1)
            note = (k, s, total, d, pad[0] if over else None)
        found.append((axis, f"{axis}_out", offset, s, note))
    return found


def stride(layer: Layer, i: int) -> Any:
    """The stride of one axis; a pooling's is its kernel size when left out."""
    own: Any = layer.__dict__["stride"]
    return layer.each("kernel_size" if own is None else "stride")[i]


def is_int(v: Any) -> bool:
    return isinstance(v, int)


def is_said(v: Any) -> bool:
    """Whether a number is written: as an int, or as an expression over symbols."""
    return isinstance(v, int) or is_symbolic(v)
