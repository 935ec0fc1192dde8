"""The vocabulary of shape relations. Each goes forward and backward, states its clause, and reads in words.

A relation fires when it is made and again whenever a slot it watches becomes known, until it is `done`: all it can
ever say is said. `words(name, of)` gives the equation with slots named by `name`, solved for the slot `of` where that
reads well; `behind(slot)` the slots that a size it gave was worked out from; `demand` what the sizes must fulfil.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from .bounds import lower_bound
from .expr import Expr, add, broadcast, divisor, exact_div, floordiv, mod, mul, product, sub
from .store import Clause, Conflict, Store

Namer = Callable[[int], str]


class Relation:
    """Base. `node` is who states it; `says` its own headline when it fails, `blame` the argument at fault."""

    __slots__ = ("blame", "done", "help", "node", "rule", "says", "slots")
    default_rule = "size-mismatch"

    def __init__(
        self, node: Any, slots: tuple[int, ...], rule: str = "", says: str = "", blame: str = "", help: str = ""
    ) -> None:
        self.node = node
        self.slots = slots
        self.done = False
        self.rule = rule or self.default_rule
        self.says = says
        self.blame = blame
        self.help = help

    def fire(self, s: Store) -> None:
        raise NotImplementedError

    def words(self, name: Namer, of: int = -1) -> str:
        raise NotImplementedError

    def behind(self, slot: int, s: Store) -> tuple[int, ...]:
        """What suffices to know `slot`, which this relation gave its value."""
        slots = self.slots
        if len(slots) == 2:
            return (slots[0],) if slots[1] == slot else (slots[1],)
        return tuple(dict.fromkeys([x for x in slots if x != slot]))

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        """What it refuses otherwise, in words, where the slots that are `given` are fixed; empty where it only computes."""
        return ""

    def own(self) -> bool:
        """Whether numbers of the layer's own have a part in it, such as a kernel's size."""
        return False

    def fail(self, s: Store, message: str, found: str = "", expected: str = "") -> None:
        self.done = True
        s.conflicts.append(Conflict(self.rule, self.says or message, self, self.slots, self.blame, found, expected, self.help))

    def need(self, s: Store, left: Any, op: str, right: Any) -> None:
        s.clauses.append(Clause(left, op, right, self.rule, self, self.slots))

    def positive(self, s: Store, size: Any) -> None:
        """What follows must be a size: need it where that is not sure."""
        if type(size) is not int and (lower_bound(size) or 0) < 1:
            self.need(s, size, ">=", 1)


def signed(constant: Any) -> str:
    """What is added to a sum, as it is written behind it: ` + 3`, ` - 2`, nothing for 0."""
    words = str(constant)
    return "" if words == "0" else f" - {words[1:]}" if words[0] == "-" else f" + {words}"


def without(slots: tuple[int, ...], one: int) -> tuple[int, ...]:
    at = slots.index(one)
    return slots[:at] + slots[at + 1 :]


def post(s: Store, relation: Relation) -> None:
    """Let a relation act, and wake it later if it is not done."""
    relation.fire(s)
    if not relation.done:
        for slot in relation.slots:
            if s.known(slot) is None:
                s.watch.setdefault(s.root(slot), []).append(relation)


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


NONE: Container[int] = frozenset()
"""No slot."""


class Sum(Relation):
    """out = the sum of terms + constant; every one at least 1, but those that are `free`: steps within an expression."""

    __slots__ = ("constant", "free")

    def __init__(self, node: Any, out: int, terms: tuple[int, ...], constant: int = 0, **words: str) -> None:
        super().__init__(node, (out, *terms), **words)
        self.constant = constant
        self.free = NONE

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
        if o is not None and len(unknown) == 1:
            self.done = True
            rest = sub(o, total)
            if unknown[0] not in self.free:
                if type(rest) is int and rest < 1:
                    return self.fail(s, f"nothing is left: {o} of which {total} are taken", str(o), f"more than {total}")
                self.positive(s, rest)
            s.settle(unknown[0], rest, self, self.rule)

    def words(self, name: Namer, of: int = -1) -> str:
        if of in self.slots[1:]:
            others = [name(t) for t in without(self.slots[1:], of)]
            return f"{name(of)} = {' - '.join([name(self.slots[0]), *others])}{signed(-self.constant)}"
        return f"{name(self.slots[0])} = {' + '.join(map(name, self.slots[1:]))}{signed(self.constant)}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return self.words(name) if self.rule != self.default_rule else ""


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
        if rest is None and type(quotient) is Expr and mul(quotient, part) is not o:
            self.need(s, o, "%", part)
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
            self.need(s, x, "%", m)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} % {name(self.slots[1])} == 0"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return f"{name(self.slots[0])} is a multiple of {name(self.slots[1])}"


class AtMost(Relation):
    """x <= limit."""

    __slots__ = ()

    def __init__(self, node: Any, x: int, limit: int, **words: str) -> None:
        super().__init__(node, (x, limit), **words)

    def fire(self, s: Store) -> None:
        x, limit = s.known(self.slots[0]), s.known(self.slots[1])
        if x is None or limit is None:
            return
        self.done = True
        if type(x) is int and type(limit) is int:
            if x > limit:
                message = self.says.format(whole=x, part=limit) if self.says else f"{x} is more than {limit}"
                s.conflicts.append(
                    Conflict(self.rule, message, self, self.slots, self.blame, str(x), f"at most {limit}", self.help)
                )
            return
        least = lower_bound(sub(limit, x))
        if least is None or least < 0:
            self.need(s, limit, ">=", x)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} <= {name(self.slots[1])}"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return self.words(name)


class Broadcast(Relation):
    """out = the common size of terms, each equal to it or 1."""

    __slots__ = ("guessed",)
    default_rule = "broadcast-mismatch"

    def __init__(self, node: Any, out: int, terms: tuple[int, ...], **words: str) -> None:
        super().__init__(node, (out, *terms), **words)
        self.guessed = False

    def fire(self, s: Store) -> None:
        out, terms = self.slots[0], self.slots[1:]
        values = [s.known(t) for t in terms]
        unknown = [t for t, v in zip(terms, values) if v is None]
        wide = widest(values)
        o = s.known(out)
        if not unknown:
            self.done = True
            self._forward(s, out, values)
        elif o == 1:
            self.done = True
            for t in terms:
                s.settle(t, 1, self, self.rule)
        elif wide is not None:
            s.settle(out, wide, self, self.rule)
            if s.assumes and not self.guessed:
                self.guessed = True
                s.guesses.append(self)
        elif o is not None and len(unknown) == 1 and all(v == 1 for v in values if v is not None):
            self.done = True
            s.settle(unknown[0], o, self, self.rule)

    def guess(self, s: Store) -> None:
        """A size left out that nothing else says, beside a known one, is taken to be equal to it; 1 would broadcast as well."""
        out, terms = self.slots[0], self.slots[1:]
        left_out = set(map(s.root, s.left_out))
        open_ = [t for t in terms if s.known(t) is None]
        if self.done or not all(s.root(t) in left_out for t in open_):
            return
        self.done = True
        wide = widest([s.known(t) for t in terms])
        for t in open_:
            if s.known(t) is None:
                s.assumed.append((t, out, self))
                s.settle(t, wide, self, self.rule)
        self._forward(s, out, [s.known(t) for t in terms])

    def _forward(self, s: Store, out: int, values: list[Any]) -> None:
        result: Any = 1
        for v in values:
            if v is result or v == 1 or v == result:
                continue
            if result == 1:
                result = v
                continue
            if type(v) is int and type(result) is int:
                return self.fail(s, f"{result} and {v} do not broadcast", f"{result} and {v}", "equal sizes, or 1")
            self.need(s, result, "|", v)
            result = broadcast(result, v)
        s.settle(out, result, self, self.rule)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} = broadcast({', '.join(map(name, self.slots[1:]))})"

    def behind(self, slot: int, s: Store) -> tuple[int, ...]:
        out, terms = self.slots[0], self.slots[1:]
        others = tuple(t for t in terms if t != slot and s.origin[t] is not self)
        wide = next((t for t in others if type(v := s.known(t)) is int and v != 1), None)
        if slot == out:
            return (wide,) if wide is not None else others
        return (out,) if wide is not None or s.known(out) == 1 else (out, *others)


def widest(values: list[Any]) -> Any:
    """The first known size that does not stretch."""
    return next((v for v in values if type(v) is int and v != 1), None)


class Floored(Relation):
    """out = x // m, or x % m, for sizes written as expressions; forward only."""

    __slots__ = ("remainder",)

    def __init__(self, node: Any, out: int, x: int, m: int, remainder: bool = False, **words: str) -> None:
        super().__init__(node, (out, x, m), **words)
        self.remainder = remainder

    def fire(self, s: Store) -> None:
        out, x, m = self.slots
        a, b = s.known(x), s.known(m)
        if a is not None and type(b) is int:
            self.done = True
            if b < 1:
                return self.fail(s, f"a divisor would be {b}", str(b), "at least 1")
            s.settle(out, mod(a, b) if self.remainder else floordiv(a, b), self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, x, m = map(name, self.slots)
        return f"{out} = {x} {'%' if self.remainder else '//'} {m}"


class Positive(Relation):
    """x is at least 1: what an expression over sizes comes to is a size too."""

    __slots__ = ()

    def __init__(self, node: Any, x: int, **words: str) -> None:
        super().__init__(node, (x,), **words)

    def fire(self, s: Store) -> None:
        x = s.known(self.slots[0])
        if x is None:
            return
        self.done = True
        if type(x) is int and x < 1:
            return self.fail(s, f"a size would be {x}", str(x), "at least 1")
        self.positive(s, x)

    def words(self, name: Namer, of: int = -1) -> str:
        return f"{name(self.slots[0])} >= 1"

    def demand(self, name: Namer, given: Callable[[int], bool]) -> str:
        return self.words(name)


class Extreme(Relation):
    """out = max or min of two sizes, for sizes written as expressions; forward only."""

    __slots__ = ("function",)

    def __init__(self, node: Any, out: int, a: int, b: int, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(node, (out, a, b))
        self.function = function

    def fire(self, s: Store) -> None:
        out, a, b = self.slots
        x, y = s.known(a), s.known(b)
        if x is not None and y is not None:
            self.done = True
            s.settle(out, self.function(x, y), self)

    def words(self, name: Namer, of: int = -1) -> str:
        out, a, b = map(name, self.slots)
        return f"{out} = {self.function.__name__}({a}, {b})"
