"""Repeated blocks folded: copies of a repeat that say the same become one row; and where what each takes comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


class Folded:
    """One row to show for `copies` of a repeat, the first of them `row`; or for one row that stands alone."""

    __slots__ = ("copies", "name", "row")

    def __init__(self, copies: list[Row], name: str) -> None:
        self.copies = copies
        self.row = copies[0]
        self.name = name

    @property
    def times(self) -> int:
        return len(self.copies)


def signature_of_parameter(r: Row, inside: str) -> tuple[Any, ...]:
    return (inside, str(r["declared"]), str(r["symbolic"]), r["initializer"], r["trainable"], r["dtype"], r["tied_to"],
            r["waits_for"], str(r.get("depends_on")), "assumed" in r)  # fmt: skip


def signature_of_layer(r: Row, inside: str) -> tuple[Any, ...]:
    return (inside, r["kind"], tuple(r["_rows"]), str(r["input_shapes"]), str(r["_macs"]), r["_problem"])


def fold(rows: list[Row], signature: Callable[[Row, str], tuple[Any, ...]], wanted: bool = True) -> list[Folded]:
    """Copies of a repeat that say the same, side by side in it, become one."""
    out: list[Folded] = []
    k = 0
    while k < len(rows):
        place = rows[k]["_fold"]
        if place is None or not wanted:
            out.append(Folded([rows[k]], rows[k]["name"]))
            k += 1
            continue
        copies: list[list[Row]] = []
        number = None
        while k < len(rows) and rows[k]["_fold"] is not None and rows[k]["_fold"][0] == place[0]:
            if rows[k]["_fold"][1] != number:
                number = rows[k]["_fold"][1]
                copies.append([])
            copies[-1].append(rows[k])
            k += 1
        out += fold_copies(copies, signature)
    return out


def fold_copies(copies: list[list[Row]], signature: Callable[[Row, str], tuple[Any, ...]]) -> list[Folded]:
    out = []
    start = 0
    said = [[signature(r, inner_name(r)) for r in copy] for copy in copies]
    while start < len(copies):
        end = start + 1
        while end < len(copies) and said[end] == said[start]:
            end += 1
        first, last = copies[start][0]["_fold"][1], copies[end - 1][0]["_fold"][1]
        for alike in zip(*copies[start:end]):
            r = alike[0]
            name = r["name"] if end - start == 1 else copy_name(r, f"{first}…{last}") + inner_name(r)
            out.append(Folded(list(alike), name))
        start = end
    return out


def inner_name(r: Row) -> str:
    """A row's name without the number of its copy."""
    name: str = r["name"]
    return name.removeprefix(copy_name(r, str(r["_fold"][1])))


def copy_name(r: Row, number: str) -> str:
    """The name of a copy of the repeat around a row."""
    separator: str = r.get("_sep", ".")
    return separator.join([*r["_fold"][0].split("."), number])


# ---- where it comes from


def sources(copies: list[Row]) -> str:
    """What copies of a layer take: as the first has it, and where the others have another, theirs behind `then`."""
    lists = [[near(r["name"], v) for v in r["inputs"]] for r in copies]
    if len(set(map(len, lists))) > 1:
        return ", ".join(lists[0])
    out = []
    for first, *rest in zip(*lists):
        more = "" if all(v == first for v in rest) else spread(rest)
        out.append(f"{first} then {more}" if more else first)
    return ", ".join(out)


def near(layer: str, value: str) -> str:
    """A value's name as seen from a layer: `.conv1` beside it, `..conv1` one level up, else in full."""
    inside = layer.split(".")[:-1]
    for levels, dots in ((len(inside), "."), (len(inside) - 1, "..")):
        prefix = ".".join(inside[:levels]) + "."
        if levels > 0 and value.startswith(prefix):
            return dots + value[len(prefix) :]
    return value


def spread(names: list[str]) -> str:
    """Names that differ in one number that counts up, as one: `..0…10.add`; `…` where they differ otherwise."""
    parts = [n.split(".") for n in names]
    if len(set(map(len, parts))) > 1:
        return "…"
    out = []
    for column in zip(*parts):
        counts = [int(p) for p in column if p.isdigit()]
        if len(set(column)) == 1:
            out.append(column[0])
        elif len(counts) == len(column) and counts == list(range(counts[0], counts[0] + len(counts))):
            out.append(f"{counts[0]}…{counts[-1]}")
        else:
            return "…"
    return ".".join(out)
