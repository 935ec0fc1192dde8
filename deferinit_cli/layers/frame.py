"""Named axes of one layer over the slots of an inference: what `relate` speaks to.

Axis names come from the patterns `takes`, `gives` and of parameters; a name that is an argument with a value stands
for that value. Applied again on another input, a layer keeps the axes of its arguments and parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

from ..problems import Problem
from ..shapes import rows
from ..shapes.bounds import maximum, minimum
from ..shapes.dims import UNKNOWN, Op, Sym
from ..shapes.relations import (
    Affine,
    AtMost,
    Broadcast,
    Divisible,
    Extreme,
    Floored,
    Positive,
    Product,
    Relation,
    Sum,
    Window,
    post,
)
from ..shapes.rows import Open, Rest, Row, Wait
from ..shapes.store import Conflict, Fact, Store
from .base import Layer, Param, patterns, tokens

Axis = Union[str, int]


class Frame:
    """One layer's axes. `node` is its identity for facts and explanations."""

    __slots__ = ("axes", "inputs", "layer", "node", "outputs", "owned", "store", "symbol", "tensors")

    def __init__(
        self, store: Store, node: Any, layer: Layer, inputs: list[Row], symbol: Callable[[Sym], int], own: Frame | None
    ) -> None:
        self.store = store
        self.node = node
        self.layer = layer
        self.inputs = inputs
        self.outputs: list[Row] = []
        self.axes: dict[str, Any] = dict(own.owned) if own is not None else {}
        self.tensors: dict[str, Row] = own.tensors if own is not None else {}
        self.owned: dict[str, Any] = {}
        self.symbol = symbol

    # ---- axes by name

    def slot(self, axis: Axis) -> int:
        """The slot of an axis: a name, an argument's name (`kernel_size.0` for one entry), a product `4*hidden`, an int."""
        if type(axis) is str:
            found = self.axes.get(axis)
            if found is None:
                found = self.axes[axis] = self._make(axis)
            return found
        return self.store.new(axis, Fact(self.node, ""))

    def _make(self, axis: str) -> int:
        if "*" in axis:
            return self._product(axis.split("*"))
        if axis.isdigit():
            return self.store.new(int(axis), Fact(self.node, ""))
        written = self.written(axis)
        if written is not None:
            return self.dim(written, axis)
        argument = self.layer.arguments.get(axis)
        return self.left_out() if argument is not None and argument.required else self.store.new()

    def left_out(self) -> int:
        """The slot of a size that the spec leaves to inference."""
        slot = self.store.new()
        self.store.left_out.append(slot)
        return slot

    def written(self, axis: str) -> Any:
        """What the spec says of an axis that is an argument, or None."""
        known = self.layer.memo("_written", dict)
        if axis in known:
            return known[axis]
        name, _, place = axis.partition(".")
        v = self.layer.__dict__.get(name) if name in self.layer.arguments else None
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
            return self.symbol(size)
        if type(size) is Op:
            return expression(self.store, self.node, size, what, self.symbol)
        return self.left_out()

    # ---- rows of inputs

    def dims(self, port: int = 0) -> tuple[int, ...]:
        """The slots of an input of known rank; raises Wait until then."""
        row = rows.resolve(self.inputs[port])
        if type(row) is not tuple:
            raise Wait
        return row

    def rank(self, port: int = 0) -> int:
        return len(self.dims(port))

    def axis(self, number: int, port: int = 0, extra: int = 0, blame: str = "axis") -> int:
        """A possibly negative axis number as 0…rank-1 (`extra` more for a new axis); raises Problem out of range."""
        n = self.rank(port) + extra
        if not -n <= number < n:
            raise Problem("axis-out-of-range", f"axis {number} of a value with {n} dims", blame,
                          str(number), f"{-n} to {n - 1}")  # fmt: skip
        return number % n

    def several(self, numbers: tuple[int, ...], blame: str = "axis") -> list[int]:
        """The same of axes that must be different ones."""
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

    # ---- what `relate` states

    def equal(self, a: Axis, b: Axis, rule: str = "size-mismatch") -> None:
        self.store.equal(self.slot(a), self.slot(b), self.node)

    def same(self, a: Row, b: Row) -> None:
        rows.unify(a, b, self.store, self.node)

    def join(self, shapes: list[Row]) -> Row:
        """Rows that must be equal, as one: each size as the input that says it most simply; unknown where they clash."""
        first = rows.resolve(shapes[0])
        for other in shapes[1:]:
            second = rows.resolve(other)
            if type(first) is not tuple or type(second) is not tuple or len(first) != len(second):
                fine = rows.unify(first, second, self.store, self.node)
                first = rows.resolve(first) if fine else Open((), Rest(), ())
            else:
                first = tuple([a if a == b else self.one_of(a, b) for a, b in zip(first, second)])
        return first

    def one_of(self, a: int, b: int) -> int:
        """Two slots that must be equal, as one."""
        return self.store.simpler(a, b) if self.store.equal(a, b, self.node) else self.store.new()

    def state(self, relation: Relation) -> None:
        post(self.store, relation)

    def product(self, out: Axis, *factors: Axis, **words: str) -> None:
        """out = the product of factors. A name `*rest` stands for all axes of that stretch."""
        coefficient = 1
        slots: list[int] = []
        for f in factors:
            if type(f) is str and f.startswith("*"):
                slots.extend(self.stretch(f))
                continue
            v = f if type(f) is int else self.written(f) if f not in self.axes else None  # type: ignore[arg-type]
            if type(v) is int:
                coefficient *= v
            elif (
                coefficient == 1 and not slots and f is factors[-1] and f not in self.axes and out in self.axes and type(f) is str
            ):
                self.axes[f] = self.axes[str(out)]  # out = 1 * f: one and the same  # type: ignore[index]
                return
            else:
                slots.append(self.slot(f))
        self.state(Product(self.node, self.slot(out), tuple(slots), coefficient, **words))

    def product_of(self, out: Axis, slots: tuple[int, ...], coefficient: int = 1, **words: str) -> None:
        """out = coefficient * the product of slots."""
        self.state(Product(self.node, self.slot(out), slots, coefficient, **words))

    def named(self, axis: str, slot: int | None) -> int:
        """Give a slot (a new one for None) a name of this layer; what has the name already stays."""
        if axis not in self.axes:
            self.axes[axis] = self.store.new() if slot is None else slot
        return self.axes[axis]  # type: ignore[no-any-return]

    def name(self, axis: str, slot: int | None) -> str:
        """The same, for use as an argument: ints there are literal sizes."""
        self.named(axis, slot)
        return axis

    def stretch(self, star: str) -> tuple[int, ...]:
        """The slots a star stands for; raises Wait while their number is unknown."""
        row = rows.resolve(self.axes[star])
        if type(row) is not tuple:
            raise Wait
        return row

    def sum(self, out: Axis, *terms: Axis, plus: int = 0, **words: str) -> None:
        self.state(Sum(self.node, self.slot(out), tuple(self.slot(t) for t in terms), plus, **words))

    def window(self, out: Axis, x: Axis, offset: int, stride: int = 1, factor: int = 1, note: Any = None, **words: str) -> None:
        """out = floor((factor*x + offset) / stride), at least 1.

        `note`, in words for people: (kernel, stride, padding, dilation, the padding before where windows may hang over).
        """
        if stride == 1 and factor == 1 and offset == 0 and type(out) is str and out not in self.axes:
            self.axes[out] = self.slot(x)
            return
        self.state(Window(self.node, self.slot(out), self.slot(x), offset, stride, factor, note, **words))

    def affine(self, out: Axis, x: Axis, factor: int, constant: int, **words: str) -> None:
        """out = factor*x + constant, at least 1."""
        self.state(Affine(self.node, self.slot(out), self.slot(x), factor, constant, **words))

    def count(self, number: Any, axis: str) -> int:
        """The slot of a number: an int, or an expression over a symbol that stands for an axis. It may be 0."""
        if type(number) is int:
            return self.slot(number)
        return operation(self.store, self.node, number, "", lambda _: self.slot(axis), set(), "", inner=True)

    def floored(self, out: Axis, x: Axis, m: Axis) -> None:
        """out = floor(x / m), which may be 0; forward only."""
        self.state(Floored(self.node, self.slot(out), self.slot(x), self.slot(m)))

    def divides(self, m: Axis, x: Axis, **words: str) -> None:
        self.state(Divisible(self.node, self.slot(x), self.slot(m), **words))

    def at_most(self, x: Axis, limit: Axis, **words: str) -> None:
        self.state(AtMost(self.node, self.slot(x), self.slot(limit), **words))

    def indexed(self, count: int, plus: int) -> None:
        """Its ids are the numbers plus … count + plus - 1, so it needs as many entries."""
        limit = self.layer.index_limit
        top = count
        if plus:
            top = self.store.new()
            self.state(Sum(self.node, top, (count,), plus))
        self.state(AtMost(self.node, top, self.slot(limit), rule="too-long", blame=limit,
                          says="{whole} positions are counted, {part} have an entry"))  # fmt: skip

    def broadcast(self, shapes: list[Row]) -> Row:
        """The row that inputs broadcast to, numpy's way; raises Wait while a rank is unknown."""
        known = [rows.resolve(r) for r in shapes]
        if len(known) == 1 or all(r is known[0] for r in known):
            return known[0]
        if not all(type(r) is tuple for r in known):
            return self._broadcast_open(known)
        n = max(map(len, known))  # type: ignore[arg-type]
        out = []
        for k in range(n):
            column = [r[k - n + len(r)] for r in known if k - n + len(r) >= 0]  # type: ignore[index,arg-type]
            out.append(self._common(column))
        return tuple(out)

    def _common(self, column: list[int]) -> int:
        first = column[0]
        if all(c == first for c in column):
            return first
        out = self.store.new()
        self.state(Broadcast(self.node, out, tuple(dict.fromkeys(column))))
        return out

    def _broadcast_open(self, known: list[Row]) -> Row:
        """Two open rows over one stretch broadcast place by place; anything else waits."""
        a = known[0]
        for r in known[1:]:
            same = type(r) is Open and type(a) is Open and r.rest is a.rest
            if not same or len(r.prefix) != len(a.prefix) or len(r.suffix) != len(a.suffix):  # type: ignore[union-attr]
                raise Wait
        pre = tuple(self._common([r.prefix[i] for r in known]) for i in range(len(a.prefix)))  # type: ignore[union-attr]
        suf = tuple(self._common([r.suffix[i] for r in known]) for i in range(len(a.suffix)))  # type: ignore[union-attr]
        return Open(pre, a.rest, suf)  # type: ignore[union-attr]

    def give(self, *outputs: Row) -> None:
        """The rows of the outputs, where `gives` does not say."""
        self.outputs = list(outputs)

    def tensor(self, key: str, *axes: Axis) -> None:
        """The axes of a parameter, where its pattern does not say."""
        row = tuple(self.slot(a) for a in axes)
        if key in self.tensors:
            rows.unify(self.tensors[key], row, self.store, self.node)
        else:
            self.tensors[key] = row

    # ---- the whole statement

    def run(self) -> None:
        """Read `takes`, state the relation, make parameters and outputs."""
        layer = self.layer
        if layer.takes:
            for port, pattern in enumerate(patterns(layer.takes)):
                if port < len(self.inputs):
                    self._take(port, *pattern)
        layer.relate(self)
        for p in layer.memo("_tensors", layer.tensors):
            if p.axes or p.key not in self.tensors:
                self._tensor(p)
        if layer.gives:
            self.outputs = [self._give(*pattern) for pattern in patterns(layer.gives)]

    def sure(self) -> list[Row]:
        """What is sure of the outputs of a layer that cannot be: what its own arguments say."""
        if self.outputs or not self.layer.gives:
            return self.outputs
        out: list[Row] = []
        for before, star, after in patterns(self.layer.gives):
            if star is not None:
                self.axes.setdefault(star, Open((), Rest(), ()))
            out.append(self._give(before, star, after))
        return out

    def _take(self, port: int, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> None:
        row = self.inputs[port]
        if star is None:
            got = rows.fix(row, len(before), self.store, self.node)
            if got is None:
                self._rank_problem(row, len(before), "", port)
            for name, slot in zip(before, got):  # type: ignore[arg-type]
                self._meet(name, slot)
            return
        wide = rows.wide(row, len(before), len(after), self.store, self.node)
        if wide is None:
            self._rank_problem(row, len(before) + len(after), "at least ", port)
        if type(wide) is tuple:
            front, back = wide[: len(before)], wide[len(wide) - len(after) :]
            middle: Row = wide[len(before) : len(wide) - len(after)]
        else:
            assert type(wide) is Open
            front, back = wide.prefix[: len(before)], wide.suffix[len(wide.suffix) - len(after) :]
            middle = Open(wide.prefix[len(before) :], wide.rest, wide.suffix[: len(wide.suffix) - len(after)])
        for name, slot in zip(before, front):
            self._meet(name, slot)
        for name, slot in zip(after, back):
            self._meet(name, slot)
        if star in self.axes:
            rows.unify(self.axes[star], middle, self.store, self.node)
        else:
            self.axes[star] = middle

    def _rank_problem(self, row: Row, n: int, least: str, port: int) -> None:
        have = rows.rank(row)
        count = str(have) if have is not None else f"at least {rows.least_rank(row)}"
        several = len(self.inputs) > 1 and len(self.layer.ports) > 1
        name = f" ({self.layer.ports[port]})" if several else ""
        one, this = "" if n == 1 else "s", "" if count == "1" else "s"
        raise Problem("rank-mismatch", f"{self.layer.kind} needs an input{name} of {least}{n} dim{one}, this one has {count}",
                      self.layer.ports[min(port, len(self.layer.ports) - 1)], f"{count} dim{this}", f"{least}{n} dim{one}")  # fmt: skip

    def _meet(self, name: str, slot: int) -> None:
        """An input's axis has this name: the same size as whatever else has it."""
        if name in self.axes or self.written(name) is not None or "*" in name or name.isdigit():
            self.store.equal(slot, self.slot(name), (self.node, name))
        else:
            self.axes[name] = slot

    def _tensor(self, p: Param) -> None:
        names = tokens(p.axes)
        row = tuple([self.slot(name) for name in names])
        self.owned.update(zip(names, row))
        if p.key in self.tensors:
            rows.unify(self.tensors[p.key], row, self.store, self.node)
        else:
            self.tensors[p.key] = row

    def _give(self, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> Row:
        front, back = tuple([self.slot(n) for n in before]), tuple([self.slot(n) for n in after])
        if star is None:
            return front
        middle = rows.resolve(self.axes[star])
        if not front and not back:
            return middle
        if type(middle) is tuple:
            return front + middle + back
        assert type(middle) is Open
        return Open(front + middle.prefix, middle.rest, middle.suffix + back)


def expression(s: Store, node: Any, size: Any, what: str | int, symbol: Callable[[Sym], int]) -> int:
    """The slot of a size written as an expression over symbols, made of relations so that it works both ways."""
    if type(size) is int:
        return s.new(size, Fact(node, what))
    if type(size) is Sym:
        return symbol(size)
    if type(size) is not Op:
        return s.new()
    blame = what if isinstance(what, str) else ""
    out = operation(s, node, size, what, symbol, set(), blame)
    if size.op not in ("+", "-"):  # which see to it themselves
        post(s, Positive(node, out, blame=blame))
    return out


def operation(
    s: Store, node: Any, size: Op, what: str | int, symbol: Callable[[Sym], int], steps: set[int], blame: str, inner: bool = False
) -> int:
    """The same for one operation. Its steps may come to any number: only the whole must be a size."""
    op, (a, b) = size.op, size.args
    x, y = (
        operation(s, node, part, what, symbol, steps, blame, True) if type(part) is Op else expression(s, node, part, what, symbol)
        for part in (a, b)
    )
    out = s.new()
    if inner:
        steps.add(out)
    relation: Any
    if op in ("+", "-") and type(b) is int:
        relation = Sum(node, out, (x,), b if op == "+" else -b, blame=blame)
    elif op in ("+", "-"):  # or out + y = x
        relation = Sum(node, *((out, (x, y)) if op == "+" else (x, (out, y))), blame=blame)
    elif op in ("*", "/"):  # or out * y = x
        relation = Product(node, *((out, (x, y)) if op == "*" else (x, (out, y))), blame=blame)
    elif op in ("//", "%"):
        relation = Floored(node, out, x, y, op == "%", blame=blame)
    else:
        relation = Extreme(node, out, x, y, maximum if op == "max" else minimum)
    if isinstance(relation, (Sum, Product)):
        relation.free = steps
    post(s, relation)
    return out


__all__ = ["Conflict", "Frame", "Rest", "Wait", "expression"]
