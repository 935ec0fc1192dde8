"""What decides how often an item is built: `when`, `repeat`, `fanout` and their index."""

from __future__ import annotations

from collections.abc import Callable

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


def faulty(item: Item) -> Entry:
    """What stands for the name of something that is not built because of a fault that has been told."""
    return Entry(None, item.head)


def stand_in(item: Item, ctx: Context, entry_of: Callable[[Item], Entry]) -> None:
    """Give the name of an item that is not built an entry; of an unnamed container, the names of its items and branches too."""
    inside = item.lists if item.transparent else {}
    branching = getattr(item.cls, "branching", False) and not item.numbered
    for name in (item.label, *(inside if branching else ())):
        entry, old = entry_of(item), ctx.names.entries.get(name)
        if old is None or (old.removed and not entry.removed):
            ctx.names.entries[name] = entry
    for children in inside.values() if not branching else ():
        for child in children:
            stand_in(child, ctx, entry_of)


def reads(item: Item, name: str) -> bool:
    """Whether an item, or what stands in it, reads a variable."""
    return any(
        name == found
        for each in nested([item])
        for code in (*codes_of(each), *(p for r in references_of(each) for p in r.codes()))
        for _, found in code.names()
    )
