"""Transformers over words, sounds, and words beside images."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .weights import Weights, attend, conv, dense, norm, rms_norm

gelu_tanh = partial(F.gelu, approximate="tanh")


def gpt2(w: Weights, ids: Tensor, n_head: int, **_: Any) -> Tensor:
    x = w["wte.weight"][ids] + w["wpe.weight"][: ids.shape[1]]
    for b in w / "h":
        q, k, v = dense(b / "attn" / "c_attn", norm(b / "ln_1", x)).chunk(3, -1)
        x = x + dense(b / "attn" / "c_proj", attend(q, k, v, n_head, causal=True))
        x = x + dense(b / "mlp" / "c_proj", gelu_tanh(dense(b / "mlp" / "c_fc", norm(b / "ln_2", x))))
    return norm(w / "ln_f", x) @ w["wte.weight"].T


# ---- Llama and its relatives


def turned(x: Tensor, heads: int, theta: float, part: float = 1.0) -> Tensor:
    """Rotary positions: feature k and k + d/2 of a head are a complex number, turned by position * theta**(-2k/d)."""
    x = x.unflatten(-1, (heads, -1))
    d = int(x.shape[-1] * part)
    angle = torch.arange(x.shape[1])[:, None] * theta ** (-torch.arange(0, d, 2).double() / d)
    z = torch.complex(*x[..., :d].double().chunk(2, -1)) * torch.polar(torch.ones_like(angle), angle)[:, None]
    return torch.cat([z.real.float(), z.imag.float(), x[..., d:]], -1).flatten(2)


def self_attention(w: Weights, x: Tensor, heads: int, kv: int, theta: float, window: int | None = None) -> Tensor:
    q, k, v = (dense(w / f"{n}_proj", x) for n in "qkv")
    gap = torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])
    mask = (gap >= 0) & (gap < (window or 10**6))
    return dense(w / "o_proj", attend(turned(q, heads, theta), turned(k, kv, theta), v, heads, kv, mask))


def gated(act: Callable[[Tensor], Tensor], w: Weights, x: Tensor) -> Tensor:
    return dense(w / "down_proj", act(dense(w / "gate_proj", x)) * dense(w / "up_proj", x))


def decoder(w: Weights, ids: Tensor, heads: int, kv_heads: int, theta: float, mlp: Callable[[Weights, Tensor], Tensor],
            eps: float = 1e-5, offset: float = 0, scale: float = 1, window: int | None = None) -> Tensor:  # fmt: skip
    m = w / "model"
    x = m["embed_tokens.weight"][ids] * scale
    for b in m / "layers":
        y = rms_norm(b / "input_layernorm", x, eps, offset)
        x = x + self_attention(b / "self_attn", y, heads, kv_heads, theta, window)
        x = x + mlp(b / "mlp", rms_norm(b / "post_attention_layernorm", x, eps, offset))
    head = w.get("lm_head.weight")
    return rms_norm(m / "norm", x, eps, offset) @ (m["embed_tokens.weight"] if head is None else head).T


def llama(w: Weights, ids: Tensor, heads: int, kv_heads: int, theta: float, **_: Any) -> Tensor:
    return decoder(w, ids, heads, kv_heads, theta, partial(gated, F.silu))


def mistral(w: Weights, ids: Tensor, heads: int, kv_heads: int, window: int, **_: Any) -> Tensor:
    return decoder(w, ids, heads, kv_heads, 1e4, partial(gated, F.silu), window=window)


def qwen2(w: Weights, ids: Tensor, heads: int, kv_heads: int, **_: Any) -> Tensor:
    return decoder(w, ids, heads, kv_heads, 1e6, partial(gated, F.silu), eps=1e-6)


def gemma(w: Weights, ids: Tensor, d: int, heads: int, kv_heads: int, **_: Any) -> Tensor:
    return decoder(w, ids, heads, kv_heads, 1e4, partial(gated, gelu_tanh), eps=1e-6, offset=1, scale=d**0.5)


def mixtral(w: Weights, ids: Tensor, heads: int, kv_heads: int, top_k: int, **_: Any) -> Tensor:
    def experts(w: Weights, x: Tensor) -> Tensor:
        """Word by word: only the experts chosen for it see it."""
        out = []
        for word in x.flatten(0, 1):
            share, chosen = dense(w / "gate", word).topk(top_k)
            total = torch.zeros_like(word)
            for s, e in zip(share.softmax(0), chosen):
                gate, up = (w["experts.gate_up_proj"][e] @ word).chunk(2)
                total += s * (w["experts.down_proj"][e] @ (F.silu(gate) * up))
            out.append(total)
        return torch.stack(out).view_as(x)

    return decoder(w, ids, heads, kv_heads, 1e6, experts)


def phi_2(w: Weights, input_ids: Tensor, heads: int, turning: float, **_: Any) -> Tensor:
    m = w / "model"
    x = m["embed_tokens.weight"][input_ids]
    for b in m / "layers":
        y, a = norm(b / "input_layernorm", x), b / "self_attn"
        q, k = (turned(dense(a / f"{n}_proj", y), heads, 1e4, turning) for n in "qk")
        x = x + dense(a / "dense", attend(q, k, dense(a / "v_proj", y), heads, causal=True))
        x = x + dense(b / "mlp" / "fc2", gelu_tanh(dense(b / "mlp" / "fc1", y)))
    return dense(w / "lm_head", norm(m / "final_layernorm", x))


# ---- BERT and its relatives


def bert_layers(w: Weights, x: Tensor, heads: int, eps: float) -> Tensor:
    for b in w / "layer":
        a = b / "attention"
        y = attend(*(dense(a / "self" / n, x) for n in ("query", "key", "value")), heads)
        x = norm(a / "output" / "LayerNorm", x + dense(a / "output" / "dense", y), eps)
        y = dense(b / "output" / "dense", F.gelu(dense(b / "intermediate" / "dense", x)))
        x = norm(b / "output" / "LayerNorm", x + y, eps)
    return x


def bert_words(w: Weights, ids: Tensor, kinds: Tensor, eps: float, first: int = 0) -> Tensor:
    x = w["word_embeddings.weight"][ids] + w["token_type_embeddings.weight"][kinds]
    return norm(w / "LayerNorm", x + w["position_embeddings.weight"][first : first + ids.shape[1]], eps)


def pooled(w: Weights, x: Tensor) -> tuple[Tensor, Tensor]:
    return x, torch.tanh(dense(w / "pooler" / "dense", x[:, 0]))


def bert(w: Weights, input_ids: Tensor, token_type_ids: Tensor, heads: int, **_: Any) -> tuple[Tensor, ...]:
    x = bert_words(w / "embeddings", input_ids, token_type_ids, 1e-12)
    return pooled(w, bert_layers(w / "encoder", x, heads, 1e-12))


def bert_mlm(w: Weights, input_ids: Tensor, token_type_ids: Tensor, heads: int, **_: Any) -> Tensor:
    e, head = w / "bert" / "embeddings", w / "cls" / "predictions"
    x = bert_layers(w / "bert" / "encoder", bert_words(e, input_ids, token_type_ids, 1e-12), heads, 1e-12)
    x = norm(head / "transform" / "LayerNorm", F.gelu(dense(head / "transform" / "dense", x)), 1e-12)
    return x @ e["word_embeddings.weight"].T + head["bias"]


def roberta(w: Weights, input_ids: Tensor, heads: int, **_: Any) -> tuple[Tensor, ...]:
    x = bert_words(w / "embeddings", input_ids, torch.zeros_like(input_ids), 1e-5, first=2)
    return pooled(w, bert_layers(w / "encoder", x, heads, 1e-5))


def distilbert(w: Weights, ids: Tensor, heads: int, **_: Any) -> Tensor:
    e = w / "embeddings"
    x = norm(e / "LayerNorm", e["word_embeddings.weight"][ids] + e["position_embeddings.weight"][: ids.shape[1]], 1e-12)
    for b in w / "transformer" / "layer":
        a = b / "attention"
        y = dense(a / "out_lin", attend(*(dense(a / f"{n}_lin", x) for n in "qkv"), heads))
        x = norm(b / "sa_layer_norm", x + y, 1e-12)
        x = norm(b / "output_layer_norm", x + dense(b / "ffn" / "lin2", F.gelu(dense(b / "ffn" / "lin1", x))), 1e-12)
    return x


# ---- encoders beside decoders, and words beside images


def bucket(distance: int, both_ways: bool) -> int:
    """T5's bucket of 32 for a key so far behind a query: half of those of its direction are exact, the others logarithmic to 128."""
    count, first = (16, 16 if distance > 0 else 0) if both_ways else (32, 0)
    distance = abs(distance) if both_ways else max(-distance, 0)
    if distance < count // 2:
        return first + distance
    return first + min(count - 1, count // 2 + int(math.log(distance / (count // 2)) / math.log(128 / (count // 2)) * count / 2))


def t5(w: Weights, input_ids: Tensor, decoder_input_ids: Tensor, heads: int, d: int, **_: Any) -> tuple[Tensor, ...]:
    def bias(name: str, n: int, both_ways: bool) -> Tensor:
        places = torch.tensor([[bucket(j - i, both_ways) for j in range(n)] for i in range(n)])
        return w[f"{name}_bias.weight"][places].permute(2, 0, 1)[None]

    def attention(a: Weights, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return dense(
            a / "o", attend(dense(a / "q", x), dense(a / "k", memory), dense(a / "v", memory), heads, mask=mask, scale=1)
        )

    def stack(s: Weights, ids: Tensor, mask: Tensor, memory: Tensor | None) -> Tensor:
        x = w["shared.weight"][ids]
        for b in s / "block":
            *attentions, mlp = b / "layer"
            y = rms_norm(attentions[0] / "layer_norm", x)
            x = x + attention(attentions[0] / "SelfAttention", y, y, mask)
            if memory is not None:
                y = rms_norm(attentions[1] / "layer_norm", x)
                x = x + attention(attentions[1] / "EncDecAttention", y, memory, None)
            m = mlp / "DenseReluDense"
            x = x + dense(m / "wo", F.relu(dense(m / "wi", rms_norm(mlp / "layer_norm", x))))
        return rms_norm(s / "final_layer_norm", x)

    encoded = stack(w / "encoder", input_ids, bias("encoder", input_ids.shape[1], True), None)
    n = decoder_input_ids.shape[1]
    mask = bias("decoder", n, False).masked_fill(torch.ones(n, n).triu(1).bool(), -torch.inf)
    x = stack(w / "decoder", decoder_input_ids, mask, encoded)
    return x * d**-0.5 @ w["shared.weight"].T, encoded


def projected(w: Weights, x: Tensor, memory: Tensor, heads: int, causal: bool = False) -> Tensor:
    q, k, v = dense(w / "q_proj", x), dense(w / "k_proj", memory), dense(w / "v_proj", memory)
    return dense(w / "out_proj", attend(q, k, v, heads, causal=causal))


def whisper(w: Weights, input_features: Tensor, decoder_input_ids: Tensor, heads: int, **_: Any) -> tuple[Tensor, ...]:
    def layers(s: Weights, x: Tensor, memory: Tensor | None) -> Tensor:
        for b in s / "layers":
            y = norm(b / "self_attn_layer_norm", x)
            x = x + projected(b / "self_attn", y, y, heads, memory is not None)
            if memory is not None:
                x = x + projected(b / "encoder_attn", norm(b / "encoder_attn_layer_norm", x), memory, heads)
            x = x + dense(b / "fc2", F.gelu(dense(b / "fc1", norm(b / "final_layer_norm", x))))
        return norm(s / "layer_norm", x)

    e, d = w / "model" / "encoder", w / "model" / "decoder"
    x = F.gelu(conv(e / "conv2", F.gelu(conv(e / "conv1", input_features, 1, 1)), 2, 1)).mT
    sound = layers(e, x + e["embed_positions.weight"][: x.shape[1]], None)
    n = decoder_input_ids.shape[1]
    x = layers(d, d["embed_tokens.weight"][decoder_input_ids] + d["embed_positions.weight"][:n], sound)
    return x @ d["embed_tokens.weight"].T, sound


def clip(w: Weights, input_ids: Tensor, pixel_values: Tensor, patch: int, **_: Any) -> tuple[Tensor, ...]:
    def layers(s: Weights, x: Tensor, causal: bool) -> Tensor:
        for b in s / "encoder" / "layers":
            y = norm(b / "layer_norm1", x)
            x = x + projected(b / "self_attn", y, y, x.shape[-1] // 64, causal)
            y = dense(b / "mlp" / "fc1", norm(b / "layer_norm2", x))
            x = x + dense(b / "mlp" / "fc2", y * torch.sigmoid(1.702 * y))
        return x

    t, v = w / "text_model", w / "vision_model"
    x = t["embeddings.token_embedding.weight"][input_ids]
    x = layers(t, x + t["embeddings.position_embedding.weight"][: x.shape[1]], True)
    x = norm(t / "final_layer_norm", x)[range(len(x)), input_ids.argmax(1)]
    text = F.normalize(dense(w / "text_projection", x), dim=-1)
    x = conv(v / "embeddings" / "patch_embedding", pixel_values, patch).flatten(2).mT
    x = torch.cat([v["embeddings.class_embedding"].expand(len(x), 1, -1), x], 1) + v["embeddings.position_embedding.weight"]
    x = norm(v / "post_layernorm", layers(v, norm(v / "pre_layrnorm", x), False)[:, 0])
    image = F.normalize(dense(w / "visual_projection", x), dim=-1)
    logits = w["logit_scale"].exp() * image @ text.T
    return logits, logits.T, text, image
