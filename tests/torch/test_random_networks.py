"""Random networks over the whole language, against PyTorch: verdicts, names, shapes, values, and sizes swept.

A longer run: `DEFERINIT_NETWORKS=20000 pytest -o addopts= tests/torch/test_random_networks.py`; one network again, with
what differs: `DEFERINIT_NETWORK=4127 pytest -o addopts= tests/torch/test_random_networks.py -k agree`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest
import torch

from .grown.coverage import parts_of
from .grown.judging import judged
from .grown.model import Net
from .grown.reducing import outcome, reduced
from .grown.sides import Theirs
from .grown.steps import EVERY, grown
from .grown.sweeping import swept
from .grown.writing import Text

NETWORKS = int(os.environ.get("DEFERINIT_NETWORKS", "400"))
ONE = os.environ.get("DEFERINIT_NETWORK")
SEEDS = [int(ONE)] if ONE else range(NETWORKS)

pytestmark = [
    pytest.mark.filterwarnings("ignore:LSTM with projections"),
    pytest.mark.filterwarnings("ignore:Using padding=.same"),
    pytest.mark.filterwarnings("ignore:Initializing zero-element"),
]

network = cache(grown)


def told(seed: int, net: Net, fails: Callable[[Net], str]) -> str:
    """A failing network as a spec of as little as still fails."""
    small = reduced(net, fails)
    shapes = ", ".join(f"{name}={'x'.join(map(str, f.shape)) or 'scalar'}" for name, f in small.feeds.items())
    sets = "".join(f" --set {k}={v}" for k, v in small.sets.items())
    return f"seed {seed}: {outcome(small, fails)}\nfed {shapes}{sets}\n{Text(small)}"


def none_fails(fails: Callable[[Net], str]) -> None:
    """Over all seeds; stops at three failures."""
    torch.set_num_threads(1)
    failures = []
    for seed in SEEDS:
        net = network(seed)
        if outcome(net, fails):
            failures.append(told(seed, net, fails))
            if len(failures) == 3:
                break
    assert not failures, "\n\n".join(failures)


def test_networks_agree_with_pytorch() -> None:
    none_fails(judged)


def test_contracts_agree_with_pytorch_at_other_sizes() -> None:
    none_fails(swept)


def test_the_generator_covers_the_language() -> None:
    """Each kind, container, modifier and form of reference, in networks that PyTorch takes."""
    if len(SEEDS) < 300:
        pytest.skip("asked for a few networks only")
    found: Counter[str] = Counter()
    for seed in range(min(NETWORKS, 1000)):
        if not Theirs(network(seed)).error:
            found += parts_of(network(seed))
    rare = {part: found[part] for part in PARTS if found[part] < 3}
    assert not rare, f"used less than three times in {NETWORKS} networks: {rare}"


PARTS = {
    *(f"kind {kind}" for kind in EVERY),
    *(f"{kind} {how}" for kind in ("sequential", "residual", "branches") for how in ("named", "unnamed")),
    *("sequential with repeat", "sequential with fanout", "residual with shortcut", "branches as numbers"),
    *("apply of an item", "apply of a part", "apply repeated"),
    *("block call", "imported block", "whole file", "imports", "import with set", "blocks", "block of 1 inputs", "block of 2 inputs"),
    *("block with outputs", "block with side outputs", "argument required", "argument with a default", "default of earlier arguments"),
    *(f"modifier {m}" for m in ("when", "repeat", "fanout", "index", "expect", "init", "tie", "freeze")),
    *("vars", "defaults", "params", "params init", "params freeze", "glob **", "glob *", "glob without *", "--set"),
    *("inputs", "no inputs said", "several inputs", "dim symbol", "dim size", "dim _", "dim ...", "size _"),
    *("outputs as a list", "outputs with labels", "named", "unnamed", "bare argument", "references as value"),
    *("from a reference", "from a list", "from as a mapping", "reference prev", "reference input", "reference by name"),
    *(f"reference part {p}" for p in ("name", "number", "side", "*", "(expression)")),
    *(f"expression {op}" for op in ("var", "sym", "at", "if", "and", "or", "not", "neg", "+", "-", "*", "/", "//", "%", "**",
                                    "==", "!=", "<", "<=", ">", ">=")),
    *(f"function {f}" for f in ("min", "max", "len", "sum", "round", "floor", "ceil", "int", "ceil_to", "abs")),
    *(f"input of {n} dims" for n in (2, 3, 4, 5)),
    *("indices of 1 dims", "indices of 2 dims"),
}  # fmt: skip
