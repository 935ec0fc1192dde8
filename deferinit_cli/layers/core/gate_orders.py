"""What other frameworks call the tensors of a recurrent cell, and in which order they have its gates.

Keras adds the two biases of LSTM and of the plain cell into one, and stacks those of GRU; its GRU has z before r. Flax has a
tensor per gate: its LSTM adds the biases on the side of the state, its GRU on that of the input, but for n.
"""

from __future__ import annotations

Names = dict[str, dict[str, "str | None"]]
"""By tensor here, then by framework, in the words of `abroad`."""


def each(said: str, gates: str) -> str:
    """One piece per gate, its letter in place of each `{}`: `i{}/kernel[{}]: #1 #0`."""
    return "; ".join(said.replace("{}", g) for g in gates)


GLUON: Names = {name: {"mxnet": word} for name, word in (("weight_ih", "i2h_weight"), ("weight_hh", "h2h_weight"),
                                                         ("bias_ih", "i2h_bias"), ("bias_hh", "h2h_bias"))}  # fmt: skip


def with_gluon(found: Names) -> Names:
    return {name: words | GLUON[name] for name, words in found.items()}


LSTM = with_gluon({
    "weight_ih": {"keras": "kernel: #1 #0", "flax": each("i{}/kernel[{}]: #1 #0", "ifgo")},
    "weight_hh": {"keras": "recurrent_kernel: #1 #0", "flax": each("h{}/kernel[{}]: #1 #0", "ifgo")},
    "bias_ih": {"keras": "bias", "flax": each("h{}/bias[{}]: #0", "ifgo")},
    "bias_hh": {"keras": "+bias", "flax": each("+h{}/bias[{}]: #0", "ifgo")},
})  # fmt: skip

GRU = with_gluon({
    "weight_ih": {"keras": "kernel[z r n]: #1 #0", "flax": each("i{}/kernel[{}]: #1 #0", "rzn")},
    "weight_hh": {"keras": "recurrent_kernel[z r n]: #1 #0", "flax": each("h{}/kernel[{}]: #1 #0", "rzn")},
    "bias_ih": {"keras": "bias[z r n]: 0/2 #0", "flax": each("i{}/bias[{}]: #0", "rzn")},
    "bias_hh": {"keras": "bias[z r n]: 1/2 #0", "flax": each("+i{}/bias[{}]: #0", "rz") + "; hn/bias[n]: #0"},
})  # fmt: skip

PLAIN = with_gluon({
    "weight_ih": {"keras": "kernel: #1 #0", "flax": "i/kernel: #1 #0"},
    "weight_hh": {"keras": "recurrent_kernel: #1 #0", "flax": "h/kernel: #1 #0"},
    "bias_ih": {"keras": "bias", "flax": "i/bias"},
    "bias_hh": {"keras": "+bias", "flax": "+i/bias"},
})  # fmt: skip
