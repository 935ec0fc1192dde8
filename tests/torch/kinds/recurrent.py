"""LSTM, GRU and the plain recurrent layer, with first states given and side outputs compared."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peer, Peers, chance, need


def recurrent(kind: str) -> Peer:
    """Outputs, last states, and the top layer's last state of both directions side by side."""
    module = getattr(torch.nn, kind)

    def call(a: dict[str, Any], own: Own, x: Tensor, *state: Tensor) -> Any:
        need(kind != "LSTM" or len(state) != 1)
        need(x.ndim == 3 and all(s.ndim == 3 for s in state))
        layers, more = a.get("layers", 1), {}
        if kind == "LSTM":
            more["proj_size"] = a.get("projection", 0)
        elif kind == "RNN":
            more["nonlinearity"] = a.get("activation", "tanh")
        m = own.module(lambda: module(x.shape[2], a["hidden"], layers, bias=a.get("bias", True), batch_first=True,
                                      bidirectional=a.get("bidirectional", False), **more), std=0.5)  # fmt: skip
        y, ends = m(x, *([state if len(state) > 1 else state[0]] if state else []))
        h = ends[0] if kind == "LSTM" else ends
        return y, ends, torch.cat(list(h.unflatten(0, (layers, -1))[-1]), -1)

    return call


def draw(r: Random, kind: str) -> Draw:
    hidden, layers, both, width = r.randint(1, 6), r.randint(1, 3), chance(r), r.randint(1, 5)
    args: dict[str, Any] = {"hidden": hidden, "layers": layers, "bidirectional": both, "bias": chance(r, 0.7)}
    if kind == "LSTM":
        args["projection"] = r.choice([0, 0, r.randint(1, max(1, hidden - 1)), r.randint(1, 6)])
    elif kind == "RNN":
        args["activation"] = r.choice(["tanh", "relu", "sigmoid"] if chance(r, 0.2) else ["tanh", "relu"])
    n, out, cells = r.randint(1, 3), args.get("projection") or hidden, layers * (2 if both else 1)
    inputs = [torch.randn(n, r.randint(1, 6), width)]
    if chance(r, 0.4):
        inputs.append(torch.randn(cells, n, out))
        if kind == "LSTM" and chance(r, 0.9):
            inputs.append(torch.randn(cells, n, hidden))
        if chance(r, 0.2):
            at = r.randrange(1, len(inputs))
            inputs[at] = torch.cat([inputs[at]] * 2, r.randrange(3))
    return Draw(args, inputs)


NAMES = ("LSTM", "GRU", "RNN")

PEERS: Peers = {name.lower(): recurrent(name) for name in NAMES}
KINDS: Kinds = {name.lower(): (lambda r, name=name: draw(r, name)) for name in NAMES}
