"""Kinds of several inputs: element by element, one after the other, and products; and reductions over axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from random import Random
from typing import Any

import torch
from torch import Tensor

from ..draws import Draw, Kinds, axes_of, axis_of, chance, need, plain, shape, some, values

INTEGERS = 0.15
"""How often an input holds integers."""


def tensor(r: Random, size: tuple[int, ...]) -> Tensor:
    return torch.randint(1, 9, size, dtype=r.choice([torch.int64, torch.int32])) if chance(r, INTEGERS) else torch.randn(size)


def merge(join: Callable[..., Tensor], least: int = 1, most: int = 4) -> Callable[[Random], Draw]:
    """Shapes that broadcast, mostly; `broadcast: false` takes equal ones only."""

    def draw(r: Random) -> Draw:
        size, stretch = shape(r, 0), chance(r, 0.8)
        shapes = []
        for _ in range(r.randint(least, most)):
            own = tuple(1 if chance(r, 0.25) else s for s in size) if stretch or chance(r, 0.1) else size
            own = own[r.randint(0, len(own)) if chance(r, 0.25) else 0 :] if stretch else own
            shapes.append(tuple(s + 1 for s in own) if chance(r, 0.04) else own)

        def call(*x: Tensor) -> Tensor:
            need(stretch or len({y.shape for y in x}) == 1)
            return join(*x)

        mixed = all(shapes)  # PyTorch lets numbers, alone among shapes, not widen integers
        inputs = [tensor(r, s) if mixed else torch.randn(s) for s in shapes]
        return Draw({} if stretch and chance(r) else {"broadcast": stretch}, inputs, plain(call))

    return draw


def folding(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Random], Draw]:
    return merge(lambda *x: reduce(function, x))


def average(*x: Tensor) -> Tensor:
    return reduce(torch.add, x) / len(x)


def concat(r: Random) -> Draw:
    size = shape(r)
    axis = axis_of(r, len(size))
    at = axis if -len(size) <= axis < len(size) else 0
    shapes = []
    for _ in range(r.randint(1, 4)):
        own = list(size)
        own[at] = r.randint(1, 4)
        if chance(r, 0.03):
            own[r.randrange(len(own))] += 1
        shapes.append(tuple(own) if chance(r, 0.98) else (*own, 2))
    return Draw({"axis": axis}, [tensor(r, s) for s in shapes], plain(lambda *x: torch.cat(x, axis)))


def stack(r: Random) -> Draw:
    size = shape(r, 0)
    axis = axis_of(r, len(size) + 1)
    shapes = [size if chance(r, 0.96) else (*size, 2) for _ in range(r.randint(1, 4))]

    def call(*x: Tensor) -> Tensor:  # torch.stack does not mix dtypes, torch.cat does
        need(len({y.shape for y in x}) == 1)
        return torch.cat([y.unsqueeze(axis) for y in x], axis)

    return Draw({"axis": axis}, [tensor(r, s) for s in shapes], plain(call))


def matmul(r: Random) -> Draw:
    m, k, n = some(r, 3, 1, 5)
    lead = shape(r, 0, 3)
    leads = [tuple(1 if chance(r, 0.3) else s for s in lead)[r.randint(0, len(lead)) :] for _ in range(2)]
    turned = [chance(r), chance(r)]
    a, b = (m, k), (k + chance(r, 0.08), n)
    a, b = (x[::-1] if t else x for x, t in zip((a, b), turned))
    if chance(r, 0.05):
        leads = [(2, *lead), (3, *lead)]

    def call(a: Tensor, b: Tensor) -> Tensor:
        return torch.matmul(*(x.mT if t else x for x, t in zip((a, b), turned)))

    inputs = [torch.randn(*lead, *x) for lead, x in zip(leads, (a, b))]
    return Draw({"transpose_a": turned[0], "transpose_b": turned[1]}, inputs, plain(call))


def einsum(r: Random) -> Draw:
    """Random letters per input; sizes of at least 2, which PyTorch cannot stretch."""
    sizes = {c: r.randint(2, 4) for c in "abcdeXY"}
    lead = shape(r, 0, 2) if chance(r, 0.4) else None
    terms, shapes = [], []
    for _ in range(r.randint(1, 3)):
        letters = r.sample(list(sizes), r.randint(1, 3))
        if chance(r, 0.1):
            letters.append(letters[0])
        size = [sizes[c] + chance(r, 0.02) for c in letters]
        dots = lead is not None and chance(r, 0.7)
        at = r.randint(0, len(letters)) if dots else 0
        terms.append("".join(letters[:at]) + "..." * dots + "".join(letters[at:]))
        own = tuple(1 if chance(r, 0.3) else s for s in lead or ())[r.randint(0, len(lead or ())) :] if dots else ()
        shapes.append((*size[:at], *own, *size[at:]))
    every = sorted({c for t in terms for c in t if c != "."})
    out = r.sample(every, r.randint(0, len(every)))
    if chance(r, 0.06):
        out.append(r.choice(["Z", *out]))
    dotted = any("..." in t for t in terms)
    right = r.choice(["..." * dotted + "".join(out), "".join(out) + "..." * dotted])
    equation = ",".join(terms) + (f"->{right}" if chance(r, 0.85) else "")

    def call(*x: Tensor) -> Tensor:
        need(max(x.ndim for x in x) < 26)
        return torch.einsum(equation, *x)

    return Draw({"equation": equation}, [torch.randn(s) for s in shapes], plain(call))


def reduction(name: str) -> Callable[[Random], Draw]:
    """Over one axis or several; a mean is one of floats."""

    def draw(r: Random) -> Draw:
        size = shape(r)
        axes, keep = axes_of(r, len(size)), chance(r)
        x = values(r, size) if name == "mean" else tensor(r, size)
        function = getattr(torch, {"max": "amax", "min": "amin"}.get(name, name))
        args: dict[str, Any] = {"axis": axes[0] if len(axes) == 1 else axes, "keepdims": keep}
        return Draw(args, [x], plain(lambda x: function(x, axes, keepdim=keep)))

    return draw


def scale_by(r: Random) -> Draw:
    factor = r.choice([0, 2, -0.3, 1e3])
    return Draw({"factor": factor}, [values(r, shape(r, 0))], plain(lambda x: x * factor))


KINDS: Kinds = {
    "add": folding(torch.add), "mul": folding(torch.mul), "maximum": folding(torch.maximum),
    "minimum": folding(torch.minimum), "average": merge(average), "sub": merge(torch.sub, 2, 2),
    "div": merge(torch.div, 2, 2), "concat": concat, "stack": stack, "matmul": matmul, "einsum": einsum,
    **{name: reduction(name) for name in ("mean", "sum", "max", "min")}, "scale_by": scale_by,
}  # fmt: skip
