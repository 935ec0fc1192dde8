"""Tables to read, built from a report's rows: what goes into which column, and repeated blocks folded."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any

from ..report import Report
from ..report.shape_text import some, tuple_text
from ..shapes.expression_text import text
from ..shapes.normal import Expr
from .folding import fold, signature_of_layer, signature_of_parameter, sources

PARAMETER_COLUMNS = {
    "show": ["parameter", "declared", "resolved", "count", "notes"],
    "init": ["parameter", "declared", "resolved", "initializer", "count", "notes"],
    "run": ["parameter", "resolved", "count", "notes"],
}
LAYER_COLUMNS = ["layer", "kind", "from", "output", "parameters", "macs"]
RIGHT = {"count", "parameters", "macs", "×", "mean", "std", "min", "max", "nan", "ms", "line", "bytes"}


class Table:
    """Columns, rows of texts, rows to mark (with why), and lines that follow."""

    __slots__ = ("columns", "footer", "marked", "rows", "title")

    def __init__(self, title: str, columns: list[str], rows: list[list[str]]) -> None:
        self.title = title
        self.columns = columns
        self.rows = rows
        self.marked: dict[int, str] = {}
        self.footer: list[str] = []


def grouped(n: Any) -> str:
    """25,557,032; a formula as it stands; ? for what is not known."""
    return "?" if n is None else f"{n:,}" if type(n) is int else text(n)


def shape_text(dims: Any) -> str:
    return "(?)" if dims is None else tuple_text(dims)


def parameter_table(report: Report, options: dict[str, Any]) -> Table:
    """The parameters: what each layer alone declares beside what the network knows."""
    columns = list(options.get("columns") or PARAMETER_COLUMNS.get(report.command, PARAMETER_COLUMNS["show"]))
    if options.get("depends") and "depends_on" not in columns:
        columns.insert(columns.index("count") + 1 if "count" in columns else len(columns), "depends_on")
    rows = [r for r in report.parameters if keep(r["name"], options)]
    folded = fold(rows, signature_of_parameter, not options.get("unfold"))
    shown = Shown()
    lines = [[parameter_cell(f.row, f.name, f.times, c, shown) for c in columns] for f in folded]
    table = Table("parameters", columns, lines)
    table.footer = footer(report)
    drop_empty(table, {"notes"} if not options.get("columns") else set())
    return table


class Shown(dict[int, str]):
    """Shapes as text, by their ids: a report has one list for all tensors of a shape."""

    def text(self, dims: Any) -> str:
        found = self.get(id(dims))
        if found is None:
            found = self[id(dims)] = shape_text(dims)
        return found


def parameter_cell(r: dict[str, Any], name: str, times: int, column: str, shown: Shown) -> str:
    if column == "parameter":
        return name + (f"  × {times}" if times > 1 else "")
    if column == "declared":
        return shown.text(r["declared"])
    if column == "resolved":
        return shown.text(r["shape"])
    if column == "count":
        if r["tied_to"] is not None:
            return "tied"
        return grouped(times_term(r["_count"], times))
    if column == "notes":
        return notes(r)
    if column == "depends_on":
        return ", ".join(r["depends_on"])
    value = r.get({"symbolic": "symbolic"}.get(column, column))
    return "" if value is None else shape_text(value) if isinstance(value, list) else str(value)


def notes(r: dict[str, Any]) -> str:
    """What is special: ties, buffers, frozen ones, formulas and what is waited for."""
    out = []
    if r["tied_to"] is not None:
        out.append(f"is {r['tied_to']}")
    if r["buffer"]:
        out.append("buffer")
    elif not r["trainable"]:
        out.append("frozen")
    if -1 in (r["shape"] or ()):
        formulas = [s for s, n in zip(r["symbolic"], r["shape"]) if n == -1 and s != "?"]
        formulas = [f for f in formulas if any(c in f for c in "*/+ (")]  # a bare symbol is named by what is waited for
        if formulas:
            out.append("-1 = " + ", ".join(formulas))
    if r.get("note"):
        out.append(r["note"])
    if r["waits_for"]:
        out.append(f"waits for {r['_waits']}")
    places: dict[str, list[str]] = {}
    for a in r.get("assumed", ()):
        places.setdefault(a["layer"], []).append(str(a["axis"]))
    out += [f"dim{'s' * (len(axes) > 1)} {', '.join(axes)} assumed at {layer}" for layer, axes in places.items()]
    return "; ".join(out)


def layer_table(report: Report, options: dict[str, Any]) -> Table:
    """The values, layer by layer, with where each comes from."""
    rows = [r for r in report.layers if keep(r["name"], options)]
    if options.get("depth") is not None:
        rows = shallow(report, rows, options["depth"])
    folded = fold(rows, signature_of_layer, not options.get("unfold"))
    lines: list[list[str]] = []
    marked: dict[int, str] = {}
    for f in folded:
        r, times = f.row, f.times
        if r["_problem"]:
            marked[len(lines)] = r["_problem"]
        lines.append([f.name + (f"  × {times}" if times > 1 else ""), r["kind"], sources(f.copies), outputs(r["_rows"]),
                      grouped(times_term(r["_parameters"], times)), grouped(times_term(r["_macs"], times))])  # fmt: skip
    table = Table("layers", list(LAYER_COLUMNS), lines)
    table.marked = marked
    if report.rejected and marked:
        last = max(marked)
        table.rows = table.rows[: last + 1]
    return table


def outputs(shown: list[str]) -> str:
    """The shapes that a layer yields; alike ones in a row once: `(N, T, 768) × 3`."""
    return " ".join(text_ + (f" × {n}" if n > 1 else "") for text_, n in ((k, len(list(g))) for k, g in groupby(shown)))


def times_term(term: Any, times: int) -> Any:
    if term is None or times == 1:
        return term
    from ..shapes.expr import mul

    return mul(times, term)


def shallow(report: Report, rows: list[dict[str, Any]], depth: int) -> list[dict[str, Any]]:
    """Rows joined by the first `depth` parts of their names; each shows what leaves it."""
    from ..shapes.expr import add

    out: dict[str, dict[str, Any]] = {}
    for r in rows:
        name = ".".join(r["name"].split(".")[:depth])
        if name == r["name"] or depth < 1:
            out.setdefault(r["name"], dict(r))
            continue
        old = out.get(name)
        if old is None:
            out[name] = {**r, "name": name, "kind": "block"}
            continue
        old["inputs"] = [*old["inputs"], *(v for v in r["inputs"] if v not in old["inputs"] and not v.startswith(f"{name}."))]
        for key in ("_parameters", "_macs"):
            old[key] = None if old[key] is None or r[key] is None else add(old[key], r[key])
        old["_rows"], old["output_shapes"] = r["_rows"], r["output_shapes"]
        old["_problem"] = old["_problem"] or r["_problem"]
    return list(out.values())


def keep(name: str, options: dict[str, Any]) -> bool:
    globs = options.get("filter")
    return not globs or any(fnmatchcase(name, g) for g in globs)


def footer(report: Report) -> list[str]:
    """The totals in words; they add up to the column of counts."""
    t, formulas = report.totals, report.formulas
    out = []
    if t["parameters"] is not None:
        frozen = t["parameters"] - t["trainable"]
        split = f", {t['trainable']:,} trainable and {frozen:,} frozen" if frozen else ""
        bytes_ = "" if t["bytes"] is None else f" · {size_text(t['bytes'])}"
        out.append(f"{t['parameters']:,} parameters{split}{bytes_}")
    elif "parameters" in formulas:
        out.append(f"parameters = {formulas['parameters']}, at least {t['at_least']:,}")
        if t["trainable"] is not None or formulas["trainable"] != formulas["parameters"]:
            out.append(f"of which trainable = {grouped(t['trainable']) if t['trainable'] is not None else formulas['trainable']}")
    else:
        out.append(f"at least {t['at_least']:,} parameters")
    if "bytes" in formulas:
        out.append(f"bytes = {formulas['bytes']}")
    out += framework_total(report)
    if t["buffers"]:
        out.append(f"{t['buffers']:,} values in buffers")
    elif "buffers" in formulas:
        out.append(f"values in buffers = {formulas['buffers']}")
    if t["unresolved"]:
        open_ = [r for r in report.parameters if r["waits_for"] and r["tied_to"] is None]
        waits = list(dict.fromkeys(w for r in open_ for w in r["waits_for"].split(", ")))
        verb = "tensor waits" if t["unresolved"] == 1 else "tensors wait"
        out.append(f"{t['unresolved']} {verb} for {some(waits)}")
    assumed = sum("assumed" in r for r in report.parameters)
    if assumed:
        has, what = ("tensors have sizes", "they broadcast") if assumed > 1 else ("tensor has a size", "it broadcasts")
        out.append(f"{assumed} {has} assumed: equal to what {what} with, where 1 would broadcast too")
    if t["macs"]:
        out.append(f"{t['macs']:,} multiply-accumulates (convolutions and matrix products; 1 MAC = 2 FLOPs)")
    elif "macs" in formulas:
        out.append(f"multiply-accumulates (1 MAC = 2 FLOPs) = {formulas['macs']}")
    elif t["macs"] is None and not report.rejected:
        out.append(f"multiply-accumulates are unknown: {report.unknown_cost()}")
    return out + warned(report)


def warned(report: Report) -> list[str]:
    """The warnings, a line each."""
    return [f"{p['severity']}: {brief(p)}" for p in report.warnings]


def brief(p: dict[str, Any]) -> str:
    """A problem in a line: `message (spec.yaml:4) [rule]`."""
    at = f" ({p['file']}:{p['line']})" if p["file"] else ""
    return f"{p['message']}{at} [{p['rule']}]"


def framework_total(report: Report) -> list[str]:
    """Where another framework's tensors hold more or fewer parameters than this network has: said, not counted."""
    theirs, mine = report.seen().get("as", {}).get("parameters"), report.totals["parameters"]
    if theirs is None or mine is None or theirs == mine:
        return []
    return [f"the tensors of {report.lens.framework} hold {theirs:,}: it has one where two are added"]


def size_text(n: Any) -> str:
    if n is None:
        return "? bytes"
    if n < 1024:
        return f"{n:,} bytes"
    power = min((n.bit_length() - 1) // 10, 3)
    tenths, rest = divmod(10 * n, 1024**power)  # whole numbers: a float holds no count of 309 digits
    tenths += 2 * rest > 1024**power or (2 * rest == 1024**power and tenths % 2)
    return f"{tenths // 10:,}.{tenths % 10} {('KiB', 'MiB', 'GiB')[power - 1]}"


def drop_empty(table: Table, columns: set[str]) -> None:
    """Leave out optional columns that say nothing."""
    for k in reversed(range(len(table.columns))):
        if table.columns[k] in columns and not any(row[k] for row in table.rows):
            del table.columns[k]
            for row in table.rows:
                del row[k]


def result_tables(report: Report) -> list[Table]:
    """What a run gave: a table of outputs, and of every value where it was traced."""
    out = []
    for key, title in (("trace", "layer"), ("results", "output")):
        rows = report.extra.get(key)
        if rows:
            columns = [title, "shape", "dtype", "mean", "std", "min", "max", "nan", *(["ms"] if key == "trace" else [])]
            table = Table(key, columns, [
                [r["name"], tuple_text(r["shape"]), r["dtype"], *(figure(r[k]) for k in ("mean", "std", "min", "max")),
                 str(r["nans"]), *([f"{r['ms']:.2f}"] if key == "trace" else [])] for r in rows
            ])  # fmt: skip
            out.append(table)
    return out


def figure(x: float | None) -> str:
    return "-" if x is None else f"{x:.5g}"


def heading(report: Report) -> str:
    """Which network, and what comes in and goes out."""
    doc_inputs = [f"{i.name} {report.shown(i.value)} {report.resolved.dtype(i.value)}" for i in report.network.inputs]
    outputs = [f"{label} {report.shown(v)}" for label, v in report.network.outputs]
    return f"{report.network.name}: {', '.join(doc_inputs) or 'no input'} → {', '.join(outputs) or 'nothing'}"


__all__ = ["RIGHT", "Expr", "Table", "brief", "grouped", "heading", "layer_table", "parameter_table", "result_tables", "warned"]
