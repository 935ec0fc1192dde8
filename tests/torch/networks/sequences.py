"""Recurrent, dilated and bag-of-words networks."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .weights import Weights, conv, dense


def mlp(w: Weights, x: Tensor, **_: Any) -> Tensor:
    return dense(w / "dense1", F.relu(dense(w / "dense0", x)))


def two_tower(w: Weights, query: Tensor, doc: Tensor, **_: Any) -> tuple[Tensor, ...]:
    q, d = (torch.tanh(dense(w / "enc" / "fc", w["enc.emb.weight"][ids].mean(1))) for ids in (query, doc))
    return (q * d).sum(-1), q, d


def wide_and_deep(w: Weights, cross: Tensor, ids: Tensor, **_: Any) -> Tensor:
    x = w["deep.weight"][ids].flatten(1)
    for k in (0, 1):
        x = F.relu(dense(w / f"dense{k}", x))
    return torch.sigmoid(w["wide.weight"][cross].sum(1) + dense(w / "dense2", x))


def tcn(w: Weights, x: Tensor, kernel: int, **_: Any) -> Tensor:
    for k, level in enumerate(w / "level0"):
        y = x
        for name in ("one", "two"):
            y = F.relu(conv(level / name / "conv", F.pad(y, ((kernel - 1) * 2**k, 0)), dilation=2**k))
        x = F.relu(y + (conv(level / "downsample", x) if "downsample" in level else x))
    return dense(w / "dense0", x[..., -1])


def lstm(w: Weights, x: Tensor, width: int, state: Any = None, **options: Any) -> Any:
    """PyTorch's own, of two layers."""
    module = torch.nn.LSTM(x.shape[-1], width, 2, batch_first=True, **options)
    module.load_state_dict(w.own())
    return module(x, state)


def lstm_classifier(w: Weights, words: Tensor, width: int, **_: Any) -> Tensor:
    _out, (h, _c) = lstm(w / "rnn", w["embedding0.weight"][words], width, bidirectional=True)
    return dense(w / "dense0", torch.cat([h[-2], h[-1]], -1))


def seq2seq(w: Weights, words: Tensor, so_far: Tensor, width: int, **_: Any) -> Tensor:
    source, state = lstm(w / "encoder", w["source_embedding.weight"][words], width)
    x, _state = lstm(w / "decoder", w["target_embedding.weight"][so_far], width, state)
    context = (x @ source.mT / width**0.5).softmax(-1) @ source
    return dense(w / "guess", torch.tanh(dense(w / "attended", torch.cat([context, x], -1))))
