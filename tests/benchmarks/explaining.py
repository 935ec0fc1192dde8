"""`why` in large networks, after parsing: inference, the answer and its text. `python -m tests.benchmarks.explaining [LAYERS]`"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable

from deferinit_cli.infer.diagnose import diagnostics
from deferinit_cli.infer.engine import infer
from deferinit_cli.infer.why import Question
from deferinit_cli.spec.load import load
from deferinit_cli.views.explanations import render

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


def main(layers: int = 100_000) -> None:
    slow = []
    for name, spec, what in CASES:
        network = load(spec(layers))
        what = what.format(middle=layers // 80, last=layers // WIDE - 1)
        gc.collect()  # what went before is not on this one's account
        start = time.process_time()
        resolved = infer(network)
        inferred = time.process_time()
        answers = Question(resolved).ask(what)
        text = render(answers)
        answered = time.process_time()
        found = diagnostics(resolved)
        end = time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name}, {len(network.nodes):,} layers: inference {inferred - start:.2f} s, why {answered - inferred:.2f} s, "
              f"diagnostics {end - answered:.2f} s ({len(found)}), {text.count(chr(10))} lines, peak {peak:.0f} MiB")  # fmt: skip
        if end - start > LIMIT:
            slow.append(name)
        del network, resolved, answers, found
    print(f"more than {LIMIT} s after parsing: {', '.join(slow) or 'none'}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
