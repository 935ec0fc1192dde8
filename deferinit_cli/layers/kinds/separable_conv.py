"""Separable convolutions: each channel by itself, then all of them cell by cell."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, zeros
from ..core import conv_kernels as kernels
from ..core.base import integer, layer, param, size
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.options import Options, Path, Seen, divisors
from ..core.patterns import Param
from .activations import activate
from .conv import Convolution

GROUP = "Convolution"


@layer(
    "separable_conv1d separable_conv2d separable_conv3d",
    torch="",
    keras=("layers.SeparableConv1D layers.SeparableConvolution1D", "layers.SeparableConv2D layers.SeparableConvolution2D", ""),
    flax="",
    mxnet="",
    also="SeparableConv{n}D SeparableConv{n}d",
)
class SeparableConv(Convolution):
    """A depthwise convolution with `multiplier` kernels a channel, then one over single cells that mixes the channels."""

    example = ("{channels: 32, kernel_size: 3, padding: same}", "[N, 16, {Space}]")

    channels = size("channels produced", also="out_channels filters num_filter features")
    kernel_size = Convolution.kernel_size
    multiplier = integer("kernels per channel", default=1, minimum=1, also="depth_multiplier", open=True, symbols=True)

    takes, gives = "N in_channels {space}", "N channels {space_out}"
    macs = "N middle {space_out} {kernel} + N channels {space_out} middle"
    parameters = [
        param("depthwise.weight", "middle 1 {kernel}", glorot_uniform, fans="{kernel} -> multiplier {kernel}",
              made="middle=in_channels*multiplier", keras="depthwise_kernel: {kernel} in_channels multiplier", flax="", mxnet=""),
        param("pointwise.weight", "channels middle {ones}", glorot_uniform, fans="middle -> channels",
              keras="pointwise_kernel: {ones} middle channels", flax="", mxnet=""),
        param("bias", "channels", zeros, when="bias", fans="middle -> channels", keras="=", flax="", mxnet=""),
    ]  # fmt: skip

    def tensors(self) -> list[Param]:
        return [p if self.abroad["keras"] else p.like(names=dict.fromkeys(p.names, "")) for p in super().tensors()]

    def relate(self, r: Frame) -> None:
        r.slot("in_channels")
        r.product("middle", "in_channels", "multiplier")
        r.slot("channels")
        self.slide(r)

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        if name == "multiplier":
            found = seen("multiplier")
            return divisors(seen("middle")) if found is None else ([found], True)
        return super().options(name, path, seen)

    def forward(self, p: Any, x: Any) -> Any:
        y = kernels.conv(x, getattr(p, "depthwise.weight"), None, self, x.shape[1])
        weight = getattr(p, "pointwise.weight")
        y = np.moveaxis(y, 1, -1) @ weight.reshape(len(weight), -1).T
        if self.bias:
            y += p.bias
        return activate(self.activation, np.moveaxis(y, -1, 1))

    def absorb(self, p: Any, scale: Any, shift: Any) -> dict[str, Any] | None:
        if self.activation is not None:
            return None
        weight = getattr(p, "pointwise.weight")
        return {"pointwise.weight": weight * scale.reshape(-1, *[1] * (weight.ndim - 1)),
                "bias": shift + p.bias * scale if self.bias else shift}  # fmt: skip
