"""Which values an open kernel, stride, padding or dilation can have: what `solve` tries, one axis after the other.

Paddings stay below the kernel's reach: more would only add windows that see nothing else. Where the padding is open, cells
of a kernel stay closer than the input is long, and kernels below twice that: more would only see more padding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Layer
from .options import Options, Path, Seen
from .patterns import AXES
from .windows import is_int, pads, stride

ORDER = ("kernel_size", "dilation", "padding", "stride", "output_padding")
"""What is tried first: the others' ranges hang on it."""

USUAL = {
    "kernel_size": range(1, 12),
    "dilation": range(1, 5),
    "stride": range(1, 5),
    "padding": range(4),
    "output_padding": range(2),
}
"""What is tried where nothing bounds it."""

Window = dict[str, Any]
"""One axis of a layer: kernel_size, dilation, stride, padding before and after, output_padding; whether its padding is `same`,
and whether its last window may hang over the edge (`ceil`)."""


def windowed(layer: Layer, name: str, path: Path, seen: Seen) -> Options:
    """Options of an open argument of a convolution or pooling: see `Layer.options`."""
    return options(layer, name, path, seen, slid, slid_range)


def spread(layer: Layer, name: str, path: Path, seen: Seen) -> Options:
    """Options of an open argument of a transposed convolution: see `Layer.options`."""
    return options(layer, name, path, seen, grown, grown_range)


def options(
    layer: Layer,
    name: str,
    path: Path,
    seen: Seen,
    size: Callable[[Window, int], int | None],
    limits: Callable[[str, Window, int | None, int | None], range | None],
) -> Options:
    """Ints that give the sizes seen, on all axes or on the one of a path; where each kernel is known, those kernels."""
    if name == "kernel_size" and not path:
        told = [seen(f"kernel_size.{i}") for i in range(layer.spatial)]
        if None not in told:
            return [told[0] if len(set(told)) == 1 else tuple(told)], True
    bounds: list[range] = []  # by axis: outside of it no value could matter
    sizes: list[tuple[Window, int, int]] = []  # of the axes whose size is known before and after
    axes = path[:1] or range(layer.spatial)
    for i in axes:
        axis = AXES[3 - layer.spatial + i]
        x, y, now = seen(axis), seen(f"{axis}_out"), window(layer, i, seen)
        if name == "kernel_size" and is_int(now[name]):
            bounds.append(range(now[name], now[name] + 1))
        elif (bound := limits(name, now, x, y)) is not None:
            bounds.append(bound)
        if x is not None and y is not None:
            sizes.append((now, x, y))

    def fits(v: int) -> bool:
        return all(size(with_value(layer, now, name, path, v), x) in (y, None) for now, x, y in sizes)

    if not bounds:
        return [v for v in USUAL[name] if fits(v)], False
    # a step beyond a whole axis leaves of it what the longest does, and may matter to a longer one
    beyond = name == "stride" and size is slid
    first, last = max(b.start for b in bounds), (max if beyond else min)(b.stop for b in bounds)
    values = [v for v in range(first, last) if fits(v)]
    return values, not (beyond and len(bounds) < len(axes) and last - 1 in values)


def window(layer: Layer, i: int, seen: Seen) -> Window:
    """The arguments of one axis."""
    told = seen(f"kernel_size.{i}")
    pad = pads(layer)[i]
    same = pad == "same"
    before, after = (0, 0) if same else pad
    return {
        "kernel_size": layer.each("kernel_size")[i] if told is None else told,
        "dilation": layer.each("dilation")[i] if "dilation" in layer.arguments else 1,
        "stride": stride(layer, i),
        "before": before,
        "after": after,
        "output_padding": layer.each("output_padding")[i] if "output_padding" in layer.arguments else 0,
        "same": same,
        "ceil": bool(getattr(layer, "ceil_mode", False)),
    }


def with_value(layer: Layer, now: Window, name: str, path: Path, v: int) -> Window:
    if name == "padding":
        sides = ("before", "after") if len(path) < 2 else (("before", "after")[path[1]],)
        return {**now, **dict.fromkeys(sides, v)}
    if name == "kernel_size" and layer.__dict__["stride"] is None:
        return {**now, name: v, "stride": v}  # a pooling's stride is its kernel size when left out
    return {**now, name: v}


def slid(w: Window, x: int) -> int | None:
    """The size a window leaves of x; None where an argument is open."""
    if w["same"]:
        return -(-x // w["stride"]) if is_int(w["stride"]) else None
    if not all(map(is_int, w.values())):
        return None
    s: int = w["stride"]
    left: int = x + w["before"] + w["after"] - w["dilation"] * (w["kernel_size"] - 1) - 1
    return min((left + 2 * s - 1) // s, (x + int(w["before"]) + s - 1) // s) if w["ceil"] else left // s + 1


def slid_range(name: str, w: Window, x: int | None, y: int | None) -> range | None:
    """All values that could make a difference; None where nothing bounds them."""
    k, d, known = w["kernel_size"], w["dilation"], is_int(w["before"]) and is_int(w["after"])
    if name == "padding":
        return range(d * (k - 1) + 1) if is_int(k) and is_int(d) else None
    if name == "dilation" and k == 1:
        return range(1, 2)
    if x is None:
        return None
    if not known:  # the padding is open too
        return {"dilation": range(1, max(x, 2)), "kernel_size": range(1, 2 * x)}.get(name)
    room = max(1, x + int(w["before"]) + int(w["after"]))
    if name == "dilation":
        return range(1, max(1, (room - 1) // (k - 1)) + 1) if is_int(k) else None
    return range(1, room + 1)


def grown(w: Window, x: int) -> int | None:
    """The size that x is spread to; None where an argument is open."""
    if w["same"]:
        return x * int(w["stride"]) if is_int(w["stride"]) else None
    if not all(map(is_int, w.values())):
        return None
    reach: int = w["dilation"] * (w["kernel_size"] - 1) + 1
    return (x - 1) * int(w["stride"]) + reach - int(w["before"]) - int(w["after"]) + int(w["output_padding"])


def grown_range(name: str, w: Window, x: int | None, y: int | None) -> range | None:
    """All values that could make a difference to a transposed convolution; None where nothing bounds them."""
    k, d, s = w["kernel_size"], w["dilation"], w["stride"]
    if name == "padding":
        return range(d * (k - 1) + 1) if is_int(k) and is_int(d) else None
    if name == "output_padding":
        return range(max(s, d)) if is_int(s) and is_int(d) else None
    if name == "dilation" and k == 1:
        return range(1, 2)
    if y is None:
        return None
    if not (is_int(w["before"]) and is_int(w["after"])):
        return {"dilation": range(1, max(y, 2)), "kernel_size": range(1, 2 * y)}.get(name)
    room = y + int(w["before"]) + int(w["after"])
    if name == "kernel_size":
        return range(1, room + 1)
    if name == "dilation":
        return range(1, max(1, (room - 1) // (k - 1)) + 1) if is_int(k) else None
    return range(1, room // (x - 1) + 1) if x is not None and x > 1 else None


def oddity(layer: Layer) -> int:
    """How many arguments are unusual. Usual are odd kernels, no padding or one that keeps the size, no dilation, and strides of
    1, 2 or the kernel."""
    odd = 0
    for i, pad in enumerate(pads(layer)):
        k, s = layer.each("kernel_size")[i], stride(layer, i)
        d = layer.each("dilation")[i] if "dilation" in layer.arguments else 1
        if all(map(is_int, (k, s, d))) and pad != "same":
            odd += (k % 2 == 0 and s != k) + (s > 2 and s != k) + (d > 1)
            odd += pad[0] != pad[1] or (pad[0] != 0 and 2 * pad[0] != d * (k - 1))
    return odd
