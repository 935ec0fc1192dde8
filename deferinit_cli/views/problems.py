"""Diagnostics as text: headline with its place, the line with the span underlined, found, expected, help, related."""

from __future__ import annotations

import re

from ..problems import ERROR, Diagnostic, Related, Span


def safe(text: str) -> str:
    """Control and bidirectional characters escaped, so that a name cannot rewrite the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else code(c) for c in text)


def one_line(text: str) -> str:
    """A line of a terminal or log: escaped, and never a command to the CI system whose log it stands in (`::error::…`)."""
    return uncommanded(safe(text))


_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)", re.M)


def uncommanded(text: str) -> str:
    """A text in whose lines no workflow command of GitHub Actions is read, which takes `::name::` at a start, `##[name]` anywhere."""
    if "::" not in text and "##[" not in text:
        return text
    return _COMMAND.sub(lambda m: "\\u0023#" if m.group().startswith("#") else m.group(1) + "\\u003a", text)


def code(c: str) -> str:
    """A character by its number."""
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def place(span: Span) -> str:
    return f"{safe(span.source.name)}:{span.line}:{span.column}"


def marked(span: Span, indent: str, mark: str = "^") -> list[str]:
    """The source line with its number, and the span underlined."""
    line = span.source.line(span.line)
    if not line.strip():
        return []
    start = min(span.column - 1, len(line))
    width = max(1, min(span.end, len(line) + 1) - span.column)
    if len(line) > 200:  # a huge line is shown around the span
        low = max(0, start - 60)
        line, start = line[low : low + 160], start - low
        width = min(width, 100)
    gutter = str(span.line)
    return [f"{indent}{gutter} | {safe(line)}", f"{indent}{' ' * len(gutter)} | {' ' * start}{mark * width}"]


def render(d: Diagnostic) -> str:
    """One diagnostic."""
    head = f"{place(d.span)}: " if d.span is not None else ""
    lines = [f"{head}{label(d)}{safe(d.message)} [{d.rule}]"]
    if d.span is not None:
        lines += marked(d.span, "    ")
    for name, text in (("found", d.found), ("expected", d.expected), ("help", d.help)):
        if text:
            lines.append(f"    {name}: {safe(text)}")
    for r in d.related:
        lines += related(r)
    for call in d.calls:
        where = f"{place(call.span)}: " if call.span is not None else ""
        lines.append(f"  {where}{safe(call.message)}")
    return "\n".join(lines)


def label(d: Diagnostic) -> str:
    """What stands before a message: an error is what a problem is unless it is said to be something else."""
    return "" if d.severity == ERROR else f"{d.severity}: "


def related(r: Related) -> list[str]:
    where = f"{place(r.span)}: " if r.span is not None else ""
    return [f"  {where}{safe(r.message)}", *(marked(r.span, "    ", "-") if r.span is not None else [])]


def render_all(diagnostics: list[Diagnostic]) -> str:
    return uncommanded("\n\n".join(map(render, diagnostics)))
