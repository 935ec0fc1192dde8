"""Convolutions over one, two and three spatial axes, and depthwise ones."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, zeros
from ...shapes.dims import Sym, larger
from ..core.base import UNKNOWN, Layer, choice, flag, integer, layer, padding_arg, param, per_axis, size
from ..core.frame import Frame
from ..core.options import Options, Path, Seen, divisors
from ..core.patterns import AXES, Param
from ..core.window_candidates import ORDER, oddity, windowed
from ..core.windows import is_said, pads, slide
from .activations import activate, activation_arg

GROUP = "Convolution"


class Convolution(Layer):
    """What all convolutions share."""

    rules = ("padding-too-large: padding that reflects or repeats finds as many cells in the input",)

    kernel_size = per_axis("cells the kernel covers on each axis", also="kernel kernel_shape filter_size ksize")
    stride = per_axis("step of the kernel", default=1, also="strides subsample")
    padding = padding_arg("cells of padding on each side, or same")
    dilation = per_axis("distance between the kernel's cells", default=1, also="dilation_rate kernel_dilation dilations")
    bias = flag("add a learned offset", default=True, also="use_bias", open=True)
    in_channels = size("channels expected; inferred when left out", default=UNKNOWN, also="in_features in_filters")
    padding_mode = choice("what the padding holds", "zeros reflect edge circular", default="zeros", also="pad_mode",
                          taught="replicate=edge wrap=circular constant=zeros")  # fmt: skip
    activation = activation_arg()

    def check(self) -> None:
        for name in ("kernel_size", "stride", "dilation"):
            self.each(name)
        pads(self)

    order = ORDER

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        if name == "groups":
            found = seen("groups")
            return divisors(seen("in_channels"), seen("channels")) if found is None else ([found], True)
        if name == "multiplier":
            found = seen("multiplier")
            return divisors(seen("channels")) if found is None else ([found], True)
        return super().options(name, path, seen) if name == "bias" else windowed(self, name, path, seen)

    def oddity(self) -> int:
        return oddity(self)

    def slide(self, r: Frame) -> None:
        """State the output sizes; a padding that repeats the input's own cells must not need more cells than there are."""
        slide(r, self)
        if self.padding_mode not in ("reflect", "circular"):
            return
        for i, axis in enumerate(AXES[3 - self.spatial :]):
            need = self.needed(i, axis)
            if need is not None and need != 0:
                r.at_most(r.name(f"need_{axis}", r.term(need)), axis, rule="padding-too-large", blame="padding",
                          says=f"{self.padding_mode} padding needs {{whole}} cells, there are {{part}}")  # fmt: skip

    def needed(self, i: int, axis: str) -> Any:
        """How many cells of a spatial axis its padding repeats: a number, or a term of the axis where `same` hangs on its size.

        0: none; None: an argument is unknown.
        """
        pad, k, s, d = pads(self)[i], self.each("kernel_size")[i], self.each("stride")[i], self.each("dilation")[i]
        own = self.padding_mode == "reflect"  # which does not repeat the edge itself
        if pad != "same":
            return larger(*pad) + int(own) if all(map(is_said, pad)) and any(pad) else None
        if not all(map(is_said, (k, s, d))):
            return None
        reach = d * (k - 1) + 1
        if s == 1:
            return reach // 2 + own if reach != 1 else 0
        x = Sym(axis)
        return (larger((x + (s - 1)) // s * s + (reach - s) - x, 0) + 1) // 2 + int(own)

    def convolve(self, p: Any, x: Any, groups: int) -> Any:
        from ..core import conv_kernels as kernels

        y = kernels.conv(x, p.weight, p.bias if self.bias else None, self, groups)
        return activate(self.activation, y)

    def absorb(self, p: Any, scale: Any, shift: Any) -> dict[str, Any] | None:
        if self.activation is not None:
            return None
        weight = p.weight * scale.reshape(-1, *[1] * (p.weight.ndim - 1))
        return {"weight": weight, "bias": shift + p.bias * scale if self.bias else shift}


@layer(
    "conv1d conv2d conv3d",
    torch="nn.Conv{n}d",
    keras="layers.Conv{n}D layers.Convolution{n}D",
    flax="linen.Conv",
    mxnet="gluon.nn.Conv{n}D",
    also="conv convolution Convolution LazyConv{n}d",
)
class Conv(Convolution):
    """Slide a learned kernel over the spatial axes; each group of channels sees its own part of the input."""

    example = ("{channels: 16, kernel_size: 3, stride: 2, padding: 1}", "[N, 3, {Space}]")

    channels = size("channels produced", also="out_channels filters num_filter num_filters features out_features")
    kernel_size = Convolution.kernel_size
    stride = Convolution.stride
    padding = Convolution.padding
    dilation = Convolution.dilation
    groups = integer("parts the channels are split into, each convolved alone", default=1, minimum=1,
                     also="feature_group_count num_group group", open=True, symbols=True)  # fmt: skip

    takes, gives = "N in_channels {space}", "N channels {space_out}"
    macs = "N channels {space_out} in_group {kernel}"
    parameters = [
        param("weight", "channels in_group {kernel}", glorot_uniform, fans="in_group {kernel} -> out_group {kernel}",
              keras="kernel: {kernel} in_group channels", flax="kernel: {kernel} in_group channels", mxnet="="),
        param("bias", "channels", zeros, when="bias", fans="in_group {kernel} -> out_group {kernel}", keras="=", flax="=",
              mxnet="="),
    ]  # fmt: skip

    def relate(self, r: Frame) -> None:
        r.slot("in_channels"), r.slot("channels")
        r.product("in_channels", "groups", "in_group", says="{whole} channels do not split into {part} groups", blame="groups")
        r.product("channels", "groups", "out_group", says="{whole} channels do not split into {part} groups", blame="groups")
        self.slide(r)

    def forward(self, p: Any, x: Any) -> Any:
        return self.convolve(p, x, self.groups)


@layer(
    "depthwise_conv1d depthwise_conv2d depthwise_conv3d",
    torch="nn.Conv{n}d(groups=in_channels)",
    keras=("layers.DepthwiseConv{n}D", "layers.DepthwiseConv{n}D", ""),
    flax="linen.Conv(feature_group_count=in_features)",
    mxnet="gluon.nn.Conv{n}D(groups=in_channels)",
    also="DepthwiseConv{n}d DepthwiseConv{n}D",
)
class DepthwiseConv(Convolution):
    """Convolve each channel alone, with `multiplier` kernels each."""

    example = ("{kernel_size: 3, padding: same}", "[N, 16, {Space}]")

    kernel_size = Convolution.kernel_size
    multiplier = integer("kernels per channel", default=1, minimum=1, also="depth_multiplier channel_multiplier", open=True,
                         symbols=True)  # fmt: skip

    takes, gives = "N in_channels {space}", "N channels {space_out}"
    macs = "N channels {space_out} {kernel}"
    parameters = [
        param("weight", "channels 1 {kernel}", glorot_uniform, fans="{kernel} -> multiplier {kernel}",
              made="channels=in_channels*multiplier", keras="kernel: {kernel} in_channels multiplier",
              flax="kernel: {kernel} 1 channels", mxnet="="),
        param("bias", "channels", zeros, when="bias", fans="{kernel} -> multiplier {kernel}", keras="=", flax="=", mxnet="="),
    ]  # fmt: skip

    def tensors(self) -> list[Param]:
        return [p if self.abroad["keras"] else p.like(names={**p.names, "keras": ""}) for p in super().tensors()]

    def relate(self, r: Frame) -> None:
        r.slot("in_channels")
        r.product("channels", "in_channels", "multiplier")
        self.slide(r)

    def forward(self, p: Any, x: Any) -> Any:
        return self.convolve(p, x, x.shape[1])
