"""What a draw of a layer kind is: its arguments, its inputs, and what PyTorch says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor

REJECTS = (RuntimeError, ValueError, IndexError, AssertionError, NotImplementedError, ZeroDivisionError)
"""What PyTorch raises for arguments and shapes it does not take."""


class Oracle(NamedTuple):
    """Tensors in, a tensor or a nest of them out; and the parameters by name."""

    call: Callable[..., Any]
    state: dict[str, Tensor]


class Draw(NamedTuple):
    """`oracle` is made on demand: PyTorch rejects some arguments already then."""

    args: dict[str, Any]
    inputs: list[Tensor]
    oracle: Callable[[], Oracle]


Kinds = dict[str, Callable[[Random], Draw]]


def of(make: Callable[[], torch.nn.Module], call: Callable[..., Any] | None = None, std: float = 1.0) -> Callable[[], Oracle]:
    """A module with random values in all its parameters and buffers; `call` is handed the module first."""

    def oracle() -> Oracle:
        m = make().eval()
        state = {k: v for k, v in m.state_dict().items() if "num_batches" not in k}
        for name, v in state.items():
            v.uniform_(0.5, 2) if name == "running_var" else v.normal_(std=std)
        return Oracle(m if call is None else lambda *x: call(m, *x), state)

    return oracle


def formula(call: Callable[..., Any], **shapes: Sequence[int] | None) -> Callable[[], Oracle]:
    """A function of a dict of random weights and the inputs; weights without a shape are left out."""

    def oracle() -> Oracle:
        state = {k.replace("__", "."): torch.randn(tuple(s)) for k, s in shapes.items() if s is not None}
        return Oracle(lambda *x: call(state, *x), state)

    return oracle


def plain(call: Callable[..., Any]) -> Callable[[], Oracle]:
    """A function of the inputs alone."""
    return lambda: Oracle(call, {})


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
