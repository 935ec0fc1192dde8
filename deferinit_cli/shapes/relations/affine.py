"""Relations along a line: windows, affine maps and sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bounds import lower_bound
from ..expr import add, divisor, exact_div, floordiv, mul, sub
from ..store import Store
from .base import NONE, Namer, Relation, signed, without


class Window(Relation):
    """out = floor((factor*x + offset) / stride), at least 1: convolution, pooling, upsampling, slicing."""

    __slots__ = ("factor", "note", "offset", "stride")
    default_rule = "kernel-exceeds-input"

    def __init__(
        self, node: Any, out: int, x: int, offset: int, stride: int, factor: int = 1, note: Any = None, **words: str
    ) -> None:
        super().__init__(node, (out, x), **words)
        self.offset = offset
        self.stride = stride
        self.factor = factor
        self.note = note  # as `Frame.window` has it, for explanations

    def own(self) -> bool:
        return True

    def fire(self, s: Store) -> None:
        out, x = self.slots
        v = s.known(x)
        if v is not None:
            self.done = True
            if type(v) is int:
                y = (self.factor * v + self.offset) // self.stride
                if y < 1:
                    return self.too_small(s, v)
            else:
                y = floordiv(add(mul(self.factor, v), self.offset), self.stride)
                if self.offset < self.stride - self.factor and (lower_bound(y) or 0) < 1:
                    self.need(s, y, ">=", 1)
            s.settle(out, y, self)
        elif self.stride == 1 and self.factor == 1:
            o = s.known(out)
            if o is not None:
                self.done = True
                y = sub(o, self.offset)
                if type(y) is int and y < 1:
                    return self.fail(s, f"no input gives {o} here")
                s.settle(x, y, self)

    def too_small(self, s: Store, v: int) -> None:
        if self.note is None:
            return self.fail(s, f"nothing is left of a size of {v}")
        kernel, _, padding, dilation, _ = self.note
        reach = dilation * (kernel - 1) + 1
        spread = f" (dilation {dilation}: reaches {reach})" if dilation > 1 else ""
        padded = f" + {padding} padding" if padding else ""
        self.fail(s, f"a kernel of {kernel}{spread} does not fit into {v}{padded}", f"{v}{padded}", f"at least {reach}")

    def words(self, name: Namer, of: int = -1) -> str:
        out, x = self.slots
        if of == x and self.stride == self.factor == 1:
            return f"{name(x)} = {name(out)}{signed(-self.offset)}"
        inner = f"{self.factor}*{name(x)}" if self.factor != 1 else name(x)
        if self.note is not None:
            k, st, p, d, before = self.note
            padded = f"{inner} + {p}" if p else inner
            reach = f"{d}*({k} - 1)" if d != 1 else f"({k} - 1)"
            if before is not None:  # the last window may hang over, but starts inside the input or the padding before it
                inner += f" + {before}" if before else ""
                return f"{name(out)} = min(ceil(({padded} - {reach} - 1) / {st}) + 1, ceil(({inner}) / {st}))"
            return f"{name(out)} = floor(({padded} - {reach} - 1) / {st}) + 1"
        if signed(self.offset) and signed(self.offset) == signed(self.stride - 1):
            return f"{name(out)} = ceil({inner} / {self.stride})"
        inner += signed(self.offset)
        return f"{name(out)} = floor(({inner}) / {self.stride})" if self.stride != 1 else f"{name(out)} = {inner}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} >= 1"


class Affine(Relation):
    """out = factor*x + constant, at least 1; backward by exact division: transposed convolution."""

    __slots__ = ("factor", "constant")
    default_rule = "empty-output"

    def __init__(self, node: Any, out: int, x: int, factor: int, constant: int, **words: str) -> None:
        super().__init__(node, (out, x), **words)
        self.factor = factor
        self.constant = constant

    def own(self) -> bool:
        return True

    def fire(self, s: Store) -> None:
        out, x = self.slots
        v = s.known(x)
        if v is not None:
            self.done = True
            y = add(mul(self.factor, v), self.constant)
            if type(y) is int:
                if y < 1:
                    return self.fail(s, f"nothing is left of a size of {v}", str(y), "at least 1")
            elif (lower_bound(y) or 0) < 1:
                self.need(s, y, ">=", 1)
            s.settle(out, y, self)
            return
        o = s.known(out)
        if o is not None:
            self.done = True
            whole = sub(o, self.constant)
            if type(whole) is int and (whole % self.factor or whole < self.factor):
                return self.fail(s, f"no size gives {o} here", str(o), self.words(lambda slot: "x" if slot == x else str(o)))
            if type(whole) is not int and divisor(whole) % self.factor:
                self.need(s, whole, "%", self.factor)
            s.settle(x, exact_div(whole, self.factor), self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, x = self.slots
        if of == x:
            above = name(out) + signed(-self.constant)
            return f"{name(x)} = " + (
                above if self.factor == 1 else f"({above})/{self.factor}" if self.constant else f"{above}/{self.factor}"
            )
        factor = f"{self.factor}*" if self.factor != 1 else ""
        return f"{name(out)} = {factor}{name(x)}{signed(self.constant)}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} >= 1" if signed(self.constant) else ""


class Sum(Relation):
    """out = the sum of terms + constant; every one at least 1, but those that are `free`: steps within an expression. Terms
    that are one size, such as two inputs of a concatenation that come from the same layer, are solved for together."""

    __slots__ = ("alike", "constant", "free")

    def __init__(self, node: Any, out: int, terms: tuple[int, ...], constant: int = 0, **words: str) -> None:
        super().__init__(node, (out, *terms), **words)
        self.constant = constant
        self.free = NONE
        self.alike: tuple[int, ...] = ()  # the terms that were found to be one size, where they are what was solved for

    def own(self) -> bool:
        return self.constant != 0

    def fire(self, s: Store) -> None:
        out, terms = self.slots[0], self.slots[1:]
        total: Any = self.constant
        unknown = []
        for t in terms:
            v = s.known(t)
            if v is None:
                unknown.append(t)
            else:
                total = total + v if type(v) is int and type(total) is int else add(total, v)
        if not unknown:
            self.done = True
            if out not in self.free:
                if type(total) is int and total < 1:
                    return self.fail(s, f"a size would be {total}", str(total), "at least 1")
                self.positive(s, total)
            s.settle(out, total, self, self.rule)
            return
        o = s.known(out)
        if o is not None and (len(unknown) == 1 or len(set(map(s.root, unknown))) == 1):
            self.done = True
            self.backward(s, o, total, unknown)

    def backward(self, s: Store, o: Any, total: Any, unknown: list[int]) -> None:
        rest, times = sub(o, total), len(unknown)
        if unknown[0] not in self.free:
            if type(rest) is int and rest < 1:
                return self.fail(s, f"nothing is left: {o} of which {total} are taken", str(o), f"more than {total}")
            self.positive(s, rest)
        if times > 1:
            self.alike = tuple(unknown)
            if type(rest) is int and rest % times:
                return self.fail(s, f"{rest} is not {times} equal sizes", str(rest), f"a multiple of {times}")
            if type(rest) is not int and divisor(rest) % times:
                self.need(s, rest, "%", times)
            rest = exact_div(rest, times)
        s.settle(unknown[0], rest, self, self.rule)

    def behind(self, slot: int, s: Store) -> tuple[int, ...]:
        others = super().behind(slot, s)
        return tuple([t for t in others if t not in self.alike]) if slot in self.alike else others

    def words(self, name: Namer, of: int = -1) -> str:
        if of in self.alike:
            others = [name(t) for t in self.slots[1:] if t not in self.alike]
            whole = " - ".join([name(self.slots[0]), *others]) + signed(-self.constant)
            return f"{name(of)} = {f'({whole})' if ' ' in whole else whole} / {len(self.alike)}"
        if of in self.slots[1:]:
            others = [name(t) for t in without(self.slots[1:], of)]
            return f"{name(of)} = {' - '.join([name(self.slots[0]), *others])}{signed(-self.constant)}"
        return f"{name(self.slots[0])} = {' + '.join(map(name, self.slots[1:]))}{signed(self.constant)}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return self.words(name) if self.rule != self.default_rule else ""
