"""What an initialiser is: a name and checked arguments. The initialisers themselves are in `initializers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .problems import Problem

Shape = tuple[int, ...]

_rules: dict[str, Rule] = {}

ALSO = {"stddev": "std", "sigma": "std", "mu": "mean", "loc": "mean", "val": "value", "fill_value": "value",
        "minval": "low", "maxval": "high", "negative_slope": "slope", "magnitude": "scale"}  # fmt: skip
"""What other frameworks call the arguments."""

ACCEPTS = {"Number": "a finite number", "NonNegative": "a number >= 0", "Fraction": "a number from 0 to 1",
           "Count": "an int >= 1"}  # fmt: skip


class Parameter:
    """One argument: `type` is its annotation, `required` whether it has no default."""

    __slots__ = ("default", "name", "required", "type", "words")

    def __init__(self, name: str, type: str, default: Any, required: bool) -> None:
        self.name = name
        self.type = type.removesuffix(" | None")
        self.words = tuple(default.split("|")) if self.type == "Word" else ()
        self.default = self.words[0] if self.words else default
        self.required = required

    def expects(self) -> str:
        """What is accepted, in words."""
        return "one of " + ", ".join(self.words) if self.words else ACCEPTS[self.type]

    def accept(self, value: Any, owner: str) -> Any:
        """The value normalised, or Problem."""
        if self.words:
            good = value in self.words if isinstance(value, str) else False
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            good = False
        else:
            good = value - value == 0 and self._in_range(value)
        if not good:
            shown = f"'{value}'" if isinstance(value, str) else "null" if value is None else str(value)
            message = f"{owner}'s {self.name} cannot be {shown}"
            raise Problem("bad-argument", message, self.name, found=shown, expected=self.expects())
        return value if self.words else int(value) if self.type == "Count" else float(value)

    def _in_range(self, value: float) -> bool:
        if self.type == "Count":
            return value >= 1 and value == int(value)
        if abs(value) > 1e300:  # an int may be beyond what a float holds
            return False
        return self.type == "Number" or (value >= 0 and (self.type == "NonNegative" or value <= 1))


class Rule:
    """A declared initialiser: its function and what holds for every use of it."""

    __slots__ = ("also", "check", "doc", "fans", "function", "integer", "name", "parameters", "ranks", "whole")

    def __init__(self, function: Callable[..., Any], **facts: Any) -> None:
        code = function.__code__
        names = code.co_varnames[3 : code.co_argcount]
        defaults = function.__defaults__ or ()
        first = len(names) - len(defaults)
        self.name: str = function.__name__
        self.function = function
        self.parameters = tuple(
            Parameter(n, function.__annotations__[n], defaults[i - first] if i >= first else None, i < first)
            for i, n in enumerate(names)
        )
        self.doc: str = function.__doc__ or ""
        self.also: tuple[str, ...] = tuple(facts["also"].split())
        self.ranks: tuple[int, int] = facts["ranks"]
        self.fans: bool = facts["fans"]
        self.whole: bool = facts["whole"]
        self.integer: bool = facts["integer"]
        self.check: Callable[[dict[str, Any]], None] | None = facts["check"]


class Initializer:
    """An initialiser with its arguments: equal and hashed by them. Called, it is itself with other arguments."""

    __slots__ = ("args", "rule")

    def __init__(self, rule: Rule, args: tuple[tuple[str, Any], ...] = ()) -> None:
        self.rule = rule
        self.args = args  # those that differ from the defaults, in the order declared

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def whole(self) -> bool:
        """Whether a slice can only be had by making the whole tensor."""
        return self.rule.whole

    def __call__(self, *values: Any, **named: Any) -> Initializer:
        """The same initialiser with these arguments; raises Problem."""
        names = [p.name for p in self.rule.parameters]
        if len(values) > len(names):
            raise Problem("bad-argument", f"{self.name} takes no more than {len(names)} arguments", self.name)
        return _bind(self.rule, dict(zip(names, values)) | named)

    def text(self) -> str:
        """As tables show it: `normal(std=0.02)`; arguments at their default are left out."""
        shown = ", ".join(f"{k}={v if isinstance(v, str) else _number(v)}" for k, v in self.args)
        return f"{self.name}({shown})" if shown else self.name

    __repr__ = text

    def __eq__(self, other: object) -> bool:
        return type(other) is Initializer and other.rule is self.rule and other.args == self.args

    def __hash__(self) -> int:
        return hash((self.rule.name, self.args))

    def __reduce__(self) -> tuple[Any, ...]:
        return make, (self.name, dict(self.args))

    def check(self, shape: Shape, dtype: str = "float32") -> None:
        """Raise Problem where no tensor of this shape and dtype can be made so."""
        low, high = self.rule.ranks
        if not low <= len(shape) <= high:
            axes = f"{low} axes" if low == high else f"at least {low} axes" if high > 9 else f"{low} to {high} axes"
            message = f"{self.name} needs a tensor of {axes}"
            raise Problem("initializer-rank", message, self.name, found=f"{len(shape)} axes", expected=axes)
        if not dtype.startswith(("float", "bfloat")):
            values = [v for _, v in self.args if not isinstance(v, str)]
            limits = (0, 1) if dtype == "bool" else (float("-inf"), float("inf"))
            if not self.rule.integer or any(v != int(v) or not limits[0] <= v <= limits[1] for v in values):
                message = f"{self.text()} does not make values of {dtype}"
                raise Problem("initializer-dtype", message, self.name, found=dtype, expected="a float dtype")

    def run(self, fill: Any, shape: Shape, fans: tuple[int, int] | None) -> Any:
        """Draw the values through `fill`; raises Problem where an argument or the fans it needs are missing."""
        given = dict(self.args)
        for p in self.rule.parameters:
            if p.required and p.name not in given:
                raise _missing(self.rule, p)
        if self.rule.fans and (fans is None or min(fans) < 1):
            raise Problem("initializer-fans", f"{self.name} needs fans, which this tensor has none of", self.name)
        return self.rule.function(fill, shape, fans, **{p.name: p.default for p in self.rule.parameters} | given)


def initializer(
    also: str = "",
    ranks: tuple[int, int] = (0, 99),
    fans: bool = False,
    whole: bool = False,
    integer: bool = False,
    check: Callable[[dict[str, Any]], None] | None = None,
) -> Callable[[Callable[..., Any]], Initializer]:
    """Register a function as an initialiser and put an `Initializer` in its place.

    `also`: other frameworks' names. `ranks`: fewest and most axes. `fans`: it needs them. `whole`: it makes the tensor
    in one piece. `integer`: it makes whole numbers where its arguments are. `check`: of arguments, together.
    """

    def declare(function: Callable[..., Any]) -> Initializer:
        rule = Rule(function, also=also, ranks=ranks, fans=fans, whole=whole, integer=integer, check=check)
        _rules[rule.name] = rule
        return Initializer(rule)

    return declare


def known() -> dict[str, Rule]:
    """All initialisers by name, in the order declared."""
    from . import initializers  # noqa: F401  (declares them)

    return _rules


def make(name: str, value: Any = None) -> Initializer:
    """The initialiser a spec asks for: value is nothing, its first argument, or a mapping of arguments."""
    rule = known().get(name)
    if rule is None:
        raise _unknown(str(name))
    if value is None:
        given = {}
    elif isinstance(value, dict):
        given = value
    elif rule.parameters:
        given = {rule.parameters[0].name: value}
    else:
        raise Problem("bad-argument", f"{name} takes no arguments", name, found=str(value), expected="nothing")
    for p in rule.parameters:
        if p.required and p.name not in given:
            raise _missing(rule, p)
    return _bind(rule, given)


def _bind(rule: Rule, given: dict[Any, Any]) -> Initializer:
    names = {p.name: p for p in rule.parameters}
    for name in given:
        if name not in names:
            raise _unknown_argument(rule, str(name))
    values = {n: p.accept(given[n], rule.name) for n, p in names.items() if n in given}
    if rule.check is not None:
        rule.check(values)
    return Initializer(rule, tuple((n, v) for n, v in values.items() if names[n].required or v != names[n].default))


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e6 else repr(value)


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _nearest(name: str, also: dict[str, str]) -> str:
    """What `name` may have meant: `also` maps every accepted spelling to the name here."""
    from difflib import get_close_matches

    spellings = {_plain(k): v for k, v in also.items()}
    plain = _plain(name)
    close = [plain] if plain in spellings else get_close_matches(plain, spellings, 1, 0.65)
    return spellings[close[0]] if close else ""


def _unknown(name: str) -> Problem:
    also = {n: n for n in _rules} | {a: n for n, rule in _rules.items() for a in rule.also}
    near = _nearest(name.split(".")[-1], also)
    help = f"did you mean '{near}'?" if near else "the initialisers are " + ", ".join(_rules)
    if name.split(".")[-1] in also:
        help = f"'{name}' is '{near}' here"
    return Problem("unknown-initializer", f"there is no initialiser '{name}'", name, help=help)


def _unknown_argument(rule: Rule, name: str) -> Problem:
    names = [p.name for p in rule.parameters]
    near = _nearest(name, {n: n for n in names} | {k: v for k, v in ALSO.items() if v in names})
    message = f"{rule.name} has no argument '{name}'"
    has = f"{rule.name} takes {', '.join(names)}" if names else f"{rule.name} takes no arguments"
    return Problem("unknown-argument", message, name, help=f"did you mean '{near}'?" if near else has)


def _missing(rule: Rule, p: Parameter) -> Problem:
    return Problem("bad-argument", f"{rule.name} needs {p.name}", p.name, expected=p.expects())
