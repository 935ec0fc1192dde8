"""A spec's text with what was found in place of each `_`: comments and layout stay as they are."""

from __future__ import annotations

import re
from typing import Any

from ..graph import Network, Node
from ..problems import Diagnostic, Rejected, Span

TOKEN = re.compile(r"\s+|#[^\n]*|[\[\],]|[^\s\[\],#]+")
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Blank:
    """One `_` in the text: where it stands, what goes there, and who said so."""

    __slots__ = ("name", "start", "value")

    def __init__(self, start: int, value: Any, name: str) -> None:
        self.start = start
        self.value = value
        self.name = name


def filled(network: Network, values: dict[str, Any], inputs: dict[str, list[int | None]]) -> tuple[str, list[str]]:
    """(the text, what was written where) for values by `layer.argument.place` and known input sizes.

    Raises Rejected where a value has no `_` of its own in the spec: it comes from elsewhere, or two differ.
    """
    text = network.source.text
    starts = [0, *(m.end() for m in LINE_END.finditer(text))]
    blanks: dict[int, Blank] = {}
    problems: list[Diagnostic] = []
    for blank, span in [*arguments(network, values, starts, problems), *sizes(network, inputs, starts)]:
        old = blanks.setdefault(blank.start, blank)
        if old.value != blank.value:
            problems.append(Diagnostic("fill-differs", f"{old.name} is {written(old.value)}, {blank.name} {written(blank.value)}",
                                       span, help="one _ cannot stand for both: make it an argument of the block"))  # fmt: skip
    if problems:
        raise Rejected(problems)
    done, notes, at = [], [], 0
    for blank in sorted(blanks.values(), key=lambda b: b.start):
        done += [text[at : blank.start], written(blank.value)]
        at = blank.start + 1
        notes.append(f"{blank.name} = {written(blank.value)}")
    return "".join([*done, text[at:]]), notes


def arguments(
    network: Network, values: dict[str, Any], starts: list[int], problems: list[Diagnostic]
) -> list[tuple[Blank, Span]]:
    """The places of arguments."""
    nodes = {n.name: n for n in network.nodes}
    found = []
    for name, value in values.items():
        node, argument, path = owner(name, nodes)
        span = node.place.args.get(argument)
        place = (
            None
            if span is None or span.source is not network.source
            else blank_at(network.source.text, offset(span, starts), path)
        )
        if span is None or place is None:
            where = span or node.place.span
            problems.append(Diagnostic("fill-elsewhere", f"{name} = {written(value)} cannot be filled in here", where,
                                       help="its _ stands elsewhere: write the value there by hand"))  # fmt: skip
        else:
            found.append((Blank(place, value, name), span))
    return found


def owner(name: str, nodes: dict[str, Node]) -> tuple[Node, str, tuple[int, ...]]:
    """(layer, argument, place in its lists) of `features.0.conv.padding.1`."""
    parts = name.split(".")
    for k in range(len(parts) - 1, 0, -1):
        node = nodes.get(".".join(parts[:k]))
        if node is not None and parts[k] in node.layer.arguments:
            return node, parts[k], tuple(map(int, parts[k + 1 :]))
    raise KeyError(name)


def sizes(network: Network, inputs: dict[str, list[int | None]], starts: list[int]) -> list[tuple[Blank, Span]]:
    """The places of inputs' dims written as `_` whose size is known."""
    found = []
    for entry in network.inputs:
        for k, size in enumerate(inputs.get(entry.name, [])):
            span = entry.dim_spans[k] if k < len(entry.dim_spans) else None
            if size is None or span is None or span.source is not network.source:
                continue
            place = blank_at(network.source.text, offset(span, starts), ())
            if place is not None:
                found.append((Blank(place, size, f"{entry.name}[{k}]"), span))
    return found


def offset(span: Span, starts: list[int]) -> int:
    return starts[span.line - 1] + span.column - 1


def blank_at(text: str, start: int, path: tuple[int, ...]) -> int | None:
    """Where the `_` stands that a value, or the entry of it at a path, is written as; None where it is written otherwise."""
    if not path:
        return start if re.match(r"_(?![\w.])", text[start:]) else None
    if text[start : start + 1] != "[":
        return None
    index, depth = 0, 0
    for m in TOKEN.finditer(text, start):
        token = m.group()
        if token == "[":
            if depth == 1 and index == path[0]:
                return blank_at(text, m.start(), path[1:])
            depth += 1
        elif token == "]":
            depth -= 1
            if depth == 0:
                return None
        elif token == ",":
            index += depth == 1
        elif depth == 1 and index == path[0] and token.strip() and token[0] != "#":
            return blank_at(text, m.start(), path[1:])
    return None


def written(value: Any) -> str:
    """A value as a spec has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(written, value))}]" if isinstance(value, (tuple, list)) else str(value)
