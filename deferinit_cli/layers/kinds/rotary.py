"""Rotary position embedding."""

from __future__ import annotations

from typing import Any

from ...shapes.scaling import scaled_size
from ..core.base import Layer, flag, integer, layer, number
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.options import Options, Path, Seen, divisors

GROUP = "Attention and positions"

SAYS = "{whole} features of a head would turn, in pairs"


@layer("rotary", torch="", keras="", flax="", mxnet="", also="RotaryEmbedding rope RoPE apply_rotary_pos_emb")
class Rotary(Layer):
    """Turn pairs of features by angles that grow with the position (Su et al., 2021); half-split as in Llama."""

    example = ("4", "[N, T, 64]")
    rules = ("odd-rotation: an even number of features turns in each head",)

    heads = integer("heads that the width is split into", minimum=1, also="num_heads", open=True, symbols=True)
    theta = number("base of the angles", default=10000.0, minimum=1, also="base rope_theta")
    fraction = number("part of each head that turns", default=1.0, minimum=0, maximum=1, also="partial_rotary_factor rotary_pct")
    interleaved = flag("pairs are neighbours rather than halves apart", default=False)

    takes = gives = "N T width"

    def relate(self, r: Frame) -> None:
        r.product("width", "heads", "head_dim", says="a width of {whole} does not split into {part} heads", blame="heads")
        r.scaled("turned", "head_dim", self.fraction, least=0)
        r.divides(2, "turned", rule="odd-rotation", blame="heads" if self.fraction == 1 else "fraction", says=SAYS)

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("width"))

    def forward(self, p: Any, x: Any) -> Any:
        n, t, width = x.shape
        y = x.reshape(n, t, self.heads, -1)
        d = scaled_size(y.shape[-1], self.fraction)
        angles = np.arange(t)[:, None] * self.theta ** (-np.arange(0, d, 2) / d)
        cos, sin = (f(angles).astype(x.dtype)[:, None, :] for f in (np.cos, np.sin))
        out = y.copy()
        first, second = (slice(0, d, 2), slice(1, d, 2)) if self.interleaved else (slice(0, d // 2), slice(d // 2, d))
        a, b = y[..., first], y[..., second]
        out[..., first] = a * cos - b * sin
        out[..., second] = b * cos + a * sin
        return out.reshape(n, t, width)
