"""How the benchmarks measure: seconds of processor time, the best of several; peak memory, of a process of its own."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"


class Usage:
    """What a process took: seconds of processor time and of the clock, and its peak of memory in MiB."""

    def __init__(self, output: str, cpu: float, wall: float, peak: float) -> None:
        self.output = output
        self.cpu = cpu
        self.wall = wall
        self.peak = peak


def best(run: Callable[[], Any], times: int = 5) -> float:
    """Seconds of processor time, of the best of several runs; what others left is collected before each."""
    return min(once(run) for _ in range(times))


def once(run: Callable[[], Any]) -> float:
    gc.collect()
    start = time.process_time()
    kept = run()
    seconds = time.process_time() - start
    del kept
    return seconds


def process(*command: str, terminal: bool = False) -> Usage:
    """Run a command to its end, its modules compiled as where it is installed; a failure of it is one of the benchmark.

    `terminal`: its output goes to a terminal instead of a pipe.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    reader, writer = os.openpty() if terminal else os.pipe()
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=writer, env=env)
    os.close(writer)
    output = b"".join(iter(lambda: received(reader), b""))
    os.close(reader)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return Usage(output.decode(), usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024)


def received(reader: int) -> bytes:
    """The next part of an output; empty at its end, which a terminal tells as an error."""
    try:
        return os.read(reader, 1 << 16)
    except OSError:
        return b""


def apart(module: str, *arguments: str, times: int = 3) -> tuple[list[float], float]:
    """The least of each number that a benchmark's module prints in a process of its own, and the least peak."""
    runs = [process(sys.executable, "-m", f"tests.benchmarks.{module}", *arguments) for _ in range(times)]
    numbers = [[float(word) for word in run.output.split()] for run in runs]
    return [min(column) for column in zip(*numbers)], min(run.peak for run in runs)


def machine() -> str:
    """What figures are worth nothing without."""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()} {platform.system()}"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows)]
    print(f"\n{title}")
    for row in (heads, *rows):
        print("  ".join(cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths))))
    sys.stdout.flush()


def doubled(figures: Sequence[float]) -> list[str]:
    """Each figure over the one before it."""
    return ["", *(f"{b / a:.2f}" for a, b in zip(figures, figures[1:]))]
