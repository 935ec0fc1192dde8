"""What fits, to read and as data."""

from __future__ import annotations

from typing import Any

from ..infer.solve import Box, Solution, square_of

SHOWN = 20


def total(solution: Solution) -> int | None:
    """How many solutions; None where there is no end to them."""
    count = 0
    for box in solution.boxes:
        if box.count is None:
            return None
        count += box.count
    return count


def span(low: int, high: int | None) -> str:
    return str(low) if low == high else f"{low}…{'' if high is None else high}"


def box_text(box: Box) -> str:
    shapes = [f"{name}: {' x '.join(span(*r) for r in ranges)}" for name, ranges in box.shapes.items()]
    chosen = [f"{name} = {value}" for name, value in box.arguments.items()]
    square = square_of(box)
    note = f"   square {span(*square)}" if square is not None and square != (1, None) else ""
    return ", ".join([*chosen, *shapes]) + note


def render(solution: Solution) -> str:
    count = total(solution)
    if not solution.boxes:
        state = "no solution" if solution.decided else "undecided: none found"
        return "\n".join([state, *(f"  {d.message}" for d in solution.failures), *solution.undecided]) + "\n"
    many = "without end" if count is None else f"{count:,} solution{'s' if count != 1 else ''}"
    families = f" in {len(solution.boxes)} families" if len(solution.boxes) > 1 else ""
    head = f"{many}{families}; squares and usual sizes first, which is only an order to read in"
    lines = [head, *(f"  {box_text(b)}" for b in solution.boxes[:SHOWN])]
    if len(solution.boxes) > SHOWN:
        lines.append(f"  … and {len(solution.boxes) - SHOWN} more families: --format json lists all")
    if not solution.decided:
        lines += ["undecided whether these are all:", *(f"  {reason}" for reason in solution.undecided)]
    return "\n".join(lines) + "\n"


def document(solution: Solution, network: str, spec: str) -> dict[str, Any]:
    """The documented `solutions` block."""
    return {
        "schema": 1,
        "command": "solve",
        "network": network,
        "spec": spec,
        "solutions": [
            {
                "inputs": {n: [list(r) for r in ranges] for n, ranges in b.shapes.items()},
                "arguments": {n: list(v) if isinstance(v, tuple) else [v, v] for n, v in b.arguments.items()},
                "square": square_of(b) is not None,
            }
            for b in solution.boxes
        ],
        "decided": solution.decided,
        "count": total(solution),
        "undecided": solution.undecided,
        "problems": [],
    }
