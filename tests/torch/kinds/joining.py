"""Kinds of several inputs: element by element, one after the other, and products; and reductions over axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from random import Random
from typing import Any

import torch
from torch import Tensor

from ..draws import Draw, Kinds, Own, Peer, Peers, axes_of, axis_of, chance, need, shape, some, values

INTEGERS = 0.15
"""How often an input holds integers."""

PAIRS = ("sub", "div")
FOLDS = {"add": torch.add, "mul": torch.mul, "maximum": torch.maximum, "minimum": torch.minimum}
REDUCTIONS = ("mean", "sum", "max", "min")


def merge(join: Callable[..., Tensor]) -> Peer:
    def call(a: dict[str, Any], own: Own, *x: Tensor) -> Tensor:
        need(a.get("broadcast", True) or len({y.shape for y in x}) == 1)
        return join(*x)

    return call


def div(a: dict[str, Any], own: Own, *x: Tensor) -> Tensor:
    own.arbitrary |= bool((x[-1].abs() < 1e-3).any())  # where rounding decides what 0 is
    return merge(torch.div)(a, own, *x)


def average(*x: Tensor) -> Tensor:
    return reduce(torch.add, x) / len(x)


def stack(a: dict[str, Any], own: Own, *x: Tensor) -> Tensor:
    """torch.stack does not mix dtypes, torch.cat does."""
    need(len({y.shape for y in x}) == 1)
    return torch.cat([y.unsqueeze(a.get("axis", 1)) for y in x], a.get("axis", 1))


def matmul(a: dict[str, Any], own: Own, *x: Tensor) -> Tensor:
    need(all(y.ndim >= 2 for y in x))
    turned = (a.get("transpose_a", False), a.get("transpose_b", False))
    return torch.matmul(*(y.mT if t else y for y, t in zip(x, turned, strict=True)))


def einsum(a: dict[str, Any], own: Own, *x: Tensor) -> Tensor:
    """A letter is one size; PyTorch stretches a 1."""
    need(max(y.ndim for y in x) < 26)
    sizes: dict[str, int] = {}
    for term, y in zip(a["equation"].replace(" ", "").partition("->")[0].split(","), x):
        front, _, back = term.partition("...")
        for c, n in [*zip(front, y.shape), *zip(back[::-1], y.shape[::-1])]:
            need(sizes.setdefault(c, n) == n, f"{c} is {sizes[c]} and {n}")
    return torch.einsum(a["equation"], *x)


def reduction(name: str) -> Peer:
    """Over one axis or several; a mean is one of floats."""
    function = getattr(torch, {"max": "amax", "min": "amin"}.get(name, name))

    def call(a: dict[str, Any], own: Own, x: Tensor) -> Tensor:
        axes = a["axis"] if isinstance(a["axis"], list) else [a["axis"]]
        need(x.ndim > 0)
        return function(x, axes, keepdim=a.get("keepdims", False))

    return call


def tensor(r: Random, size: tuple[int, ...]) -> Tensor:
    return torch.randint(1, 9, size, dtype=r.choice([torch.int64, torch.int32])) if chance(r, INTEGERS) else torch.randn(size)


def draw_merge(least: int, most: int) -> Callable[[Random], Draw]:
    """Shapes that broadcast, mostly; `broadcast: false` takes equal ones only."""

    def draw(r: Random) -> Draw:
        size, stretch = shape(r, 0), chance(r, 0.8)
        shapes = []
        for _ in range(r.randint(least, most)):
            own = tuple(1 if chance(r, 0.25) else s for s in size) if stretch or chance(r, 0.1) else size
            own = own[r.randint(0, len(own)) if chance(r, 0.25) else 0 :] if stretch else own
            shapes.append(tuple(s + 1 for s in own) if chance(r, 0.04) else own)
        mixed = all(shapes)  # PyTorch lets numbers, alone among shapes, not widen integers
        inputs = [tensor(r, s) if mixed else torch.randn(s) for s in shapes]
        return Draw({} if stretch and chance(r) else {"broadcast": stretch}, inputs)

    return draw


def draw_concat(r: Random) -> Draw:
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
    return Draw({"axis": axis}, [tensor(r, s) for s in shapes])


def draw_stack(r: Random) -> Draw:
    size = shape(r, 0)
    axis = axis_of(r, len(size) + 1)
    shapes = [size if chance(r, 0.96) else (*size, 2) for _ in range(r.randint(1, 4))]
    return Draw({"axis": axis}, [tensor(r, s) for s in shapes])


def draw_matmul(r: Random) -> Draw:
    m, k, n = some(r, 3, 1, 5)
    lead = shape(r, 0, 3)
    leads = [tuple(1 if chance(r, 0.3) else s for s in lead)[r.randint(0, len(lead)) :] for _ in range(2)]
    turned = [chance(r), chance(r)]
    a, b = (m, k), (k + chance(r, 0.08), n)
    a, b = (x[::-1] if t else x for x, t in zip((a, b), turned))
    if chance(r, 0.05):
        leads = [(2, *lead), (3, *lead)]
    inputs = [torch.randn(*lead, *x) for lead, x in zip(leads, (a, b))]
    return Draw({"transpose_a": turned[0], "transpose_b": turned[1]}, inputs)


def draw_einsum(r: Random) -> Draw:
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
    return Draw({"equation": ",".join(terms) + (f"->{right}" if chance(r, 0.85) else "")}, [torch.randn(s) for s in shapes])


def draw_reduction(name: str) -> Callable[[Random], Draw]:
    def draw(r: Random) -> Draw:
        size = shape(r)
        axes, keep = axes_of(r, len(size)), chance(r)
        x = values(r, size) if name == "mean" else tensor(r, size)
        return Draw({"axis": axes[0] if len(axes) == 1 else axes, "keepdims": keep}, [x])

    return draw


PEERS: Peers = {
    **{name: merge(lambda *x, join=join: reduce(join, x)) for name, join in FOLDS.items()},
    "sub": merge(torch.sub),
    "div": div,
    "average": merge(average),
    "concat": lambda a, own, *x: torch.cat(x, a.get("axis", 1)),
    "stack": stack,
    "matmul": matmul,
    "einsum": einsum,
    **{name: reduction(name) for name in REDUCTIONS},
    "scale_by": lambda a, own, x: x * a["factor"],
}
KINDS: Kinds = {
    **{name: draw_merge(1, 4) for name in (*FOLDS, "average")},
    **{name: draw_merge(2, 2) for name in PAIRS},
    "concat": draw_concat,
    "stack": draw_stack,
    "matmul": draw_matmul,
    "einsum": draw_einsum,
    **{name: draw_reduction(name) for name in REDUCTIONS},
    "scale_by": lambda r: Draw({"factor": r.choice([0, 2, -0.3, 1e3])}, [values(r, shape(r, 0))]),
}
