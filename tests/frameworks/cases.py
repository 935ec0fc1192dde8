"""One layer at a time, here and in Keras or Flax, with the same values: what `make.py` runs for real and the tests read back."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from deferinit_cli.framework_view import Lens, stars
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.core.base import Layer
from tests.layers.test_numerics import network


class Case(NamedTuple):
    """`made` is how the framework makes it, as code over the framework's own names; `last`: the axis here that it has last."""

    name: str
    kind: str
    args: dict[str, Any]
    shapes: list[tuple[int, ...]]
    made: str
    last: int = 0


SPACE = {1: (9,), 2: (8, 9), 3: (5, 6, 7)}


def convolutions(made: Callable[[int], str], kind: str, args: dict[str, Any], channels: int, ranks: str = "123") -> list[Case]:
    return [Case(f"{kind}{n}d", f"{kind}{n}d", args, [(2, channels, *SPACE[int(n)])], made(int(n)), 1) for n in ranks]


def ones(n: int, v: int) -> tuple[int, ...]:
    return (v,) * n


KERAS = [
    Case("dense", "dense", {"units": 4}, [(2, 3)], "layers.Dense(4)"),
    Case("dense_no_bias", "dense", {"units": 4, "bias": False}, [(2, 5, 3)], "layers.Dense(4, use_bias=False)"),
    Case("einsum_dense", "einsum_dense", {"equation": "abc,cde->abde", "shape": (3, 4, 5), "bias_axes": "d"}, [(2, 3, 6)],
         "layers.EinsumDense('abc,cde->abde', (3, 4, 5), bias_axes='d')"),
    Case("embedding", "embedding", {"input_dim": 9, "output_dim": 4}, [(2, 3)], "layers.Embedding(9, 4)"),
    *convolutions(lambda n: f"layers.Conv{n}D(6, 3, strides=2, padding='same', groups=2)", "conv",
                  {"channels": 6, "kernel_size": 3, "stride": 2, "padding": "same", "groups": 2}, 4),
    *convolutions(lambda n: f"layers.DepthwiseConv{n}D(3, depth_multiplier=2)", "depthwise_conv",
                  {"kernel_size": 3, "multiplier": 2}, 4, "12"),
    *convolutions(lambda n: f"layers.Conv{n}DTranspose(5, 3, strides=2, padding='same')", "conv_transpose",
                  {"channels": 5, "kernel_size": 3, "stride": 2, "padding": "same"}, 4),
    *convolutions(lambda n: f"layers.SeparableConv{n}D(5, 3, strides=2, padding='same', depth_multiplier=2)", "separable_conv",
                  {"channels": 5, "kernel_size": 3, "stride": 2, "padding": "same", "multiplier": 2}, 4, "12"),
    Case("batch_norm", "batch_norm", {"eps": 1e-3}, [(2, 4, 5, 6)], "layers.BatchNormalization()", 1),
    Case("layer_norm", "layer_norm", {"eps": 1e-3}, [(2, 5, 6)], "layers.LayerNormalization()"),
    Case("layer_norm_axes", "layer_norm", {"eps": 1e-3, "axis": (2, 1)}, [(2, 5, 6)], "layers.LayerNormalization(axis=[2, 1])"),
    Case("group_norm", "group_norm", {"groups": 3, "eps": 1e-3}, [(2, 6, 5)], "layers.GroupNormalization(3)", 1),
    Case("instance_norm", "instance_norm", {"eps": 1e-3, "scale": True, "center": True}, [(2, 6, 5)],
         "layers.GroupNormalization(-1)", 1),
    Case("rms_norm", "rms_norm", {}, [(2, 5, 6)], "layers.RMSNormalization()"),
    Case("prelu", "prelu", {}, [(2, 4, 5, 6)], "layers.PReLU(shared_axes=[1, 2, 3])", 1),
    Case("prelu_channels", "prelu", {"shared": False}, [(2, 4, 5, 6)], "layers.PReLU(shared_axes=[1, 2])", 1),
    Case("lstm", "lstm", {"hidden": 4}, [(2, 5, 3)], "layers.LSTM(4, return_sequences=True)"),
    Case("lstm_both", "lstm", {"hidden": 4, "bidirectional": True}, [(2, 5, 3)],
         "layers.Bidirectional(layers.LSTM(4, return_sequences=True, name='lstm'))"),
    Case("gru", "gru", {"hidden": 4}, [(2, 5, 3)], "layers.GRU(4, return_sequences=True)"),
    Case("gru_both", "gru", {"hidden": 4, "bidirectional": True}, [(2, 5, 3)],
         "layers.Bidirectional(layers.GRU(4, return_sequences=True, name='gru'))"),
    Case("rnn", "rnn", {"hidden": 4}, [(2, 5, 3)], "layers.SimpleRNN(4, return_sequences=True)"),
    Case("rnn_both", "rnn", {"hidden": 4, "bidirectional": True, "bias": False}, [(2, 5, 3)],
         "layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True, use_bias=False, name='simple_rnn'))"),
    Case("lstm_stack", "lstm", {"hidden": 4, "layers": 2}, [(2, 5, 3)],
         "Sequential([layers.LSTM(4, return_sequences=True, name='l0'), layers.LSTM(4, return_sequences=True, name='l1')])"),
    Case("gru_stack", "gru", {"hidden": 4, "layers": 2}, [(2, 5, 3)],
         "Sequential([layers.GRU(4, return_sequences=True, name='l0'), layers.GRU(4, return_sequences=True, name='l1')])"),
    Case("lstm_cell", "lstm_cell", {"hidden": 4}, [(2, 3), (2, 4), (2, 4)], "layers.LSTMCell(4)"),
    Case("gru_cell", "gru_cell", {"hidden": 4}, [(2, 3), (2, 4)], "layers.GRUCell(4)"),
    Case("rnn_cell", "rnn_cell", {"hidden": 4}, [(2, 3), (2, 4)], "layers.SimpleRNNCell(4)"),
    Case("conv_lstm2d", "conv_lstm2d", {"channels": 3, "kernel_size": (2, 3), "padding": "valid"}, [(2, 4, 2, 5, 6)],
         "layers.ConvLSTM2D(3, (2, 3), return_sequences=True)", 2),
    Case("attention", "multi_head_attention", {"heads": 2}, [(2, 5, 6)], "layers.MultiHeadAttention(2, 3)"),
    Case("attention_cross", "multi_head_attention", {"heads": 2, "head_dim": 5, "k_width": 8, "v_width": 7},
         [(2, 5, 6), (2, 4, 8), (2, 4, 7)], "layers.MultiHeadAttention(2, 5)"),
    Case("attention_grouped", "multi_head_attention", {"heads": 4, "kv_heads": 2, "head_dim": 3}, [(2, 5, 6), (2, 4, 6)],
         "layers.GroupQueryAttention(3, 4, 2)"),
    Case("attention_no_bias", "multi_head_attention", {"heads": 2, "bias": False}, [(2, 5, 6)],
         "layers.MultiHeadAttention(2, 3, use_bias=False)"),
]  # fmt: skip

FLAX = [
    Case("dense", "dense", {"units": 4}, [(2, 3)], "nn.Dense(4)"),
    Case("einsum_dense", "einsum_dense", {"equation": "abc,cd->abd", "shape": (3, 4), "bias_axes": "d"}, [(2, 3, 6)],
         "nn.Einsum((6, 4), 'abc,cd->abd')"),
    Case("embedding", "embedding", {"input_dim": 9, "output_dim": 4}, [(2, 3)], "nn.Embed(9, 4)"),
    *convolutions(lambda n: f"nn.Conv(6, {ones(n, 3)}, strides=2, padding='SAME', feature_group_count=2)", "conv",
                  {"channels": 6, "kernel_size": 3, "stride": 2, "padding": "same", "groups": 2}, 4),
    *convolutions(lambda n: f"nn.Conv(8, {ones(n, 3)}, padding='VALID', feature_group_count=4)", "depthwise_conv",
                  {"kernel_size": 3, "multiplier": 2}, 4),
    *convolutions(lambda n: f"nn.ConvTranspose(5, {ones(n, 3)}, strides={ones(n, 2)}, padding='VALID')", "conv_transpose",
                  {"channels": 5, "kernel_size": 3, "stride": 2}, 4),
    Case("batch_norm", "batch_norm", {}, [(2, 4, 5, 6)], "nn.BatchNorm(use_running_average=True)", 1),
    Case("layer_norm", "layer_norm", {"eps": 1e-6}, [(2, 5, 6)], "nn.LayerNorm()"),
    Case("layer_norm_axes", "layer_norm", {"eps": 1e-6, "axis": (2, 1)}, [(2, 5, 6)],
         "nn.LayerNorm(reduction_axes=(2, 1), feature_axes=(2, 1))"),
    Case("group_norm", "group_norm", {"groups": 3, "eps": 1e-6}, [(2, 6, 5)], "nn.GroupNorm(3)", 1),
    Case("instance_norm", "instance_norm", {"eps": 1e-6, "scale": True, "center": True}, [(2, 6, 5)], "nn.InstanceNorm()", 1),
    Case("rms_norm", "rms_norm", {}, [(2, 5, 6)], "nn.RMSNorm()"),
    Case("prelu", "prelu", {}, [(2, 4, 5, 6)], "nn.PReLU()"),
    Case("lstm", "lstm", {"hidden": 4}, [(2, 5, 3)], "nn.RNN(nn.OptimizedLSTMCell(4))"),
    Case("lstm_both", "lstm", {"hidden": 4, "bidirectional": True}, [(2, 5, 3)],
         "nn.Bidirectional(nn.RNN(nn.LSTMCell(4)), nn.RNN(nn.LSTMCell(4)))"),
    Case("gru", "gru", {"hidden": 4}, [(2, 5, 3)], "nn.RNN(nn.GRUCell(4))"),
    Case("gru_both", "gru", {"hidden": 4, "bidirectional": True}, [(2, 5, 3)],
         "nn.Bidirectional(nn.RNN(nn.GRUCell(4)), nn.RNN(nn.GRUCell(4)))"),
    Case("rnn", "rnn", {"hidden": 4}, [(2, 5, 3)], "nn.RNN(nn.SimpleCell(4))"),
    Case("lstm_cell", "lstm_cell", {"hidden": 4}, [(2, 3), (2, 4), (2, 4)], "nn.OptimizedLSTMCell(4)"),
    Case("gru_cell", "gru_cell", {"hidden": 4}, [(2, 3), (2, 4)], "nn.GRUCell(4)"),
    Case("rnn_cell", "rnn_cell", {"hidden": 4}, [(2, 3), (2, 4)], "nn.SimpleCell(4)"),
    Case("attention", "multi_head_attention", {"heads": 2}, [(2, 5, 6)], "nn.MultiHeadDotProductAttention(2)"),
    Case("attention_cross", "multi_head_attention", {"heads": 2, "head_dim": 5, "k_width": 8, "v_width": 7},
         [(2, 5, 6), (2, 4, 8), (2, 4, 7)], "nn.MultiHeadDotProductAttention(2, qkv_features=10)"),
    Case("attention_no_bias", "multi_head_attention", {"heads": 2, "bias": False}, [(2, 5, 6)],
         "nn.MultiHeadDotProductAttention(2, use_bias=False)"),
]  # fmt: skip

CASES = {"keras": KERAS, "flax": FLAX}


class Run:
    """A case here: the layer on random inputs and parameters, its output, and its tensors in the framework's layout."""

    def __init__(self, framework: str, case: Case) -> None:
        cls = registry.find(case.kind)
        assert cls is not None
        self.layer: Layer = cls.build(case.args)
        whole = self.layer.accepts == "integer"
        self.inputs = [np.arange(np.prod(s)).reshape(s) % 9 if whole else values(s, k) for k, s in enumerate(case.shapes)]
        net = network(self.layer, self.inputs)
        self.resolved = infer(net)
        assert not self.resolved.conflicts
        self.own: dict[str, Any] = {}
        for k, p in enumerate(net.parameters):
            v = values(self.resolved.tensor(p) or (), 10 + k)
            self.own[p.key] = np.abs(v) + np.float32(0.5) if p.key == "running_var" else v
        node = net.nodes[0]
        how = stars(self.resolved.frames[0])
        self.views = Lens(framework).views(node)
        self.theirs = {v.name.removeprefix("l/"): v.convert(lambda p: self.own[p.key], how) for v in self.views}
        self.shapes = {v.name.removeprefix("l/"): v.shape(self.resolved.tensor, how) for v in self.views}
        found = self.layer.forward(SimpleNamespace(**self.own), *self.inputs)
        self.output = found[0] if isinstance(found, tuple) else found


def values(shape: tuple[int, ...], seed: int) -> Any:
    """Numbers from -1 to 1, no two alike, the same everywhere."""
    return np.sin(seed + 1.7 * np.arange(np.prod(shape, dtype=int)) ** 1.1).reshape(shape).astype("float32")


def print_of(array: Any) -> float:
    """A number that tells arrays apart, by their values and places."""
    return float(np.round((array.reshape(-1).astype("float64") * np.cos(np.arange(array.size))).sum(), 4))


def laid_out(case: Case, x: Any) -> Any:
    return np.moveaxis(x, case.last, -1) if case.last else x


def laid_back(case: Case, y: Any) -> Any:
    return np.moveaxis(y, -1, case.last) if case.last else y
