"""From the raw text of a field to its value, by the field's declared type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...problems import LIMIT, Diagnostic, Problem, Source, TooMany
from ...shapes.dims import REST, Scaling
from ..source.tree import List, Map, Scalar, Tree, span
from .expression import Scope, constant, evaluate, parse, variables
from .operations import limited_list


class Faults:
    """The problems of one reading, each told once."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.lost = False  # whether the name of some layer, input or output could not be read: references to it are not judged
        self._seen: set[tuple[Any, ...]] = set()

    def add(self, diagnostic: Diagnostic) -> None:
        place = diagnostic.span
        key = (place and (place.source.name, place.line, place.column), diagnostic.rule, diagnostic.message)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(diagnostic)
            if len(self.found) >= LIMIT:
                raise TooMany(self.found)

    def at(self, source: Source, node: Tree, rule: str, message: str, word: str = "", **more: Any) -> None:
        self.add(Diagnostic(rule, message, span(source, node, word), **more))

    def problem(self, source: Source, node: Tree, p: Problem, **more: Any) -> None:
        place = span(source, node, p.word)
        self.add(Diagnostic(p.rule, p.message, place, found=p.found, expected=p.expected, help=p.help, **more))


class Code:
    """A compiled value: `fixed` when it reads nothing from its scope, else evaluated in one."""

    __slots__ = ("fixed", "node", "tree", "value")

    def __init__(self, node: Tree, tree: Any, value: Any, fixed: bool) -> None:
        self.node = node
        self.tree = tree
        self.value = value
        self.fixed = fixed

    def get(self, scope: Scope) -> Any:
        """The value; raises Located at the scalar that is wrong."""
        return self.value if self.fixed else _evaluate(self.tree, scope)

    def names(self) -> list[tuple[Tree, str]]:
        """The variables it reads, each with where."""
        return [] if self.fixed else list(_names(self.tree))


def _names(tree: Any) -> Iterator[tuple[Tree, str]]:
    node, kind, body = tree
    if kind == "list":
        for t in body:
            yield from _names(t)
    elif kind == "expression":
        yield from ((node, name) for name in sorted(variables(body)))


class Located(Exception):
    """A problem with the node it is in."""

    def __init__(self, node: Tree, problem: Problem) -> None:
        super().__init__(problem.message)
        self.node = node
        self.problem = problem


def compile_value(node: Tree, textual: bool = False, words: tuple[str, ...] = (), loose: bool = False) -> Code:
    """Compile a scalar or list. `textual`: unquoted text is itself; `loose`: quoted text is text (vars, block args).

    Raises Located.
    """
    tree = _compile(node, textual, words, loose)
    if _fixed(tree):
        return Code(node, tree, _evaluate(tree, None), True)
    return Code(node, tree, None, False)


def _compile(node: Tree, textual: bool, words: tuple[str, ...], loose: bool) -> Any:
    if isinstance(node, List):
        return (node, "list", [_compile(n, textual, words, loose) for n in node.items])
    if isinstance(node, Map):
        raise Located(
            node, Problem("value-type", "a mapping is no value here", help="an expression with { } needs no braces: write 4*d")
        )
    text = node.text
    if textual and not node.quoted and text in ("", "null"):
        return (node, "const", None)
    if (textual or (loose and node.quoted)) and not text.startswith("="):
        return (node, "const", text)
    if text in words:
        return (node, "word", text)
    if text.startswith("=") and (textual or (loose and node.quoted)):
        text = text[1:]
    if node.empty:
        return (node, "const", None)
    if text == "...":
        return (node, "const", REST)
    try:
        tree = parse(text)
    except Problem as p:
        raise Located(node, p) from None
    return (node, "expression", tree)


def _fixed(tree: Any) -> bool:
    node, kind, body = tree
    if kind == "list":
        return all(map(_fixed, body))
    return kind == "const" or (kind == "expression" and constant(body))


def _evaluate(tree: Any, scope: Any) -> Any:
    node, kind, body = tree
    if kind == "list":
        return _limited(node, [_evaluate(t, scope) for t in body])
    if kind == "const":
        return body
    if kind == "word":
        if scope.has_variable(body):
            raise Located(node, Problem("ambiguous-word", f"'{body}' is a choice here and a variable too", found=body,
                                        help=f"rename the variable, or write it as an expression: ({body})"))  # fmt: skip
        return body
    try:
        value = evaluate(body, scope)
        if type(value) is Scaling:
            raise Problem("not-a-size", f"{value} is no whole number", found=str(value), expected="an int", help=f"write floor({value})")
        return value
    except Problem as p:
        raise Located(node, p) from None


def _limited(node: Tree, value: list[Any]) -> list[Any]:
    try:
        return limited_list(value)
    except Problem as p:
        raise Located(node, p) from None


def text_of(node: Tree | None, faults: Faults, source: Source, field: str) -> str:
    """A field that is plain text."""
    if isinstance(node, Scalar):
        return node.text
    if node is not None:
        faults.at(source, node, "value-type", f"{field} is text", expected="text")
    return ""
