"""What all recurrent layers have in common: steps, directions, layers one upon the other."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ...initializers import glorot_uniform, orthogonal, zeros
from . import gate_orders as cells
from .base import Layer, flag, holds, integer, is_known, size
from .frame import Frame
from .framework_tensors import under
from .lazy_numpy import np
from .options import Options, Path, Seen
from .patterns import Param

CELL = re.compile("_l([0-9]+)")


class Recurrent(Layer):
    """A cell run over time, forward and perhaps backward, in layers. x is (N, T, C)."""

    example = ("32", "[N, T, 16]")

    hidden = size("width of the state", also="hidden_size units hidden_units features num_units")
    layers = integer("cells on top of each other", default=1, minimum=1, maximum=1000, also="num_layers", open=True)
    bidirectional = flag("also run from the end; results are joined", default=False, open=True)
    bias = flag("learned offsets", default=True, also="use_bias", open=True)
    projection = 0

    ports: ClassVar[tuple[str, ...]] = ("x", "h")
    optional = 1
    sides: ClassVar[tuple[str, ...]] = ("h", "last")
    gates: ClassVar[int] = 1
    parts: ClassVar[str] = ""  # the gates' letters, in their order here
    called: ClassVar[cells.Names] = cells.PLAIN
    cell_name: ClassVar[str] = "simple_rnn_cell"  # Keras' level for the cell

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.directions = 2 if holds(self.bidirectional) else 1  # of what is left open, the least
        self.depth = self.layers if is_known(self.layers) else 1
        settled = is_known(self.layers) and is_known(self.bidirectional)
        width = "width" if self.projection else "hidden"
        cells = str(self.directions * self.depth) if settled else "cells"
        state, cell = f"{cells} N {width}", f"{cells} N hidden"
        self.takes = f"N T in,{state}" + (f",{cell}" if "c" in self.ports else "")
        self.joined = f"{self.directions}*{width}" if is_known(self.bidirectional) else "joined"
        sides = {"h": state, "c": cell, "last": f"N {self.joined}"}
        self.gives = ",".join([f"N T {self.joined}", *(sides[s] for s in self.sides)])

    def suffixes(self) -> list[tuple[str, str]]:
        """(ending of the names, the axis that comes in) for every cell, in PyTorch's order."""
        return [
            (f"_l{k}" + ("_reverse" if d else ""), "in" if k == 0 else self.joined)
            for k in range(self.depth)
            for d in range(self.directions)
        ]

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        if name == "layers":
            known = 1 + max((int(found.group(1)) for key in seen.tensors if (found := CELL.search(key))), default=0)
            return (list(range(1, known + 1)), True) if seen.complete else (list(range(known, known + 4)), False)
        if name == "projection":
            width, hidden = seen("width"), seen("hidden")
            if width is not None and hidden is not None:
                return [width if width < hidden else 0], True
            return [0], seen.complete and "weight_hr_l0" not in seen.tensors
        return super().options(name, path, seen)

    def tensors(self) -> list[Param]:
        out = []
        g = f"{self.gates}*hidden" if self.gates > 1 else "hidden"
        width = "width" if self.projection else "hidden"
        for end, came in self.suffixes():
            shapes = [("weight_ih", f"{g} {came}", glorot_uniform, came), ("weight_hh", f"{g} {width}", orthogonal, width)]
            if holds(self.bias):
                shapes += [("bias_ih", g, zeros, width), ("bias_hh", g, zeros, width)]
            for key, axes, start, fan in shapes:
                out.append(Param(key + end, axes, start, fans=f"{fan} -> {g}", parts=self.parts, names=self.names(key, end)))
            if holds(self.projection):
                names: dict[str, str | None] = {"keras": "", "flax": "", "mxnet": self.below(end)["mxnet"] + "h2r_weight"}
                out.append(Param(f"weight_hr{end}", "width hidden", glorot_uniform, fans="hidden -> width", names=names))
        return out

    def names(self, key: str, end: str) -> dict[str, str | None]:
        """What others call a tensor; neither Keras nor Flax has a projection."""
        below = self.below(end)
        said = {f: under(below[f], words or "") for f, words in self.called[key].items()}
        return {**said, "keras": "", "flax": ""} if holds(self.projection) else dict(said)

    def below(self, end: str) -> dict[str, str]:
        """The levels others have for one cell: a layer of theirs for each of `layers`, in it one for each direction."""
        level, back = end.removeprefix("_l").removesuffix("_reverse"), end.endswith("_reverse")
        stack = f"l{level}/" if self.depth > 1 else ""
        way = f"{'backward' if back else 'forward'}_{{}}/" if self.directions > 1 else ""
        return {
            "keras": f"{stack}{way.format(self.cell_name.removesuffix('_cell'))}{self.cell_name}/",
            "flax": f"{stack}{way.format('rnn')}cell/",
            "mxnet": f"{'r' if back else 'l'}{level}_",
        }

    def cost(self) -> str:
        g = f"{self.gates} hidden"
        width = "width" if self.projection else "hidden"
        parts = [f"N T {g} {came} + N T {g} {width}" for _, came in self.suffixes()]
        if holds(self.projection):
            parts += ["N T width hidden"] * len(parts)
        return " + ".join(parts)

    def relate(self, r: Frame) -> None:
        if holds(self.projection):
            r.equal("width", r.name("projection", r.slot("projection")))  # a first h has said its width by now

    def forward(self, p: Any, x: Any, *state: Any) -> Any:
        states: list[tuple[Any, ...]] = []
        for k in range(self.layers):
            outs = []
            for d in range(self.directions):
                end = f"_l{k}" + ("_reverse" if d else "")
                start = tuple(s[len(states)] for s in state)
                out, last = self.scan(p, end, x[:, ::-1] if d else x, start)
                states.append(last)
                outs.append(out[:, ::-1] if d else out)
            x = outs[0] if len(outs) == 1 else np.concatenate(outs, axis=-1)
        top = states[-self.directions :]
        last = np.concatenate([s[0] for s in top], axis=-1)
        return (x, *(np.stack([s[i] for s in states]) for i in range(len(states[0]))), last)

    def scan(self, p: Any, end: str, x: Any, start: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """One cell over time: all inputs in one product, then step by step."""
        n, t, _ = x.shape
        hh = getattr(p, f"weight_hh{end}")
        came = x.reshape(n * t, -1) @ getattr(p, f"weight_ih{end}").T
        bias_hh = None
        if self.bias:
            came += getattr(p, f"bias_ih{end}")
            bias_hh = getattr(p, f"bias_hh{end}")
        came = came.reshape(n, t, -1)
        project = getattr(p, f"weight_hr{end}") if self.projection else None
        state = start or self.initial(n, hh.shape[1], hh.shape[0] // self.gates, x.dtype)
        out = np.empty((n, t, hh.shape[1]), x.dtype)
        for step in range(t):
            went = state[0] @ hh.T
            if bias_hh is not None:
                went += bias_hh
            state = self.cell(came[:, step], went, state)
            if project is not None:
                state = (state[0] @ project.T, *state[1:])
            out[:, step] = state[0]
        return out, state

    def initial(self, n: int, width: int, hidden: int, dtype: Any) -> tuple[Any, ...]:
        return (np.zeros((n, width), dtype),)

    def cell(self, came: Any, went: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """The next state from what came in and what the last state gave."""
        raise NotImplementedError
