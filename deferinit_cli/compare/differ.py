"""What differs between two networks, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .renames import renames
from .sides import Port, Side, Tensor
from .terms import same, same_shape

CHANGES = ("added", "removed", "renamed", "resized", "retyped", "retied", "reordered", "missing", "unexpected", "transposed",
           "changed")  # fmt: skip
"""All that a row can say; a tensor may be several at once."""


class Row:
    """One difference. `what` is parameter, input, output or total; `a` and `b` are what the two sides have."""

    __slots__ = ("a", "b", "changes", "name", "note", "what")

    def __init__(self, what: str, name: str, changes: list[str], a: Any, b: Any, note: str = "") -> None:
        self.what = what
        self.name = name
        self.changes = changes
        self.a = a
        self.b = b
        self.note = note


class Difference:
    """Everything that differs. `loads` names what a checkpoint gives; None where no side is a checkpoint beside a network."""

    __slots__ = ("a", "b", "loads", "of", "rows")

    def __init__(self, a: Side, b: Side, rows: list[Row]) -> None:
        self.a = a
        self.b = b
        self.rows = rows
        self.loads: list[str] | None = None
        self.of = 0  # tensors that the network wants from a checkpoint

    @property
    def equal(self) -> bool:
        return not self.rows


def difference(a: Side, b: Side) -> Difference:
    """Inputs, outputs, parameters in the order of the new side, what is gone where it stood, then totals."""
    rows = ports("input", a.inputs, b.inputs) + ports("output", a.outputs, b.outputs)
    rows += parameters(a, b)
    for key in dict.fromkeys([*a.totals, *b.totals]):
        if key in a.totals and key in b.totals and not same(a.totals[key].term, b.totals[key].term):
            rows.append(Row("total", key, ["changed"], a.totals[key], b.totals[key]))
    return Difference(a, b, rows)


def equal_form(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and (a.state == b.state or not (a.state and b.state)) and same_shape(a.shape, b.shape)


def parameters(a: Side, b: Side) -> list[Row]:
    ordered = a.kind != "weights" and b.kind != "weights"
    new_name = renames(a.tensors, b.tensors, equal_form, ordered)
    old_name = {new: old for old, new in new_name.items()}
    before = {t.name: t for t in a.tensors}
    after = {t.name for t in b.tensors}
    gone: dict[str, list[Row]] = {}
    last = ""
    for t in a.tensors:
        if t.name in after or t.name in new_name:
            last = new_name.get(t.name, t.name)
        else:
            gone.setdefault(last, []).append(Row("parameter", t.name, ["removed"], t, None))
    rows = gone.get("", [])
    for t in b.tensors:
        old = before.get(old_name.get(t.name, t.name))
        if old is None:
            rows.append(Row("parameter", t.name, ["added"], None, t))
        else:
            changes = [*(["renamed"] if old.name != t.name else []), *changed(old, t, new_name)]
            if changes:
                guess = guessed(old.name, t.name) if old.name != t.name else ""
                rows.append(Row("parameter", t.name, changes, old, t, guess))
        rows += gone.get(t.name, [])
    if ordered:
        rows += moved("parameter", [new_name.get(t.name, t.name) for t in a.tensors], [t.name for t in b.tensors])
    return rows


def guessed(old: str, new: str) -> str:
    """What speaks for a tensor being another one under a new name."""
    return (
        "same name but for a prefix"
        if f".{old}".endswith(f".{new}") or f".{new}".endswith(f".{old}")
        else "same shape, similar place"
    )


def changed(a: Tensor, b: Tensor, new_name: dict[str, str]) -> list[str]:
    out = []
    if not same_shape(a.shape, b.shape):
        out.append("resized")
    if a.dtype != b.dtype or (a.state and b.state and a.state != b.state):
        out.append("retyped")
    tied = a.tied_to if a.tied_to is None else new_name.get(a.tied_to, a.tied_to)
    if tied != b.tied_to and a.state and b.state:
        out.append("retied")
    return out


def ports(what: str, a: Sequence[Port], b: Sequence[Port]) -> list[Row]:
    before, after = {p.name: p for p in a}, {p.name: p for p in b}
    gone = [p for p in a if p.name not in after]
    rows: list[Row] = []
    for p in b:
        old = before.get(p.name)
        changes: list[str] = []
        if old is None:
            old = next((g for g in gone if g.dtype == p.dtype and same_shape(g.shape, p.shape)), None)
            if old is None:
                rows.append(Row(what, p.name, ["added"], None, p))
                continue
            gone.remove(old)
            changes = ["renamed"]
        if not same_shape(old.shape, p.shape):
            changes.append("resized")
        if old.dtype != p.dtype:
            changes.append("retyped")
        if changes:
            rows.append(Row(what, p.name, changes, old, p))
    rows += [Row(what, p.name, ["removed"], p, None) for p in gone]
    return rows + moved(what, [p.name for p in a], [p.name for p in b])


def moved(what: str, a: Sequence[str], b: Sequence[str]) -> list[Row]:
    """One row where the names that both have do not stand in the same order."""
    there, here = set(b), set(a)
    old, new = [n for n in a if n in there], [n for n in b if n in here]
    first = next((k for k in range(len(old)) if old[k] != new[k]), None)
    if first is None:
        return []
    return [Row(what, new[first], ["reordered"], None, None, f"stands where {old[first]} stood")]
