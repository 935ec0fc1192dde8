"""What a draw of a layer kind is: its arguments, its inputs, and what PyTorch says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor

REJECTS = (RuntimeError, ValueError, IndexError, AssertionError, NotImplementedError, ZeroDivisionError)
"""What PyTorch raises for arguments and shapes it does not take."""


class NoWord(Exception):
    """PyTorch cannot tell: it lacks this case, or has a rule of its own for it."""


class Own:
    """The random parameters of one layer: made at the sizes PyTorch sees at the first call, found again at the next."""

    def __init__(self) -> None:
        self.state: dict[str, Tensor] = {}
        self.made: torch.nn.Module | None = None
        self.spare: list[str] = []  # what a module's state_dict holds that is no number to compute with
        self.arbitrary = False  # whether values depend on which of some equal ones PyTorch takes

    def fill(self, key: str, x: Tensor, std: float) -> Tensor:
        """Random values in place, positive ones for a variance."""
        return x.uniform_(0.5, 2) if key == "running_var" else x.normal_(std=std)

    def module(self, make: Callable[[], torch.nn.Module], std: float = 1.0) -> Any:
        """A module of PyTorch's with all its parameters and buffers."""
        if self.made is None:
            self.made = make().eval()
            for key, x in self.made.state_dict().items():
                if x.is_floating_point():
                    self.state[key] = self.fill(key, x, std)
                else:
                    self.spare.append(key)
        return self.made

    def __call__(self, key: str, *size: int) -> Tensor:
        """A tensor for a formula, where PyTorch has no module."""
        if key not in self.state:
            self.state[key] = self.fill(key, torch.empty(size), 1.0)
        need(self.state[key].shape == size, "a shared parameter has another shape")
        return self.state[key]


Peer = Callable[..., Any]
"""PyTorch's word on a kind: (arguments, Own, inputs) to a tensor or a nest of them, sides last."""


class Draw(NamedTuple):
    """Arguments and inputs of one layer, mostly ones that fit."""

    args: dict[str, Any]
    inputs: list[Tensor]


Kinds = dict[str, Callable[[Random], Draw]]
Peers = dict[str, Peer]


def plain(call: Callable[..., Any]) -> Peer:
    """The peer of a kind without arguments and parameters."""
    return lambda a, own, *x: call(*x)


def per(v: Any, n: int) -> tuple[Any, ...]:
    """One value per axis."""
    return tuple(v) if isinstance(v, list | tuple) else (v,) * n


def need(ok: bool, why: str = "") -> None:
    """Reject what PyTorch has no word for."""
    if not ok:
        raise ValueError(why)


def some(r: Random, n: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(r.randint(low, high) for _ in range(n))


def shape(r: Random, low: int = 1, high: int = 4, most: int = 5) -> tuple[int, ...]:
    """A shape of low to high dims."""
    return some(r, r.randint(low, high), 1, most)


def chance(r: Random, p: float = 0.5) -> bool:
    return r.random() < p


def values(r: Random, size: Sequence[int]) -> Tensor:
    """Mostly of ordinary size, sometimes large enough to saturate."""
    return torch.randn(tuple(size)) * r.choice([1, 1, 1, 10, 100])


def axis_of(r: Random, n: int, wrong: float = 0.1) -> int:
    """An axis of n dims, from either end; sometimes one past the ends."""
    if chance(r, wrong):
        return r.choice([n, -n - 1])
    return r.randint(-n, n - 1)


def axes_of(r: Random, n: int, wrong: float = 0.1) -> list[int]:
    """Some axes of n dims in any order; sometimes one twice or past the ends."""
    found = r.sample(range(n), r.randint(1, n))
    found = [a - n if chance(r) else a for a in found]
    return [*found, axis_of(r, n)] if chance(r, wrong) else found


def listed(r: Random, numbers: tuple[int, ...]) -> Any:
    """One per axis as a list, or a single number where they are all the same."""
    return numbers[0] if len(set(numbers)) == 1 and chance(r) else list(numbers)


def spatial(r: Random, n: int, channels: int, low: int = 3, high: int = 9) -> Tensor:
    """(N, channels, n axes); rarely of a rank that neither a batch nor a sample of n axes has."""
    rank = n if not chance(r, 0.04) else r.choice([n + 1, n - 2] if n > 1 else [n + 1])
    return torch.randn((r.randint(1, 2), channels, *some(r, rank, low, high))) if rank >= 0 else torch.randn(channels)
