"""The one statement of how a window slides over an axis, for convolutions and pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import AXES, Layer, Problem
from .frame import Frame


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


def slides(layer: Layer) -> list[tuple[str, str, int | None, int, Any]]:
    """Per spatial axis: (its name, its output's, offset, stride, note) of `Frame.window`."""
    found: list[tuple[str, str, int | None, int, Any]] = []
    for i, (axis, pad) in enumerate(zip(AXES[3 - layer.spatial :], pads(layer))):
        k, s = layer.each("kernel_size")[i], stride(layer, i)
        d = layer.each("dilation")[i] if "dilation" in layer.arguments else 1
        offset: int | None = None
        note = None
        if pad == "same" and is_int(s):
            offset = s - 1
        elif pad != "same" and all(map(is_int, (k, s, d, *pad))):
            total, reach = sum(pad), d * (k - 1) + 1
            offset = total - reach + s
            over = getattr(layer, "ceil_mode", False)
            if over:
                offset = min(total - reach + 2 * s - 1, pad[0] + s - 1)
            note = (k, s, total, d, pad[0] if over else None)
        found.append((axis, f"{axis}_out", offset, s, note))
    return found


def stride(layer: Layer, i: int) -> Any:
    """The stride of one axis; a pooling's is its kernel size when left out."""
    own: Any = layer.__dict__["stride"]
    return layer.each("kernel_size" if own is None else "stride")[i]


def is_int(v: Any) -> bool:
    return isinstance(v, int)


def options(layer: Layer, name: str, known: Callable[[str], int | None]) -> tuple[list[Any], bool]:
    """Values for an open kernel_size, stride, padding or dilation, one int for all axes.

    Paddings from the kernel's reach on, and strides past the padded input, only repeat what smaller ones give.
    """
    found: set[int] | None = None
    complete = True
    for i, axis in enumerate(AXES[3 - layer.spatial :]):
        x, y = known(axis), known(f"{axis}_out")
        values, sure = axis_options(layer, name, i, known(f"kernel_size.{i}"), x, y)
        complete = complete and sure
        found = values if found is None else found & values
    return sorted(found or ()), complete


def axis_options(layer: Layer, name: str, i: int, kernel: int | None, x: int | None, y: int | None) -> tuple[set[int], bool]:
    """The same for one axis, whose sizes before and after are x and y where known."""
    k = layer.each("kernel_size")[i]
    k = k if is_int(k) else kernel
    s, d = stride(layer, i), layer.each("dilation")[i] if "dilation" in layer.arguments else 1
    pad = None if name == "padding" or not is_known_padding(layer) else pads(layer)[i]
    if name == "kernel_size" and k is not None:
        return {k}, True
    reach = (d if is_int(d) else 1) * ((k or 1) - 1) + 1
    total = sum(pad) if isinstance(pad, tuple) else 0 if pad == "same" else None  # None: open too
    most = 2 * (reach - 1) if total is None else total
    if name == "padding":
        tried, sure = range(reach), k is not None
    elif name == "kernel_size":
        tried, sure = range(1, (x + most if x is not None else 16) + 1), x is not None
    else:
        top = x + most if x is not None else max(reach, 4)
        tried, sure = range(1, top + 1), x is not None
    if x is None or y is None:
        return set(tried), sure
    fitting = set()
    for v in tried:
        chosen = {"kernel_size": k, "stride": s, "padding": total, "dilation": d, name: 2 * v if name == "padding" else v}
        if pad == "same":
            step = chosen["stride"]
            fits = not is_int(step) or -(-x // step) == y
        elif not all(map(is_int, chosen.values())):
            fits = True  # another argument is open too
        else:
            span = chosen["dilation"] * (chosen["kernel_size"] - 1) + 1
            fits = getattr(layer, "ceil_mode", False) or (x + chosen["padding"] - span) // chosen["stride"] + 1 == y
        if fits:
            fitting.add(v)
    return fitting, sure


def is_known_padding(layer: Layer) -> bool:
    """Whether the padding is written out."""
    p: Any = layer.__dict__.get("padding", 0)
    return all(
        is_int(w) or isinstance(w, str)
        for v in (p if isinstance(p, tuple) else (p,))
        for w in (v if isinstance(v, tuple) else (v,))
    )
