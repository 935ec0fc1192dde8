"""Items as blocks and files hold them: compiled once per place in the text, instantiated as often as blocks and repeats say."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..layers.base import Layer
from ..problems import Source, Span
from .arguments import written
from .references import Reference
from .tree import Scalar, Tree, span
from .values import Code

if TYPE_CHECKING:
    from .blocks import Block
    from .file import File
    from .scope import Values

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")


class Item:
    """One item: what it is, its name, compiled arguments and modifiers. It is a place too: that of its head and values.

    What few items have is said by the class and set only on those. Items that say the same share `arguments` and `layer`.
    """

    __slots__ = ()
    file: File
    head: Scalar
    value: Tree | None

    kind = ""
    target: Block | File | None = None  # of a block call
    cls: type[Layer] | None = None  # of a layer or container
    name: str | None = None  # as written
    label = ""  # the name or kind + counter
    arguments: dict[str, tuple[Scalar | None, Code]] = {}
    references: list[Reference] | None = None  # of a merge
    modifiers: dict[str, tuple[Scalar, Any]] = {}
    lists: dict[str, list[Item]] = {}  # of a container
    from_: Any = None  # list or dict of references
    apply: Reference | None = None
    layer: Layer | None = None  # when its arguments are fixed
    short = False  # a layer that yields one value, of which no more is said than its inputs and what freeze and dtype say
    chained = False  # not even that, and from one value
    plain = False  # and with fixed arguments
    simple = False  # the call of a block of its own file on one value, of which no more is said than fixed arguments
    inputs: tuple[str, ...] | None = None  # the variables that alone decide the layer of a short item
    layers: dict[tuple[int, ...], Layer] = {}  # of those, by their values
    fixed = False  # arguments that depend on nothing
    broken = False

    @property
    def source(self) -> Source:
        return self.file.source

    @property
    def span(self) -> Span:
        return span(self.file.source, self.head)

    @property
    def line(self) -> int:
        return self.head.line

    @property
    def args(self) -> dict[str, Span]:
        """Where the values of its arguments stand, by name."""
        return {name: span(self.file.source, node) for _, name, node in written(self) if name in self.arguments}

    @property
    def title(self) -> str:
        """What it calls, with its own name."""
        return self.head.text if self.apply is None else f"apply {self.name or ''}".strip()

    @property
    def transparent(self) -> bool:
        """Of a container: whether its items belong to the scope around it, as those of an unnamed, unrepeated one do."""
        return self.name is None and "repeat" not in self.modifiers and "fanout" not in self.modifiers


def _same(name: str) -> Any:
    return property(attrgetter(f"first.{name}"))


class First(Item):
    """An item that is compiled. `given`: of a simple call, the values of the block's arguments, and what they are seen over."""

    given: tuple[Values | None, dict[str, Any]] | None = None

    def __init__(self, file: File, head: Scalar, value: Tree | None) -> None:
        self.file = file
        self.head = head
        self.value = value

    @property
    def first(self) -> First:
        return self


class Again(Item):
    """A plain item that says what `first`, before it, says: only its place and its name are its own."""

    __slots__ = ("first", "head", "label", "layer", "value")
    short = chained = plain = True
    file = _same("file")
    kind = _same("kind")
    cls = _same("cls")
    arguments = _same("arguments")
    name = property(lambda self: next(iter(self.head.text.split()[1:]), None))

    def __init__(self, first: First, head: Scalar, value: Tree | None, label: str) -> None:
        self.first = first
        self.layer = first.layer
        self.head = head
        self.value = value
        self.label = label


class Called(Item):
    """The same of a simple call."""

    __slots__ = ("first", "head", "label", "target", "value")
    simple = fixed = True
    file = _same("file")
    kind = _same("kind")
    arguments = _same("arguments")
    name = Again.name

    def __init__(self, first: First, head: Scalar, value: Tree | None, label: str) -> None:
        self.first = first
        self.target = first.target
        self.head = head
        self.value = value
        self.label = label
