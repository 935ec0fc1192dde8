"""Ranks of what a layer takes, from those of what it yields: read off the layer's own relation, tried at one rank after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...layers.core.base import Layer
from ...layers.core.frame import Frame, Wait
from ...layers.core.numeric_arguments import RANK
from ...problems import Problem
from ...shapes import rows
from ...shapes.rows import Open, Rest, Row
from ...shapes.store import Store

Form = tuple[int, int, int]
"""Dims in front of a stretch of unknown length, dims behind it, and which stretch it is; of a row of known rank: its dims, 0, -1."""
Yield = tuple[int, bool]
"""How many dims a row surely has, and whether these are all."""
KNOWN = -1
TRIALS = 50_000
"""How often layers are applied on trial in one inference, about a second of work: ranks not found by then stay unknown."""


class Ranks:
    """Answers for one inference, each worked out once per layer and forms of what it takes and yields."""

    def __init__(self) -> None:
        self.found: dict[Any, int | None] = {}
        self.left = TRIALS

    def learn(self, frame: Frame, outputs: Sequence[Row]) -> bool:
        """Fix the ranks of inputs that can have only one, given what is known of the outputs; whether any was fixed."""
        stretches: list[Rest] = []
        inputs = tuple([form(row, stretches) for row in frame.inputs])
        count = len(stretches)
        yields = tuple([(rows.least_rank(row), type(rows.resolve(row)) is tuple) for row in outputs])
        learned = False
        for k in range(count):
            key = (frame.layer, inputs, k, yields)
            if key not in self.found:
                trial = Trial(frame.layer, inputs, yields, self.left)
                self.found[key] = trial.only(k)
                self.left = trial.left
            length = self.found[key]
            if length is None:
                continue
            at = next(port for port, f in enumerate(inputs) if f[2] == k)
            learned = rows.fix(frame.inputs[at], inputs[at][0] + inputs[at][1] + length, frame.store, frame.node) is not None
            if learned:
                break  # the rest may follow from it
        return learned


def form(row: Row, stretches: list[Rest]) -> Form:
    """What is known of a row's rank; its stretch is added to those met before."""
    row = rows.resolve(row)
    if type(row) is tuple:
        return len(row), 0, KNOWN
    assert type(row) is Open
    if row.rest not in stretches:
        stretches.append(row.rest)
    return len(row.prefix), len(row.suffix), stretches.index(row.rest)


class Trial:
    """One layer with rows of given forms before and behind it."""

    def __init__(self, layer: Layer, inputs: tuple[Form, ...], yields: tuple[Yield, ...], left: int) -> None:
        self.layer = layer
        self.inputs = inputs
        self.yields = yields
        self.left = left  # how often it may still be tried
        self.count = max(which for _, _, which in inputs) + 1

    def only(self, k: int) -> int | None:
        """The one length that a stretch can have; None where it can have several, or none, or that takes too long to tell."""
        possible: list[int] = []
        for length in range(RANK + 1):
            if self.possible({k: length}):
                possible.append(length)
                if len(possible) > 1:
                    return None
        return possible[0] if possible and self.left > 0 else None

    def possible(self, lengths: dict[int, int]) -> bool:
        """Whether the layer may yield its rows where some stretches have these lengths; False also where no trial is left."""
        self.left -= 1
        if self.left < 0:
            return False
        answer = self.answer(lengths)
        if answer is not None:
            return answer
        left = [k for k in range(self.count) if k not in lengths]
        return len(left) != 1 or any(self.possible({**lengths, left[0]: n}) for n in range(RANK + 1))

    def answer(self, lengths: dict[int, int]) -> bool | None:
        """The same by one application of the layer; None where it waits for more ranks."""
        store = Store()
        stretches: dict[int, Rest] = {}

        def made(front: int, back: int, which: int) -> Row:
            if which == KNOWN or which in lengths:
                return new(store, front + back + lengths.get(which, 0))
            return Open(new(store, front), stretches.setdefault(which, Rest()), new(store, back))

        frame = Frame(store, None, self.layer, [made(*f) for f in self.inputs], lambda sym: store.new(), None)
        try:
            frame.run()
        except Wait:
            return None
        except Problem:
            return False
        return not store.conflicts and all(
            agree(rows.resolve(row), dims, known) for row, (dims, known) in zip(frame.outputs, self.yields)
        )


def agree(row: Row, dims: int, known: bool) -> bool:
    """Whether a row may have so many dims, or at least so many where no more is known."""
    least, closed = rows.least_rank(row), type(row) is tuple
    if known:
        return least == dims if closed else least <= dims
    return least >= dims if closed else True


def new(store: Store, count: int) -> tuple[int, ...]:
    return tuple([store.new() for _ in range(count)])
