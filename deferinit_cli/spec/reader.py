"""YAML events to a tree with places. Nothing is constructed: what plain YAML makes of `no` or `010` never happens."""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress
from itertools import pairwise
from operator import itemgetter
from typing import Any

import yaml
from yaml import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from ..problems import LIMIT, Diagnostic, Rejected, Source, Span, TooMany, Unusable
from .tree import At, List, Map, Scalar, Tree, after, span

MAX_DEPTH = 64
MAX_BYTES = 1 << 20

Loaders = {"c": getattr(yaml, "CSafeLoader", yaml.SafeLoader), "python": yaml.SafeLoader}

_DIRECTIVE = re.compile(r"\A(?:[ \t]*(?:#.*)?\n)*(%.*)")
_COMMENT = re.compile(r"(?<!\S)#")
_SIGN = re.compile(r"[&*!](?<![^\s\[\]{},:?\-\ufeff].)(?:(?=\S)|(?<=!))")
"""Where an anchor, an alias or a tag could begin; a product's sign mostly could not."""
_NO_SPACE = re.compile(r"^[A-Za-z_][\w.]*:[^\s:/]")
_CALL_CUT = re.compile(r"\([^()\n]*,")
"""Where brackets could cut a call at its comma."""
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_LINE_END = re.compile("[\n\r]")
_ODD = re.compile("[^\n\r -~]")
"""What most texts do not hold, so that they need not be searched for this and that."""
NEAR = 64  # how far to look around a key: a line may be a megabyte
_COMMA = 'what holds a comma needs quotes inside { } and [ ]: "max(a, b)"'

FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
"""What no text may hold: what YAML refuses, and controls that turn the reading direction of what follows."""

UNSEEN = re.compile(
    "[\t\x85\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028\u2029\u202f\u205f-\u2065\u206a-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Tabs and characters that cannot be told from a space, from a line break or from nothing."""


def decode(raw: bytes, name: str) -> str:
    """A file's bytes as text; raises Rejected where they cannot be a spec."""
    source = Source(name)
    if len(raw) > MAX_BYTES:
        raise _error(source, "file-too-large", f"a spec of {len(raw)} bytes", 1, 1, expected=f"at most {MAX_BYTES} bytes",
                     help="split it into blocks and imports, or say it with repeat")  # fmt: skip
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        column = e.start - (raw.rfind(b"\n", 0, e.start) + 1) + 1
        raise _error(source, "not-utf-8", "the file is not UTF-8 text", line, column, found=f"byte 0x{raw[e.start]:02x}",
                     expected="UTF-8") from None  # fmt: skip
    return text


def read(text: str, name: str, backend: str = "c") -> tuple[Source, Map]:
    """The tree of a spec and its source; raises Rejected with every fault of form that can be told apart."""
    source = Source(name, text.removeprefix("\ufeff"))
    text = source.text
    odd = _ODD.search(text) is not None
    if odd and (bad := FORBIDDEN.search(text)) is not None:
        raise _character(source, bad.start())
    if "%" in text and (m := _DIRECTIVE.match(text)):
        raise _error(source, "directive", "a YAML directive", text.count("\n", 0, m.start(1)) + 1, 1, found=m.group(1)[:40],
                     help="a spec needs none: remove the line")  # fmt: skip
    reader = None
    try:
        reader = _Reader(source, Loaders[backend](text), odd)
        tree = reader.run()
    except yaml.YAMLError as e:
        unseen(source, reader.quoted if reader is not None else [])
        from .syntax import complaint

        raise Rejected([complaint(source, e)]) from None
    if odd:
        unseen(source, reader.quoted)
    if reader.problems:
        raise Rejected(reader.problems)
    if not isinstance(tree, Map):
        raise _error(source, "not-a-spec", "a spec is a mapping", tree.line, tree.column,
                     found="a list" if isinstance(tree, List) else "text", expected="keys such as layers: and inputs:")  # fmt: skip
    return source, tree


def unseen(source: Source, quoted: list[tuple[int, int]]) -> None:
    """Tabs, on which the YAML back ends disagree, and characters that cannot be seen: not outside quotes and comments.

    `quoted`: from where to where in the text.
    """
    text, at, line_start = source.text, 0, 0
    while (m := UNSEEN.search(text, at)) is not None:  # every text and every line is looked at once: no text makes it slow
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
                raise _character(source, m.start())
            line, column = position(text, m.start())
            raise _error(source, "tab", "a tab", line, column, help="use spaces")
        line_end = _LINE_END.search(text, m.start())
        at = line_end.end() if line_end is not None else len(text)


def text_end(quoted: list[tuple[int, int]], at: int) -> int:
    """Where the quoted text around a place ends; 0 outside of any."""
    k = bisect_right(quoted, at, key=itemgetter(0)) - 1
    return quoted[k][1] if k >= 0 and at < quoted[k][1] else 0


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column of a place in a text, as YAML counts lines."""
    before = _BREAK.split(text[:at])
    return len(before), len(before[-1]) + 1


def _character(source: Source, at: int) -> Rejected:
    import unicodedata

    c = source.text[at]
    name = unicodedata.name(c, "half of a character" if "\ud800" <= c <= "\udfff" else "a control character").lower()
    line, column = position(source.text, at)
    return _error(source, "invalid-character", f"the character U+{ord(c):04X} ({name})", line, column,
                  help="use a plain space or line break" if c.isspace() else "remove it")  # fmt: skip


class _TooDeep(Exception):
    """Nothing below this is read."""


class _Reader:
    """Builds the tree; collects what is not allowed and goes on.

    One call for each list and mapping, none for each text: most of reading is spent here and in the parser itself.
    """

    def __init__(self, source: Source, loader: Any, odd: bool) -> None:
        self.source = source
        self.get = loader.get_event
        self.problems: list[Diagnostic] = []
        self.quoted: list[tuple[int, int]] = []  # where quoted and block texts stand, where that matters
        text = source.text
        signs = any(c in text for c in "&*!") and _SIGN.search(text) is not None
        self.wary = signs or "<<" in text or "?" in text or (odd and UNSEEN.search(text) is not None)  # must each text be looked at?
        self.cuts = _CALL_CUT.search(text) is not None

    def run(self) -> Tree:
        self.get()  # the stream's start
        e = self.get()
        if type(e) is yaml.StreamEndEvent:
            raise _error(self.source, "empty-file", "the file is empty", 1, 1, expected="a mapping with a layers key",
                         help="write a network, for example `layers: [dense: 256, relu, dense: 10]`")  # fmt: skip
        root: Tree = List([], e.start_mark, e.end_mark)
        with suppress(_TooDeep):
            root = self.node(self.get(), 0)
            self.get()  # the document's end
            e = self.get()
            if type(e) is not yaml.StreamEndEvent:
                self.add("second-document", "a second document", e.start_mark, "one file holds one network")
        self.problems.sort(key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))
        return root

    def node(self, e: Any, depth: int) -> Tree:
        """What an event begins; `depth`: in how many collections it is."""
        kind: Any = type(e)
        if self.wary:
            self.look(e)
        if kind is ScalarEvent:
            return Scalar(e.value, e.style, e.start_mark, e.end_mark if e.style else None)
        if kind is MappingStartEvent:
            return self.mapping(e, depth + 1)
        if kind is SequenceStartEvent:
            return self.sequence(e, depth + 1)
        return Scalar("", None, e.start_mark, e.end_mark)  # an alias

    def sequence(self, first: Any, depth: int) -> List:
        if depth > MAX_DEPTH:
            self.too_deep(first)
        get, wary = self.get, self.wary
        kind: Any
        items: list[Tree] = []
        while True:
            e = get()
            kind = type(e)
            if kind is SequenceEndEvent:
                if self.cuts and first.flow_style:
                    self.cut(items)
                return List(items, first.start_mark, e.end_mark)
            if wary:
                items.append(self.node(e, depth))
            elif kind is ScalarEvent:
                items.append(Scalar(e.value, e.style, e.start_mark, e.end_mark if e.style else None))
            elif kind is MappingStartEvent:
                items.append(self.mapping(e, depth + 1))
            else:
                items.append(self.node(e, depth))

    def mapping(self, first: Any, depth: int) -> Map:
        if depth > MAX_DEPTH:
            self.too_deep(first)
        get, wary = self.get, self.wary
        kind: Any
        pairs: list[tuple[Scalar, Tree]] = []
        while True:
            e = get()
            kind = type(e)
            if kind is MappingEndEvent:
                if len(pairs) > 1 and len({key.text for key, _ in pairs}) < len(pairs):
                    self.duplicates(pairs)
                return Map(pairs, first.start_mark, e.end_mark)
            if kind is ScalarEvent and not wary:
                key = Scalar(e.value, e.style, e.start_mark, e.end_mark if e.style else None)
            else:
                key = self.key(self.node(e, depth))
            e = get()
            kind = type(e)
            if kind is ScalarEvent and not wary and e.value:
                pairs.append((key, Scalar(e.value, e.style, e.start_mark, e.end_mark if e.style else None)))
            else:
                value = self.node(e, depth)
                pairs.append(
                    (key, self.empty(key, first.flow_style and pairs) if type(value) is Scalar and value.empty else value)
                )

    def too_deep(self, e: Any) -> None:
        self.add("too-deep", f"nested deeper than {MAX_DEPTH}", e.start_mark)
        raise _TooDeep

    def key(self, node: Tree) -> Scalar:
        low = max(0, node.column - NEAR)
        before = self.source.line(node.line)[low : node.column - 1].rstrip()
        if before[-1:] == "?":
            sign = At(node.line - 1, low + len(before) - 1)
            self.add("explicit-key", "a ? of its own", sign, "quote the text, or write _ for an unknown size")
        elif not isinstance(node, Scalar):
            help_ = "a { } in a value needs no braces: write the bare expression, e.g. 4*d" if isinstance(node, Map) else ""
            self.problem("key-type", "a key must be text", node, help_)
        else:
            if node.text == "<<" and not node.style:
                self.problem("merge-key", "merge keys are not read", node, "say it with a block and its arguments, or with defaults")
            return node
        return Scalar("", '"', node.start, node.start)

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

    def look(self, e: Any) -> None:
        """Refuse anchors, aliases and tags; note where tabs may stand."""
        kind: Any = type(e)
        if kind is yaml.AliasEvent:
            self.add("alias", "an alias (*name)", e.start_mark, "use a block, apply or defaults to say something twice")
        elif e.anchor is not None:
            self.add("anchor", "an anchor (&name)", e.start_mark, "use a block, apply or defaults to say something twice")
        elif e.tag is not None:
            self.add("tag", f"a tag ({e.tag})", e.start_mark, "values need no tags: each field knows its type")
        if kind is ScalarEvent and e.style:
            self.quoted.append((e.start_mark.index, e.end_mark.index))

    def add(self, rule: str, message: str, mark: Any, help_: str = "") -> None:
        self.tell(Diagnostic(rule, message, Span(self.source, mark.line + 1, mark.column + 1), help=help_))

    def problem(self, rule: str, message: str, node: Tree, help_: str = "") -> None:
        self.tell(Diagnostic(rule, message, span(self.source, node), help=help_))

    def tell(self, diagnostic: Diagnostic) -> None:
        self.problems.append(diagnostic)
        if len(self.problems) >= LIMIT:
            raise TooMany(self.problems)


def _error(source: Source, rule: str, message: str, line: int, column: int, **more: str) -> Rejected:
    return Rejected([Diagnostic(rule, message, Span(source, line, column), **more)])  # type: ignore[arg-type]


def _open(node: Scalar) -> int:
    """How many parentheses an unquoted text leaves open; negative where it closes too many."""
    return 0 if node.quoted else node.text.count("(") - node.text.count(")")


__all__ = ["MAX_BYTES", "MAX_DEPTH", "Unusable", "decode", "read"]
