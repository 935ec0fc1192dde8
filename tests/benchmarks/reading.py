"""Spec text to the graph: twice as long for twice as many lines and calls. `python -m tests.benchmarks.reading`"""

from __future__ import annotations

import sys

from deferinit_cli.language.load import load

from .measures import apart, doubled, once, table


def plain(lines: int) -> str:
    """Nothing but layers, a line each."""
    return "layers:\n" + "- dense: 8\n- relu\n" * (lines // 2)


def flow(lines: int) -> str:
    """Arguments in braces: 19 000 lines are a MiB."""
    return "inputs: {x: [N, 64, H, W]}\nlayers:\n" + "- conv2d: {channels: 64, kernel_size: 3, padding: 1}\n" * (lines // 6)


def indented(lines: int) -> str:
    """Arguments and a modifier on lines of their own."""
    return "layers:\n" + "- dense:\n   units: 8\n   bias: false\n  freeze: true\n" * (lines // 5)


def named(lines: int) -> str:
    """Every other layer with a name, which the next adds to what flows."""
    return "layers:\n" + "".join(f"- dense fc{k}: 8\n- add: [prev, fc{k}]\n" for k in range(lines // 5))


def blocks(lines: int) -> str:
    """As many blocks as calls."""
    count = lines // 8
    inside = "   args: [w]\n   layers:\n   - dense: w\n   - relu\n"
    return "blocks:\n" + "".join(f"  b{k}:\n{inside}" for k in range(count)) + "layers:\n" + "".join(f"- b{k}: 8\n" for k in range(count))


def calls(lines: int) -> str:
    """Calls of one block of two layers: the graph is twice as long as the text."""
    return "blocks:\n  b:\n    args: [w, k=3]\n    layers: [dense: w*k, dense: w]\nlayers:\n" + "- b: 8\n- b: 9\n" * (lines // 5)


SHAPES = {"plain": plain, "flow": flow, "indented": indented, "named": named, "blocks": blocks, "calls": calls}
SIZES = (25_000, 50_000, 100_000)
LIMIT = 2.2
"""How much longer reading may take for twice as many lines."""


def measure(shape: str, size: int) -> None:
    """Layers, lines and seconds of reading: in a fresh process, as users read."""
    text = SHAPES[shape](size)
    load(SHAPES[shape](100))  # what is imported late
    seconds = once(lambda: load(text))
    print(len(load(text).nodes), text.count("\n"), seconds)


def main() -> None:
    rows = []
    for shape in SHAPES:
        found = [apart("reading", shape, str(size), times=5) for size in SIZES]
        growth = doubled([seconds for (_, _, seconds), _ in found])
        for ((nodes, lines, seconds), peak), times in zip(found, growth):
            rows.append([shape, f"{lines:,.0f}", f"{nodes:,.0f}", f"{seconds:.3f}", f"{1e6 * seconds / lines:.1f}", times, f"{peak:.0f}"])
    heads = ["text", "lines", "layers", "s", "µs a line", f"doubled (≤ {LIMIT:g})", "peak MiB"]
    table("Reading: from text to graph", heads, rows)


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 1 else main()
