"""Networks written twice, as specs and as PyTorch calls on tensors without data, to compare which sizes each accepts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

SPECS = Path(__file__).parents[2] / "specs"


class Empty(Exception):
    """PyTorch lets tensors without elements pass; a size is at least 1 here."""


def blank(*shape: int) -> Tensor:
    """A tensor on the meta device: shapes and their rules, no numbers."""
    return torch.empty(shape, device="meta")


def some(x: Tensor) -> Tensor:
    if x.numel() == 0:
        raise Empty
    return x


def accepts(run: Callable[..., Any], *shapes: tuple[int, ...]) -> bool:
    """Whether PyTorch takes inputs of these shapes."""
    return yields(run, *shapes) is not None


def yields(run: Callable[..., Any], *shapes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape of what comes out; None where PyTorch refuses."""
    try:
        return tuple(some(run(*(blank(*s) for s in shapes))).shape)
    except (RuntimeError, ValueError, IndexError, Empty):
        return None


def conv(x: Tensor, out: int, k: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    n = x.ndim - 2
    kernel = k if isinstance(k, tuple) else (k,) * n
    f = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
    return some(f(x, blank(out, x.shape[1] // groups, *kernel), None, stride, padding, dilation, groups))


def deconv(x: Tensor, out: int, k: int, stride: int = 1, padding: int = 0, extra: int = 0, dilation: int = 1) -> Tensor:
    f = (F.conv_transpose1d, F.conv_transpose2d)[x.ndim - 3]
    return some(f(x, blank(x.shape[1], out, *(k,) * (x.ndim - 2)), None, stride, padding, extra, 1, dilation))


def pool(x: Tensor, k: int, stride: int | None = None, padding: int = 0, ceil: bool = False, mean: bool = False) -> Tensor:
    if mean:
        return F.avg_pool2d(x, k, stride, padding, ceil_mode=ceil)
    return (F.max_pool1d if x.ndim == 3 else F.max_pool2d)(x, k, stride, padding, ceil_mode=ceil)


def dense(x: Tensor, units: int, of: int) -> Tensor:
    return F.linear(x, blank(units, of))


def equal(a: Tensor, b: Tensor) -> Tensor:
    """A sum that does not broadcast."""
    if a.shape != b.shape:
        raise RuntimeError("shapes differ")
    return a + b


def same(x: Tensor, k: int, stride: int, dilation: int = 1) -> Tensor:
    """TensorFlow's padding: as little as gives ceil(size / stride)."""
    widths: list[int] = []
    for n in x.shape[:1:-1]:
        total = max((-(-n // stride) - 1) * stride + dilation * (k - 1) + 1 - n, 0)
        widths += [total // 2, total - total // 2]
    return F.pad(x, widths)


def double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2)


class Case:
    """`spec` and `run` are the same network; `shape` is its input's, with H and W (T) left open; `fixed` a size of W that works.

    What `run` returns is the spec's value `of` (its output, where it says nothing), with equal sizes on `axes`.
    """

    def __init__(
        self,
        name: str,
        spec: str,
        run: Callable[[Tensor], Tensor],
        shape: tuple[Any, ...],
        fixed: int,
        of: str,
        axes: tuple[int, ...],
    ) -> None:
        self.name = name
        self.of = of
        self.axes = axes
        self.spec = spec if "\n" in spec else (SPECS / f"{spec}.yaml").read_text("utf-8")
        self.run = run
        self.shape = shape
        self.fixed = fixed

    def at(self, h: int, w: int) -> tuple[int, ...]:
        return tuple({"H": h, "T": h, "W": w}.get(d, d) for d in self.shape)


CASES: list[Case] = []


def case(
    spec: str, shape: tuple[Any, ...] = (1, 3, "H", "W"), fixed: int = 224, of: str = "", axes: tuple[int, ...] = ()
) -> Callable[[Any], Any]:
    def add(run: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        CASES.append(Case(run.__name__, spec, run, shape, fixed, of, axes or ((2, 3) if len(shape) == 4 else (2,))))
        return run

    return add


IMAGE = "inputs: {x: [N, 3, H, W]}\nlayers:\n"

# ---- networks of the zoo


@case("lenet", (1, 1, "H", "W"), 28, of="flatten0", axes=(1,))
def lenet(x: Tensor) -> Tensor:
    return pool(conv(pool(conv(x, 6, 5), 2), 16, 5), 2).flatten(1)


@case("alexnet", of="features")
def alexnet(x: Tensor) -> Tensor:
    x = pool(conv(x, 4, 11, 4, 2), 3, 2)
    x = pool(conv(x, 4, 5, 1, 2), 3, 2)
    for _ in range(3):
        x = conv(x, 4, 3, 1, 1)
    return pool(x, 3, 2)


@case("vgg", of="stage")
def vgg(x: Tensor) -> Tensor:
    for _ in range(5):
        x = pool(conv(x, 4, 3, 1, 1), 2)
    return x


@case("googlenet", of="inception5b")
def googlenet(x: Tensor) -> Tensor:
    x = pool(conv(x, 4, 7, 2, 3), 3, 2, ceil=True)
    for k in (3, 3, 2):
        x = pool(conv(x, 4, 3, 1, 1), k, 2, ceil=True)
        x = torch.cat([conv(x, 4, 1), conv(x, 4, 5, 1, 2), pool(x, 3, 1, 1)], 1)
    return x


@case("densenet", of="stage")
def densenet(x: Tensor) -> Tensor:
    x = pool(conv(x, 4, 7, 2, 3), 3, 2, 1)
    for _ in range(3):
        x = pool(conv(torch.cat([x, conv(x, 4, 3, 1, 1)], 1), 4, 1), 2, mean=True)
    return x


@case("resnet", of="layer4")
def resnet(x: Tensor) -> Tensor:
    x = pool(conv(x, 4, 7, 2, 3), 3, 2, 1)
    for stride in (1, 2, 2, 2):
        x = conv(conv(x, 4, 3, stride, 1), 4, 3, 1, 1) + conv(x, 4, 1, stride)
    return x


@case("mobilenet_v2", of="features")
def mobilenet_v2(x: Tensor) -> Tensor:
    for stride in (2, 1, 2, 2, 2, 1, 2):
        x = conv(x, x.shape[1], 3, stride, 1, groups=x.shape[1])
    return x


@case("convnext", of="features")
def convnext(x: Tensor) -> Tensor:
    x = conv(x, 4, 4, 4)
    for _ in range(3):
        x = conv(equal(x, conv(x, 4, 7, 1, 3, groups=4)), 4, 2, 2)
    return x


def cells(x: Tensor, size: int) -> Tensor:
    """(N, H, W, C) in windows."""
    n, h, w, c = x.shape
    return x.view(n, h // size, size, w // size, size, c).transpose(2, 3).reshape(-1, size, size, c)


@case("swin", of="features", axes=(1, 2))
def swin(x: Tensor) -> Tensor:
    x = conv(x, 8, 4, 4).permute(0, 2, 3, 1)
    for stage in range(4):
        if stage:
            n, h, w, c = x.shape
            x = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(2, 3).reshape(n, h // 2, w // 2, 4 * c)
            x = dense(x, 2 * c, 4 * c)
        cells(x.roll((-3, -3), (1, 2)), 7)
    return x


@case("unet", fixed=64)
def unet(x: Tensor) -> Tensor:
    skips = []
    for _ in range(4):
        x = conv(conv(x, 4, 3, 1, 1), 4, 3, 1, 1)
        skips.append(x)
        x = pool(x, 2)
    for skip in reversed(skips):
        x = conv(torch.cat([deconv(x, 4, 2, 2), skip], 1), 4, 3, 1, 1)
    return x


@case("fpn", fixed=64, of="p3")
def fpn(x: Tensor) -> Tensor:
    maps = []
    for _ in range(5):
        x = conv(x, 4, 3, 2, 1)
        maps.append(x)
    for skip in maps[-2:1:-1]:
        x = equal(double(x), skip)
    return x


@case("vit", fixed=64, of="patches", axes=(1,))
def vit(x: Tensor) -> Tensor:
    return conv(x, 8, 32, 32).flatten(2).transpose(1, 2)


@case("tcn", (1, 2, "T"), 0, of="level0")
def tcn(x: Tensor) -> Tensor:
    for k in range(6):
        y = x
        for _ in range(2):
            y = conv(F.pad(y, (6 * 2**k, 0)), 4, 7, dilation=2**k)
        x = equal(y, x if k else conv(x, 4, 1))
    return x


# ---- and others, with odder sizes


@case(IMAGE + """
- conv2d: {channels: 4, kernel_size: 7, stride: 3, padding: [[1, 2], [0, 3]]}
- max_pool2d: {kernel_size: 3, stride: 2, ceil_mode: true, padding: 1}
- conv2d: {channels: 4, kernel_size: 3, stride: 5, dilation: 2}
""")  # fmt: skip
def odd_strides(x: Tensor) -> Tensor:
    return conv(pool(conv(F.pad(x, (0, 3, 1, 2)), 4, 7, 3), 3, 2, 1, ceil=True), 4, 3, 5, 0, 2)


@case(IMAGE + """
- conv2d a: {channels: 4, kernel_size: 3, stride: 2, padding: same, dilation: 3}
- max_pool2d b: {kernel_size: 3, stride: 2, padding: same}
- conv2d c: {channels: 4, kernel_size: 2, stride: 4, padding: same}
  from: input
- concat: [b, c]
- max_pool2d: {kernel_size: 2, stride: 2, padding: valid}
""")  # fmt: skip
def same_padding(x: Tensor) -> Tensor:
    b = pool(same(conv(same(x, 3, 2, 3), 4, 3, 2, 0, 3), 3, 2), 3, 2)
    return pool(torch.cat([b, conv(same(x, 2, 4), 4, 2, 4)], 1), 2)


@case(IMAGE + """
- conv2d a: {channels: 4, kernel_size: 3, stride: 2}
- max_pool2d b: {kernel_size: 3, stride: 2}
  from: input
- avg_pool2d c: {kernel_size: 2, stride: 2}
  from: input
- concat: [a, b, c]
""", fixed=223)  # fmt: skip
def reduction(x: Tensor) -> Tensor:
    return torch.cat([conv(x, 4, 3, 2), pool(x, 3, 2), pool(x, 2, mean=True)], 1)


AUTOENCODER = (
    IMAGE
    + """
- conv2d: {channels: 4, kernel_size: 3, stride: 2, padding: 1}
- conv2d: {channels: 4, kernel_size: 5, stride: 3, padding: 2}
- conv_transpose2d: {channels: 4, kernel_size: 5, stride: 3, padding: 2, output_padding: 2}
- conv_transpose2d: {channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: OUT}
- add: {broadcast: false}
  from: [prev, input]
"""
)


@case(AUTOENCODER.replace("OUT", "1"), fixed=66)
def autoencoder(x: Tensor) -> Tensor:
    y = conv(conv(x, 4, 3, 2, 1), 4, 5, 3, 2)
    return equal(deconv(deconv(y, 4, 5, 3, 2, 2), 3, 3, 2, 1, 1), x)


@case(AUTOENCODER.replace("OUT", "0"), fixed=65)
def autoencoder_of_odd_sizes(x: Tensor) -> Tensor:
    y = conv(conv(x, 4, 3, 2, 1), 4, 5, 3, 2)
    return equal(deconv(deconv(y, 4, 5, 3, 2, 2), 3, 3, 2, 1), x)


@case(IMAGE + """
- conv_transpose2d: {channels: 2, kernel_size: 4, stride: 3, padding: 6, dilation: 2}
- crop: {widths: [[7, 2], [1, 1]]}
- conv2d: {channels: 2, kernel_size: 4, stride: 7, padding: [2, 1]}
""")  # fmt: skip
def cut_transposed(x: Tensor) -> Tensor:
    y = deconv(x, 2, 4, 3, 6, 0, 2)
    y = some(y[..., 7 : y.shape[2] - 2, 1 : y.shape[3] - 1])
    return conv(y, 2, 4, 7, (2, 1))


@case(IMAGE + """
- pixel_unshuffle: 3
- conv2d: {channels: 4, kernel_size: 3, stride: 2, padding: 1}
- conv2d: {channels: 36, kernel_size: 3, padding: 1}
- pixel_shuffle: 6
- concat: [prev, input]
""", fixed=66)  # fmt: skip
def shuffled(x: Tensor) -> Tensor:
    y = conv(conv(F.pixel_unshuffle(x, 3), 4, 3, 2, 1), 36, 3, 1, 1)
    return torch.cat([F.pixel_shuffle(y, 6), x], 1)


@case(IMAGE + """
- conv2d: {channels: 4, kernel_size: 4, stride: 3}
- transpose image: {axes: [0, 2, 3, 1]}
- window_partition: 5
- window_merge: {size: 5, height: _, width: _}
- add: {broadcast: false}
  from: [prev, image]
""", fixed=61)  # fmt: skip
def windows(x: Tensor) -> Tensor:
    y = conv(x, 4, 4, 3).permute(0, 2, 3, 1)
    cells(y, 5)
    return y


@case(IMAGE + """
- conv2d c1: {channels: 4, kernel_size: 3, stride: 2, padding: 1}
- max_pool2d p1: {kernel_size: 3, stride: 2, ceil_mode: true}
- max_pool2d p2: {kernel_size: 2, stride: 2, ceil_mode: true}
- upsample u1:
  from: [p2, p1]
- add s1: [u1, p1]
- upsample u2: 2
- concat: [u2, c1]
""", fixed=63)  # fmt: skip
def ceil_pools(x: Tensor) -> Tensor:
    c1 = conv(x, 4, 3, 2, 1)
    p1 = pool(c1, 3, 2, ceil=True)
    p2 = pool(p1, 2, ceil=True)
    return torch.cat([double(F.interpolate(p2, size=p1.shape[2:]) + p1), c1], 1)


@case(IMAGE + """
- slice a: {axis: 2, start: 1, step: 2}
- slice: {axis: 2, step: 2}
  from: input
- add: {broadcast: false}
  from: [a, prev]
- slice: {axis: 2, start: 3, stop: -2}
- split: {parts: 3, axis: 2}
- concat
- max_pool2d: [2, 1]
""")  # fmt: skip
def slices(x: Tensor) -> Tensor:
    y = some(equal(x[:, :, 1::2], x[:, :, ::2])[:, :, 3:-2])
    if y.shape[2] % 3:
        raise RuntimeError("unequal parts")
    return pool(torch.cat(y.chunk(3, 2), 1).flatten(3), 1)[:, :, 1::2]


@case(IMAGE + """
- slice a: {axis: 2, start: -40}
- slice b: {axis: 2, stop: 90, start: 2}
  from: input
- slice c: {axis: 2, start: -70, stop: 64}
  from: input
- conv2d: {channels: 3, kernel_size: [9, 1], stride: [4, 1], dilation: [3, 1]}
  from: input
- concat: {axis: 2}
  from: [a, b, c, prev]
- conv2d: {channels: 2, kernel_size: [11, 1], stride: [8, 1]}
""")  # fmt: skip
def slices_past_the_ends(x: Tensor) -> Tensor:
    c = conv(x, 3, (9, 1), (4, 1), 0, (3, 1))
    return conv(torch.cat([some(x[:, :, -40:]), some(x[:, :, 2:90]), some(x[:, :, -70:64]), c], 2), 2, (11, 1), (8, 1))


@case(IMAGE + """
- conv2d: {channels: 4, kernel_size: 5, stride: 3}
- branches:
    one: [adaptive_avg_pool2d: 1, upsample: {size: 6}]
    two: [adaptive_max_pool2d: 3, upsample: 2]
    three: [max_pool2d: {kernel_size: 9, stride: 8}, adaptive_avg_pool2d: [6, 6]]
- concat
""")  # fmt: skip
def adaptive(x: Tensor) -> Tensor:
    x = conv(x, 4, 5, 3)
    one = F.interpolate(F.adaptive_avg_pool2d(x, 1), size=6)
    return torch.cat([one, double(F.adaptive_max_pool2d(x, 3)), F.adaptive_avg_pool2d(pool(x, 9, 8), 6)], 1)


@case(IMAGE + """
- conv2d: {channels: 4, kernel_size: 3, stride: 2}
- max_pool2d: 3
- conv2d: {channels: 8, kernel_size: 3}
- flatten
- dense fc: {units: 10, in_units: 480}
""", fixed=52, axes=(1,))  # fmt: skip
def fixed_dense(x: Tensor) -> Tensor:
    return dense(conv(pool(conv(x, 4, 3, 2), 3), 8, 3).flatten(1), 10, 480)


@case("inputs: {x: [N, 1, T]}\nlayers:\n" + """
- conv1d: {channels: 4, kernel_size: 10, stride: 5}
- conv1d: {channels: 4, kernel_size: 3, stride: 2}
- conv1d: {channels: 4, kernel_size: 3, stride: 2, padding: 1}
- reshape: [0, -1, 6]
- dense: 7
""", (1, 1, "T"), 0, axes=(1,))  # fmt: skip
def reshaped_signal(x: Tensor) -> Tensor:
    y = conv(conv(conv(x, 4, 10, 5), 4, 3, 2), 4, 3, 2, 1)
    return y.reshape(y.shape[0], -1, 6)


@case("inputs: {x: [N, 1, T]}\nlayers:\n" + """
- conv1d: {channels: 4, kernel_size: 4, stride: 2, padding: 1}
- conv1d: {channels: 4, kernel_size: 8, stride: 4, padding: 2}
- conv1d: {channels: 4, kernel_size: 10, stride: 5, padding: [[3, 2]]}
- conv_transpose1d: {channels: 4, kernel_size: 5, stride: 5}
- conv_transpose1d: {channels: 4, kernel_size: 8, stride: 4, padding: 2}
- conv_transpose1d: {channels: 1, kernel_size: 4, stride: 2, padding: 1}
- concat: [prev, input]
""", (1, 1, "T"), 0)  # fmt: skip
def codec(x: Tensor) -> Tensor:
    y = conv(F.pad(conv(conv(x, 4, 4, 2, 1), 4, 8, 4, 2), (3, 2)), 4, 10, 5)
    return torch.cat([deconv(deconv(deconv(y, 4, 5, 5), 4, 8, 4, 2), 1, 4, 2, 1), x], 1)


@case(IMAGE + """
- conv2d patches: {channels: 8, kernel_size: 16, stride: 16}
- flatten: {start: 2}
- transpose: {axes: [0, 2, 1]}
- parameter class: [1, 1, 8]
- concat: {axis: 1}
  from: [class, transpose0]
- parameter table: [1, 197, 8]
- add: {broadcast: false}
  from: [concat0, table]
""", axes=(1,))  # fmt: skip
def patches(x: Tensor) -> Tensor:
    y = conv(x, 8, 16, 16).flatten(2).transpose(1, 2)
    return equal(torch.cat([blank(1, 1, 8), y], 1), blank(1, 197, 8))


@case(IMAGE + """
- conv2d patches: {channels: 8, kernel_size: 9, stride: 8, padding: 2}
- flatten: {start: 2}
- transpose: {axes: [0, 2, 1]}
- learned_positions: 300
""", fixed=100, axes=(1,))  # fmt: skip
def at_most_so_many_positions(x: Tensor) -> Tensor:
    y = conv(x, 8, 9, 8, 2).flatten(2).transpose(1, 2)
    return y + some(blank(300, 8)[: y.shape[1]])


@case("inputs: {x: [1, T, 4]}\nlayers:\n" + """
- arange: {axis: 1}
- embedding: {input_dim: 77, output_dim: 4}
- add: [prev, input]
- slice: {axis: 1, step: 3}
- multi_head_attention: 2
""", (1, "T", 4), 0, axes=(1,))  # fmt: skip
def positions_by_index(x: Tensor) -> Tensor:
    if x.shape[1] > 77:  # indices beyond a table are an error of the values, which tensors without data do not have
        raise IndexError
    return (x + blank(77, 4)[: x.shape[1]])[:, ::3]


@case(IMAGE + """
- pad: {widths: [[5, 5], [3, 3]], mode: reflect}
- conv2d: {channels: 4, kernel_size: 11, stride: 4}
- pad: {widths: [[2, 2], [2, 2]], mode: reflect}
- conv2d: {channels: 4, kernel_size: 3, padding: 2, padding_mode: circular}
""")  # fmt: skip
def reflected(x: Tensor) -> Tensor:
    x = conv(F.pad(x, (3, 3, 5, 5), mode="reflect"), 4, 11, 4)
    x = F.pad(x, (2, 2, 2, 2), mode="reflect")
    return conv(F.pad(x, (2, 2, 2, 2), mode="circular"), 4, 3)


@case(IMAGE + """
- upsample: {scale: 1.5}
- conv2d: {channels: 3, kernel_size: 3, stride: 3}
- upsample: {scale: 0.5}
- upsample: 4
- add: {broadcast: false}
  from: [prev, input]
""", fixed=68)  # fmt: skip
def resized(x: Tensor) -> Tensor:
    y = conv(F.interpolate(x, scale_factor=1.5), 3, 3, 3)
    return equal(F.interpolate(F.interpolate(y, scale_factor=0.5), scale_factor=4), x)


@case(IMAGE + """
- conv2d a: {channels: 4, kernel_size: 3, stride: 4, padding: 1}
- conv2d b: {channels: 4, kernel_size: 3, stride: 3, padding: 1}
  from: input
- add: [a, b]
- conv2d: {channels: 4, kernel_size: [3, 1]}
""", fixed=1)  # fmt: skip
def broadcast_sizes(x: Tensor) -> Tensor:
    return conv(conv(x, 4, 3, 4, 1) + conv(x, 4, 3, 3, 1), 4, (3, 1))


@case(IMAGE + """
- max_pool2d a: {kernel_size: 2, stride: 2}
- flatten: {start: 2}
- unflatten: {axis: 2, shape: [_, 9]}
- conv2d: {channels: 2, kernel_size: 3, stride: 2}
""", fixed=10)  # fmt: skip
def regrouped(x: Tensor) -> Tensor:
    y = pool(x, 2).flatten(2)
    return conv(y.reshape(*y.shape[:2], -1, 9), 2, 3, 2)


@case(IMAGE + """
- global_avg_pool2d a
- mean rows: {axis: 3}
  from: input
- conv1d: {channels: 3, kernel_size: 5, stride: 4, padding: 1}
- conv_transpose1d: {channels: 3, kernel_size: 6, stride: 4, padding: 1}
- add: {broadcast: false}
  from: [prev, rows]
""", fixed=9, axes=(2,))  # fmt: skip
def rows_of_an_image(x: Tensor) -> Tensor:
    rows = x.mean(3)
    return equal(deconv(conv(rows, 3, 5, 4, 1), 3, 6, 4, 1), rows)


@case(IMAGE + """
- reshape: [N, 3, -1]
- matmul: {transpose_b: true}
  from: [input, input]
- conv2d: {channels: 2, kernel_size: 5, stride: 5}
- parameter mask: [8, 8]
- mul: {broadcast: true}
  from: [conv2d0, mask]
""", fixed=9)  # fmt: skip
def gram(x: Tensor) -> Tensor:
    return conv(x @ x.mT, 2, 5, 5) * blank(8, 8)
