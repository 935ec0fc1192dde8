"""Windows and affine maps whose numbers are sizes themselves: arguments that hang on the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bounds import lower_bound, quotient
from ..expr import add, divisor, exact_div, mul, sub
from ..store import Store
from .base import Namer, Relation, signed


class Slide(Relation):
    """out = floor((x + shift) / stride) + 1, at least 1, where shift and stride are slots; decided once the stride is a number,
    unless the quotient is the same for every size."""

    __slots__ = ("needed",)
    default_rule = "kernel-exceeds-input"

    def __init__(self, node: Any, out: int, x: int, shift: int, stride: int, **words: str) -> None:
        super().__init__(node, (out, x, shift, stride), **words)
        self.needed = False

    def own(self) -> bool:
        return True

    def fire(self, s: Store) -> None:
        out, x, shift, stride = self.slots
        v, b, step = s.known(x), s.known(shift), s.known(stride)
        if type(step) is int and step < 1:  # told as the argument's range
            self.done = True
            return
        if v is None or b is None:
            return self.backward(s, v, b) if step == 1 else None
        room = add(v, b)
        if type(room) is int and room < 0:
            return self.too_small(s, v, b)
        low = lower_bound(room)
        if not self.needed and (low is None or low < 0):  # the same for every stride
            self.needed = True
            self.need(s, room, ">=", 0)
        whole = quotient(room, step) if step is not None else None
        if whole is not None:
            self.done = True
            s.settle(out, add(whole, 1), self)
        elif step is not None:
            s.stall(self)

    def backward(self, s: Store, v: Any, b: Any) -> None:
        """With a stride of 1, the size or the shift that the output leaves; a shift may be any number."""
        out, x, shift, _ = self.slots
        o = s.known(out)
        if o is None or (v is None and b is None):
            return
        self.done = True
        rest = sub(sub(o, 1), b if v is None else v)
        if v is None:
            if type(rest) is int and rest < 1:
                return self.fail(s, f"no input gives {o} here")
            self.positive(s, rest)
        s.settle(x if v is None else shift, rest, self)

    def too_small(self, s: Store, v: Any, b: Any) -> None:
        if self.rule != self.default_rule or type(b) is not int:
            return self.fail(s, f"nothing is left of a size of {v}")
        self.fail(s, f"a kernel that needs {-b} cells does not fit into {v}", str(v), f"at least {-b}")

    def words(self, name: Namer, of: int = -1) -> str:
        out, x, shift, stride = map(name, self.slots)
        inner = f"{x}{signed(shift)}"
        whole = f"floor(({inner}) / {stride})" if stride != "1" else inner
        return f"{out} = {whole} + 1"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} >= 1"


class Spread(Relation):
    """out = factor*x + constant, at least 1, where factor and constant are slots."""

    __slots__ = ()
    default_rule = "empty-output"

    def __init__(self, node: Any, out: int, x: int, factor: int, constant: int, **words: str) -> None:
        super().__init__(node, (out, x, factor, constant), **words)

    def own(self) -> bool:
        return True

    def fire(self, s: Store) -> None:
        out, x, factor, constant = self.slots
        v, f, c = s.known(x), s.known(factor), s.known(constant)
        if f is None or c is None:
            return
        if type(f) is int and f < 1:  # told as the argument's range
            self.done = True
            return
        if v is not None:
            self.done = True
            y = add(mul(f, v), c)
            if type(y) is int and y < 1:
                return self.fail(s, f"nothing is left of a size of {v}", str(y), "at least 1")
            self.positive(s, y)
            s.settle(out, y, self)
            return
        o = s.known(out)
        if o is not None and type(f) is int:
            self.done = True
            whole = sub(o, c)
            if type(whole) is int and (whole % f or whole < f):
                return self.fail(s, f"no size gives {o} here", str(o))
            if type(whole) is not int and divisor(whole) % f:
                self.need(s, whole, "%", f)
            size = exact_div(whole, f)
            if type(size) is not int and (lower_bound(whole) or 0) < f:
                self.need(s, whole, ">=", f)
            s.settle(x, size, self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, x, factor, constant = map(name, self.slots)
        if of == self.slots[1]:
            return f"{x} = ({out} - {constant}) / {factor}"
        return f"{out} = {factor}*{x}{signed(constant)}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} >= 1"
