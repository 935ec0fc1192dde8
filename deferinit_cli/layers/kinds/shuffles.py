"""Cells moved between channels and space, or between groups of channels."""

from __future__ import annotations

from typing import Any

from ..core.base import UNKNOWN, Layer, integer, layer
from ..core.frame import Frame
from ..core.options import Options, Path, Seen, divisors

GROUP = "Shape"


@layer("pixel_shuffle", torch="nn.PixelShuffle", keras="ops.depth_to_space", flax="", mxnet="gluon.contrib.nn.PixelShuffle2D")
class PixelShuffle(Layer):
    """Channels become space: C*r*r, H, W to C, H*r, W*r (Shi et al., 2016)."""

    example = ("2", "[N, 16, 32, 32]")

    factor = integer("how much larger", minimum=1, also="upscale_factor block_size", open=True)

    accepts = "any"
    takes, gives = "N whole h w", "N C h_out w_out"

    def relate(self, r: Frame) -> None:
        f = self.factor
        if f is UNKNOWN:
            return
        r.product("whole", f * f, "C", says="{whole} channels do not split into {part}", blame="factor")
        r.affine("h_out", "h", f, 0)
        r.affine("w_out", "w", f, 0)

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return shuffles(seen, seen("whole"), "h", "h_out")

    def forward(self, p: Any, x: Any) -> Any:
        n, c, h, w = x.shape
        f = self.factor
        return x.reshape(n, c // f**2, f, f, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // f**2, h * f, w * f)


@layer("pixel_unshuffle", torch="nn.PixelUnshuffle", keras="ops.space_to_depth", flax="", mxnet="")
class PixelUnshuffle(Layer):
    """Space becomes channels: C, H, W to C*r*r, H/r, W/r."""

    example = ("2", "[N, 4, 32, 32]")

    factor = integer("how much smaller", minimum=1, also="downscale_factor block_size", open=True)

    accepts = "any"
    takes, gives = "N C h w", "N whole h_out w_out"

    def relate(self, r: Frame) -> None:
        f = self.factor
        r.slot("whole")
        if f is UNKNOWN:
            return
        r.affine("whole", "C", f * f, 0)
        for axis in "hw":
            r.product(axis, f, f"{axis}_out", says="a size of {whole} does not split into {part}", blame="factor")

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return shuffles(seen, seen("whole"), "h_out", "h")

    def forward(self, p: Any, x: Any) -> Any:
        n, c, h, w = x.shape
        f = self.factor
        return x.reshape(n, c, h // f, f, w // f, f).transpose(0, 1, 3, 5, 2, 4).reshape(n, c * f * f, h // f, w // f)


def shuffles(seen: Seen, deep: int | None, small: str, large: str) -> Options:
    """The factor that two sizes of an axis, before and after, tell; else those whose square divides the channels to be split."""
    a, b = seen(small), seen(large)
    if a is not None and b is not None:
        return ([b // a] if b % a == 0 else []), True
    if deep is not None:
        return [f for f in range(1, deep + 1) if f * f <= deep and deep % (f * f) == 0], True
    return [1, 2, 3, 4], False


@layer("channel_shuffle", torch="nn.ChannelShuffle", keras="", flax="", mxnet="")
class ChannelShuffle(Layer):
    """Deal the channels of each group out over all groups (Zhang et al., 2017)."""

    example = ("4", "[N, 16, 32, 32]")

    groups = integer("groups of channels", minimum=1, open=True, symbols=True)

    accepts = "any"
    takes = gives = "N C *x"

    def relate(self, r: Frame) -> None:
        r.divides("groups", "C", says="{whole} channels do not split into {part} groups", blame="groups")

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        return divisors(seen("C"))

    def forward(self, p: Any, x: Any) -> Any:
        n, c = x.shape[:2]
        return x.reshape(n, self.groups, c // self.groups, *x.shape[2:]).swapaxes(1, 2).reshape(x.shape)
