"""Kinds against PyTorch on random arguments: shapes by the relation, and values with the same weights."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from deferinit_cli.infer.engine import infer
from deferinit_cli.layers import registry
from tests.layers.test_numerics import network

DRAWS = 40
torch.manual_seed(0)


def conv(r: random.Random, n: int) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
    groups = r.choice([1, 1, 2, 3])
    ci, co = groups * r.randint(1, 3), groups * r.randint(1, 3)
    k, s, p, d = (tuple(r.randint(a, b) for _ in range(n)) for a, b in ((1, 3), (1, 3), (0, 2), (1, 2)))
    size = tuple(r.randint(7, 11) for _ in range(n))
    bias = r.random() < 0.7
    args = {"channels": co, "kernel_size": list(k), "stride": list(s), "padding": list(p), "dilation": list(d),
            "groups": groups, "bias": bias}  # fmt: skip
    module = getattr(torch.nn, f"Conv{n}d")
    return args, (r.randint(1, 2), ci, *size), lambda: module(ci, co, k, s, p, d, groups, bias)


def pool(r: random.Random, n: int, kind: str) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
    k = tuple(r.randint(1, 4) for _ in range(n))
    s = tuple(r.randint(1, 3) for _ in range(n))
    p = tuple(r.randint(0, a // 2) for a in k)
    ceil = r.random() < 0.5
    args: dict[str, Any] = {"kernel_size": list(k), "stride": list(s), "padding": list(p), "ceil_mode": ceil}
    more: dict[str, Any] = {}
    if kind == "Avg":
        more["count_include_pad"] = args["count_include_pad"] = r.random() < 0.5
    module = getattr(torch.nn, f"{kind}Pool{n}d")
    return args, (2, 3, *(r.randint(5, 10) for _ in range(n))), lambda: module(k, s, p, ceil_mode=ceil, **more)


def recurrent(r: random.Random, kind: str) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
    hidden, layers, both, bias, width = r.randint(1, 5), r.randint(1, 3), r.random() < 0.5, r.random() < 0.7, r.randint(1, 5)
    args = {"hidden": hidden, "layers": layers, "bidirectional": both, "bias": bias}
    module = getattr(torch.nn, kind)
    return (
        args,
        (2, r.randint(1, 6), width),
        lambda: module(width, hidden, num_layers=layers, bias=bias, batch_first=True, bidirectional=both),
    )


def dense(r: random.Random) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
    units, width, bias = r.randint(1, 6), r.randint(1, 6), r.random() < 0.5
    lead = tuple(r.randint(1, 4) for _ in range(r.randint(0, 3)))
    return {"units": units, "bias": bias}, (*lead, width), lambda: torch.nn.Linear(width, units, bias)


def batch_norm(r: random.Random) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
    c, eps, affine = r.randint(1, 5), 10.0 ** -r.randint(3, 6), r.random() < 0.7

    def make() -> Any:
        m = torch.nn.BatchNorm2d(c, eps, affine=affine)
        m.running_mean.normal_()
        m.running_var.uniform_(0.5, 2)
        return m

    return {"eps": eps, "scale": affine, "center": affine}, (2, c, 3, 4), make


def layer_norm(r: random.Random) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
    n, eps = r.randint(1, 2), 10.0 ** -r.randint(3, 6)
    shape = tuple(r.randint(2, 5) for _ in range(3))
    return {"axis": list(range(-n, 0)), "eps": eps}, shape, lambda: torch.nn.LayerNorm(shape[-n:], eps)


def activation(name: str, **fixed: Any) -> Callable[[random.Random], Any]:
    def draw(r: random.Random) -> tuple[dict[str, Any], tuple[int, ...], Callable[[], Any]]:
        shape = tuple(r.randint(1, 5) for _ in range(r.randint(1, 4)))
        return {}, shape, lambda: getattr(torch.nn, name)(**fixed)

    return draw


KINDS: dict[str, Callable[[random.Random], Any]] = {
    **{f"conv{n}d": (lambda r, n=n: conv(r, n)) for n in (1, 2, 3)},
    **{f"max_pool{n}d": (lambda r, n=n: pool(r, n, "Max")) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": (lambda r, n=n: pool(r, n, "Avg")) for n in (1, 2, 3)},
    "lstm": lambda r: recurrent(r, "LSTM"),
    "gru": lambda r: recurrent(r, "GRU"),
    "rnn": lambda r: recurrent(r, "RNN"),
    "dense": dense,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "relu": activation("ReLU"), "relu6": activation("ReLU6"), "leaky_relu": activation("LeakyReLU"), "elu": activation("ELU"),
    "selu": activation("SELU"), "gelu": activation("GELU"), "silu": activation("SiLU"), "sigmoid": activation("Sigmoid"),
    "hard_sigmoid": activation("Hardsigmoid"), "hard_swish": activation("Hardswish"), "tanh": activation("Tanh"),
    "softplus": activation("Softplus"), "softmax": activation("Softmax", dim=-1), "log_softmax": activation("LogSoftmax", dim=-1),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_random_arguments(kind: str) -> None:
    r = random.Random(kind)
    accepted = rejected = 0
    for _ in range(DRAWS):
        args, shape, make = KINDS[kind](r)
        module = make().eval()
        x = torch.randn(shape)
        cls = registry.find(kind)
        assert cls is not None
        layer = cls.build(args)
        net = network(layer, [x.numpy()])
        found = infer(net)
        try:
            with torch.no_grad():
                y = module(x)
        except RuntimeError:
            rejected += 1
            assert found.conflicts, (args, shape)
            continue
        accepted += 1
        y = y[0] if isinstance(y, tuple) else y
        assert not found.conflicts, (args, shape, found.conflicts[0].message)
        assert found.shape(1) == tuple(y.shape), (args, shape)
        state = {k: v.numpy() for k, v in module.state_dict().items() if "num_batches" not in k}
        assert {p.key: found.tensor(p) for p in net.parameters} == {k: v.shape for k, v in state.items()}
        mine = layer.forward(SimpleNamespace(**state), x.numpy())
        mine = mine[0] if isinstance(mine, tuple) else mine
        np.testing.assert_allclose(mine, y.numpy(), rtol=1e-4, atol=1e-5, err_msg=str((args, shape)))
    assert accepted >= 10
    assert accepted + rejected == DRAWS
