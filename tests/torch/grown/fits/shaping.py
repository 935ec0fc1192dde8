"""Dense layers, norms, activations, recurrent layers and reductions: kinds that compute along some axes of any shape."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from torch import Tensor

from ...draws import axes_of, chance
from ...kinds.activations import BY_NAME, some_name
from .windows import Fit, divisors, floats, without_defaults


def over(fit: Callable[[Random, Tensor], dict[str, Any] | None], low: int = 0, ranks: tuple[int, ...] = ()) -> Fit:
    """Of floats, of at least so many axes."""
    return lambda r, x: fit(r, x) if floats(x) and x.ndim >= low and (not ranks or x.ndim in ranks) else None


def axis_in(r: Random, x: Tensor) -> int:
    return r.randint(-x.ndim, x.ndim - 1)


def some_axes(r: Random, x: Tensor) -> Any:
    axes = axes_of(r, x.ndim, wrong=0)[: r.randint(1, 3)]
    return axes[0] if len(axes) == 1 and chance(r, 0.7) else axes


def along(r: Random, x: Tensor) -> dict[str, Any]:
    return without_defaults(r, {"axis": axis_in(r, x)}, axis=-1)


def dense(r: Random, x: Tensor) -> dict[str, Any] | None:
    flatten = x.ndim >= 2 and chance(r, 0.2)
    width = x[0].numel() if flatten else x.shape[-1]
    args: dict[str, Any] = {"units": r.randint(1, 8), "flatten": flatten, "bias": chance(r, 0.7), "activation": some_name(r)}
    if chance(r, 0.15):
        args["in_units"] = width
    return without_defaults(r, args, flatten=False, bias=True, activation=None)


def embedding(r: Random, ids: Tensor) -> dict[str, Any] | None:
    if floats(ids) or ids.ndim > 3 or ids.min() < 0:
        return None
    args: dict[str, Any] = {"input_dim": int(ids.max()) + r.randint(1, 6), "output_dim": r.randint(1, 8)}
    if chance(r, 0.2):
        args["padding_index"] = r.randrange(args["input_dim"])
    return args


def glu(r: Random, x: Tensor) -> dict[str, Any] | None:
    found = [a for a in range(-x.ndim, x.ndim) if x.shape[a] % 2 == 0]
    return without_defaults(r, {"axis": r.choice(found)}, axis=-1) if found else None


def affine(r: Random) -> dict[str, Any]:
    return {"scale": chance(r, 0.7), "center": chance(r, 0.7), "eps": 10.0 ** -r.randint(2, 5)}


def batch_norm(r: Random, x: Tensor) -> dict[str, Any]:
    axis = axis_in(r, x) if chance(r, 0.2) else 1
    return without_defaults(r, {"axis": axis, **affine(r)}, axis=1, scale=True, center=True, eps=1e-5)


def layer_norm(r: Random, x: Tensor) -> dict[str, Any]:
    axis = list(range(-r.randint(1, x.ndim), 0)) if chance(r, 0.3) else -1 if chance(r) else some_axes(r, x)
    return without_defaults(r, {"axis": axis, **affine(r)}, axis=-1, scale=True, center=True, eps=1e-5)


def rms_norm(r: Random, x: Tensor) -> dict[str, Any]:
    args = {"axis": -1 if chance(r) else some_axes(r, x), "offset": r.choice([0, 0, 1])}
    return without_defaults(r, args, axis=-1, offset=0)


def group_norm(r: Random, x: Tensor) -> dict[str, Any]:
    return without_defaults(r, {"groups": r.choice(divisors(x.shape[1])), **affine(r)}, scale=True, center=True, eps=1e-5)


def recurrent(kind: str) -> Fit:
    def fit(r: Random, x: Tensor) -> dict[str, Any] | None:
        if not floats(x) or x.ndim != 3 or x.shape[1] > 12:
            return None
        hidden = r.randint(1, 6)
        args: dict[str, Any] = {
            "hidden": hidden,
            "layers": r.choice([1, 1, 2]),
            "bidirectional": chance(r, 0.3),
            "bias": chance(r, 0.8),
        }
        if kind == "lstm":
            args["projection"] = r.choice([0, 0, r.randint(1, hidden)])
            args["projection"] = args["projection"] if args["projection"] < hidden else 0
        elif kind == "rnn":
            args["activation"] = r.choice(["tanh", "relu"])
        return without_defaults(r, args, layers=1, bidirectional=False, bias=True, projection=0, activation="tanh")

    return fit


def multi_head(r: Random, x: Tensor) -> dict[str, Any]:
    heads = r.choice(divisors(x.shape[2]))
    args: dict[str, Any] = {"heads": heads, "bias": chance(r, 0.7), "causal": chance(r, 0.4)}
    if chance(r, 0.3):
        args["kv_heads"] = r.choice(divisors(heads))
    if chance(r, 0.25):
        args["head_dim"] = r.randint(1, 4)
    return without_defaults(r, args, bias=True, causal=False)


def rotary(r: Random, x: Tensor) -> dict[str, Any] | None:
    found = [h for h in divisors(x.shape[2]) if x.shape[2] // h % 2 == 0]
    if not found:
        return None
    args = {"heads": r.choice(found), "theta": r.choice([10000.0, 500.0]), "interleaved": chance(r), "fraction": 1.0}
    if (x.shape[2] // args["heads"]) % 4 == 0 and chance(r, 0.4):
        args["fraction"] = 0.5
    return without_defaults(r, args, theta=10000.0, fraction=1.0, interleaved=False)


def reduction(r: Random, x: Tensor) -> dict[str, Any]:
    return without_defaults(r, {"axis": some_axes(r, x), "keepdims": chance(r)}, keepdims=False)


def choice(**found: list[Any]) -> Fit:
    return over(lambda r, x: {k: r.choice(v) for k, v in found.items() if chance(r, 0.7)})


FITS: dict[str, Fit] = {
    **{kind: over(lambda r, x: {}) for kind in ("relu", "relu6", "selu", "gelu_tanh", "quick_gelu", "silu", "sigmoid", "hard_sigmoid",
                                                "hard_swish", "tanh")},
    "identity": lambda r, x: {},
    "leaky_relu": choice(slope=[0.0, 0.01, 0.3]),
    "elu": choice(alpha=[1.0, 0.5, 2.5]),
    "softplus": choice(beta=[1.0, 0.3, 4.0], threshold=[20.0, 5.0]),
    "gelu": choice(approximate=["none", "tanh"]),
    "dropout": choice(rate=[0.0, 0.1, 0.5]),
    "prelu": over(lambda r, x: {"shared": False} if x.ndim >= 2 and chance(r) else {}),
    "activation": over(lambda r, x: {"name": r.choice(list(BY_NAME))}, 1),
    "softmax": over(along, 1),
    "log_softmax": over(along, 1),
    "glu": over(glu, 1),
    "dense": over(dense, 1),
    "embedding": embedding,
    "batch_norm": over(batch_norm, 2),
    "layer_norm": over(layer_norm, 1),
    "rms_norm": over(rms_norm, 1),
    "group_norm": over(group_norm, 2),
    "scale": over(along, 1),
    "scale_by": over(lambda r, x: {"factor": r.choice([2, -0.5, 0.25])}),
    **{kind: recurrent(kind) for kind in ("lstm", "gru", "rnn")},
    "multi_head_attention": over(multi_head, ranks=(3,)),
    "rotary": over(rotary, ranks=(3,)),
    "learned_positions": over(lambda r, x: {"length": x.shape[1] + r.choice([0, 0, 1, 5])}, ranks=(3,)),
    "topk_softmax": over(lambda r, x: {"k": r.randint(1, x.shape[-1]), "normalize": chance(r)}, 1),
    "mean": over(reduction, 1),
    **{kind: (lambda r, x: reduction(r, x) if x.ndim else None) for kind in ("sum", "max", "min")},
}  # fmt: skip
