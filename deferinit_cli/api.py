"""The library: `load` a spec, look at its parameters, resolve, initialise, call. As in Gluon, in that order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .graph import Given, Network, Parameter
from .infer.diagnose import diagnostics
from .infer.engine import infer
from .infer.resolved import Resolved
from .infer.waits import Waits
from .problems import Diagnostic, Rejected, Source, Span

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class DeferredInitializationError(RuntimeError):
    """A value was read before its parameter could be initialised; the message says what it waits for."""


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
        tied = self._parameter.tied_to
        return tied.name if tied is not None else None

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape as far as it is known, -1 for the rest; None where even the rank is open.

        Before the model has met an input this is what the layer alone knows, as in Gluon.
        """
        resolved = self._model._resolved
        known = resolved.tensor(self._parameter) if self._model._met else resolved.declared(self._parameter)
        return None if known is None else tuple(t if type(t) is int else -1 for t in known)

    @property
    def data(self) -> Any:
        """The values; raises DeferredInitializationError while there are none."""
        return self._model._data(self._parameter)

    def __repr__(self) -> str:
        return f"Parameter {self.name} (shape={self.shape}, dtype={self.dtype})"


class Parameters(Mapping[str, Tensor]):
    """The parameters by name, in order; names complete on tab in `model.parameters["…"]`."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._by_name = {p.name: p for p in model.network.parameters}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._by_name:
            from .layers.arguments import suggest

            raise KeyError(f"no parameter is called {name!r}. {suggest(name, self._by_name)}".strip())
        return Tensor(self._model, self._by_name[name])

    def __iter__(self) -> Any:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._by_name)

    def __repr__(self) -> str:
        return "\n".join(repr(t) for t in self.values())


class Model:
    """A network as a library user holds it. Shapes are learned from `resolve`, `initialize` or the first call."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._resolved = infer(network)
        reject(self._resolved)
        self._met = False
        self._seed: int | None = None
        self._values: dict[str, Any] = {}
        self.parameters = Parameters(self)

    def resolve(self, *shapes: Any, **inputs: Any) -> Model:
        """Infer every shape from the inputs' shapes: `resolve(input=(2, 20))`, or `resolve((2, 20))` for the only one.

        Raises Rejected when the network cannot take them. Returns the model.
        """
        resolved = infer(self.network, self._givens(shapes, inputs))
        reject(resolved)
        if self._values:
            self._keep_shapes(resolved)
        self._resolved = resolved
        self._met = True
        return self

    def initialize(self, *shapes: Any, seed: int = 0, **inputs: Any) -> Model:
        """Without inputs: registers that parameters are to be initialised and changes nothing yet, unless the spec
        resolves by itself. With inputs: resolves and initialises at once. Returns the model."""
        self._seed = seed
        self._values.clear()
        if shapes or inputs:
            self.resolve(*shapes, **inputs)
        elif not self._met and self._complete():
            self._met = True
        return self

    def __call__(self, *arrays: Any, **inputs: Any) -> Any:
        """A forward pass in numpy: one output's array, or a dict of several. The first call resolves and initialises."""
        import numpy as np

        from .forward.execute import execute
        from .forward.inputs import given_inputs

        names = [i.name for i in self.network.inputs]
        if len(arrays) > len(names):
            raise TypeError(f"{self.network.name} takes {len(names)} inputs ({', '.join(names)}), {len(arrays)} were given")
        data = {**dict(zip(names, map(np.asarray, arrays))), **{k: np.asarray(v) for k, v in inputs.items()}}
        missing = [n for n in names if n not in data]
        unknown = [n for n in data if n not in names]
        if missing or unknown:
            raise TypeError(f"the inputs are {', '.join(names)}; given: {', '.join(data) or 'none'}")
        if self._seed is None:
            raise DeferredInitializationError("the parameters are not initialised: call initialize() first")
        resolved = infer(self.network, self._givens((), {k: v.shape for k, v in data.items()}))
        reject(resolved)
        self._keep_shapes(resolved)
        if not self._met or not self._complete():
            self._resolved, self._met = resolved, True
        out = execute(self.network, resolved, _Tensors(self), given_inputs(self.network, resolved, data))
        return next(iter(out.values())) if len(out) == 1 else out

    def _keep_shapes(self, resolved: Resolved) -> None:
        """Parameters that exist keep their shapes: inputs of another size share them, or are an error."""
        problems = []
        for p in self.network.parameters:
            old = self._resolved.tensor(p) if self._met else None
            new = resolved.tensor(p)
            if old is not None and new is not None and p.tied_to is None:
                differs = [(a, b) for a, b in zip(old, new) if type(a) is int and type(b) is int and a != b]
                if differs or len(old) != len(new):
                    problems.append(Diagnostic("parameter-shape", f"{p.name} is {old}, this input needs {new}",
                                               p.node.place.span, layer=p.node.name))  # fmt: skip
        if problems:
            raise Rejected(problems)

    def _complete(self) -> bool:
        shapes = (self._resolved.tensor(p) for p in self.network.parameters)
        return all(s is not None and all(type(t) is int for t in s) for s in shapes)

    def _data(self, p: Parameter) -> Any:
        from .weights.initialise import initialise, owner

        p = owner(p)
        if p.name in self._values:
            return self._values[p.name]
        if self._seed is None:
            raise DeferredInitializationError(f"{p.name} is not initialised: call initialize() first")
        shape = self._resolved.tensor(p)
        if not self._met or shape is None or not all(type(t) is int for t in shape):
            what = ", ".join(Waits(self._resolved).parameter(p)) or "the first batch"
            known = Tensor(self, p).shape
            raise DeferredInitializationError(
                f"{p.name} {known} has not been initialised yet: it waits for {what}. Its shape is known after "
                "resolve(…), initialize(input=…) or the first call"
            )
        value = self._values[p.name] = initialise(self._resolved, p, self._seed)
        return value

    def _givens(self, shapes: tuple[Any, ...], inputs: dict[str, Any]) -> list[Given]:
        names = [i.name for i in self.network.inputs]
        if len(shapes) > len(names):
            raise TypeError(f"{self.network.name} has {len(names)} inputs ({', '.join(names)})")
        both = {**dict(zip(names, shapes)), **inputs}
        unknown = [n for n in both if n not in names]
        if unknown:
            raise TypeError(f"no input is called {unknown[0]!r}; the inputs are {', '.join(names)}")
        return [given(name, shape) for name, shape in both.items()]

    # ---- how it shows itself

    def table(self, **options: Any) -> str:
        """The parameters as text, as `deferinit show` prints them."""
        from .views.notebook import as_text

        return as_text(self._resolved, **options)

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from .views.notebook import as_html

        return as_html(self._resolved)


class _Tensors(Mapping[str, Any]):
    """A model's arrays by parameter name, made when first read."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._by_name = {p.name: p for p in model.network.parameters}

    def __getitem__(self, name: str) -> Any:
        return self._model._data(self._by_name[name])

    def __iter__(self) -> Any:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def given(name: str, shape: Any) -> Given:
    """A shape from Python as one given for an input."""
    dims = tuple(int(d) for d in ((shape,) if isinstance(shape, int) else shape))
    source = Source(f"{name}={dims}", "")
    if any(d < 1 for d in dims):
        raise ValueError(f"{name}: sizes are at least 1, found {dims}")
    return Given(name, dims, None, Span(source, 1, 1))


def reject(resolved: Resolved) -> None:
    """Raise Rejected with all diagnostics, if there are any."""
    found = diagnostics(resolved)
    if found:
        raise Rejected(found)


def load(spec: Any, *, set: Mapping[str, Any] | None = None) -> Model:
    """A model from a spec: a path, `zoo:NAME`, YAML text (with a newline), or a mapping. `set` overrides `vars`.

    Raises Rejected when the spec is wrong, Unusable when it cannot be read.
    """
    from .spec.load import load as load_network

    sets = {k: spec_text(v) for k, v in (set or {}).items()}
    return Model(load_network(spec, sets=sets))


def spec_text(value: Any) -> str:
    """A Python value as a spec writes it."""
    import json

    return value if isinstance(value, str) else json.dumps(value)
