"""Cells folded to fit a width: at the dots of names and between the parts of shapes and formulas; nothing is ever cut."""

from __future__ import annotations

import re

GAP = 2
"""Columns between two cells."""
INDENT = "  "
"""Before what goes on below in a cell."""
LEAST = 4
"""The narrowest a column is made."""

_PIECES = re.compile(r"(?<=[.,])(?![\d….])|(?<=\s)(?<!× )(?!\s)|(?<!\*)(?<![\s(]\d)(?=\*(?!\*))")


def fit(columns: list[str], rows: list[list[str]], room: int) -> list[list[list[str]]]:
    """Every cell as lines, such that a row takes at most `room` where that is possible."""
    cells = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    least = [max(len(p.rstrip()) for cell in column for p in pieces(cell)) + len(INDENT) for column in zip(*cells)]
    for floor in (least, [LEAST] * len(widths)):
        while sum(widths) + GAP * (len(widths) - 1) > room:
            k = max(range(len(widths)), key=lambda k: widths[k] if widths[k] > floor[k] else 0)
            if widths[k] <= floor[k]:
                break
            widths[k] -= 1
    return [[wrap(cell, width) for cell, width in zip(row, widths)] for row in rows]


def pieces(text: str) -> list[str]:
    """The parts of a text that are kept whole."""
    return _PIECES.split(text) if text else [""]


def wrap(text: str, width: int, indent: str = INDENT) -> list[str]:
    """A text as lines of at most `width`, what goes on below indented; a part that is longer still is broken."""
    lines = [""]
    for piece in pieces(text):
        if len(lines[-1]) + len(piece.rstrip()) > width and lines[-1].strip():
            lines.append(indent)
        while len(lines[-1]) + len(piece.rstrip()) > width and width > len(lines[-1]):
            cut = width - len(lines[-1])
            lines[-1] += piece[:cut]
            piece = piece[cut:]
            lines.append(indent)
        lines[-1] += piece
    return [line.rstrip() for line in lines]
