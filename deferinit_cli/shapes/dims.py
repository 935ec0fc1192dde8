"""Dims as a spec writes them: numbers, symbols, expressions over symbols, `_` and `...`.

They say what was written; what they come to is decided by inference.
"""

from __future__ import annotations

from typing import Any, Union

from ..problems import Problem

DIGITS = 18
LARGEST = 10**DIGITS - 1
"""The largest size there is, and the largest whole number that a spec, an option or inference comes to: it has 18 digits, so
that every size fits into the 64 bits that frameworks and weights files have for one."""


def checked(n: int, what: str = "") -> int:
    """A whole number that is no larger than sizes are; raises a Problem that blames the argument it was given for."""
    if -LARGEST <= n <= LARGEST:
        return n
    raise Problem("number-too-large", f"{what or 'a number'} has more than {DIGITS} digits", what, expected=f"at most {DIGITS} digits")


class _Mark:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> str:
        return "UNKNOWN" if self.text == "_" else "REST"


UNKNOWN = _Mark("_")
"""A size to be inferred."""

REST = _Mark("...")
"""Any number of dims; at most one in a shape."""


class Written:
    """What is computed with sizes that have no number yet; each operation is written down."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return written("+", self, other, 0)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if type(self) is Op and self.op == "+" and other in self.args:  # (a + b) - b
            return self.args[self.args[0] == other]
        return written("-", self, other, 0)

    def __rsub__(self, other: Any) -> Any:
        return written("-", other, self)

    def __neg__(self) -> Any:
        return written("-", 0, self)

    def __mul__(self, other: Any) -> Any:
        return written("*", self, other, 1)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return written("//", self, other, 1)


def written(op: str, a: Any, b: Any, neutral: Any = None) -> Any:
    """An operation of two sizes; the first of them where the second is a number that changes nothing."""
    return a if type(b) is int and b == neutral else Op(op, a, b)


class Sym(Written):
    """A symbol: the same size everywhere in its scope. `scope` 0 is the network's own."""

    __slots__ = ("_hash", "name", "scope")

    def __init__(self, name: str, scope: int = 0) -> None:
        self.name = name
        self.scope = scope
        self._hash = hash((name, scope))

    def __eq__(self, other: object) -> bool:
        return type(other) is Sym and other.name == self.name and other.scope == self.scope

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return self.name


class Op(Written):
    """An operation over symbols; `op` is one of `+ - * // / % min max broadcast`, `args` are two sizes (`neg` is 0 - x); or it is
    `scaled`, of a size and a float."""

    __slots__ = ("args", "op", "weight")

    def __init__(self, op: str, a: Size, b: Any) -> None:
        self.op = op
        self.args: tuple[Any, Any] = (a, b)
        self.weight: int = 1 + sum(x.weight for x in self.args if type(x) is Op)  # how many operations it takes

    def __eq__(self, other: object) -> bool:
        return type(other) is Op and other.op == self.op and other.args == self.args

    def __hash__(self) -> int:
        return hash((self.op, self.args))

    def __repr__(self) -> str:
        if self.op in ("min", "max", "broadcast"):
            return f"{self.op}({self.args[0]!r}, {self.args[1]!r})"
        a, b = (f"({x!r})" if type(x) is Op else repr(x) for x in self.args)
        return f"floor({b}*{a})" if self.op == "scaled" else f"{a}{self.op}{b}"


class Scaling:
    """A float times a size: no size itself, only what it is rounded down to is one."""

    __slots__ = ("number", "size")

    def __init__(self, number: float, size: Size) -> None:
        self.number = number
        self.size = size

    def __repr__(self) -> str:
        return f"{self.number!r}*{f'({self.size!r})' if type(self.size) is Op else repr(self.size)}"


Size = Union[int, Sym, Op, _Mark]
"""One dim as written: a number, a symbol, an expression over symbols, or UNKNOWN (REST in a list of dims)."""


def symbols(size: Size) -> set[Sym]:
    """The symbols a size mentions."""
    if type(size) is Sym:
        return {size}
    if type(size) is Op:
        return symbols(size.args[0]) | symbols(size.args[1])
    return set()


def larger(a: Any, b: Any) -> Any:
    """The larger of two sizes, written down where one of them has no number yet."""
    return written("max", a, b) if is_symbolic(a) or is_symbolic(b) else max(a, b)


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two sizes, likewise."""
    return written("min", a, b) if is_symbolic(a) or is_symbolic(b) else min(a, b)


def is_symbolic(size: object) -> bool:
    """Whether the size is an expression over symbols."""
    return type(size) is Sym or type(size) is Op
