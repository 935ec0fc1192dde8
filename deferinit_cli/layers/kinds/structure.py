"""Structural kinds: they arrange items and are never nodes themselves."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from ..core.base import Layer, layer

GROUP = "Structure"


class Arranger(Protocol):
    """What the builder offers a container being instantiated. A flow is the values that pass."""

    def run(self, key: str, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        """Build the items of one list on a flow; None once something was wrong."""

    def has(self, key: str) -> bool:
        """Whether the list was written."""

    def keys(self) -> list[str]:
        """The lists that were written, in order."""

    def merge(self, kind: str, values: dict[str, Any], flow: tuple[int, ...]) -> tuple[int, ...] | None:
        """Add a node of a layer kind."""

    def single(self, what: str, values: tuple[int, ...]) -> bool:
        """Whether this is one value; told, if not."""

    def part(self, name: str, values: tuple[int, ...] | None) -> None:
        """Make values available as `container.name`."""


class Structure(Layer):
    """A container. `reads` says how its value is written, `keys` the lists it takes by name, `main` the one meant bare."""

    structural = True
    reads: ClassVar[str] = "items"
    keys: ClassVar[tuple[str, ...]] = ("body",)
    main: ClassVar[str] = "body"
    holds: ClassVar[dict[str, str]] = {}  # what to write under its key, in words
    branching: ClassVar[bool] = False  # its lists' names are levels of their own
    accepts = "any"

    @staticmethod
    def arrange(a: Arranger, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        raise NotImplementedError


@layer(
    "sequential",
    torch="nn.Sequential",
    keras="Sequential",
    flax="linen.Sequential",
    mxnet="gluon.nn.HybridSequential gluon.nn.Sequential",
)
class Sequential(Structure):
    """Items one after the other, under one name if it has one."""

    holds = {"body": "a list of items; the list alone will do"}
    example = ("- sequential head:\n  - dense: 32\n  - relu", "[N, 16]")

    @staticmethod
    def arrange(a: Arranger, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        return a.run("body", flow)


@layer("residual", torch="", keras="", flax="", mxnet="", also="Residual skip_connection")
class Residual(Structure):
    """body + shortcut; the shortcut is the input itself unless given. Both shapes are equal, not just broadcastable."""

    holds = {
        "body": "a list of items; the list alone will do",
        "shortcut": "a list of items beside it; the input itself when left out",
    }
    rules = ("size-mismatch: body and shortcut yield equal shapes",)
    example = ("- residual:\n  - dense: 16\n  - relu", "[N, 16]")

    keys = ("body", "shortcut")

    @staticmethod
    def arrange(a: Arranger, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        body = a.run("body", flow)
        shortcut = a.run("shortcut", flow) if a.has("shortcut") else flow
        if body is None or shortcut is None or not (a.single("body", body) and a.single("shortcut", shortcut)):
            return None
        return a.merge("add", {"broadcast": False}, (*body, *shortcut))


@layer(
    "branches",
    torch="",
    keras="",
    flax="",
    mxnet="gluon.contrib.nn.HybridConcurrent gluon.contrib.nn.Concurrent",
    also="Parallel",
)
class Branches(Structure):
    """The same input into each list; yields one value per list."""

    holds = {"NAME": "a list of items for each branch; or a list of such lists, called 0, 1, …"}
    example = ("- branches:\n    left: [{dense: 4}]\n    right: [{dense: 8}]\n- concat", "[N, 16]")

    reads = "branches"
    keys = ()
    branching = True

    @staticmethod
    def arrange(a: Arranger, flow: tuple[int, ...]) -> tuple[int, ...] | None:
        out: list[int] = []
        fine = True
        for key in a.keys():
            values = a.run(key, flow)
            a.part(key, values)
            fine = fine and values is not None
            out += values or ()
        return tuple(out) if fine else None


@layer("apply", torch="", keras="", flax="", mxnet="", also="reuse shared_layer")
class Apply(Structure):
    """An earlier layer or block again, on another input, with the same parameters."""

    holds = {"(value)": "the name of an earlier item; h.3 for one copy of a repeated one"}
    rules = (
        "unknown-reference: an earlier layer or block has that name",
        "apply-modifier: no init, tie, freeze or dtype: they are the other's",
    )
    example = ("- dense layer: 16\n- apply: layer", "[N, 16]")

    reads = "reference"
    keys = ()
