"""Convolutional networks."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .weights import Weights, batch_norm, conv, dense, norm, norm2d


def conv_norm(w: Weights, x: Tensor, stride: int = 1, eps: float = 1e-5) -> Tensor:
    """A convolution called 0, padded to keep the size, and a norm called 1."""
    return batch_norm(w / 1, conv(w / 0, x, stride, w["0.weight"].shape[-1] // 2), eps)


def lenet(w: Weights, x: Tensor, **_: Any) -> Tensor:
    x = F.max_pool2d(F.relu(conv(w / "conv1", x)), 2)
    x = F.max_pool2d(F.relu(conv(w / "conv2", x)), 2).flatten(1)
    return dense(w / "fc3", F.relu(dense(w / "fc2", F.relu(dense(w / "fc1", x)))))


def alexnet(w: Weights, x: Tensor, **_: Any) -> Tensor:
    f = w / "features"
    x = F.max_pool2d(F.relu(conv(f / 0, x, 4, 2)), 3, 2)
    x = F.max_pool2d(F.relu(conv(f / 3, x, 1, 2)), 3, 2)
    for k in (6, 8, 10):
        x = F.relu(conv(f / k, x, 1, 1))
    x = F.adaptive_avg_pool2d(F.max_pool2d(x, 3, 2), 6).flatten(1)
    c = w / "classifier"
    return dense(c / 6, F.relu(dense(c / 4, F.relu(dense(c / 1, x)))))


def vgg(w: Weights, x: Tensor, **_: Any) -> Tensor:
    for stage in w / "stage":
        for layer in stage / "conv0":
            x = conv(layer / "conv", x, 1, 1)
            x = F.relu(batch_norm(layer / "bn", x) if "bn" in layer else x)
        x = F.max_pool2d(x, 2)
    c = w / "classifier"
    x = F.adaptive_avg_pool2d(x, 7).flatten(1)
    return dense(c / "dense2", F.relu(dense(c / "dense1", F.relu(dense(c / "dense0", x)))))


def resnet(w: Weights, x: Tensor, depth: int, early: bool, **_: Any) -> Tensor:
    x = F.max_pool2d(F.relu(batch_norm(w / "bn1", conv(w / "conv1", x, 2, 3))), 3, 2, 1)
    for stage in range(4):
        for k, block in enumerate(w / f"layer{stage + 1}"):
            stride = 2 if stage and not k else 1
            if depth < 50:
                y = F.relu(batch_norm(block / "bn1", conv(block / "conv1", x, stride, 1)))
                y = batch_norm(block / "bn2", conv(block / "conv2", y, 1, 1))
            else:
                y = F.relu(batch_norm(block / "bn1", conv(block / "conv1", x, stride if early else 1)))
                y = F.relu(batch_norm(block / "bn2", conv(block / "conv2", y, 1 if early else stride, 1)))
                y = batch_norm(block / "bn3", conv(block / "conv3", y))
            x = F.relu(y + (conv_norm(block / "downsample", x, stride) if "downsample" in block else x))
    return dense(w / "fc", x.mean((2, 3)))


def densenet(w: Weights, x: Tensor, **_: Any) -> Tensor:
    x = F.max_pool2d(F.relu(batch_norm(w / "norm0", conv(w / "conv0", x, 2, 3))), 3, 2, 1)
    for stage in w / "stage":
        seen = [x]
        for layer in stage / "layer":
            y = conv(layer / "conv1", F.relu(batch_norm(layer / "norm1", torch.cat(seen, 1))))
            seen.append(conv(layer / "conv2", F.relu(batch_norm(layer / "norm2", y)), 1, 1))
        x = torch.cat(seen, 1)
        if "transition0" in stage:
            t = stage / "transition0"
            x = F.avg_pool2d(conv(t / "conv", F.relu(batch_norm(t / "norm", x))), 2)
    return dense(w / "classifier", F.relu(batch_norm(w / "norm5", x)).mean((2, 3)))


def mobilenet_v2(w: Weights, x: Tensor, **_: Any) -> Tensor:
    f = w / "features"
    x = F.relu6(conv_norm(f / 0, x, 2))
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    place = 0
    for expansion, channels, count, stride in table:
        for k in range(count):
            place += 1
            block, y = f / place / "conv", x
            if expansion > 1:
                y = F.relu6(conv_norm(block / 0, y))
            last = 2 if expansion > 1 else 1
            y = F.relu6(conv_norm(block / (last - 1), y, 1 if k else stride))
            y = batch_norm(block / (last + 1), conv(block / last, y))
            assert y.shape[1] == channels
            x = x + y if k else y
    return dense(w / "classifier" / 1, F.relu6(conv_norm(f / 18, x)).mean((2, 3)))


def conv_relu(w: Weights, x: Tensor, stride: int = 1, valid: bool = False) -> Tensor:
    """Inception's convolution, normalised; padded to keep the size unless it is `valid`."""
    kernel = w["conv.weight"].shape[2:]
    x = conv(w / "conv", x, stride, 0 if valid else (kernel[0] // 2, kernel[1] // 2))
    return F.relu(batch_norm(w / "bn", x, 1e-3))


def googlenet(w: Weights, x: Tensor, **_: Any) -> Tensor:
    def inception(name: str, x: Tensor) -> Tensor:
        b = w / f"inception{name}"
        two, three, four = (b / f"branch{k}" for k in (2, 3, 4))
        return torch.cat([
            conv_relu(b / "branch1", x), conv_relu(two / 1, conv_relu(two / 0, x)), conv_relu(three / 1, conv_relu(three / 0, x)),
            conv_relu(four / 1, F.max_pool2d(x, 3, 1, 1)),
        ], 1)  # fmt: skip

    x = F.max_pool2d(conv_relu(w / "conv1", x, 2), 3, 2, ceil_mode=True)
    x = F.max_pool2d(conv_relu(w / "conv3", conv_relu(w / "conv2", x)), 3, 2, ceil_mode=True)
    x = F.max_pool2d(inception("3b", inception("3a", x)), 3, 2, ceil_mode=True)
    for letter in "abcde":
        x = inception(f"4{letter}", x)
    x = inception("5b", inception("5a", F.max_pool2d(x, 2, 2, ceil_mode=True)))
    return dense(w / "fc", x.mean((2, 3)))


def inception_v3(w: Weights, x: Tensor, count_padding: bool = True, **_: Any) -> Tensor:
    def chain(b: Weights, names: str, x: Tensor, strided: bool = False) -> Tensor:
        *first, last = names.split()
        for name in first:
            x = conv_relu(b / name, x)
        return conv_relu(b / last, x, 2, True) if strided else conv_relu(b / last, x)

    def pooled(b: Weights, x: Tensor) -> Tensor:
        return conv_relu(b / "branch_pool", F.avg_pool2d(x, 3, 1, 1, count_include_pad=count_padding))

    x = conv_relu(w / "Conv2d_2a_3x3", conv_relu(w / "Conv2d_1a_3x3", x, 2, True), 1, True)
    x = F.max_pool2d(conv_relu(w / "Conv2d_2b_3x3", x), 3, 2)
    x = F.max_pool2d(conv_relu(w / "Conv2d_4a_3x3", conv_relu(w / "Conv2d_3b_1x1", x), 1, True), 3, 2)
    double = "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3"
    for letter in "bcd":
        b = w / f"Mixed_5{letter}"
        x = torch.cat(
            [conv_relu(b / "branch1x1", x), chain(b, "branch5x5_1 branch5x5_2", x), chain(b, double, x), pooled(b, x)], 1
        )
    b = w / "Mixed_6a"
    x = torch.cat([chain(b, "branch3x3", x, True), chain(b, double, x, True), F.max_pool2d(x, 3, 2)], 1)
    for letter in "bcde":
        b = w / f"Mixed_6{letter}"
        once, twice = (" ".join(f"branch7x7{d}_{k + 1}" for k in range(n)) for d, n in (("", 3), ("dbl", 5)))
        x = torch.cat([conv_relu(b / "branch1x1", x), chain(b, once, x), chain(b, twice, x), pooled(b, x)], 1)
    b = w / "Mixed_7a"
    seven = " ".join(f"branch7x7x3_{k}" for k in (1, 2, 3, 4))
    x = torch.cat([chain(b, "branch3x3_1 branch3x3_2", x, True), chain(b, seven, x, True), F.max_pool2d(x, 3, 2)], 1)
    for letter in "bc":
        b = w / f"Mixed_7{letter}"
        one, two = conv_relu(b / "branch3x3_1", x), chain(b, "branch3x3dbl_1 branch3x3dbl_2", x)
        split = [conv_relu(b / f"branch3x3{d}{s}", y) for d, y in (("_2", one), ("dbl_3", two)) for s in "ab"]
        x = torch.cat([conv_relu(b / "branch1x1", x), *split, pooled(b, x)], 1)
    return dense(w / "fc", x.mean((2, 3)))


def xception(w: Weights, x: Tensor, **_: Any) -> Tensor:
    def plain(b: Weights, x: Tensor, stride: int) -> Tensor:
        return F.relu(batch_norm(b / "bn", conv(b / "conv", x, stride), 1e-3))

    def separable(b: Weights, x: Tensor) -> Tensor:
        return batch_norm(b / "bn", conv(b / "pointwise", conv(b / "depthwise", x, 1, 1)), 1e-3)

    def half(b: Weights, x: Tensor) -> Tensor:
        y = separable(b / "sepconv2", F.relu(separable(b / "sepconv1", F.relu(x))))
        short = batch_norm(b / "batch_norm0", conv(b / "conv2d0", x, 2), 1e-3)
        total = [2 * s - 1 + 2 - n for s, n in zip(short.shape[2:], y.shape[2:])]  # TensorFlow's SAME: the odd cell goes behind
        widths = [w for t in reversed(total) for w in (t // 2, t - t // 2)]
        return F.max_pool2d(F.pad(y, widths, value=-torch.inf), 3, 2) + short

    x = plain(w / "conv2", plain(w / "conv1", x, 2), 1)
    for k in (2, 3, 4):
        x = half(w / f"block{k}", x)
    for b in w / "middle":
        y = x
        for k in (1, 2, 3):
            y = separable(b / f"sepconv{k}", F.relu(y))
        x = x + y
    x = half(w / "block13", x)
    x = F.relu(separable(w / "sepconv2", F.relu(separable(w / "sepconv1", x))))
    return dense(w / "predictions", x.mean((2, 3)))


def unet(w: Weights, x: Tensor, **_: Any) -> Tensor:
    def double(b: Weights, x: Tensor) -> Tensor:
        return F.relu(conv(b / "conv2d1", F.relu(conv(b / "conv2d0", x, 1, 1)), 1, 1))

    kept = []
    for level in w / "enc":
        kept.append(double(level / "conv", x))
        x = F.max_pool2d(kept[-1], 2)
    x = double(w / "mid", x)
    for level in w / "dec":
        x = F.conv_transpose2d(x, level["up.weight"], level["up.bias"], 2)
        x = double(level / "conv", torch.cat([x, kept.pop()], 1))
    return conv(w / "head", x)


def fpn(w: Weights, x: Tensor, **_: Any) -> tuple[Tensor, ...]:
    maps = []
    for k in range(1, 6):
        x = F.relu(batch_norm(w / f"c{k}" / "batch_norm0", conv(w / f"c{k}" / "conv2d0", x, 2, 1)))
        maps.append(x)
    top = [conv(w / "p5", maps[4])]
    for k in (4, 3):
        top.insert(0, F.interpolate(top[0], scale_factor=2, mode="nearest") + conv(w / f"l{k}", maps[k - 1]))
    return tuple(top)


def dcgan(w: Weights, x: Tensor, **_: Any) -> Tensor:
    x = F.relu(batch_norm(w / "batch_norm0", F.conv_transpose2d(x, w["first.weight"])))
    for k in range(3):
        up = w / f"up{k}"
        x = F.relu(batch_norm(up / "batch_norm0", F.conv_transpose2d(x, up["conv_transpose2d0.weight"], None, 2, 1)))
    return torch.tanh(F.conv_transpose2d(x, w["last.weight"], None, 2, 1))


def efficientnet(w: Weights, x: Tensor, variant: int, **_: Any) -> Tensor:
    eps = 1e-3 if variant >= 5 else 1e-5
    f = w / "features"
    x = F.silu(conv_norm(f / 0, x, 2, eps))
    for stage, stride in enumerate([1, 2, 2, 2, 1, 2, 1], 1):
        for k in range(len(f / stage)):
            block, y = f / stage / k / "block", x
            last = len(block) - 1
            for j in range(last - 1):
                y = F.silu(conv_norm(block / j, y, stride if j == last - 2 and k == 0 else 1, eps))
            se = block / (last - 1)
            s = torch.sigmoid(conv(se / "fc2", F.silu(conv(se / "fc1", y.mean((2, 3), keepdim=True)))))
            y = conv_norm(block / last, y * s, 1, eps)
            x = x + y if k else y
    return dense(w / "classifier" / 1, F.silu(conv_norm(f / 8, x, 1, eps)).mean((2, 3)))


def convnext(w: Weights, x: Tensor, **_: Any) -> Tensor:
    f = w / "features"
    x = norm2d(f / 0 / 1, conv(f / 0 / 0, x, 4), 1e-6)
    for stage in (1, 3, 5, 7):
        if stage > 1:
            down = f / (stage - 1)
            x = conv(down / 1, norm2d(down / 0, x, 1e-6), 2)
        for k in range(len(f / stage)):
            b = f / stage / k / "block"
            y = norm(b / 2, conv(b / 0, x, padding=3).permute(0, 2, 3, 1), 1e-6)
            y = dense(b / 5, F.gelu(dense(b / 3, y))).permute(0, 3, 1, 2)
            x = x + (f / stage / k)["layer_scale"] * y
    return dense(w / "classifier" / 2, norm(w / "classifier" / 0, x.mean((2, 3)), 1e-6))
