"""Where an item is instantiated: its file, values, names, and what flows to it."""

from __future__ import annotations

from typing import Any

from ..graph import Call
from .file import File
from .parameters import Overrides
from .scope import Names, Values
from .values import Faults, Located


class Context:
    """Where an item is instantiated."""

    __slots__ = (
        "copies",
        "call",
        "depth",
        "file",
        "flow",
        "fold",
        "input",
        "names",
        "overrides",
        "prefix",
        "root",
        "several",
        "values",
    )

    def __init__(self, file: File, values: Values, names: Names, prefix: str, call: Call | None) -> None:
        self.file = file
        self.values = values
        self.names = names
        self.prefix = prefix
        self.call = call
        self.flow: list[int] | None = []  # what the previous item yielded; None once something was wrong
        self.input: list[int] | None = None
        self.several: list[str] = []  # the inputs' names where nothing flows yet because there are several
        self.overrides = Overrides()
        self.fold: tuple[str, int] | None = None
        self.root = ""  # the prefix of the file's root: names in ties and globs start there
        self.depth = 0
        self.copies = 1  # how often what stands here is built, by the repeats around it

    def child(self) -> Context:
        new = Context(self.file, self.values, self.names, self.prefix, self.call)
        new.flow, new.input, new.several = self.flow, self.input, self.several
        new.overrides, new.fold, new.root, new.depth = self.overrides, self.fold, self.root, self.depth
        new.copies = self.copies
        return new


def variables(file: File, given: dict[str, Any], faults: Faults, call: int | None) -> Values | None:
    """A file's vars in order, those given taking the place of their defaults."""
    values = Values({}, None, call)
    fine = True
    for name, (_, code) in file.vars.items():
        if name in given:
            values.names[name] = given[name]
            continue
        try:
            values.names[name] = code.get(values.without_symbols())
        except Located as e:
            faults.problem(file.source, e.node, e.problem)
            values.names[name] = None
            fine = False
    return values if fine else None
