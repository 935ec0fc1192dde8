"""Embedding: rows of a table, by index."""

from __future__ import annotations

from typing import Any

from ...initializers import normal
from ..core.base import Layer, Problem, integer, layer, param, size
from ..core.lazy_numpy import np

GROUP = "Dense and embedding"


@layer(
    "embedding",
    torch="nn.Embedding",
    keras="layers.Embedding",
    flax="linen.Embed",
    mxnet="gluon.nn.Embedding",
    also="embed lookup_table",
)
class Embedding(Layer):
    """The row of a learned table for each index."""

    example = ("{input_dim: 1000, output_dim: 64}", "[N, T] int64")
    rules = ("argument-range: padding_index is below input_dim",)

    input_dim = size("indices it knows: 0 to input_dim - 1", also="num_embeddings vocab_size vocabulary")
    output_dim = size("features per index", also="embedding_dim embed_dim features dim")
    padding_index = integer("an index that stands for nothing", default=None, minimum=0, also="padding_idx mask_zero")

    accepts = "integer"
    index_limit = "input_dim"
    takes, gives = "*x", "*x output_dim"
    parameters = [param("weight", "input_dim output_dim", normal(std=1.0), keras="embeddings", flax="embedding", mxnet="=")]

    def check(self) -> None:
        limit = self.known("input_dim")
        if self.padding_index is not None and limit is not None and self.padding_index >= limit:
            raise Problem("argument-range", f"padding_index {self.padding_index} of {limit} indices", "padding_index",
                          str(self.padding_index), f"at most {limit - 1}")  # fmt: skip

    def result_dtype(self, inputs: list[str], own: str) -> str:
        return own

    def forward(self, p: Any, x: Any) -> Any:
        low, high = (x.min(), x.max()) if x.size else (0, 0)
        if low < 0 or high >= len(p.weight):
            worst = low if low < 0 else high
            raise Problem("index-out-of-range", f"index {worst} of a table of {len(p.weight)} rows", "input_dim",
                          str(worst), f"0 to {len(p.weight) - 1}")  # fmt: skip
        return np.take(p.weight, x, axis=0)
