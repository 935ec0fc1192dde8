"""Inference alone, after parsing. `python -m tests.benchmarks.inference`"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deferinit_cli.infer.contract import contract_of
from deferinit_cli.infer.engine import infer
from deferinit_cli.spec.load import load
from deferinit_cli.spec.options import parse_inputs

SPECS = Path(__file__).parents[2] / "specs"


def best(run: Callable[[], Any], times: int = 5) -> float:
    out = []
    for _ in range(times):
        start = time.process_time()
        run()
        out.append(time.process_time() - start)
    return min(out)


def chain(layers: int) -> str:
    return (
        "inputs: {x: [N, 64, H, W]}\nlayers:\n- sequential s:\n  - sequential t:\n    - residual:\n"
        "      - conv2d: {channels: 64, kernel_size: 3, padding: 1}\n      - relu\n"
        f"      - conv2d: {{channels: 64, kernel_size: 3, padding: 1}}\n    - relu\n    repeat: {layers // 50}\n  repeat: 10\n"
    )


def unet(depth: int) -> str:
    """Stages that halve, and as many that double and join what was there before."""
    down = "  - conv2d: {channels: 8, kernel_size: 3, padding: 1}\n  - max_pool2d: 2\n"
    up = "- upsample: {scale: 2}\n- concat: [prev, skip]\n- conv2d: {channels: 8, kernel_size: 3, padding: 1}\n"
    inner = "".join(f"- sequential e{k}:\n{down}" for k in range(depth))
    outer = "".join(up.replace("skip", f"e{k}.conv2d0") for k in reversed(range(depth)))
    return f"inputs: {{x: [N, 3, H, W]}}\nlayers:\n{inner}{outer}"


def main() -> None:
    resnet = load(str(SPECS / "resnet.yaml"), sets={"depth": "152"})
    given = parse_inputs(["1x3x224x224"], resnet)
    print(f"ResNet-152, {len(resnet.nodes)} layers, with an input: {1000 * best(lambda: infer(resnet, given)):.1f} ms")
    print(f"ResNet-152, symbolic: {1000 * best(lambda: infer(resnet)):.1f} ms")
    for path in sorted(SPECS.glob("*.yaml")):
        net = load(str(path))
        print(f"contract of {path.stem}: {1000 * best(lambda net=net: contract_of(infer(net)), 3):.1f} ms")  # type: ignore[misc]
    deep = load(unet(10))
    print(f"contract of a U-Net of depth 10: {1000 * best(lambda: contract_of(infer(deep)), 3):.1f} ms")
    for layers in (25_000, 50_000, 100_000, 200_000):
        net = load(chain(layers))
        seconds = best(lambda net=net: infer(net), 2)  # type: ignore[misc]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"residual chain of {len(net.nodes):,} layers: {seconds:.2f} s, peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
