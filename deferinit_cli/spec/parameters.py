"""What is said of parameters beside their layers: init, freeze, dtype, ties and the `params` globs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph import Parameter
from ..initializers import Initializer, known, make
from ..layers.arguments import show
from ..problems import Diagnostic, Problem, Span
from ..spelling import suggest
from .file import dtype_in
from .tree import List, Map, Scalar, Tree, span
from .values import Located, compile_value

if TYPE_CHECKING:
    from .build import Builder
    from .calls import Calls
    from .context import Context
    from .file import File
    from .items import Item


MAX_STARS = 3  # in a glob that is matched as a regular expression


class Overrides:
    """What the containers and the item around a parameter say; the innermost wins."""

    __slots__ = ("dtype", "freeze", "init")

    def __init__(self) -> None:
        self.init: dict[str, Initializer] = {}
        self.freeze: bool | None = None
        self.dtype: str | None = None

    def apply(self, parameters: list[Parameter]) -> None:
        """To the parameters of a layer inside."""
        for p in parameters:
            if p.key in self.init:
                p.own().initializer = self.init[p.key]
            if self.freeze and not p.buffer:
                p.own().frozen = True


class Tie:
    """`tie: {own: target}` of one item, resolved once all parameters have names."""

    __slots__ = ("ctx", "own", "prefix", "target")

    def __init__(self, own: Scalar, target: Tree, prefix: str, ctx: Context) -> None:
        self.own = own
        self.target = target
        self.prefix = prefix
        self.ctx = ctx


def override(outer: Overrides, item: Item, ctx: Context) -> Overrides:
    """The overrides inside an item; raises Located."""
    new = Overrides()
    new.init, new.freeze, new.dtype = dict(outer.init), outer.freeze, outer.dtype
    if "init" in item.modifiers:
        keys = parameter_keys(item)
        for key, value in item.modifiers["init"][1].pairs:
            if keys is not None and key.text not in keys:
                raise Located(key, Problem("unknown-parameter", f"{item.kind} has no parameter '{key.text}'",
                                           found=key.text, expected=", ".join(keys) or "none", help=suggest(key.text, keys)))  # fmt: skip
            new.init[key.text] = initializer(value, ctx)
    if "freeze" in item.modifiers:
        code = item.modifiers["freeze"][1]
        value = code.get(ctx.values.without_symbols())
        if type(value) is not bool:
            raise Located(code.node, Problem("not-a-condition", f"freeze is {show(value)}", found=show(value), expected="true or false"))
        new.freeze = value
    if "dtype" in item.modifiers:
        new.dtype = dtype_in(item.modifiers["dtype"][1], ctx.values)
    return new


def parameter_keys(item: Item) -> list[str] | None:
    """The parameters a layer may have; None where its kind lists them by its arguments, or for containers."""
    cls = item.cls
    if cls is None or cls.structural or not cls.parameters:
        return None
    return [p.key for p in cls.parameters]


def blamed(node: Tree, p: Problem) -> Tree:
    """The part of an initialiser that a problem is about: its name, an argument's name or its value."""
    if not isinstance(node, Map):
        return node
    name, value = node.pairs[0]
    if p.rule == "unknown-initializer":
        return name
    found = value.find(p.blame) if isinstance(value, Map) else None
    if found is None:
        return value if isinstance(value, Scalar) and not value.empty else node
    return found[0] if p.rule == "unknown-argument" else found[1]


def initializer(node: Tree, ctx: Context) -> Initializer:
    """`zeros`, `{normal: 0.02}` or `{normal: {std: 0.02, mean: 0}}`; raises Located."""

    def value_of(n: Tree) -> Any:
        if isinstance(n, Map):
            return {k.text: value_of(v) for k, v in n.pairs}
        code = compile_value(
            n, words=("in", "out", "avg", "fan_in", "fan_out", "fan_avg", "uniform", "normal", "truncated_normal")
        )
        return code.get(ctx.values.without_symbols())

    try:
        if isinstance(node, Scalar) and not node.empty:
            return make(node.text, None)
        if isinstance(node, Map) and len(node.pairs) == 1:
            name, value = node.pairs[0]
            return make(name.text, value_of(value) if name.text in known() else None)
    except Problem as p:
        raise Located(blamed(node, p), p) from None
    raise Located(node, Problem("initializer-format", "not an initialiser",
                                expected="zeros, {normal: 0.02} or {normal: {std: 0.02, mean: 0}}"))  # fmt: skip


def pattern(glob: str) -> Callable[[str], Any]:
    """What tells whether a name matches: `*` is one segment or a part of one, `**` any number of segments."""
    return compiled(glob).match if glob.count("*") <= MAX_STARS else lambda name: steps(glob.split("."), name.split("."))


def steps(glob: list[str], name: list[str]) -> bool:
    """The same without going back: stars in number make a regular expression try everything."""
    at = {0}
    for k, segment in enumerate(glob):
        if segment == "**":
            least = min(at) + (k == len(glob) - 1)
            at = set(range(least, len(name) + 1))
        else:
            at = {n + 1 for n in at if n < len(name) and fits(segment, name[n])}
        if not at:
            return False
    return len(name) in at


def fits(segment: str, name: str) -> bool:
    """Whether one segment's stars can stand for the rest of a name: each part is found as early as it can be."""
    first, *parts = segment.split("*")
    if not parts:
        return segment == name
    last, place = parts.pop(), len(first)
    if not (name.startswith(first) and name.endswith(last) and len(name) >= len(first) + len(last)):
        return False
    for part in parts:
        found = name.find(part, place, len(name) - len(last))
        if found < 0:
            return False
        place = found + len(part)
    return True


def compiled(glob: str) -> re.Pattern[str]:
    out = []
    for segment in glob.split("."):
        if segment == "**":
            out.append(r"(?:[^.]+\.)*")
        else:
            out.append("".join("[^.]*" if c == "*" else re.escape(c) for c in segment) + r"\.")
    body = "".join(out)
    if glob.endswith("**"):
        return re.compile(body.removesuffix(r"(?:[^.]+\.)*") + r"(?:[^.]+\.)*[^.]+$")
    return re.compile(body.removesuffix(r"\.") + "$")


def apply_globs(builder: Calls, file: File, ctx: Context, parameters: list[Parameter]) -> None:
    """The `params` of a file, in order, over the parameters of one instance of it."""
    if builder.sharing:
        return
    for key, settings in file.params:
        found = pattern(key.text)
        hits = [p for p in parameters if found(p.name[len(ctx.prefix) :])]
        builder.globs.append((ctx, key, settings, hits))
        if not hits:
            names = [p.name[len(ctx.prefix) :] for p in parameters]
            builder.fault(ctx, key, "unmatched-glob", f"'{key.text}' matches no parameter", found=key.text,
                          help=suggest(key.text, names) or f"parameters are called {', '.join(names[:4])}, …")  # fmt: skip
            continue
        try:
            change(hits, settings, ctx)
        except Located as e:
            builder.located(ctx, e)


def change(parameters: list[Parameter], settings: Map, ctx: Context) -> None:
    for key, value in settings.pairs:
        if key.text == "init":
            init = initializer(value, ctx)
            for p in parameters:
                p.own().initializer = init
        elif key.text == "freeze":
            code = compile_value(value)
            frozen = code.get(ctx.values.without_symbols())
            if type(frozen) is not bool:
                raise Located(value, Problem("not-a-condition", f"freeze is {show(frozen)}", found=show(frozen),
                                             expected="true or false"))  # fmt: skip
            for p in parameters:
                p.own().frozen = frozen and not p.buffer
        elif key.text == "dtype":
            dtype = dtype_in(ctx.file.dtype_code(value), ctx.values)
            for p in parameters:
                p.own().dtype = dtype


def root(p: Parameter, up: dict[Parameter, Parameter]) -> Parameter:
    """What a parameter is tied to in the end; `up` leads there in fewer steps each time."""
    path = []
    while p in up:
        path.append(p)
        p = up[p]
    up.update(dict.fromkeys(path, p))
    return p


def resolve_ties(builder: Builder) -> None:
    """Join tied parameters, and refuse cycles."""
    by_name = {p.name: p for p in builder.network.parameters} if builder.ties else {}
    up: dict[Parameter, Parameter] = {}
    for tie in builder.ties:
        ctx = tie.ctx
        own = by_name.get(f"{tie.prefix}.{tie.own.text}") or (by_name.get(tie.prefix) if not tie.own.text else None)
        if own is None:
            mine = [n[len(tie.prefix) + 1 :] for n in by_name if n.startswith(tie.prefix + ".")]
            builder.fault(ctx, tie.own, "unknown-parameter", f"{tie.prefix} has no parameter '{tie.own.text}'",
                          found=tie.own.text, expected=", ".join(mine[:8]), help=suggest(tie.own.text, mine))  # fmt: skip
            continue
        if not isinstance(tie.target, Scalar):
            where = tie.target
            builder.fault(ctx, where, "value-type", "a tie names a parameter", expected="a full name such as wte.weight",
                          found="a list" if isinstance(where, List) else "a mapping")  # fmt: skip
            continue
        target = by_name.get(ctx.root + tie.target.text)
        if target is None:
            names = [n[len(ctx.root) :] for n in by_name if n.startswith(ctx.root)]
            builder.fault(ctx, tie.target, "unknown-parameter", f"no parameter is called '{tie.target.text}'",
                          found=tie.target.text, help=suggest(tie.target.text, names))  # fmt: skip
            continue
        if root(target, up) is own:
            builder.fault(ctx, tie.target, "cyclic-tie", f"'{own.name}' would be tied to itself", found=tie.target.text,
                          help="apply with a repeat uses one layer several times")  # fmt: skip
            continue
        if own.dtype != target.dtype or own.buffer != target.buffer:
            kinds = [f"{'a buffer of ' if p.buffer else ''}{p.dtype}" for p in (own, target)]
            builder.fault(ctx, tie.target, "tie-mismatch", f"{own.name} is {kinds[0]}, {target.name} is {kinds[1]}",
                          help="tied parameters are one tensor")  # fmt: skip
            continue
        own.own().tied_to = up[own] = target
        own.own().tie_span = span(ctx.file.source, tie.target)


def idle_globs(builder: Builder) -> None:
    """What `params` says of tensors that it cannot change."""
    for ctx, key, settings, hits in builder.globs:
        if hits and all(p.tied_to is not None for p in hits):
            other = hits[0].tied_to
            assert other is not None
            builder.fault(ctx, key, "tied-parameter", f"'{key.text}' matches what is tied to other parameters", found=key.text,
                          help=f"say it of '{other.name}'")  # fmt: skip
        elif hits and all(p.buffer for p in hits) and [k.text for k, _ in settings.pairs] == ["freeze"]:
            builder.fault(ctx, key, "no-parameters", f"'{key.text}' matches buffers, which are never trained: freeze says nothing",
                          found=key.text, help="remove it")  # fmt: skip


def unique(builder: Builder) -> None:
    """No two parameters may have one name; where two layers have one, that is told already."""
    if any(d.rule == "duplicate-name" for d in builder.faults.found):
        return
    if all(p.key and "." not in p.key for _, tensors in builder.facts.values() for p in tensors):  # then so are they if layers are
        names = [node.name for node in builder.network.nodes if node.parameters and node.shares is None]
        if len(set(names)) == len(names):
            return
    seen: dict[str, Parameter] = {}
    for p in builder.network.parameters:
        first = seen.setdefault(p.name, p)
        if first is not p:
            place: Span = p.node.place.span
            builder.faults.add(Diagnostic("duplicate-name", f"two parameters are called '{p.name}'", place,
                                          help="name the containers they are in", calls=p.node.call.chain() if p.node.call else []))  # fmt: skip
