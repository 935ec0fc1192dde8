"""Containers: residuals, branches, copies in series and side by side, groups, layers with conditions."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..draws import chance
from .expressions import Ex
from .fits.windows import floats
from .growing import Grower
from .merges import join
from .model import Item, Ref
from .scope import Ctx, Entry
from .spelling import truth


class Opened:
    """A container being filled: it stands in its list so that its items can be named, and is taken out at the end."""

    def __init__(self, g: Grower, items: list[Item], item: Item, ctx: Ctx) -> None:
        self.g, self.items, self.item, self.ctx = g, items, item, ctx
        self.back = g.mark(items, ctx)
        self.entry = Entry()
        items.append(item)

    def inside(self, key: str, index: int | None = None) -> Ctx:
        """Where the items of one list run; `index`: the counter, in a repeat."""
        g, ctx = self.g, self.ctx
        self.item.lists.setdefault(key, [])
        ctx.scope.labels.clear()
        name = ctx.scope.label(self.item)
        around = ctx if index is None else ctx.child(names={**ctx.names, self.item.mods.get("index", "i"): index})
        lead = "grown:" + name + (f".{index}" if index is not None else "")
        return g.runner.inside(self.item, key, around, ctx.flow, lead, lead, self.entry)

    def close(self) -> bool:
        """Run it as a whole."""
        self.back()
        return self.g.attempt(self.items, [self.item], self.ctx)


def aim(g: Grower, items: list[Item], ctx: Ctx, like: Tensor) -> bool:
    """Bring what flows to a shape, where a layer or two can."""
    if len(ctx.flow) != 1:
        return False
    x = ctx.flow[0]
    if x.shape == like.shape:
        return True
    if not floats(x):
        return False
    differs = [k for k in range(like.ndim) if x.ndim == like.ndim and x.shape[k] != like.shape[k]]
    if differs == [like.ndim - 1]:
        return g.put(items, "dense", {"units": like.shape[-1]}, ctx)
    if 3 <= x.ndim == like.ndim <= 5 and 0 not in differs:
        if differs != [1] and not g.put(items, f"adaptive_avg_pool{x.ndim - 2}d", {"output_size": list(like.shape[2:])}, ctx):
            return False
        return x.shape[1] == like.shape[1] or g.put(
            items, f"conv{x.ndim - 2}d", {"channels": like.shape[1], "kernel_size": 1}, ctx
        )
    if x.numel() == like.numel():
        return g.put(items, "reshape", {"shape": list(like.shape)}, ctx)
    if x.ndim and like.ndim and x.shape[0] == like.shape[0]:
        if x.ndim > 2 and not g.put(items, "flatten", {}, ctx):
            return False
        return g.put(items, "dense", {"units": like[0].numel()}, ctx) and g.put(
            items, "reshape", {"shape": [0, *like.shape[1:]]}, ctx
        )
    return False


def residual(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """The body brought back to the input's shape, or the shortcut to the body's."""
    x = ctx.flow[0]
    if not floats(x) or not x.ndim:
        return False
    item = g.item("residual")
    box = Opened(g, items, item, ctx)
    inner = box.inside("body")
    g.grow(item.lists["body"], inner, g.r.randint(0, 3), keep=chance(g.r))
    if len(inner.flow) != 1:
        join(g, item.lists["body"], inner)
    y = inner.flow[0]
    if y.shape != x.shape and chance(g.r, 0.6):
        short = box.inside("shortcut")
        aim(g, item.lists["shortcut"], short, y)
    else:
        aim(g, item.lists["body"], inner, x)
        if chance(g.r, 0.2):
            short = box.inside("shortcut")
            g.grow(item.lists["shortcut"], short, g.r.randint(0, 1), keep=True)
    return box.close()


def branches(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """The same input into two or three lists, then joined."""
    item = g.item("branches")
    keys = ["0", "1", "2"] if chance(g.r, 0.3) else [g.fresh("b") for _ in range(3)]
    box = Opened(g, items, item, ctx)
    first: Tensor | None = None
    for key in keys[: g.r.choice([2, 2, 3])]:
        inner = box.inside(key)
        g.grow(item.lists[key], inner, g.r.randint(0 if first is not None else 1, 2), keep=chance(g.r))
        if first is None:
            first = inner.flow[0] if len(inner.flow) == 1 else None
        elif chance(g.r, 0.7):
            aim(g, item.lists[key], inner, first)
    return box.close()


def series(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Items in a sequential, repeated or not, named or not."""
    item = g.item("sequential")
    index: int | None = None
    if chance(g.r, 0.6):
        g.repeat(item, ctx, "repeat")
        index = 0
    box = Opened(g, items, item, ctx)
    inner = box.inside("body", index)
    x = ctx.flow[0] if len(ctx.flow) == 1 else None
    g.grow(item.lists["body"], inner, g.r.randint(1, 3), keep=index is not None and chance(g.r, 0.6))
    if index is not None and x is not None and chance(g.r, 0.6):
        aim(g, item.lists["body"], inner, x)
    return box.close()


def fanout(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Copies of a group or layer side by side, joined."""
    if chance(g.r, 0.5):
        item = g.item("sequential")
        g.repeat(item, ctx, "fanout")
        box = Opened(g, items, item, ctx)
        inner = box.inside("body", 0)
        g.grow(item.lists["body"], inner, g.r.randint(1, 2))
        return box.close()
    count, back = len(items), g.mark(items, ctx)
    if not g.layer(items, ctx) or len(items) != count + 1 or items[-1].mods.keys() & {"repeat", "when", "expect"}:
        return False
    item = items[-1]
    back()
    g.repeat(item, ctx, "fanout")
    return g.attempt(items, [item], ctx)


def exclusive(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Two layers of one name, one of them removed by its `when`."""
    name, first = g.fresh(), chance(g.r)
    kinds = [g.r.choice(["relu", "tanh", "dense", "layer_norm", "conv2d"]) for _ in range(2)]
    on, off = truth(g.r, True, ctx.names), truth(g.r, False, ctx.names)
    new = []
    for k, kind in enumerate(kinds):
        args: dict[str, Any] = (
            {"units": g.r.randint(1, 6)} if kind == "dense" else {"channels": 2, "kernel_size": 1} if kind == "conv2d" else {}
        )
        item = g.item(kind, args, name=name)
        item.mods["when"] = Ex(*(on if (k == 0) == first else off))
        new.append(item)
    return g.attempt(items, new, ctx)


def decoy(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """A layer or container that its `when` removes; it keeps its place in the count of its kind."""
    kind = g.r.choice(["dense", "relu", "lstm", "sequential", "residual"])
    item = g.item(kind, {"units": 3} if kind == "dense" else {"hidden": 3} if kind == "lstm" else {})
    if kind in ("sequential", "residual"):
        item.lists["body"] = [g.item("relu"), g.item("dense", {"units": 2})]
    item.mods["when"] = Ex(*truth(g.r, False, ctx.names))
    return g.attempt(items, [item], ctx)


def again(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """An earlier item once more, or a copy or part of one, with the same parameters."""
    found: list[Ref] = []

    def walk(ref: Ref, entry: Entry, depth: int) -> None:
        if entry.again is not None and not entry.removed:
            found.append(ref)
        if depth < 2:
            for k, copy in enumerate(entry.copies or []):
                walk(ref.to(k), copy, depth + 1)
            for name, part in entry.parts.items():
                walk(ref.to(int(name) if name.isdigit() else name), part, depth + 1)

    at = ctx.scope
    while at is not None:
        for name, entry in at.entries.items():
            walk(Ref(name), entry, 0)
        at = at.outer  # type: ignore[assignment]
    for ref in g.r.sample(found, min(5, len(found))):
        item = g.item("apply", apply=ref)
        if chance(g.r, 0.25):
            item.mods["repeat"] = g.r.randint(0, 3)
        elif chance(g.r, 0.4):
            item.source = [g.r.choice(g.visible(ctx))[0]]
        if g.attempt(items, [item], ctx):
            return True
    return False
