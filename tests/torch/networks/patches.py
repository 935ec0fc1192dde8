"""Transformers over patches of an image."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .weights import Weights, conv, dense, norm


def vit(w: Weights, x: Tensor, heads: int, patch: int, **_: Any) -> Tensor:
    e = w / "encoder"
    x = conv(w / "conv_proj", x, patch).flatten(2).mT
    x = torch.cat([w["class_token"].expand(len(x), -1, -1), x], 1) + e["pos_embedding"]
    for b in e / "layers":
        y, a = norm(b / "ln_1", x, 1e-6), b / "self_attention"
        x = x + F.multi_head_attention_forward(
            *(y.mT.permute(2, 0, 1),) * 3, x.shape[-1], heads, a["in_proj_weight"], a["in_proj_bias"], None, None, False, 0.0,
            a["out_proj.weight"], a["out_proj.bias"], training=False, need_weights=False)[0].transpose(0, 1)  # fmt: skip
        x = x + dense(b / "mlp" / 3, F.gelu(dense(b / "mlp" / 0, norm(b / "ln_2", x, 1e-6))))
    return dense(w / "heads" / "head", norm(e / "ln", x, 1e-6)[:, 0])


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


def swin(w: Weights, x: Tensor, heads: list[int], **_: Any) -> Tensor:
    f = w / "features"
    x = norm(f / 0 / 2, conv(f / 0 / 0, x, 4).permute(0, 2, 3, 1), 1e-5)
    for stage, h in zip((1, 3, 5, 7), heads):
        if stage > 1:
            m = f / (stage - 1)
            x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
            x = dense(m / "reduction", norm(m / "norm", x, 1e-5))
        for k in range(len(f / stage)):
            b = f / stage / k
            x = x + shifted_attention(b / "attn", norm(b / "norm1", x, 1e-5), h, 3 * (k % 2))
            x = x + dense(b / "mlp" / 3, F.gelu(dense(b / "mlp" / 0, norm(b / "norm2", x, 1e-5))))
    return dense(w / "head", norm(w / "norm", x, 1e-5).mean((1, 2)))
