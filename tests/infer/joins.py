"""Random networks of branches that meet again: sums, concatenations and attention over tokens, with positions as an input."""

from __future__ import annotations

from random import Random


def moved(r: Random, name: str, source: str) -> str:
    """One layer that makes H and W others."""
    k = r.randint(1, 4)
    layer = r.choice([
        f"conv2d {name}: {{channels: 3, kernel_size: {k}, stride: {r.randint(1, 4)}, padding: {r.randint(0, 2)}}}",
        f"max_pool2d {name}: {r.randint(2, 4)}",
        f"upsample {name}: {r.choice([2, 3, 0.5, 1.5])}",
        f"slice {name}: {{axis: {r.choice([2, 3])}, start: {r.randint(1, 3)}}}",
    ])  # fmt: skip
    return f"- {layer}\n  from: {source}\n"


def join(r: Random) -> str:
    return r.choice(["add: {broadcast: false}", "add", "concat", "mul"])


def images(r: Random) -> str:
    """Branches over one image, joined one after the other."""
    out, at = "inputs: {x: [1, 3, H, W]}\nlayers:\n", "x"
    for k in range(r.randint(1, 3)):
        ends = []
        for side in "ab":
            end = at
            for n in range(r.randint(0 if side == "b" else 1, 2)):
                out += moved(r, f"{side}{k}_{n}", end)
                end = f"{side}{k}_{n}"
            ends.append(end)
        kind, _, args = join(r).partition(": ")
        channels = " {axis: 1}" if kind == "concat" else f" {args}" if args else ""
        out += f"- {kind} j{k}:{channels}\n  from: [{', '.join(ends)}]\n"
        at = f"j{k}"
        if kind == "concat":
            out += f"- conv2d c{k}: {{channels: 3, kernel_size: 1}}\n"
            at = f"c{k}"
    return out


def tokens(r: Random) -> str:
    """An image as tokens, positions added again and again, lengths that have to be equal, numbers that have to divide."""
    out = "inputs: {x: [N, 4, H, W], p: [P, 4], q: [N, Q, 4]}\nlayers:\n"
    out += moved(r, "a", "x") if r.random() < 0.7 else "- relu a:\n  from: x\n"
    out += "- conv2d b: {channels: 4, kernel_size: 1}\n- flatten f: {start: 2}\n- transpose t0: [0, 2, 1]\n"
    names = ["t0", "p", "q"]
    for k in range(1, r.randint(2, 6)):
        one, other = r.choice(names[:1] + names[3:]), r.choice(names)
        out += r.choice([
            f"- add t{k}:\n  from: [{one}, {other}]\n",
            f"- add t{k}: {{broadcast: false}}\n  from: [{one}, {other if other != 'p' else one}]\n",
            f"- multi_head_attention t{k}: {{heads: 2}}\n  from: [{one}, {other if other != 'p' else one}, {one}]\n",
            f"- concat t{k}: {{axis: 1}}\n  from: [{one}, {one}]\n",
        ])  # fmt: skip
        names.append(f"t{k}")
    if r.random() < 0.5:
        out += f"- reshape: [-1, {r.choice([2, 6, 8, 16])}]\n"
    return out
