"""PyYAML's complaints in our words: one voice for both back ends, at the place where the mistake is."""

from __future__ import annotations

import re
from typing import Any

from ...problems import Diagnostic, Source, Span
from .characters import position

LONG = 500  # of longer lines no cause is guessed
COUNTS = ("no", "one", "two", "three", "four")

_QUESTION = re.compile(r"(?:^|[\[{,:\s-])(\?)(?=[\s,\]}]|$)")
_PLAIN_ITEM = re.compile(r"^\s*-\s+[A-Za-z_][\w.]*(?:\s+[\w.-]+)?\s*(?:#.*)?$")
_SWALLOWED = re.compile(r"^[A-Za-z_][\w.]*:[^\s:/]")
_HALF_QUOTED = re.compile(r"""(?::|-)\s+(?:"[^"]*"|'[^']*'|\[[^\]]*\]|\{[^}]*\})\s*[^\s,\]}#:]""")


def complaint(source: Source, e: Any) -> Diagnostic:
    """What PyYAML found, as a diagnostic."""
    mark = getattr(e, "problem_mark", None) or getattr(e, "context_mark", None)
    if mark is None:  # a character that YAML does not allow
        return at(source, "invalid-character", "a character that YAML does not allow", *offset(source, getattr(e, "position", 0)))
    context = str(getattr(e, "context", None) or "")
    opened = getattr(e, "context_mark", None)
    problem = str(e.problem or "")
    line, column = mark.line + 1, mark.column + 1
    text = near(source, line)
    question = _QUESTION.search(text)
    if question is not None:
        return at(
            source,
            "explicit-key",
            "a ? of its own",
            line,
            question.start(1) + 1,
            "quote the text, or write _ for an unknown size",
        )
    if "${" in text + near(source, line - 1):
        return at(
            source,
            "yaml-syntax",
            "'${' is not part of the language",
            *first(source, line, "${"),
            "write the bare expression, e.g. 4*d",
        )
    if "document start" in problem:
        return at(source, "second-document", "a second document", line, column, "one file holds one network")
    if opened is not None and "simple key" in context:
        return lost_key(source, opened)
    if opened is not None and "quoted scalar" in context:
        return at(source, "yaml-syntax", "a quote that is not closed", opened.line + 1, opened.column + 1)
    if "mapping values are not allowed" in problem:
        return second_colon(source, line, column)
    if context.startswith("while scanning an a"):  # an alias or an anchor
        mark = source.line(line)[column - 2 : column - 1]
        return at(source, "yaml-syntax", f"'{mark}' starts an alias or anchor in YAML", line, column - 1,
                  'a name or glob that starts with it needs quotes: "*.weight"')  # fmt: skip
    if opened is not None and "flow" in context:
        return unclosed(source, opened, line, column, "mapping" in context)
    return other(source, context, problem, line, column)


def lost_key(source: Source, opened: Any) -> Diagnostic:
    """A line that should be `key: value` and is not."""
    line, column = opened.line + 1, opened.column + 1
    text = source.line(line)[column - 1 :].strip()[:LONG]
    if _SWALLOWED.match(text):
        return at(source, "missing-space", f"'{text}' is one word to YAML", line, column, "missing space after ':'?", len(text))
    return at(source, "yaml-syntax", f"'{text[:60]}' is no key and no item", line, column, "write key: value, or start it with -")


def second_colon(source: Source, line: int, column: int) -> Diagnostic:
    before = next((near(source, n) for n in range(line - 1, max(0, line - LONG), -1) if source.line(n).strip()), "")
    if _PLAIN_ITEM.match(before):
        name = before.strip().removeprefix("-").partition("#")[0].strip()
        return at(
            source,
            "missing-colon",
            f"'{name}' has modifiers and no colon",
            line,
            column,
            f"write - {name}: and the modifiers below it",
        )
    return at(source, "yaml-syntax", "a second ':' on one line", line, column, "quote the text, or check the indentation")


def unclosed(source: Source, opened: Any, line: int, column: int, mapping: bool) -> Diagnostic:
    """Something in brackets that ends neither with a comma nor with the bracket."""
    pair = "{}" if mapping else "[]"
    text = source.line(line)
    help_ = f"the '{pair[0]}' of line {opened.line + 1} is not closed" if opened.line + 1 < line or column > len(text) else ""
    if len(text) < LONG and "args" in text and re.search(r"=\s*[\[{]", text):
        help_ = "a default that is a list has an item of its own: - widths: [1, 2]"
    elif not help_:
        help_ = "an expression that starts with a quote or bracket needs quotes around it all"
    if column > len(text):  # at the end of the text: told where it opens
        line, column = opened.line + 1, opened.column + 1
    return at(source, "yaml-syntax", f"',' or '{pair[1]}' is missing", line, column, help_)


def other(source: Source, context: str, problem: str, line: int, column: int) -> Diagnostic:
    text = near(source, line)
    if _HALF_QUOTED.search(text):
        return at(source, "yaml-syntax", "the value goes on after its quote or bracket", line, column,
                  "quote the whole expression: '\"a\" == b'")  # fmt: skip
    shifted = shift(source, line)
    if shifted and ("block mapping" in context or "block collection" in context):
        return at(source, "yaml-syntax", f"this line is indented {shifted} than its list", line, column,
                  "let the - of every item of a list stand in the same column")  # fmt: skip
    if "block mapping" in context or "block collection" in context:
        what = "key" if "mapping" in context else "item"
        return at(
            source, "yaml-syntax", f"what stands here is no {what} of what is around it", line, column, "check the indentation"
        )
    if "sequence entries are not allowed" in problem:
        return at(
            source,
            "yaml-syntax",
            "an item does not start here",
            line,
            column,
            "put it on a line of its own; a negative number is -5",
        )
    odd = source.line(line)[column - 1 : column]
    if "cannot start any token" in problem and odd:
        return at(source, "yaml-syntax", f"'{odd}' cannot start a value", line, column, "quote it if it is text")
    message = re.sub(r"^did not find expected|^expected", "YAML expected", problem)
    message = re.sub(r",? but (?:got|found) .*$", "", message)
    return at(source, "yaml-syntax", message or "the text is not YAML", line, column)


def shift(source: Source, line: int) -> str:
    """By how much the item on a line is indented otherwise than the item before it: "one space more"; else nothing."""
    dash = column_of_item(source, line)
    before = next((c for n in range(line - 1, max(0, line - LONG), -1) if (c := column_of_item(source, n)) is not None), None)
    if dash is None or before is None or not 0 < abs(dash - before) < len(COUNTS):
        return ""
    by = abs(dash - before)
    return f"{COUNTS[by]} space{'' if by == 1 else 's'} {'more' if dash > before else 'less'}"


def column_of_item(source: Source, line: int) -> int | None:
    """The column of the - that starts an item; None for another line."""
    text = near(source, line)
    rest = text.lstrip(" ")
    return len(text) - len(rest) if rest[:2] in ("-", "- ") else None


def near(source: Source, line: int) -> str:
    """A line that a cause may be read off; empty where it is too long for that."""
    text = source.line(line)
    return text if len(text) <= LONG else ""


def first(source: Source, line: int, word: str) -> tuple[int, int]:
    """Where a word stands: on this line or on the one before."""
    line = line if word in source.line(line) else line - 1
    return line, source.line(line).index(word) + 1


def offset(source: Source, at: Any) -> tuple[int, int]:
    return position(source.text, at if isinstance(at, int) else 0)


def at(source: Source, rule: str, message: str, line: int, column: int, help_: str = "", width: int = 1) -> Diagnostic:
    return Diagnostic(rule, message, Span(source, line, column, column + width), help=help_)
