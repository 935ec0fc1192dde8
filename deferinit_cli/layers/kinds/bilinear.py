"""Bilinear: a learned product of two inputs."""

from __future__ import annotations

from typing import Any

from ...initializers import glorot_uniform, zeros
from ..core.base import Layer, flag, layer, param, size

GROUP = "Dense and embedding"


@layer("bilinear", torch="nn.Bilinear", keras="", flax="", mxnet="")
class Bilinear(Layer):
    """Each feature is x1 A x2 + b, with a learned matrix A of its own."""

    example = ("8", "[N, 3]", "[N, 5]")

    units = size("features produced", also="out_features")
    bias = flag("add a learned offset", default=True, also="use_bias", open=True)

    ports = ("a", "b")
    takes, gives = "* in1,* in2", "* units"
    macs = "* units in1 in2 + * units in2"  # a with the weight, then with b
    parameters = [
        param("weight", "units in1 in2", glorot_uniform, fans="in1 in2 -> units", keras="", flax="", mxnet=""),
        param("bias", "units", zeros, when="bias", keras="", flax="", mxnet=""),
    ]

    def forward(self, p: Any, a: Any, b: Any) -> Any:
        units, in1, in2 = p.weight.shape
        left = a.reshape(-1, in1) @ p.weight.transpose(1, 0, 2).reshape(in1, units * in2)
        y = (left.reshape(-1, units, in2) @ b.reshape(-1, in2, 1)).reshape(*a.shape[:-1], units)
        return y + p.bias if self.bias else y
