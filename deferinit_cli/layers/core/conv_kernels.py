"""Numpy kernels of convolutions: channels last in memory, one matrix product per group.

Arrays are (N, C, …) by index but may be channels last in memory; results are. So a chain of convolutions never copies.
"""

from __future__ import annotations

from math import prod
from typing import Any

from .lazy_numpy import np

BLOCK = 1 << 22
"""Bytes of unfolded windows made at a time: what stays in cache is multiplied faster."""

SUMMED = 1 << 18
"""Bytes of a depthwise result made at a time, likewise."""

MODES = {"reflect": "reflect", "edge": "edge", "circular": "wrap"}


def channels_last(x: Any) -> Any:
    """x as (N, …, C), contiguous."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's SAME: half before, rounded down, the rest after."""
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def resolved_pads(pads: Any, sizes: Any, kernel: Any, stride: Any, dilation: Any) -> list[tuple[int, int]]:
    """(before, after) per axis with `same` worked out."""
    return [same_padding(n, k, s, d) if p == "same" else p for p, n, k, s, d in zip(pads, sizes, kernel, stride, dilation)]


def windows(x: Any, kernel: Any, stride: Any, dilation: Any, out: Any) -> Any:
    """A view (N, out…, kernel…, C) of the windows of x (N, …, C)."""
    n, c = x.shape[0], x.shape[-1]
    steps = x.strides[1:-1]
    return np.lib.stride_tricks.as_strided(
        x,
        (n, *out, *kernel, c),
        (x.strides[0], *(a * s for a, s in zip(steps, stride)), *(a * d for a, d in zip(steps, dilation)), x.strides[-1]),
        writeable=False,
    )


def conv(x: Any, weight: Any, bias: Any, layer: Any, groups: int) -> Any:
    """x (N, C, …) with weight (O, C/groups, k…): (N, O, …), channels last in memory."""
    from .windows import pads

    kernel = weight.shape[2:]
    stride, dilation = layer.each("stride"), layer.each("dilation")
    pad = resolved_pads(pads(layer), x.shape[2:], kernel, stride, dilation)
    y = channels_last(x)
    if any(map(any, pad)):
        mode = MODES.get(layer.padding_mode)
        widths = [(0, 0), *pad, (0, 0)]
        y = np.pad(y, widths, mode=mode) if mode else np.pad(y, widths)
    out = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(y.shape[1:-1], kernel, stride, dilation)]
    if groups == 1:
        result = whole(y, weight, stride, dilation, out)
    elif weight.shape[1] == 1:
        result = depthwise(y, weight, stride, dilation, out)
    else:
        parts = zip(np.split(y, groups, axis=-1), np.split(weight, groups))
        result = np.concatenate([whole(np.ascontiguousarray(a), w, stride, dilation, out) for a, w in parts], axis=-1)
    if bias is not None:
        result += bias
    return np.moveaxis(result, -1, 1)


def whole(y: Any, weight: Any, stride: Any, dilation: Any, out: Any) -> Any:
    """All channels at once: unfolded windows times the kernel matrix."""
    o, kernel = weight.shape[0], weight.shape[2:]
    n, c = y.shape[0], y.shape[-1]
    columns = prod(kernel) * c
    matrix = np.moveaxis(weight, 1, -1).reshape(o, columns).T  # a view: BLAS reads it as it lies
    if prod(kernel) == 1:
        picked = y[(slice(None), *(slice(0, (m - 1) * s + 1, s) for m, s in zip(out, stride)))]
        return (picked.reshape(-1, c) @ matrix).reshape(n, *out, o)
    view = windows(y, kernel, stride, dilation, out)
    result = np.empty((n, *out, o), np.result_type(y, weight))
    rows = min(out[0], max(1, BLOCK // max(1, columns * y.itemsize * prod(out[1:]))))
    unfolded = np.empty((rows, *view.shape[2:]), y.dtype)
    for i in range(n):
        for start in range(0, out[0], rows):
            part = unfolded[: min(rows, out[0] - start)]
            np.copyto(part, view[i, start : start + rows])
            np.matmul(part.reshape(-1, columns), matrix, out=result[i, start : start + rows].reshape(-1, o))
    return result


def depthwise(y: Any, weight: Any, stride: Any, dilation: Any, out: Any) -> Any:
    """Each channel alone, `multiplier` kernels each: a sum over the kernel's cells, some rows at a time."""
    multiplier = weight.shape[0] // y.shape[-1]
    kernels = np.ascontiguousarray(np.moveaxis(weight[:, 0], 0, -1))  # (k…, C * multiplier)
    if multiplier > 1:
        y = np.repeat(y, multiplier, axis=-1)
    result = np.zeros((y.shape[0], *out, y.shape[-1]), np.result_type(y, weight))
    rows = min(out[0], max(1, SUMMED // max(1, result[0, 0].nbytes)))
    scratch = np.empty((rows, *result.shape[2:]), result.dtype)
    for i in range(len(result)):
        for start in range(0, out[0], rows):
            part = result[i, start : start + rows]
            seen = y[i, start * stride[0] :]
            for cell in np.ndindex(*kernels.shape[:-1]):
                at = tuple(slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(cell, dilation, part.shape, stride))
                np.multiply(seen[at], kernels[cell], out=scratch[: len(part)])
                part += scratch[: len(part)]
    return result


def conv_transpose(
    x: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
) -> Any:
    """x (N, C, …) with weight (C, O/groups, k…): the gradient of a convolution with respect to its input."""
    kernel, n = weight.shape[2:], x.shape[0]
    y = channels_last(x)
    sizes = y.shape[1:-1]
    full = [(m - 1) * s + d * (k - 1) + 1 + e for m, s, d, k, e in zip(sizes, stride, dilation, kernel, output_padding)]
    per = weight.shape[1]
    result = np.zeros((n, *full, per * groups), np.result_type(x, weight))
    for g, (part, w) in enumerate(zip(np.split(y, groups, axis=-1), np.split(weight, groups))):
        flat = np.ascontiguousarray(part).reshape(-1, part.shape[-1])
        for cell in np.ndindex(*kernel):
            at = tuple(slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(cell, dilation, sizes, stride))
            block = (flat @ w[(slice(None), slice(None), *cell)]).reshape(n, *sizes, per)
            result[(slice(None), *at, slice(g * per, (g + 1) * per))] += block
    cut = tuple(slice(a, f - b) for (a, b), f in zip(padding, full))
    result = result[(slice(None), *cut)]
    if bias is not None:
        result = result + bias
    return np.moveaxis(result, -1, 1)
