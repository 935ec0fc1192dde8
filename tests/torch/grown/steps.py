"""The steps a network is grown by, and the whole of it: inputs, outputs, and what is said of parameters."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from ..draws import NoWord, chance, some
from . import blocks, containers, merges, pieces
from .expressions import Ex, Hole
from .fits.windows import floats
from .growing import KINDS, STARTS, Grower
from .items import WRONG
from .model import Feed, Item, Net, Port, Ref, in_double
from .running import feed, run
from .scope import Ctx

Step = Callable[[Grower, list[Item], Ctx], bool]

STEPS: dict[Step, float] = {
    containers.residual: 1.2, containers.branches: 1.2, containers.series: 1.5, containers.fanout: 0.8,
    containers.exclusive: 0.4, containers.decoy: 0.3, containers.again: 1, blocks.call: 2, merges.meet: 1.5,
    merges.copies: 0.9, merges.like: 0.6, merges.jump: 0.8, pieces.learned: 0.8, pieces.attend: 0.8, pieces.states: 0.6,
    pieces.positions: 0.8, pieces.picked: 0.4, pieces.hole: 0.5,
}  # fmt: skip
"""How likely each is, where a layer by itself is 9."""

LARGEST = 45
"""Items after which no more containers are opened."""


def step(g: Grower, items: list[Item], ctx: Ctx, keep: bool = False) -> None:
    """One step where things stand."""
    if ctx.several:
        g.layer(items, ctx, source=g.r.choice(g.visible(ctx))[0])
        return
    if len(ctx.flow) != 1:
        if len(ctx.flow) > 1:
            merges.join(g, items, ctx)
        return
    if keep or g.size > LARGEST or g.r.random() < 9 / (9 + sum(STEPS.values())):
        g.layer(items, ctx, keep)
    else:
        g.r.choices(list(STEPS), list(STEPS.values()))[0](g, items, ctx)
    if items and chance(g.r, 0.06) and not items[-1].call and items[-1].uid in ctx.scope.labels:
        g.expect(ctx, items[-1])


FAMILIES: dict[str, Callable[[Random], tuple[int, ...]]] = {
    "image": lambda r: (*some(r, 2, 1, 6), *some(r, 2, 3, 9)),
    "signal": lambda r: (*some(r, 2, 1, 6), r.randint(3, 12)),
    "volume": lambda r: (*some(r, 2, 1, 4), *some(r, 3, 3, 6)),
    "sequence": lambda r: (r.randint(1, 3), r.randint(1, 7), r.choice([2, 4, 6, 8])),
    "vector": lambda r: (r.randint(1, 4), r.randint(1, 9)),
    "windows": lambda r: (r.randint(1, 2), *[r.choice([2, 3, 4]) * r.randint(1, 2)] * 2, r.randint(1, 4)),
    "ids": lambda r: some(r, r.choice([1, 2, 2, 2]), 1, 6),
}  # fmt: skip

SUITED = {"1d": "signal", "2d": "image", "3d": "volume", "window": "windows", "pixel": "image", "embedding": "ids",
          **dict.fromkeys(("lstm", "gru", "rnn", "attention", "relative", "rotary", "positions"), "sequence")}  # fmt: skip
"""Which input suits a kind, by a part of its name."""

NAMED = {"image": "NCHW", "signal": "NCL", "volume": "NCDHW", "sequence": "NTE", "vector": "NF", "windows": "NHWC", "ids": "NT"}


def suited(r: Random, kind: str) -> str:
    found = [family for part, family in SUITED.items() if part in kind]
    return found[0] if found else r.choice(["image", "signal", "volume", "sequence", "vector", "windows", "ids"])


def inputs(g: Grower, featured: str) -> None:
    """One to three inputs, with shapes said in different ways."""
    r = g.r
    kind = suited(r, featured)
    count = r.choice([1, 1, 1, 1, 2, 3])
    batch = r.randint(1, 3)
    ports: dict[str, Port] = {}
    for k in range(count):
        family = kind if k == 0 else r.choice([kind, kind, *FAMILIES])
        shape = (batch, *FAMILIES[family](r)[1:])
        if k and chance(r, 0.4) and family == kind:
            shape = g.net.feeds["x"].shape
        name = "input" if count == 1 and chance(r, 0.3) else ["x", "y", "z"][k]
        g.net.feeds[name] = Feed(shape, 5 if family == "ids" else 0)
        ports[name] = Port(said(g, shape, NAMED[family], k), "int64" if family == "ids" else None)
    if list(ports) == ["input"] and ports["input"].dtype is None and chance(r, 0.4):
        return
    if count > 1:
        blocks.some_shape(ports)
    g.net.main.inputs = ports


def said(g: Grower, shape: tuple[int, ...], names: str, k: int) -> list[Any] | None:
    """Symbols mostly; sizes, `_`, or nothing."""
    r = g.r
    if chance(r, 0.12):
        return None
    dims: list[Any] = []
    for j, (d, s) in enumerate(zip(shape, names)):
        symbol = Ex("sym", s if k == 0 or j == 0 else f"{s}{k}")
        dims.append(r.choice([symbol] * 5 + [d, Hole(None)]))
    if chance(r, 0.06):
        at = r.randint(0, len(dims))
        dims[at : r.randint(at, len(dims))] = ["..."]
    return dims


def feature(g: Grower, items: list[Item], ctx: Ctx, kind: str) -> None:
    """Try to have a layer of a kind early on."""
    steps: dict[str, list[Step]] = {"attention": [pieces.attend], "relative_bias": [pieces.attend], "take": [pieces.positions],
                                    "parameter": [pieces.learned], "constant": [pieces.learned], "gather": [pieces.picked],
                                    "crop": [merges.like], "alibi_attention": [pieces.attend]}  # fmt: skip
    if ctx.several:
        step(g, items, ctx)
    for _ in range(6):
        if kind in KINDS and len(ctx.flow) == 1 and g.layer(items, ctx, only=kind):
            return
        if kind not in KINDS and len(ctx.flow) == 1:
            g.r.choice(steps.get(kind, [merges.meet, pieces.learned, containers.branches]))(g, items, ctx)
            if any(i.kind == kind for i in items):
                return
        else:
            step(g, items, ctx)


MULTIPLE = ["add", "sub", "mul", "div", "maximum", "minimum", "average", "concat", "stack", "matmul", "einsum", "attention",
            "relative_bias", "take", "parameter", "constant", "where", "gather", "bilinear", "dot", "cosine_similarity",
            "alibi_attention", "crop"]  # fmt: skip

EVERY = [*KINDS, *MULTIPLE]
"""All kinds of layers that networks are made of."""


def grown(seed: int) -> Net:
    """The network of a seed."""
    g = Grower(seed)
    r, net = g.r, g.net
    featured = EVERY[seed % len(EVERY)]
    net.main.vars = blocks.drawn_vars(g) if g.wordy else {}
    if chance(r, 0.3):
        blocks.import_some(g)
    for name, v in net.main.vars.items():
        if type(v) is int and chance(r, 0.1):
            net.sets[name] = v + r.randint(1, 2)
    inputs(g, featured)
    ctx = g.runner.start(feed(net))
    items = net.main.layers
    if chance(r, 0.5):
        g.grow(items, ctx, r.randint(0, 2))
    feature(g, items, ctx, featured)
    g.grow(items, ctx, r.randint(1, 6))
    if not items:
        g.layer(items, ctx, only="identity", source=g.visible(ctx)[0][0])
    outputs(g, ctx)
    finish(g)
    return in_double(net) if chance(r, 0.1) else net


def outputs(g: Grower, ctx: Ctx) -> None:
    """Named values, one or more; or what flows out."""
    if len(ctx.flow) > 0 and chance(g.r, 0.6):
        return
    seen = [ref for ref, x in g.visible(ctx) if floats(x)]
    refs = [Ref("prev"), *g.r.sample(seen, min(len(seen), g.r.randint(0, 2)))] if ctx.flow else seen[:1]
    labelled = chance(g.r)
    g.net.main.outputs = [(f"out{k}" if labelled else None, ref) for k, ref in enumerate(refs)]


def finish(g: Grower) -> None:
    """Ties, globs, defaults and unused imports; what PyTorch then refuses is taken back."""
    net = g.net
    tidy(net)
    for change in (tied, globbed, defaulted):
        if not chance(g.r, 0.35):
            continue
        try:
            runner, _ = run(net, feed(net))
        except (*WRONG, NoWord):
            return
        before = net.copy()
        change(g, list(runner.store.tensors), {n: tuple(x.shape) for n, x in runner.store.tensors.items()})
        try:
            run(net, feed(net))
        except (*WRONG, NoWord):
            net.files = before.files


def tidy(net: Net) -> None:
    """Only imports that say something."""
    main = net.main
    for ns, (path, _) in list(main.imports.items()):
        file = net.files[path]
        if not file.layers and not file.blocks:
            del main.imports[ns], net.files[path]


def tied(g: Grower, names: list[str], shapes: dict[str, tuple[int, ...]]) -> None:
    """A parameter of one of the root's own layers tied to another."""
    own = {i.name or "": i for i in g.net.main.layers if not i.lists and not i.call and not i.mods.keys() & {"repeat", "fanout"}}
    pairs = [(a, b) for a in names for b in names if a != b and a.split(".")[0] in own and a.count(".") == 1
             and shapes[a] == shapes[b] and not a.endswith(("running_mean", "running_var"))]  # fmt: skip
    if pairs:
        a, b = g.r.choice(pairs)
        layer, key = a.split(".")
        own[layer].mods["tie"] = {key: b}


def globbed(g: Grower, names: list[str], shapes: dict[str, tuple[int, ...]]) -> None:
    """Globs over parameters: freezing and starting values."""
    for name in g.r.sample(names, min(len(names), g.r.randint(1, 2))):
        parts = name.split(".")
        how = g.r.choice(["all", "star", "part", "exact", "under"])
        glob = {"all": f"**.{parts[-1]}", "star": ".".join(p if chance(g.r, 0.6) else "*" for p in parts),
                "part": ".".join([*parts[:-1], parts[-1][:2] + "*"]), "exact": name, "under": f"{parts[0]}.**"}[how]  # fmt: skip
        said = g.r.choice([{"freeze": chance(g.r)}, {"init": g.r.choice(STARTS)}])
        if glob not in dict(g.net.main.params):
            g.net.main.params.append((glob, said))


def defaulted(g: Grower, names: list[str], shapes: dict[str, tuple[int, ...]]) -> None:
    """An argument said once for all layers of a kind, or calls of a block, in the root file."""
    found = [i for i in g.net.main.layers if i.args and (i.call or i.kind in EVERY) and not i.bare]
    if not found:
        return
    calls = [i for i in found if i.call]
    item = g.r.choice(calls if calls and chance(g.r) else found)
    key = g.r.choice(list(item.args))
    if key not in ("ceil_mode", "parts", "sizes") and not isinstance(item.args[key], Ex):
        g.net.main.defaults[item.kind] = {key: item.args.pop(key)}
