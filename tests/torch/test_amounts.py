"""Small networks whose numbers are written over symbols, at every size of one of them: contract, inference and PyTorch."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from random import Random

import pytest
import torch

from deferinit_cli.infer.domains.contract import Contract, contract_of
from deferinit_cli.infer.propagation.engine import infer

from .grown.amounts import LEAST, over_symbols
from .grown.expressions import Ex
from .grown.fits import FITS
from .grown.growing import Grower
from .grown.judging import judged
from .grown.model import Feed, Net, Port
from .grown.running import feed
from .grown.sides import fed, read, sizes
from .grown.sweeping import verdicts
from .grown.writing import Text

NETWORKS = int(os.environ.get("DEFERINIT_AMOUNTS", "120"))
LARGEST = 40

INPUTS = {"NCT": lambda r: (1, r.randint(1, 6), r.randint(4, 12)), "NCHW": lambda r: (1, r.randint(1, 4), *r.sample(range(4, 10), 2)),
          "NTE": lambda r: (1, r.randint(2, 6), r.choice([4, 6, 8])), "NHWC": lambda r: (1, 6, 6, 2)}  # fmt: skip

KINDS = {
    "NCT": "conv1d conv_transpose1d depthwise_conv1d max_pool1d avg_pool1d lp_pool1d pad crop slice group_norm channel_shuffle repeat_axis",
    "NCHW": "conv2d conv_transpose2d depthwise_conv2d max_pool2d avg_pool2d pad crop slice group_norm channel_shuffle",
    "NTE": "multi_head_attention rotary slice pad",
    "NHWC": "window_partition slice pad",
}


@cache
def small(seed: int) -> Net | None:
    """One to three layers, as many of their numbers as may be over the symbols of the input."""
    g = Grower(seed)
    r = g.r
    names = r.choice(["NCT", "NCT", "NCHW", "NCHW", "NTE", "NHWC"])
    shape = INPUTS[names](r)
    g.net.feeds["x"] = Feed(shape, 0)
    g.net.main.inputs = {"x": Port([Ex("sym", s) for s in names], None)}
    ctx = g.runner.start(feed(g.net))
    items = g.net.main.layers
    for _ in range(r.choice([1, 1, 2, 3])):
        for _ in range(20):
            kind = r.choice([k for k in KINDS[names].split() if k in FITS])
            args = FITS[kind](r, ctx.flow[0])
            if args is not None:
                written = over_symbols(r, kind, args, ctx.symbols)
                if written != args and g.attempt(items, [g.item(kind, written)], ctx):
                    break
    return g.net if items else None


def at_size(net: Net, axis: int, size: int) -> Net:
    other = net.copy()
    f = other.feeds["x"]
    f.shape = (*f.shape[:axis], size, *f.shape[axis + 1 :])
    return other


def differs(net: Net, contract: Contract) -> str:
    """Where the three differ at any size of one axis."""
    axis = Random(str(Text(net))).randrange(1, len(net.feeds["x"].shape))
    for size in range(1, LARGEST + 1):
        other = at_size(net, axis, size)
        shapes = {n: f.shape for n, f in other.feeds.items()}
        env = sizes(contract.resolved.network, shapes)
        conflicts = bool(fed(contract.resolved.network, shapes).conflicts)
        words = verdicts(other, contract, env, conflicts) or (judged(other) if not conflicts else "")
        if words:
            return f"{words} at {env}"
    return ""


@pytest.mark.filterwarnings("ignore:Using padding=.same")
def test_every_size_of_one_axis() -> None:
    torch.set_num_threads(1)
    failures: list[str] = []
    used: Counter[str] = Counter()
    exact = 0
    for seed in range(NETWORKS):
        net = small(seed)
        if net is None:
            continue
        network = read(Text(net), net)
        contract = contract_of(infer(network))
        exact += contract.exact
        used.update(key for item in net.main.layers for key, v in item.args.items() if key in LEAST and "sym" in repr_of(v))
        words = differs(net, contract)
        if words:
            failures.append(f"seed {seed}: {words}\n{Text(net)}")
    assert not failures, f"{len(failures)} fail\n" + "\n".join(failures[:4])
    assert exact > NETWORKS // 2
    assert set(used) >= LEAST.keys() - {"kv_heads"}, used


def repr_of(v: object) -> str:
    return repr([repr_of(x) for x in v] if isinstance(v, list) else v.tree if isinstance(v, Ex) else v)
