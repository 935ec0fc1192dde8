"""Products, and what divides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bounds import lower_bound
from ..expr import divisor, exact_div, factors, mod, mul, product
from ..normal import Expr
from ..store import Conflict, Store
from .base import NONE, Namer, Relation, without


class Product(Relation):
    """out = coefficient * the product of factors; backward by exact division. `free` as of a sum."""

    __slots__ = ("coefficient", "free")
    default_rule = "not-divisible"

    def __init__(self, node: Any, out: int, factors: tuple[int, ...], coefficient: int = 1, **words: str) -> None:
        super().__init__(node, (out, *factors), **words)
        self.coefficient = coefficient
        self.free = NONE

    def own(self) -> bool:
        return self.coefficient != 1

    def fire(self, s: Store) -> None:
        out, factors = self.slots[0], self.slots[1:]
        known: list[Any] = [self.coefficient]
        unknown: list[int] = []
        for f in factors:
            v = s.known(f)
            if v is None:
                unknown.append(f)
            else:
                known.append(v)
        if not unknown:
            self.done = True
            o = s.known(out)
            whole = product(known)
            if type(o) is int and type(whole) is int and o != whole:
                if self.rule == self.default_rule and factors and o % self.coefficient == 0:  # it would split, but into others
                    return self.differs(s, o, known, whole)
                return self.fail(s, self.message(o, whole), str(o), str(whole))
            s.settle(out, whole, self, self.rule)
            return
        o = s.known(out)
        if o is not None and len(unknown) == 1:
            self.done = True
            self.divide(s, o, product(known), unknown[0])

    def divide(self, s: Store, o: Any, part: Any, slot: int) -> None:
        if part == 0:
            return self.fail(s, f"{o} / 0 divides by zero", "0", "a divisor that is not 0")
        if type(o) is int and type(part) is int:
            if o % part or (o < part and slot not in self.free):
                return self.fail(s, self.message(o, part), f"{o} % {part} = {o % part}", f"a multiple of {part}")
            s.settle(slot, o // part, self, self.rule)
            return
        rest = mod(o, part) if type(part) is int else None
        if rest != 0 and type(part) is int:
            if type(rest) is int:
                return self.fail(s, self.message(o, part), f"{o} % {part} = {rest}", f"a multiple of {part}")
            self.need(s, o, "%", part)
            s.settle(slot, exact_div(o, part), self, self.rule)
            return
        quotient = exact_div(o, part)
        if type(quotient) is int and mul(quotient, part) != o:  # all but a fraction cancels
            return self.fail(s, self.message(o, part), str(o), f"a multiple of {part}")
        if rest is None and type(quotient) is Expr and quotient.kind == "exact" and quotient not in factors(o)[1]:
            left, right = quotient.args if (lower_bound(o) or 0) >= 1 else (o, part)  # what is at least 1 cancels
            if (lower_bound(right) or 0) < 1 and (lower_bound(part) or 0) >= 0:  # a divisor may have changed its sign with it
                left, right = o, part
            self.need(s, left, "%", right)
        s.settle(slot, quotient, self, self.rule)

    def differs(self, s: Store, o: int, known: list[Any], whole: int) -> None:
        """A product of known factors that is not what it should be."""
        parts = " * ".join(map(str, known[self.coefficient == 1 :]))
        equation = f"{parts} = {whole}" if "*" in parts else str(whole)
        self.done = True
        s.conflicts.append(Conflict("size-mismatch", f"{o} is not {equation}", self, self.slots, self.blame, str(o), str(whole)))

    def message(self, whole: Any, part: Any) -> str:
        return self.says.format(whole=whole, part=part) if self.says else f"{whole} is not a multiple of {part}"

    def fail(self, s: Store, message: str, found: str = "", expected: str = "") -> None:
        self.done = True
        s.conflicts.append(Conflict(self.rule, message, self, self.slots, self.blame, found, expected, self.help))

    def words(self, name: Namer, of: int = -1) -> str:
        back = of in self.slots[1:]
        parts = [name(f) for f in (without(self.slots[1:], of) if back else self.slots[1:])]
        if self.coefficient != 1 or not parts:
            parts.insert(0, str(self.coefficient))
        if back:
            below = parts[0] if len(parts) == 1 else f"({' * '.join(parts)})"
            return f"{name(of)} = {name(self.slots[0])} / {below}"
        return f"{name(self.slots[0])} = {' * '.join(parts)}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        fixed = [name(f) for f in self.slots[1:] if given(f)]
        if self.coefficient != 1:
            fixed.insert(0, str(self.coefficient))
        if not fixed:
            return ""
        whole = name(self.slots[0])
        return f"{whole} is a multiple of {'*'.join(fixed)}" if any(not given(f) for f in self.slots[1:]) else self.words(name)


class Divisible(Relation):
    """x is a multiple of m."""

    __slots__ = ()
    default_rule = "not-divisible"

    def __init__(self, node: Any, x: int, m: int, **words: str) -> None:
        super().__init__(node, (x, m), **words)

    def fire(self, s: Store) -> None:
        x, m = s.known(self.slots[0]), s.known(self.slots[1])
        if x is None or m is None:
            return
        self.done = True
        if type(m) is int and m < 1:
            return self.fail(s, f"{x} is not a multiple of {m}", str(x), "a multiple of at least 1")
        if type(m) is int and (type(x) is int or divisor(x) % m):
            rest = mod(x, m)
            if type(rest) is int:
                if rest:
                    message = self.says.format(whole=x, part=m) if self.says else f"{x} is not a multiple of {m}"
                    s.conflicts.append(
                        Conflict(
                            self.rule,
                            message,
                            self,
                            self.slots,
                            self.blame,
                            f"{x} % {m} = {rest}",
                            f"a multiple of {m}",
                            self.help,
                        )  # fmt: skip
                    )
                return
            self.need(s, x, "%", m)
        elif type(m) is not int:
            quotient = exact_div(x, m)
            if type(quotient) is Expr and quotient.kind == "exact":  # else it cancels
                self.need(s, x, "%", m)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} % {name(self.slots[1])} == 0"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} is a multiple of {name(self.slots[1])}"
