"""Numbers that remember what they are called: with them for arguments, a layer's own statement prints as formulas."""

from __future__ import annotations

from typing import Any

Terms = dict[str, int]
"""What a number is the sum of: how often each product of names; the constant under the empty name."""


class Letter(int):
    """An int whose arithmetic also writes itself down: `dilation*(kernel_size - 1)`. Comparisons see the number."""

    terms: Terms

    def __new__(cls, value: int, terms: str | Terms) -> Letter:
        self = super().__new__(cls, value)
        self.terms = {terms: 1} if isinstance(terms, str) else terms
        return self

    def __str__(self) -> str:
        return sum_text(self.terms)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        """As a part of an axis pattern: without blanks, in brackets where it is a sum."""
        return factor_text(self).replace(" ", "")

    def __add__(self, other: Any) -> Any:
        return combined(self, other, 1, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return combined(self, other, 1, -1)

    def __rsub__(self, other: Any) -> Any:
        return combined(self, other, -1, 1)

    def __neg__(self) -> Any:
        return combined(self, 0, -1, 1)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        value = int(self) * int(other)
        if type(other) is not int:
            return Letter(value, f"{factor_text(self)}*{factor_text(other)}")
        if len(self.terms) == 1 or other in (0, 1):
            return simplest(value, {t: n * other for t, n in self.terms.items()})
        return Letter(value, {factor_text(self): other})

    __rmul__ = __mul__


def combined(a: Letter, b: Any, p: int, q: int) -> Any:
    """p*a + q*b."""
    if not isinstance(b, int):
        return NotImplemented
    terms = {t: p * n for t, n in a.terms.items()}
    for t, n in (b.terms if isinstance(b, Letter) else {"": int(b)}).items():
        terms[t] = terms.get(t, 0) + q * n
    return simplest(p * int(a) + q * int(b), terms)


def simplest(value: int, terms: Terms) -> Any:
    """A letter, or a plain int where no name is left."""
    left = {t: n for t, n in terms.items() if n}
    return Letter(value, left) if any(left) else value


def sum_text(terms: Terms) -> str:
    """`2*padding - (…) + 1`: a term without a minus first, the constant last."""
    ordered = sorted(terms.items(), key=lambda term: (term[0] == "", term[1] < 0))
    out = ""
    for t, n in ordered:
        text = (f"{abs(n)}*{t}" if abs(n) != 1 else t) if t else str(abs(n))
        out += (" - " if n < 0 else " + ") + text if out else ("-" if n < 0 else "") + text
    return out


def factor_text(v: Any) -> str:
    """A number as a factor."""
    return f"({v!s})" if isinstance(v, Letter) and (len(v.terms) > 1 or min(v.terms.values()) < 0) else str(v)


def lettered(value: Any, name: str) -> Any:
    """A value with names on every number in it: `stride`, `widths[0][1]`."""
    if isinstance(value, tuple):
        return tuple(lettered(v, f"{name}[{k}]") for k, v in enumerate(value))
    return Letter(value, name) if type(value) is int else value
