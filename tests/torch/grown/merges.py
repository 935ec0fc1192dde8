"""Items of several inputs: what flows side by side joined, earlier values met again, attention, states, positions."""

from __future__ import annotations

from random import Random
from typing import Any

from torch import Tensor

from ..draws import chance
from .fits.windows import divisors, floats
from .growing import Grower
from .model import Item, Ref
from .scope import Ctx

MERGES = {"add", "sub", "mul", "div", "maximum", "minimum", "average", "concat", "stack"}
"""Kinds that take references as their value."""

ELEMENTWISE = ("add", "mul", "maximum", "minimum", "average")


def joins(r: Random, x: list[Tensor]) -> list[tuple[str, dict[str, Any]]]:
    """Kinds, with arguments, that make one of several values."""
    found: list[tuple[str, dict[str, Any]]] = []
    shapes = [tuple(y.shape) for y in x]
    ndim = x[0].ndim
    if len(set(shapes)) == 1:
        found += [(kind, {"broadcast": False} if chance(r, 0.2) else {}) for kind in ELEMENTWISE]
        found += [(kind, {}) for kind in ("sub", "div") if len(x) == 2]
        found.append(("stack", {"axis": r.randint(-ndim - 1, ndim)} if chance(r, 0.7) or not ndim else {}))
    elif max(y.ndim for y in x) and fits_together(shapes):
        found += [(kind, {}) for kind in ELEMENTWISE]
        found += [(kind, {}) for kind in ("sub", "div") if len(x) == 2]
    if ndim and all(y.ndim == ndim for y in x):
        for axis in range(ndim):
            if len({(*s[:axis], *s[axis + 1 :]) for s in shapes}) == 1:
                found += [("concat", {} if axis == 1 and chance(r, 0.6) else {"axis": axis if chance(r) else axis - ndim})] * 3
    if len(x) == 2 and all(y.ndim >= 2 and floats(y) for y in x):
        a, b = x
        found += [("matmul", {"transpose_a": t, "transpose_b": u} if t or u or chance(r, 0.1) else {}) for t in (False, True)
                  for u in (False, True) if a.shape[-2 if t else -1] == b.shape[-1 if u else -2]] * 2  # fmt: skip
    if all(floats(y) and y.ndim for y in x) and len(x) <= 3:
        found.append(("einsum", {"equation": equation(r, x)}))
    found += compared(r, x) if len(x) == 2 and all(floats(y) and y.ndim >= 2 for y in x) else []
    if len(x) == 3 and max(y.ndim for y in x) and fits_together(shapes):
        found.append(("where", {}))
    if len(x) == 3 and all(y.ndim == 3 for y in x):
        found += [
            (kind, args)
            for kind in ("attention", "attention", "alibi_attention")
            for args in [attention(r, x)]
            if args is not None
        ]
    return found


def compared(r: Random, x: list[Tensor]) -> list[tuple[str, dict[str, Any]]]:
    """Kinds that weigh two values against each other."""
    a, b = x
    found: list[tuple[str, dict[str, Any]]] = []
    if a.shape[:-1] == b.shape[:-1]:
        found.append(("bilinear", {"units": r.randint(1, 5)}))
    if a.shape == b.shape:
        found.append(("cosine_similarity", {"axis": r.randint(-a.ndim, a.ndim - 1)}))
    axes = [[i, j] for i in range(1, a.ndim) for j in range(1, b.ndim) if a.shape[i] == b.shape[j] and len(a) == len(b)]
    if axes and a.ndim < 4 and b.ndim < 4:
        found.append(("dot", {"axes": r.choice(axes), **({"normalize": True} if chance(r, 0.3) else {})}))
    return found


def fits_together(shapes: list[tuple[int, ...]]) -> bool:
    """Whether shapes broadcast."""
    return all(len({s[-at] for s in shapes if len(s) >= at} - {1}) <= 1 for at in range(1, max(map(len, shapes)) + 1))


def equation(r: Random, x: list[Tensor]) -> str:
    """Letters by size: equal sizes share one here and there; some axes go, leading ones may be dots."""
    letters: dict[str, int] = {}
    terms = []
    dots = chance(r, 0.3)
    for y in x:
        term = ""
        for k, d in enumerate(y.shape):
            if dots and k == 0:
                term = "..."
                continue
            same = [c for c, size in letters.items() if size == d and c not in term]
            c = r.choice(same) if same and chance(r, 0.8) else r.choice([c for c in "abcdefghijklmKLMNOPQRS" if c not in letters])
            letters[c] = d
            term += c
        terms.append(term)
    out = r.sample(sorted(letters), r.randint(0, min(4, len(letters))))
    right = "..." * dots + "".join(out)
    return ",".join(terms) + (f"->{right}" if chance(r, 0.85) else "")


def attention(r: Random, x: list[Tensor]) -> dict[str, Any] | None:
    q, k, v = x
    if len({y.shape[0] for y in x}) > 1 or k.shape[1] != v.shape[1]:
        return None
    found = [(h, kv) for h in divisors(q.shape[2]) for kv in divisors(h)
             if k.shape[2] == kv * (q.shape[2] // h) and v.shape[2] % kv == 0]  # fmt: skip
    if not found:
        return None
    heads, kv = r.choice(found)
    args: dict[str, Any] = {"heads": heads}
    if kv != heads or chance(r, 0.1):
        args["kv_heads"] = kv
    if chance(r, 0.4):
        args["causal"] = True
        if chance(r, 0.4):
            args["window"] = r.randint(1, 4)
    if chance(r, 0.2):
        args["scale"] = r.choice([1.0, 0.3])
    return args


def join(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Make one of the values that flow side by side."""
    for kind, args in g.r.sample(found := joins(g.r, ctx.flow), min(4, len(found))):
        more: dict[str, Any] = {}
        if not args and kind in MERGES and chance(g.r, 0.3):
            more["refs"] = [Ref("prev")]
        elif chance(g.r, 0.2):
            more["source"] = [Ref("prev", (k,)) for k in range(len(ctx.flow))]
        elif kind == "attention" and chance(g.r, 0.3):
            more["source"] = {p: Ref("prev", (k,)) for k, p in enumerate("qkv")}
        if g.put(items, kind, args, ctx, **more):
            return True
    at = g.r.randrange(len(ctx.flow))
    return g.put(items, "identity", {}, ctx, source=[Ref("prev", (at,))])


def meet(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """An earlier value, or a few, and what flows."""
    seen = g.visible(ctx)
    for _ in range(8):
        refs = [Ref("prev"), *(ref for ref, _ in g.r.sample(seen, min(len(seen), g.r.choice([1, 1, 1, 2]))))]
        if chance(g.r, 0.3):
            g.r.shuffle(refs)
        values = [ctx.reach(ref) for ref in refs]
        found = joins(g.r, [v[0] for v in values]) if all(len(v) == 1 for v in values) else []
        if not found:
            continue
        kind, args = g.r.choice(found)
        merge = kind in MERGES and not args
        more: dict[str, Any] = {"refs": refs} if merge and chance(g.r, 0.7) else {"source": refs}
        if kind in ("sub", "div", "matmul") and "source" in more and chance(g.r, 0.4):
            more["source"] = dict(zip("ab", refs))
        if g.put(items, kind, args, ctx, **more):
            return True
    return False


def copies(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """All copies of a repeat, or one part of each, at once."""
    refs = [Ref(name, ("*",)) for name, e in ctx.scope.entries.items() if e.copies]
    refs += [Ref(name, ("*", part)) for name, e in ctx.scope.entries.items() if e.copies
             for part in e.copies[0].parts if not part.isdigit()]  # fmt: skip
    for ref in g.r.sample(refs, len(refs)):
        try:
            values = ctx.reach(ref)
        except Exception:
            continue
        found = joins(g.r, values) if values else []
        if found:
            kind, args = g.r.choice(found)
            if g.put(items, kind, args, ctx, source=[ref]):
                return True
    return False


def like(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """Stretched or resized as another value is."""
    x = ctx.flow[0]
    for ref, y in g.r.sample(seen := g.visible(ctx), len(seen)):
        if x.ndim == y.ndim >= 3 and all(m <= n for m, n in zip(y.shape[2:], x.shape[2:])) and chance(g.r):
            kind: tuple[str, dict[str, Any]] = ("crop", {})
        elif x.ndim <= y.ndim and fits_together([x.shape, y.shape]) and chance(g.r):
            kind = ("broadcast_to", {})
        elif 3 <= x.ndim == y.ndim <= 5 and floats(x) and floats(y):
            kind = ("upsample", {"mode": g.r.choice(["nearest", ("linear", "bilinear", "trilinear")[x.ndim - 3]])})
        else:
            continue
        source: Any = {"x": Ref("prev"), "like": ref} if chance(g.r, 0.4) else [Ref("prev"), ref]
        if g.put(items, *kind, ctx, source=source):
            return True
    return False


def jump(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """On from an earlier value."""
    seen = [ref for ref, y in g.visible(ctx) if y.numel() < 3000]
    return bool(seen) and g.layer(items, ctx, source=g.r.choice(seen))
