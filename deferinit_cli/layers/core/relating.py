"""What a layer states of its axes: the words that its `relate` is written in."""

from __future__ import annotations

from typing import Any

from ...shapes import rows
from ...shapes.bounds import lower_bound, upper_bound
from ...shapes.dims import Sym, is_symbolic
from ...shapes.relations import (
    Affine,
    AtMost,
    Broadcast,
    Divisible,
    Floored,
    Product,
    Relation,
    Scaled,
    Slide,
    Spread,
    Sum,
    Window,
    post,
)
from ...shapes.relations.expressions import operation, plainly
from ...shapes.rows import Open, Rest, Row, Wait
from .named_axes import Axis, NamedAxes


class Relating(NamedAxes):
    """Named axes and the relations between them."""

    __slots__ = ()

    def equal(self, a: Axis, b: Axis) -> None:
        """a = b."""
        self.store.equal(self.slot(a), self.slot(b), self.node)

    def same(self, a: Row, b: Row) -> None:
        """Two rows are equal, axis by axis."""
        rows.unify(a, b, self.store, self.node)

    def join(self, shapes: list[Row]) -> Row:
        """One row for rows that must be equal: of each size the simplest term that says it; an unknown size where they clash."""
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
        """One slot for two that must be equal; a new, unknown one where they clash."""
        return self.store.simpler(a, b) if self.store.equal(a, b, self.node) else self.store.new()

    def state(self, relation: Relation) -> None:
        """Let a relation act from now on."""
        post(self.store, relation)

    def product(self, out: Axis, *factors: Axis, **words: str) -> None:
        """out = the product of factors. A name `*rest` stands for all axes of that stretch."""
        coefficient, axes = 1, self.axes
        slots: list[int] = []
        for f in factors:
            if type(f) is int:
                coefficient *= f
                continue
            if type(f) is not str:  # a number with a name, for the catalogue
                slots.append(self.slot(f))
                continue
            if f[0] == "*":
                slots.extend(self.stretch(f))
                continue
            v = self.written(f) if f not in axes else None
            if type(v) is int:
                coefficient *= v
            elif coefficient == 1 and not slots and f is factors[-1] and f not in axes and out in axes:
                axes[f] = axes[out]  # out = 1 * f: one and the same
                return
            else:
                slots.append(self.slot(f))
        self.state(Product(self.node, self.slot(out), tuple(slots), coefficient, **words))

    def product_of(self, out: Axis, slots: tuple[int, ...], coefficient: int = 1, **words: str) -> None:
        """out = coefficient * the product of slots."""
        self.state(Product(self.node, self.slot(out), slots, coefficient, **words))

    def stretch(self, star: str) -> tuple[int, ...]:
        """The slots a star stands for; raises Wait while their number is unknown."""
        row = rows.resolve(self.axes[star])
        if type(row) is not tuple:
            raise Wait
        return row

    def sum(self, out: Axis, *terms: Axis, plus: int = 0, **words: str) -> None:
        """out = the sum of terms + plus."""
        self.state(Sum(self.node, self.slot(out), tuple(self.slot(t) for t in terms), plus, **words))

    def window(self, out: Axis, x: Axis, offset: Any, stride: Any = 1, factor: int = 1, note: Any = None, **words: str) -> None:
        """out = floor((factor*x + offset) / stride), at least 1. Offset and stride may be expressions over the symbols of arguments.

        `note`, in words for people: (kernel, stride, padding, dilation, the padding before where windows may hang over).
        """
        axes = self.axes
        if is_symbolic(offset) or is_symbolic(stride):
            shift, step = self.term(offset - stride), self.term(stride)
            self.state(Slide(self.node, self.slot(out), self.slot(x), shift, step, **words))
            return
        if stride == 1 and factor == 1 and offset == 0 and type(out) is str and out not in axes:
            axes[out] = axes[x] if x in axes else self.slot(x)
            return
        self.state(Window(self.node, self.slot(out), self.slot(x), offset, stride, factor, note, **words))

    def scaled(self, out: Axis, x: Axis, scale: float, least: int = 1, **words: str) -> None:
        """out = floor(x * scale) in double arithmetic, at least `least`; forward only where the scale is not whole."""
        if scale.is_integer() and least:
            self.affine(out, x, int(scale), 0)
        else:
            self.state(Scaled(self.node, self.slot(out), self.slot(x), scale, least, **words))

    def affine(self, out: Axis, x: Axis, factor: Any, constant: Any, **words: str) -> None:
        """out = factor*x + constant, at least 1. Both numbers may be expressions over the symbols of arguments."""
        if is_symbolic(factor) or is_symbolic(constant):
            self.state(Spread(self.node, self.slot(out), self.slot(x), self.term(factor), self.term(constant), **words))
            return
        self.state(Affine(self.node, self.slot(out), self.slot(x), factor, constant, **words))

    def term(self, number: Any, blame: str = "") -> int:
        """The slot of a number: an int, or an expression over symbols that stand for axes. It may be 0 or less."""
        if isinstance(number, int):
            return self.slot(number)
        if type(number) is Sym:
            return self.slot(number.name)
        return operation(self.store, self.node, number, blame, lambda sym: self.slot(sym.name), set(), blame, inner=True)

    def widen(self, out: Axis, x: Axis, plus: Any, **words: str) -> None:
        """out = x + plus, which may be an expression over the symbols of arguments."""
        if is_symbolic(plus):
            more = self.term(plus)
            relation = Sum(self.node, self.slot(out), (self.slot(x), more), 0, **words)
            relation.free = {more}
            self.state(relation)
        else:
            self.sum(out, x, plus=plus, **words)

    def floored(self, out: Axis, x: Axis, m: Axis) -> None:
        """out = floor(x / m), which may be 0; forward only."""
        self.state(Floored(self.node, self.slot(out), self.slot(x), self.slot(m)))

    def divides(self, m: Axis, x: Axis, **words: str) -> None:
        """m divides x."""
        self.state(Divisible(self.node, self.slot(x), self.slot(m), **words))

    def at_most(self, x: Axis, limit: Axis, **words: str) -> None:
        """x <= limit."""
        self.state(AtMost(self.node, self.slot(x), self.slot(limit), **words))

    def behind(self, name: str) -> bool:
        """Whether a place along an axis is counted from its end: it is negative. An expression over symbols is so where it is
        for all sizes; any other is counted from the start, and must not be negative."""
        said = getattr(self.layer, name)
        if not is_symbolic(said):
            return said is not None and said < 0
        high, low = upper_bound(plainly(said)), lower_bound(plainly(said))
        if high is not None and high < 0:
            return True
        if low is None or low < 0:
            self.least(self.slot(name), 0, name, "at least 0: an expression over symbols counts from the start unless it is always negative")
        return False

    def indexed(self, count: int, plus: int) -> None:
        """The layer is indexed by the numbers from `plus` to count + plus - 1: it needs count + plus entries at least."""
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
