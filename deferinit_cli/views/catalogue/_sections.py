"""What every format says of one kind, in the same order: titled rows."""

from __future__ import annotations

from typing import Any, NamedTuple


class Section(NamedTuple):
    """Rows under a title; `code` are the columns that hold names and formulas."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    code: frozenset[int] = frozenset({0})


def sections(d: dict[str, Any]) -> list[Section]:
    """Those that have something to say."""
    found = [
        Section("holds", ("key", "what"), [(k, v) for k, v in d["holds"].items()]),
        Section("arguments", ("argument", "default", "what"), [argument(a) for a in d["arguments"]], frozenset({0, 1})),
        shapes(d),
        Section("relation", ("in words",), [(r,) for r in d["relation"]]),
        Section("where they differ", ("with", "becomes"), [variant(v) for v in d["variants"]], frozenset({0, 1})),
        Section("constraints", ("rule", "what must hold"), [(c["rule"], c["text"]) for c in d["constraints"]]),
        Section("parameters", ("parameter", "shape", "starts as"), [parameter(p) for p in d["parameters"]],
                frozenset({0, 1, 2})),
        Section("multiply-accumulates", ("in words",), [(d["macs"],)] if d["macs"] else []),
        Section("elsewhere", ("framework", "names"), [framework(f, e) for f, e in d["elsewhere"].items()]),
    ]  # fmt: skip
    return [s for s in found if s.rows]


def argument(a: dict[str, Any]) -> tuple[str, ...]:
    return a["name"], "required" if a["required"] else a["default"], f"{a['help']}: {a['expects']}"


def shapes(d: dict[str, Any]) -> Section:
    rows: list[tuple[str, ...]] = []
    for i in d["inputs"]:
        more = ", may be left out" if i["optional"] else ", any number of them" if i["repeated"] else ""
        dtype = f" of {i['dtype']}s" if i["dtype"] != "any" else ""
        rows.append((i["name"], f"{i['shape']}{dtype}{more}"))
    rows += [(f"yields {o['name']}".strip(), o["shape"]) for o in d["outputs"]]
    title = "shapes in the example below" if d["ranked"] else "shapes (… is any axes)" if "…" in str(rows) else "shapes"
    return Section(title, ("value", "shape"), rows)


def variant(v: dict[str, Any]) -> tuple[str, ...]:
    shapes = [f"takes {', '.join(v['inputs'])}"] if v["inputs"] else []
    shapes += [f"gives {', '.join(v['outputs'])}"] if v["outputs"] else []
    return v["with"], "; ".join([*shapes, *v["relation"]])


def parameter(p: dict[str, Any]) -> tuple[str, ...]:
    more = " (buffer)" if p["buffer"] else f", when {p['when']}" if p["when"] else ""
    return p["name"] or "(the item's name)", p["shape"], p["initializer"] + more


def framework(name: str, e: dict[str, Any]) -> tuple[str, ...]:
    tensors = [f"{t['name']} {t['shape']}".strip() + order(t) for t in e["tensors"]]
    return name, ": ".join(filter(None, [", ".join(e["names"]) or "none", ", ".join(tensors)]))


def order(t: dict[str, Any]) -> str:
    """How a framework's tensor differs from a transpose: gates in another order, cells read backwards."""
    gates = f" as {t['order']}" if " " in t["order"] else ""
    return gates + (" with its cells backwards" if t["turned"] else "")
