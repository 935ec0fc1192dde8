"""Variables as a file declares them: a default, and which values they may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...layers.core.arguments import show
from ...problems import Diagnostic, Problem, Related, Source
from ...spelling import suggest
from ..expressions.operations import is_number, same
from ..expressions.values import Code, Located, compile_value
from ..source.tree import List, Map, Scalar, Tree, span

if TYPE_CHECKING:
    from ..builder.scope import Values
    from .file import File

KEYS = ("default", "one_of", "min", "max", "doc")
EXAMPLE = "{default: 50, one_of: [18, 34, 50]}"
KINDS = {bool: "true or false", int: "an int", float: "a number", list: "a list", str: "text"}


class Setting:
    """A value given for a variable from outside: by `--set`, an importer's `set` or a call, each at its place."""

    __slots__ = ("node", "source", "value")

    def __init__(self, value: Any, source: Source, node: Tree) -> None:
        self.value = value
        self.source = source
        self.node = node

    def related(self, name: str) -> Related:
        return Related(f"{name} is set to {show(self.value)} here", span(self.source, self.node))


class Variable:
    """One variable of a file; the codes of what it may be are evaluated with the variables before it."""

    __slots__ = ("code", "doc", "high", "key", "low", "one_of", "place")

    def __init__(self, key: Scalar, code: Code) -> None:
        self.key = key
        self.code = code
        self.one_of: list[Code] | None = None
        self.low: Code | None = None
        self.high: Code | None = None
        self.doc = ""
        self.place: Tree = key  # where it says what it may be

    def codes(self) -> list[Code]:
        """The codes of its default and of what it may be."""
        return [c for c in (self.code, *(self.one_of or ()), self.low, self.high) if c is not None]

    def allowed(self, value: Any, scope: Values) -> Allowed:
        """What it may be, of the type of its default; raises Located where that is declared wrongly."""
        name = self.key.text
        default = self.code.value if self.code.fixed else value
        choices = [kept(name, default, code.get(scope), code.node) for code in self.one_of or ()]
        low, high = (self.bound(code, value, scope) for code in (self.low, self.high))
        if low is not None and high is not None and low > high:
            assert self.high is not None
            raise Located(self.high.node, Problem("variable-range", f"{name} has no value from {show(low)} to {show(high)}",
                                                  found=show(high), expected=f"max of {show(low)} or more"))  # fmt: skip
        return Allowed(name, choices if self.one_of is not None else None, low, high)

    def bound(self, code: Code | None, value: Any, scope: Values) -> Any:
        if code is None:
            return None
        found = code.get(scope)
        if not is_number(found):
            raise Located(code.node, Problem("value-type", f"what bounds {self.key.text} is a number", found=show(found),
                                             expected="a number"))  # fmt: skip
        if type(value) in KINDS and not is_number(value):
            raise Located(code.node, Problem("value-type", f"{self.key.text} is {KINDS[type(value)]}: only numbers have min and max",
                                             found=show(found), help="one_of lists values of any kind"))  # fmt: skip
        return found


class Allowed:
    """The values that a variable may have: those listed, and within its bounds."""

    __slots__ = ("choices", "high", "low", "name")

    def __init__(self, name: str, choices: list[Any] | None, low: Any, high: Any) -> None:
        self.name = name
        self.choices = choices
        self.low = low
        self.high = high

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self.choices is not None or self.low is not None or self.high is not None

    def refused(self, value: Any) -> Problem | None:
        """What is wrong with a value; None where it is allowed."""
        if not self:
            return None
        if type(value) not in KINDS and value is not None:
            return Problem("variable-choice" if self.choices else "variable-range", f"{self.name} is {show(value)}, which is no value yet",
                           found=show(value), expected=self.text(), help="what a variable may be is decided before any input is known")  # fmt: skip
        if self.choices is not None and not any(same(value, c) for c in self.choices):
            return Problem("variable-choice", f"{self.name} cannot be {show(value)}", found=show(value), expected=listed(self.choices),
                           help=self.nearest(value))  # fmt: skip
        if (self.low is not None and not (is_number(value) and value >= self.low)) or (
            self.high is not None and not (is_number(value) and value <= self.high)
        ):
            return Problem("variable-range", f"{self.name} cannot be {show(value)}", found=show(value), expected=self.range())
        return None

    def nearest(self, value: Any) -> str:
        """The allowed value that was probably meant."""
        choices = self.choices or []
        if isinstance(value, str):
            return suggest(value, [c for c in choices if isinstance(c, str)])
        numbers = [c for c in choices if is_number(c)]
        return f"the nearest is {show(min(numbers, key=lambda c: abs(c - value)))}" if numbers and is_number(value) else ""

    def range(self) -> str:
        low, high = self.low, self.high
        if low is not None and high is not None:
            return f"from {show(low)} to {show(high)}"
        return f"at least {show(low)}" if low is not None else f"at most {show(high)}"

    def text(self) -> str:
        """`18, 34 or 50`; `from 1 to 8`."""
        parts = [listed(self.choices)] if self.choices is not None else []
        return ", ".join(parts + ([self.range()] if self.low is not None or self.high is not None else []))

    def document(self) -> dict[str, Any]:
        """The same as data."""
        found = {"one_of": self.choices, "min": self.low, "max": self.high}
        return {key: v for key, v in found.items() if v is not None}


def listed(values: list[Any]) -> str:
    """`18, 34 or 50`."""
    *most, last = map(show, values)
    return f"{', '.join(most)} or {last}" if most else last


def kept(name: str, default: Any, value: Any, node: Tree, found: str = "") -> Any:
    """A value given for a variable: of the type of its default, where both are plain; raises Located."""
    if type(default) not in KINDS or not (value is None or type(value) in KINDS):
        return value
    if type(default) is float and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise Located(node, Problem("variable-type", f"{name} is {KINDS[type(default)]}", found=found or show(value),
                                    expected=KINDS[type(default)]))  # fmt: skip
    return value


def refusal(file: File, variable: Variable, problem: Problem, setting: Setting | None, calls: list[Related]) -> Diagnostic:
    """A value that a variable may not have: told where it is set, with where the variable is declared."""
    name, declared = variable.key.text, span(file.source, variable.place)
    place = span(setting.source, setting.node) if setting is not None else span(file.source, variable.code.node)
    said = f"{name} may be {problem.expected}"
    return Diagnostic(problem.rule, problem.message, place, found=problem.found, expected=problem.expected, help=problem.help,
                      related=[Related(said, declared)], calls=calls)  # fmt: skip


# ---- reading


def read_variable(file: File, key: Scalar, value: Tree) -> Variable | None:
    """A variable as declared; None (and a fault) where it has no value. Raises Located."""
    if not isinstance(value, Map):
        return Variable(key, compile_value(value, loose=True))
    default = value.find("default")
    if default is None:
        file.fault(value if value.pairs else key, "missing-default", f"the variable '{key.text}' has no default", expected=EXAMPLE)
        return None
    out = Variable(key, compile_value(default[1], loose=True))
    for k, v in value.pairs:
        if k.text not in KEYS:
            file.fault(k, "unknown-key", f"a variable has no '{k.text}'", found=k.text, expected=", ".join(KEYS), help=suggest(k.text, KEYS))
        elif k.text == "one_of":
            out.one_of, out.place = read_choices(key, v), v
        elif k.text in ("min", "max"):
            code = compile_value(v)
            out.low, out.high = (code, out.high) if k.text == "min" else (out.low, code)
            out.place = v if out.one_of is None else out.place
        elif k.text == "doc":
            out.doc = file.text(v, "doc")
    return out


def in_order(file: File, names: list[str]) -> None:
    """Tell where a variable's default or what it may be mentions the variable itself, or one of `names` that comes later."""
    for name, variable in file.vars.items():
        later = names[names.index(name) + 1 :]
        for node, other in (n for code in variable.codes() for n in code.names()):
            if other == name or other in later:
                help_ = "a variable cannot be its own" if other == name else f"vars are in order: '{other}' comes later"
                file.fault(node, "unknown-name", f"unknown name '{other}'", word=other, found=other, help=help_)


def read_choices(key: Scalar, node: Tree) -> list[Code]:
    if not isinstance(node, List) or not node.items:
        raise Located(node, Problem("value-type", f"one_of lists what {key.text} may be", expected="one_of: [18, 34, 50]"))
    return [compile_value(n, loose=True) for n in node.items]
