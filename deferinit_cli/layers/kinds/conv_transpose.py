"""Transposed convolutions: a convolution's gradient with respect to its input, used to upsample."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, zeros
from ...shapes.dims import is_symbolic, larger
from ..core import conv_kernels as kernels
from ..core.base import UNKNOWN, Layer, Problem, flag, integer, layer, padding_arg, param, per_axis, size
from ..core.frame import Frame
from ..core.options import Options, Path, Seen, divisors
from ..core.patterns import AXES, Param
from ..core.window_candidates import ORDER, spread
from ..core.windows import is_int, is_said, pads
from .activations import activate, activation_arg

GROUP = "Convolution"


@layer(
    "conv_transpose1d conv_transpose2d conv_transpose3d",
    torch="nn.ConvTranspose{n}d",
    keras="layers.Conv{n}DTranspose",
    flax="linen.ConvTranspose",
    mxnet="gluon.nn.Conv{n}DTranspose",
    also="Deconvolution deconv{n}d",
)
class ConvTranspose(Layer):
    """Spread each cell over a learned kernel: size (x-1)*stride - 2*padding + dilation*(k-1) + output_padding + 1."""

    example = ("{channels: 8, kernel_size: 2, stride: 2}", "[N, 16, {Space}]")
    rules = (
        "output-padding: output_padding is below stride or below dilation",
        "argument-conflict: padding same goes without output_padding",
    )

    channels = size("channels produced", also="out_channels filters num_filter features")
    kernel_size = per_axis("cells the kernel covers on each axis", also="kernel")
    stride = per_axis("cells between the places of neighbouring inputs", default=1, also="strides")
    padding = padding_arg("cells cut from each side of the result; same makes it stride times as large")
    output_padding = per_axis("cells added behind, less than stride or dilation", default=0, minimum=0)
    dilation = per_axis("distance between the kernel's cells", default=1, also="dilation_rate")
    groups = integer("parts the channels are split into", default=1, minimum=1, also="num_group", open=True, symbols=True)
    bias = flag("add a learned offset", default=True, also="use_bias", open=True)
    in_channels = size("channels expected; inferred when left out", default=UNKNOWN)
    activation = activation_arg()

    takes, gives = "N in_channels {space}", "N channels {space_out}"
    macs = "N in_channels {space} out_group {kernel}"
    parameters = [
        param("weight", "in_channels out_group {kernel}", glorot_uniform, fans="in_group {kernel} -> out_group {kernel}",
              keras="kernel: {kernel} out_group in_channels", flax="kernel: {turned} in_channels out_group", mxnet="="),
        param("bias", "channels", zeros, when="bias", fans="in_group {kernel} -> out_group {kernel}", keras="=", flax="=",
              mxnet="="),
    ]  # fmt: skip

    def tensors(self) -> list[Param]:
        """Neither Keras nor Flax has groups here."""
        none = {"keras": "", "flax": ""}
        return [p if self.groups == 1 else p.like(names={**p.names, **none}) for p in super().tensors()]

    def check(self) -> None:
        for name in ("kernel_size", "stride", "dilation", "output_padding"):
            self.each(name)
        if self.padding == "same" and any(is_int(extra) and extra != 0 for extra in self.each("output_padding")):
            raise Problem("argument-conflict", "padding same says the size, and so does output_padding", "output_padding",
                          help="leave output_padding out, or say the padding in numbers")  # fmt: skip
        for extra, s, d in zip(self.each("output_padding"), self.each("stride"), self.each("dilation")):
            if is_int(extra) and is_int(s) and is_int(d) and extra and extra >= max(s, d):
                raise Problem("output-padding", f"output_padding {extra} is not below stride {s} or dilation {d}",
                              "output_padding", str(extra), f"less than {max(s, d)}")  # fmt: skip
        self.margins()

    def margins(self) -> list[tuple[Any, Any, Any]]:
        """(cells cut before, cells cut behind, cells added behind) per axis; UNKNOWN where an argument is left open."""
        if self.padding != "same":
            return [(*cut, extra) for cut, extra in zip(pads(self), self.each("output_padding"))]
        return [surplus(*z) for z in zip(self.each("kernel_size"), self.each("stride"), self.each("dilation"))]

    def relate(self, r: Frame) -> None:
        r.slot("in_channels"), r.slot("channels")
        says = "{whole} channels do not split into {part} groups"
        r.product("in_channels", "groups", "in_group", says=says, blame="groups")
        r.product("channels", "groups", "out_group", says=says, blame="groups")
        each = zip(AXES[3 - self.spatial :], self.each("kernel_size"), self.each("stride"), self.margins(), self.each("dilation"))
        for axis, k, s, (before, behind, extra), d in each:
            if all(map(is_said, (k, s, before, behind, extra, d))):
                r.affine(f"{axis}_out", axis, s, d * (k - 1) + 1 - s - (before + behind) + extra)
            else:
                r.slot(f"{axis}_out")
        self.bounded(r)

    def bounded(self, r: Frame) -> None:
        """State of what is written over symbols that output_padding is below stride or dilation, and 0 where padding is `same`;
        `check` does it of numbers."""
        same = self.padding == "same"
        for i, (extra, s, d) in enumerate(zip(self.each("output_padding"), self.each("stride"), self.each("dilation"))):
            if all(map(is_said, (extra, s, d))) and any(map(is_symbolic, (extra, s, d))) and extra != 0:
                why = "and padding same says the size" if same else "one below stride or dilation"
                r.at_most(r.name(f"extra_{i}", r.term(extra)),
                          r.name(f"step_{i}", r.term(0 if same else larger(larger(s, d) - 1, 0))),
                          rule="argument-conflict" if same else "output-padding", blame="output_padding",
                          says=f"output_padding {{whole}} is more than {{part}}, {why}")  # fmt: skip

    order = ORDER

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        if name == "groups":
            found = seen("groups")
            return divisors(seen("in_channels"), seen("channels")) if found is None else ([found], True)
        return super().options(name, path, seen) if name == "bias" else spread(self, name, path, seen)

    def forward(self, p: Any, x: Any) -> Any:
        cut = [(before, behind) for before, behind, _ in self.margins()]
        extra = [added for _, _, added in self.margins()]
        y = kernels.conv_transpose(x, p.weight, p.bias if self.bias else None, self.each("stride"), cut, extra,
                                   self.each("dilation"), self.groups)  # fmt: skip
        return activate(self.activation, y)


def surplus(kernel: Any, stride: Any, dilation: Any) -> tuple[Any, Any, Any]:
    """The margins of padding same: the result is cut, or filled up, to stride times the input."""
    if not all(map(is_said, (kernel, stride, dilation))):
        return UNKNOWN, UNKNOWN, UNKNOWN
    over = dilation * (kernel - 1) + 1 - stride
    cut = larger(over, 0)
    return cut // 2, cut - cut // 2, larger(-over, 0)
