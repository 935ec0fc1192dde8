"""Routers of experts."""

from __future__ import annotations

from typing import Any

from ..core.base import Layer, flag, integer, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np
from .softmaxes import softmax

GROUP = "Attention and positions"


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
