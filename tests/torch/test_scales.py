"""Sizes after resizing by a fraction, against PyTorch at every size: on the meta device, which computes no values."""

from __future__ import annotations

from random import Random

import pytest
import torch
import torch.nn.functional as F

from deferinit_cli.shapes.scaling import scaled_size

SCALES = [120 / 88, 0.7, 1.00005, 0.1, 0.3, 0.9, 1 / 3, 4 / 3, 8 / 7, 1.1, 1.7, 2.5, 6.6]


def theirs(size: int, scale: float, recompute: bool | None = None) -> int:
    x = torch.empty(1, 1, size, device="meta")
    return F.interpolate(x, scale_factor=scale, recompute_scale_factor=recompute).shape[2]


@pytest.mark.parametrize("scale", SCALES)
def test_every_size_to_2000(scale: float) -> None:
    for n in range(1, 2001):
        want = scaled_size(n, scale)
        if want:
            assert theirs(n, scale) == want, n


def test_random_scales_and_large_sizes() -> None:
    r = Random(8)
    for _ in range(5000):
        scale = r.choice([r.uniform(0.05, 6), r.randint(1, 400) / r.randint(1, 400), r.randint(1, 600) / 100])
        n = r.randint(1, 10 ** r.randint(1, 15))
        want = scaled_size(n, scale)
        if want:
            assert theirs(n, scale) == want == theirs(n, scale, recompute=True), (n, scale)


def test_real_tensors_have_these_sizes() -> None:
    for scale, n in ((120 / 88, 88), (0.7, 90), (1.00005, 40000), (0.7, 10)):
        x = torch.zeros(1, 1, n)
        assert F.interpolate(x, scale_factor=scale).shape[2] == scaled_size(n, scale)
        assert torch.nn.Upsample(scale_factor=scale)(x).shape[2] == scaled_size(n, scale)
