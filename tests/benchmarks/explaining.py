"""`why` in large networks: inference, the answer and its text. `python -m tests.benchmarks.explaining [LAYERS]`"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.why import Question
from deferinit_cli.language.load import load
from deferinit_cli.views.explanations import render

from .measures import apart, table

LIMIT = 2.0
"""Seconds of processor time that `why` may take in 100 000 layers."""

WIDE = 10
"""Copies of the outer of two repeats: one alone may not count so far."""


def repeated(item: str, copies: int) -> str:
    return f"layers:\n- sequential s:\n  - {item}\n    repeat: {copies // WIDE}\n  repeat: {WIDE}\n"


def dense(layers: int) -> str:
    """Residuals of dense layers whose size only the last layer says."""
    copies = repeated("residual r: [dense a: _, relu, dense b: _]", layers // 4)
    return f"inputs: {{x: [N, _]}}\n{copies}- dense last: {{units: 5, in_units: 512}}\n"


def conv(layers: int) -> str:
    """Residuals of convolutions over an image, of which only the last says a number of channels."""
    inside = "conv2d {}: {{channels: _, kernel_size: 3, padding: 1}}"
    copies = repeated(f"residual r: [{inside.format('a')}, relu, {inside.format('b')}]", layers // 4)
    return f"inputs: {{x: [N, _, 64, 64]}}\n{copies}- conv2d last: {{channels: 5, kernel_size: 1, in_channels: 512}}\n"


def valid(layers: int) -> str:
    """Convolutions without padding: as many sizes as there are layers, each worked out from the one before."""
    copies = repeated("conv2d c: {channels: 4, kernel_size: [3, 1]}", layers)
    return f"inputs: {{x: [N, 3, {2 * layers + 9}, 8]}}\n{copies}"


def clash(layers: int) -> str:
    """The first case, and its first layer says another size than its last."""
    return dense(layers).replace("x: [N, _]", "x: [N, 500]")


CASES: list[tuple[str, Callable[[int], str], str]] = [
    ("dense, a late fact, asked at the start", dense, "x[1]"),
    ("dense, a late fact, asked in the middle", dense, "s.5.r.{middle}.a.weight[0]"),
    ("dense, a whole name", dense, "s.5.r.{middle}.b.weight"),
    ("convolutions, a late fact", conv, "s.0.r.0.a.weight[1]"),
    ("convolutions, height at the end", conv, "last[2]"),
    ("without padding, height at the end", valid, "s.9.c.{last}[2]"),
    ("dense, in conflict", clash, "s.5.r.{middle}.b.weight[0]"),
]


def measure(case: int, layers: int) -> None:
    """Layers, conflicts, lines of the answer, and the seconds of inference, answer and diagnostics."""
    _, spec, what = CASES[case]
    infer(load(spec(1000)))  # what is imported late
    network = load(spec(layers))
    start = time.process_time()
    resolved = infer(network)
    inferred = time.process_time()
    text = render(Question(resolved).ask(what.format(middle=layers // 80, last=layers // WIDE - 1)))
    answered = time.process_time()
    found = diagnostics(resolved)
    print(len(network.nodes), len(found), text.count("\n"), inferred - start, answered - inferred, time.process_time() - answered)


def main(layers: int = 100_000) -> None:
    rows = []
    for case, (name, _, _) in enumerate(CASES):
        (nodes, found, lines, *seconds), peak = apart("explaining", str(case), str(layers))
        times = [f"{s:.2f}" for s in (*seconds, sum(seconds))]
        rows.append([name, f"{nodes:,.0f}", *times, f"{found:.0f}", f"{lines:.0f}", f"{peak:.0f}"])
    heads = ["why", "layers", "inference s", "answer s", "diagnostics s", f"in all (≤ {LIMIT:g})", "conflicts", "lines", "peak MiB"]
    table(f"Why, in {layers:,} layers, after parsing", heads, rows)


if __name__ == "__main__":
    measure(*map(int, sys.argv[1:])) if len(sys.argv) > 2 else main(*map(int, sys.argv[1:]))
