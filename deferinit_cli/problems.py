"""What can go wrong, as plain data: places, facts, diagnostics. Rendering them is the views' work."""

from __future__ import annotations

import re

BREAK = "\r\n|[\n\r\x85\u2028\u2029]"
"""What YAML 1.1 counts as a line's end."""


class Source:
    """A text that facts come from: a spec file, or one command-line option."""

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        """The text of line `number` (1-based), without its end; empty when there is none."""
        if self._lines is None:
            self._lines = re.split(BREAK, self.text)
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""


class Span:
    """A place in a source: 1-based line and column; `end` is the column just after the last character."""

    __slots__ = ("column", "end", "line", "source")

    def __init__(self, source: Source, line: int, column: int, end: int | None = None) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.end = column + 1 if end is None else end

    def __repr__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


class Problem(Exception):
    """A fact that is wrong, raised by who knows it; the place is added once, further up.

    `blame` names the argument or axis at fault. `found`, `expected` and `help` are sentences or empty. `word` is the part
    of the text that is to be underlined, where that is not all of it.
    """

    def __init__(
        self, rule: str, message: str, blame: str = "", found: str = "", expected: str = "", help: str = "", word: str = ""
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.blame = blame
        self.found = found
        self.expected = expected
        self.help = help
        self.word = word


class Related:
    """Another place that had a part in a diagnostic, with what it says there."""

    __slots__ = ("message", "span")

    def __init__(self, message: str, span: Span | None) -> None:
        self.message = message
        self.span = span


def clipped(text: str, most: int = 1000) -> str:
    """What is told stays readable, however long a name or a list of names is."""
    return text if len(text) <= most else text[: most - 2] + " …"


ERROR, WARNING = "error", "warning"
"""How severe a problem is. An error rejects; a warning is told, and fails `check --strict`."""


class Diagnostic:
    """A problem joined to its place. `calls` is the chain of block calls, outermost first."""

    __slots__ = ("calls", "expected", "found", "help", "layer", "message", "related", "rule", "severity", "span")

    def __init__(
        self,
        rule: str,
        message: str,
        span: Span | None = None,
        *,
        found: str = "",
        expected: str = "",
        help: str = "",
        related: list[Related] | None = None,
        calls: list[Related] | None = None,
        layer: str = "",
        severity: str = ERROR,
    ) -> None:
        self.rule = rule
        self.severity = severity
        self.message = clipped(message)
        self.span = span
        self.found = clipped(found)
        self.expected = clipped(expected)
        self.help = clipped(help)
        self.related = related or []
        self.calls = calls or []
        self.layer = layer

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span is not None else ""
        return f"{place}{self.message}{f' ({self.help})' if self.help else ''} [{self.rule}]"

    def __repr__(self) -> str:
        return f"<{self.span}: {self.message} [{self.rule}]>"


class Rejected(Exception):
    """The network, or what was asked of it, is rejected; every independent reason is in `diagnostics`."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


LIMIT = 200
"""How many problems of one reading are told: a file with more is no spec, or not meant well."""


class TooMany(Rejected):
    """The reading was given up; what was found until then is in `diagnostics`."""

    def __init__(self, found: list[Diagnostic]) -> None:
        super().__init__([*found, Diagnostic("too-many-problems", f"and more: only the first {LIMIT} problems are told")])


class Unusable(Rejected):
    """The command line is wrong or a file cannot be read: exit code 2 instead of 1."""


class DeferinitWarning(UserWarning):
    """What Python's `warnings` module gets for each warning about a network that is loaded or resolved."""


# where users import them from, and look for them
Rejected.__module__ = Unusable.__module__ = DeferinitWarning.__module__ = "deferinit_cli"
