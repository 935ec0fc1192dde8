"""Blocks and files called: the values that they see, and where what stands in them is built."""

from __future__ import annotations

from typing import Any

from ...graph import Call, Network
from ..compile.asserts import requirements
from ..compile.bodies import Body
from ..compile.file import File, dtype_in
from ..compile.items import Item
from ..compile.variables import Setting, kept
from ..expressions.values import Located
from .context import Context, variables
from .scope import Names, Values


class Calls:
    """Numbers the calls of one network: symbols belong to a call."""

    def __init__(self) -> None:
        self.count = 0

    def arguments(self, item: Item, target: Any, ctx: Context) -> Values | None:
        """The values a block sees: its arguments over its file's vars."""
        given: dict[str, Any] = {}
        for name, (_, code) in item.arguments.items():
            try:
                value = code.get(ctx.values)
                given[name] = kept(name, target.vars[name].code.value, value, code.node) if isinstance(target, File) else value
            except Located as e:
                ctx.located(e)
                return None
        self.count += 1
        if isinstance(target, File):
            settings = {n: Setting(v, ctx.file.source, item.arguments[n][1].node) for n, v in given.items()}
            return file_values(target, ctx, item.kind, settings, self.count, Call(item, ctx.call))
        outer = values_of(target.file, ctx, item.kind)
        if outer is None:
            return None
        values = Values({}, outer, self.count)
        for name, default in target.args:
            if name in given:
                values.names[name] = given[name]
            elif default is None and not target.unsound:
                ctx.fault(item.head, "missing-argument", f"{item.kind} needs '{name}'",
                          help=f"- {item.kind}: {{{name}: …}}")  # fmt: skip
                return None
            elif default is None:
                return None
            else:
                try:
                    values.names[name] = default.get(values)
                except Located as e:
                    if e.problem.rule == "unknown-name" and e.problem.found in target.argument_names():
                        e.problem.help = f"a default may use earlier arguments: '{e.problem.found}' comes later"
                    target.file.faults.problem(target.file.source, e.node, e.problem)
                    return None
        return values


def require(network: Network, ctx: Context) -> None:
    """Note what a file asserts of its symbols in this instance."""
    try:
        network.requirements += requirements(ctx.file, ctx.values, ctx.call)
    except Located as e:
        ctx.located(e)


def inside(item: Item, target: Body, ctx: Context, values: Values, name: str) -> Context:
    """Where the items of a block or file that is called are instantiated."""
    inner = Context(target.file, values, Names(None), name + ".", Call(item, ctx.call))
    inner.overrides, inner.fold, inner.depth = ctx.overrides, ctx.fold, ctx.depth + 1
    inner.copies = ctx.copies
    inner.dtype = ctx.dtype if target.file is ctx.file else default_dtype(target.file, inner)
    inner.root = name + "." if isinstance(target, File) else ctx.root
    return inner


def default_dtype(file: File, ctx: Context) -> str:
    """The default dtype of a file in one instance of it."""
    try:
        return dtype_in(file.dtype, ctx.values) if file.dtype is not None else "float32"
    except Located as e:
        ctx.located(e)
        return "float32"


def values_of(file: File, ctx: Context, kind: str) -> Values | None:
    """The vars of the file a block is written in."""
    if file is ctx.file:
        at: Values | None = ctx.values
        while at is not None and at.outer is not None:
            at = at.outer
        return at
    return file_values(file, ctx, kind, {}, None, ctx.call)


def file_values(
    file: File, ctx: Context, kind: str, given: dict[str, Setting], call: int | None, caller: Call | None
) -> Values | None:
    """An imported file's vars: its defaults, the importer's `set`, what the call gives."""
    sets = ctx.file.import_sets.get(kind.partition(".")[0], {})
    chosen = dict(given)
    outer = ctx.values
    while outer.outer is not None:
        outer = outer.outer
    for name, (_, code) in sets.items():
        if name not in chosen:
            try:
                value = kept(name, file.vars[name].code.value, code.get(outer), code.node)
                chosen[name] = Setting(value, ctx.file.source, code.node)
            except Located as e:
                ctx.located(e)
                return None
    return variables(file, chosen, file.faults, call, caller)
