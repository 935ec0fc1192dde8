"""The numpy kernels against loops over single output cells, on small random cases, in one block and in many."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest

from deferinit_cli.layers.core import conv_kernels as kernels
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.core.base import Layer

MODES = {"zeros": "constant", "reflect": "reflect", "edge": "edge", "circular": "wrap"}


def build(kind: str, **values: Any) -> Layer:
    cls = registry.find(kind)
    assert cls is not None
    return cls.build(values)


def array(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def last(x: Any) -> Any:
    """The same values, channels last in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def same(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    """TensorFlow's SAME: ceil(n / s) windows, what they lack laid around, the odd cell behind."""
    windows = (n + s - 1) // s
    lack = max(0, (windows - 1) * s + (k - 1) * d + 1 - n)
    return lack // 2, lack - lack // 2


def reference_conv(x: Any, w: Any, stride: Any, pads: Any, dilation: Any, groups: int, mode: str) -> Any:
    x = np.pad(x, [(0, 0), (0, 0), *pads], mode=MODES[mode])
    out = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], w.shape[2:], stride, dilation)]
    y = np.zeros((len(x), len(w), *out))
    per_in, per_out = w.shape[1], len(w) // groups
    for o in range(len(w)):
        g = o // per_out
        for at in itertools.product(*map(range, out)):
            window = tuple(slice(i * s, i * s + d * (k - 1) + 1, d) for i, s, d, k in zip(at, stride, dilation, w.shape[2:]))
            part = x[(slice(None), slice(g * per_in, (g + 1) * per_in), *window)]
            y[(slice(None), o, *at)] = (part * w[o]).reshape(len(x), -1).sum(1)
    return y


@pytest.mark.parametrize("blocks", ["one", "many"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("groups", ["whole", "some", "depthwise"])
def test_convolution(rank: int, groups: str, blocks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if blocks == "many":  # some rows each, so that the last block is a shorter one
        monkeypatch.setattr(kernels, "BLOCK", 2000)
        monkeypatch.setattr(kernels, "SUMMED", 300)
    r = random.Random(f"{rank}{groups}")
    for seed in range(25):
        g = {"whole": 1, "some": r.choice([2, 3]), "depthwise": r.choice([2, 4])}[groups]
        ci = g * (1 if groups == "depthwise" else r.randint(1, 3))
        co = g * r.randint(1, 3)
        k, s, d = ([r.randint(1, top) for _ in range(rank)] for top in (3, 3, 2))
        size = [r.randint(6, 9) for _ in range(rank)]
        mode = r.choice(list(MODES))
        padding: Any = r.choice(["same", [[r.randint(0, 2), r.randint(0, 3)] for _ in range(rank)]])
        pads = [same(*a) for a in zip(size, k, s, d)] if padding == "same" else padding
        layer = build(f"conv{rank}d", channels=co, kernel_size=k, stride=s, dilation=d, groups=g, padding=padding,
                      padding_mode=mode)  # fmt: skip
        x, w, b = array(seed, 2, ci, *size), array(seed + 1, co, ci // g, *k), array(seed + 2, co)
        expected = reference_conv(x, w, s, pads, d, g, mode) + b.reshape(-1, *[1] * rank)
        for memory in (x, last(x), x.swapaxes(0, 1).copy().swapaxes(0, 1)):
            found = kernels.conv(memory, w, b, layer, g)
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=repr((layer, size)))


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("kernel", [1, 3])
def test_a_chain_of_convolutions_copies_nothing(groups: int, kernel: int) -> None:
    layer = build("conv2d", channels=6, kernel_size=kernel, padding=kernel // 2, groups=groups)
    y = kernels.conv(array(0, 2, 6, 5, 4), array(1, 6, 6 // groups, kernel, kernel), array(2, 6), layer, groups)
    assert y.shape == (2, 6, 5, 4)
    assert np.shares_memory(kernels.channels_last(y), y)
    pool = build("max_pool2d", kernel_size=3, stride=2, padding=1)
    z = pool.forward(None, y)
    assert np.shares_memory(kernels.channels_last(z), z)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_transposed_convolution_is_the_adjoint_of_the_convolution(rank: int) -> None:
    r = random.Random(rank)
    for seed in range(25):
        g = r.randint(1, 3)
        ci, co = g * r.randint(1, 2), g * r.randint(1, 2)
        k, s, d = ([r.randint(1, top) for _ in range(rank)] for top in (3, 3, 2))
        pads = [(r.randint(0, 1), r.randint(0, 1)) for _ in range(rank)]
        size = [r.randint(6, 9) for _ in range(rank)]
        layer = build(f"conv{rank}d", channels=co, kernel_size=k, stride=s, dilation=d, groups=g, padding=[list(p) for p in pads])
        x, w = array(seed, 2, ci, *size), array(seed + 1, co, ci // g, *k)
        y = kernels.conv(x, w, None, layer, g)
        back = array(seed + 2, *y.shape)
        rest = [n - ((m - 1) * t - sum(p) + e * (j - 1) + 1) for n, m, t, p, e, j in zip(size, y.shape[2:], s, pads, d, k)]
        spread = kernels.conv_transpose(back, w, None, s, pads, rest, d, g)
        assert spread.shape == x.shape
        np.testing.assert_allclose((y * back).sum(), (x * spread).sum(), rtol=1e-9)


def reference_pool(x: Any, how: str, k: Any, s: Any, d: Any, pads: Any, out: Any, counted: bool) -> Any:
    """Cell by cell; `counted`: cells of the padding, though not those past it, count for the mean."""
    y = np.zeros((*x.shape[:2], *out))
    for at in itertools.product(*map(range, out)):
        inside, cells = [], 1
        for i, kk, ss, dd, (a, b), n in zip(at, k, s, d, pads, x.shape[2:]):
            places = [i * ss - a + j * dd for j in range(kk)]
            inside.append([p for p in places if 0 <= p < n])
            cells *= len([p for p in places if -a <= p < n + b]) if counted else len(inside[-1])
        window = x[np.ix_(range(x.shape[0]), range(x.shape[1]), *inside)].reshape(*x.shape[:2], -1)
        y[(slice(None), slice(None), *at)] = window.max(-1) if how == "max" else window.sum(-1) / cells
    return y


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("how", ["max", "avg"])
def test_pooling(how: str, rank: int) -> None:
    r = random.Random(f"{rank}{how}")
    for seed in range(30):
        k, s = ([r.randint(1, 3) for _ in range(rank)] for _ in range(2))
        d = [r.randint(1, 2) if how == "max" else 1 for _ in range(rank)]
        size = [r.randint(6, 9) for _ in range(rank)]
        ceil, counted = r.random() < 0.5, r.random() < 0.5
        padding: Any = r.choice(["same", [r.randint(0, j // 2) for j in k]])
        if padding == "same":
            pads, out, counts = [same(*a) for a in zip(size, k, s, d)], [-(-n // t) for n, t in zip(size, s)], False
        else:
            pads, counts = [(p, p) for p in padding], counted
            out = []
            for n, j, t, e, p in zip(size, k, s, d, padding):
                free = n + 2 * p - e * (j - 1) - 1
                m = -(-free // t) + 1 if ceil else free // t + 1
                out.append(m - 1 if ceil and (m - 1) * t >= n + p else m)
        more: dict[str, Any] = {"dilation": d} if how == "max" else {"count_include_pad": counted}
        layer = build(f"{how}_pool{rank}d", kernel_size=k, stride=s, padding=padding, ceil_mode=ceil, **more)
        x = array(seed, 2, 3, *size) - 5  # all below zero: padding must never win
        expected = reference_pool(x, how, k, s, d, pads, out, counts)
        for memory in (x, last(x)):
            np.testing.assert_allclose(layer.forward(None, memory), expected, rtol=1e-9, err_msg=repr((layer, size)))


def test_unfolded_windows_stay_within_their_block() -> None:
    import tracemalloc

    layer = build("conv2d", channels=4, kernel_size=7, padding=3)
    x = np.ones((1, 16, 256, 256), "float32")
    w = np.ones((4, 16, 7, 7), "float32")
    tracemalloc.start()
    kernels.conv(x, w, None, layer, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    unfolded = 256 * 256 * 49 * 16 * 4
    assert peak < unfolded / 8
    assert peak < kernels.BLOCK + 4 * x.nbytes
