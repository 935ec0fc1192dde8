"""The axes of one layer by name: the slots of an inference that they stand for.

Axis names come from the patterns `takes`, `gives` and of parameters; a name that is an argument with a value stands
for that value. Applied again on another input, a layer keeps the axes of its arguments and parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Union

from ...problems import Problem
from ...shapes import rows
from ...shapes.dims import UNKNOWN, Op, Sym
from ...shapes.relations import Positive, Product, post
from ...shapes.relations.expressions import expression, operation
from ...shapes.rows import Open, Row, Wait
from ...shapes.store import Fact, Store
from .base import OWN, Layer

Axis = Union[str, int]


class Told(Exception):
    """What is wrong with a layer stands among the conflicts already: no more can be stated of it."""


class NamedAxes:
    """One layer's axes. `node` is its identity for facts and explanations."""

    __slots__ = ("axes", "inputs", "layer", "node", "outputs", "plan", "store", "symbol", "tensors")

    def __init__(
        self, store: Store, node: Any, layer: Layer, inputs: list[Row], symbol: Callable[[Sym], int], own: NamedAxes | None
    ) -> None:
        self.store = store
        self.node = node
        self.layer = layer
        self.inputs = inputs
        self.outputs: list[Row] = []
        self.axes: dict[str, Any] = own.owned() if own is not None else {}
        self.tensors: dict[str, Row] = own.tensors if own is not None else {}
        self.symbol = symbol
        self.plan = layer.plan()

    def owned(self) -> dict[str, Any]:
        """The axes of the parameters that there are."""
        made = [name for key, names in self.plan.tensors if key in self.tensors for name in names]
        return {name: self.axes[name] for name in made if name in self.axes}

    def slot(self, axis: Axis) -> int:
        """The slot of an axis: a name, an argument's name (`kernel_size.0` for one entry), a product `4*hidden`, an int."""
        if type(axis) is str:
            found = self.axes.get(axis)
            if found is None:
                said = self.plan.written.get(axis)
                found = self.store.new(said, Fact(self.node, axis)) if type(said) is int else self._make(axis)
                self.axes[axis] = found
            return found
        return self.store.new(axis, Fact(self.node, ""))

    def slots(self, names: Sequence[str]) -> tuple[int, ...]:
        """The slots of axes by name, most of which are there."""
        axes = self.axes
        return tuple([axes[name] if name in axes else self.slot(name) for name in names])

    def _make(self, axis: str) -> int:
        if "*" in axis:
            return self._product(axis.split("*"))
        if axis.isdigit():
            return self.store.new(int(axis), Fact(self.node, ""))
        written = self.written(axis)
        if written is not None:
            return self.dim(written, axis)
        return self.left_out() if self.is_left_out(axis) else self.store.new()

    def is_left_out(self, axis: str) -> bool:
        """Whether an axis is a required size that the spec leaves to inference, or an entry `_` of a list of sizes."""
        name, _, place = axis.partition(".")
        argument = self.layer.arguments.get(name)
        if argument is None or not place:
            return argument is not None and argument.required
        entries = self.layer.__dict__.get(name)
        return isinstance(entries, tuple) and entries[int(place)] is UNKNOWN

    def left_out(self) -> int:
        """The slot of a size that the spec leaves to inference."""
        slot = self.store.new()
        self.store.left_out.append(slot)
        return slot

    def written(self, axis: str) -> Any:
        """What the spec says of an axis that is an argument, or None."""
        known = self.plan.written
        if axis in known:
            return known[axis]
        name, _, place = axis.partition(".")
        v = self.plan.layer.__dict__.get(name) if name in self.layer.arguments else None
        if place:
            v = v[int(place)] if isinstance(v, tuple) else v
        v = None if v is UNKNOWN or isinstance(v, (str, bool, float)) else v
        known[axis] = v
        return v

    def _product(self, parts: list[str]) -> int:
        coefficient, names = 1, []
        for part in parts:
            v = int(part) if part.isdigit() else self.written(part) if part not in self.axes else None
            if type(v) is int:
                coefficient *= v
            else:
                names.append(part)
        if not names:
            return self.store.new(coefficient, Fact(self.node, parts[0] if not parts[0].isdigit() else parts[-1]))
        if coefficient == 1 and len(names) == 1:
            return self.slot(names[0])
        out = self.store.new()
        post(self.store, Product(self.node, out, tuple(self.slot(n) for n in names), coefficient))
        return out

    def dim(self, size: Any, what: str | int) -> int:
        """The slot of a size as written: int, UNKNOWN, symbol or expression."""
        if type(size) is int:
            return self.store.new(size, Fact(self.node, what))
        if type(size) is Sym:
            return self.slot(size.name) if size.scope == OWN else self.symbol(size)
        if type(size) is Op:
            return expression(self.store, self.node, size, what, self.symbol)
        return self.left_out()

    def amount(self, axis: str, size: Any, argument: Any) -> None:
        """Make the slot of a number among the arguments that is written as an expression over symbols; its range becomes a clause."""
        name = axis.partition(".")[0]
        slot = (
            self.symbol(size)
            if type(size) is Sym
            else operation(self.store, self.node, size, name, self.symbol, set(), name, inner=True)
        )
        self.axes[axis] = slot
        if argument.minimum is not None:
            self.least(slot, argument.minimum, name, argument.expects())

    def least(self, slot: int, minimum: int, name: str, expected: str) -> None:
        """An argument's number is not below its minimum; raises Told where it surely is."""
        before = len(self.store.conflicts)
        post(self.store, Positive(self.node, slot, minimum, rule="argument-range", blame=name, says=f"{name} is {{whole}}",
                                  expected=expected))  # fmt: skip
        if len(self.store.conflicts) > before:
            raise Told

    def named(self, axis: str, slot: int | None) -> int:
        """Give a slot (None: a new one) a name in this layer, unless the name is taken; the slot of the name."""
        if axis not in self.axes:
            self.axes[axis] = self.store.new() if slot is None else slot
        return self.axes[axis]  # type: ignore[no-any-return]

    def name(self, axis: str, slot: int | None) -> str:
        """Like `named`, but returns the name: where an axis is expected, a plain int would mean a size, not a slot."""
        self.named(axis, slot)
        return axis

    # ---- rows of inputs

    def dims(self, port: int = 0) -> tuple[int, ...]:
        """The slots of an input of known rank; raises Wait until then."""
        row = rows.resolve(self.inputs[port])
        if type(row) is not tuple:
            raise Wait
        return row

    def rank(self, port: int = 0) -> int:
        """The number of an input's dims; raises Wait until it is known."""
        return len(self.dims(port))

    def axis(self, number: int, port: int = 0, extra: int = 0, blame: str = "axis") -> int:
        """A possibly negative axis number as 0…rank-1 (`extra` more for a new axis); raises Problem out of range."""
        n = self.rank(port) + extra
        if not -n <= number < n:
            raise Problem("axis-out-of-range", f"axis {number} of a value with {n} dims", blame,
                          str(number), f"{-n} to {n - 1}")  # fmt: skip
        return number % n

    def size_of(self, number: int, port: int = 0) -> int:
        """The slot of an axis, which may be known before the rank is; raises Problem out of range."""
        row = rows.resolve(self.inputs[port])
        wide = rows.wide(row, max(number + 1, 0), max(-number, 0), self.store, self.node) if type(row) is Open else row
        if type(wide) is Open:
            return (wide.prefix if number >= 0 else wide.suffix)[number]
        return self.dims(port)[self.axis(number, port)]

    def several(self, numbers: tuple[int, ...], blame: str = "axis") -> list[int]:
        """Several axis numbers, each as 0…rank-1; raises Problem where one is out of range or named twice."""
        found = [self.axis(a, blame=blame) for a in numbers]
        if len(set(found)) < len(found):
            raise Problem("duplicate-axis", "an axis is named twice", blame, str(list(numbers)))
        return found

    def same_rank(self, ports: list[int]) -> None:
        """Inputs of equal rank teach each other; raises Problem when the ranks differ."""
        ranks = {p: rows.rank(self.inputs[p]) for p in ports}
        known = [(p, n) for p, n in ranks.items() if n is not None]
        for p, n in known[1:]:
            if n != known[0][1]:
                raise Problem("rank-mismatch", f"inputs of {known[0][1]} and {n} dims", found=f"{known[0][1]} and {n}",
                              expected="inputs of the same rank")  # fmt: skip
        if known:
            for p, m in ranks.items():
                if m is None and rows.fix(self.inputs[p], known[0][1], self.store, self.node) is None:
                    raise Problem("rank-mismatch", f"an input has more than {known[0][1]} dims")
