"""YAML events to a tree with places. Nothing is constructed: what plain YAML makes of `no` or `010` never happens."""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress
from typing import Any

import yaml
from yaml import MappingEndEvent, ScalarEvent, SequenceEndEvent

from ..problems import Diagnostic, Rejected, Source, Span, Unusable
from .tree import List, Map, Scalar, Tree, after, span

MAX_DEPTH = 64
MAX_BYTES = 1 << 20

Loaders = {"c": getattr(yaml, "CSafeLoader", yaml.SafeLoader), "python": yaml.SafeLoader}

_DIRECTIVE = re.compile(r"\A(?:[ \t]*(?:#.*)?\n)*(%.*)")
_TAB_OR_COMMENT = re.compile(r"[\t\n\r]|(?<!\S)#")
_SIGN = re.compile(r"[&*!](?<![^\s\[\]{},:?\-\ufeff].)(?=\S)")
"""Where an anchor, an alias or a tag could begin; a product's sign mostly could not."""
_NO_SPACE = re.compile(r"^[A-Za-z_][\w.]*:[^\s:/]")


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
    source = Source(name, text)
    if "\0" in text:
        at = text.index("\0")
        raise _error(source, "invalid-character", "a NUL character", text.count("\n", 0, at) + 1, 1)
    if "%" in text and (m := _DIRECTIVE.match(text)):
        raise _error(source, "directive", "a YAML directive", text.count("\n", 0, m.start(1)) + 1, 1, found=m.group(1)[:40],
                     help="a spec needs none: remove the line")  # fmt: skip
    reader = None
    try:
        reader = _Reader(source, Loaders[backend](text))
        tree = reader.run()
    except yaml.YAMLError as e:
        tabs(source, reader.quoted if reader is not None else [])
        raise _syntax(source, e) from None
    tabs(source, reader.quoted)
    if reader.problems:
        raise Rejected(reader.problems)
    if not isinstance(tree, Map):
        raise _error(source, "not-a-spec", "a spec is a mapping", tree.line, tree.column,
                     found="a list" if isinstance(tree, List) else "text", expected="keys such as layers: and inputs:")  # fmt: skip
    return source, tree


def tabs(source: Source, quoted: list[tuple[int, int]]) -> None:
    """Tabs outside quotes and comments: the YAML back ends disagree on them. `quoted`: from where to where in the text."""
    if "\t" not in source.text:
        return
    comment = False
    for m in _TAB_OR_COMMENT.finditer(source.text):
        at = m.start()
        if m.group() in "\n\r":
            comment = False
        elif comment or _within(quoted, at):
            continue
        elif m.group() == "#":
            comment = True
        else:
            start = max(source.text.rfind("\n", 0, at), source.text.rfind("\r", 0, at)) + 1
            raise _error(source, "tab", "a tab", source.text.count("\n", 0, at) + 1, at - start + 1, help="use spaces")


def _within(stretches: list[tuple[int, int]], at: int) -> bool:
    """Whether a place is in one of some stretches, which stand in order."""
    k = bisect_right(stretches, (at, len(stretches) and stretches[-1][1])) - 1
    return k >= 0 and at < stretches[k][1]


class _TooDeep(Exception):
    """Nothing below this is read."""


class _Reader:
    """Builds the tree; collects what is not allowed and goes on.

    One call for each list and mapping, none for each text: most of reading is spent here and in the parser itself.
    """

    def __init__(self, source: Source, loader: Any) -> None:
        self.source = source
        self.get = loader.get_event
        self.problems: list[Diagnostic] = []
        self.quoted: list[tuple[int, int]] = []  # where quoted and block texts stand, where that matters
        text = source.text
        self.wary = "\t" in text or "<<" in text or _SIGN.search(text) is not None  # whether each text must be looked at

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
        """What an event begins."""
        kind: Any = type(e)
        if self.wary:
            self.look(e)
        if kind is ScalarEvent:
            return Scalar(e.value, e.style, e.start_mark, e.end_mark)
        if kind is yaml.AliasEvent:
            return Scalar("", None, e.start_mark, e.end_mark)
        if depth >= MAX_DEPTH:
            self.add("too-deep", f"nested deeper than {MAX_DEPTH}", e.start_mark)
            raise _TooDeep
        return self.sequence(e, depth + 1) if kind is yaml.SequenceStartEvent else self.mapping(e, depth + 1)

    def sequence(self, first: Any, depth: int) -> List:
        get, wary = self.get, self.wary
        kind: Any
        items: list[Tree] = []
        while True:
            e = get()
            kind = type(e)
            if kind is ScalarEvent and not wary:
                items.append(Scalar(e.value, e.style, e.start_mark, e.end_mark))
            elif kind is SequenceEndEvent:
                return List(items, first.start_mark, e.end_mark)
            else:
                items.append(self.node(e, depth))

    def mapping(self, first: Any, depth: int) -> Map:
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
                key = Scalar(e.value, e.style, e.start_mark, e.end_mark)
            else:
                key = self.key(self.node(e, depth))
            e = get()
            kind = type(e)
            if kind is ScalarEvent and not wary and e.value:
                pairs.append((key, Scalar(e.value, e.style, e.start_mark, e.end_mark)))
            else:
                value = self.node(e, depth)
                pairs.append((key, self.empty(key) if type(value) is Scalar and value.empty else value))

    def key(self, node: Tree) -> Scalar:
        if isinstance(node, Scalar):
            if node.text == "<<" and not node.style:
                self.problem("merge-key", "merge keys are not read", node, "write a block with arguments, or use defaults:")
            return node
        self.problem("key-type", "a key must be text", node, "a { } in a value needs quotes: write the bare expression, e.g. 4*d")
        return Scalar("", '"', node.start, node.start)

    def empty(self, key: Scalar) -> Scalar:
        """The value of a key without one, which the back ends place differently; some keys swallowed theirs (`stride:1`)."""
        if not key.style and _NO_SPACE.match(key.text):
            self.problem("missing-space", f"'{key.text}' is one word to YAML", key, "missing space after ':'?")
        return after(key)

    def duplicates(self, pairs: list[tuple[Scalar, Tree]]) -> None:
        seen: dict[str, Scalar] = {}
        for key, _ in pairs:
            first = seen.setdefault(key.text, key)
            if first is not key:
                self.problems.append(Diagnostic(
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
        elif e.tag is not None and e.tag != "!":
            self.add("tag", f"a tag ({e.tag})", e.start_mark, "values need no tags: each field knows its type")
        if kind is ScalarEvent and e.style:
            self.quoted.append((e.start_mark.index, e.end_mark.index))

    def add(self, rule: str, message: str, mark: Any, help_: str = "") -> None:
        self.problems.append(Diagnostic(rule, message, Span(self.source, mark.line + 1, mark.column + 1), help=help_))

    def problem(self, rule: str, message: str, node: Tree, help_: str = "") -> None:
        self.problems.append(Diagnostic(rule, message, span(self.source, node), help=help_))


def _error(source: Source, rule: str, message: str, line: int, column: int, **more: str) -> Rejected:
    return Rejected([Diagnostic(rule, message, Span(source, line, column), **more)])  # type: ignore[arg-type]


def _syntax(source: Source, e: yaml.YAMLError) -> Rejected:
    """PyYAML's complaint with its place, in one voice for both back ends."""
    mark = getattr(e, "problem_mark", None) or getattr(e, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    problem = getattr(e, "problem", None) or "the text is not YAML"
    text, help_ = source.line(line), ""
    near = text + source.line(line - 1)
    if "${" in near:
        help_ = "write the bare expression, e.g. 4*d"
    elif "\t" in near:
        help_ = "use spaces, not tabs"
    elif "?" in near:
        help_ = "quote the text, or write _ for an unknown size"
    elif "{" in near and "," in near and "(" in near:
        help_ = 'an expression with a comma inside { } needs quotes: "max(a, b)"'
    if type(e).__name__ == "ReaderError":
        problem = "a character that YAML does not allow"
        at = min(getattr(e, "position", 0), len(source.text))
        line, column = source.text.count("\n", 0, at) + 1, at - (source.text.rfind("\n", 0, at) + 1) + 1
    return _error(source, "yaml-syntax", str(problem), line, column, found=source.line(line).strip()[:80], help=help_)


__all__ = ["MAX_BYTES", "MAX_DEPTH", "Unusable", "decode", "read"]
