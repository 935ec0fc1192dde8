"""Blocks and imported files: grown at their first call, called again with other arguments where that works."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..draws import chance
from .expressions import REST, Ex, Hole
from .fits.windows import floats
from .growing import Grower
from .merges import join
from .model import MAIN, REQUIRED, Block, File, Item, Port, Ref
from .scope import Ctx
from .spelling import spelled

ACTIVATIONS = ["relu", "gelu", "tanh", "silu", "sigmoid"]


def drawn_vars(g: Grower) -> dict[str, Any]:
    """Variables of each type, some computed from earlier ones."""
    drawn = {"d": g.r.choice([2, 4, 6]), "widths": [g.r.choice([2, 3, 4, 8]) for _ in range(g.r.randint(2, 3))],
             "wide": chance(g.r), "act": g.r.choice(ACTIVATIONS), "ks": g.r.choice([1, 3])}  # fmt: skip
    made: dict[str, Any] = {name: v for name, v in drawn.items() if chance(g.r, 0.6)}
    if "d" in made and chance(g.r):
        made["twice"] = Ex("*", ("lit", 2), ("var", "d"))
    if "widths" in made and chance(g.r, 0.4):
        made["depth"] = Ex("call", "len", ("var", "widths"))
    if made and chance(g.r, 0.3):
        names = {k: v for k, v in made.items() if not isinstance(v, Ex)}
        made["m"] = spelled(g.r, "var", g.r.randint(2, 8), names, {})
    return made


def import_some(g: Grower) -> None:
    """Files beside the root: one of blocks, one that is a network itself."""
    for ns in g.r.sample(["lib", "net"], g.r.randint(0, 2)):
        file = File(vars=drawn_vars(g))
        path = f"{ns}.yaml" if chance(g.r) else f"parts/{ns}.yaml"
        sets: dict[str, Any] = {}
        for name, v in file.vars.items():
            if type(v) is int and chance(g.r, 0.3):
                sets[name] = spelled(g.r, name, v + g.r.choice([0, 1, 2]), values_of(g), {})
        g.net.files[path] = file
        g.net.main.imports[ns] = (path, sets)


def values_of(g: Grower) -> dict[str, Any]:
    return g.runner.variables(g.net.main, g.net.sets)


def call(g: Grower, items: list[Item], ctx: Ctx) -> bool:
    """A block, new or known, or an imported file."""
    if len(ctx.flow) != 1 or ctx.prefix.count(".") > 4:
        return False
    known = [k for k in ctx.file.blocks if k not in g.growing]
    known += [f"{ns}.{b}" for ns, (path, _) in ctx.file.imports.items() for b in g.net.files[path].blocks]
    known += [ns for ns, (path, _) in ctx.file.imports.items() if g.net.files[path].layers]
    if known and chance(g.r, 0.5):
        return call_known(g, items, ctx, g.r.choice(known))
    imports = [(ns, path) for ns, (path, _) in ctx.file.imports.items()]
    if imports and chance(g.r, 0.5):
        ns, path = g.r.choice(imports)
        whole = ns == "net" and not g.net.files[path].layers
        return new_block(g, items, ctx, path, ns if whole else f"{ns}.{g.fresh('part')}")
    own = next(path for path, f in g.net.files.items() if f is ctx.file)
    return new_block(g, items, ctx, own, g.fresh("block"))


def call_known(g: Grower, items: list[Item], ctx: Ctx, kind: str) -> bool:
    """Again, with other arguments, or repeated."""
    ns, _, inner = kind.partition(".")
    file = g.net.files[ctx.file.imports[ns][0]] if ns in ctx.file.imports else ctx.file
    body: Block | File = file if ns in ctx.file.imports and not inner else file.blocks[inner or ns]
    for _ in range(3):
        item = g.item(kind, arguments(g, ctx, body), call=True)
        ports = list(body.inputs or ["input"])
        if len(ports) > 1:
            seen = g.visible(ctx)
            item.source = dict(zip(ports, [Ref("prev"), *(g.r.choice(seen)[0] for _ in ports[1:])]))
        if chance(g.r, 0.4):
            g.repeat(item, ctx, g.r.choice(["repeat", "repeat", "fanout"]))
        if g.attempt(items, [item], ctx):
            return True
    return False


def arguments(g: Grower, ctx: Ctx, body: Block | File) -> dict[str, Any]:
    """What a call says: all that is required, some of the rest."""
    if isinstance(body, File):
        given = {n: v for n, v in body.vars.items() if not isinstance(v, Ex) and chance(g.r, 0.2)}
    else:
        given = {}
        for n, default in body.args:
            v = g.first.get((id(body), n), default)
            if default is REQUIRED or chance(g.r, 0.3):
                given[n] = v if v is not REQUIRED else 4
    out: dict[str, Any] = {}
    for n, v in given.items():
        if isinstance(v, Ex):
            continue
        if type(v) is int and chance(g.r, 0.4):
            v = max(1, v + g.r.choice([-1, 1, v]))
        if type(v) is bool and chance(g.r):
            v = not v
        out[n] = spelled(g.r, n, v, ctx.names, ctx.symbols if chance(g.r, 0.3) else {}) if g.wordy else v
        out[n] = g.r.choice(ACTIVATIONS) if v in ACTIVATIONS and chance(g.r, 0.3) else out[n]
    return out


def new_block(g: Grower, items: list[Item], ctx: Ctx, path: str, kind: str) -> bool:
    """Grown on what flows here."""
    file, (ns, _, inner) = g.net.files[path], kind.partition(".")
    whole = path != MAIN and not inner and ns in ctx.file.imports
    body: Block | File = file if whole else Block()
    item = g.item(kind, call=True)
    if not whole:
        declared(g, body, file, item, ctx)  # type: ignore[arg-type]
    seen = [ref for ref, y in g.visible(ctx) if floats(y)]
    ports = ["x", "skip"] if seen and chance(g.r, 0.25) else [g.r.choice(["input", "x"])]
    flow: list[Tensor] = [ctx.flow[0]]
    if len(ports) > 1:
        ref = g.r.choice(seen)
        flow.append(ctx.reach(ref)[0])
        item.source = dict(zip(ports, [Ref("prev"), ref])) if chance(g.r) else [Ref("prev"), ref]
    body.inputs = {n: Port(dims_of(g, x, n)) for n, x in zip(ports, flow)}
    some_shape(body.inputs)
    if list(body.inputs) == ["input"] and body.inputs["input"].dims is None and chance(g.r):
        body.inputs = None
    if not whole:
        file.blocks[inner or ns] = body  # type: ignore[assignment]
    g.growing.add(inner or ns)
    made, _ = g.runner.called(item, ctx, flow, "grown", "grown")
    if whole:
        made.root = "grown."
    g.grow(body.layers, made, g.r.randint(1, 4))
    if made.several or not body.layers:
        first = Ref(ports[0])
        g.layer(body.layers, made, source=first)
    if len(made.flow) > 1 and chance(g.r, 0.8):
        join(g, body.layers, made)
    g.growing.discard(inner or ns)
    finished(g, body, made)
    done = bool(body.layers) and g.attempt(items, [item], ctx)
    if not done and not whole:
        del file.blocks[inner or ns]
    elif not done:
        body.layers, body.outputs, body.inputs = [], None, None
    return done


def declared(g: Grower, block: Block, file: File, item: Item, ctx: Ctx) -> None:
    """Arguments of a new block, and what its first call says."""
    r = g.r
    pool = [("out", r.randint(2, 6)), ("size", r.choice([1, 3])), ("flag", chance(r)), ("act", r.choice(ACTIVATIONS)),
            ("ws", [r.randint(2, 6), r.randint(1, 3)])]  # fmt: skip
    for name, v in r.sample(pool, r.randint(0, 3)):
        g.first[(id(block), name)] = v
        if chance(r, 0.4):
            block.args.append((name, REQUIRED))
            item.args[name] = v if isinstance(v, str | list) or not g.wordy else spelled(r, name, v, ctx.names, {})
        else:
            block.args.append((name, v))
    if block.args and type(g.first[(id(block), block.args[0][0])]) is int and chance(r, 0.4):
        block.args.append(("more", Ex("+", ("var", block.args[0][0]), ("lit", 2))))
    order = [n for n, d in block.args if d is REQUIRED]
    block.args.sort(key=lambda a: a[0] not in order)
    if len(item.args) == 1 and list(item.args) == [block.args[0][0]]:
        item.bare = chance(r)
    if any(isinstance(d, Ex) for _, d in block.args):
        block.args.sort(key=lambda a: isinstance(a[1], Ex))


def dims_of(g: Grower, x: Tensor, name: str) -> list[Any] | None:
    """Dims of a block's input: none, or symbols, sizes and holes."""
    if chance(g.r, 0.5):
        return None
    lead = "" if name in ("x", "input") else "S"
    return [
        g.r.choice([Ex("sym", lead + s), Ex("sym", lead + s), Ex("sym", lead + s), Hole(None), d])
        for s, d in zip("NCHWDEFG", x.shape)
    ]


def some_shape(ports: dict[str, Port]) -> None:
    """Where one input of several says its shape or dtype, all say something."""
    if any(p.dims is not None or p.dtype for p in ports.values()):
        for p in ports.values():
            p.dims = [REST] if p.dims is None else p.dims


def finished(g: Grower, body: Block | File, ctx: Ctx) -> None:
    """What flows on, and side outputs."""
    if not chance(g.r, 0.4) or not body.layers:
        return
    seen = [ref for ref, _ in g.visible(ctx)]
    out: list[tuple[str | None, Ref]] = [("out", Ref("prev"))]
    out += [(label, g.r.choice(seen)) for label in g.r.sample(["skip", "side"], g.r.randint(0, 2)) if seen]
    body.outputs = out
