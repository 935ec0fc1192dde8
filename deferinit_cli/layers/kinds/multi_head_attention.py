"""Multi-head attention with its projections, as torch.nn.MultiheadAttention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...initializers import glorot_uniform, zeros
from ...shapes.bounds import compare
from ...shapes.expression_text import text
from ..core.base import UNKNOWN, Layer, flag, holds, integer, is_known, layer, size
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.options import Options, Path, Seen, divisors
from ..core.patterns import Param
from .attention import attend, groups, join_heads, shared, split_heads

GROUP = "Attention and positions"


@layer(
    "multi_head_attention",
    torch="nn.MultiheadAttention",
    keras="layers.MultiHeadAttention layers.GroupQueryAttention",
    flax="linen.MultiHeadDotProductAttention linen.MultiHeadAttention",
    mxnet="",
    also="mha",
)
class MultiHeadAttention(Layer):
    """Attention between learned projections of its inputs: query alone, query and memory, or query, key and value.

    As in torch.nn.MultiheadAttention, one tensor projects all three where they are equally wide; where keys or values
    have another width, which `k_width` and `v_width` may say, each projection is a tensor of its own.
    """

    example = ("4", "[N, T, 64]")
    rules = (
        "not-divisible: heads is a multiple of kv_heads",
        "size-mismatch: an input left out is the one before it, so their widths are equal",
    )

    heads = integer("query heads", minimum=1, also="num_heads nhead", open=True, symbols=True)
    kv_heads = integer(
        "key and value heads; as many as heads when left out", default=None, minimum=1, also="num_kv_heads", open=True,
        symbols=True,
    )  # fmt: skip
    head_dim = size("width of a head; the query's width over heads when left out", default=UNKNOWN, also="key_dim")
    bias = flag("learned offsets", default=True, also="use_bias", open=True)
    causal = flag("a query sees only keys up to its own place", default=False)
    k_width = size("width of the keys, where it is not the queries'", default=None, also="kdim")
    v_width = size("width of the values, where it is not the queries'", default=None, also="vdim")

    ports = ("q", "k", "v")
    optional = 2
    hangs = True

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.apart = self.k_width is not None or self.v_width is not None
        self.k_axis = "k_width" if self.k_width is not None else "width"
        self.v_axis = "v_width" if self.v_width is not None else "width"
        self.takes = f"N Tq width,N Tk {self.k_axis},N Tk {self.v_axis}"
        self.gives = "N Tq width"

    def check(self) -> None:
        groups(self)

    def with_widths(self, k_width: Any, v_width: Any) -> MultiHeadAttention:
        same = k_width is self.k_width and v_width is self.v_width
        return self if same else self.copied(k_width, v_width)

    def copied(self, k_width: Any, v_width: Any) -> MultiHeadAttention:
        values = {name: getattr(self, name) for name in self.arguments}
        return type(self)(**values | {"k_width": k_width, "v_width": v_width})

    def loose(self, inputs: int) -> Layer | None:
        if inputs == 1:
            return None
        return self.with_widths(*(UNKNOWN if w is None else w for w in (self.k_width, self.v_width)))

    def decided(self, known: Callable[[str], Any]) -> Layer:
        width, k, v = known("width"), known("k_width"), known("v_width")
        if width is None or k is None or v is None:
            return self
        same = [compare(width, k), compare(width, v)]
        if all(same):
            return self.with_widths(None, None)
        k_width, v_width = (w if w is not None or s is True else UNKNOWN for w, s in zip((self.k_width, self.v_width), same))
        if False in same:
            return self.with_widths(k_width, v_width)
        open_ = dict.fromkeys(f"{text(width)} == {text(w)}" for w, s in zip((k, v), same) if not s)
        out = self.copied(k_width, v_width)
        out.notes = {f"{n}_proj_weight": f"part of in_proj_weight where {' and '.join(open_)}" for n in "qkv"}
        return out

    @property
    def kv(self) -> Any:
        return self.heads if self.kv_heads is None else self.kv_heads

    def widths(self) -> tuple[str, str, str]:
        """The axes of all queries, of all keys, and of queries, keys and values together."""
        heads = self.heads if is_known(self.heads) else "heads"  # by name where it is left open
        h, kv = f"{heads}*head_dim", f"{self.kv_heads if is_known(self.kv_heads) else 'kv_heads'}*head_dim"
        kv = h if self.kv_heads is None else kv
        if is_known(self.heads) and is_known(self.kv):
            return h, kv, f"{self.heads + 2 * self.kv}*head_dim"
        return h, kv, "3*heads*head_dim" if self.kv_heads is None else "rows"

    def tensors(self) -> list[Param]:
        h, kv, rows = self.widths()
        parts = f"q={h} k={kv} v={kv}"
        if self.apart:
            own = (("q", h, "width"), ("k", kv, self.k_axis), ("v", kv, self.v_axis))
            out = [Param(f"{n}_proj_weight", f"{o} {i}", glorot_uniform, fans=f"{i} -> {o}", names=self.projected(n, f"{i} {{}}", ""))
                   for n, o, i in own]  # fmt: skip
        else:
            names = self.projected("q k v", "width {}", "parts")
            out = [Param("in_proj_weight", f"{rows} width", glorot_uniform, fans=f"width -> {rows}", parts=parts, names=names)]
        if holds(self.bias):
            names = self.projected("q k v", "{}", "parts", "bias")
            out.append(Param("in_proj_bias", rows, zeros, fans=f"width -> {rows}", parts=parts, names=names))
        names = self.named(f"kernel: {h.replace('*', ' ')} width")
        out.append(Param("out_proj.weight", f"width {h}", glorot_uniform, fans=f"{h} -> width", names=names))
        if holds(self.bias):
            out.append(Param("out_proj.bias", "width", zeros, fans=f"{h} -> width", names=self.named("bias")))
        return out

    def projected(self, inputs: str, axes: str, parts: str, last: str = "kernel") -> dict[str, str | None]:
        """Keras and Flax have a tensor for each of query, key and value, and heads as an axis."""
        said = []
        for n in inputs.split():
            word = {"q": "query", "k": "key", "v": "value"}[n]
            heads = self.widths()[n != "q"].replace("*", " ")
            said.append(f"{word}/{last}{f'[{n}]' if parts else ''}: {axes.format(heads)}")
        return self.by_framework("; ".join(said), "; ".join(said))

    def named(self, said: str) -> dict[str, str | None]:
        """Another framework's names of the output projection."""
        return self.by_framework(f"attention_output/{said}", f"out/{said}")

    def by_framework(self, keras: str, flax: str) -> dict[str, str | None]:
        """Flax has as many heads of keys as of queries, and Gluon has no such layer."""
        return {"keras": keras, "flax": flax if self.kv == self.heads else "", "mxnet": ""}

    def relate(self, r: Frame) -> None:
        r.slot("width")
        shared(self, r)
        if self.widths()[2] == "rows":
            r.slot("rows")
            r.sum("rows", "heads*head_dim", "kv_heads*head_dim", "kv_heads*head_dim")
        if self.head_dim is UNKNOWN:
            r.product("width", "heads", "head_dim", blame="heads",
                      says="a width of {whole} does not split into {part} heads")  # fmt: skip
        if len(r.inputs) == 1:
            r.axes["Tk"] = r.slot("Tq")
        for axis, given in ((self.k_axis, 2), (self.v_axis, 3)):  # an input left out is the one before it
            if len(r.inputs) < given:
                came = self.k_axis if axis == self.v_axis and len(r.inputs) == 2 else "width"
                r.store.equal(r.slot(came), r.slot(axis), (r.node, axis if axis != "width" else "v_width"))

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        if name == "heads":
            return divisors(seen("width"))
        return divisors(self.known("heads")) if name == "kv_heads" else super().options(name, path, seen)

    def cost(self) -> str:
        h, kv, _ = (axis.replace("*", " ") for axis in self.widths())
        return (f"N Tq width {h} + N Tk {self.k_axis} {kv} + N Tk {self.v_axis} {kv} + N Tq Tk {h} + N Tq Tk {h} + "
                f"N Tq width {h}")  # fmt: skip

    def forward(self, p: Any, *x: Any) -> Any:
        q = x[0]
        k = x[1] if len(x) > 1 else q
        v = x[2] if len(x) > 2 else k
        out = getattr(p, "out_proj.weight")
        kv = self.kv
        d = out.shape[1] // self.heads
        cuts = [self.heads * d, (self.heads + kv) * d]
        if self.apart:
            weights = [p.q_proj_weight, p.k_proj_weight, p.v_proj_weight]
        else:
            weights = np.split(p.in_proj_weight, cuts)
        made = [a @ w.T for a, w in zip((q, k, v), weights)]
        if self.bias:
            made = [m + b for m, b in zip(made, np.split(p.in_proj_bias, cuts))]
        q, k, v = (split_heads(m, n) for m, n in zip(made, (self.heads, kv, kv)))
        y = join_heads(attend(q, k, v, d**-0.5, self.causal, None)) @ out.T
        return y + getattr(p, "out_proj.bias") if self.bias else y
