"""Where an item is instantiated: its file, values, names, and what flows to it."""

from __future__ import annotations

from typing import Any

from ..graph import Call
from ..layers.arguments import show
from ..problems import Diagnostic, Problem
from .file import File
from .parameters import Overrides
from .scope import Entry, Names, Values
from .tree import Tree, span
from .values import Faults, Located

NOTHING_SAID = Overrides()


class Context:
    """Where an item is instantiated. What is wrong there is told with the calls that lead to it."""

    __slots__ = (
        "copies",
        "call",
        "depth",
        "dtype",
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
        self.flow: tuple[int, ...] | None = ()  # what the previous item yielded; None once something was wrong
        self.input: tuple[int, ...] | None = None
        self.several: list[str] = []  # the inputs' names where nothing flows yet because there are several
        self.overrides = NOTHING_SAID
        self.fold: tuple[str, int] | None = None
        self.root = ""  # the prefix of the file's root: names in ties and globs start there
        self.depth = 0
        self.dtype = "float32"  # of parameters, by the file
        self.copies = 1  # how often what stands here is built, by the repeats around it

    def child(self) -> Context:
        new = Context(self.file, self.values, self.names, self.prefix, self.call)
        new.flow, new.input, new.several = self.flow, self.input, self.several
        new.overrides, new.fold, new.root, new.depth = self.overrides, self.fold, self.root, self.depth
        new.copies, new.dtype = self.copies, self.dtype
        return new

    def fault(self, node: Tree, rule: str, message: str, word: str = "", **more: Any) -> None:
        """Tell what is wrong at a place of this context's file."""
        calls = self.call.chain() if self.call is not None else []
        self.file.faults.add(Diagnostic(rule, message, span(self.file.source, node, word), calls=calls, **more))

    def problem(self, node: Tree, p: Problem) -> None:
        self.file.faults.problem(self.file.source, node, p, calls=self.call.chain() if self.call is not None else [])

    def taken(self, node: Tree, name: str, old: Entry) -> None:
        """Tell that something in the scope has a name already."""
        other = f"a layer on line {old.line}" if old.line else "an input"
        self.fault(node, "duplicate-name", f"'{name}' is already the name of {other}", found=name, word=name,
                   help="names are unique in their scope")  # fmt: skip

    def located(self, e: Located) -> None:
        self.problem(e.node, e.problem)


KINDS = {bool: "true or false", int: "an int", float: "a number", list: "a list", str: "text"}


def kept(name: str, default: Any, value: Any, node: Tree, found: str = "") -> Any:
    """A value given for a variable from outside: of the type of its default, where both are plain; raises Located."""
    if type(default) not in KINDS or not (value is None or type(value) in KINDS):
        return value
    if type(default) is float and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise Located(node, Problem("variable-type", f"{name} is {KINDS[type(default)]}", found=found or show(value),
                                    expected=KINDS[type(default)]))  # fmt: skip
    return value


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
            if e.problem.rule == "unknown-name" and e.problem.found in file.vars:
                itself = e.problem.found == name
                e.problem.help = (
                    "a variable cannot be its own" if itself else f"vars are in order: '{e.problem.found}' comes later"
                )
            faults.problem(file.source, e.node, e.problem)
            values.names[name] = None
            fine = False
    return values if fine else None
