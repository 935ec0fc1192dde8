"""Batch normalisation, with its running statistics as at inference."""

from __future__ import annotations

from typing import Any

from ...initializers import ones, zeros
from ..core.base import Layer, flag, integer, layer, number, param
from ..core.frame import Frame
from ..core.lazy_numpy import np

GROUP = "Normalisation"


@layer(
    "batch_norm",
    torch="nn.BatchNorm1d nn.BatchNorm2d nn.BatchNorm3d",
    keras="layers.BatchNormalization",
    flax="linen.BatchNorm",
    mxnet="gluon.nn.BatchNorm",
    also="batchnorm bn SyncBatchNorm",
)
class BatchNorm(Layer):
    """Normalise each channel by its running mean and variance, then scale and shift it (Ioffe & Szegedy, 2015)."""

    example = ("", "[N, 16, 32, 32]")

    axis = integer("the axis of the channels", default=1)
    eps = number("added to the variance", default=1e-5, minimum=0, also="epsilon")
    momentum = number("how fast running statistics follow; unused at inference", default=0.1, minimum=0, maximum=1)
    scale = flag("a learned scale per channel", default=True, also="affine gamma", open=True)
    center = flag("a learned shift per channel", default=True, also="affine beta", open=True)

    parameters = [
        param("weight", "C", ones, when="scale", keras="gamma", flax="scale", mxnet="gamma"),
        param("bias", "C", zeros, when="center", keras="beta", flax="bias", mxnet="beta"),
        param("running_mean", "C", zeros, buffer=True, keras="moving_mean", flax="mean", mxnet="="),
        param("running_var", "C", ones, buffer=True, keras="moving_variance", flax="var", mxnet="="),
    ]

    spare = ("num_batches_tracked",)  # in PyTorch's state_dict: read only in training, where momentum is None

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.axis >= 0:
            before = " ".join(f"a{k}" for k in range(self.axis))
            self.takes = self.gives = f"{before} C *".strip()
        else:
            after = " ".join(f"a{k}" for k in range(-self.axis - 1))
            self.takes = self.gives = f"* C {after}".strip()

    def relate(self, r: Frame) -> None:
        pass

    def scale_shift(self, p: Any) -> tuple[Any, Any] | None:
        return self.factors(p) if self.axis == 1 else None

    def factors(self, p: Any) -> tuple[Any, Any]:
        scale = 1 / np.sqrt(p.running_var + p.running_var.dtype.type(self.eps))
        if self.scale:
            scale = scale * p.weight
        shift = -p.running_mean * scale
        return scale, shift + p.bias if self.center else shift

    def forward(self, p: Any, x: Any) -> Any:
        shape = [1] * x.ndim
        shape[self.axis] = -1
        scale, shift = (v.reshape(shape) for v in self.factors(p))
        y = x * scale
        y += shift
        return y
