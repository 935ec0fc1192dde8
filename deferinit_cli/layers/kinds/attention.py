"""Attention: scaled dot products of queries and keys, and the whole layer around them."""

from __future__ import annotations

from typing import Any, ClassVar

from ...shapes.dims import is_symbolic
from ..core.base import Layer, Problem, flag, integer, is_known, layer, number
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.options import Options, Path, Seen, divisors
from .broadcast import stretch
from .softmaxes import softmax

GROUP = "Attention and positions"


def attend(q: Any, k: Any, v: Any, scale: float, causal: bool, window: int | None, bias: Any = None) -> Any:
    """q (N, heads, Tq, d), k (N, kv, Tk, d), v (N, kv, Tk, dv): (N, heads, Tq, dv)."""
    heads, kv = q.shape[1], k.shape[1]
    if heads != kv:
        k, v = np.repeat(k, heads // kv, axis=1), np.repeat(v, heads // kv, axis=1)
    logits = q @ k.swapaxes(-1, -2)
    logits *= q.dtype.type(scale)
    if bias is not None:
        logits = logits + bias
    if causal:
        gap = np.arange(q.shape[2])[:, None] - np.arange(k.shape[2])[None, :]
        hidden = (gap < 0) if window is None else (gap < 0) | (gap >= window)
        logits = np.where(hidden, q.dtype.type(-np.inf), logits)
    return softmax(logits) @ v


def split_heads(x: Any, heads: int) -> Any:
    """(N, T, heads*d) to (N, heads, T, d)."""
    n, t, width = x.shape
    return x.reshape(n, t, heads, width // heads).swapaxes(1, 2)


def join_heads(x: Any) -> Any:
    """(N, heads, T, d) to (N, T, heads*d)."""
    n, heads, t, d = x.shape
    return x.swapaxes(1, 2).reshape(n, t, heads * d)


@layer(
    "attention",
    torch="nn.functional.scaled_dot_product_attention",
    keras="layers.Attention ops.dot_product_attention",
    flax="linen.dot_product_attention",
    mxnet="",
    also="ScaledDotProductAttention",
)
class Attention(Layer):
    """Each query's softmax-weighted mean of the values (Vaswani et al., 2017); kv_heads < heads is grouped-query attention."""

    example = ("- attention y: {heads: 4, causal: true}\n  from: [x, x, x]", "[N, T, 64]")
    rules: ClassVar[tuple[str, ...]] = (
        "argument-conflict: window needs causal: true",
        "not-divisible: heads is a multiple of kv_heads",
        "broadcast-mismatch: bias broadcasts to (N, heads, Tq, Tk)",
        "rank-mismatch: bias has at most 4 dims",
    )

    heads = integer("query heads", minimum=1, also="num_heads n_head", open=True, symbols=True)
    kv_heads = integer(
        "key and value heads; as many as heads when left out", default=None, minimum=1, also="num_kv_heads", open=True,
        symbols=True,
    )  # fmt: skip
    causal = flag("a query sees only keys up to its own place", default=False, also="is_causal use_causal_mask")
    window = integer("with causal: only the last so many keys, its own included", default=None, minimum=1, also="sliding_window")
    scale = number("factor of the logits; 1/sqrt(head_dim) when left out", default=None)

    ports: ClassVar[tuple[str, ...]] = ("q", "k", "v", "bias")
    optional = 1

    def check(self) -> None:
        groups(self)
        if self.window is not None and not self.causal:
            raise Problem("argument-conflict", "window needs causal: true", "window")

    takes, gives = "N Tq q_width,N Tk k_width,N Tk v_width", "N Tq heads*v_dim"

    def relate(self, r: Frame) -> None:
        says = "a width of {whole} does not split into {part} heads"
        kv = kv_axis(self)
        for width, heads, own in (("q_width", "heads", "head_dim"), ("k_width", kv, "head_dim"), ("v_width", kv, "v_dim")):
            r.slot(own)
            r.product(width, heads, own, says=says, blame="heads")
        shared(self, r)
        if len(r.inputs) > 3:
            stretch(r, r.dims(3), (r.slot("N"), r.slot("heads"), r.slot("Tq"), r.slot("Tk")), "bias")

    def cost(self) -> str:
        return "N heads Tq Tk head_dim + N heads Tq Tk v_dim"

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("q_width")) if name == "heads" else divisors(seen("k_width"), seen("v_width"), self.known("heads"))

    def forward(self, p: Any, *x: Any) -> Any:
        kv = self.kv_heads or self.heads
        q, k, v = split_heads(x[0], self.heads), split_heads(x[1], kv), split_heads(x[2], kv)
        scale = self.scale if self.scale is not None else q.shape[-1] ** -0.5
        return join_heads(attend(q, k, v, scale, self.causal, self.window, x[3] if len(x) > 3 else None))


def kv_axis(self: Any) -> str:
    """The axis that tells how many heads keys and values have."""
    return "heads" if self.kv_heads is None else "kv_heads"


def shared(self: Any, r: Frame) -> None:
    """The same as `groups`, of heads written over symbols."""
    if self.kv_heads is not None and (is_symbolic(self.heads) or is_symbolic(self.kv_heads)):
        r.divides("kv_heads", "heads", says="{whole} heads do not split into {part} groups", blame="kv_heads")


def groups(self: Any) -> None:
    """heads must be a multiple of kv_heads."""
    kv = self.kv_heads or self.heads
    if is_known(kv) and is_known(self.heads) and self.heads % kv:
        raise Problem("not-divisible", f"{self.heads} heads do not split into {kv} groups", "kv_heads",
                      f"{self.heads} % {kv} = {self.heads % kv}", f"a divisor of {self.heads}")  # fmt: skip
