"""Dense: the fully connected layer."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, zeros
from ..core.base import UNKNOWN, Layer, flag, layer, param, size
from ..core.frame import Frame
from .activations import activate, activation_arg

GROUP = "Dense and embedding"


@layer(
    "dense",
    torch="nn.Linear nn.LazyLinear",
    keras="layers.Dense",
    flax="linen.Dense linen.DenseGeneral",
    mxnet="gluon.nn.Dense",
    also="linear fully_connected fc FullyConnected InnerProduct",
)
class Dense(Layer):
    """Multiply the last axis by a learned matrix, then add a bias."""

    example = ("10", "[N, 64]")

    units = size("features produced", also="out_features output_dim num_hidden features")
    in_units = size("features expected; inferred when left out", default=UNKNOWN, also="in_features input_dim")
    bias = flag("add a learned offset", default=True, also="use_bias", open=True)
    flatten = flag("first flatten all axes but the first", default=False)
    activation = activation_arg()

    macs = "* in_units units"
    parameters = [
        param("weight", "units in_units", glorot_uniform, fans="in_units -> units",
              keras="kernel: in_units units", flax="kernel: in_units units", mxnet="="),
        param("bias", "units", zeros, when="bias", fans="in_units -> units", keras="=", flax="=", mxnet="="),
    ]  # fmt: skip

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.takes, self.gives = ("N *rest", "N units") if self.flatten else ("* in_units", "* units")

    def relate(self, r: Frame) -> None:
        if self.flatten:
            r.product("in_units", "*rest")

    def cost(self) -> str:
        return "N in_units units" if self.flatten else self.macs

    def forward(self, p: Any, x: Any) -> Any:
        y = (x.reshape(len(x), -1) if self.flatten else x) @ p.weight.T
        if self.bias:
            y += p.bias
        return activate(self.activation, y)
