"""The library: `load` a spec, look at its parameters, resolve, initialise, call. As in Gluon, in that order."""

from __future__ import annotations

from .model import Model, load
from .parameters import DeferredInitializationError, Parameters, Tensor

__all__ = ["DeferredInitializationError", "Model", "Parameters", "Tensor", "load"]
