"""Whole vision networks of the zoo against the same written as PyTorch calls, on the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import deferinit_cli as deferinit

SPECS = Path(__file__).parent.parent.parent / "specs"


class Weights:
    """Tensors by full name; `w / "features" / "0"` is what lies below a level."""

    def __init__(self, tensors: dict[str, Tensor], prefix: str = "") -> None:
        self.tensors, self.prefix = tensors, prefix

    def __truediv__(self, level: object) -> Weights:
        return Weights(self.tensors, f"{self.prefix}{level}.")

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[self.prefix + name]

    def bias(self) -> Tensor | None:
        return self.tensors.get(self.prefix + "bias")

    def count(self) -> int:
        """How many numbered levels there are here."""
        return len({n[len(self.prefix) :].split(".")[0] for n in self.tensors if n.startswith(self.prefix)})


def conv(w: Weights, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv2d(x, w["weight"], w.bias(), stride, padding, groups=x.shape[1] // w["weight"].shape[1])


def dense(w: Weights, x: Tensor) -> Tensor:
    return F.linear(x, w["weight"], w.bias())


def norm(w: Weights, x: Tensor, eps: float) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w["weight"], w["bias"], eps)


def norm2d(w: Weights, x: Tensor, eps: float) -> Tensor:
    return norm(w, x.permute(0, 2, 3, 1), eps).permute(0, 3, 1, 2)


def conv_norm(w: Weights, x: Tensor, stride: int = 1) -> Tensor:
    x = conv(w / 0, x, stride, w["0.weight"].shape[-1] // 2)
    b = w / 1
    return F.batch_norm(x, b["running_mean"], b["running_var"], b["weight"], b["bias"])


def efficientnet(w: Weights, x: Tensor) -> Tensor:
    f = w / "features"
    x = F.silu(conv_norm(f / 0, x, 2))
    for stage, stride in enumerate([1, 2, 2, 2, 1, 2, 1], 1):
        for k in range((f / stage).count()):
            block, y = f / stage / k / "block", x
            last = block.count() - 1
            for j in range(last - 1):
                y = F.silu(conv_norm(block / j, y, stride if j == last - 2 and k == 0 else 1))
            se = block / (last - 1)
            s = torch.sigmoid(conv(se / "fc2", F.silu(conv(se / "fc1", y.mean((2, 3), keepdim=True)))))
            y = conv_norm(block / last, y * s)
            x = x + y if k else y
    return dense(w / "classifier" / 1, F.silu(conv_norm(f / 8, x)).mean((2, 3)))


def convnext(w: Weights, x: Tensor) -> Tensor:
    f = w / "features"
    x = norm2d(f / 0 / 1, conv(f / 0 / 0, x, 4), 1e-6)
    for stage in (1, 3, 5, 7):
        if stage > 1:
            down = f / (stage - 1)
            x = conv(down / 1, norm2d(down / 0, x, 1e-6), 2)
        for k in range((f / stage).count()):
            b = f / stage / k / "block"
            y = norm(b / 2, conv(b / 0, x, padding=3).permute(0, 2, 3, 1), 1e-6)
            y = dense(b / 5, F.gelu(dense(b / 3, y))).permute(0, 3, 1, 2)
            x = x + (f / stage / k)["layer_scale"] * y
    return dense(w / "classifier" / 2, norm(w / "classifier" / 0, x.mean((2, 3)), 1e-6))


def attention_map(table: Tensor, h: int, w: int, shift_h: int, shift_w: int) -> Tensor:
    """(windows, heads, 49, 49): the bias of each pair by their slots in the window, and -100 between regions of the rolled image."""
    slots = torch.tensor([(i, j) for i in range(7) for j in range(7)])
    gap = slots[:, None] - slots[None] + 6
    bias = table[gap[..., 0] * 13 + gap[..., 1]].permute(2, 0, 1)
    region = torch.zeros(h, w)
    for a, rows in enumerate([slice(0, h - 7), slice(h - 7, h - shift_h), slice(h - shift_h, h)]):
        for b, columns in enumerate([slice(0, w - 7), slice(w - 7, w - shift_w), slice(w - shift_w, w)]):
            region[rows, columns] = 3 * a * bool(shift_h) + b * bool(shift_w)
    region = windows(region[None, :, :, None])[..., 0]
    return bias + torch.where(region[:, None] == region[:, :, None], 0.0, -100.0)[:, None]


def windows(x: Tensor) -> Tensor:
    """(N, H, W, C) to (N*windows, 49, C)."""
    n, h, w, c = x.shape
    return x.reshape(n, h // 7, 7, w // 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 49, c)


def shifted_attention(w: Weights, x: Tensor, heads: int, shift: int) -> Tensor:
    n, height, width, c = x.shape
    by = (shift if height > 7 else 0, shift if width > 7 else 0)
    t = windows(x.roll((-by[0], -by[1]), (1, 2)))
    q, k, v = dense(w / "qkv", t).reshape(len(t), 49, 3, heads, c // heads).permute(2, 0, 3, 1, 4)
    logits = q @ k.transpose(-1, -2) * (c // heads) ** -0.5
    logits = logits + attention_map(w["relative_position_bias_table"], height, width, *by).repeat(n, 1, 1, 1)
    t = dense(w / "proj", (logits.softmax(-1) @ v).transpose(1, 2).reshape(len(t), 49, c))
    t = t.reshape(n, height // 7, width // 7, 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(n, height, width, c)
    return t.roll(by, (1, 2))


def swin(w: Weights, x: Tensor) -> Tensor:
    f = w / "features"
    x = norm(f / 0 / 2, conv(f / 0 / 0, x, 4).permute(0, 2, 3, 1), 1e-5)
    for stage, heads in ((1, 1), (3, 2), (5, 3), (7, 4)):
        if stage > 1:
            m = f / (stage - 1)
            x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
            x = dense(m / "reduction", norm(m / "norm", x, 1e-5))
        for k in range((f / stage).count()):
            b = f / stage / k
            x = x + shifted_attention(b / "attn", norm(b / "norm1", x, 1e-5), heads, 3 * (k % 2))
            x = x + dense(b / "mlp" / 3, F.gelu(dense(b / "mlp" / 0, norm(b / "norm2", x, 1e-5))))
    return dense(w / "head", norm(w / "norm", x, 1e-5).mean((1, 2)))


CASES: list[tuple[Any, dict[str, Any], tuple[int, ...]]] = [
    (efficientnet, {}, (2, 3, 65, 48)),
    (convnext, {"depths": [2, 1, 2, 1], "width": 8}, (2, 3, 68, 47)),
    (swin, {"depths": [2, 2, 1, 2], "width": 12, "heads": [1, 2, 3, 4]}, (2, 3, 224, 448)),
]


@pytest.mark.parametrize(("network", "sets", "shape"), CASES, ids=[c[0].__name__ for c in CASES])
def test_equal_values(network: Any, sets: dict[str, Any], shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(np.float32)
    model = deferinit.load(str(SPECS / f"{network.__name__}.yaml"), set=sets).initialize(shape)
    for name, parameter in model.parameters.items():
        parameter.data[...] += (
            rng.uniform(0, 0.2, parameter.data.shape) if name.endswith("var") else rng.normal(0, 0.1, parameter.data.shape)
        )
    tensors = {name: torch.from_numpy(p.data) for name, p in model.parameters.items()}
    theirs = network(Weights(tensors), torch.from_numpy(x)).numpy()
    assert theirs.std() > 0.1
    np.testing.assert_allclose(model(x), theirs, rtol=1e-3, atol=1e-4 * theirs.std())
