"""Items as blocks and files hold them: compiled once per place in the text, instantiated as often as blocks and repeats say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...layers.core.base import Layer
from ...problems import Source, Span
from ..expressions.references import Reference
from ..expressions.values import Code
from ..source.tree import Scalar, Tree, span
from .arguments import written

if TYPE_CHECKING:
    from .blocks import Block
    from .file import File

INPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")

LEVEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*|[0-9]+")
"""One level of a name, or the name of a branch. Names of many published checkpoints hold hyphens."""

NAME = re.compile(rf"(?:{LEVEL.pattern})(?:\.(?:{LEVEL.pattern}))*")
"""The name of an item: dots add levels, so that items of several groups may alternate (`resnets.0.conv1`)."""


class Item:
    """One item: what it is, its name, compiled arguments and modifiers. It is a place too: that of its head and values.

    What few items have is said by the class and set only on those.
    """

    kind = ""
    target: Block | File | None = None  # of a block call
    cls: type[Layer] | None = None  # of a layer or container
    name: str | None = None  # as written
    label = ""  # the name or kind + counter
    arguments: dict[str, tuple[Scalar | None, Code]] = {}
    references: list[Reference] | None = None  # of a merge
    modifiers: dict[str, tuple[Scalar, Any]] = {}
    lists: dict[str, list[Item]] = {}  # of a container
    numbered = False  # of a container: its lists are a list of lists, which have numbers in place of names
    from_: Any = None  # list or dict of references
    apply: Reference | None = None
    layer: Layer | None = None  # when its arguments are fixed
    broken = False

    def __init__(self, file: File, head: Scalar, value: Tree | None) -> None:
        self.file = file
        self.head = head
        self.value = value

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
