"""What decides how often an item is built: `when`, `repeat`, `fanout` and their index."""

from __future__ import annotations

from ...layers.core.arguments import show
from ...problems import Problem
from ..compile.items import Item
from ..compile.static_checks import codes_of, nested, references_of
from ..expressions.values import Located
from .context import Context
from .limits import MAX_REPEAT
from .scope import Entry


def count_of(item: Item, ctx: Context) -> int | None:
    """How many copies; None for an item without repeat and fanout."""
    for name in ("repeat", "fanout"):
        if name in item.modifiers:
            key, code = item.modifiers[name]
            n = code.get(ctx.values.without_symbols())
            n = int(n) if type(n) is float and n.is_integer() else n
            if type(n) is not int or not 0 <= n <= MAX_REPEAT:
                raise Located(code.node, Problem("repeat-count", f"{name} is {show(n)}", found=show(n),
                                                 expected=f"an int from 0 to {MAX_REPEAT}"))  # fmt: skip
            return n
    return None


def is_present(item: Item, ctx: Context) -> bool:
    """Whether an item's `when` leaves it in; raises Located."""
    if "when" not in item.modifiers:
        return True
    code = item.modifiers["when"][1]
    value = code.get(ctx.values.without_symbols())
    if type(value) is not bool:
        raise Located(
            code.node, Problem("not-a-condition", f"when is {show(value)}", found=show(value), expected="true or false")
        )
    return value


def gone(item: Item) -> Entry:
    """What stands for the name of something that a `when` removes."""
    entry = Entry(None, item.head)
    entry.removed = True
    return entry


def remove(item: Item, ctx: Context) -> None:
    """The items of a removed unnamed container are removed with it, and the names of its branches."""
    if item.transparent and item.name is None:
        for key, children in item.lists.items():
            if item.cls is not None and getattr(item.cls, "branching", False) and not item.numbered:
                ctx.names.entries.setdefault(key, gone(item))
                continue
            for child in children:
                if child.label not in ctx.names.entries:
                    ctx.names.entries[child.label] = gone(child)
                    remove(child, ctx)


def reads(item: Item, name: str) -> bool:
    """Whether an item, or what stands in it, reads a variable."""
    return any(
        name == found
        for each in nested([item])
        for code in (*codes_of(each), *(p for r in references_of(each) for p in r.codes()))
        for _, found in code.names()
    )
