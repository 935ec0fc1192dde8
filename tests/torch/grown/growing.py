"""Networks grown item by item: each is run by PyTorch where it stands, and stays where PyTorch takes it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from ..draws import NoWord, chance
from .amounts import over_symbols
from .expressions import Ex, Hole
from .fits import FITS
from .items import WRONG
from .model import MAIN, File, Item, Net, Ref
from .running import Runner
from .scope import Ctx, Entry, hold
from .spelling import spelled

FIRST = {
    "channels": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "kernel_size": "depthwise_conv1d depthwise_conv2d depthwise_conv3d max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d "
                   "lp_pool1d lp_pool2d lp_pool3d",
    "axis": "softmax log_softmax glu arange squeeze expand_dims slice select mean sum max min batch_norm layer_norm rms_norm scale take "
            "std var norm argmax cumsum flip unflatten gather softmin sparsemax bias_add cosine_similarity",
    "slope": "leaky_relu", "alpha": "elu celu", "min": "hard_tanh clip", "lambda": "hardshrink softshrink", "b": "squareplus",
    "exponent": "power", "amount": "shift_by", "std": "gaussian_noise", "p": "lp_normalize", "eps": "instance_norm",
    "times": "repeat_axis", "repeats": "tile", "value": "constant", "classes": "one_hot", "dtype": "cast",
    "beta": "softplus", "approximate": "gelu", "shared": "prelu", "name": "activation",
    "rate": "dropout alpha_dropout spatial_dropout drop_path gaussian_dropout", "shape": "parameter reshape broadcast_to",
    "start": "flatten", "axes": "transpose dot", "parts": "split",
    "widths": "pad crop", "shift": "roll", "heads": "attention multi_head_attention rotary alibi_attention", "length": "learned_positions",
    "buckets": "relative_bias", "k": "topk_softmax", "units": "dense bilinear", "input_dim": "embedding", "equation": "einsum",
    "factor": "scale_by pixel_shuffle pixel_unshuffle", "groups": "group_norm channel_shuffle", "hidden": "lstm gru rnn", "scale": "upsample",
    "size": "window_partition window_merge local_response_norm", "transpose_a": "matmul",
    "output_size": "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
                   "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d",
    "keepdims": "global_avg_pool1d global_avg_pool2d global_avg_pool3d global_max_pool1d global_max_pool2d global_max_pool3d",
}  # fmt: skip
"""The argument that a bare value means."""

KINDS = list(FITS)

LEARNED = {"dense", "embedding", "scale", "layer_norm", "rms_norm", "group_norm", "conv1d", "conv2d", "conv3d"}
"""Kinds of which something is said about their parameters."""

STARTS: list[Any] = ["zeros", "ones", {"constant": 2}, {"normal": 0.5}]
"""Starting values that can be said."""

FIRST_OF = {kind: name for name, kinds in FIRST.items() for kind in kinds.split()}


class Grower:
    """Grows one network; everything follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)
        torch.manual_seed(seed)
        self.net = Net({MAIN: File()}, {})
        self.runner = Runner(self.net)
        self.names = 0
        self.size = 0  # items so far
        self.growing: set[str] = set()  # blocks that are not whole yet
        self.first: dict[tuple[int, str], Any] = {}  # what the first call of a block says
        self.amounts = Random(f"amounts of {seed}")  # draws of their own: what else is grown stays as it is
        self.wordy = chance(self.r, 0.6)  # whether values are spelled as expressions

    def fresh(self, lead: str = "n") -> str:
        self.names += 1
        return f"{lead}{self.names}"

    def named(self, name: str) -> str:
        """A name, with a hyphen or levels of its own every now and then."""
        return self.amounts.choice([f"g-{name}", f"g.{name}", f"{name}.0.a-b"]) if chance(self.amounts, 0.15) else name

    # ---- items

    def item(self, kind: str, args: dict[str, Any] | None = None, **more: Any) -> Item:
        """An item, named or not, its one argument bare or not."""
        args = copy.deepcopy(args or {})
        made = Item(kind, args=args, style=self.r.randrange(60), **more)
        if list(args) == [FIRST_OF.get(kind)]:
            made.bare = chance(self.r, 0.7)
        if made.name is None and chance(self.r, 0.35):
            made.name = self.named(self.fresh("" if chance(self.r, 0.08) else "n"))
        return made

    def mark(self, items: list[Item], ctx: Ctx) -> Callable[[], None]:
        """A way back to where things stand."""
        store, scope, count = self.runner.store, ctx.scope, len(items)
        entries, symbols, flow, several = dict(scope.entries), dict(ctx.symbols), ctx.flow, ctx.several
        layers, tensors = dict(store.layers), dict(store.tensors)

        def back() -> None:
            del items[count:]
            scope.entries.clear()
            scope.entries.update(entries)
            scope.labels.clear()
            ctx.symbols.clear()
            ctx.symbols.update(symbols)
            ctx.flow, ctx.several = flow, several
            store.layers, store.tensors = dict(layers), dict(tensors)

        return back

    def attempt(self, items: list[Item], new: list[Item], ctx: Ctx) -> bool:
        """Append items and run them; back to where it was if PyTorch or the language will not have them."""
        back = self.mark(items, ctx)
        items += new
        try:
            for item in new:
                self.runner.item(item, ctx)
        except (*WRONG, NoWord):
            back()
            return False
        self.size += len(new)
        return True

    def put(self, items: list[Item], kind: str, args: dict[str, Any], ctx: Ctx, **more: Any) -> bool:
        """Append one layer, with its values spelled and said more of where that fits too."""
        item = self.item(kind, args, **more)
        plain = dict(item.args)
        if self.wordy and chance(self.r, 0.5):  # twice a chance: some layers stay plain throughout
            item.args = {k: spelled(self.r, k, v, ctx.names, ctx.symbols) if chance(self.r, 0.5) else v for k, v in plain.items()}
        if chance(self.amounts, 0.25):
            item.args = over_symbols(self.amounts, kind, item.args, ctx.symbols)
        self.said(item, ctx, steady="name" in more)
        if self.attempt(items, [item], ctx):
            return True
        made = self.item(kind, plain, **more)
        return self.attempt(items, [made], ctx)

    def said(self, item: Item, ctx: Ctx, steady: bool) -> None:
        """Modifiers that mostly do no harm; `steady`: the item is to be there once, as others will name it."""
        r = self.r
        if item.source is None and item.refs is None and ctx.flow and not ctx.several and chance(r, 0.08):
            item.source = [Ref("prev")]
        if chance(r, 0.06) and not steady:
            item.mods["repeat"] = r.choice([0, 1, 2, 3])
            self.index(item, ctx)
        if chance(r, 0.03):
            item.mods[r.choice(["doc", "meta"])] = "as drawn"
        if chance(r, 0.05):
            item.mods["when"] = spelled(r, "when", True, ctx.names, {}) if self.wordy else True
        learned = item.kind in LEARNED and item.args.get("scale", True) is True and item.args.get("center", True) is True
        if learned and chance(r, 0.1):
            item.mods["freeze"] = chance(r)
        if learned and chance(r, 0.1):
            keys = {"embedding": ["weight"], "scale": ["weight"], "rms_norm": ["weight"]}.get(item.kind, ["weight", "bias"])
            item.mods["init"] = {r.choice(keys): r.choice(STARTS)}

    # ---- steps

    def layer(self, items: list[Item], ctx: Ctx, keep: bool = False, only: str | None = None, source: Ref | None = None) -> bool:
        """A layer of any kind that takes what flows, or `source`; `keep`: that leaves its shape as it is."""
        values = ctx.flow if source is None else ctx.reach(source)
        if len(values) != 1 or (ctx.several and source is None):
            return False
        x, back = values[0], self.mark(items, ctx)
        for _ in range(12):
            kind = only or self.r.choice(KINDS)
            args = FITS[kind](self.r, x)
            if args is None or not self.put(items, kind, args, ctx, **({"source": [source]} if source else {})):
                continue
            if not keep or (len(ctx.flow) == 1 and ctx.flow[0].shape == x.shape):
                return True
            back()
        return False

    def grow(self, items: list[Item], ctx: Ctx, count: int, keep: bool = False) -> None:
        """Append about so many steps; each makes an item or a few."""
        from .steps import step  # which grow lists in turn

        for _ in range(count):
            step(self, items, ctx, keep)

    def repeat(self, item: Item, ctx: Ctx, how: str) -> None:
        """Say of an item how many copies there are."""
        n = self.r.choice([1, 2, 2, 3])
        item.mods[how] = spelled(self.r, how, n, ctx.names, {}) if self.wordy else n
        self.index(item, ctx)

    def index(self, item: Item, ctx: Ctx) -> None:
        """Another name for the counter of a repeat, mostly where `i` is taken."""
        free = [n for n in ("j", "k") if n not in ctx.names]
        if free and chance(self.r, 0.7 if "i" in ctx.names else 0.3):
            item.mods["index"] = self.r.choice(free)

    def expect(self, ctx: Ctx, item: Item) -> None:
        """Say of an item that stands what shape it yields."""
        if item.mods.keys() & {"expect", "fanout"} or not ctx.flow or len({x.shape for x in ctx.flow}) != 1:
            return
        dims: list[Any] = []
        for d in ctx.flow[0].shape:
            named = [s for s, v in ctx.symbols.items() if v == d]
            dims.append(
                self.r.choice(
                    [d, d, Hole(None), *(Ex("sym", s) for s in named), spelled(self.r, "shape", d, ctx.names, ctx.symbols)]
                )
            )
        if dims and chance(self.r, 0.2):
            cut = self.r.randint(0, len(dims))
            dims[cut : self.r.randint(cut, len(dims))] = ["..."]
        item.mods["expect"] = dims
        hold(ctx, item.mods["expect"], ctx.flow[0])

    def visible(self, ctx: Ctx) -> list[tuple[Ref, Tensor]]:
        """All that a reference can name here, each way to name it once."""
        out: list[tuple[Ref, Tensor]] = []
        at, seen = ctx.scope, set()
        while at is not None:
            for name, entry in at.entries.items():
                if name not in seen:
                    seen.add(name)
                    out += self.reached(Ref(name), entry, 0)
            at = at.outer  # type: ignore[assignment]
        return out

    def reached(self, ref: Ref, entry: Entry, depth: int) -> list[tuple[Ref, Tensor]]:
        if entry.removed or depth > 3:  # removed by its when, or repeated no times
            return []
        out: list[tuple[Ref, Tensor]] = []
        values = entry.values or []
        if len(values) == 1:
            out.append((ref, values[0]))
        elif entry.copies is None and not any(str(k) in entry.parts for k in range(len(values))):
            out += [(ref.to(self.r.choice([k, k, Ex("lit", k - len(values))])), x) for k, x in enumerate(values)]
        for k, one in enumerate(entry.copies or []):
            n = len(entry.copies or [])
            out += self.reached(
                ref.to(self.r.choice([k, Ex("lit", k - n), Ex("-", ("lit", n - 1), ("lit", n - 1 - k))])), one, depth + 1
            )
        for name, part in entry.parts.items():
            if entry.copies is not None and name.isdigit():
                continue  # a number is a copy
            out += self.reached(ref.to(int(name) if name.isdigit() else name), part, depth + 1)
        return out
