"""Which input sizes the shapes of parameters depend on, whatever was given for them; and which of these are not the
network's to keep: a batch or a sequence has another size next time, and weights made for one fit no other.

Axis 0 of an input is its batch. Axis 1 is its sequence in a float input of three dims and an integer input of two, unless
a layer takes that axis by an argument of its own, as a convolution takes channels.
"""

from __future__ import annotations

from ...graph import Input, Parameter
from ...shapes import rows
from ...shapes.normal import Expr
from ..propagation.engine import Inference
from ..propagation.input_shapes import any_size
from ..propagation.resolved import Resolved
from .unknown import Unknown
from .waits import Waits, by_argument


class Depends:
    """Answers for one network that is `known` at some sizes; numbers given for its inputs stand for any size."""

    def __init__(self, known: Resolved) -> None:
        asked = {name: any_size(g) for name, g in known.given.items()}
        same = all(g.dims == asked[name].dims for name, g in known.given.items())  # no numbers: it is as it was inferred
        self.resolved = known if same else Inference(known.network, list(asked.values())).run()
        self.waits = Waits(self.resolved)
        self.unknown: Unknown | None = None
        self.roles = roles(self.resolved)

    def of(self, p: Parameter) -> list[str]:
        """The symbols that a parameter's shape depends on, also where the shape itself is not known."""
        frame = self.resolved.frames[p.node.index]
        row = rows.resolve(frame.tensors[p.key]) if frame is not None and p.key in frame.tensors else None
        found: set[str] = set()
        for slot in row if type(row) is tuple else ():
            term = self.resolved.store.known(slot)
            if type(term) is Expr:
                found |= term.symbols
            elif term is None:
                self.unknown = self.unknown or Unknown(self.resolved)
                found |= self.unknown.symbols_behind(slot)
        return sorted(found, key=self.order)

    def order(self, name: str) -> tuple[str, int, str]:
        entry, place = self.waits.places.get(name, (None, 0))
        return (entry.name if entry is not None else "", place, name)


def roles(resolved: Resolved) -> dict[str, tuple[Input, str]]:
    """The symbols that stand for a batch or a sequence, with their input."""
    out: dict[str, tuple[Input, str]] = {}
    named = by_argument(resolved)
    for entry in resolved.network.inputs:
        row = rows.resolve(resolved.values[entry.value])
        if type(row) is not tuple or not row:
            continue
        whole = not resolved.dtype(entry.value).startswith(("float", "bfloat"))
        places = {0: "batch"}
        if len(row) == (2 if whole else 3) and row[1] not in named:
            places[1] = "sequence"
        for place, role in places.items():
            term = resolved.store.known(row[place])
            if type(term) is Expr and term.kind == "sym":
                out.setdefault(term.args[0], (entry, role))
    return out
