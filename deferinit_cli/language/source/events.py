"""PyYAML's events to a tree with places, and its complaints told as ours."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import Any

import yaml
from yaml import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

from ...problems import LIMIT, Diagnostic, Rejected, Source, Span, TooMany
from .characters import refusal, unseen
from .tree import MAX_DEPTH, List, Map, Scalar, Tree, after, span
from .yaml_errors import column_of_item, complaint, shift

Loaders = {"c": getattr(yaml, "CSafeLoader", yaml.SafeLoader), "python": yaml.SafeLoader}

_NO_SPACE = re.compile(r"^[A-Za-z_][\w.]*:[^\s:/]")
NEAR = 64  # how far to look around a key: a line may be a megabyte
_COMMA = 'what holds a comma needs quotes inside { } and [ ]: "max(a, b)"'


def read(source: Source, backend: str, hidden: bool) -> Tree:
    """The tree of a text; raises Rejected with every fault of form. `hidden`: see `reader.has_hidden`."""
    reader = None
    try:
        reader = _Reader(source, Loaders[backend](source.text))
        tree = reader.run()
    except yaml.YAMLError as e:
        unseen(source, reader.quoted if reader is not None else [])
        raise Rejected([complaint(source, e)]) from None
    if hidden:
        unseen(source, reader.quoted)
    if reader.problems:
        raise Rejected(reader.problems)
    return tree


def scalar(e: Any) -> Scalar:
    """A scalar's event as a text at its place."""
    start = e.start_mark
    if e.style:
        return Scalar(e.value, e.style, *place(e))
    return Scalar(e.value, None, start.line + 1, start.column + 1)


def place(first: Any, last: Any = None) -> tuple[int, int, int]:
    """Line, column and end of an event, or of a list or mapping from its first event to its last."""
    start, stop = first.start_mark, (last or first).end_mark
    column, alone = start.column + 1, last is not None and not first.flow_style
    return start.line + 1, column, max(stop.column, column) + 1 if stop.line == start.line and not alone else column + 1


class _TooDeep(Exception):
    """Nothing below this is read."""


class _Reader:
    """Builds the tree; collects what is not allowed and goes on."""

    def __init__(self, source: Source, loader: Any) -> None:
        self.source = source
        self.get = loader.get_event
        self.problems: list[Diagnostic] = []
        self.quoted: list[tuple[int, int]] = []  # where quoted and block texts begin and end

    def run(self) -> Tree:
        self.get()  # the stream's start
        e = self.get()
        if type(e) is yaml.StreamEndEvent:
            raise refusal(self.source, "empty-file", "the file is empty", 1, 1, expected="a mapping with a layers key",
                         help="write a network, for example `layers: [dense: 256, relu, dense: 10]`")  # fmt: skip
        root: Tree = List([], 1, 1)
        with suppress(_TooDeep):
            root = self.node(self.get(), 0)
            self.get()  # the document's end
            e = self.get()
            if type(e) is not yaml.StreamEndEvent:
                self.add("second-document", "a second document", *place(e)[:2], "one file holds one network")
        self.problems.sort(key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))
        return root

    def node(self, e: Any, depth: int) -> Tree:
        """What an event begins; `depth`: in how many collections it is."""
        kind: Any = type(e)
        if e.anchor is not None or (kind is not AliasEvent and e.tag is not None):
            self.refuse(e)
        if kind is ScalarEvent:
            if e.style:
                self.quoted.append((e.start_mark.index, e.end_mark.index))
            elif e.end_mark.line > e.start_mark.line:
                self.swallowed(e)
            return scalar(e)
        if kind is AliasEvent:
            return Scalar("", None, *place(e))
        if depth == MAX_DEPTH:
            self.too_deep(e)
        return self.mapping(e, depth + 1) if kind is MappingStartEvent else self.sequence(e, depth + 1)

    def swallowed(self, e: Any) -> None:
        """Tell of an item that is indented so far that YAML takes it for the rest of the value before it."""
        if column_of_item(self.source, e.start_mark.line + 1) is None:
            return
        for line in range(e.start_mark.line + 2, e.end_mark.line + 2):
            column, shifted = column_of_item(self.source, line), shift(self.source, line)
            if column is not None and shifted:
                self.add("yaml-syntax", f"this line is indented {shifted} than its list", line, column + 1,
                         f"YAML reads it as the rest of the value on line {e.start_mark.line + 1}")  # fmt: skip
                return

    def sequence(self, first: Any, depth: int) -> List:
        items: list[Tree] = []
        while type(e := self.get()) is not SequenceEndEvent:
            items.append(self.node(e, depth))
        if first.flow_style:
            self.cut(items)
        return List(items, *place(first, e))

    def mapping(self, first: Any, depth: int) -> Map:
        pairs: list[tuple[Scalar, Tree]] = []
        while type(e := self.get()) is not MappingEndEvent:
            key = self.key(self.node(e, depth))
            value = self.node(self.get(), depth)
            if isinstance(value, Scalar) and value.empty:
                value = self.empty(key, first.flow_style and pairs)
            pairs.append((key, value))
        self.duplicates(pairs)
        return Map(pairs, *place(first, e))

    def too_deep(self, e: Any) -> None:
        self.add("too-deep", f"nested deeper than {MAX_DEPTH}", *place(e)[:2])
        raise _TooDeep

    def key(self, node: Tree) -> Scalar:
        low = max(0, node.column - NEAR)
        before = self.source.line(node.line)[low : node.column - 1].rstrip()
        if before[-1:] == "?":
            self.add(
                "explicit-key", "a ? of its own", node.line, low + len(before), "quote the text, or write _ for an unknown size"
            )
        elif not isinstance(node, Scalar):
            help_ = "a { } in a value needs no braces: write the bare expression, e.g. 4*d" if isinstance(node, Map) else ""
            self.problem("key-type", "a key must be text", node, help_)
        else:
            if node.text == "<<" and not node.style:
                self.problem(
                    "merge-key", "merge keys are not read", node, "say it with a block and its arguments, or with defaults"
                )
            return node
        return Scalar("", '"', node.line, node.column, node.column + 1)

    def empty(self, key: Scalar, before: Any) -> Scalar:
        """The value of a key without one, which the back ends place differently.

        Some keys swallowed theirs (`stride:1`), some are the rest of what a comma cut; `before`: the pairs in the same brackets.
        """
        if not key.style and _NO_SPACE.match(key.text):
            self.problem("missing-space", f"'{key.text}' is one word to YAML", key, "missing space after ':'?")
        elif before and not key.style and not isinstance(before[-1][1], Map) and not self.colon(key):
            self.problem("unquoted-comma", f"'{key.text}' stands alone after a comma", key, _COMMA)
        return after(key)

    def colon(self, key: Scalar) -> bool:
        """Whether a colon follows a key: inside { } it need not."""
        return self.source.line(key.line)[key.end - 1 : key.end + NEAR].lstrip()[:1] not in (",", "}")

    def cut(self, items: list[Tree]) -> None:
        """Calls that a comma has cut into two entries."""
        for a, b in pairwise(items):
            if isinstance(a, Scalar) and isinstance(b, Scalar) and _open(a) > 0 > _open(b):
                self.problem("unquoted-comma", f"'{a.text}, {b.text}' is two entries to YAML", a, _COMMA)

    def duplicates(self, pairs: list[tuple[Scalar, Tree]]) -> None:
        seen: dict[str, Scalar] = {}
        for key, _ in pairs:
            first = seen.setdefault(key.text, key)
            if first is not key:
                self.tell(Diagnostic(
                    "duplicate-key", f"'{key.text}' is already set on line {first.line}", span(self.source, key),
                    found=f"a second '{key.text}'", help="remove one of the two",
                ))  # fmt: skip

    def refuse(self, e: Any) -> None:
        """Tell of an alias, an anchor or a tag."""
        if type(e) is AliasEvent:
            self.add("alias", "an alias (*name)", *place(e)[:2], "use a block, apply or defaults to say something twice")
        elif e.anchor is not None:
            self.add("anchor", "an anchor (&name)", *place(e)[:2], "use a block, apply or defaults to say something twice")
        else:
            self.add("tag", f"a tag ({e.tag})", *place(e)[:2], "values need no tags: each field knows its type")

    def add(self, rule: str, message: str, line: int, column: int, help_: str = "") -> None:
        self.tell(Diagnostic(rule, message, Span(self.source, line, column), help=help_))

    def problem(self, rule: str, message: str, node: Tree, help_: str = "") -> None:
        self.tell(Diagnostic(rule, message, span(self.source, node), help=help_))

    def tell(self, diagnostic: Diagnostic) -> None:
        self.problems.append(diagnostic)
        if len(self.problems) >= LIMIT:
            raise TooMany(self.problems)


def _open(node: Scalar) -> int:
    """How many parentheses an unquoted text leaves open; negative where it closes too many."""
    return 0 if node.quoted else node.text.count("(") - node.text.count(")")
