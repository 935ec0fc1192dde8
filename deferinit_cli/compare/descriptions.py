"""A difference in words."""

from __future__ import annotations

from typing import Any

from .differ import Row
from .sides import Port, Tensor
from .terms import written_shape


def described(thing: Any) -> str:
    """`(256, 20) float32 trainable`; a total as its formula."""
    if isinstance(thing, Tensor):
        tied = f" = {thing.tied_to}" if thing.tied_to is not None else ""
        return " ".join(w for w in (written_shape(thing.shape), thing.dtype, thing.state) if w) + tied
    if isinstance(thing, Port):
        return f"{written_shape(thing.shape)} {thing.dtype}"
    return f"{thing.term:,}" if type(thing.term) is int else str(thing.text)


def beside(thing: Any, other: Any) -> str:
    """The same with only what differs from `other`, and always the shape."""
    if not isinstance(thing, (Tensor, Port)) or other is None:
        return described(thing)
    parts = [written_shape(thing.shape)]
    if thing.dtype != other.dtype:
        parts.append(thing.dtype)
    if isinstance(thing, Tensor) and isinstance(other, Tensor) and thing.state and other.state:
        if thing.state != other.state:
            parts.append(thing.state)
        if thing.tied_to != other.tied_to:
            parts.append(f"= {thing.tied_to}" if thing.tied_to is not None else "untied")
    return " ".join(parts)


def headline(row: Row) -> str:
    """`dense0.weight is resized`."""
    name = row.name if row.what == "parameter" else f"{row.what} {row.name}"
    said = {"added": "new", "removed": "gone", "renamed": f"called {row.name} now", "changed": "not the same"}
    if row.changes == ["reordered"]:
        return f"{name} {row.note}"
    if "renamed" in row.changes:
        name = row.a.name if row.what == "parameter" else f"{row.what} {row.a.name}"
    note = f" ({row.note})" if row.note else ""
    return f"{name} is {' and '.join(said.get(c, c) for c in row.changes)}{note}"


def before_and_after(row: Row) -> tuple[str, str]:
    """Both sides of a row, what differs only; `nothing` for what is not there."""
    if row.changes == ["reordered"]:
        return "", ""
    if row.what == "total":
        return described(row.a), described(row.b)
    renamed = "renamed" in row.changes
    before, after = (
        "nothing of that name" if thing is None else (f"{thing.name} " if renamed else "") + beside(thing, other)
        for thing, other in ((row.a, row.b), (row.b, row.a))
    )
    return before, after
