"""LSTM, GRU and plain recurrent layers, with PyTorch's parameter names and gate orders."""

from __future__ import annotations

from typing import Any

from ..core import gate_orders as cells
from ..core.base import Problem, choice, holds, integer, is_known, layer
from ..core.frame import Frame
from ..core.lazy_numpy import np
from ..core.recurrence import Recurrent
from .sigmoids import sigmoid

GROUP = "Recurrent"


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
