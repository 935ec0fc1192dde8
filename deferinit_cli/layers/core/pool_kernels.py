"""Numpy kernels of pooling, over arrays (N, C, …) that may be channels last in memory."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from .conv_kernels import resolved_pads
from .lazy_numpy import np


def layout(x: Any, layer: Any) -> tuple[Any, ...]:
    """(kernel, stride, dilation, pads, output sizes) of a pooling layer on x."""
    from .windows import pads

    sizes, kernel, stride = x.shape[2:], layer.each("kernel_size"), layer.strides()
    dilation = layer.each("dilation") if "dilation" in layer.arguments else (1,) * len(sizes)
    pad = resolved_pads(pads(layer), sizes, kernel, stride, dilation)
    out = []
    for n, k, s, d, (a, b), written in zip(sizes, kernel, stride, dilation, pad, pads(layer)):
        reach = d * (k - 1) + 1
        if written == "same":
            out.append(-(-n // s))
        elif layer.ceil_mode:
            out.append((n + min(a + b - reach + 2 * s - 1, a + s - 1)) // s)
        else:
            out.append((n + a + b - reach) // s + 1)
    return kernel, stride, dilation, pad, out


def padded(x: Any, kernel: Any, stride: Any, dilation: Any, pad: Any, out: Any, value: float) -> Any:
    """x with its padding, and with the cells that the last windows reach past it."""
    widths = [(0, 0), (0, 0)]
    for n, k, s, d, (a, b), m in zip(x.shape[2:], kernel, stride, dilation, pad, out):
        widths.append((a, max(b, (m - 1) * s + d * (k - 1) + 1 - n - a)))
    if not any(map(any, widths)):
        return x
    y = np.full(
        [n + a + b for n, (a, b) in zip(np.moveaxis(x, 1, -1).shape, [widths[0], *widths[2:], widths[1]])], value, x.dtype
    )
    y = np.moveaxis(y, -1, 1)
    y[tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths))] = x
    return y


def cells(y: Any, kernel: Any, stride: Any, dilation: Any, out: Any) -> Any:
    """One strided view of y per cell of the kernel."""
    for cell in product(*map(range, kernel)):
        at = tuple(slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(cell, dilation, out, stride))
        yield y[(slice(None), slice(None), *at)]


def max_pool(x: Any, layer: Any) -> Any:
    """The largest of each window: x (N, C, …), output sizes as the layer's relation says."""
    kernel, stride, dilation, pad, out = layout(x, layer)
    low = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    views = cells(padded(x, kernel, stride, dilation, pad, out, low), kernel, stride, dilation, out)
    result = next(views).copy(order="K")
    for view in views:
        np.maximum(result, view, out=result)
    return result


def sum_pool(x: Any, layer: Any) -> tuple[Any, tuple[Any, ...]]:
    shape = layout(x, layer)
    kernel, stride, dilation, pad, out = shape
    views = cells(padded(x, kernel, stride, dilation, pad, out, 0), kernel, stride, dilation, out)
    result = next(views).copy(order="K")
    for view in views:
        result += view
    return result, shape


def avg_pool(x: Any, layer: Any) -> Any:
    """The mean of each window."""
    return average(x, layer)[0]


def average(x: Any, layer: Any) -> tuple[Any, tuple[Any, ...]]:
    """A cut window divides by its cells inside the input and, where that counts, its padding."""
    from .windows import pads

    result, shape = sum_pool(x, layer)
    kernel, stride, _, pad, out = shape
    counts = []
    for n, k, s, (a, b), m, written in zip(x.shape[2:], kernel, stride, pad, out, pads(layer)):
        start = np.arange(m) * s - a
        inside = written == "same" or not getattr(layer, "count_include_pad", True)
        low, high = (0, n) if inside else (-a, n + b)
        counts.append(np.minimum(start + k, high) - np.maximum(start, low))
    if all((c == c[0]).all() for c in counts):
        result *= x.dtype.type(1 / prod(int(c[0]) for c in counts))
        return result, shape
    total = counts[0]
    for c in counts[1:]:
        total = total[..., None] * c
    result /= total.astype(x.dtype)
    return result, shape


def lp_pool(x: Any, layer: Any) -> Any:
    """A cut window counts as a whole one of the same mean, as in PyTorch."""
    p = layer.norm_type
    mean, (kernel, *_) = average(x**p, layer)
    result = mean * x.dtype.type(prod(kernel))
    return (np.sign(result) * np.abs(result)) ** x.dtype.type(1 / p)


def adaptive(x: Any, layer: Any, how: str) -> Any:
    """Window i of an axis of n cells is [floor(i*n/out), ceil((i+1)*n/out))."""
    for axis, size in enumerate(layer.each("output_size"), 2):
        n = x.shape[axis]
        if type(size) is not int or size == n:
            continue
        parts = []
        for i in range(size):
            window = x[(slice(None),) * axis + (slice(i * n // size, -(-(i + 1) * n // size)),)]
            parts.append(window.mean(axis=axis, dtype=x.dtype) if how == "mean" else window.max(axis=axis))
        x = np.stack(parts, axis=axis)
    return x
