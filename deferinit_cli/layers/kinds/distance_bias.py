"""Attention biased by the distance between query and key."""

from __future__ import annotations

from typing import Any

from ...initializers import normal
from ..core.base import Layer, Problem, flag, integer, layer, param
from ..core.lazy_numpy import np
from .attention import Attention, attend, join_heads, split_heads

GROUP = "Attention and positions"


@layer("alibi_attention", torch="", keras="", flax="", mxnet="", also="AlibiAttention ALiBi")
class Alibi(Attention):
    """Attention whose logits fall with distance, by a slope per head (Press et al., 2021; slopes as in BLOOM)."""

    example = ("- alibi_attention y: {heads: 4, causal: true}\n  from: [x, x, x]", "[N, T, 64]")
    rules = Attention.rules[:2]

    heads = Attention.heads
    kv_heads = Attention.kv_heads
    causal = Attention.causal
    window = Attention.window
    scale = Attention.scale

    ports = ("q", "k", "v")
    optional = 0

    def forward(self, p: Any, *x: Any) -> Any:
        kv = self.kv_heads or self.heads
        q, k, v = split_heads(x[0], self.heads), split_heads(x[1], kv), split_heads(x[2], kv)
        gap = np.arange(q.shape[2])[:, None] - np.arange(k.shape[2])[None, :]
        bias = (-slopes(self.heads)[:, None, None] * gap).astype(q.dtype)
        scale = self.scale if self.scale is not None else q.shape[-1] ** -0.5
        return join_heads(attend(q, k, v, scale, self.causal, self.window, bias))


def slopes(heads: int) -> Any:
    """2^(-8i/n) for the power of two n below, then every second of the next one's."""
    n = 1 << (heads.bit_length() - 1)
    own = [2.0 ** (-8 * (i + 1) / n) for i in range(n)]
    return np.array(own + [2.0 ** (-4 * (2 * i + 1) / n) for i in range(heads - n)])


@layer(
    "relative_bias",
    torch="",
    keras="",
    flax="",
    mxnet="",
    also="T5RelativeAttentionBias RelativePositionBias relative_attention_bias",
)
class RelativeBias(Layer):
    """A learned bias per head and bucket of distance, for attention's `bias` (Raffel et al., 2019)."""

    example = ("{buckets: 32, max_distance: 128, heads: 4}", "[N, T, 64]", "[N, S, 64]")
    rules = (
        "argument-range: buckets is at least 4, or 2 where not bidirectional",
        "argument-range: max_distance is beyond the distances that have a bucket of their own",
    )

    buckets = integer("buckets of distances", minimum=2, also="num_buckets relative_attention_num_buckets")
    max_distance = integer("distance from which all share a bucket", minimum=1, also="relative_attention_max_distance")
    heads = integer("heads", minimum=1, also="num_heads", open=True, symbols=True)
    bidirectional = flag("tell before from behind", default=True)

    ports = ("q", "k")
    accepts = "any"
    takes, gives = "N Tq *a,M Tk *b", "1 heads Tq Tk"
    parameters = [param("weight", "buckets heads", normal(std=1.0), keras="", flax="", mxnet="")]

    def check(self) -> None:
        least = 4 if self.bidirectional else 2
        if self.buckets < least:
            raise Problem("argument-range", f"buckets is {self.buckets}: some are for near, some for far keys", "buckets",
                          str(self.buckets), f"at least {least}")  # fmt: skip
        exact = self.buckets // least
        if self.max_distance <= exact:
            raise Problem("argument-range", f"max_distance is {self.max_distance}, distances below {exact} have their own buckets",
                          "max_distance", str(self.max_distance), f"at least {exact + 1}")  # fmt: skip

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return own

    def forward(self, p: Any, q: Any, k: Any) -> Any:
        gap = np.arange(k.shape[1])[None, :] - np.arange(q.shape[1])[:, None]
        return p.weight[self.bucket(gap)].transpose(2, 0, 1)[None]

    def bucket(self, gap: Any) -> Any:
        """Half of the buckets are exact, the other half grow by logarithm up to max_distance."""
        n, out = self.buckets, np.zeros_like(gap)
        if self.bidirectional:
            n //= 2
            out = (gap > 0) * n
            gap = np.abs(gap)
        else:
            gap = np.maximum(-gap, 0)
        exact = n // 2
        growth = np.log(np.maximum(gap, 1).astype(np.float32) / exact) / np.log(self.max_distance / exact)
        far = exact + (growth * (n - exact)).astype(np.int64)
        return out + np.where(gap < exact, gap, np.minimum(far, n - 1))
