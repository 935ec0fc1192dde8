"""ResNet-50 forward in numpy beside PyTorch eager, both with two threads. `python -m tests.benchmarks.forward`"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import numpy as np
import torch

from deferinit_cli.commands.run import Weights
from deferinit_cli.forward.execute import execute
from deferinit_cli.infer.engine import infer
from deferinit_cli.spec.load import load
from deferinit_cli.spec.options import parse_inputs

SPEC = Path(__file__).parents[2] / "specs" / "resnet.yaml"


class Bottleneck(torch.nn.Module):
    """The block of ResNet-50, with torchvision's names."""

    def __init__(self, width_in: int, width: int, stride: int, project: bool) -> None:
        super().__init__()
        nn = torch.nn
        self.conv1 = nn.Conv2d(width_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample: Any = None
        if project:
            self.downsample = nn.Sequential(nn.Conv2d(width_in, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x: Any) -> Any:
        y = torch.relu_(self.bn1(self.conv1(x)))
        y = torch.relu_(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu_(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.conv1, self.bn1, self.maxpool = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.MaxPool2d(3, 2, 1)
        width = 64
        for k, (depth, out) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512)), 1):
            blocks = []
            for i in range(depth):
                blocks.append(Bottleneck(width, out, 2 if i == 0 and k > 1 else 1, i == 0))
                width = 4 * out
            setattr(self, f"layer{k}", nn.Sequential(*blocks))
        self.fc = nn.Linear(2048, 1000)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(torch.relu_(self.bn1(self.conv1(x))))
        for k in range(1, 5):
            x = getattr(self, f"layer{k}")(x)
        return self.fc(x.mean((2, 3)))


def main() -> None:
    torch.set_num_threads(2)
    network = load(str(SPEC))
    resolved = infer(network, parse_inputs(["1x3x224x224"], network))
    tensors = Weights(resolved, 0, None)
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    model = ResNet50().eval()
    state = {name: torch.from_numpy(np.array(tensors[name])) for name in model.state_dict() if "num_batches" not in name}
    model.load_state_dict(state, strict=False)
    with torch.no_grad():
        theirs = model(torch.from_numpy(x)).numpy()
    mine = next(iter(execute(network, resolved, tensors, {"image": x}).values()))
    print(f"largest difference {np.abs(mine - theirs).max():.1e} at a scale of {np.abs(theirs).max():.1e}")
    ours, peers = [], []
    for _ in range(9):
        start = time.perf_counter()
        execute(network, resolved, tensors, {"image": x})
        middle = time.perf_counter()
        with torch.no_grad():
            model(torch.from_numpy(x))
        ours.append(middle - start)
        peers.append(time.perf_counter() - middle)
    a, b = statistics.median(ours), statistics.median(peers)
    print(f"ResNet-50 1x3x224x224: numpy {1000 * a:.0f} ms, PyTorch eager {1000 * b:.0f} ms, ratio {a / b:.2f}")


if __name__ == "__main__":
    main()
