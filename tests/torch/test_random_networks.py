"""Random networks over the language, against PyTorch: shapes of parameters and outputs, values, and what is rejected.

A longer run: `DEFERINIT_NETWORKS=20000 pytest -o addopts= tests/torch/test_random_networks.py`.
"""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import torch

from deferinit_cli.forward.execute import execute
from deferinit_cli.infer.diagnose import diagnostics
from deferinit_cli.infer.engine import infer
from deferinit_cli.problems import Diagnostic, Rejected
from deferinit_cli.spec.load import load

from .random_networks import Generator, Item, Torch, spec

NETWORKS = int(os.environ.get("DEFERINIT_NETWORKS", "400"))


def draw(seed: int) -> tuple[list[Item], Generator, tuple[int, ...]]:
    g = Generator(seed)
    r = random.Random(-seed)
    items = g.network()
    return items, g, (r.randint(1, 2), 2 * r.randint(1, 3), r.randint(4, 13), r.randint(4, 13))


def mine(text: str, weights: dict[str, Any] | None, x: Any) -> tuple[Any, list[Diagnostic]]:
    """(the output and the shapes of parameters, or None; what is wrong)."""
    try:
        network = load(text)
        resolved = infer(network)
        found = diagnostics(resolved)
    except Rejected as e:
        return None, e.diagnostics
    if found:
        return None, found
    if weights is None:
        return "accepted", []
    shapes = {p.name: resolved.tensor(p) for p in network.parameters}
    assert shapes == {n: tuple(w.shape) for n, w in weights.items()}
    out = next(iter(execute(network, resolved, {n: w.numpy() for n, w in weights.items()}, {"x": x.numpy()}).values()))
    assert resolved.shape(network.outputs[0][1]) == out.shape
    return out, []


def agree(items: list[Item], g: Generator, shape: tuple[int, ...]) -> str:
    """'' where both sides agree, else what differs."""
    torch.manual_seed(0)
    x = torch.randn(shape)
    peer = Torch(g.blocks)
    try:
        with torch.no_grad():
            theirs = peer.run(items, x)
    except (RuntimeError, IndexError) as e:
        if "too large" in str(e):
            return ""
        theirs = None
    text = spec(items, g.blocks, shape)
    try:
        ours, found = mine(text, peer.weights if theirs is not None else None, x)
    except AssertionError as e:
        return f"shapes differ: {e}"
    if theirs is None:
        return "" if found else "PyTorch rejects it, deferinit does not"
    if found:
        return f"PyTorch accepts it, deferinit says {found[0]}"
    if ours.shape != tuple(theirs.shape):
        return f"{ours.shape} and {tuple(theirs.shape)}"
    scale = float(theirs.abs().max()) + 1e-6
    gap = float(np.nanmax(np.abs(ours - theirs.numpy()))) / max(scale, 1.0)  # sums that cancel are small by accident
    return "" if gap < 1e-4 or not np.isfinite(scale) else f"values differ by {gap:.1e} of their scale"


def reduced(items: list[Item], g: Generator, shape: tuple[int, ...]) -> list[Item]:
    """The failing network with every item left out that is not needed to fail."""
    k = 0
    while k < len(items):
        fewer = items[:k] + items[k + 1 :]
        if fewer and agree(fewer, g, shape):
            items = fewer
        else:
            k += 1
    return items


def test_random_networks_agree_with_pytorch() -> None:
    failures = []
    for seed in range(NETWORKS):
        items, g, shape = draw(seed)
        wrong = agree(items, g, shape)
        if wrong:
            small = reduced(items, g, shape)
            failures.append(f"seed {seed}: {agree(small, g, shape)}\n{spec(small, g.blocks, shape)}")
            if len(failures) == 3:
                break
    assert not failures, "\n".join(failures)


def test_both_verdicts_occur() -> None:
    verdicts = {True: 0, False: 0}
    for seed in range(200):
        items, g, shape = draw(seed)
        try:
            with torch.no_grad():
                Torch(g.blocks).run(items, torch.randn(shape))
            verdicts[True] += 1
        except (RuntimeError, IndexError):
            verdicts[False] += 1
    assert min(verdicts.values()) >= 20, verdicts


def test_a_mutation_is_rejected_on_its_line() -> None:
    """A sound network with one layer told a width it does not get: the problem is on that line."""
    tried = 0
    for seed in range(NETWORKS):
        items, g, shape = draw(seed)
        places = [k for k, item in enumerate(items) if item[0] == "conv2d"]
        if not places or agree(items, g, shape):
            continue
        try:
            with torch.no_grad():
                Torch(g.blocks).run(items, torch.randn(shape))
        except (RuntimeError, IndexError):
            continue
        kind, name, args, _ = items[places[-1]]
        items[places[-1]] = (kind, name, {**args, "in_channels": 977}, [])
        text = spec(items, g.blocks, shape)
        _, found = mine(text, None, torch.zeros(shape))
        lines = text.split("\n")
        assert found, text
        assert any(d.span is not None and "977" in lines[d.span.line - 1] for d in found), text
        tried += 1
    assert tried >= NETWORKS // 20
