"""A network as a library user holds it: deferred until it meets an input, then initialised and called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from warnings import warn

from ..graph import Given, Network, Parameter
from ..infer.conflicts.diagnose import diagnostics
from ..infer.derivation.waits import Waits
from ..infer.propagation.engine import infer
from ..infer.propagation.resolved import Resolved, Shape
from ..infer.warnings import warnings
from ..problems import DeferinitWarning, Diagnostic, Rejected
from ..shapes.dims import REST
from .answers import Answers
from .inputs import by_name, given
from .parameters import Arrays, DeferredInitializationError, Parameters, Tensor

if TYPE_CHECKING:
    from ..infer.derivation.depends import Depends

PACKAGE = __name__.partition(".")[0]


class Model(Answers):
    """A network whose shapes are learned from `resolve`, `initialize` or the first call.

    In a terminal it shows itself as `deferinit show` does, in a notebook as HTML. `problems` are what is told of a network that
    is not rejected: warnings, each with `rule`, `message`, `span` and `severity`. Python's `warnings` gets each once, as a
    `DeferinitWarning`.
    """

    def __init__(self, network: Network) -> None:
        self._written = network
        self._resolved = infer(network)
        self.parameters = Parameters(self)
        reject(self._resolved)
        self.problems: list[Diagnostic] = []
        self._told: set[tuple[str, str, str]] = set()
        self._warn()
        self._met = False
        self._seed: int | None = None
        self._values: dict[str, Any] = {}
        self._dependence: tuple[Resolved, Depends] | None = None

    def resolve(self, /, *shapes: Any, **inputs: Any) -> Model:
        """Infer every shape from the inputs' shapes: `resolve(input=(2, 20))`, or `resolve((2, 20))` for the first.

        A size is an int, a symbol ("N") or None for unknown; "2x128:int64" works as on the command line. Returns the model.
        Raises Rejected when the network cannot take them, or a parameter that exists would have another shape.
        """
        resolved = self._infer([given(self.network, k, v) for k, v in by_name(self.network, shapes, inputs).items()])
        if self._values:
            self._keep_shapes(resolved)
        self._meet(resolved)
        return self

    def initialize(self, /, *shapes: Any, seed: int = 0, **inputs: Any) -> Model:
        """Without inputs: registers that parameters are to be initialised and changes nothing yet, unless the spec
        resolves by itself. With inputs: resolves and initialises at once. Returns the model.

        Each tensor has its own random stream, keyed by the seed and its name.
        """
        before = self._seed, self._values
        self._seed, self._values = seed, {}
        try:
            if shapes or inputs:
                self.resolve(*shapes, **inputs)
        except BaseException:
            self._seed, self._values = before
            raise
        if not self._met and self._complete():
            self._met = True
        return self

    def __call__(self, /, *arrays: Any, **inputs: Any) -> Any:
        """A forward pass in numpy: one output's array, or a dict of several. The first call resolves and initialises.

        Raises DeferredInitializationError before `initialize`, Rejected for arrays that the network cannot take.
        """
        import numpy as np

        from ..forward.execute import execute
        from ..forward.inputs import given_inputs

        data = {k: np.asarray(v) for k, v in by_name(self.network, arrays, inputs).items()}
        missing = [i.name for i in self.network.inputs if i.name not in data]
        if missing:
            raise TypeError(f"{self.network.name} also takes {', '.join(missing)}")
        if self._seed is None:
            raise DeferredInitializationError("the parameters are not initialised: call initialize() first")
        resolved = self._infer([given(self.network, k, v.shape) for k, v in data.items()])
        self._keep_shapes(resolved)
        values = given_inputs(self.network, resolved, data)
        if not (self._met and self._complete()):
            self._meet(resolved)
        out = execute(self.network, resolved, Arrays(self.parameters), values)
        return next(iter(out.values())) if len(out) == 1 else out

    def save(self, path: str) -> None:
        """Write every parameter to `.safetensors` or `.npz`; raises DeferredInitializationError where one is deferred."""
        from ..weights.files import save
        from ..weights.initialise import owners

        tensors = [self.parameters[p.name] for p in owners(self._resolved)]
        for t in tensors:
            t.data  # noqa: B018  all or nothing: a deferred one raises before a file is touched
        save(path, [(t.name, t.data.shape, t.dtype, lambda t=t: t.data) for t in tensors])  # type: ignore[misc]

    # ---- what parameters ask

    def _depends(self) -> Depends:
        from ..infer.derivation.depends import Depends

        if self._dependence is None or self._dependence[0] is not self._resolved:
            self._dependence = self._resolved, Depends(self._resolved)
        return self._dependence[1]

    def _shape(self, p: Parameter) -> Shape | None:
        return self._resolved.tensor(p) if self._met else self._resolved.declared(p)

    def _data(self, p: Parameter) -> Any:
        from ..weights.initialise import initialise, owner

        p = owner(p)
        if p.name not in self._values:
            if self._seed is None:
                raise DeferredInitializationError(f"{p.name} is not initialised: call initialize() first")
            self._settled(p)
            self._values[p.name] = initialise(self._resolved, p, self._seed)
        return self._values[p.name]

    def _set_data(self, p: Parameter, values: Any) -> None:
        import numpy as np

        from ..forward.inputs import fitted
        from ..problems import Problem
        from ..weights.initialise import owner

        p = owner(p)
        try:
            self._values[p.name] = fitted(np.asarray(values), self._settled(p), p.dtype).copy()
        except Problem as e:
            raise ValueError(f"{p.name} is {p.dtype} {e.expected}, not {e.found}") from None

    def _settled(self, p: Parameter) -> Shape:
        """The shape of a parameter, all numbers; raises DeferredInitializationError while it is not."""
        shape = self._resolved.tensor(p)
        if self._met and shape is not None and all(type(t) is int for t in shape):
            return shape
        what = ", ".join(Waits(self._resolved).parameter(p)) or "the first batch"
        raise DeferredInitializationError(
            f"{p.name} {Tensor(self, p).shape} has not been initialised yet: it waits for {what}. Its shape is known after "
            "resolve(…), initialize(input=…) or the first call"
        )

    # ---- shapes

    @property
    def network(self) -> Network:
        """The network, with the tensors that the sizes known so far decide."""
        return self._resolved.network

    def _infer(self, givens: list[Given]) -> Resolved:
        resolved = infer(self._written, givens)
        reject(resolved, givens)
        return resolved

    def _meet(self, resolved: Resolved) -> None:
        """Take the shapes of an input that was met; where they say a rank, more can be told of the network."""
        self._resolved, self._met = resolved, True
        if any(i.dims is None or REST in i.dims for i in self.network.inputs):
            self._warn()

    def _warn(self) -> None:
        """Look for warnings, and issue those that are new at the caller's own line."""
        self.problems = warnings(self._resolved)
        depth, frame = 1, sys._getframe()
        while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(PACKAGE):
            depth, frame = depth + 1, frame.f_back
        for d in self.problems:
            key = d.rule, d.message, str(d.span)
            if key not in self._told:
                self._told.add(key)
                warn(str(d), DeferinitWarning, stacklevel=depth)

    def _keep_shapes(self, resolved: Resolved) -> None:
        """Parameters that exist keep their shapes: inputs of another size share them, or are an error."""
        problems = []
        names = {p.name for p in resolved.network.parameters}
        for p in self.network.parameters if self._met else ():
            if p.name not in names:
                message = f"{p.name} exists, and this input needs other tensors in {p.node.name}"
                problems.append(Diagnostic("parameter-shape", message, p.node.place.span, layer=p.node.name))
                continue
            old, new = self._resolved.tensor(p), resolved.tensor(p)
            if old is not None and new is not None and p.tied_to is None and differ(old, new):
                message = f"{p.name} is {shown(old)}, this input needs {shown(new)}"
                problems.append(Diagnostic("parameter-shape", message, p.node.place.span, layer=p.node.name))
        if problems:
            raise Rejected(problems)

    def _complete(self) -> bool:
        shapes = (self._resolved.tensor(p) for p in self.network.parameters)
        return all(s is not None and all(type(t) is int for t in s) for s in shapes)


def differ(a: Shape, b: Shape) -> bool:
    """Whether two shapes cannot be the same: unknown and symbolic sizes can be any."""
    return len(a) != len(b) or any(type(x) is int and type(y) is int and x != y for x, y in zip(a, b))


def shown(shape: Shape) -> tuple[Any, ...]:
    return tuple(t if type(t) is int else -1 for t in shape)


def reject(resolved: Resolved, givens: list[Given] | None = None) -> None:
    """Raise Rejected with all diagnostics, if there are any, and the sizes that would be valid."""
    found = diagnostics(resolved)
    if found and givens:
        from ..infer.domains.advice import advise

        advise(resolved.network, givens, found)
    if found:
        raise Rejected(found)


def load(spec: Any, *, set: Mapping[str, Any] | None = None) -> Model:
    """A model from a spec: a path, `zoo:NAME`, YAML text (with a newline), or a mapping. `set` overrides `vars`.

    In a mapping a str is what stands unquoted in YAML, a name or an expression: text in `vars` and block arguments is
    `"'text'"`. Raises Rejected when the spec is wrong, Unusable when it cannot be read.
    """
    from ..language.load import load as load_network
    from ..language.source.mapping import text_of

    return Model(load_network(spec, sets={k: v if isinstance(v, str) else text_of(v) for k, v in (set or {}).items()}))
