"""What tells attention where things are: rotations, tables and biases."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from ..initializers import normal
from .attention import Attention, attend, join_heads, split_heads
from .base import Layer, Problem, flag, integer, layer, number, param, size
from .frame import Frame
from .lazy import np
from .options import Options, Path, Seen, divisors
from .softmaxes import softmax

GROUP = "Attention and positions"


SAYS = "{whole} features of a head would turn, in pairs"


@cache
def ratio(fraction: float) -> tuple[int, int] | None:
    """A fraction as two numbers, where int(d * fraction) is d * part // whole for every likely width; None: it is not so."""
    part, whole = Fraction(fraction).limit_denominator(64).as_integer_ratio()
    return (part, whole) if part and all(int(d * fraction) == d * part // whole for d in range(1, 1025)) else None


@layer("rotary", torch="", keras="", flax="", mxnet="", also="RotaryEmbedding rope RoPE apply_rotary_pos_emb")
class Rotary(Layer):
    """Turn pairs of features by angles that grow with the position (Su et al., 2021); half-split as in Llama."""

    example = ("4", "[N, T, 64]")
    rules = ("odd-rotation: an even number of features turns in each head",)

    heads = integer("heads that the width is split into", minimum=1, also="num_heads", open=True)
    theta = number("base of the angles", default=10000.0, minimum=1, also="base rope_theta")
    fraction = number("part of each head that turns", default=1.0, minimum=0, maximum=1, also="partial_rotary_factor rotary_pct")
    interleaved = flag("pairs are neighbours rather than halves apart", default=False)

    takes = gives = "N T width"

    def relate(self, r: Frame) -> None:
        r.product("width", "heads", "head_dim", says="a width of {whole} does not split into {part} heads", blame="heads")
        exact = ratio(self.fraction)
        if exact is None:
            known = r.store.known(r.slot("head_dim"))
            if type(known) is int and int(known * self.fraction) % 2:
                raise Problem("odd-rotation", SAYS.format(whole=int(known * self.fraction)), "fraction")
            return
        part, whole = exact
        r.product("parts", part, "head_dim")
        r.floored("turned", "parts", whole)
        r.divides(2, "turned", rule="odd-rotation", blame="heads" if whole == 1 else "fraction", says=SAYS)

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("width"))

    def forward(self, p: Any, x: Any) -> Any:
        n, t, width = x.shape
        y = x.reshape(n, t, self.heads, -1)
        d = int(y.shape[-1] * self.fraction)
        angles = np.arange(t)[:, None] * self.theta ** (-np.arange(0, d, 2) / d)
        cos, sin = (f(angles).astype(x.dtype)[:, None, :] for f in (np.cos, np.sin))
        out = y.copy()
        first, second = (slice(0, d, 2), slice(1, d, 2)) if self.interleaved else (slice(0, d // 2), slice(d // 2, d))
        a, b = y[..., first], y[..., second]
        out[..., first] = a * cos - b * sin
        out[..., second] = b * cos + a * sin
        return out.reshape(n, t, width)


@layer("sinusoidal_positions", torch="", keras="", flax="", mxnet="", also="PositionalEncoding SinePositionEncoding")
class Sinusoidal(Layer):
    """Add sines at even and cosines at odd features (Vaswani et al., 2017)."""

    example = ("", "[N, T, 64]")

    takes = gives = "N T C"

    def forward(self, p: Any, x: Any) -> Any:
        t, c = x.shape[1:]
        angles = np.arange(t)[:, None] * 10000.0 ** (-(np.arange(c) // 2 * 2) / c)
        table = np.where(np.arange(c) % 2 == 0, np.sin(angles), np.cos(angles))
        return x + table.astype(x.dtype)


@layer("learned_positions", torch="", keras="", flax="", mxnet="", also="PositionEmbedding AddPositionEmbs")
class LearnedPositions(Layer):
    """Add a learned row for each position."""

    example = ("128", "[N, T, 64]")

    length = size("positions that have a row", also="max_length max_position_embeddings sequence_length")

    takes = gives = "N T C"
    parameters = [param("weight", "length C", normal(std=0.02), keras="", flax="", mxnet="")]

    def relate(self, r: Frame) -> None:
        r.at_most("T", "length", rule="too-long", says="{whole} positions, the table has {part}", blame="length")

    def forward(self, p: Any, x: Any) -> Any:
        return x + p.weight[: x.shape[1]]


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
    heads = integer("heads", minimum=1, also="num_heads", open=True)
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


@layer("topk_softmax", torch="", keras="", flax="", mxnet="", also="TopKRouter topk_router")
class TopkSoftmax(Layer):
    """Softmax over the last axis, all but the k largest set to zero: a router of experts (Shazeer et al., 2017)."""

    example = ("2", "[N, T, 8]")

    k = integer("how many are kept", minimum=1, also="top_k num_experts_per_tok")
    normalize = flag("scale those kept to sum to 1", default=True, also="norm_topk_prob")

    takes = gives = "*x size"

    def relate(self, r: Frame) -> None:
        r.at_most(self.k, "size", rule="k-too-large", says="{whole} are kept of {part}", blame="k")

    def forward(self, p: Any, x: Any) -> Any:
        y = softmax(x)
        kept = np.argsort(-y, axis=-1, kind="stable")[..., : self.k]
        out = np.zeros_like(y)
        np.put_along_axis(out, kept, np.take_along_axis(y, kept, -1), -1)
        return out / out.sum(axis=-1, keepdims=True) if self.normalize else out
