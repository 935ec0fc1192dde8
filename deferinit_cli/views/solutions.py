"""What fits, to read and as data."""

from __future__ import annotations

import re
from typing import Any

from ..infer.solving.solution import Box, Choice, Range, Solution, Value
from ..infer.solving.targets import Matched
from ..report.document import problem
from ..shapes.set_text import span
from .problems import one_line, place
from .table import ASCII

SHOWN = 20
NAMED = 6
"""So many tensors are named in a line."""


def render(solution: Solution, tensors: Matched | None = None, ascii: bool = False) -> str:
    lines = [*verdict(solution), *(told(tensors) if tensors is not None else [])]
    whole = "\n".join(map(one_line, lines)) + "\n"
    return whole.translate(ASCII) if ascii else whole


def verdict(solution: Solution) -> list[str]:
    """How many, then each family; or why there is none."""
    boxes = solution.boxes
    if not boxes:
        reasons = [f"  {d.message}" + (f" ({place(d.span)})" if d.span is not None else "") for d in solution.failures]
        if solution.decided:
            return ["no solution", *reasons]
        return ["undecided: none found", *reasons, *(f"  {reason}" for reason in solution.undecided)]
    count = solution.count
    head = "without end" if count is None else f"{count:,} solution{'s' if count != 1 else ''}"
    sizes = [len(b.expanded()) for b in boxes]
    if sum(sizes) > 1:
        head += f" in {sum(sizes)} families; squares and what is usual first, which is only an order to read in"
    shared = {n: v for n, v in boxes[0].arguments.items() if all(b.arguments.get(n) == v for b in boxes)}
    lines = [head]
    if shared:
        lines.append(f"  {'in all: ' if len(boxes) > 1 else ''}{', '.join(assignments(shared))}")
    numbers = [span(sum(sizes[:k]) + 1, sum(sizes[: k + 1])) for k in range(min(len(boxes), SHOWN))]
    width = max(map(len, numbers))
    for number, b in zip(numbers, boxes):
        lines.append(f"  {number.rjust(width)}  {box_text(b, shared)}" if sum(sizes) > 1 else f"  {box_text(b, shared)}")
    if len(boxes) > SHOWN:
        lines.append(f"  … and {sum(sizes[SHOWN:])} more families: --format json lists all")
    if not solution.decided:
        lines += ["undecided whether these are all:", *(f"  {reason}" for reason in solution.undecided)]
    return [line for line in lines if line.strip()]


def box_text(box: Box, shared: dict[str, Value]) -> str:
    own = assignments({n: v for n, v in box.arguments.items() if n not in shared})
    shapes = [f"{name}: {' x '.join('…' if r is None else str(r) for r in ranges)}" for name, ranges in box.shapes.items()]
    square = box.square()
    note = f"   square {span(*square)}" if square is not None and square != (1, None) else ""
    where = f", where {' and '.join([*box.residues, *box.conditions])}" if box.residues or box.conditions else ""
    return ", ".join([*own, *shapes]) + where + note


def assignments(arguments: dict[str, Value]) -> list[str]:
    """`conv.stride = 2`; copies that have the same value are told once, with * for what differs."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, v in arguments.items():
        groups.setdefault((re.sub(r"(?<=\.)[0-9]+(?=\.)", "*", name), said(v)), []).append(name)
    return [f"{names[0] if len(names) == 1 else pattern}{value}" for (pattern, value), names in groups.items()]


def said(v: Value) -> str:
    if isinstance(v, Choice):
        return f" in {{{', '.join(map(plain, v.values))}}}"
    return f": {v}" if isinstance(v, Range) and v.text == "any size" else f" = {plain(v)}"


def plain(v: Any) -> str:
    if isinstance(v, bool):
        return str(v).lower()
    return f"[{', '.join(map(plain, v))}]" if isinstance(v, tuple) else str(v)


def told(found: Matched) -> list[str]:
    """Which tensors of the checkpoint were used, under which prefix, and which were not."""
    total = len(found.shapes) + len(found.unused)
    how = ""
    if found.prefix.startswith("-"):
        how = f", named without '{found.prefix[1:]}' there"
    elif found.prefix:
        how = f", named with '{found.prefix}' in front there"
    lines = [f"used {len(found.shapes)} of the {total} tensors{how}"]
    for names, what in ((found.unused, "not in the network"), (found.missing, "not in the checkpoint")):
        if names:
            more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
            lines.append(f"  {what}: {', '.join(names[:NAMED])}{more}")
    return lines


# ---- as data


def document(solution: Solution, network: str, spec: str, tensors: Matched | None = None) -> dict[str, Any]:
    """The documented `solutions` block."""
    out: dict[str, Any] = {
        "schema": 1,
        "command": "solve",
        "network": network,
        "spec": spec,
        "solutions": [row(b) for box in solution.boxes for b in box.expanded()],
        "decided": solution.decided,
        "count": solution.count,
        "undecided": solution.undecided,
        "problems": [problem(d) for d in solution.failures],
    }
    if tensors is not None:
        out["tensors"] = {"used": tensors.sources, "unused": tensors.unused, "missing": tensors.missing, "prefix": tensors.prefix}
    return out


def row(box: Box) -> dict[str, Any]:
    return {
        "inputs": {n: [None if r is None else [r.low, r.high] for r in ranges] for n, ranges in box.shapes.items()},
        "arguments": {key: pair for name, v in box.arguments.items() for key, pair in entries(name, v)},
        "square": box.square() is not None,
        "conditions": [*box.residues, *box.conditions],
    }


def entries(name: str, v: Value) -> list[tuple[str, list[Any]]]:
    """An argument as [low, high], one per axis under a name of its own."""
    if isinstance(v, tuple):
        return [pair for k, x in enumerate(v) for pair in entries(f"{name}.{k}", x)]
    return [(name, [v.low, v.high] if isinstance(v, Range) else [v, v])]
