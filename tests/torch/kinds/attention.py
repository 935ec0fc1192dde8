"""Attention, alone and with its projections, and what tells it where things are."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, chance, formula, need, of, plain, some


def heads_of(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def visible(tq: int, tk: int, window: int | None) -> Tensor:
    """Which keys a query sees, both counted from the start."""
    seen = torch.ones(tq, tk, dtype=torch.bool).tril()
    return seen if window is None else seen.triu(1 - window)


def attend(q: Tensor, k: Tensor, v: Tensor, causal: bool, window: int | None, scale: float | None, bias: Tensor | None) -> Tensor:
    """Over (N, heads, T, d); keys and values of fewer heads serve several query heads each."""
    times = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
    full = (*q.shape[:3], k.shape[2])
    need(k.shape[1] == q.shape[1])
    mask = torch.zeros(full) if bias is None else bias.expand(full)
    if causal:
        mask = mask.masked_fill(~visible(full[2], full[3], window), -torch.inf)
    y = F.scaled_dot_product_attention(q, k, v, mask, scale=scale)
    return y.transpose(1, 2).flatten(2)


def attention(r: Random) -> Draw:
    kv, times, d, dv = r.randint(1, 3), r.randint(1, 3), r.randint(1, 5), r.randint(1, 5)
    n, tq, tk = some(r, 3, 1, 6)
    heads = kv * times + chance(r, 0.05)
    if chance(r):
        tk = tq
    args: dict[str, Any] = {"heads": heads}
    if times > 1 or chance(r) or heads != kv:
        args["kv_heads"] = kv
    causal = args["causal"] = chance(r)
    window = args["window"] = r.randint(1, 4) if chance(r, 0.6 if causal else 0.04) else None
    scale = args["scale"] = r.choice([None, 1.0, 0.3])
    inputs = [torch.randn(n, tq, heads * d), torch.randn(n, tk, kv * d), torch.randn(n, tk, kv * dv)]
    if chance(r, 0.08):
        at = r.randrange(3)
        inputs[at] = torch.cat([inputs[at], inputs[at][..., :1]], -1)
    if chance(r, 0.08):
        at = r.randrange(3)
        inputs[at] = torch.cat([inputs[at]] * 2, 1)
        inputs[at] = inputs[at] if at else torch.cat([inputs[0]] * 3)
    if chance(r):
        size = tuple(1 if chance(r, 0.3) else s for s in (n, heads, inputs[0].shape[1], inputs[1].shape[1]))
        if chance(r, 0.1):
            size = (*size[:-1], size[-1] + 1) if chance(r) else (size[0] + 1, *size[1:])
        inputs.append(torch.randn(size[r.choice([0, 0, 0, 1, 2]) :]))

    def call(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
        need(causal or window is None)
        need(len(q) == len(k) == len(v) and k.shape[1] == v.shape[1])  # PyTorch stretches sizes of 1
        return attend(heads_of(q, heads), heads_of(k, kv), heads_of(v, kv), causal, window, scale, bias)

    return Draw(args, inputs, plain(call))


def multi_head(r: Random) -> Draw:
    heads, d, bias, causal = r.randint(1, 4), r.randint(1, 4), chance(r, 0.7), chance(r)
    width = heads * d + chance(r, 0.06)
    n, tq, tk = some(r, 3, 1, 5)
    count = r.randint(1, 3)
    args: dict[str, Any] = {"heads": heads, "bias": bias, "causal": causal}
    if chance(r, 0.4):
        return grouped(r, args, width, (n, tq, tk)[: 2 + (count > 1)])
    widths = [width, width, width]
    more = {}
    if count == 3 and chance(r):
        widths[1] = more["kdim"] = args["k_width"] = r.choice([w for w in range(1, 9) if w != width])
        widths[2] = more["vdim"] = args["v_width"] = r.choice([w for w in range(1, 9) if w != width])
    elif count == 2 and chance(r):
        widths[1] = more["kdim"] = args["k_width"] = width + 1
        if chance(r, 0.8):  # else the values, which are the keys, are not as wide as said
            more["vdim"] = args["v_width"] = width + 1
    inputs = [torch.randn(n, t, w) for t, w in zip((tq, tk, tk), widths)][:count]
    if chance(r, 0.08):
        at = r.randrange(1 if more else 0, count)
        inputs[at] = torch.cat([inputs[at]] * 2, -1)
        width = 2 * width if count == 1 else width

    def call(m: Any, q: Tensor, *rest: Tensor) -> Tensor:
        k = rest[0] if rest else q
        v = rest[1] if len(rest) > 1 else k
        mask = ~visible(q.shape[1], k.shape[1], None) if causal else None
        return m(q, k, v, attn_mask=mask, need_weights=False)[0]

    return Draw(args, inputs, of(lambda: torch.nn.MultiheadAttention(width, heads, bias=bias, batch_first=True, **more), call))


def grouped(r: Random, args: dict[str, Any], width: int, sizes: tuple[int, ...]) -> Draw:
    """Fewer heads of keys and values, or a width of heads of its own: no module of PyTorch's, so a formula."""
    heads, causal = args["heads"], args["causal"]
    kv = args["kv_heads"] = r.choice([k for k in range(1, heads + 1) if heads % k == 0 or chance(r, 0.1)])
    d = width // heads
    if chance(r, 0.6) or d == 0:
        d = args["head_dim"] = r.randint(1, 5)
    n, tq, *tk = sizes
    inputs = [torch.randn(n, tq, width), *(torch.randn(n, t, width) for t in tk)]
    rows = (heads + 2 * kv) * d

    def call(w: dict[str, Tensor], x: Tensor, *memory: Tensor) -> Tensor:
        need("head_dim" in args or width % heads == 0)
        m = memory[0] if memory else x
        parts = list(zip(w["in_proj_weight"].split([heads * d, kv * d, kv * d]),
                         w.get("in_proj_bias", torch.zeros(rows)).split([heads * d, kv * d, kv * d])))  # fmt: skip
        q, k, v = (heads_of(F.linear(a, *p), h) for a, p, h in zip((x, m, m), parts, (heads, kv, kv)))
        return F.linear(attend(q, k, v, causal, None, None, None), w["out_proj.weight"], w.get("out_proj.bias"))

    bias = args["bias"]
    return Draw(args, inputs, formula(call, in_proj_weight=(rows, width), in_proj_bias=(rows,) if bias else None,
                                      out_proj__weight=(width, heads * d), out_proj__bias=(width,) if bias else None))  # fmt: skip


def rotary(r: Random) -> Draw:
    """By complex numbers: each pair is one, multiplied by one of length 1."""
    heads, d, fraction = r.randint(1, 3), r.choice([2, 4, 6, 8, 3]), r.choice([1.0, 1.0, 0.5, 0.25, 0.75, 0.0])
    theta, pairs = r.choice([10000.0, 500.0, 1e6]), chance(r)
    x = torch.randn(r.randint(1, 2), r.randint(1, 40), heads * d + chance(r, 0.05))

    def call(x: Tensor) -> Tensor:
        y = x.unflatten(-1, (heads, -1)).double()
        turned = int(y.shape[-1] * fraction)
        need(turned % 2 == 0)
        if not turned:
            return x
        own, rest = y[..., :turned], y[..., turned:]
        z = torch.view_as_complex(own.unflatten(-1, (-1, 2)).contiguous()) if pairs else torch.complex(*own.chunk(2, -1))
        angle = torch.arange(x.shape[1])[:, None] * theta ** (-torch.arange(0, turned, 2, dtype=torch.float64) / turned)
        z = z * torch.polar(torch.ones_like(angle), angle)[:, None]
        own = torch.view_as_real(z).flatten(-2) if pairs else torch.cat([z.real, z.imag], -1)
        return torch.cat([own, rest], -1).flatten(2).float()

    return Draw({"heads": heads, "theta": theta, "fraction": fraction, "interleaved": pairs}, [x], plain(call))


def learned_positions(r: Random) -> Draw:
    length, width = r.randint(1, 8), r.randint(1, 5)
    x = torch.randn(r.randint(1, 3), r.randint(1, 9), width)
    return Draw(
        {"length": length}, [x], of(lambda: torch.nn.Embedding(length, width), lambda m, x: x + m(torch.arange(x.shape[1])))
    )


def relative_bias(r: Random) -> Draw:
    """T5's buckets: small distances have one each, larger ones share by logarithm; ahead and behind apart where both are seen."""
    buckets, both, heads = r.choice([2, 3, 4, 8, 31, 32]), chance(r), r.randint(1, 3)
    farthest = r.choice([1, 4, 8, 20, 128])
    n, tq, tk = r.randint(1, 2), r.choice([1, 5, 150]), r.choice([1, 7, 200])

    def call(w: dict[str, Tensor], q: Tensor, k: Tensor) -> Tensor:
        gap = torch.arange(k.shape[1])[None, :] - torch.arange(q.shape[1])[:, None]
        own = buckets // 2 if both else buckets
        first = torch.where(gap > 0, own, 0) if both else torch.zeros_like(gap)
        distance = gap.abs() if both else (-gap).clamp(min=0)
        exact = own // 2
        need(0 < exact < farthest)
        far = exact + (torch.log(distance.clamp(min=1).float() / exact) / math.log(farthest / exact) * (own - exact)).long()
        return w["weight"][first + torch.where(distance < exact, distance, far.clamp(max=own - 1))].permute(2, 0, 1)[None]

    args = {"buckets": buckets, "max_distance": farthest, "heads": heads, "bidirectional": both}
    return Draw(args, [torch.randn(n, tq, 2), torch.randn(n, tk, 2)], formula(call, weight=(buckets, heads)))


def topk_softmax(r: Random) -> Draw:
    k, normalize = r.randint(1, 4), chance(r)
    x = torch.randn(*some(r, r.randint(0, 2), 1, 4), r.randint(1, 8)) * r.choice([1, 5])

    def call(x: Tensor) -> Tensor:
        top = x.softmax(-1).topk(k)
        kept = torch.zeros_like(x).scatter(-1, top.indices, top.values)
        return kept / top.values.sum(-1, keepdim=True) if normalize else kept

    return Draw({"k": k, "normalize": normalize}, [x], plain(call))


KINDS: Kinds = {
    "attention": attention,
    "multi_head_attention": multi_head,
    "rotary": rotary,
    "learned_positions": learned_positions,
    "relative_bias": relative_bias,
    "topk_softmax": topk_softmax,
}
