"""Random networks, as a spec and as PyTorch calls on the same weights; neither side knows the other's shapes.

A network is a list of items `(kind, name, arguments, children)`. `spec` writes it in the language; `Torch` runs it,
making each weight from the sizes PyTorch sees, under the name that the language's rules give it.
"""

from __future__ import annotations

import random
from typing import Any

import torch
import torch.nn.functional as F

Item = tuple[str, str, dict[str, Any], list[Any]]


class Generator:
    """Draws items; `channels` is only a hint to make many of them fit."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        self.count = 0
        self.blocks: list[tuple[str, list[Item]]] = []

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def network(self) -> list[Item]:
        for _ in range(self.r.randint(0, 2)):
            self.blocks.append((f"block{len(self.blocks)}", self.items(1, 3)))
        items = self.items(2, 6)
        if self.r.random() < 0.5:
            items.append(("flatten", self.name(), {}, []))
            items.append(("dense", self.name(), {"units": self.r.randint(1, 6), "bias": self.r.random() < 0.7}, []))
        return items

    def items(self, low: int, high: int, depth: int = 0) -> list[Item]:
        return [self.item(depth) for _ in range(self.r.randint(low, high))]

    def item(self, depth: int) -> Item:
        r = self.r
        kinds = [
            "conv2d",
            "conv2d",
            "batch_norm",
            "act",
            "pool",
            "group_norm",
            "softmax",
            "pad",
            "up",
            "deconv",
            "depthwise",
            "scale",
        ]
        if depth < 2:
            kinds += ["residual", "branches", "repeat", "twice"] + (["call"] if self.blocks and depth == 0 else [])
        kind = r.choice(kinds)
        name = self.name()
        if kind == "conv2d":
            groups = r.choice([1, 1, 1, 2])
            args = {"channels": 2 * r.randint(1, 4), "kernel_size": [r.randint(1, 3), r.randint(1, 3)], "stride": r.choice([1, 1, 2]),
                    "padding": r.choice([0, 1, 1]), "dilation": r.choice([1, 1, 2]), "groups": groups, "bias": r.random() < 0.6}  # fmt: skip
            return kind, name, args, []
        if kind == "depthwise":
            return kind, name, {"kernel_size": r.randint(1, 3), "multiplier": r.randint(1, 2), "padding": 1}, []
        if kind == "deconv":
            return kind, name, {"channels": 2 * r.randint(1, 3), "kernel_size": r.randint(1, 3), "stride": r.randint(1, 2)}, []
        if kind == "act":
            return r.choice(["relu", "silu", "tanh", "gelu", "sigmoid", "hard_swish", "elu"]), name, {}, []
        if kind == "pool":
            k = r.randint(1, 3)
            args = {"kernel_size": k, "stride": r.randint(1, 2), "padding": r.randint(0, k // 2), "ceil_mode": r.random() < 0.4}
            return r.choice(["max_pool2d", "avg_pool2d"]), name, args, []
        if kind == "group_norm":
            return kind, name, {"groups": r.choice([1, 2])}, []
        if kind == "softmax":
            return kind, name, {"axis": r.choice([1, -1, 2])}, []
        if kind == "pad":
            return kind, name, {"widths": [[r.randint(0, 2), r.randint(0, 2)], [r.randint(0, 2), r.randint(0, 2)]]}, []
        if kind == "up":
            return "upsample", name, {"scale": r.choice([2, 1.5])}, []
        if kind == "residual":
            return kind, name, {}, [self.same(depth + 1)]
        if kind == "branches":
            return kind, name, {"merge": r.choice(["concat", "concat", "add"])}, [self.branch(depth + 1) for _ in range(2)]
        if kind == "repeat":
            return kind, name, {"times": r.randint(0, 3)}, [self.items(1, 2, depth + 1)]
        if kind == "twice":
            c = 2 * r.randint(1, 4)
            return kind, name, {"channels": c}, []
        if kind == "call":
            return kind, name, {"block": r.randrange(len(self.blocks))}, []
        return kind, name, {}, []

    def same(self, depth: int) -> list[Item]:
        """Items that often keep the shape."""
        if self.r.random() < 0.25:
            return self.items(1, 2, depth)
        return [(self.r.choice(["relu", "batch_norm", "scale"]), self.name(), {}, [])]

    def branch(self, depth: int) -> list[Item]:
        if self.r.random() < 0.3:
            return self.items(1, 2, depth)
        k = self.r.choice([1, 3])
        args = {"channels": 2 * self.r.randint(1, 3), "kernel_size": k, "padding": k // 2}
        return [("conv2d", self.name(), args, [])]


KINDS = {"depthwise": "depthwise_conv2d", "deconv": "conv_transpose2d"}


def spec(items: list[Item], blocks: list[tuple[str, list[Item]]], shape: tuple[int, ...]) -> str:
    """The network in the language; every item on lines of its own."""
    lines = [f"inputs: {{x: {list(shape)}}}"]
    if blocks:
        lines.append("blocks:")
        for name, body in blocks:
            lines += [f"  {name}:", "    layers:", *write(body, "    ")]
    return "\n".join([*lines, "layers:", *write(items, "")]) + "\n"


def write(items: list[Item], indent: str) -> list[str]:
    out: list[str] = []
    for kind, name, args, children in items:
        if kind == "residual":
            out += [f"{indent}- residual:", *write(children[0], indent + "  ")]
        elif kind == "branches":
            out += [f"{indent}- branches {name}:"]
            for k, child in enumerate(children):
                out += [f"{indent}    b{k}:", *write(child, indent + "    ")]
            out.append(f"{indent}- {args['merge']}")
        elif kind == "repeat":
            out += [f"{indent}- sequential {name}:", *write(children[0], indent + "  "), f"{indent}  repeat: {args['times']}"]
        elif kind == "twice":
            out += [
                f"{indent}- conv2d {name}: {{channels: {args['channels']}, kernel_size: 3, padding: 1}}",
                f"{indent}- apply {name}b: {name}",
            ]
        elif kind == "call":
            out.append(f"{indent}- block{args['block']} {name}")
        else:
            written = ", ".join(f"{k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in args.items())
            out.append(f"{indent}- {KINDS.get(kind, kind)} {name}" + (f": {{{written}}}" if written else ""))
    return out


class Torch:
    """Runs items with PyTorch, making weights as it goes."""

    def __init__(self, blocks: list[tuple[str, list[Item]]]) -> None:
        self.blocks = blocks
        self.weights: dict[str, Any] = {}

    def weight(self, name: str, *shape: int) -> Any:
        if name not in self.weights:
            self.weights[name] = torch.rand(shape) + 0.1 if "var" in name else torch.randn(shape) * 0.5
        if tuple(self.weights[name].shape) != shape:
            raise RuntimeError(f"{name} is {tuple(self.weights[name].shape)}, not {shape}")
        return self.weights[name]

    def run(self, items: list[Item], x: Any, prefix: str = "") -> Any:
        for item in items:
            x = self.one(item, x, prefix)
            if x.numel() == 0 or x.numel() > 400_000:
                raise RuntimeError("empty or too large")
        return x

    def one(self, item: Item, x: Any, prefix: str) -> Any:
        kind, name, a, children = item
        full = prefix + name
        c = x.shape[1]
        if kind == "conv2d":
            groups = a.get("groups", 1)
            k = a["kernel_size"] if isinstance(a["kernel_size"], list) else [a["kernel_size"]] * 2
            if c % groups or a["channels"] % groups:
                raise RuntimeError("groups")
            w = self.weight(f"{full}.weight", a["channels"], c // groups, *k)
            b = self.weight(f"{full}.bias", a["channels"]) if a.get("bias", True) else None
            return F.conv2d(x, w, b, a.get("stride", 1), a.get("padding", 0), a.get("dilation", 1), groups)
        if kind == "depthwise":
            m, k = a["multiplier"], a["kernel_size"]
            return F.conv2d(
                x, self.weight(f"{full}.weight", c * m, 1, k, k), self.weight(f"{full}.bias", c * m), padding=1, groups=c
            )
        if kind == "deconv":
            w = self.weight(f"{full}.weight", c, a["channels"], a["kernel_size"], a["kernel_size"])
            return F.conv_transpose2d(x, w, self.weight(f"{full}.bias", a["channels"]), a["stride"])
        if kind == "batch_norm":
            w, b, mean, var = (self.weight(f"{full}.{n}", c) for n in ("weight", "bias", "running_mean", "running_var"))
            return F.batch_norm(x, mean, var, w, b)
        if kind == "group_norm":
            return F.group_norm(x, a["groups"], self.weight(f"{full}.weight", c), self.weight(f"{full}.bias", c))
        if kind == "scale":
            return x * self.weight(f"{full}.weight", x.shape[-1])
        if kind in ("max_pool2d", "avg_pool2d"):
            return getattr(F, kind)(x, a["kernel_size"], a["stride"], a["padding"], ceil_mode=a["ceil_mode"])
        if kind == "pad":
            (t, b), (left, right) = a["widths"]
            return F.pad(x, (left, right, t, b))
        if kind == "upsample":
            return F.interpolate(x, scale_factor=float(a["scale"]), recompute_scale_factor=False)
        if kind == "residual":
            y = self.run(children[0], x, prefix)
            if y.shape != x.shape:
                raise RuntimeError("residual")
            return x + y
        if kind == "branches":
            parts = [self.run(child, x, f"{full}.b{k}.") for k, child in enumerate(children)]
            return torch.cat(parts, 1) if a["merge"] == "concat" else parts[0] + parts[1]
        if kind == "repeat":
            for k in range(a["times"]):
                x = self.run(children[0], x, f"{full}.{k}.")
            return x
        if kind == "twice":
            for _ in range(2):
                x = F.conv2d(
                    x,
                    self.weight(f"{full}.weight", a["channels"], x.shape[1], 3, 3),
                    self.weight(f"{full}.bias", a["channels"]),
                    padding=1,
                )
            return x
        if kind == "call":
            return self.run(self.blocks[a["block"]][1], x, f"{full}.")
        if kind == "flatten":
            return x.flatten(1)
        if kind == "dense":
            w = self.weight(f"{full}.weight", a["units"], x.shape[1])
            return F.linear(x, w, self.weight(f"{full}.bias", a["units"]) if a["bias"] else None)
        if kind == "softmax":
            return F.softmax(x, a["axis"])
        return getattr(F, {"hard_swish": "hardswish"}.get(kind, kind))(x)
