"""YAML events to a tree with places. Nothing is constructed: what plain YAML makes of `no` or `010` never happens."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ..problems import Diagnostic, Rejected, Source, Span, Unusable
from .tree import List, Map, Scalar, Tree

MAX_DEPTH = 64
MAX_BYTES = 1 << 20

Loaders = {"c": getattr(yaml, "CSafeLoader", yaml.SafeLoader), "python": yaml.SafeLoader}

_DIRECTIVE = re.compile(r"\A(?:[ \t]*(?:#.*)?\n)*(%.*)")
_COMMENT = re.compile(r"(?<!\S)#")
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
    reader = _Reader(source)
    try:
        tree = reader.run(Loaders[backend])
    except yaml.YAMLError as e:
        tabs(source, reader.quoted)
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
    at = source.text.find("\t")
    while at >= 0:
        start = max(source.text.rfind("\n", 0, at), source.text.rfind("\r", 0, at)) + 1
        comment = _COMMENT.search(source.text, start, at + 1)
        hidden = any(a <= at < b for a, b in quoted) or (
            comment is not None and not any(a <= comment.start() < b for a, b in quoted)
        )
        if not hidden:
            raise _error(source, "tab", "a tab", source.text.count("\n", 0, at) + 1, at - start + 1, help="use spaces")
        at = source.text.find("\t", at + 1)


class _Reader:
    """Builds the tree; collects what is not allowed and goes on."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.maps: list[Map] = []
        self.quoted: list[tuple[int, int]] = []  # where quoted and block texts stand, where that matters

    def run(self, loader: Any) -> Tree:
        stack: list[List | Map] = []
        keys: list[Scalar | None] = []  # the key that waits for its value, per open mapping
        root: Tree | None = None
        documents = 0
        alias, scalar = yaml.AliasEvent, yaml.ScalarEvent
        sequence, mapping = yaml.SequenceStartEvent, yaml.MappingStartEvent
        ends = (yaml.SequenceEndEvent, yaml.MappingEndEvent)
        tabbed = "\t" in self.source.text
        e: Any
        for e in yaml.parse(self.source.text, Loader=loader):
            kind = type(e)
            if kind is scalar:
                mark = e.start_mark
                end = e.end_mark.column + 1 if e.end_mark.line == mark.line else mark.column + 2
                node: Tree = Scalar(e.value, bool(e.style), mark.line + 1, mark.column + 1, end)
                if e.anchor is not None or e.tag is not None:
                    self.unwanted(e)
                if tabbed and e.style:
                    self.quoted.append((mark.index, e.end_mark.index))
            elif kind is sequence or kind is mapping:
                mark = e.start_mark
                node = (List if kind is sequence else Map)(mark.line + 1, mark.column + 1)
                if e.anchor is not None or e.tag is not None:
                    self.unwanted(e)
            elif kind in ends:
                done = stack.pop()
                keys.pop()
                done.end = e.end_mark.column + 1 if e.end_mark.line + 1 == done.line else done.column + 1
                continue
            elif kind is alias:
                self.unwanted(e)
                mark = e.start_mark
                node = Scalar("", False, mark.line + 1, mark.column + 1, mark.column + 2)
            else:
                if kind is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        self.add("second-document", "a second document", e.start_mark, "one file holds one network")
                        break
                continue
            if not stack:
                root = node
            else:
                top = stack[-1]
                if type(top) is List:
                    top.items.append(node)
                elif keys[-1] is None:
                    keys[-1] = self.key(node)
                else:
                    if type(node) is Scalar and node.empty:  # the back ends place it differently
                        node.line, node.column, node.end = keys[-1].line, keys[-1].end, keys[-1].end + 1
                    top.pairs.append((keys[-1], node))  # type: ignore[union-attr]
                    keys[-1] = None
            if kind is not scalar and kind is not alias:
                if len(stack) >= MAX_DEPTH:
                    self.add("too-deep", f"nested deeper than {MAX_DEPTH}", e.start_mark)
                    break
                stack.append(node)  # type: ignore[arg-type]
                keys.append(None)
                if kind is mapping:
                    self.maps.append(node)  # type: ignore[arg-type]
        self.duplicates()
        if root is None:
            raise _error(self.source, "empty-file", "the file is empty", 1, 1, expected="a mapping with a layers key",
                         help="write a network, for example `layers: [dense: 256, relu, dense: 10]`")  # fmt: skip
        return root

    def key(self, node: Tree) -> Scalar:
        if isinstance(node, Scalar):
            if node.text == "<<" and not node.quoted:
                self.problem("merge-key", "merge keys are not read", node, "write a block with arguments, or use defaults:")
            return node
        self.problem("key-type", "a key must be text", node, "a { } in a value needs quotes: write the bare expression, e.g. 4*d")
        return Scalar("", True, node.line, node.column, node.column + 1)

    def duplicates(self) -> None:
        """One key twice in a mapping; and keys that swallowed their value (`stride:1`)."""
        for m in self.maps:
            seen: dict[str, Scalar] = {}
            for key, value in m.pairs:
                first = seen.setdefault(key.text, key)
                if first is not key:
                    self.problems.append(Diagnostic(
                        "duplicate-key", f"'{key.text}' is already set on line {first.line}", self.span(key),
                        found=f"a second '{key.text}'", help="remove one of the two",
                    ))  # fmt: skip
                if isinstance(value, Scalar) and value.empty and not key.quoted and _NO_SPACE.match(key.text):
                    self.problem("missing-space", f"'{key.text}' is one word to YAML", key, "missing space after ':'?")

    def unwanted(self, e: Any) -> None:
        if type(e) is yaml.AliasEvent:
            self.add("alias", "an alias (*name)", e.start_mark, "use a block, apply or defaults to say something twice")
        elif e.anchor is not None:
            self.add("anchor", "an anchor (&name)", e.start_mark, "use a block, apply or defaults to say something twice")
        elif e.tag is not None and e.tag != "!":
            self.add("tag", f"a tag ({e.tag})", e.start_mark, "values need no tags: each field knows its type")

    def add(self, rule: str, message: str, mark: Any, help_: str = "") -> None:
        self.problems.append(Diagnostic(rule, message, Span(self.source, mark.line + 1, mark.column + 1), help=help_))

    def problem(self, rule: str, message: str, node: Tree, help_: str = "") -> None:
        self.problems.append(Diagnostic(rule, message, self.span(node), help=help_))

    def span(self, node: Tree) -> Span:
        return Span(self.source, node.line, node.column, node.end)


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
