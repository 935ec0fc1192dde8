"""An LSTM of images: convolutions take the place of the matrix products."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, orthogonal, zeros
from ..core.base import Layer, flag, layer, padding_arg, param, per_axis, size
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.registry import find
from ..core.windows import pads, slide
from .conv import Conv
from .sigmoids import sigmoid

GROUP = "Recurrent"

KERNEL = "kernel_size.0 kernel_size.1"


@layer("conv_lstm2d", torch="", keras="layers.ConvLSTM2D", flax="", mxnet="gluon.contrib.rnn.Conv2DLSTMCell", also="ConvLSTM")
class ConvLSTM(Layer):
    """A convolutional LSTM over time (Shi et al., 2015), (N, T, C, H, W); gates i f g o. The state's convolution is same.

    Flax' ConvLSTMCell has other gates: i g f o, and 1 added to f.
    """

    example = ("{channels: 8, kernel_size: 3}", "[N, T, 3, 32, 32]")
    spatial = 2

    channels = size("channels of the state", also="filters hidden_channels features")
    kernel_size = per_axis("cells the kernels cover on each axis", also="kernel i2h_kernel")
    padding = padding_arg("cells of padding of the input on each side, or same", default="same")
    bias = flag("learned offsets", default=True, also="use_bias", open=True)
    stride = 1

    sides = ("last", "c")
    takes, gives = "N T in h w", "N T channels h_out w_out,N channels h_out w_out,N channels h_out w_out"
    macs = f"N T 4 channels h_out w_out in {KERNEL} + N T 4 channels h_out w_out channels {KERNEL}"
    parameters = [
        param("weight_ih", f"4*channels in {KERNEL}", glorot_uniform, fans=f"in {KERNEL} -> 4*channels {KERNEL}",
              keras=f"conv_lstm_cell/kernel: {KERNEL} in 4*channels", flax="", mxnet="i2h_weight"),
        param("weight_hh", f"4*channels channels {KERNEL}", orthogonal, fans=f"channels {KERNEL} -> 4*channels {KERNEL}",
              keras=f"conv_lstm_cell/recurrent_kernel: {KERNEL} channels 4*channels", flax="", mxnet="h2h_weight"),
        param("bias", "4*channels", zeros, when="bias", fans=f"in {KERNEL} -> 4*channels {KERNEL}",
              keras="conv_lstm_cell/bias", flax="", mxnet="i2h_bias"),
    ]  # fmt: skip

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.__dict__["stride"] = 1

    def check(self) -> None:
        self.each("kernel_size")
        pads(self)

    def relate(self, r: Frame) -> None:
        slide(r, self)

    def forward(self, p: Any, x: Any) -> Any:
        n, t = x.shape[:2]
        steps = self.convolution(self.padding).convolve(
            Weights(p.weight_ih, p.bias if self.bias else None), x.reshape(n * t, *x.shape[2:]), 1
        )
        steps = steps.reshape(n, t, *steps.shape[1:])
        h = c = np.zeros((n, steps.shape[2] // 4, *steps.shape[3:]), x.dtype)
        again, state = self.convolution("same"), Weights(p.weight_hh, None)
        out = np.empty((n, t, *h.shape[1:]), x.dtype)
        for k in range(t):
            i, f, g, o = np.split(steps[:, k] + again.convolve(state, h, 1), 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = out[:, k] = sigmoid(o) * np.tanh(c)
        return out, h, c

    def convolution(self, padding: Any) -> Conv:
        """One of its convolutions, as a layer."""
        kind = find("conv2d")
        assert kind is not None and issubclass(kind, Conv)
        made: Conv = kind.build({"channels": 1, "kernel_size": self.kernel_size, "padding": padding})  # type: ignore[assignment]
        return made


class Weights:
    """What a convolution reads."""

    def __init__(self, weight: Any, bias: Any) -> None:
        self.weight = weight
        self.bias = bias
