"""Reading long texts (tree with places, typing, graph), beside what `yaml.parse` with the C loader alone takes, in the same run;
then twice as much text. `python -m tests.benchmarks.reading`"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import yaml

from deferinit_cli.spec.load import load


def plain(lines: int) -> str:
    return "layers:\n" + "- dense: 8\n- relu\n" * (lines // 2)


def arguments(lines: int) -> str:
    return "inputs: {x: [N, 64, H, W]}\nlayers:\n" + "- conv2d: {channels: 64, kernel_size: 3, padding: 1}\n" * (lines // 5)


def block_style(lines: int) -> str:
    return "layers:\n" + "- dense:\n   units: 8\n   bias: false\n  freeze: true\n" * (lines // 5)


def named(lines: int) -> str:
    return "layers:\n" + "".join(f"- dense fc{i}: 8\n- add: [prev, fc{i}]\n" for i in range(lines // 4))


def blocks(lines: int) -> str:
    """As many blocks as calls of them."""
    k = lines // 9
    made = "".join(f"  b{i}:\n   args: [w]\n   layers:\n   - dense: w\n   - relu\n" for i in range(k))
    return f"blocks:\n{made}layers:\n" + "".join(f"- b{i}: 8\n" for i in range(k))


TEXTS: list[Callable[[int], str]] = [plain, arguments, block_style, named, blocks]


def best(run: Callable[[], Any], times: int = 5) -> float:
    """Seconds of processor time."""
    out = []
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        made = run()
        out.append(time.process_time() - start)
        del made
    return min(out)


def parsed(text: str) -> None:
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass


def main() -> None:
    print(f"{'':12}{'lines':>9}{'yaml.parse s':>14}{'reading s':>11}{'times':>7}{'half the text':>15}{'doubling':>10}")
    for make in TEXTS:
        whole, half = make(100_000), make(50_000)
        alone, reading, before = best(lambda: parsed(whole)), best(lambda: load(whole)), best(lambda: load(half))  # noqa: B023  called here
        print(f"{make.__name__:12}{whole.count(chr(10)):9,}{alone:14.3f}{reading:11.3f}{reading / alone:7.2f}{before:15.3f}{reading / before:10.2f}")


if __name__ == "__main__":
    main()
