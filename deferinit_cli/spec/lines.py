"""Most specs without PyYAML: lists and mappings in lines of their own, each line with a text, a quoted text or brackets at its end.

What is read here is what PyYAML would make of it, place by place. Of all else, and of whatever may be wrong, `read` says
nothing, and PyYAML reads it and tells what is wrong. The grammar is YAML's own for these forms and kept narrow: no `:` or `#`
in a text, one `-` in a line, nothing that goes on in the next line.
"""

from __future__ import annotations

import re

from .tree import MAX_DEPTH, List, Map, Scalar, Tree, after

LONGEST = 1000
"""Characters of a line: YAML looks for a key's colon 1024 characters far."""

_FIRST = "A-Za-z0-9_(=+/~"
"""What a key, and an item that is a text, may start with."""
_KEYS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_(=+/~")
_START = rf"(?:[{_FIRST}.]|-[A-Za-z0-9_.(])"
"""What a value may start with."""
_TEXT = re.compile(_START)
_QUOTED = re.compile(r"""("[^"\\]*"|'[^']*')""")
_COMMENT = re.compile(r"(?:^|(?<=[ ]))#")

_NAME = rf"([{_FIRST}] [^:,\[\]{{}}]* (?<![ ])) :[ ]+"
_VALUE = rf"(?: ({_START} [^:,\[\]{{}}]* (?<![ ])) | {_QUOTED.pattern} )?  [ ]* ([,\]}}])?"
"""In brackets: a text or a quoted text and what ends it, or neither where more brackets follow."""
_ITEM = re.compile(f"[ ]* (?:{_NAME})? {_VALUE}", re.VERBOSE)
_PAIR = re.compile(f"[ ]* {_NAME} {_VALUE}", re.VERBOSE)
_FLAT = re.compile(r"""[\[{]([^\[\]{}()"']+)[\]}]""")
"""Brackets that hold no others, no quotes and no parentheses, as most."""
_CLOSE = re.compile(r"[ ]*([,\]}])")
_EMPTY = re.compile(r"\[[ ]*\]|\{[ ]*\}")


class _Beyond(Exception):
    """The text is more than is read here."""


def read(text: str) -> Tree | None:
    """The tree of a text without hidden characters (`reader.has_hidden`); None where PyYAML is to say."""
    try:
        lines, numbers = _written(text)
        rows = _Rows(lines, numbers)
        root = rows.all()
    except _Beyond:
        return None
    colons = sum(line.count(":") for line in lines) if "#" in text else text.count(":")
    return root if rows.colons == colons else None


def _written(text: str) -> tuple[list[str], list[int]]:
    """The lines in which something stands, without comments and spaces at their ends, and their numbers."""
    lines = text.split("\n")
    if "#" in text:
        for k, line in enumerate(lines):
            if "#" in line:
                m = _COMMENT.search(line)
                if m is None or "#" in line[: m.start()]:
                    raise _Beyond
                lines[k] = line[: m.start()]
    if " \n" in text or "#" in text or text.endswith(" "):
        lines = [line.rstrip(" ") for line in lines]
    numbers = list(range(1, len(lines) + 1))
    if not all(lines):
        numbers = [n for n, line in zip(numbers, lines) if line]
        lines = [line for line in lines if line]
    spaced = " :" in text and any(" :" in line for line in lines)
    if not lines or "\r" in text or spaced or max(map(len, lines)) > LONGEST:
        raise _Beyond
    return lines, numbers


class _Rows:
    """The lines of a text, and the lists and mappings that they form. Each method reads from a line on, and says how far.

    `colons` counts those that were met after keys and in quoted texts: there may be no others.
    """

    def __init__(self, lines: list[str], numbers: list[int]) -> None:
        self.lines = lines
        self.numbers = numbers
        self.colons = 0

    def all(self) -> Tree:
        tree, end = self.below(0, -1, 0)
        if tree is None or end < len(self.lines):
            raise _Beyond
        return tree

    def below(self, at: int, indent: int, depth: int) -> tuple[Tree | None, int]:
        """What stands in the lines below a key at an indentation; None for nothing."""
        if at < len(self.lines):
            line = self.lines[at]
            deep = len(line) - len(line.lstrip(" "))
            if line.startswith("- ", deep):
                if deep >= indent:
                    return self.sequence(at, deep, depth + 1)
            elif deep > indent:
                return self.mapping(at, deep, line[deep:], depth + 1)
        return None, at

    def sequence(self, at: int, indent: int, depth: int) -> tuple[List, int]:
        """The items of a list whose dashes stand at an indentation."""
        if depth >= MAX_DEPTH:
            raise _Beyond
        lines, numbers, count = self.lines, self.numbers, len(self.lines)
        dash, column, first = " " * indent + "- ", indent + 3, numbers[at]
        inner, skip, colons = " " * (indent + 2), indent + 2, 0
        items: list[Tree] = []
        node: Tree
        while at < count and lines[at].startswith(dash):
            body = lines[at][skip:]
            if body[0] not in _KEYS:
                items.append(self.rest(body, numbers[at], column, depth))
                at += 1
                continue
            text, colon, value = body.partition(": ")
            if not colon and text[-1] != ":":
                items.append(Scalar(text, None, numbers[at], column))
                at += 1
            elif value and not (at + 1 < count and lines[at + 1].startswith(inner)):  # a pair alone, as most are
                line, start = numbers[at], column + len(text) + 2
                node = Scalar(value, None, line, start) if value[0] in _KEYS else self.value(value, line, start, depth + 1)
                items.append(Map([(Scalar(text, None, line, column), node)], line, column))
                colons += 1
                at += 1
            else:
                node, at = self.mapping(at, skip, body, depth + 1)
                items.append(node)
        self.colons += colons
        return List(items, first, indent + 1), at

    def mapping(self, at: int, indent: int, body: str, depth: int) -> tuple[Map, int]:
        """The pairs of a mapping whose keys stand at an indentation; `body` is the first line from there on."""
        if depth > MAX_DEPTH:
            raise _Beyond
        lines, numbers, count = self.lines, self.numbers, len(self.lines)
        pad, column, first = " " * indent, indent + 1, numbers[at]
        pairs: list[tuple[Scalar, Tree]] = []
        while True:
            if body[0] not in _KEYS:
                raise _Beyond
            line = numbers[at]
            at += 1
            text, colon, value = body.partition(": ")
            if colon:
                key = Scalar(text, None, line, column)
                if value[0] in _KEYS:
                    pairs.append((key, Scalar(value, None, line, column + len(text) + 2)))
                else:
                    pairs.append((key, self.value(value, line, column + len(text) + 2, depth)))
            elif text[-1] == ":":
                key = Scalar(text[:-1], None, line, column)
                node, at = self.below(at, indent, depth)
                pairs.append((key, after(key) if node is None else node))
            else:
                raise _Beyond
            if at == count or not lines[at].startswith(pad):
                break
            body = lines[at][indent:]
        if len(pairs) > 1:
            _distinct(pairs)
        self.colons += len(pairs)
        return Map(pairs, first, column), at

    def value(self, text: str, line: int, column: int, depth: int) -> Tree:
        """A key's value in its line, perhaps after more spaces."""
        if text[0] == " ":
            bare = text.lstrip(" ")
            column += len(text) - len(bare)
            text = bare
        return Scalar(text, None, line, column) if _TEXT.match(text) else self.rest(text, line, column, depth)

    def rest(self, text: str, line: int, column: int, depth: int) -> Tree:
        """Brackets or a quoted text to the end of a line."""
        node: Tree
        if text[0] in "[{":
            node, end = brackets(text, 0, line, column, depth + 1)
        else:
            quoted = _QUOTED.match(text)
            if quoted is None:
                raise _Beyond
            end = quoted.end()
            node = Scalar(text[1:-1], text[0], line, column, column + end)
        if end < len(text):
            raise _Beyond
        self.colons += text.count(":")
        return node


def brackets(text: str, at: int, line: int, column: int, depth: int) -> tuple[Tree, int]:
    """A list or mapping in brackets, and where its text ends; the text starts at a column."""
    if depth > MAX_DEPTH:
        raise _Beyond
    here = column + at
    flat = _FLAT.match(text, at)
    if flat is not None:
        node = _flat(flat[1].split(", "), text[at] + text[flat.end() - 1], line, here, column + flat.end())
        if node is not None:
            return node, flat.end()
    empty = _EMPTY.match(text, at)
    if text[at] == "{":
        pairs, end = ([], empty.end()) if empty is not None else _pairs(text, at + 1, line, column, depth)
        return Map(pairs, line, here, column + end), end
    items, end = ([], empty.end()) if empty is not None else _items(text, at + 1, line, column, depth)
    return List(items, line, here, column + end), end


def _flat(parts: list[str], signs: str, line: int, column: int, stop: int) -> Tree | None:
    """A list or mapping of texts alone; None where there is more to it."""
    at = column + 1
    if signs == "[]":
        items: list[Tree] = []
        for part in parts:
            if not _is_text(part):
                return None
            items.append(Scalar(part, None, line, at))
            at += len(part) + 2
        return List(items, line, column, stop)
    pairs: list[tuple[Scalar, Tree]] = []
    for part in parts:
        key, _, value = part.partition(": ")
        if not (_is_text(value) and _is_text(key) and key[0] in _KEYS):
            return None
        pairs.append((Scalar(key, None, line, at), Scalar(value, None, line, at + len(key) + 2)))
        at += len(part) + 2
    if len(pairs) > 1:
        _distinct(pairs)
    return Map(pairs, line, column, stop) if signs == "{}" else None


def _is_text(part: str) -> bool:
    """Whether what stands between brackets and commas is a plain text and no more."""
    return bool(part) and (part[0] in _KEYS or _TEXT.match(part) is not None) and part[-1] != " " and "," not in part and ":" not in part


def _pairs(text: str, at: int, line: int, column: int, depth: int) -> tuple[list[tuple[Scalar, Tree]], int]:
    pairs: list[tuple[Scalar, Tree]] = []
    close = ","
    while close == ",":
        m = _PAIR.match(text, at)
        if m is None:
            raise _Beyond
        node, at, close = _entry(text, m, line, column, depth)
        pairs.append((Scalar(m[1], None, line, column + m.start(1)), node))
    if len(pairs) > 1:
        _distinct(pairs)
    if close != "}":
        raise _Beyond
    return pairs, at


def _items(text: str, at: int, line: int, column: int, depth: int) -> tuple[list[Tree], int]:
    items: list[Tree] = []
    close = ","
    while close == ",":
        m = _ITEM.match(text, at)
        assert m is not None
        node, at, close = _entry(text, m, line, column, depth)
        if type(node) is Scalar and not node.style and node.text.count("(") != node.text.count(")"):
            raise _Beyond  # a comma may have cut a call in two
        if m[1]:
            if depth == MAX_DEPTH:
                raise _Beyond
            key = Scalar(m[1], None, line, column + m.start(1))
            node = Map([(key, node)], line, key.column, column + at - 1)
        items.append(node)
    if close != "]":
        raise _Beyond
    return items, at


def _entry(text: str, m: re.Match[str], line: int, column: int, depth: int) -> tuple[Tree, int, str]:
    """A value in brackets, where what follows it starts, and the comma or bracket at its end."""
    _, word, quoted, close = m.groups()
    if word and close:
        return Scalar(word, None, line, column + m.start(2)), m.end(), close
    if quoted and close:
        return Scalar(quoted[1:-1], quoted[0], line, column + m.start(3), column + m.end(3)), m.end(), close
    at = m.end()
    if word or quoted or close or text[at : at + 1] not in ("[", "{"):
        raise _Beyond
    node, at = brackets(text, at, line, column, depth + 1)
    end = _CLOSE.match(text, at)
    if end is None:
        raise _Beyond
    return node, end.end(), end[1]


def _distinct(pairs: list[tuple[Scalar, Tree]]) -> None:
    if len({key.text for key, _ in pairs}) < len(pairs):
        raise _Beyond
