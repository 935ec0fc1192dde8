"""A difference as a table: a row a change, equal changes in the copies of a repeat folded."""

from __future__ import annotations

import re
from typing import Any

from ...compare.descriptions import beside, described
from ...compare.differ import CHANGES, Difference, Row
from ...compare.sides import Side, Tensor
from ...compare.terms import written_shape
from ...infer.warnings import warnings
from ...problems import Diagnostic
from ...report.document import problem
from ..tables import Table, brief

_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")


def heading(found: Difference) -> str:
    return f"{found.a.name} → {found.b.name}"


def table_of(found: Difference, options: dict[str, Any]) -> Table:
    """All rows; the footer counts them."""
    first, second = titles(found)
    columns = ["change", "name", first, second, "notes"]
    lines = [cells(found, r) for r in found.rows if r.what != "total"]
    table = Table("differences", columns, lines if options.get("unfold") else folded(lines))
    if table.rows and not any(row[4] for row in table.rows):
        table.columns = columns[:4]
        table.rows = [row[:4] for row in table.rows]
    table.footer = [summary(found), *totals(found), *(f"{d.severity}: {brief(problem(d))}" for d in warned(found))]
    return table


def warned(found: Difference) -> list[Diagnostic]:
    """The warnings about both sides; what is told of both alike is told of the second."""
    first, second = (warnings(s.resolved) if s.resolved is not None else [] for s in (found.a, found.b))
    known = {(d.rule, d.message) for d in second}
    return [*(d for d in first if (d.rule, d.message) not in known), *second]


def totals(found: Difference) -> list[str]:
    """A line per total that differs; the trainable ones only where they say something else than all parameters."""
    rows = {r.name: r for r in found.rows if r.what == "total"}
    both, trainable = rows.get("parameters"), rows.get("trainable")
    if both is not None and trainable is not None and (both.a.text, both.b.text) == (trainable.a.text, trainable.b.text):
        del rows["trainable"]
    return list(map(total, rows.values()))


def total(r: Row) -> str:
    """`parameters: 7,946 → 8,202 (+256, +3.2 %)`."""
    text = f"{r.name}: {described(r.a)} → {described(r.b)}"
    before, after = r.a.term, r.b.term
    if type(before) is int and type(after) is int:
        share = f", {100 * (after - before) / before:+.1f} %" if before else ""
        text += f" ({after - before:+,}{share})"
    return text


def titles(found: Difference) -> tuple[str, str]:
    if found.loads is None:
        return "before", "after"
    return ("file", "network") if found.a.kind == "weights" else ("network", "file")


def cells(found: Difference, r: Row) -> list[str]:
    name = r.name if r.what == "parameter" else f"{r.what} {r.name}"
    sides = [side(r, thing, other, found) for thing, other in ((r.a, r.b), (r.b, r.a))]
    return [", ".join(r.changes), name, *sides, r.note]


def side(r: Row, thing: Any, other: Any, found: Difference) -> str:
    """What a side has there, under its own name where that differs."""
    if thing is None:
        return ""
    return (f"{thing.name} " if thing.name != r.name else "") + cell(thing, other, found)


def cell(thing: Any, other: Any, found: Difference) -> str:
    """The shape, and of the rest what differs; a file says no more than shape and dtype."""
    if other is None and found.loads is not None and isinstance(thing, Tensor):
        return shape_and_dtype(thing)
    return beside(thing, other)


def shape_and_dtype(t: Tensor) -> str:
    return f"{written_shape(t.shape)} {t.dtype}"


def folded(lines: list[list[str]]) -> list[list[str]]:
    """Rows that say the same of consecutive copies (`h.0…11.fc.weight`) are one."""
    groups: dict[tuple[str, ...], list[tuple[int, list[str]]]] = {}
    for k, line in enumerate(lines):
        number = _NUMBER.search(line[1])
        if number is None:
            groups[(str(k),)] = [(0, line)]
            continue
        inner = rf"(?<![^. ]){number.group()}(?![^. ])"
        key = (line[0], *(re.sub(inner, "#", text, count=1) if k < 3 else text for k, text in enumerate(line[1:], 1)))
        groups.setdefault(key, []).append((int(number.group()), line))
    out = []
    for group in groups.values():
        for run in runs(group):
            line = list(run[0][1])
            if len(run) > 1:
                line[1] = _NUMBER.sub(f"{run[0][0]}…{run[-1][0]}", line[1], count=1) + f"  × {len(run)}"
            out.append(line)
    return out


def runs(group: list[tuple[int, list[str]]]) -> list[list[tuple[int, list[str]]]]:
    """Consecutive numbers together."""
    out: list[list[tuple[int, list[str]]]] = []
    for item in group:
        if out and item[0] == out[-1][-1][0] + 1:
            out[-1].append(item)
        else:
            out.append([item])
    return out


def counts(found: Difference) -> dict[str, int]:
    """How many rows say each change; totals follow from the others."""
    return {c: n for c in CHANGES if (n := sum(c in r.changes for r in found.rows if r.what != "total"))}


def summary(found: Difference) -> str:
    said = ", ".join(f"{n} {c}" for c, n in counts(found).items())
    if found.loads is not None:
        return f"{len(found.loads)} of {found.of} tensors load" + (f"; {said}" if said else "")
    if found.equal:
        return f"no difference: {counted(found.b)}"
    return said or "only totals differ"


def counted(side: Side) -> str:
    count = len(side.tensors)
    return f"{count} parameter{'' if count == 1 else 's'}"
