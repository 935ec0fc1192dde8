"""Networks whose numbers hang on the sizes of their inputs, beside `sized`: padded to multiples, to each other, and cropped again."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .sized import IMAGE, blank, case, conv, deconv, dense, equal, pool, some


def padded(x: Tensor, m: int) -> Tensor:
    return F.pad(x, (0, -x.shape[3] % m, 0, -x.shape[2] % m))


@case("""
inputs: {image: [1, 3, H, W]}
defaults: {conv2d: {kernel_size: 3, padding: 1}}
blocks:
  up:
    args: [channels]
    inputs: [x, skip]
    layers:
    - conv_transpose2d up: {channels: channels, kernel_size: 2, stride: 2}
      from: x
    - concat: [prev, skip]
    - conv2d: channels
layers:
- pad: [[0, (-H) % 16], [0, (-W) % 16]]
- sequential enc:
  - conv2d conv: 2 * (i + 1)
  - max_pool2d: 2
  repeat: 4
- conv2d: 4
- up dec: 2
  repeat: 4
  from: [prev, enc.(-1-i).conv]
- slice: {axis: 2, stop: H}
- slice: {axis: 3, stop: W}
- conv2d head: {channels: 1, kernel_size: 1, padding: 0}
  expect: [1, 1, H, W]
""")  # fmt: skip
def unet_of_any_size(x: Tensor) -> Tensor:
    h, w = x.shape[2:]
    x, skips = padded(x, 16), []
    for i in range(4):
        x = conv(x, 2 * (i + 1), 3, 1, 1)
        skips.append(x)
        x = pool(x, 2)
    x = conv(x, 4, 3, 1, 1)
    for skip in skips[::-1]:
        x = conv(torch.cat([deconv(x, 2, 2, 2), skip], 1), 2, 3, 1, 1)
    return conv(x[:, :, :h, :w], 1, 1)


@case("""
inputs: {image: [1, 3, H, W]}
defaults: {conv2d: {kernel_size: 3, padding: 1}}
blocks:
  up:
    args: [channels]
    inputs: {x: [N, C, H, W], skip: [N, D, P, Q]}
    layers:
    - conv_transpose2d up: {channels: channels, kernel_size: 2, stride: 2}
      from: x
    - pad: [[(P - 2*H) // 2, P - 2*H - (P - 2*H) // 2], [(Q - 2*W) // 2, Q - 2*W - (Q - 2*W) // 2]]
    - concat: [prev, skip]
    - conv2d: channels
layers:
- conv2d a: 2
- max_pool2d: 2
- conv2d b: 2
- max_pool2d: 2
- conv2d c: 2
- up u: 2
  from: [c, b]
- up v: 2
  from: [u, a]
  expect: [1, 2, H, W]
""", fixed=5)  # fmt: skip
def unet_whose_skips_are_met(x: Tensor) -> Tensor:
    a = conv(x, 2, 3, 1, 1)
    b = conv(pool(a, 2), 2, 3, 1, 1)
    x = conv(pool(b, 2), 2, 3, 1, 1)
    for skip in (b, a):
        x = deconv(x, 2, 2, 2)
        h, w = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = conv(torch.cat([F.pad(x, (w // 2, w - w // 2, h // 2, h - h // 2)), skip], 1), 2, 3, 1, 1)
    return x


@case("""
inputs: {image: [1, 3, H, W]}
blocks:
  windowed:
    args: [window, shift=0]
    inputs: {x: [N, H, W, C]}
    layers:
    - pad: [[0, (-H) % window], [0, (-W) % window], [0, 0]]
    - roll: {shift: [-shift, -shift], axis: [1, 2]}
    - window_partition: window
    - reshape: [0, window**2, C]
    - dense qkv: 3*C
    - split: {parts: 3}
    - attention: C // 4
    - dense proj: C
    - reshape: [0, window, window, C]
    - window_merge: {size: window, height: "ceil_to(H, window)", width: "ceil_to(W, window)"}
    - roll: {shift: [shift, shift], axis: [1, 2]}
    - slice: {axis: 1, stop: H}
    - slice: {axis: 2, stop: W}
  merging:
    inputs: {x: [N, H, W, C]}
    layers:
    - pad even: [[0, H % 2], [0, W % 2], [0, 0]]
    - slice s0: {axis: 1, step: 2}
    - slice a: {axis: 2, step: 2}
    - slice c: {axis: 2, start: 1, step: 2}
      from: s0
    - slice s1: {axis: 1, start: 1, step: 2}
      from: even
    - slice b: {axis: 2, step: 2}
    - slice d: {axis: 2, start: 1, step: 2}
      from: s1
    - concat: {axis: -1}
      from: [a, b, c, d]
    - dense reduction: {units: 2*C, bias: false}
layers:
- conv2d: {channels: 8, kernel_size: 4, stride: 4}
- transpose: [0, 2, 3, 1]
- residual: [windowed w0: 7]
- residual: [windowed w1: {window: 7, shift: 3}]
- merging m
- residual: [windowed w2: 7]
""", fixed=33, axes=(1, 2))  # fmt: skip
def swin_of_any_size(x: Tensor) -> Tensor:
    x = conv(x, 8, 4, 4).permute(0, 2, 3, 1)
    x = x + windowed(windowed(x, 0), 3)
    h, w = x.shape[1:3]
    x = F.pad(x, (0, 0, 0, w % 2, 0, h % 2))
    x = torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)
    return x + windowed(dense(x, 16, 32), 0)[:, :, :, :1]


def windowed(x: Tensor, shift: int) -> Tensor:
    """As torchvision's shifted_window_attention: padded to whole windows, cut again."""
    _, h, w, c = x.shape
    y = torch.roll(F.pad(x, (0, 0, 0, -w % 7, 0, -h % 7)), (-shift, -shift), (1, 2))
    n, ph, pw, _ = y.shape
    y = y.view(n, ph // 7, 7, pw // 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 49, c)
    y = dense(y, c, c)
    y = y.view(n, ph // 7, pw // 7, 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(n, ph, pw, c)
    return torch.roll(y, (shift, shift), (1, 2))[:, :h, :w]


@case(IMAGE + """
- conv2d: {channels: 3, kernel_size: 3, stride: 2, padding: 1}
- conv2d: {channels: 3, kernel_size: 3, stride: 2, padding: 1}
- conv_transpose2d: {channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: [((H + 1) // 2 + 1) % 2, ((W + 1) // 2 + 1) % 2]}
- conv_transpose2d: {channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: [(H + 1) % 2, (W + 1) % 2]}
- add: {broadcast: false}
  from: [prev, input]
""", fixed=6)  # fmt: skip
def the_size_given_back(x: Tensor) -> Tensor:
    y = conv(conv(x, 3, 3, 2, 1), 3, 3, 2, 1)
    for n in ((x.shape[2] + 1) // 2, (x.shape[3] + 1) // 2), x.shape[2:]:
        y = some(F.conv_transpose2d(y, blank(3, 3, 3, 3), None, 2, 1, [(m + 1) % 2 for m in n]))
    return equal(y, x)


@case(IMAGE + """
- conv2d: {channels: 4, kernel_size: 3, stride: 2}
- conv2d: {channels: 4, kernel_size: [H // 4, 1], padding: [[H % 3, 0], [1, 1]]}
- avg_pool2d: {kernel_size: [3, 2], stride: [2, 1], padding: [H % 2, W % 2]}
""", fixed=9)  # fmt: skip
def kernels_of_the_size(x: Tensor) -> Tensor:
    h, w = x.shape[2:]
    if h < 4:
        raise RuntimeError("a kernel of none")
    y = F.pad(conv(x, 4, 3, 2), (1, 1, h % 3, 0))
    return F.avg_pool2d(conv(y, 4, (h // 4, 1)), (3, 2), (2, 1), (h % 2, w % 2))


@case(IMAGE + """
- conv2d: {channels: 4, kernel_size: 3, padding: 1}
- avg_pool2d: {kernel_size: [H, W]}
- flatten
- dense: 3
""", axes=(1,))  # fmt: skip
def pooled_over_all(x: Tensor) -> Tensor:
    return dense(F.avg_pool2d(conv(x, 4, 3, 1, 1), x.shape[2:]).flatten(1), 3, 4)
