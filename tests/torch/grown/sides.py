"""Both sides of a comparison: a network run by PyTorch, and as deferinit reads, infers and runs it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deferinit_cli.graph import Given, Network
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.load import load
from deferinit_cli.problems import Source, Span

from .items import WRONG
from .model import MAIN, Net
from .running import Runner, feed, run
from .writing import Text

Shapes = dict[str, tuple[int, ...]]


INDEX = re.compile(r"index -?\d+ is out of|index out of range in self|Class values must be")
"""How PyTorch refuses the values of indices, rather than sizes."""


class Theirs:
    """What PyTorch makes of a network: a run, or why there is none."""

    def __init__(self, net: Net, seed: int = 0) -> None:
        self.net = net
        self.inputs = feed(net, seed)
        self.runner: Runner | None = None
        self.outputs: list[tuple[str | None, Tensor]] = []
        self.error = ""
        torch.manual_seed(seed)
        torch.set_default_dtype(getattr(torch, net.main.dtype))
        try:
            if net.main.dtype == "float64":
                self.inputs = {n: x.double() if x.is_floating_point() else x for n, x in self.inputs.items()}
            self.runner, self.outputs = run(net, self.inputs)
        except WRONG as e:
            self.error = f"{type(e).__name__}: {e}"
        finally:
            torch.set_default_dtype(torch.float32)

    @property
    def of_values(self) -> bool:
        """Whether it is refused for what its values are, which random weights decide."""
        return INDEX.search(self.error) is not None


def read(text: Text, net: Net) -> Network:
    """The network as deferinit reads it; raises Rejected."""
    sets = {k: str(v) for k, v in net.sets.items()}
    if len(text.files) == 1:
        return load(text.main, sets=sets)
    with tempfile.TemporaryDirectory() as folder:
        for path in text.files:
            at = Path(folder, path)
            at.parent.mkdir(exist_ok=True)
            at.write_text(text[path], "utf-8")
        return load(str(Path(folder, MAIN)), sets=sets)


def fed(network: Network, shapes: Shapes) -> Resolved:
    """Inferred from the inputs' shapes."""
    return infer(network, [Given(n, s, None, Span(Source("--input", f"{n}={s}"), 1, 1)) for n, s in shapes.items()])


def everything(*of_each: Any) -> None:
    """A trace that has even those layers run that no output needs."""


class Rankless(Exception):
    """A parameter whose shape is not known."""


class Zeros(dict[str, Any]):
    """Parameters of nothing but zeros."""

    def __init__(self, network: Network, resolved: Resolved) -> None:
        super().__init__()
        self.shapes = {p.name: (resolved.tensor(p), p.dtype) for p in network.parameters}

    def __missing__(self, name: str) -> Any:
        shape, dtype = self.shapes[name]
        if shape is None or not all(type(t) is int for t in shape):
            raise Rankless(name)
        return np.zeros(shape, dtype)


def sizes(network: Network, shapes: Shapes) -> dict[str, int]:
    """What each unknown of the declared inputs is; empty where an input's rank is not said."""
    env: dict[str, int] = {}
    for entry in network.inputs:
        shape = shapes[entry.name]
        if entry.dims is None or len(entry.dims) != len(shape) or "..." in map(str, entry.dims):
            return {}
        for k, (d, n) in enumerate(zip(entry.dims, shape)):
            name = getattr(d, "name", f"{entry.name}[{k}]")
            if (type(d) is int and d != n) or (type(d) is not int and env.setdefault(name, n) != n):
                return {}
    return env
