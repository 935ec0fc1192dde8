"""Random networks over the whole language, against PyTorch: verdicts, names, shapes, values, and sizes swept.

A longer run: `DEFERINIT_NETWORKS=20000 pytest -o addopts= tests/torch/test_random_networks.py`; one network again, with
what differs: `DEFERINIT_NETWORK=4127 pytest -o addopts= tests/torch/test_random_networks.py -k agree`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

import pytest
import torch

from deferinit_cli.shapes.relations import Window
from tests.layers.core import CORE

from .draws import NoWord
from .grown.coverage import parts_of
from .grown.judging import judged, left_out, rejection
from .grown.model import Net, items_of
from .grown.mutating import Mutant, located, mutated
from .grown.reducing import outcome, reduced
from .grown.rings import ringed
from .grown.sides import Theirs
from .grown.steps import EVERY, grown
from .grown.sweeping import swept
from .grown.writing import Text

NETWORKS = int(os.environ.get("DEFERINIT_NETWORKS", "1000"))
ONE = os.environ.get("DEFERINIT_NETWORK")
MUTANTS = 2
"""Changes tried of each network."""
SEEDS = [int(ONE)] if ONE else range(NETWORKS)

pytestmark = [
    pytest.mark.filterwarnings("ignore:LSTM with projections"),
    pytest.mark.filterwarnings("ignore:Using padding=.same"),
    pytest.mark.filterwarnings("ignore:Initializing zero-element"),
    pytest.mark.filterwarnings(r"ignore:(std|var)\(\). degrees of freedom"),
]

network = lru_cache(2000)(grown)


def told(seed: int, net: Net, fails: Callable[[Net], str]) -> str:
    """A failing network as a spec of as little as still fails."""
    small = reduced(net, fails)
    shapes = ", ".join(f"{name}={'x'.join(map(str, f.shape)) or 'scalar'}" for name, f in small.feeds.items())
    sets = "".join(f" --set {k}={v}" for k, v in small.sets.items())
    return f"seed {seed}: {outcome(small, fails)}\nfed {shapes}{sets}\n{Text(small)}"


def none_fails(fails: Callable[[Net, int], str]) -> None:
    """Over all seeds, each network with its own; stops at three failures."""
    torch.set_num_threads(1)
    failures = []
    for seed in SEEDS:
        net, so = network(seed), partial(fails, seed=seed)
        if outcome(net, so):
            failures.append(told(seed, net, so))
            if len(failures) == 3:
                break
    assert not failures, "\n\n".join(failures)


def test_networks_agree_with_pytorch() -> None:
    none_fails(lambda net, seed: judged(net))


def test_contracts_agree_with_pytorch_at_other_sizes() -> None:
    none_fails(swept)


def rings(seed: int) -> Iterator[tuple[Net, bool]]:
    """A network whose layers are expected to have the inputs' sizes again, and whether PyTorch takes it."""
    net = network(seed)
    try:
        theirs = Theirs(net)
    except NoWord:
        return
    other = ringed(net, theirs, seed) if not theirs.error else None
    found = verdict(other) if other is not None else None
    if other is not None and found is not None:
        yield other, found == ""


def test_sizes_that_lead_back_to_inputs_agree_with_pytorch() -> None:
    """True `expect`s of the inputs' symbols, which are conditions on the inputs, and false ones; at other sizes too."""
    failures: list[str] = []
    verdicts: Counter[bool] = Counter()

    def fails(net: Net) -> str:
        return judged(net, all_follow=False) or swept(net)

    for seed in SEEDS:
        for net, taken in rings(seed):
            verdicts[taken] += 1
            if outcome(net, fails):
                failures.append(told(seed, net, fails))
        if len(failures) >= 3:
            break
    assert not failures, "\n\n".join(failures)
    if not ONE:
        assert verdicts[True] >= NETWORKS // 10, verdicts
        assert verdicts[False] >= NETWORKS // 20, verdicts


def mutants(seed: int) -> Iterator[Mutant]:
    """Networks that differ in one place from one that PyTorch takes; each runs what was changed, or is refused."""
    net = network(seed)
    if verdict(net) != "":
        return
    for k in range(MUTANTS):
        m = mutated(net, MUTANTS * seed + k)
        found = verdict(m.net, m.uid) if m is not None else None
        if m is not None and found is not None:
            yield m


def verdict(net: Net, uid: int | None = None) -> str | None:
    """Why PyTorch refuses it, '' where it does not; None where it cannot tell, or never comes to an item."""
    try:
        theirs = Theirs(net)
    except NoWord:
        return None
    ran = theirs.runner is None or uid is None or uid in theirs.runner.ran
    return theirs.error if ran and not theirs.of_values else None


def test_mutants_agree_with_pytorch() -> None:
    """A change that PyTorch refuses is refused, one that it takes is taken, with the same shapes and values."""
    failures = []

    def fails(net: Net) -> str:
        return judged(net, all_follow=False)

    for seed in SEEDS:
        for m in mutants(seed):
            if outcome(m.net, fails):
                failures.append(f"{m.words} {', '.join(m.fields)} changed\n{told(seed, m.net, fails)}")
        if len(failures) >= 3:
            break
    assert not failures, "\n\n".join(failures)


def test_what_is_wrong_is_told_where_it_was_changed() -> None:
    """A changed size always, by its line or the name of its layer; what changes ranks and axes mostly: it may show anywhere."""
    missed, hits, refusals = [], 0, 0
    for seed in SEEDS:
        for m in mutants(seed):
            if not verdict(m.net) or left_out(m.net):
                continue
            readable, found = rejection(m.net)
            assert found, f"seed {seed}: not refused\n{Text(m.net)}"
            if not readable:
                continue
            hit = located(m, found)
            hits, refusals = hits + hit, refusals + 1
            if m.sized and not hit:
                missed.append(f"seed {seed}: {m.words} {m.fields} of {m.item.kind}: {found}\n{Text(m.net)}")
    assert not missed, "\n\n".join(missed[:3])
    if not ONE:
        assert refusals >= NETWORKS // 2
        assert hits >= 0.9 * refusals, f"{hits} of {refusals}"


def test_a_planted_mistake_is_found_and_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of stride 3 yield one too many: of a grown network no more is left than one such layer."""
    true = Window.__init__

    def wrong(self: Window, node: Any, out: int, x: int, offset: int, stride: int, *rest: Any, **words: Any) -> None:
        true(self, node, out, x, offset + 3 * (stride == 3), stride, *rest, **words)

    monkeypatch.setattr(Window, "__init__", wrong)
    seed = next(s for s in range(1000) if len(list(items_of(network(s)))) > 5 and judged(network(s)).startswith("values"))
    small = reduced(network(seed), judged)
    left = list(items_of(small))
    assert len(left) == 1 and "pool" in left[0].kind, str(Text(small))
    assert outcome(small, judged)
    assert len(str(Text(small)).splitlines()) <= 5
    monkeypatch.undo()
    assert not outcome(small, judged)


def test_the_generator_covers_the_language() -> None:
    """Each kind, container, modifier and form of reference, in networks that PyTorch takes."""
    if len(SEEDS) < 300:
        pytest.skip("asked for a few networks only")
    found: Counter[str] = Counter()
    for seed in range(min(NETWORKS, 1000)):
        if verdict(network(seed)) == "":
            found += parts_of(network(seed))
    assert set(EVERY) >= CORE
    rare = {part: found[part] for part in PARTS if found[part] < 3}
    assert not rare, f"used less than three times in {NETWORKS} networks: {rare}"


PARTS = {
    *(f"kind {kind}" for kind in EVERY),
    *(f"{kind} {how}" for kind in ("sequential", "residual", "branches") for how in ("named", "unnamed")),
    *("sequential with repeat", "sequential with fanout", "residual with shortcut", "branches as numbers"),
    *("apply of an item", "apply of a part", "apply repeated"),
    *("block call", "imported block", "whole file", "imports", "import with set", "blocks", "block of 1 inputs", "block of 2 inputs"),
    *("block with outputs", "block with side outputs", "argument required", "argument with a default", "default of earlier arguments"),
    *(f"modifier {m}" for m in ("when", "repeat", "fanout", "index", "expect", "init", "tie", "freeze", "doc", "meta")),
    *("vars", "defaults", "params", "params init", "params freeze", "glob **", "glob *", "glob without *", "--set"),
    *("inputs", "no inputs said", "several inputs", "dim symbol", "dim size", "dim _", "dim ...", "size _"),
    *("outputs as a list", "outputs with labels", "named", "unnamed", "bare argument", "references as value"),
    *("from a reference", "from a list", "from as a mapping", "reference prev", "reference input", "reference by name"),
    *(f"reference part {p}" for p in ("name", "number", "side", "*", "(expression)")),
    *(f"expression {op}" for op in ("var", "sym", "at", "if", "and", "or", "not", "neg", "+", "-", "*", "/", "//", "%", "**",
                                    "==", "!=", "<", "<=", ">", ">=")),
    *(f"function {f}" for f in ("min", "max", "len", "sum", "round", "floor", "ceil", "int", "ceil_to", "abs")),
    *(f"input of {n} dims" for n in (2, 3, 4, 5)),
    *("indices of 1 dims", "indices of 2 dims", "dtype float64", "name of digits", "defaults of a block", "block in a block"),
}  # fmt: skip
