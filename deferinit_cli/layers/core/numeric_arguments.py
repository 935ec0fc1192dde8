"""Arguments that are numbers: ints, floats, sizes, one an axis, lists of dims."""

from __future__ import annotations

from typing import Any

from ...problems import Problem
from ...shapes.dims import REST, UNKNOWN, checked, is_symbolic
from .arguments import EXPRESSION, REQUIRED, Argument, limits, within

RANK = 64
"""No array has more axes, in numpy or a weights file: an axis of a higher number is refused before names are made up to it."""


class Integer(Argument):
    """An int within a range; with `default=None`, null is accepted. `symbols`: an expression over symbols is accepted too."""

    type = "int"

    def __init__(
        self,
        help: str,
        default: Any = REQUIRED,
        minimum: int | None = None,
        maximum: int | None = None,
        also: str = "",
        open: bool = False,
        symbols: bool = False,
    ) -> None:
        super().__init__(help, default, also)
        self.minimum = minimum
        self.maximum = maximum
        self.open = open
        self.symbols = symbols

    def called(self, name: str) -> None:
        super().called(name)
        if name in ("axis", "axes") and self.minimum is None and self.maximum is None:
            self.minimum, self.maximum = -RANK, RANK - 1

    def expects(self) -> str:
        return f"an int{within(self.minimum, self.maximum)}" + (" or null" if self.default is None else "")

    def schema(self) -> dict[str, Any]:
        return EXPRESSION | self.typed("integer", "string") | limits(self.minimum, self.maximum)

    def accept(self, value: Any) -> Any:
        if (value is None and self.default is None) or (value is UNKNOWN and self.open):
            return value
        if self.symbols and is_symbolic(value):
            return value
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise self.wrong(value)
        value = checked(value, self.name)
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise Problem("argument-range", f"{self.name} is {value}", blame=self.name, found=str(value), expected=self.expects())
        return value


class Integers(Integer):
    """One int or a list of ints, always kept as a tuple (null stays null)."""

    type = "int or list of ints"

    def expects(self) -> str:
        return super().expects() + ", or a list of them"

    def schema(self) -> dict[str, Any]:
        one = EXPRESSION | {"type": ["integer", "string"]} | limits(self.minimum, self.maximum)
        return one | self.typed("integer", "string", "array") | {"items": one}

    def accept(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        if isinstance(value, (list, tuple)):
            if None in value:
                raise self.wrong(value)
            return tuple(Integer.accept(self, v) for v in value)
        return (super().accept(value),)


class Number(Argument):
    """A finite float (an int will do) within a range."""

    type = "number"

    def __init__(
        self, help: str, default: Any = REQUIRED, minimum: float | None = None, maximum: float | None = None, also: str = ""
    ) -> None:
        super().__init__(help, default, also)
        self.minimum = minimum
        self.maximum = maximum

    def expects(self) -> str:
        return f"a number{within(self.minimum, self.maximum)}" + (" or null" if self.default is None else "")

    def schema(self) -> dict[str, Any]:
        return EXPRESSION | self.typed("number", "string") | limits(self.minimum, self.maximum)

    def accept(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        if type(value) not in (int, float) or value != value or value in (float("inf"), float("-inf")):
            raise self.wrong(value)
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise Problem("argument-range", f"{self.name} is {value}", blame=self.name, found=str(value), expected=self.expects())
        return float(value)


class Value(Argument):
    """A number, or a nested list of numbers."""

    type = "number or list"

    def schema(self) -> dict[str, Any]:
        return EXPRESSION | self.typed("number", "boolean", "string", "array")

    def accept(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(self.accept(v) for v in value)
        if type(value) not in (int, float, bool):
            raise self.wrong(value)
        return value


class Size(Integer):
    """A size: an int >= 1, `_`, or an expression over symbols."""

    type = "size"

    def __init__(self, help: str, default: Any = REQUIRED, minimum: int = 1, also: str = "") -> None:
        super().__init__(help, default, minimum, None, also)

    def expects(self) -> str:
        return f"a size (an int >= {self.minimum}, _ or an expression over symbols)"

    def brief(self) -> str:
        return f"an int >= {self.minimum}, _ or an expression"

    def accept(self, value: Any) -> Any:
        if value is UNKNOWN or is_symbolic(value):
            return value
        return super().accept(value)


class PerAxis(Integer):
    """An int for all spatial axes, or a list of one per axis; kept as written, `Layer.each` spreads it."""

    type = "int or list"

    def __init__(
        self,
        help: str,
        default: Any = REQUIRED,
        minimum: int = 1,
        unknown: bool = True,
        also: str = "",
        words: str = "",
        keeps: bool = False,
    ) -> None:
        # `_` of one that keeps is no question
        super().__init__(help, default, minimum, None, also, open=unknown and not keeps, symbols=True)
        self.unknown = unknown
        self.words = tuple(words.split())

    def expects(self) -> str:
        return f"an int >= {self.minimum}, or a list of one per axis" + "".join(f", {w}" for w in self.words)

    def brief(self) -> str:
        return f"an int >= {self.minimum}, or one per axis"

    def schema(self) -> dict[str, Any]:
        one = EXPRESSION | {"type": ["integer", "string"]} | limits(self.minimum, None)
        words = {"examples": list(self.words)} if self.words else {}
        return one | self.typed("integer", "string", "array") | {"items": one} | words

    def accept(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        if value in self.words if isinstance(value, str) else False:
            return value
        if isinstance(value, (list, tuple)):
            return tuple(self._one(v) for v in value)
        return self._one(value)

    def _one(self, value: Any) -> Any:
        if self.unknown and value is UNKNOWN:
            return value
        if value is None:  # the default, but not of one axis
            raise self.wrong(value)
        return super().accept(value)


class Padding(PerAxis):
    """An int, one per axis, a pair per axis, `valid` or `same`."""

    type = "padding"

    def __init__(self, help: str, default: Any = 0, words: str = "valid same", also: str = "pad pads") -> None:
        super().__init__(help, default, 0, True, also, words)

    def expects(self) -> str:
        return "an int >= 0, one per axis, a pair per axis [[before, after], …]" + "".join(f", {w}" for w in self.words)

    def instead_of(self, word: str) -> str:
        if word == "causal":
            return "causal padding is all before the first cell: padding: [[k-1, 0]], where k is (kernel_size - 1)*dilation + 1"
        return ""

    def brief(self) -> str:
        return f"an int >= 0, one or [before, after] per axis, {' or '.join(self.words)}"

    def schema(self) -> dict[str, Any]:
        whole = super().schema()
        pair = {"type": ["integer", "string", "array"], "items": whole["items"]}
        return whole | {"items": whole["items"] | pair}

    def accept(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(tuple(self._one(w) for w in v) if isinstance(v, (list, tuple)) else self._one(v) for v in value)
        return super().accept(value)


class Dims(Argument):
    """A list of dims: ints (0 and -1 where `special` says so), symbols, expressions, `_`, at most one `...`."""

    type = "dims"

    def __init__(self, help: str, default: Any = REQUIRED, special: str = "", also: str = "") -> None:
        super().__init__(help, default, also)
        self.special = tuple(int(s) for s in special.split())

    def expects(self) -> str:
        extra = "".join(f" or {s}" for s in self.special)
        return f"a list of dims, each an int >= 1{extra}, a symbol, an expression or _"

    def schema(self) -> dict[str, Any]:
        low = min((1, *self.special))
        holes = [v for v in range(low, 1) if v not in self.special]
        one = EXPRESSION | {"type": ["integer", "string"], "minimum": low} | ({"not": {"enum": holes}} if holes else {})
        return one | self.typed("integer", "string", "array") | {"items": one}

    def accept(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        if not isinstance(value, (list, tuple)):
            value = [value]
        if sum(v is REST for v in value) > 1:
            raise Problem("argument-type", f"{self.name} has more than one ...", self.name)
        return tuple(self._one(v) for v in value)

    def _one(self, v: Any) -> Any:
        if v is UNKNOWN or v is REST or is_symbolic(v):
            return v
        if type(v) is float and v.is_integer():
            v = int(v)
        if type(v) is not int:
            raise self.wrong(v)
        v = checked(v, self.name)
        if v < 1 and v not in self.special:
            raise Problem("argument-range", f"{self.name} holds {v}", self.name, found=str(v), expected=self.expects())
        return v
