"""Networks changed in one place, mostly so that PyTorch refuses them; each change knows where it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from deferinit_cli.problems import Diagnostic

from ..draws import chance
from .expressions import REST, Ex, Hole
from .model import MAIN, Item, Net, Ref, items_of, lists_of
from .spelling import SIZES
from .writing import Text


class Mutant(NamedTuple):
    """`uid` and `fields` say what was changed; no field: all of the item."""

    net: Net
    words: str
    uid: int
    fields: tuple[str, ...]

    @property
    def sized(self) -> bool:
        """Whether a size, or what is said of one, was changed: then it is what contradicts, not what stands where."""
        return self.words in ("width", "expect", "tie") or (self.words == "number" and self.fields[0] in SAID)

    @property
    def item(self) -> Item:
        return next(i for i in items_of(self.net) if i.uid == self.uid)


SAID = SIZES | {"groups", "multiplier", "heads", "kv_heads", "factor", "sizes", "k",
                "output_size", "index", "length", "padding_index"}  # fmt: skip
"""Arguments that make sizes, or bound them."""


Change = Callable[[Random, Net, Item], "tuple[str, ...] | None"]
"""Changes an item of a network; the fields changed, or None where there is nothing to change."""


SIGNED = {"axis", "axes", "start", "stop", "end", "index", "shift", "widths", "padding", "shape", "amount"}
"""Arguments of which less than 0 has a meaning, or is refused by both."""


def other(r: Random, n: int, signed: bool) -> int:
    """Another number, near or far."""
    found = (n - 1, n + 1, n + 1, 2 * n, n + 5, 97, 0 if chance(r, 0.1) else n + 2)
    return r.choice([x for x in found if x != n and (signed or x >= 0)])


FLAGS = {"bias", "flatten", "scale", "center", "shared", "keepdims", "causal", "ceil_mode", "count_include_pad", "align_corners",
         "normalize", "interleaved", "batch", "flag", "broadcast", "transpose_a", "transpose_b", "bidirectional"}  # fmt: skip


def numbers(item: Item) -> Iterator[tuple[str, tuple[int, ...], Any]]:
    """Each int, or expression, among arguments: (argument, where in it, value)."""

    def within(v: Any, at: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Any]]:
        if isinstance(v, list):
            for k, x in enumerate(v):
                yield from within(x, (*at, k))
        elif (type(v) is int) or isinstance(v, Ex):
            yield at, v

    for key, v in item.args.items():
        for at, x in within(v, ()):
            yield key, at, x


def number(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """One size, count or axis is another."""
    found = list(numbers(item))
    if not found:
        return None
    key, at, v = r.choice(found)
    made: Any = other(r, v, key in SIGNED) if type(v) is int else Ex("+", v.tree, ("lit", r.choice([1, 2, 7])))
    if isinstance(v, Ex) and key in FLAGS:
        made = Ex("not", v.tree)
    if not at:
        item.args[key] = made
    else:
        inner = item.args[key]
        for k in at[:-1]:
            inner = inner[k]
        inner[at[-1]] = made
    return (key,)


def flag(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    found = [k for k, v in item.args.items() if type(v) is bool]
    if not found:
        return None
    key = r.choice(found)
    item.args[key] = not item.args[key]
    return (key,)


WIDTHS = {
    "dense": "in_units",
    **{f"{kind}{n}d": "in_channels" for kind in ("conv", "depthwise_conv", "conv_transpose") for n in (1, 2, 3)},
}


def width(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """A width is expected that does not come."""
    key = WIDTHS.get(item.kind)
    if key is None or item.call:
        return None
    item.args[key], item.bare = r.choice([977, 1, 2, 3]), False
    return (key,)


def reference(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """Another value comes in."""
    names = [n for i in items_of(net) if (n := i.name)] + ["prev", "input", "nowhere", *net.feeds]
    new = Ref(r.choice(names))
    if item.refs is not None:
        item.refs[r.randrange(len(item.refs))] = new
        return ("refs",)
    if isinstance(item.source, dict):
        item.source[r.choice(list(item.source))] = new
    elif item.source is not None:
        item.source[r.randrange(len(item.source))] = new
    elif item.apply is not None:
        item.apply = new
        return ("apply",)
    else:
        item.source = [new]
    return ("from",)


def kind(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """Of another rank, or another kind that takes the same arguments."""
    if item.call or item.lists or item.apply is not None:
        return None
    ranks = [item.kind[:-2] + f"{n}d" for n in (1, 2, 3)] if item.kind.endswith(("1d", "2d", "3d")) else []
    kinds = ranks or [
        k for k in ("relu", "flatten", "glu", "global_avg_pool1d", "batch_norm", "lstm") if not item.args and k != "lstm"
    ]
    kinds = [k for k in kinds if k != item.kind]
    if not kinds or item.refs is not None:
        return None
    item.kind = r.choice(kinds)
    return ("head",)


def expect(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """A dim is another, or a shape is expected that nothing has."""
    dims = item.mods.get("expect")
    if dims and chance(r, 0.8):
        k = r.randrange(len(dims))
        dims[k] = r.choice([97, 1, Hole(None), REST] if REST not in dims else [97, 1])
        if chance(r, 0.2):
            dims.pop(k)
        return ("expect",)
    if "fanout" in item.mods:
        return None
    item.mods["expect"] = [r.choice([97, 1, Hole(None)]) for _ in range(r.randint(1, 4))]
    return ("expect",)


def tie(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    tied = item.mods.get("tie")
    names = [i.name for i in items_of(net) if i.name and i.kind in ("dense", "conv2d", "embedding", "layer_norm", "scale")]
    if not names or item.kind not in ("dense", "embedding", "scale", "conv1d", "conv2d"):
        return None
    item.mods["tie"] = {r.choice(list(tied or {"weight": 0})): f"{r.choice(names)}.weight"}
    return ("tie",)


def count(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """More or fewer copies."""
    key = r.choice(["repeat", "fanout"])
    for k in ("repeat", "fanout"):
        if k in item.mods:
            key = k
    if key not in item.mods and (chance(r, 0.7) or item.mods.keys() & {"expect", "tie"}):
        return None
    item.mods[key] = r.choice([0, 1, 2, 3, 4])
    return (key,)


def condition(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """There, or not there."""
    if "when" not in item.mods and chance(r, 0.7):
        return None
    item.mods["when"] = chance(r)
    return ("when",)


def equation(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    said = item.args.get("equation")
    if not isinstance(said, str):
        return None
    places = [k for k, c in enumerate(said) if c.isalpha()]
    if not places:
        return None
    k = r.choice(places)
    item.args["equation"] = said[:k] + r.choice("abczQ") + said[k + 1 :]
    return ("equation",)


def inserted(r: Random, net: Net, item: Item) -> tuple[str, ...] | None:
    """Something that does not belong goes before it."""
    new = r.choice([
        Item("dense", args={"units": 3, "in_units": 97}), Item("flatten"), Item("select", args={"axis": 0, "index": 7}),
        Item("conv2d", args={"channels": 4, "kernel_size": 5}), Item("reshape", args={"shape": [0, 97]}), Item("glu"),
        Item("split", args={"parts": 3}), Item("embedding", args={"input_dim": 5, "output_dim": 3}), Item("expand_dims", args={"axis": 1}),
        Item("group_norm", args={"groups": 3}), Item("attention", args={"heads": 2}), Item("max_pool1d", args={"kernel_size": 9}),
    ])  # fmt: skip
    for items in lists_of(net):
        for k, x in enumerate(items):
            if x is item:
                items.insert(k, new)
                item.uid, new.uid = new.uid, item.uid  # what is looked for is the new one
                return ()
    return None


CHANGES: dict[Change, float] = {number: 6, flag: 1, width: 2, reference: 2, kind: 1, expect: 2, tie: 1, count: 1, condition: 0.5,
                                equation: 1, inserted: 2}  # fmt: skip


def located(m: Mutant, diagnostics: list[Diagnostic]) -> bool:
    """Whether what was changed is told: its line, or its layer by name."""
    lines = {(path.rpartition("/")[2], line) for path, line in Text(m.net).lines_of(m.uid, *m.fields)}
    places = [s for d in diagnostics for s in (d.span, *(r.span for r in d.related), *(c.span for c in d.calls))]
    names = {"<text>": MAIN}
    if lines & {(names.get(s.source.name, s.source.name.rpartition("/")[2]), s.line) for s in places if s is not None}:
        return True
    words = " ".join(" ".join([d.message, d.found, *(r.message for r in d.related)]) for d in diagnostics)
    label = re.escape(m.item.name) if m.item.name is not None else re.escape(m.item.kind.replace(".", "_")) + r"\d+"
    return re.search(rf"\b{label}\b", words) is not None


def mutated(net: Net, seed: int) -> Mutant | None:
    """One change, as the seed says; None where that finds nothing to change."""
    r = Random(seed)
    copy = net.copy()
    found = list(items_of(copy))
    for _ in range(12):
        item = r.choice(found)
        change = r.choices(list(CHANGES), list(CHANGES.values()))[0]
        uid = item.uid
        for said in ("freeze", "init"):  # which may find nothing to be said of any more
            item.mods.pop(said, None)
        fields = change(r, copy, item)
        if fields is not None:
            return Mutant(copy, change.__name__, uid, fields)
    return None
