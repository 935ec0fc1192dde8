"""LSTM, GRU and plain recurrent layers, with PyTorch's parameter names and gate orders."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..initializers import glorot_uniform, orthogonal, zeros
from . import gates as cells
from .abroad import under
from .base import Layer, Problem, choice, flag, holds, integer, is_known, layer, size
from .frame import Frame
from .lazy import np
from .options import Options, Path, Seen
from .patterns import Param
from .sigmoids import sigmoid

GROUP = "Recurrent"
CELL = re.compile("_l([0-9]+)")


class Recurrent(Layer):
    """A cell run over time, forward and perhaps backward, in layers. x is (N, T, C)."""

    example = ("32", "[N, T, 16]")

    hidden = size("width of the state", also="hidden_size units hidden_units features num_units")
    layers = integer("cells on top of each other", default=1, minimum=1, also="num_layers", open=True)
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


@layer(
    "lstm",
    torch="nn.LSTM",
    keras="layers.LSTM",
    flax="linen.RNN(OptimizedLSTMCell)",
    mxnet="gluon.rnn.LSTM",
)
class LSTM(Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber, 1997); gates in the order i f g o.

    Names end in _l0, _l1, … for each of `layers`, and in _reverse for the direction from the end.
    """

    rules = (
        "argument-range: projection is below hidden",
        "wrong-input-count: a first h comes with a first c",
    )

    hidden = Recurrent.hidden
    layers = Recurrent.layers
    bidirectional = Recurrent.bidirectional
    bias = Recurrent.bias
    projection = integer(
        "width the state is projected to; 0 for none", default=0, minimum=0, also="proj_size projection_size", open=True
    )

    ports = ("x", "h", "c")
    optional = 2
    sides = ("h", "c", "last")
    gates, parts = 4, "i f g o"
    called, cell_name = cells.LSTM, "lstm_cell"

    def check(self) -> None:
        hidden = self.known("hidden")
        if holds(self.projection) and hidden is not None and self.projection >= hidden:
            raise Problem("argument-range", f"projection is {self.projection}, hidden is {hidden}", "projection",
                          str(self.projection), f"less than {hidden}, or 0 for none")  # fmt: skip

    def relate(self, r: Frame) -> None:
        if len(r.inputs) == 2:
            raise Problem("wrong-input-count", "a first h needs a first c", "h", "x and h", "x, or x, h and c")
        super().relate(r)
        if self.projection and is_known(self.projection):  # of a hidden that is not, yet
            r.at_most(r.name("least", r.slot(self.projection + 1)), "hidden", rule="argument-range", blame="projection",
                      says=f"projection is {self.projection}, hidden is {{part}}")  # fmt: skip

    def initial(self, n: int, width: int, hidden: int, dtype: Any) -> tuple[Any, ...]:
        return np.zeros((n, width), dtype), np.zeros((n, hidden), dtype)

    def cell(self, came: Any, went: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        i, f, g, o = np.split(came + went, 4, axis=-1)
        c = sigmoid(f) * state[1] + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c


@layer("gru", torch="nn.GRU", keras="layers.GRU", flax="linen.RNN(GRUCell)", mxnet="gluon.rnn.GRU")
class GRU(Recurrent):
    """Gated recurrent unit (Cho et al., 2014), the variant that resets after the product; gates r z n.

    Names end in _l0, _l1, … for each of `layers`, and in _reverse for the direction from the end.
    """

    gates, parts = 3, "r z n"
    called, cell_name = cells.GRU, "gru_cell"

    def cell(self, came: Any, went: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        (ri, zi, ni), (rh, zh, nh) = np.split(came, 3, axis=-1), np.split(went, 3, axis=-1)
        r, z = sigmoid(ri + rh), sigmoid(zi + zh)
        n = np.tanh(ni + r * nh)
        return ((1 - z) * n + z * state[0],)


@layer("rnn", torch="nn.RNN", keras="layers.SimpleRNN", flax="linen.RNN(SimpleCell)", mxnet="gluon.rnn.RNN", also="simple_rnn")
class RNN(Recurrent):
    """The plain recurrent layer (Elman, 1990).

    Names end in _l0, _l1, … for each of `layers`, and in _reverse for the direction from the end.
    """

    hidden = Recurrent.hidden
    activation = choice("what the new state passes through", "tanh relu", default="tanh", also="nonlinearity")

    def cell(self, came: Any, went: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        new = came + went
        return (np.tanh(new) if self.activation == "tanh" else np.maximum(new, 0),)
