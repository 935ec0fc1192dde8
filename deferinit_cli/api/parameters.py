"""The parameters of a model as a library user holds them: shapes as far as they are known, values once they exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Parameter

if TYPE_CHECKING:
    from .model import Model


class DeferredInitializationError(RuntimeError):
    """A value was read before its parameter could be initialised; the message says what it waits for."""


DeferredInitializationError.__module__ = "deferinit_cli"  # where users import it from, and look for it


class Tensor:
    """One parameter of a model: `name`, `shape` (-1 where unknown), `dtype`, `trainable`, and `data` once it exists."""

    def __init__(self, model: Model, parameter: Parameter) -> None:
        self._model = model
        self._parameter = parameter

    @property
    def name(self) -> str:
        return self._parameter.name

    @property
    def dtype(self) -> str:
        return self._parameter.dtype

    @property
    def trainable(self) -> bool:
        return self._parameter.trainable

    @property
    def tied_to(self) -> str | None:
        """The name of the parameter that this one is, or None."""
        tied = self._parameter.tied_to
        return tied.name if tied is not None else None

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape as far as it is known, -1 for the rest; None where even the rank is open.

        Before the model has met an input this is what the layer alone knows, as in Gluon.
        """
        known = self._model._shape(self._parameter)
        return None if known is None else tuple(t if type(t) is int else -1 for t in known)

    def as_in(self, framework: str) -> tuple[str, tuple[int, ...] | None]:
        """(name, shape) of the same tensor as torch, keras, flax or mxnet has it."""
        from ..lens import Lens

        lens, shape = Lens(framework), self.shape
        seen = None if shape is None else lens.shape(self._parameter, tuple(None if n == -1 else n for n in shape))
        return lens.name(self._parameter), None if seen is None else tuple(-1 if n is None else n for n in seen)

    @property
    def data(self) -> Any:
        """The values, a numpy array; raises DeferredInitializationError while there are none."""
        return self._model._data(self._parameter)

    @data.setter
    def data(self, values: Any) -> None:
        """Take other values, of this shape and of the same kind of numbers: a checkpoint's, or another framework's.

        Raises DeferredInitializationError while the shape is not known, ValueError for another shape or kind.
        """
        self._model._set_data(self._parameter, values)

    def __repr__(self) -> str:
        return f"Parameter {self.name} (shape={self.shape}, dtype={self.dtype})"


class Parameters(Mapping[str, Tensor]):
    """The parameters by name, in order; names complete on tab in `model.parameters["…"]`."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._by_name = {p.name: p for p in model.network.parameters}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._by_name:
            from ..layers.arguments import suggest

            raise KeyError(f"no parameter is called {name!r}. {suggest(name, self._by_name)}".strip())
        return Tensor(self._model, self._by_name[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._by_name)

    def __repr__(self) -> str:
        return "\n".join(repr(t) for t in self.values())


class Arrays(Mapping[str, Any]):
    """A model's values by parameter name, made when first read."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    def __getitem__(self, name: str) -> Any:
        return self._parameters[name].data

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)
