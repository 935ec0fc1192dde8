"""Kinds beyond the common ones."""

from __future__ import annotations

from random import Random
from typing import Any

from torch import Tensor

from ...draws import axes_of, chance, listed, some
from ...kinds.functions import ANY, FLOATS, NOISE
from ..expressions import Hole
from .shaping import along, axis_in, choice, over, reduction, some_axes
from .windows import Fit, divisors, floats, kernel, spatial, without_defaults


def pixel_unshuffle(r: Random, x: Tensor) -> dict[str, Any] | None:
    found = [d for d in divisors(x.shape[2]) if x.shape[3] % d == 0 and d <= 3] if x.ndim == 4 else []
    return {"factor": r.choice(found)} if found else None


def unflatten(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim or x.ndim > 4:
        return None
    axis = axis_in(r, x)
    d = r.choice(divisors(x.shape[axis]))
    return {"axis": axis, "shape": r.choice([[d, x.shape[axis] // d], [d, -1], [-1, d]])}


def crop(r: Random, x: Tensor) -> dict[str, Any] | None:
    if not x.ndim:
        return None
    count = r.randint(1, min(3, x.ndim))
    return {"widths": [[a, r.randint(0, min(2, s - 1 - a))] for s in x.shape[-count:] for a in [r.randint(0, min(2, s - 1))]]}


def cast(r: Random, x: Tensor) -> dict[str, Any]:
    return {"dtype": "int64" if floats(x) and chance(r, 0.3) else str(x.dtype).removeprefix("torch.") if floats(x) else "float32"}


def lp_pool(r: Random, x: Tensor, n: int) -> dict[str, Any]:
    args: dict[str, Any] = {"kernel_size": listed(r, kernel(r, list(x.shape[2:]))), "norm_type": r.choice([2.0, 1.0])}
    if chance(r, 0.5):
        args["stride"] = listed(r, some(r, n, 1, 2))
    return without_defaults(r, args, norm_type=2.0)


def einsum_dense(r: Random, x: Tensor) -> dict[str, Any]:
    came = "abcde"[: x.ndim]
    gone = came[-r.randint(1, x.ndim - 1) :]
    kept, new = came[: x.ndim - len(gone)], "fg"[: r.randint(1, 2)]
    said: list[Any] = [Hole(None) if c in kept else r.randint(1, 4) for c in (kept + new)[1:]]
    args: dict[str, Any] = {"equation": f"{came},{gone}{new}->{kept}{new}", "shape": said}
    return {**args, "bias_axes": new[-1]} if chance(r) else args


def flip(r: Random, x: Tensor) -> dict[str, Any] | None:
    axes = axes_of(r, x.ndim, wrong=0) if x.ndim else []
    return {"axis": axes[0] if len(axes) == 1 else axes} if axes else None


def with_axis(r: Random, x: Tensor) -> dict[str, Any] | None:
    return {"axis": axis_in(r, x)} if x.ndim else None


FITS: dict[str, Fit] = {
    **{kind: over(lambda r, x: {}) for kind in FLOATS},
    **{kind: over(lambda r, x: {} if x.min() > 0 or chance(r, 0.3) else None) for kind in ("log", "sqrt", "rsqrt")},
    **{kind: (lambda r, x: {}) for kind in ANY},
    **{
        kind: (lambda r, x, key="std" if kind == "gaussian_noise" else "rate": {key: r.choice([0.0, 0.1, 0.5])}) for kind in NOISE
    },
    "softmin": over(along, 1),
    "sparsemax": over(along, 1),
    "celu": choice(alpha=[1.0, 0.5]),
    "hard_tanh": choice(min=[-1.0, -0.3], max=[1.0, 0.5]),
    "hardshrink": choice(**{"lambda": [0.5, 0.1]}),
    "softshrink": choice(**{"lambda": [0.5, 0.1]}),
    "squareplus": choice(b=[4.0, 1.0]),
    "threshold": over(lambda r, x: {"threshold": r.choice([0.0, 0.5]), "value": r.choice([0.0, 2.0])}),
    "power": over(lambda r, x: {"exponent": r.choice([2, 1.0])}),
    "clip": over(lambda r, x: r.choice([{"min": -0.5}, {"min": -1.0, "max": 1.0}, {"max": 2.0}])),
    "shift_by": over(lambda r, x: {"amount": r.choice([1, -0.5])}),
    "std": over(lambda r, x: {**reduction(r, x), "correction": 0}, 1),
    "var": over(lambda r, x: {**reduction(r, x), "correction": 0}, 1),
    "norm": over(lambda r, x: {**reduction(r, x), **({"p": r.choice([1.0, 3.0])} if chance(r) else {})}, 1),
    "argmax": with_axis,
    "cumsum": with_axis,
    "lp_normalize": over(lambda r, x: {"axis": some_axes(r, x), **({"p": 1.0} if chance(r) else {})}, 1),
    "instance_norm": over(lambda r, x: {"scale": chance(r), "center": chance(r)}, 3),
    "local_response_norm": over(lambda r, x: {"size": r.randint(1, 4)}, 3),
    **{f"lp_pool{n}d": spatial(n, lp_pool) for n in (1, 2, 3)},
    "pixel_unshuffle": pixel_unshuffle,
    "repeat_axis": lambda r, x: {"times": r.randint(1, 3), "axis": axis_in(r, x)} if x.ndim else None,
    "tile": lambda r, x: {"repeats": list(some(r, x.ndim, 1, 2))} if x.ndim else None,
    "flip": flip,
    "unflatten": unflatten,
    "crop": crop,
    "cast": cast,
    "one_hot": lambda r, x: (
        {"classes": int(x.max()) + r.randint(1, 3)} if not floats(x) and x.ndim < 4 and x.min() >= 0 else None
    ),
    "bias_add": over(along, 1),
    "sinusoidal_positions": over(lambda r, x: {}, ranks=(3,)),
    "einsum_dense": over(einsum_dense, 2),
}
