"""Small pieces of networks: attention with its projections, states handed on, positions, learned tensors, sizes left out."""

from __future__ import annotations

from math import prod
from typing import Any

from ..draws import chance
from .expressions import Hole
from .fits.windows import divisors, floats
from .growing import Grower
from .merges import joins
from .model import Item, Ref
from .scope import Ctx


def learned(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """A parameter met with what flows: added, multiplied, put before it, or a product with it."""
    x = ctx.flow[0]
    if not floats(x) or x.ndim > 4:
        return False
    shape = [d if chance(g.r, 0.7) else 1 for d in x.shape][g.r.randint(0, x.ndim) if chance(g.r) else 0 :]
    if x.ndim >= 2 and chance(g.r, 0.3):
        shape = [*x.shape[:-2], x.shape[-1], g.r.randint(1, 5)]
    elif x.ndim >= 2 and chance(g.r, 0.3):
        axis = g.r.randrange(x.ndim)
        shape = [*x.shape[:axis], g.r.randint(1, 2), *x.shape[axis + 1 :]]
    name, back = g.fresh("p"), g.mark(items, ctx)
    if not ctx.scope.entries or not g.attempt(items, [g.item("identity", name=g.fresh())], ctx):
        return False
    anchor = items[-1].name
    given = given_values(g, shape) if chance(g.r, 0.25) else None
    if g.put(items, *(("constant", given) if given is not None else ("parameter", {"shape": shape})), ctx, name=name) and anchor:
        refs = [Ref(anchor), Ref(name)]
        g.r.shuffle(refs)
        found = joins(g.r, [ctx.reach(ref)[0] for ref in refs])
        for kind, args in g.r.sample(found, min(4, len(found))):
            if g.put(items, kind, args, ctx, source=refs):
                return True
    back()
    return False


def given_values(g: Grower, shape: list[int]) -> dict[str, Any]:
    """A constant of a shape: filled with a number, or written out where it is small."""
    if prod(shape) > 6 or chance(g.r):
        return {"value": g.r.choice([0.5, -1.0, 2.0]), "shape": shape}
    value: Any = [g.r.choice([0.5, -1.0, 2.0]) for _ in range(prod(shape))]
    for n in shape[:0:-1]:
        value = [value[k : k + n] for k in range(0, len(value), n)]
    return {"value": value if shape else value[0]}


def picked(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Entries picked by index along an axis, one or a few for each place."""
    x, name = ctx.flow[0], g.fresh("x")
    if not floats(x) or not 1 <= x.ndim <= 4 or not g.put(items, "identity", {}, ctx, name=name):
        return False
    axis = g.r.randint(-x.ndim, x.ndim - 1)
    steps: list[tuple[str, dict[str, Any]]] = [("argmax", {"axis": axis}), ("expand_dims", {"axis": axis})]
    if not all(g.put(items, kind, args, ctx) for kind, args in steps):
        return False
    source: Any = {"x": Ref(name), "ids": Ref("prev")} if chance(g.r, 0.4) else [Ref(name), Ref("prev")]
    return g.put(items, "gather", {"axis": axis}, ctx, source=source)


def attend(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Queries, keys and values by layers of their own, a learned or relative bias; or the projections within."""
    x = ctx.flow[0]
    if x.ndim != 3 or not floats(x):
        return False
    r = g.r
    others = [(ref, y) for ref, y in g.visible(ctx) if y.ndim == 3 and floats(y) and y.shape[0] == x.shape[0]]
    memory, y = r.choice(others) if others and chance(r, 0.6) else (Ref("prev"), x)
    name = g.fresh("x")
    if not g.put(items, "identity", {}, ctx, name=name):
        return False
    memory = Ref(name) if memory.name == "prev" else memory
    if chance(r, 0.4):
        args: dict[str, Any] = {"heads": r.choice(divisors(x.shape[2]))}
        if y.shape[2] != x.shape[2]:
            args |= {"k_width": y.shape[2], "v_width": y.shape[2]}
        source: Any = [Ref(name), memory] if chance(r) else {"q": Ref(name), "k": memory, "v": memory}
        return g.put(items, "multi_head_attention", args, ctx, source=source)
    times, kv, d, dv = r.randint(1, 2), r.randint(1, 2), r.randint(1, 3), r.randint(1, 3)
    heads = times * kv
    parts = [g.fresh(lead) for lead in "qkv"]
    for part, units, source in zip(parts, (heads * d, kv * d, kv * dv), (Ref(name), memory, memory)):
        if not g.put(items, "dense", {"units": units}, ctx, name=part, source=[source]):
            return False
    args = {"heads": heads, **({"kv_heads": kv} if times > 1 else {}), **({"causal": True} if chance(r, 0.3) else {})}
    refs = [Ref(p) for p in parts]
    if chance(r, 0.6):
        refs.append(Ref(bias := g.fresh("b")))
        if chance(r, 0.6):
            made = {"buckets": r.choice([4, 8]), "max_distance": r.choice([8, 20]), "heads": heads, "bidirectional": chance(r)}
            done = g.put(items, "relative_bias", made, ctx, name=bias, source=refs[:2])
        else:
            done = g.put(items, "parameter", {"shape": [heads, x.shape[1], y.shape[1]]}, ctx, name=bias)
        if not done:
            refs.pop()
    source = dict(zip(("q", "k", "v", "bias"), refs)) if chance(r, 0.4) else refs
    kind = "alibi_attention" if len(refs) == 3 and chance(r, 0.4) else "attention"
    return g.put(items, kind, args, ctx, source=source)


def states(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """A recurrent layer, its last states read or given to another one."""
    x = ctx.flow[0]
    if x.ndim != 3 or not floats(x) or x.shape[1] > 12:
        return False
    r, name = g.r, g.fresh("rnn")
    kind = r.choice(["lstm", "gru", "rnn"])
    args: dict[str, Any] = {"hidden": r.randint(1, 5), "layers": r.choice([1, 2]), "bidirectional": chance(r, 0.3)}
    if not g.put(items, kind, args, ctx, name=name):
        return False
    if chance(r, 0.5):
        side = r.choice(["last", "h", "c"] if kind == "lstm" else ["last", "h"])
        return g.put(items, r.choice(["relu", "identity", "layer_norm"]), {}, ctx, source=[Ref(name, (side,))])
    refs = [Ref("prev"), Ref(name, ("h",)), *([Ref(name, ("c",))] if kind == "lstm" else [])]
    source: Any = dict(zip("xhc", refs)) if chance(r, 0.4) else refs
    return g.put(items, kind, args, ctx, source=source)


def positions(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Rows of a table by position, added; or entries taken by index."""
    r, x = g.r, ctx.flow[0]
    name, place = g.fresh("x"), g.fresh("at")
    if not g.put(items, "identity", {}, ctx, name=name):
        return False
    if floats(x) and x.ndim >= 2 and chance(r, 0.6):
        axis = r.randint(-x.ndim + 1, -2) if x.ndim > 2 else -2
        if not g.put(items, "arange", {"axis": axis}, ctx):
            return False
        rows = x.shape[axis] + r.choice([0, 2])
        if not g.put(items, "embedding", {"input_dim": rows, "output_dim": x.shape[-1]}, ctx, name=place):
            return False
        return g.put(items, "add", {}, ctx, refs=[Ref(name), Ref(place)]) if axis % x.ndim == x.ndim - 2 else True
    found = [(ref, y) for ref, y in g.visible(ctx) if not floats(y) and y.ndim <= 2]
    axes = [a for a in range(x.ndim) for _, y in found if x.shape[a] > int(y.max())]
    if not found or not axes:
        return False
    ref, ids = r.choice(found)
    axis = r.choice(axes)
    args: dict[str, Any] = {"axis": axis if chance(r) else axis - x.ndim}
    if ids.ndim == 1 and len(ids) == x.shape[0] and axis:
        args["batch"] = chance(r)
    source: Any = {"x": Ref(name), "ids": ref} if chance(r, 0.4) else [Ref(name), ref]
    return g.put(items, "take", args, ctx, source=source)


def hole(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """A size left out that a later layer, or an `expect`, says."""
    x = ctx.flow[0]
    if not floats(x) or not x.ndim:
        return False
    width = g.r.randint(2, 7)
    channels = 3 <= x.ndim <= 5 and chance(g.r)
    kind, key, more = (f"conv{x.ndim - 2}d", "channels", {"kernel_size": 1}) if channels else ("dense", "units", {})
    item = g.item(kind, {key: Hole(width), **more})
    if chance(g.r):
        shape = list(x.shape)
        shape[1 if channels else -1] = width
        item.mods["expect"] = [d if d == width else g.r.choice([d, Hole(None)]) for d in shape]
        return g.attempt(items, [item], ctx)
    told = g.item(kind, {key: g.r.randint(1, 6), "in_channels" if channels else "in_units": width, **more})
    return g.attempt(items, [item, g.item(g.r.choice(["relu", "dropout", "softmax"])), told], ctx)
