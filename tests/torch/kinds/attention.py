"""Attention, alone and with its projections, and what tells it where things are."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peers, chance, need, some


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
    mask = q.new_zeros(full) if bias is None else bias.expand(full)
    if causal:
        mask = mask.masked_fill(~visible(full[2], full[3], window), -torch.inf)
    y = F.scaled_dot_product_attention(q, k, v, mask, scale=scale)
    return y.transpose(1, 2).flatten(2)


def attention(a: dict[str, Any], own: Own, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    heads, causal, window = a["heads"], a.get("causal", False), a.get("window")
    kv = heads if a.get("kv_heads") is None else a["kv_heads"]
    need(kv > 0 and (causal or window is None))
    need(q.ndim == k.ndim == v.ndim == 3 and heads % kv == 0)
    need(len(q) == len(k) == len(v) and k.shape[1] == v.shape[1])  # PyTorch stretches sizes of 1
    return attend(heads_of(q, heads), heads_of(k, kv), heads_of(v, kv), causal, window, a.get("scale"), bias)


def multi_head(a: dict[str, Any], own: Own, q: Tensor, *rest: Tensor) -> Tensor:
    """The module; of fewer heads of keys, or heads of a width of their own, by the formula."""
    need(all(x.ndim == 3 for x in (q, *rest)) and 0 not in (a.get("head_dim"), a.get("kv_heads")))
    heads, width, causal = a["heads"], q.shape[-1], a.get("causal", False)
    own.arbitrary |= not all(bool(x.isfinite().all()) for x in (q, *rest))  # PyTorch drops what is no number
    k = rest[0] if rest else q
    v = rest[1] if len(rest) > 1 else k
    need(len(q) == len(k) == len(v) and k.shape[1] == v.shape[1])
    widths = [a.get("k_width") or k.shape[-1], a.get("v_width") or v.shape[-1]]
    if a.get("kv_heads") not in (None, heads) or a.get("head_dim") is not None:
        return grouped(a, own, q, k, v)
    more = {"kdim": widths[0], "vdim": widths[1]}
    m = own.module(lambda: torch.nn.MultiheadAttention(width, heads, bias=a.get("bias", True), batch_first=True, **more))
    mask = ~visible(q.shape[1], k.shape[1], None) if causal else None
    y: Tensor = m(q, k, v, attn_mask=mask, need_weights=False)[0]
    return y


def grouped(a: dict[str, Any], own: Own, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    heads, width, bias = a["heads"], q.shape[-1], a.get("bias", True)
    kv = a.get("kv_heads") or heads
    need((a.get("head_dim") is not None or width % heads == 0) and heads % kv == 0)
    d = a.get("head_dim") or width // heads
    need(d > 0)
    rows = [heads * d, kv * d, kv * d]
    widths = [width, a.get("k_width") or k.shape[-1], a.get("v_width") or v.shape[-1]]
    if widths == [width] * 3:
        weights = own("in_proj_weight", sum(rows), width).split(rows)
    else:
        weights = [own(f"{n}_proj_weight", o, i) for n, o, i in zip("qkv", rows, widths)]  # type: ignore[assignment]
    biases = own("in_proj_bias", sum(rows)).split(rows) if bias else [None] * 3
    q, k, v = (heads_of(F.linear(x, w, b), h) for x, w, b, h in zip((q, k, v), weights, biases, (heads, kv, kv)))
    y = attend(q, k, v, a.get("causal", False), None, None, None)
    return F.linear(y, own("out_proj.weight", width, heads * d), own("out_proj.bias", width) if bias else None)


def rotary(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    """By complex numbers: each pair is one, multiplied by one of length 1."""
    need(x.ndim == 3)
    y = x.unflatten(-1, (a["heads"], -1)).double()
    turned = int(y.shape[-1] * a.get("fraction", 1.0))
    need(turned % 2 == 0)
    if not turned:
        return x
    part, rest, pairs = y[..., :turned], y[..., turned:], a.get("interleaved", False)
    z = torch.view_as_complex(part.unflatten(-1, (-1, 2)).contiguous()) if pairs else torch.complex(*part.chunk(2, -1))
    power = -torch.arange(0, turned, 2, dtype=torch.float64) / turned
    angle = torch.arange(x.shape[1])[:, None] * a.get("theta", 10000.0) ** power
    z = z * torch.polar(torch.ones_like(angle), angle)[:, None]
    part = torch.view_as_real(z).flatten(-2) if pairs else torch.cat([z.real, z.imag], -1)
    return torch.cat([part, rest], -1).flatten(2).to(x.dtype)


def learned_positions(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim == 3)
    rows = own.module(lambda: torch.nn.Embedding(a["length"], x.shape[2]))(torch.arange(x.shape[1]))
    need(rows.shape[1] == x.shape[2])  # PyTorch stretches one
    y: Tensor = x + rows
    return y


def relative_bias(a: dict[str, Any], own: Own, q: Tensor, k: Tensor) -> Tensor:
    """T5's buckets: small distances have one each, larger ones share by logarithm; ahead and behind apart where both are seen."""
    buckets, both, farthest = a["buckets"], a.get("bidirectional", True), a["max_distance"]
    gap = torch.arange(k.shape[1])[None, :] - torch.arange(q.shape[1])[:, None]
    half = buckets // 2 if both else buckets
    first = torch.where(gap > 0, half, 0) if both else torch.zeros_like(gap)
    distance = gap.abs() if both else (-gap).clamp(min=0)
    exact = half // 2
    need(0 < exact < farthest)
    far = exact + (torch.log(distance.clamp(min=1).float() / exact) / math.log(farthest / exact) * (half - exact)).long()
    bucket = first + torch.where(distance < exact, distance, far.clamp(max=half - 1))
    return own("weight", buckets, a["heads"])[bucket].permute(2, 0, 1)[None]


def topk_softmax(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
    need(x.ndim > 0 and a["k"] >= 1)
    top = x.softmax(-1).topk(a["k"])
    own.arbitrary |= bool(x.isnan().any())
    if a["k"] < x.shape[-1]:
        ordered = x.sort(-1, descending=True).values
        own.arbitrary |= bool((ordered[..., a["k"] - 1] - ordered[..., a["k"]] < 1e-5).any())
    kept = torch.zeros_like(x).scatter(-1, top.indices, top.values)
    return kept / top.values.sum(-1, keepdim=True) if a.get("normalize", True) else kept


def draw_attention(r: Random) -> Draw:
    kv, times, d, dv = r.randint(1, 3), r.randint(1, 3), r.randint(1, 5), r.randint(1, 5)
    n, tq, tk = some(r, 3, 1, 6)
    heads = kv * times + chance(r, 0.05)
    if chance(r):
        tk = tq
    args: dict[str, Any] = {"heads": heads, "causal": chance(r), "scale": r.choice([None, 1.0, 0.3])}
    if times > 1 or chance(r) or heads != kv:
        args["kv_heads"] = kv
    args["window"] = r.randint(1, 4) if chance(r, 0.6 if args["causal"] else 0.04) else None
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
    return Draw(args, inputs)


def draw_multi_head(r: Random) -> Draw:
    heads, d, count = r.randint(1, 4), r.randint(1, 4), r.randint(1, 3)
    width = heads * d + chance(r, 0.06)
    n, tq, tk = some(r, 3, 1, 5)
    args: dict[str, Any] = {"heads": heads, "bias": chance(r, 0.7), "causal": chance(r)}
    widths = [width, width, width]
    if chance(r, 0.4):
        args["kv_heads"] = r.choice([k for k in range(1, heads + 1) if heads % k == 0 or chance(r, 0.1)])
        if chance(r, 0.6):
            args["head_dim"] = r.randint(1, 5)
    if count == 3 and chance(r):
        widths[1:] = r.randint(1, 9), r.randint(1, 9)
    elif count == 2 and chance(r):
        widths[1:] = [width + r.randint(0, 1)] * 2
    for name, w in zip(("k_width", "v_width"), widths[1:]):
        if count > 1 and chance(r):  # else it is inferred
            args[name] = w + chance(r, 0.05)
    inputs = [torch.randn(n, t, w) for t, w in zip((tq, tk, tk), widths)][:count]
    if chance(r, 0.08):
        at = r.randrange(count)
        inputs[at] = torch.cat([inputs[at]] * 2, -1)
    return Draw(args, inputs)


def draw_rotary(r: Random) -> Draw:
    heads, d = r.randint(1, 3), r.choice([2, 4, 6, 8, 3])
    args = {"heads": heads, "theta": r.choice([10000.0, 500.0, 1e6]), "fraction": r.choice([1.0, 1.0, 0.5, 0.25, 0.75, 0.0]),
            "interleaved": chance(r)}  # fmt: skip
    return Draw(args, [torch.randn(r.randint(1, 2), r.randint(1, 40), heads * d + chance(r, 0.05))])


def draw_bias(r: Random) -> Draw:
    args = {"buckets": r.choice([2, 3, 4, 8, 31, 32]), "max_distance": r.choice([1, 4, 8, 20, 128]), "heads": r.randint(1, 3),
            "bidirectional": chance(r)}  # fmt: skip
    n, tq, tk = r.randint(1, 2), r.choice([1, 5, 150]), r.choice([1, 7, 200])
    return Draw(args, [torch.randn(n, tq, 2), torch.randn(n, tk, 2)])


def draw_topk(r: Random) -> Draw:
    x = torch.randn(*some(r, r.randint(0, 2), 1, 4), r.randint(1, 8)) * r.choice([1, 5])
    return Draw({"k": r.randint(1, 4), "normalize": chance(r)}, [x])


PEERS: Peers = {
    "attention": attention,
    "multi_head_attention": multi_head,
    "rotary": rotary,
    "learned_positions": learned_positions,
    "relative_bias": relative_bias,
    "topk_softmax": topk_softmax,
}
KINDS: Kinds = {
    "attention": draw_attention,
    "multi_head_attention": draw_multi_head,
    "rotary": draw_rotary,
    "learned_positions": lambda r: Draw({"length": r.randint(1, 8)}, [torch.randn(*some(r, 2, 1, 9), r.randint(1, 5))]),
    "relative_bias": draw_bias,
    "topk_softmax": draw_topk,
}
