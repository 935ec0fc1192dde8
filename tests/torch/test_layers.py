"""Every core kind against PyTorch on random arguments: verdicts, shapes, parameters, dtypes and values.

A longer run: `DEFERINIT_DRAWS=1000 pytest -o addopts= tests/torch/test_layers.py`.
"""

from __future__ import annotations

import os
import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from deferinit_cli.graph import Network
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.kinds.activations import ByName, Curve, functions
from deferinit_cli.problems import Problem
from tests.layers.core import CORE
from tests.layers.test_numerics import network

from .draws import REJECTS, Draw, NoWord, Own
from .kinds import KINDS, PEERS, activations
from .left_out import refused, sound

ACCEPTED = int(os.environ.get("DEFERINIT_DRAWS", "60"))
"""Draws of each kind that PyTorch accepts and whose values are compared."""


def theirs(kind: str, draw: Draw) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]] | str:
    """(outputs, parameters), or why PyTorch rejects the draw. What leaves nothing over counts as rejected."""
    try:
        with torch.no_grad():
            own = Own()
            found = leaves(PEERS[kind](draw.args, own, *draw.inputs))
    except REJECTS as e:
        return f"{type(e).__name__}: {e}"
    cls = registry.find(kind)
    assert cls is not None and (own.made is None or own.spare == list(cls.spare))
    return (found, own.state) if all(y.numel() for y in found) else "an output is empty"


def leaves(value: Any) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else [leaf for v in value for leaf in leaves(v)]


def laid_out(r: random.Random, x: torch.Tensor) -> Any:
    """The same values read-only, their axes in any order in memory."""
    order = list(range(x.ndim))
    if r.random() < 0.5:
        r.shuffle(order)
    y = np.ascontiguousarray(x.numpy().transpose(order)).copy().reshape([x.shape[k] for k in order])
    y.flags.writeable = False
    return y.transpose(np.argsort(order)) if order else y


def agree(r: random.Random, kind: str, draw: Draw, inputs: list[Any]) -> bool:
    """Whether both accept the draw; asserts that they are of one mind."""
    expected = theirs(kind, draw)
    cls = registry.find(kind)
    assert cls is not None
    try:
        layer = cls.build(draw.args)
        net = network(layer, inputs)
        found = infer(net)
        if isinstance(expected, str):
            assert found.conflicts or runs_into(net, found, inputs), f"PyTorch rejects it ({expected}), deferinit does not"
    except Problem as e:
        assert isinstance(expected, str), f"PyTorch accepts it, deferinit does not: {e.message}"
        return False
    if isinstance(expected, str):
        assert not found.conflicts or refused(r, layer, inputs), "no clause excludes these sizes"
        return False
    assert not found.conflicts, f"PyTorch accepts it, deferinit does not: {found.conflicts[0].message}"
    compare(found.network, found, inputs, *expected)
    sound(r, layer, inputs, *expected)
    return True


def runs_into(net: Network, found: Resolved, inputs: list[Any]) -> bool:
    """Whether indices are refused, by the Problem that raises; all else must be refused by shape."""
    layer = found.settled(net.nodes[0])
    if layer.index_limit:
        layer.forward(SimpleNamespace(**{p.key: np.zeros(found.tensor(p) or (), "float32") for p in net.parameters}), *inputs)
    return False


def compare(net: Network, found: Resolved, inputs: list[Any], outputs: list[torch.Tensor], state: dict[str, Any]) -> None:
    node = net.nodes[0]
    assert {p.key: found.tensor(p) for p in net.parameters} == {k: tuple(v.shape) for k, v in state.items()}
    assert [found.shape(v) for v in node.outputs] == [tuple(y.shape) for y in outputs]
    assert [found.dtype(v) for v in node.outputs] == [str(y.dtype).removeprefix("torch.") for y in outputs]
    weights = {k or "value": v.numpy().copy() for k, v in state.items()}
    for w in weights.values():
        w.flags.writeable = False
    layer, p = found.settled(node), SimpleNamespace(**weights)
    mine = layer.forward(p, *inputs)
    equal(mine if isinstance(mine, tuple) else (mine,), outputs)
    if len(inputs) == 1:
        mine = layer.inplace(p, inputs[0].copy(order="K"))
        if mine is not None:
            equal((mine,), outputs)


def equal(mine: Any, outputs: list[torch.Tensor]) -> None:
    assert len(mine) == len(outputs)
    for a, b in zip(mine, outputs):
        b = b.numpy()
        assert (a.shape, str(a.dtype)) == (b.shape, str(b.dtype))
        scale = np.abs(b[np.isfinite(b)]).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6 * scale)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.filterwarnings("ignore:Using padding=.same")
@pytest.mark.filterwarnings(r"ignore:(std|var)\(\). degrees of freedom")
@pytest.mark.parametrize("kind", KINDS)
def test_random_arguments(kind: str) -> None:
    r = random.Random(kind)
    torch.manual_seed(r.getrandbits(32))
    accepted = 0
    for _ in range(4 * ACCEPTED):
        draw = KINDS[kind](r)
        try:
            with np.errstate(all="ignore"):  # as a forward pass has it
                accepted += agree(r, kind, draw, [laid_out(r, x) for x in draw.inputs])
        except NoWord:
            continue
        except Exception as e:
            e.add_note(f"{kind} {draw.args} on {[tuple(x.shape) for x in draw.inputs]}")
            raise
        if accepted == ACCEPTED:
            return
    pytest.fail(f"only {accepted} draws were accepted")


FAR = [0.0, -0.0, 1e-30, -1e-30, 90.0, -90.0, 1e15, -1e15, float("inf"), -float("inf"), float("nan")]
CURVES = [kind for kind in KINDS if isinstance(cls := registry.find(kind), type) and issubclass(cls, Curve)]


@pytest.mark.parametrize("kind", CURVES)
def test_curves_far_out(kind: str) -> None:
    """Where the sizes of numbers end: none, infinite, no number. A limit may be told where PyTorch has no number."""
    r, x, seen = random.Random(kind), torch.tensor(FAR), 0
    for _ in range(40):
        args = KINDS[kind](r).args
        try:
            expected = theirs(kind, Draw(args, [x]))
        except NoWord:
            continue
        if isinstance(expected, str):
            continue
        layer = registry.find(kind).build(args)  # type: ignore[union-attr]
        with np.errstate(all="ignore"):
            mine = layer.forward(SimpleNamespace(), x.numpy().copy())
        y = expected[0][0].numpy()
        told = ~np.isnan(y) | np.isnan(x.numpy())
        np.testing.assert_allclose(mine[told], y[told], rtol=1e-4, atol=1e-6, err_msg=str(args))
        seen += 1
    assert seen > 5


def test_every_kind_is_drawn() -> None:
    kinds = {kind for kind in registry.index() if not registry.find(kind).structural}  # type: ignore[union-attr]
    assert set(KINDS) == kinds >= CORE
    assert set(KINDS) == set(PEERS)
    assert ACCEPTED >= 30


@pytest.mark.parametrize("name", functions())
def test_every_activation_by_its_name(name: str) -> None:
    """As a kind and as the argument of `activation`, from ordinary to saturating values."""
    torch.manual_seed(0)
    for spread in (1, 10, 1000):
        x = torch.randn(4, 6) * spread
        y = activations.BY_NAME[name](x)
        equal((functions()[name].forward(None, x.numpy()),), [y])
        equal((ByName.build({"name": name}).forward(None, x.numpy()),), [y])
