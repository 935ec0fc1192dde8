"""Where an item is instantiated: its file, values, names, and what flows to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...graph import Call
from ...problems import Diagnostic, Problem
from ..compile.asserts import told
from ..compile.file import File
from ..compile.variables import Setting, refusal
from ..expressions.values import Faults, Located
from ..source.tree import Tree, span
from .parameters import Overrides
from .scope import Entry, Names, Values

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


def variables(
    file: File, given: Mapping[str, Setting], faults: Faults, call: int | None, caller: Call | None = None
) -> Values | None:
    """A file's vars in order, those given taking the place of their defaults; None where one is wrong, or an assert on them."""
    values = Values({}, None, call)
    fine = True
    wrong: set[str] = set()  # what is computed from these is not told as well
    for name, variable in file.vars.items():
        setting, scope = given.get(name), values.without_symbols()
        if not wrong.isdisjoint(other for code in variable.codes() for _, other in code.names()):
            wrong.add(name)
            continue
        try:
            value = setting.value if setting is not None else variable.code.get(scope)
            problem = variable.allowed(value, scope).refused(value)
            values.names[name] = value
        except Located as e:
            faults.problem(file.source, e.node, e.problem)
            wrong.add(name)
            continue
        if problem is not None:
            faults.add(refusal(file, variable, problem, setting, caller.chain() if caller is not None else []))
            fine = False
    return values if fine and not wrong and asserted(file, values, given, faults, caller) else None


def asserted(file: File, values: Values, given: Mapping[str, Setting], faults: Faults, caller: Call | None) -> bool:
    """Whether what a file asserts of its variables holds; told where it does not."""
    fine = True
    for check in file.asserts:
        try:
            problem = told(file, check, values, given, caller) if not check.symbolic else None
        except Located as e:
            faults.problem(file.source, e.node, e.problem)
            fine = False
            continue
        if problem is not None:
            faults.add(problem)
            fine = False
    return fine
