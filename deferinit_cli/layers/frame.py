"""One application of a layer: its patterns and its relation, stated over named axes."""

from __future__ import annotations

from ..problems import Problem
from ..shapes import rows
from ..shapes.rows import Open, Rest, Row, Wait
from .patterns import Param, patterns, tokens
from .relating import Relating


class Frame(Relating):
    """What `relate` speaks to: one layer's axes, on one input. `node` is its identity for facts and explanations."""

    __slots__ = ()

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
        """The outputs of a layer whose inputs are wrong, as far as its own arguments say them."""
        if self.outputs or not self.layer.gives:
            return self.outputs
        out: list[Row] = []
        for before, star, after in patterns(self.layer.gives):
            if star is not None:
                self.axes.setdefault(star, Open((), Rest(), ()))
            out.append(self._give(before, star, after))
        return out

    def _is_free(self, free: dict[str, bool], name: str) -> bool:
        """Whether an axis is nothing but a name; kept for all nodes of the layer."""
        free[name] = found = not ("*" in name or name.isdigit() or self.written(name) is not None)
        return found

    def _take(self, port: int, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> None:
        row, axes = self.inputs[port], self.axes
        free: dict[str, bool] = self.layer.memo("_free", dict)
        if star is None:
            got = rows.fix(row, len(before), self.store, self.node)
            if got is None:
                self._rank_problem(row, len(before), "", port)
            for name, slot in zip(before, got):  # type: ignore[arg-type]
                if name not in axes and (free[name] if name in free else self._is_free(free, name)):
                    axes[name] = slot
                else:
                    self.store.equal(slot, self.slot(name), (self.node, name))
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
        for name, slot in zip(before + after, front + back):
            if name not in axes and (free[name] if name in free else self._is_free(free, name)):
                axes[name] = slot
            else:  # the same size as whatever else has this name
                self.store.equal(slot, self.slot(name), (self.node, name))
        if star in axes:
            rows.unify(axes[star], middle, self.store, self.node)
        else:
            axes[star] = middle

    def _rank_problem(self, row: Row, n: int, least: str, port: int) -> None:
        have = rows.rank(row)
        count = str(have) if have is not None else f"at least {rows.least_rank(row)}"
        several = len(self.inputs) > 1 and len(self.layer.ports) > 1
        name = f" ({self.layer.ports[port]})" if several else ""
        one, this = "" if n == 1 else "s", "" if count == "1" else "s"
        raise Problem("rank-mismatch", f"{self.layer.kind} needs an input{name} of {least}{n} dim{one}, this one has {count}",
                      self.layer.ports[min(port, len(self.layer.ports) - 1)], f"{count} dim{this}", f"{least}{n} dim{one}")  # fmt: skip

    def _tensor(self, p: Param) -> None:
        names = tokens(p.axes)
        row = self.slots(names)
        self.owned.update(zip(names, row))
        if p.key in self.tensors:
            rows.unify(self.tensors[p.key], row, self.store, self.node)
        else:
            self.tensors[p.key] = row

    def _give(self, before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> Row:
        front, back = self.slots(before), self.slots(after)
        if star is None:
            return front
        middle = rows.resolve(self.axes[star])
        if not front and not back:
            return middle
        if type(middle) is tuple:
            return front + middle + back
        assert type(middle) is Open
        return Open(front + middle.prefix, middle.rest, middle.suffix + back)


__all__ = ["Frame", "Wait"]
