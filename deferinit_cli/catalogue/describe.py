"""Everything about one kind, as data."""

from __future__ import annotations

from typing import Any

from ..layers.core.arguments import Argument, Choice, Flag, show
from ..layers.core.base import Layer
from ..layers.core.framework_tensors import parts_of, pieces
from ..layers.core.patterns import patterns
from ..problems import Problem
from . import details, elsewhere, group, summary
from .examples import instance, spec
from .statement import Statement, axes_text, spoken, state, token_text


def describe(cls: type[Layer]) -> dict[str, Any]:
    """The documented entry of a kind; `example` is a spec, which the caller runs."""
    common = {"kind": cls.kind, "group": group(cls), "about": summary(cls), "details": details(cls)}
    abroad: dict[str, dict[str, Any]] = {f: {"names": names, "tensors": []} for f, names in elsewhere(cls).items()}
    found = instance(cls)
    if found is None:
        holds = dict(cls.holds)  # type: ignore[attr-defined]
        empty: dict[str, Any] = {k: [] for k in ("arguments", "inputs", "outputs", "relation", "variants", "parameters")}
        more = {"ranked": False, "constraints": split(cls), "macs": None, "elsewhere": abroad, "example": spec(cls)}
        return {**common, "holds": holds, **empty, **more}
    layer, ranks = found
    said = spoken(layer)
    statement = state(said, ranks)
    for framework, e in abroad.items():
        e["tensors"] = tensors_abroad(said, framework) if e["names"] else []
    return {
        **common,
        "holds": {},
        "arguments": [argument(a) for a in cls.arguments.values()],
        "inputs": inputs(said, statement),
        "outputs": outputs(layer, statement),
        "ranked": statement.ranked,
        "relation": statement.equations(),
        "variants": variants(said, ranks, statement),
        "constraints": constraints(said, statement),
        "parameters": parameters(said),
        "macs": statement.macs or None,
        "elsewhere": abroad,
        "example": spec(cls),
    }


def argument(a: Argument) -> dict[str, Any]:
    return {
        "name": a.name,
        "type": a.type,
        "expects": a.brief(),
        "default": None if a.required else a.default if isinstance(a.default, str) else show(a.default),
        "required": a.required,
        "choices": list(a.choices) if isinstance(a, Choice) else list(a.words),
        "help": a.help,
        "also": list(a.also),
    }


def inputs(layer: Layer, statement: Statement) -> list[dict[str, Any]]:
    """Each input's name, shape and dtype; `optional` at the end, `repeated` where any number may come."""
    out = []
    ports = layer.ports if not layer.variadic else tuple("abcdef"[: len(statement.takes)])
    for k, name in enumerate(ports):
        shape = statement.takes[k] if k < len(statement.takes) else "(…)"
        dtype = layer.wants(k)
        out.append({"name": name, "shape": shape, "dtype": dtype, "optional": k >= len(ports) - layer.optional,
                    "repeated": layer.variadic})  # fmt: skip
    return out


def outputs(layer: Layer, statement: Statement) -> list[dict[str, str]]:
    """The shape of each value it yields; a side output has a name."""
    names = [""] * (len(statement.gives) - len(layer.sides)) + list(layer.sides)
    return [{"name": n, "shape": s} for n, s in zip(names, statement.gives)]


def variants(layer: Layer, ranks: list[int], usual: Statement) -> list[dict[str, Any]]:
    """What flags and words change of the shapes: `keepdims: true`, `padding: same`."""
    out: list[dict[str, Any]] = []
    for name, a in layer.arguments.items():
        options: list[Any] = [not getattr(layer, name)] if isinstance(a, Flag) else list(a.words)
        plain = stated(layer, ranks, name, a.default) if a.words and not a.required else None
        known = [usual] + ([plain] if plain is not None else [])
        for value in options:
            found = stated(layer, ranks, name, value)
            if found is None or any(found.same(s) for s in known):
                continue
            shapes = (found.takes, found.gives) != (usual.takes, usual.gives)
            out.append({
                "with": f"{name}: {show(value) if type(value) is bool else value}",
                "inputs": found.takes if shapes else [],
                "outputs": found.gives if shapes else [],
                "relation": [w for w in found.equations() if w not in usual.equations()],
            })  # fmt: skip
    return out


def stated(layer: Layer, ranks: list[int], name: str, value: Any) -> Statement | None:
    """The statement with another value of one argument; None where it does not go with the others."""
    try:
        other = type(layer)(**{n: getattr(layer, n) for n in layer.arguments} | {name: value})
        other.check()
        return state(other, ranks)
    except Problem:
        return None


def constraints(layer: Layer, statement: Statement) -> list[dict[str, str]]:
    """(rule, what must hold), of all that can be wrong beyond the ranges of arguments."""
    out: list[tuple[str, str]] = []
    taken = patterns(layer.takes) if layer.takes else ()
    for port, (before, star, after) in zip(layer.ports, taken):
        least = len(before) + len(after)
        if least or star is None:
            out.append(("rank-mismatch", f"{port} has {'at least ' if star else ''}{least} dim{'s' if least != 1 else ''}"))
    for wanted in ("float", "integer"):
        names = [port for k, port in enumerate(layer.ports) if layer.wants(k) == wanted]
        if names:
            listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
            out.append(("dtype-mismatch", f"{listed} hold{'s' if len(names) == 1 else ''} {wanted}s"))
    every = [{axis for axis in (*before, *after) if not axis[0].isdigit()} for before, _, after in taken]
    shared = sorted({axis for k, axes in enumerate(every) for other in every[:k] for axis in axes & other})
    if shared:
        out.append(
            (
                "size-mismatch",
                f"{', '.join(map(token_text, shared))} {'is' if len(shared) == 1 else 'are'} the same in all inputs",
            )
        )
    coming = {axis for before, _, after in taken for axis in (*before, *after)}
    sizes = [a.name for a in layer.arguments.values() if a.type == "size" and a.name in coming]
    out += [("size-mismatch", f"{name}, where given, is the size that comes in") for name in sizes]
    if layer.index_limit:
        out.append(("index-out-of-range", f"every index is at least 0 and below {layer.index_limit}"))
    out += [(rule, demand) for rule, _, demand in statement.relations if demand]
    out += [(r["rule"], r["text"]) for r in split(type(layer))]
    return [{"rule": rule, "text": text} for rule, text in dict.fromkeys(out)]


def split(cls: type[Layer]) -> list[dict[str, str]]:
    """The `rules` of a kind."""
    return [{"rule": rule, "text": text} for rule, _, text in (r.partition(": ") for r in cls.rules)]


def parameters(layer: Layer) -> list[dict[str, Any]]:
    """The tensors, by axis names."""
    return [
        {
            "name": p.key,
            "shape": axes_text(p.axes),
            "initializer": p.initializer.text(),
            "buffer": p.buffer,
            "when": p.when or None,
        }
        for p in with_all(layer).tensors()
    ]


def with_all(layer: Layer) -> Layer:
    """The layer with every flag set that a parameter waits for."""
    flags = {p.when: True for p in layer.parameters if p.when and isinstance(layer.arguments[p.when], Flag)}
    return type(layer)(**{n: getattr(layer, n) for n in layer.arguments} | flags)


def tensors_abroad(layer: Layer, framework: str) -> list[dict[str, Any]]:
    """What a framework has for the parameters: name, shape, which of them it is made `of`, which of their parts in which
    `order`, and whether some axes are `turned`: read backwards."""
    found: dict[str, dict[str, Any]] = {}
    for p in with_all(layer).tensors():
        for piece in pieces(p, framework):
            own = p.axes.split()
            if len(piece.parts) == 1:
                own[0] = parts_of(p)[piece.parts[0]]
            turned = any(token[0] == "~" for token in piece.axes)
            row = found.setdefault(piece.name, {"name": piece.name, "shape": abroad_text(piece.axes, own), "of": [],
                                                "order": " ".join(piece.parts), "turned": turned})  # fmt: skip
            row["of"].append(p.key)
    return list(found.values())


def abroad_text(axes: tuple[str, ...], own: list[str]) -> str:
    """A piece's axes as a tuple: `#1` by its name, ones for a star."""
    out: list[str] = []
    for token in axes:
        if token.startswith("#"):
            out.append(own[int(token[1:])])
        elif token.startswith("*"):
            out += ["1", "…"] if "…" not in out else []
        elif "/" in token:
            out.append(token.partition("/")[2])
        else:
            out.append(token.lstrip("~"))
    return axes_text(" ".join(out))
