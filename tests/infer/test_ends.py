"""Inference, explanations and contracts end whatever leads back to what, and take no more work than the network has parts.

Work is counted in calls (`tests/effort.py`): a walk that never ends is cut off by the processor time of its own.
"""

from __future__ import annotations

RING = """inputs: {image: [N, C, H, W]}
layers:
- conv2d a: {channels: 4, kernel_size: 9}
- max_pool2d: 2
- conv2d b: {channels: 4, kernel_size: 9}
- conv_transpose2d u: {channels: 4, kernel_size: 2, stride: 2}
- concat: [u, a]
- conv2d c: {channels: 4, kernel_size: 9}
  expect: [N, 4, H, W]
"""
