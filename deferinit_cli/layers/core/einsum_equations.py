"""Einstein summation in words: `nqd,nkd->nqk`, where `...` stands for axes that broadcast."""

from __future__ import annotations

import re

from ...problems import Problem


class Equation:
    """A parsed equation: `terms` of the inputs and `out`, each letters with at most one `...`."""

    __slots__ = ("explicit", "out", "terms", "written")

    def __init__(self, written: str) -> None:
        self.written = written
        left, arrow, right = written.replace(" ", "").partition("->")
        self.explicit = bool(arrow)
        self.terms = left.split(",")
        every = letters(left.replace(",", ""))
        once = "".join(sorted(c for c in set(every) if every.count(c) == 1))
        self.out = right if arrow else ("..." if "..." in left else "") + once  # without an arrow: numpy's rule

    @property
    def all_letters(self) -> list[str]:
        return sorted(set(letters("".join(self.terms))))

    @property
    def dotted(self) -> list[int]:
        """Which terms have a `...`."""
        return [k for k, term in enumerate(self.terms) if "..." in term]

    def check(self) -> None:
        """Raises Problem, blaming the argument called equation."""
        for term in (*self.terms, self.out):
            if not re.fullmatch(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*", term):
                raise self.wrong(f"'{term}' is not a list of letters", "letters and at most one ...")
        unknown = sorted(set(letters(self.out)) - set(self.all_letters))
        if unknown:
            raise self.wrong(f"'{''.join(unknown)}' is in no input")
        if len(set(letters(self.out))) < len(letters(self.out)):
            raise self.wrong("the output names an axis twice")
        if "..." in self.out and not self.dotted:
            raise self.wrong("the output has a '...', no input has one")
        if "..." not in self.out and self.dotted:
            raise self.wrong("an input has a '...', the output has none", "the axes it stands for in the output")

    def wrong(self, message: str, expected: str = "") -> Problem:
        """The Problem of an equation, blaming the argument."""
        return Problem("einsum-equation", message, "equation", self.written, expected)

    def pattern(self, term: str, star: str = "*s") -> str:
        """A term as an axis pattern: `a b *s c`."""
        before, dots, after = term.partition("...")
        return " ".join([*before, *([star] if dots else []), *after])


def letters(term: str) -> str:
    """The letters of a term, without its `...`."""
    return term.replace("...", "")
