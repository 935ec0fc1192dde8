"""Arguments of layers: what each accepts, in one place for reading specs, errors, docs and the editor schema.

The package `language` decides only whether a scalar is text or an expression (`textual`, `words`); `accept` checks and
normalises the value that results, and raises a `Problem` that blames the argument.
"""

from __future__ import annotations

from typing import Any

from ...problems import Problem
from ...shapes.dims import UNKNOWN, is_symbolic
from ...spelling import suggest

REQUIRED: Any = object()

EXPRESSION = {"$ref": "#/$defs/expression"}
"""What text in a field of numbers must look like, in the editor schema."""

NO_SYMBOL = "a symbol stands for a size that only an input fixes: write a number or a variable"


class Argument:
    """One argument. As a class attribute of a layer it is found by name in the layer's `arguments`."""

    open = False
    """Whether `_` leaves it open, to be found by solving for it: it is tried, not inferred."""
    textual = False
    """Whether unquoted text is itself rather than an expression."""
    words: tuple[str, ...] = ()
    """Choice words that a field of numbers also takes (`padding: same`)."""
    type = "value"
    sample: Any = 1
    """A value to show the kind with, where one is required."""

    def __init__(self, help: str, default: Any = REQUIRED, also: str = "") -> None:
        self.name = ""
        self.help = help
        self.default = default
        self.also = tuple(also.split())  # what other frameworks call it

    def called(self, name: str) -> None:
        """The layer's name for it, which may say more of what it accepts."""
        self.name = name

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED

    def accept(self, value: Any) -> Any:
        return value

    def expects(self) -> str:
        """What is accepted, in words."""
        return self.type

    def instead_of(self, word: str) -> str:
        """What to write for a word that other frameworks accept here; nothing where there is none."""
        return ""

    def brief(self) -> str:
        """The same where there is room for a line."""
        return self.expects()

    def schema(self) -> dict[str, Any]:
        """What is accepted, as JSON Schema of what YAML makes of it: any text but a word may be an expression."""
        return {}

    def typed(self, *types: str) -> dict[str, Any]:
        """A schema's types; null too where that is the default."""
        return {"type": [*types, "null"] if self.default is None else list(types)}

    def wrong(self, value: Any) -> Problem:
        """The Problem of a value that is not accepted, blaming this argument."""
        return Problem("argument-type", f"{self.name} cannot be {show(value)}", blame=self.name, expected=self.expects(),
                       help=NO_SYMBOL if is_symbolic(value) else "")  # fmt: skip


def show(value: Any) -> str:
    """A value as a spec writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(show(v) for v in value) + "]"
    return str(value)


def within(low: float | None, high: float | None) -> str:
    """A range in words: ` from 0 to 1`, ` >= 1`, or nothing."""
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    return f" >= {low:g}" if low is not None else f" <= {high:g}" if high is not None else ""


def limits(low: float | None, high: float | None) -> dict[str, Any]:
    """A range as JSON Schema says it."""
    return {key: bound for key, bound in (("minimum", low), ("maximum", high)) if bound is not None}


class Flag(Argument):
    """true or false."""

    type = "bool"

    def __init__(self, help: str, default: Any = REQUIRED, also: str = "", open: bool = False) -> None:
        super().__init__(help, default, also)
        self.open = open

    def expects(self) -> str:
        return "true or false"

    def schema(self) -> dict[str, Any]:
        return EXPRESSION | {"type": ["boolean", "string"]}

    def accept(self, value: Any) -> Any:
        if value is UNKNOWN and self.open:
            return value
        if type(value) is not bool:
            raise self.wrong(value)
        return value


class Text(Argument):
    """Text, taken as it stands."""

    type = "text"
    textual = True
    sample = "ab->ba"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", "null"]}  # text that YAML takes for something else

    def accept(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(value)
        return value


def one_of(words: Any) -> dict[str, Any]:
    """A choice of words as JSON Schema says it, or an expression: text that starts with =."""
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": "^="}]}


class Choice(Text):
    """One of some words. `taught` are other frameworks' words for them: `replicate=edge`."""

    type = "choice"

    def __init__(self, help: str, choices: str, default: Any = REQUIRED, also: str = "", taught: str = "") -> None:
        super().__init__(help, default, also)
        self.choices = tuple(choices.split())
        self.taught = dict(pair.split("=") for pair in taught.split())

    def expects(self) -> str:
        return "one of " + ", ".join(self.choices)

    def schema(self) -> dict[str, Any]:
        return one_of(self.choices)

    def accept(self, value: Any) -> Any:
        value = super().accept(value)
        if value is not None and value not in self.choices:
            raise Problem(
                "argument-choice",
                f"{self.name} cannot be '{value}'",
                self.name,
                value,
                self.expects(),
                f"'{value}' is '{self.taught[value]}' here" if value in self.taught else suggest(value, self.choices),
            )
        return value
