"""LSTM, GRU and the plain recurrent layer, with first states given and side outputs compared."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
from torch import Tensor

from ..draws import Draw, Kinds, chance, need, of


def recurrent(r: Random, kind: str) -> Draw:
    hidden, layers, both, bias, width = r.randint(1, 6), r.randint(1, 3), chance(r), chance(r, 0.7), r.randint(1, 5)
    args: dict[str, Any] = {"hidden": hidden, "layers": layers, "bidirectional": both, "bias": bias}
    more: dict[str, Any] = {}
    if kind == "LSTM":
        more["proj_size"] = args["projection"] = r.choice([0, 0, r.randint(1, max(1, hidden - 1)), r.randint(1, 6)])
    elif kind == "RNN":
        more["nonlinearity"] = args["activation"] = r.choice(["tanh", "relu", "sigmoid"] if chance(r, 0.2) else ["tanh", "relu"])
    n, out, cells = r.randint(1, 3), more.get("proj_size") or hidden, layers * (2 if both else 1)
    inputs = [torch.randn(n, r.randint(1, 6), width)]
    if chance(r, 0.4):
        inputs.append(torch.randn(cells, n, out))
        if kind == "LSTM" and chance(r, 0.9):
            inputs.append(torch.randn(cells, n, hidden))
        if chance(r, 0.2):
            at = r.randrange(1, len(inputs))
            inputs[at] = torch.cat([inputs[at]] * 2, r.randrange(3))
    module = getattr(torch.nn, kind)

    def call(m: Any, x: Tensor, *state: Tensor) -> Any:
        need(kind != "LSTM" or len(state) != 1)
        y, ends = m(x, *([state if len(state) > 1 else state[0]] if state else []))
        h = ends[0] if kind == "LSTM" else ends
        top = h.unflatten(0, (layers, -1))[-1]  # of each direction
        return y, ends, torch.cat(list(top), -1)

    def make() -> Any:
        return module(width, hidden, layers, bias=bias, batch_first=True, bidirectional=both, **more)

    return Draw(args, inputs, of(make, call, std=0.5))  # small: errors must not grow from step to step


KINDS: Kinds = {name.lower(): (lambda r, name=name: recurrent(r, name)) for name in ("LSTM", "GRU", "RNN")}
