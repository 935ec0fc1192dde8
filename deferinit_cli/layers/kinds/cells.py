"""One step of a recurrent layer: its cell alone, state in and state out."""

from __future__ import annotations

from typing import Any, ClassVar

from ...initializers import glorot_uniform, orthogonal, zeros
from ..core.base import Layer, Problem, choice, flag, holds, layer, size
from ..core.frame import Frame
from ..core.patterns import Param
from ..core.recurrence import Recurrent
from .recurrent import GRU, LSTM, RNN

GROUP = "Recurrent"


class Cell(Layer):
    """One step of the recurrent kind `whole`: its gates, names and arithmetic. x is (N, in); a state left out is zero."""

    example: ClassVar[tuple[str, ...]] = ("32", "[N, 16]", "[N, 32]")

    hidden = size("width of the state", also="hidden_size units num_units features")
    bias = flag("learned offsets", default=True, also="use_bias", open=True)

    whole: ClassVar[type[Recurrent]] = RNN
    ports: ClassVar[tuple[str, ...]] = ("x", "h")
    optional = 1
    takes, gives = "N in,N hidden", "N hidden"

    def tensors(self) -> list[Param]:
        of = self.whole
        g = f"{of.gates}*hidden" if of.gates > 1 else "hidden"
        shapes = [("weight_ih", f"{g} in", glorot_uniform, "in"), ("weight_hh", f"{g} hidden", orthogonal, "hidden")]
        if holds(self.bias):
            shapes += [("bias_ih", g, zeros, "hidden"), ("bias_hh", g, zeros, "hidden")]
        return [Param(key, axes, start, fans=f"{fan} -> {g}", parts=of.parts, names=of.called[key])
                for key, axes, start, fan in shapes]  # fmt: skip

    def relate(self, r: Frame) -> None:
        """Nothing beyond equal names."""

    def cost(self) -> str:
        return f"N {self.whole.gates} hidden in + N {self.whole.gates} hidden hidden"

    def step(self, p: Any, x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """The next state."""
        came, went = x @ p.weight_ih.T, state[0] @ p.weight_hh.T
        if self.bias:
            came, went = came + p.bias_ih, went + p.bias_hh
        return self.whole.cell(self, came, went, state)  # type: ignore[arg-type]  # it reads no more than its arguments

    def forward(self, p: Any, x: Any, *state: Any) -> Any:
        hidden = p.weight_hh.shape[1]
        start = state or self.whole.initial(self, len(x), hidden, hidden, x.dtype)  # type: ignore[arg-type]
        made = self.step(p, x, start)
        return made if len(made) > 1 else made[0]


@layer("lstm_cell", torch="nn.LSTMCell", keras="layers.LSTMCell", flax="linen.OptimizedLSTMCell linen.LSTMCell",
       mxnet="gluon.rnn.LSTMCell")  # fmt: skip
class LSTMCell(Cell):
    """One step of an LSTM; yields the new h, the new c beside it."""

    example = ("32", "[N, 16]", "[N, 32]", "[N, 32]")
    rules = ("wrong-input-count: a first h comes with a first c",)

    hidden = Cell.hidden

    whole = LSTM
    ports = ("x", "h", "c")
    optional = 2
    sides = ("c",)
    takes, gives = "N in,N hidden,N hidden", "N hidden,N hidden"

    def relate(self, r: Frame) -> None:
        if len(r.inputs) == 2:
            raise Problem("wrong-input-count", "a first h needs a first c", "h", "x and h", "x, or x, h and c")


@layer("gru_cell", torch="nn.GRUCell", keras="layers.GRUCell", flax="linen.GRUCell", mxnet="gluon.rnn.GRUCell")
class GRUCell(Cell):
    """One step of a GRU; yields the new h."""

    hidden = Cell.hidden

    whole = GRU


@layer("rnn_cell", torch="nn.RNNCell", keras="layers.SimpleRNNCell", flax="linen.SimpleCell", mxnet="gluon.rnn.RNNCell")
class RNNCell(Cell):
    """One step of the plain recurrent layer; yields the new h."""

    hidden = Cell.hidden
    activation = choice("what the new state passes through", "tanh relu", default="tanh", also="nonlinearity")
