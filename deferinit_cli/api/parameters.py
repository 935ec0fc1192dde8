"""The parameters of a model as a library user holds them: shapes as far as they are known, values once they exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Network, Parameter

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

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The input sizes that the shape depends on, whatever has been given: ("H", "W"), or ("input[1]",) for one without
        a name. A parameter that depends on a batch or a sequence cannot be used with another."""
        return tuple(self._model._depends().of(self._parameter))

    def as_in(self, framework: str) -> tuple[str, tuple[int, ...] | None]:
        """(name, shape) of the tensor that torch, keras, flax or mxnet has for it.

        Raises ValueError where that are several, such as one for each gate: `parameters.as_in` has them all.
        """
        from ..framework_view import Lens, stars

        node, model = self._parameter.node, self._model
        views = [v for v in Lens(framework).views(node) if self._parameter in v.parameters]
        if len(views) > 1:
            raise ValueError(f"{framework} has {len(views)} tensors for {self.name}: {', '.join(v.name for v in views)}")
        seen = views[0].shape(model._shape, stars(model._resolved.frames[node.index]))
        return views[0].name, None if seen is None else tuple(n if type(n) is int else -1 for n in seen)

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
        self._of: Network | None = None
        self._found: dict[str, Parameter] = {}

    @property
    def _by_name(self) -> dict[str, Parameter]:
        network = self._model.network
        if self._of is not network:
            self._of, self._found = network, {p.name: p for p in network.parameters}
        return self._found

    def __getitem__(self, name: str) -> Tensor:
        if not isinstance(name, str):
            first = next(iter(self._by_name), "dense0.weight")
            raise KeyError(f"parameters are found by name, such as parameters[{first!r}], not by {name!r}; "
                           "in order they are list(parameters.values())")  # fmt: skip
        if name not in self._by_name:
            from ..spelling import suggest

            raise KeyError(f"no parameter is called {name!r}. {suggest(name, self._by_name)}".strip())
        return Tensor(self._model, self._by_name[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def as_in(self, framework: str) -> dict[str, Any]:
        """The values as torch, keras, flax or mxnet has them: by its names, in its axis and gate orders, joined where it joins.

        Raises DeferredInitializationError while there are none. What a framework has no tensor for keeps its name and order.
        """
        from ..framework_view import Lens, stars

        resolved = self._model._resolved
        made: dict[str, Any] = {}
        for node in self._model.network.nodes:
            for v in Lens(framework).views(node) if node.shares is None else ():
                made[v.name] = v.convert(self._model._data, stars(resolved.frames[node.index]))
        return made

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
