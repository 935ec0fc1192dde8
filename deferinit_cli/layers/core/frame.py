"""One application of a layer: its patterns and its relation, stated over named axes."""

from __future__ import annotations

from ...problems import Problem
from ...shapes import rows
from ...shapes.rows import Open, Rest, Row, Wait
from .named_axes import Told
from .relating import Relating


class Frame(Relating):
    """What `relate` speaks to: one layer's axes, on one input. `node` is its identity for facts and explanations."""

    __slots__ = ()

    def run(self) -> None:
        """Read `takes`, state the relation, make parameters and outputs."""
        plan, tensors = self.plan, self.tensors
        if plan.amounts:
            self._amounts()
        for port, pattern in enumerate(plan.takes):
            if port < len(self.inputs):
                self._take(port, *pattern)
        plan.layer.relate(self)
        for key, names in plan.tensors:
            if key not in tensors:
                tensors[key] = self.slots(names)
            elif names:
                rows.unify(tensors[key], self.slots(names), self.store, self.node)
        if plan.gives:
            self.outputs = [self._give(*pattern) for pattern in plan.gives]

    def _amounts(self) -> None:
        """State the numbers that are written as expressions over symbols; raises Told once all of them are, where one is out of range."""
        wrong = False
        for axis, size, argument in self.plan.amounts:
            try:
                if axis not in self.axes:
                    self.amount(axis, size, argument)
            except Told:
                wrong = True
        if wrong:
            raise Told

    def sure(self) -> list[Row]:
        """The outputs of a layer whose inputs are wrong, as far as its own arguments say them."""
        if self.outputs:
            return self.outputs
        out: list[Row] = []
        for before, star, after in self.plan.gives:
            if star is not None:
                self.axes.setdefault(star, Open((), Rest(), ()))
            out.append(self._give(before, star, after))
        return out

    def early(self) -> list[Row]:
        """The outputs of a layer that waits for a rank, as far as its pattern and the axes named so far say them."""
        if self.outputs:
            return self.outputs
        return [self._give_early(*pattern) for pattern in self.plan.gives]

    def _give_early(self, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> Row:
        front, back = (tuple([self.slot(n) if self._is_said(n) else self.store.new() for n in names]) for names in (before, after))
        middle = () if star is None else self.axes[star] if star in self.axes else Open((), Rest(), ())
        return self._around(front, middle, back)

    def _is_said(self, name: str) -> bool:
        """Whether an axis has a size already, or is made of such: one that the relation is yet to make has none."""
        return name in self.axes or all(p in self.axes or p.isdigit() or self.written(p) is not None for p in name.split("*"))

    def _is_free(self, free: dict[str, bool], name: str) -> bool:
        """Whether an axis is nothing but a name; noted in the plan."""
        free[name] = found = not ("*" in name or name.isdigit() or self.written(name) is not None)
        return found

    def _take(self, port: int, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> None:
        row, axes, free = self.inputs[port], self.axes, self.plan.free
        names, least = before + after, len(before) + len(after)
        middle: Row | None = None
        if star is None:
            got = row if type(row) is tuple and len(row) == least else rows.fix(row, least, self.store, self.node)
            if got is None:
                self._rank_problem(row, least, "", port)
        else:
            wide = row if type(row) is tuple and len(row) >= least else self._wide(row, before, after, port)
            if type(wide) is tuple:
                end = len(wide) - len(after)
                got, middle = wide[: len(before)] + wide[end:], wide[len(before) : end]
            else:
                assert type(wide) is Open
                got = wide.prefix[: len(before)] + wide.suffix[len(wide.suffix) - len(after) :]
                middle = Open(wide.prefix[len(before) :], wide.rest, wide.suffix[: len(wide.suffix) - len(after)])
        for name, slot in zip(names, got):  # type: ignore[arg-type]
            if name not in axes and (free[name] if name in free else self._is_free(free, name)):
                axes[name] = slot
            else:  # the same size as whatever else has this name
                self.store.equal(slot, self.slot(name), (self.node, name))
        if middle is not None:
            if star in axes:
                rows.unify(axes[star], middle, self.store, self.node)
            else:
                axes[star] = middle  # type: ignore[index]

    def _wide(self, row: Row, before: tuple[str, ...], after: tuple[str, ...], port: int) -> Row:
        found = rows.wide(row, len(before), len(after), self.store, self.node)
        if found is None:
            self._rank_problem(row, len(before) + len(after), "at least ", port)
        return found  # type: ignore[return-value]

    def _rank_problem(self, row: Row, n: int, least: str, port: int) -> None:
        have = rows.rank(row)
        count = str(have) if have is not None else f"at least {rows.least_rank(row)}"
        several = len(self.inputs) > 1 and len(self.layer.ports) > 1
        name = f" ({self.layer.ports[port]})" if several else ""
        one, this = "" if n == 1 else "s", "" if count == "1" else "s"
        raise Problem("rank-mismatch", f"{self.layer.kind} needs an input{name} of {least}{n} dim{one}, this one has {count}",
                      self.layer.ports[min(port, len(self.layer.ports) - 1)], f"{count} dim{this}", f"{least}{n} dim{one}")  # fmt: skip

    def _give(self, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> Row:
        front = self.slots(before)
        if star is None:
            return front
        return self._around(front, self.axes[star], self.slots(after))

    def _around(self, front: tuple[int, ...], stretch: Row, back: tuple[int, ...]) -> Row:
        middle = rows.resolve(stretch)
        if not front and not back:
            return middle
        if type(middle) is tuple:
            return front + middle + back
        assert type(middle) is Open
        return Open(front + middle.prefix, middle.rest, middle.suffix + back)


__all__ = ["Frame", "Told", "Wait"]
