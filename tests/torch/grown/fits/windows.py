"""Convolutions, pooling and resizing: kinds of two batch axes and one to three spatial ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from torch import Tensor

from ...draws import chance, listed, some
from ...kinds.activations import some_name
from ...kinds.spatial import RANKS, copies
from ..expressions import Hole

Fit = Callable[[Random, Tensor], "dict[str, Any] | None"]


def floats(x: Tensor) -> bool:
    return x.dtype.is_floating_point


def spatial(n: int, fit: Callable[[Random, Tensor, int], dict[str, Any] | None]) -> Fit:
    return lambda r, x: fit(r, x, n) if x.ndim == n + 2 and floats(x) else None


def divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


def kernel(r: Random, sizes: list[int], most: int = 4) -> tuple[int, ...]:
    return tuple(r.randint(1, min(most, s)) for s in sizes)


def padding(r: Random, k: tuple[int, ...], d: tuple[int, ...]) -> Any:
    """Each way to write one: often what keeps the size."""
    n = len(k)
    return r.choice([
        lambda: 0, lambda: r.randint(0, 2), lambda: [b * (a - 1) // 2 for a, b in zip(k, d)], lambda: list(some(r, n, 0, 2)),
        lambda: [list(some(r, 2, 0, 2)) for _ in range(n)], lambda: "same", lambda: "valid",
    ])()  # fmt: skip


def without_defaults(r: Random, args: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Arguments that say no more than the kind's default are mostly left out."""
    return {k: v for k, v in args.items() if k not in defaults or v != defaults[k] or (v is not None and chance(r, 0.15))}


def conv(r: Random, x: Tensor, n: int, depthwise: bool = False) -> dict[str, Any]:
    ci, sizes = x.shape[1], list(x.shape[2:])
    k = kernel(r, sizes)
    d = tuple(r.choice([1, 1, 2]) if (a - 1) * 2 < s else 1 for a, s in zip(k, sizes))
    groups = r.choice(divisors(ci)) if chance(r, 0.4) else 1
    args: dict[str, Any] = (
        {"multiplier": r.randint(1, 2)} if depthwise else {"channels": groups * r.randint(1, max(1, 6 // groups))}
    )
    args |= {"kernel_size": listed(r, k), "stride": listed(r, some(r, n, 1, 2)) if chance(r, 0.4) else 1, "dilation": listed(r, d),
             "padding": padding(r, k, d), "bias": chance(r, 0.7), "activation": some_name(r),
             "padding_mode": r.choice(["zeros", "zeros", "zeros", "reflect", "edge", "circular"])}  # fmt: skip
    if not depthwise:
        args["groups"] = groups
    if chance(r, 0.15):
        args["in_channels"] = ci
    if not depthwise and chance(r, 0.1) and args["channels"] >= 4:
        args["channels"] -= args["channels"] % groups
    return without_defaults(r, args, stride=1, dilation=1, groups=1, bias=True, activation=None, padding=0, padding_mode="zeros")


def transposed(r: Random, x: Tensor, n: int) -> dict[str, Any] | None:
    ci = x.shape[1]
    if max(x.shape[2:]) > 12:
        return None
    groups = r.choice(divisors(ci)) if chance(r, 0.3) else 1
    k, s, d = some(r, n, 1, 4), some(r, n, 1, 2), some(r, n, 1, 2)
    args = {"channels": groups * r.randint(1, max(1, 6 // groups)), "kernel_size": listed(r, k), "stride": listed(r, s),
            "dilation": listed(r, d), "groups": groups, "bias": chance(r, 0.7), "activation": some_name(r),
            "output_padding": listed(r, tuple(r.randint(0, max(a, b) - 1) for a, b in zip(s, d))),
            "padding": r.choice([[list(some(r, 2, 0, 1)) for _ in range(n)], "same", "valid", *[listed(r, some(r, n, 0, 1))] * 5])}  # fmt: skip
    if args["padding"] == "same":
        args["output_padding"] = 0
    if chance(r, 0.15):
        args["in_channels"] = ci
    return without_defaults(r, args, stride=1, dilation=1, groups=1, bias=True, activation=None, padding=0, output_padding=0)


def pool(r: Random, x: Tensor, n: int, kind: str) -> dict[str, Any]:
    k = kernel(r, list(x.shape[2:]))
    how = r.choice(["none", "int", "list", "pairs", "same", "valid"])
    written: Any = {"none": 0, "int": r.randint(0, min(k) // 2), "list": [r.randint(0, a // 2) for a in k],
                    "pairs": [list(some(r, 2, 0, a // 2)) for a in k]}.get(how, how)  # fmt: skip
    args = {"kernel_size": listed(r, k), "padding": written, "ceil_mode": chance(r, 0.4) and how != "pairs"}
    if chance(r, 0.6):
        args["stride"] = listed(r, some(r, n, 1, 3))
    if kind == "max":
        args["dilation"] = listed(r, tuple(r.randint(1, 2) if (a - 1) * 2 < s else 1 for a, s in zip(k, x.shape[2:])))
    else:
        args["count_include_pad"] = chance(r)
    return without_defaults(r, args, padding=0, ceil_mode=False, dilation=1, count_include_pad=True)


def adaptive(r: Random, x: Tensor, n: int) -> dict[str, Any]:
    out: list[Any] = [Hole(None) if chance(r, 0.3) else r.randint(1, min(6, s + 2)) for s in x.shape[2:]]
    return {"output_size": r.choice([out[0], out]) if not isinstance(out[0], Hole) else out}


def fraction(r: Random) -> float:
    """A scale that is no whole number: a short decimal, or a quotient of sizes, whose product with a size is rounded."""
    return r.choice([0.5, 1.5, 2.5, 0.7, 1.4, 0.1 * r.randint(3, 29), r.randint(2, 24) / r.randint(2, 12)])


def upsample(r: Random, x: Tensor) -> dict[str, Any] | None:
    n = x.ndim - 2
    if not floats(x) or not 1 <= n <= 3 or max(x.shape[2:]) > 12:
        return None
    mode = r.choice([m for m, ranks in RANKS.items() if n in ranks])
    args: dict[str, Any] = {"mode": mode, "align_corners": mode != "nearest" and chance(r)}
    how = r.choice(["scale", "scales", "size", "sizes"])
    if how == "scale":
        args["scale"] = r.choice([1, 2, 3, fraction(r)])
    elif how == "scales":
        args["scale"] = [r.choice([1.0, 2.0, fraction(r)]) for _ in range(n)]
    else:
        args["size"] = r.randint(1, 9) if how == "size" else list(some(r, n, 1, 9))
    if copies(x, args.get("scale", 1)):
        return None
    return without_defaults(r, args, mode="nearest", align_corners=False)


def pixel_shuffle(r: Random, x: Tensor) -> dict[str, Any] | None:
    found = [f for f in (1, 2, 3) if x.ndim == 4 and x.shape[1] % (f * f) == 0]
    return {"factor": max(found)} if found else None


AXES = (1, 2, 3)

FITS: dict[str, Fit] = {
    **{f"conv{n}d": spatial(n, conv) for n in AXES},
    **{f"depthwise_conv{n}d": spatial(n, lambda r, x, n: conv(r, x, n, depthwise=True)) for n in AXES},
    **{f"conv_transpose{n}d": spatial(n, transposed) for n in AXES},
    **{f"{kind}_pool{n}d": spatial(n, lambda r, x, n, kind=kind: pool(r, x, n, kind)) for kind in ("avg", "max") for n in AXES},
    **{f"adaptive_{kind}_pool{n}d": spatial(n, adaptive) for kind in ("avg", "max") for n in AXES},
    **{f"global_{kind}_pool{n}d": spatial(n, lambda r, x, n: {"keepdims": True} if chance(r) else {})
       for kind in ("avg", "max") for n in AXES},
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "channel_shuffle": lambda r, x: {"groups": r.choice(divisors(x.shape[1]))} if x.ndim >= 3 else None,
}  # fmt: skip
