"""`run` of ResNet-50 at 1x3x224x224 against PyTorch eager, in one process, with equal weights and threads.

    python -m tests.benchmarks.bench_forward [--threads 2] [--rounds 7]

Reports the median of the rounds, the two taking turns; the target is at most twice PyTorch's time. The values are
compared too: a fast wrong answer is no answer.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

SPECS = Path(__file__).parent.parent.parent / "specs"


def resnet50(nn: Any) -> Any:
    """torchvision's ResNet-50 by its published structure, with its names."""

    def conv(i: int, o: int, k: int, s: int = 1) -> Any:
        return nn.Conv2d(i, o, k, s, k // 2, bias=False)

    class Bottleneck(nn.Module):  # type: ignore[misc]
        def __init__(self, i: int, w: int, s: int, project: bool) -> None:
            super().__init__()
            self.conv1, self.bn1 = conv(i, w, 1), nn.BatchNorm2d(w)
            self.conv2, self.bn2 = conv(w, w, 3, s), nn.BatchNorm2d(w)
            self.conv3, self.bn3 = conv(w, 4 * w, 1), nn.BatchNorm2d(4 * w)
            self.relu = nn.ReLU(inplace=True)
            self.downsample = nn.Sequential(conv(i, 4 * w, 1, s), nn.BatchNorm2d(4 * w)) if project else None

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
            return self.relu(y + (x if self.downsample is None else self.downsample(x)))

    def stage(i: int, w: int, n: int, s: int) -> Any:
        return nn.Sequential(*(Bottleneck(4 * w if k else i, w, 1 if k else s, k == 0) for k in range(n)))

    class ResNet(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn1 = conv(3, 64, 7, 2), nn.BatchNorm2d(64)
            self.start = nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
            self.layer1, self.layer2 = stage(64, 64, 3, 1), stage(256, 128, 4, 2)
            self.layer3, self.layer4 = stage(512, 256, 6, 2), stage(1024, 512, 3, 2)
            self.fc = nn.Linear(2048, 1000)

        def forward(self, x: Any) -> Any:
            y = self.start(self.bn1(self.conv1(x)))
            return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(y)))).mean((2, 3)))

    return ResNet().eval()


def timed(run: Callable[[], Any]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0  # before this process adds to it
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)  # read when numpy and torch are first imported

    import numpy as np
    import torch

    import deferinit_cli
    from deferinit_cli.forward.execute import execute

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    theirs = resnet50(torch.nn)
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # as after training: else folding could go wrong unseen
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224), np.float32)
    tx = torch.from_numpy(x)
    weights = {k: v.numpy() for k, v in theirs.state_dict().items() if v.is_floating_point()}
    model = deferinit_cli.load(str(SPECS / "resnet.yaml")).resolve(x.shape)
    names = [p.name for p in model.network.parameters]
    assert sorted(names) == sorted(weights), "the two networks differ"

    def mine() -> Any:
        return next(iter(execute(model.network, model._resolved, weights, {"image": x}).values()))

    with torch.inference_mode():
        expected = theirs(tx).numpy()
        found = mine()
        difference = float(np.abs(found - expected).max() / np.abs(expected).max())
        pairs = [(timed(mine), timed(lambda: theirs(tx))) for _ in range(options.rounds)]
    ours, other = (median(p[k] for p in pairs) * 1000 for k in (0, 1))
    least, other_least = (min(p[k] for p in pairs) * 1000 for k in (0, 1))
    print(f"ResNet-50 1x3x224x224, {options.threads} threads, median of {options.rounds}")
    print(f"deferinit {ours:8.1f} ms   (least {least:.1f})")
    print(f"torch     {other:8.1f} ms   (least {other_least:.1f}, {torch.__version__} eager)")
    print(f"ratio     {ours / other:8.2f}      (of the leasts {least / other_least:.2f}; target: at most 2)")
    if load > 0.5:
        print(f"others were using this machine (load {load:.1f} at the start): times and ratio may mean little")
    print(f"largest difference, relative to the largest output: {difference:.1e}")
    sys.exit(difference > 1e-4)


if __name__ == "__main__":
    main()
