"""Rectifiers that bend to a constant below zero, by an exponential."""

from __future__ import annotations

from typing import Any

from ..core.base import Problem, layer, number
from ..core.lazy_numpy import np
from .activations import Curve

GROUP = "Activations"


@layer("elu", torch="nn.ELU", keras="layers.ELU activations.elu", flax="linen.elu", mxnet="gluon.nn.ELU")
class Elu(Curve):
    """x where positive, alpha * (exp(x) - 1) elsewhere (Clevert et al., 2015)."""

    alpha = number("value that large negative inputs approach, negated", default=1.0)

    def curve(self, x: Any) -> Any:
        y = np.expm1(np.minimum(x, 0))
        y *= self.alpha
        y += np.maximum(x, 0)
        return y


@layer("celu", torch="nn.CELU", keras="activations.celu", flax="linen.celu", mxnet="")
class Celu(Curve):
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0) (Barron, 2017)."""

    rules = ("argument-range: alpha is not 0",)

    alpha = number("the limit of negative values, negated; not 0", default=1.0)

    def check(self) -> None:
        if self.alpha == 0:
            raise Problem("argument-range", "alpha is 0", "alpha", "0", "a number other than 0")

    def curve(self, x: Any) -> Any:
        y = np.expm1(x / self.alpha)
        y *= self.alpha
        y = np.minimum(y, 0, out=y)
        y += np.maximum(x, 0)
        return y


@layer("selu", torch="nn.SELU", keras="activations.selu", flax="linen.selu", mxnet="gluon.nn.SELU")
class Selu(Curve):
    """elu scaled so that activations keep mean 0 and variance 1 (Klambauer et al., 2017)."""

    def curve(self, x: Any) -> Any:
        y = np.expm1(np.minimum(x, 0))
        y *= 1.6732632423543772
        y += np.maximum(x, 0)
        y *= 1.0507009873554805
        return y
