"""The parameters of a network as PyTorch makes them, by full name; ties join them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import sqrt
from typing import Any

from torch import Tensor

from ..draws import Own

BUFFERS = ("running_mean", "running_var")


class Refused(Exception):
    """The language does not allow it, though PyTorch might."""


class Store:
    """Made by one run. `ties` are those an earlier run has found, own name to target."""

    def __init__(self, ties: dict[str, str] | None = None) -> None:
        self.ties = ties or {}
        self.found: dict[str, str] = {}  # ties met in this run
        self.layers: dict[str, Own] = {}
        self.tensors: dict[str, Tensor] = {}
        self.frozen: dict[str, bool] = {}
        self.inits: dict[str, Any] = {}  # what was said of how to initialise, where something was

    def root(self, name: str) -> str:
        seen = {name}
        while name in self.ties:
            name = self.ties[name]
            if name in seen:
                raise Refused("a tie to itself")
            seen.add(name)
        return name

    def layer(self, name: str) -> Own:
        if name not in self.layers:
            self.layers[name] = Held(self, name)
        return self.layers[name]

    def fill(self, name: str, x: Tensor, std: float) -> Tensor:
        """Random values, small enough to stay in proportion over many layers; those of the tensor a name is tied to."""
        root = self.root(name)
        if root not in self.tensors:
            if name.endswith("running_var"):
                x.uniform_(0.5, 2)
            else:
                x.normal_(std=std if x.ndim < 2 else min(std, 1.5 / sqrt(x[0].numel() or 1)))
        else:
            if self.tensors[root].shape != x.shape:
                raise Refused(f"{name} {tuple(x.shape)} is tied to {root} {tuple(self.tensors[root].shape)}")
            x.copy_(self.tensors[root])
        self.tensors.setdefault(root, x)
        if name in self.tensors and name != root:
            raise Refused(f"two parameters are called {name}")
        self.tensors[name] = x
        return x

    def settle(self) -> None:
        """What is tied must exist, and be of one sort."""
        for own, target in self.found.items():
            if own not in self.tensors or target not in self.tensors:
                raise Refused(f"a tie of {own} to {target}, and one of them is not there")
            if own.endswith(BUFFERS) != target.endswith(BUFFERS):
                raise Refused(f"a tie of {own} to {target}, and one of them is a buffer")

    def apply(self, params: Iterable[tuple[str, dict[str, Any]]], names: list[str], prefix: str) -> None:
        """A file's globs over the parameters of one instance of it."""
        for glob, said in params:
            hits = [n for n in names if matches(glob.split("."), n.removeprefix(prefix).split("."))]
            if not hits:
                raise Refused(f"{glob} matches nothing")
            if all(n in self.found for n in hits) or (set(said) == {"freeze"} and all(n.endswith(BUFFERS) for n in hits)):
                raise Refused(f"{glob} says nothing of what it matches")
            for n in hits:
                if "freeze" in said:
                    self.frozen[n] = said["freeze"]
                if "init" in said:
                    self.inits[n] = said["init"]

    def trainable(self, name: str) -> bool:
        return not self.frozen.get(name, False) and not name.endswith(BUFFERS)


def matches(glob: list[str], name: list[str]) -> bool:
    """`*` is a segment or a part of one, `**` any number of segments: at the end one at least, what stands below."""
    if not glob:
        return not name
    if glob[0] == "**":
        return any(matches(glob[1:], name[k:]) for k in range(len(glob) == 1, len(name) + 1))
    part = re.escape(glob[0]).replace(r"\*", ".*")
    return bool(name) and re.fullmatch(part, name[0]) is not None and matches(glob[1:], name[1:])


class Held(Own):
    """The parameters of one layer of a network."""

    def __init__(self, store: Store, name: str) -> None:
        super().__init__()
        self.store = store
        self.name = name

    def fill(self, key: str, x: Tensor, std: float) -> Tensor:
        return self.store.fill(f"{self.name}.{key}" if key else self.name, x, std)
