"""Weights by name, and the calls that most networks share."""

from __future__ import annotations

from collections.abc import Iterator

import torch.nn.functional as F
from torch import Tensor


class Weights:
    """Tensors by full name; `w / "features" / "0"` is what lies below a level."""

    def __init__(self, tensors: dict[str, Tensor], prefix: str = "") -> None:
        self.tensors, self.prefix = tensors, prefix

    def __truediv__(self, level: object) -> Weights:
        return Weights(self.tensors, f"{self.prefix}{level}.")

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[self.prefix + name]

    def __contains__(self, level: str) -> bool:
        return any(n.startswith(f"{self.prefix}{level}.") for n in self.tensors)

    def __iter__(self) -> Iterator[Weights]:
        """What lies below the numbered levels, in order."""
        return (self / k for k in range(len(self)))

    def __len__(self) -> int:
        """How many levels there are here."""
        return len({n[len(self.prefix) :].split(".")[0] for n in self.tensors if n.startswith(self.prefix)})

    def get(self, name: str) -> Tensor | None:
        return self.tensors.get(self.prefix + name)

    def own(self) -> dict[str, Tensor]:
        """The tensors below, by the rest of their names."""
        return {n[len(self.prefix) :]: t for n, t in self.tensors.items() if n.startswith(self.prefix)}


def conv(w: Weights, x: Tensor, stride: int = 1, padding: int | tuple[int, ...] = 0, dilation: int = 1) -> Tensor:
    """Of one or two spatial axes; groups as the weight has them."""
    weight = w["weight"]
    call = F.conv1d if weight.ndim == 3 else F.conv2d
    return call(x, weight, w.get("bias"), stride, padding, dilation, x.shape[1] // weight.shape[1])


def dense(w: Weights, x: Tensor) -> Tensor:
    return F.linear(x, w["weight"], w.get("bias"))


def norm(w: Weights, x: Tensor, eps: float = 1e-5) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w["weight"], w["bias"], eps)


def norm2d(w: Weights, x: Tensor, eps: float) -> Tensor:
    """Over channels that stand before the space."""
    return norm(w, x.permute(0, 2, 3, 1), eps).permute(0, 3, 1, 2)


def batch_norm(w: Weights, x: Tensor, eps: float = 1e-5) -> Tensor:
    return F.batch_norm(x, w["running_mean"], w["running_var"], w["weight"], w["bias"], eps=eps)


def rms_norm(w: Weights, x: Tensor, eps: float = 1e-6, offset: float = 0) -> Tensor:
    return F.rms_norm(x, x.shape[-1:], w["weight"] + offset, eps)


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, kv: int | None = None, mask: Tensor | None = None,
           causal: bool = False, scale: float | None = None) -> Tensor:  # fmt: skip
    """Heads side by side in the last axis, in and out; `mask` is True or 0 where a query may look."""
    q, k, v = (x.unflatten(-1, (h, -1)).transpose(1, 2) for x, h in ((q, heads), (k, kv or heads), (v, kv or heads)))
    out = F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=scale, enable_gqa=True)
    return out.transpose(1, 2).flatten(2)
