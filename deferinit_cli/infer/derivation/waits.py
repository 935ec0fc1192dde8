"""What an unresolved size waits for, in words."""

from __future__ import annotations

from typing import Any

from ...graph import Input, Node, Parameter
from ...layers.core.patterns import patterns
from ...shapes import rows
from ...shapes.normal import Expr
from ...shapes.rows import Open
from ...shapes.store import Fact
from ..propagation.open_arguments import is_left_open, is_open
from ..propagation.resolved import Resolved
from .unknown import Unknown

ORDINALS = {-1: "last", -2: "second-last", -3: "third-last"}


class Waits:
    """Answers for one resolved network; looks its inputs' symbols up once."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.places: dict[str, tuple[Input, int]] = {}
        self.used: set[int] | None = None
        self.unknown: Unknown | None = None
        self.arguments: set[int] | None = None
        store = resolved.store
        for entry in resolved.network.inputs:
            row = rows.resolve(resolved.values[entry.value])
            slots = row if type(row) is tuple else row.prefix + row.suffix  # type: ignore[union-attr]
            for slot in slots:
                origin, v = store.origin[slot], store.value[slot]
                if isinstance(origin, Fact) and type(v) is Expr and len(v.symbols) == 1:
                    owner = origin.owner if isinstance(origin.owner, Input) else entry
                    self.places.setdefault(next(iter(v.symbols)), (owner, int(origin.what)))

    def symbol(self, name: str) -> str:
        """Where a rigid unknown stands: 'the last dim of `input`', 'the channels of `image`'."""
        entry, place = self.places.get(name, (None, 0))
        if entry is None:
            return name
        rank = rows.rank(self.resolved.values[entry.value])
        own = "" if "[" in name else f" ({name})"
        if place < 0:
            return f"the {ORDINALS.get(place, f'dim {place}')} dim of `{entry.name}`{own}"
        if place == 1 and rank is not None and (rank > 3 or (rank == 3 and self.is_argument(entry, place))):
            return f"the channels of `{entry.name}`{own}"
        if rank is not None and place == rank - 1:
            return f"the last dim of `{entry.name}`{own}"
        return f"dim {place} of `{entry.name}`{own}"

    def is_argument(self, entry: Input, place: int) -> bool:
        """Whether some layer takes this dim of an input by an argument of its own, as channels."""
        row = rows.resolve(self.resolved.values[entry.value])
        if self.arguments is None:
            self.arguments = by_argument(self.resolved)
        return type(row) is tuple and row[place] in self.arguments

    def term(self, term: Any) -> list[str]:
        """What a known term waits for: nothing when it is a number."""
        return [self.symbol(name) for name in sorted(term.symbols)] if type(term) is Expr else []

    def briefly(self, p: Parameter) -> str:
        """The same of a parameter in short: `H, W of image` for dims that have names."""
        named: dict[str, list[str]] = {}
        rest: dict[str, None] = {}
        shape = self.resolved.tensor(p)
        symbols = {s for t in shape or () if type(t) is Expr for s in t.symbols}
        for words in self.parameter(p):
            found = next((s for s in symbols if "[" not in s and s in self.places and self.symbol(s) == words), None)
            if found is None:
                rest[words] = None
            else:
                named.setdefault(self.places[found][0].name, []).append(found)
        return ", ".join([*(f"{', '.join(s)} of `{name}`" for name, s in named.items()), *rest])

    def parameter(self, p: Parameter) -> list[str]:
        """What a parameter waits for; empty when its shape is all numbers."""
        shape = self.resolved.tensor(p)
        if shape is None:
            return self.node(p.node) or ["its layer's rank"]
        frame = self.resolved.frames[p.node.index]
        row = rows.resolve(frame.tensors[p.key]) if frame is not None and p.key in frame.tensors else None
        out: list[str] = []
        for k, term in enumerate(shape):
            out += self.term(term) if term is not None else self.size(p.node, row[k] if type(row) is tuple else None)
        return list(dict.fromkeys(out))

    def cost(self, node: Node) -> list[str]:
        """What a layer waits for whose sizes are not all known."""
        frame = self.resolved.frames[node.index]
        unknown = [s for s in frame.axes.values() if type(s) is int and self.resolved.store.known(s) is None] if frame else []
        return [w for s in unknown for w in self.size(node, s)] or self.node(node)

    def size(self, node: Node, slot: int | None) -> list[str]:
        """What an unknown size of a layer waits for: what furthest up is not known."""
        if slot is not None and self.is_used(node):
            if self.unknown is None:
                self.unknown = Unknown(self.resolved)
            found = self.unknown.causes(slot)
            if found:
                return found
        return self.node(node) or [self.loose(node)]

    def is_used(self, node: Node) -> bool:
        if self.used is None:
            net = self.resolved.network
            self.used = {v for n in net.nodes for v in n.inputs} | {v for _, v in net.outputs}
        return bool(self.used.intersection(node.outputs))

    def loose(self, node: Node) -> str:
        """What a layer waits for whose input, if it has one, is known."""
        if is_left_open(node.layer):
            left = [n for n, a in node.layer.arguments.items() if a.open and is_open(getattr(node.layer, n))]
            return ", ".join(f"`{node.name}.{n}` (left open)" for n in left)
        return f"a size of {node.name}" if self.is_used(node) else f"a use: {node.name} is not connected"

    def node(self, node: Node) -> list[str]:
        """What a layer waits for whose input is not known well enough."""
        if node.index in self.resolved.failed:
            return [f"`{node.name}` (wrong)"]
        out = []
        for value in node.inputs:
            row = rows.resolve(self.resolved.values[value])
            if type(row) is Open:
                owner = row.rest.owner
                out.append(f"the rank of `{owner.name}`" if owner is not None else self.source(value))
            elif type(row) is tuple:
                unknown = [k for k, s in enumerate(row) if self.resolved.store.known(s) is None]
                out += [f"dim {k} of `{self.resolved.network.value_name(value)}`" for k in unknown]
        return list(dict.fromkeys(out))

    def source(self, value: int) -> str:
        """The first thing upstream that is not known: an input's rank, or a failed layer."""
        seen = set()
        while value not in seen:
            seen.add(value)
            node = self.resolved.network.makers[value]
            if isinstance(node, Input):
                return f"the rank of `{node.name}`"
            if node.index in self.resolved.failed:
                return f"`{node.name}` (wrong)"
            open_ones = [v for v in node.inputs if type(rows.resolve(self.resolved.values[v])) is Open]
            if not open_ones:
                break
            value = open_ones[0]
        return f"the rank of `{self.resolved.network.value_name(value)}`"


def by_argument(resolved: Resolved) -> set[int]:
    """Slots of inputs that some layer takes by an argument of its own, such as in_channels."""
    out: set[int] = set()
    for frame in resolved.frames:
        if frame is not None and frame.layer.takes:
            for before, _, after in patterns(frame.layer.takes):
                slots = (frame.axes.get(name) for name in (*before, *after) if name in frame.layer.arguments)
                out.update(s for s in slots if type(s) is int)
    return out


def waits(resolved: Resolved, p: Parameter) -> str:
    """One parameter's answer as text; make a `Waits` to ask for many."""
    return ", ".join(Waits(resolved).parameter(p))
