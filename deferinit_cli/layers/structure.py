"""Structural kinds: they arrange items and are never nodes themselves."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from .base import Layer, layer


class Arranger(Protocol):
    """What the builder offers a container being instantiated. A flow is the list of values that pass."""

    def run(self, key: str, flow: list[int]) -> list[int] | None:
        """Build the items of one list on a flow; None once something was wrong."""

    def has(self, key: str) -> bool:
        """Whether the list was written."""

    def keys(self) -> list[str]:
        """The lists that were written, in order."""

    def merge(self, kind: str, values: dict[str, Any], flow: list[int]) -> list[int] | None:
        """Add a node of a layer kind."""

    def part(self, name: str, values: list[int] | None) -> None:
        """Make values available as `container.name`."""


class Structure(Layer):
    """A container. `reads` says how its value is written, `keys` the lists it takes by name, `main` the one meant bare."""

    structural = True
    reads: ClassVar[str] = "items"
    keys: ClassVar[tuple[str, ...]] = ("body",)
    main: ClassVar[str] = "body"
    branching: ClassVar[bool] = False  # its lists' names are levels of their own
    accepts = "any"

    @staticmethod
    def arrange(a: Arranger, flow: list[int]) -> list[int] | None:
        raise NotImplementedError


@layer("sequential", also="Sequential nn.Sequential HybridSequential")
class Sequential(Structure):
    """Items one after the other, under one name if it has one."""

    @staticmethod
    def arrange(a: Arranger, flow: list[int]) -> list[int] | None:
        return a.run("body", flow)


@layer("residual", also="Residual skip_connection")
class Residual(Structure):
    """body + shortcut; the shortcut is the input itself unless given. Both shapes are equal, not just broadcastable."""

    keys = ("body", "shortcut")

    @staticmethod
    def arrange(a: Arranger, flow: list[int]) -> list[int] | None:
        body = a.run("body", flow)
        shortcut = a.run("shortcut", flow) if a.has("shortcut") else flow
        if body is None or shortcut is None:
            return None
        return a.merge("add", {"broadcast": False}, [*body, *shortcut])


@layer("branches", also="Parallel Concurrent HybridConcurrent")
class Branches(Structure):
    """The same input into each list; yields one value per list."""

    reads = "branches"
    keys = ()
    branching = True

    @staticmethod
    def arrange(a: Arranger, flow: list[int]) -> list[int] | None:
        out: list[int] = []
        fine = True
        for key in a.keys():
            values = a.run(key, flow)
            a.part(key, values)
            fine = fine and values is not None
            out += values or []
        return out if fine else None


@layer("apply", also="reuse shared_layer")
class Apply(Structure):
    """An earlier layer or block again, on another input, with the same parameters."""

    reads = "reference"
    keys = ()
