"""What a network's items and files say of parameters, joined to them: overrides, `params` globs, ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...graph import Network, Parameter
from ...problems import Diagnostic, Span
from ...spelling import suggest
from ..expressions.values import Faults, Located
from ..source.tree import List, Map, Scalar, Tree, span
from .parameters import change, override, parameter_keys, pattern

if TYPE_CHECKING:
    from ..compile.file import File
    from ..compile.items import Item
    from .context import Context


class Tie:
    """`tie: {own: target}` of one item, resolved once all parameters have names."""

    __slots__ = ("ctx", "own", "prefix", "target")

    def __init__(self, own: Scalar, target: Tree, prefix: str, ctx: Context) -> None:
        self.own = own
        self.target = target
        self.prefix = prefix
        self.ctx = ctx


class Statements:
    """Collects what is said of parameters while they are made, and joins the ties when all are."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.complete = True  # False where some item is faulty, so that parameters are missing: what names none is not judged then
        self.globs: list[tuple[Context, Scalar, Map, list[Parameter]]] = []  # what `params` says, and of which
        self.ties: list[Tie] = []
        self.found: dict[Scalar, tuple[Context, Item, str, bool]] = {}  # what init, freeze and dtype say: did any copy hear it?

    def inside(self, item: Item, ctx: Context) -> Context:
        """The context of what stands in an item, with what the item says of parameters."""
        if not item.modifiers.keys() & {"init", "freeze", "dtype"}:
            return ctx
        inner = ctx.child()
        try:
            inner.overrides = override(ctx.overrides, item, ctx)
        except Located as e:
            ctx.located(e)
        return inner

    def note(self, item: Item, ctx: Context, made: int) -> None:
        """Note whether what an item says of parameters found one among the last so many, in this copy or another."""
        if "init" in item.modifiers and parameter_keys(item) is None:
            keys = {p.key for p in self.network.parameters[-made:]} if made else set()
            for key, _ in item.modifiers["init"][1].pairs:
                self.found[key] = (ctx, item, "init", self.heard(key) or key.text in keys)
        for name in ("freeze", "dtype"):
            if name in item.modifiers:
                key = item.modifiers[name][0]
                self.found[key] = (ctx, item, name, self.heard(key) or bool(made))

    def heard(self, key: Scalar) -> bool:
        return key in self.found and self.found[key][3]

    def unheard(self) -> None:
        """Tell what no copy of an item had a parameter for."""
        for key, (ctx, item, name, found) in self.found.items() if self.complete else ():
            if not found and name == "init":
                ctx.fault(key, "unknown-parameter", f"nothing in {item.kind} has a parameter '{key.text}'", found=key.text,
                          help="`deferinit show` lists the parameters by name")  # fmt: skip
            elif not found:
                ctx.fault(key, "no-parameters", f"{item.kind} has no parameters: {name} says nothing", help="remove it")

    def match(self, file: File, ctx: Context, parameters: list[Parameter]) -> None:
        """The `params` of a file, in order, over the parameters of one instance of it."""
        for key, settings in file.params:
            found = pattern(key.text)
            hits = [p for p in parameters if found(p.name[len(ctx.prefix) :])]
            self.globs.append((ctx, key, settings, hits))
            if not hits and not self.complete:
                continue
            if not hits:
                names = [p.name[len(ctx.prefix) :] for p in parameters]
                ctx.fault(key, "unmatched-glob", f"'{key.text}' matches no parameter", found=key.text,
                          help=suggest(key.text, names) or f"parameters are called {', '.join(names[:4])}, …")  # fmt: skip
                continue
            try:
                change(hits, settings, ctx)
            except Located as e:
                ctx.located(e)

    def join(self) -> None:
        """Join tied parameters, and refuse cycles."""
        by_name = {p.name: p for p in self.network.parameters} if self.ties else {}
        up: dict[Parameter, Parameter] = {}
        for tie in self.ties:
            ctx = tie.ctx
            own = by_name.get(f"{tie.prefix}.{tie.own.text}") or (by_name.get(tie.prefix) if not tie.own.text else None)
            if own is None and not self.complete:
                continue
            if own is None:
                mine = [n[len(tie.prefix) + 1 :] for n in by_name if n.startswith(tie.prefix + ".")]
                ctx.fault(tie.own, "unknown-parameter", f"{tie.prefix} has no parameter '{tie.own.text}'",
                          found=tie.own.text, expected=", ".join(mine[:8]), help=suggest(tie.own.text, mine))  # fmt: skip
                continue
            if not isinstance(tie.target, Scalar):
                where = tie.target
                ctx.fault(where, "value-type", "a tie names a parameter", expected="a full name such as wte.weight",
                          found="a list" if isinstance(where, List) else "a mapping")  # fmt: skip
                continue
            target = by_name.get(ctx.root + tie.target.text)
            if target is None and not self.complete:
                continue
            if target is None:
                names = [n[len(ctx.root) :] for n in by_name if n.startswith(ctx.root)]
                ctx.fault(tie.target, "unknown-parameter", f"no parameter is called '{tie.target.text}'",
                          found=tie.target.text, help=suggest(tie.target.text, names))  # fmt: skip
                continue
            if root(target, up) is own:
                ctx.fault(tie.target, "cyclic-tie", f"'{own.name}' would be tied to itself", found=tie.target.text,
                          help="apply with a repeat uses one layer several times")  # fmt: skip
                continue
            if own.dtype != target.dtype or own.buffer != target.buffer:
                kinds = [f"{'a buffer of ' if p.buffer else ''}{p.dtype}" for p in (own, target)]
                ctx.fault(tie.target, "tie-mismatch", f"{own.name} is {kinds[0]}, {target.name} is {kinds[1]}",
                          help="tied parameters are one tensor")  # fmt: skip
                continue
            own.own().tied_to = up[own] = target
            own.own().tie_span = span(ctx.file.source, tie.target)

    def unchanged(self) -> None:
        """What `params` says of tensors that it cannot change."""
        for ctx, key, settings, hits in self.globs:
            if hits and all(p.tied_to is not None for p in hits):
                other = hits[0].tied_to
                assert other is not None
                ctx.fault(key, "tied-parameter", f"'{key.text}' matches what is tied to other parameters", found=key.text,
                          help=f"say it of '{other.name}'")  # fmt: skip
            elif hits and all(p.buffer for p in hits) and [k.text for k, _ in settings.pairs] == ["freeze"]:
                ctx.fault(key, "no-parameters", f"'{key.text}' matches buffers, which are never trained: freeze says nothing",
                          found=key.text, help="remove it")  # fmt: skip


def root(p: Parameter, up: dict[Parameter, Parameter]) -> Parameter:
    """What a parameter is tied to in the end; `up` leads there in fewer steps each time."""
    path = []
    while p in up:
        path.append(p)
        p = up[p]
    up.update(dict.fromkeys(path, p))
    return p


def unique(network: Network, faults: Faults) -> None:
    """No two parameters may have one name; where two layers have one, that is told already."""
    if any(d.rule == "duplicate-name" for d in faults.found):
        return
    seen: dict[str, Parameter] = {}
    for p in network.parameters:
        first = seen.setdefault(p.name, p)
        if first is not p:
            place: Span = p.node.place.span
            faults.add(Diagnostic("duplicate-name", f"two parameters are called '{p.name}'", place,
                                  help="name the containers they are in", calls=p.node.call.chain() if p.node.call else []))  # fmt: skip
