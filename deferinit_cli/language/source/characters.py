"""Characters that no spec may hold, or not outside of quotes and comments, and where they stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter

from ...problems import BREAK, Diagnostic, Rejected, Source, Span

_COMMENT = re.compile(r"(?<!\S)#")
_LINE_END = re.compile("[\n\r]")

FORBIDDEN = "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
"""What no text may hold: what YAML refuses, and controls that turn the reading direction of what follows."""

UNSEEN = (
    "[\t\x85\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028\u2029\u202f\u205f-\u2065\u206a-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Tabs and characters that cannot be told from a space, from a line break or from nothing."""


def find(characters: str, text: str) -> int:
    """Where the first of some characters stands in a text, or -1; nearly all texts are ASCII, and need no such pattern."""
    m = re.search(characters, text)
    return m.start() if m is not None else -1


def unseen(source: Source, quoted: list[tuple[int, int]]) -> None:
    """Tabs, on which the YAML back ends disagree, and characters that cannot be seen: not outside quotes and comments.

    `quoted`: from where to where in the text.
    """
    text, at, line_start = source.text, 0, 0
    search = re.compile(UNSEEN).search
    while (m := search(text, at)) is not None:  # every text and every line is looked at once: no text makes it slow
        end = text_end(quoted, m.start())
        if end:
            at = end
            continue
        line_start = max(text.rfind("\n", line_start, m.start()) + 1, text.rfind("\r", line_start, m.start()) + 1, line_start)
        comment = _COMMENT.search(text, line_start, m.start() + 1)
        while comment is not None and (end := text_end(quoted, comment.start())):
            comment = _COMMENT.search(text, end, m.start() + 1)
        if comment is None or m.group() in "\x85\u2028\u2029":  # which end a comment, whatever an editor shows
            if m.group() != "\t":
                raise character(source, m.start())
            line, column = position(text, m.start())
            raise refusal(source, "tab", "a tab", line, column, help="use spaces")
        line_end = _LINE_END.search(text, m.start())
        at = line_end.end() if line_end is not None else len(text)


def text_end(quoted: list[tuple[int, int]], at: int) -> int:
    """Where the quoted text around a place ends; 0 outside of any."""
    k = bisect_right(quoted, at, key=itemgetter(0)) - 1
    return quoted[k][1] if k >= 0 and at < quoted[k][1] else 0


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column of a place in a text, as YAML counts lines."""
    before = re.split(BREAK, text[:at])
    return len(before), len(before[-1]) + 1


def character(source: Source, at: int) -> Rejected:
    import unicodedata

    c = source.text[at]
    name = unicodedata.name(c, "half of a character" if "\ud800" <= c <= "\udfff" else "a control character").lower()
    line, column = position(source.text, at)
    return refusal(source, "invalid-character", f"the character U+{ord(c):04X} ({name})", line, column,
                  help="use a plain space or line break" if c.isspace() else "remove it")  # fmt: skip


def refusal(source: Source, rule: str, message: str, line: int, column: int, **more: str) -> Rejected:
    """One diagnostic about the form of a text."""
    return Rejected([Diagnostic(rule, message, Span(source, line, column), **more)])  # type: ignore[arg-type]
