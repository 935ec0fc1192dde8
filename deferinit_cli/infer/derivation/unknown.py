"""Why a size is not known: the things furthest up that nobody says."""

from __future__ import annotations

from typing import Any

from ...graph import Node
from ...layers.core.numeric_arguments import Size
from ...shapes import rows
from ...shapes.dims import symbols
from ...shapes.expression_text import text
from ...shapes.normal import Expr
from ...shapes.relations import Relation
from ..propagation.resolved import Resolved, is_open
from .explain import node_of


class Unknown:
    """Answers for one network; looks up once which layer first spoke of each unknown size."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.store = resolved.store
        self.wrong = {n.index for c in resolved.conflicts if (n := node_of(c.why)) is not None} | resolved.failed
        self.blamed: set[int] = set()  # of those, the ones that answers named
        self.holders: dict[int, tuple[Node, str]] = {}
        self.symbols = {self.store.root(slot): sym.name for sym, slot in resolved.symbols.items()}
        for node in resolved.network.nodes:
            frame = resolved.frames[node.index]
            if frame is None:
                continue
            for axis, slot in frame.axes.items():
                self.hold(node, axis, slot)
            for k, row in enumerate(frame.outputs):
                row = rows.resolve(row)
                for place, slot in enumerate(row if type(row) is tuple else ()):
                    self.hold(node, f"dim {place} of `{resolved.network.value_name(node.outputs[k])}`", slot)

    def hold(self, node: Node, axis: str, slot: Any) -> None:
        if type(slot) is int and self.store.known(slot) is None:
            self.holders.setdefault(self.store.root(slot), (node, axis))

    def relation(self, slot: int) -> Relation | None:
        """The relation that would give the size, were its other sizes known."""
        root = self.store.root(slot)
        for relation in self.store.watch.get(root, ()):
            if self.store.root(relation.slots[0]) == root and not relation.done:
                return relation
        return None

    def causes(self, slot: int) -> list[str]:
        """What the size waits for, in words."""
        out: dict[str, None] = {}
        seen: set[int] = set()
        todo = [slot]
        for at in todo:
            root = self.store.root(at)
            if root in seen or self.store.known(at) is not None:
                continue
            seen.add(root)
            relation = self.relation(at)
            if relation is not None:
                behind = [s for s in relation.slots[1:] if self.store.known(s) is None]
                todo += behind
                node = node_of(relation) if not behind else None
                found = undecided(self.resolved, node) if node is not None else []
                out.update(dict.fromkeys(f"`{name}`, which is {said}" for name, said, _ in found))
            else:
                out.update(dict.fromkeys(self.said(root)))
        return list(out)

    def symbols_behind(self, slot: int) -> set[str]:
        """The symbols that an unknown size may come to depend on: those of the sizes it waits with, and of the inputs of the
        layer that first spoke of it where nothing says more."""
        out: set[str] = set()
        seen: set[int] = set()
        todo = [slot]
        for at in todo:
            term = self.store.known(at)
            if type(term) is Expr:
                out |= term.symbols
            root = self.store.root(at)
            if term is not None or root in seen:
                continue
            seen.add(root)
            relation = self.relation(at)
            node, name = self.holders.get(root, (None, ""))
            if relation is not None:
                todo += relation.slots[1:]
            elif node is not None and name not in node.layer.arguments:
                for value in node.inputs:
                    row = rows.resolve(self.resolved.values[value])
                    todo += row if type(row) is tuple else row.prefix + row.suffix  # type: ignore[union-attr]
        return out

    def said(self, root: int) -> list[str]:
        """An unknown that no relation would give, by the layer that first spoke of it."""
        if root in self.symbols:
            return [f"the symbol {self.symbols[root]}"]
        node, axis = self.holders.get(root, (None, ""))
        if node is None:
            return []
        if node.index in self.wrong:
            self.blamed.add(node.index)
            return [f"`{node.name}` (wrong)"]
        layer = node.layer
        name = axis.partition(".")[0]
        if name in layer.arguments and is_open(getattr(layer, name)):
            return [f"`{node.name}.{name}` (left open)"]
        left = [n for n, a in layer.arguments.items() if not isinstance(a, Size) and is_open(getattr(layer, n))]
        if left and not axis.startswith("dim "):
            return [f"`{node.name}.{n}` (left open)" for n in left]
        return [axis if axis.startswith("dim ") else f"{axis} of `{node.name}`"]


def undecided(resolved: Resolved, node: Node) -> list[tuple[str, str, list[str]]]:
    """A layer's arguments over symbols that are not known, or that sizes are divided by though they are no numbers: (the argument's
    name, what it is, the symbols that it waits for)."""
    out: list[tuple[str, str, list[str]]] = []
    store, frame = resolved.store, resolved.frames[node.index]
    if frame is None or not frame.plan.amounts:
        return out
    divided = {store.root(r.slots[-1]) for r in store.stalled if not r.done and r.node is node}
    for axis, written, argument in frame.plan.amounts:
        slot = frame.axes.get(axis)
        term = store.known(slot) if slot is not None else None
        if slot is None or term is None or store.root(slot) in divided:
            names = sorted(term.symbols) if type(term) is Expr else sorted(map(str, symbols(written)))
            out.append((f"{node.name}.{argument.name}", text(term) if type(term) is Expr else str(written), names))
    return out
