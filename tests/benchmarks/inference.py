"""Inference alone, after parsing. `python -m tests.benchmarks.inference`"""

from __future__ import annotations

import sys

from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load

from .measures import SPECS, apart, best, doubled, once, table

WIDE = 25
"""Copies of the outer of two repeats: one alone may not count so far."""

CONV = "conv2d: {channels: 64, kernel_size: 3, padding: 1, bias: false}"


def repeated(items: str, layers: int, each: int) -> str:
    """`items`, which make `each` layers, as often as it takes; the input's channels are not said."""
    inner = f"  - sequential c: [{items}]\n    repeat: {layers // each // WIDE}\n"
    return f"inputs: {{x: [N, _, H, W]}}\nlayers:\n- sequential s:\n{inner}  repeat: {WIDE}\n"


def convs(layers: int) -> str:
    """Convolutions, each followed by its activation."""
    return repeated(", ".join([CONV, "relu"] * 4), layers, 8)


def residuals(layers: int) -> str:
    """Blocks of seven layers, each added to its input."""
    return repeated(f"residual: [{', relu, '.join([CONV] * 4)}]", layers, 8)


def shrinking(layers: int) -> str:
    """Convolutions without padding: as many sizes as layers."""
    inner = f"  - conv2d c: {{channels: 4, kernel_size: [3, 1], bias: false}}\n    repeat: {layers // WIDE}\n"
    return f"inputs: {{x: [N, 3, {2 * layers + 9}, W]}}\nlayers:\n- sequential s:\n{inner}  repeat: {WIDE}\n"


def written(layers: int) -> str:
    """No repeats: every layer stands in the text."""
    return "inputs: {x: [N, _]}\nlayers:\n" + "- dense: 8\n- relu\n" * (layers // 2)


CHAINS = {"convolutions": convs, "residuals": residuals, "shrinking": shrinking, "written out": written}
SIZES = (25_000, 50_000, 100_000, 200_000)
LONGEST = {"written out": 100_000}  # a spec is at most a MiB


def measure(chain: str, size: int) -> None:
    infer(load(CHAINS[chain](100)))  # what is imported late
    network = load(CHAINS[chain](size))
    print(len(network.nodes), once(lambda: infer(network)))


def main() -> None:
    resnet = load(str(SPECS / "resnet.yaml"), sets={"depth": "152"})
    given = parse_inputs(["1x3x224x224"], resnet)
    rows = [["with an input", f"{1000 * best(lambda: infer(resnet, given)):.1f}"], ["symbolic", f"{1000 * best(lambda: infer(resnet)):.1f}"]]
    table(f"Inference of ResNet-152, {len(resnet.nodes)} layers", ["", "ms"], rows)
    rows = []
    for chain in CHAINS:
        sizes = [size for size in SIZES if size <= LONGEST.get(chain, size)]
        found = [apart("inference", chain, str(size)) for size in sizes]
        for ((nodes, seconds), peak), times in zip(found, doubled([seconds for (_, seconds), _ in found])):
            rows.append([chain, f"{nodes:,.0f}", f"{seconds:.2f}", times, f"{peak:.0f}"])
    heads = ["chain", "layers", "s (100 000: ≤ 1.5)", "doubled (≤ 2.2)", "peak MiB (100 000: ≤ 600)"]
    table("Inference of chains, after parsing; the peak is of the whole process", heads, rows)


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 1 else main()
