"""The declared facts behind a conflict, shrunk until none can be left out: with any one fewer, nothing contradicts.

A set of facts is tried by inferring again with every other declared size unknown: input dims as sizes of their own,
arguments and asserted dims as left out.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..graph import Given, Input, Node
from ..shapes.expr import Expr, symbol
from ..shapes.relations import Relation
from ..shapes.rows import Open, Rest
from ..shapes.store import Conflict, Fact, Store
from .engine import Inference
from .explain import Explainer, Step
from .resolved import Resolved

BUDGET = 200_000
"""Layers visited for one conflict; past it the facts are shown as they were found."""

Key = tuple[int, Any]


def key_of(fact: Fact) -> Key:
    return id(fact.owner), fact.what


class _Masked(Store):
    """A store in which only some facts are known."""

    def __init__(self, kept: Collection[Key], assumes: bool) -> None:
        super().__init__()
        self.kept = kept
        self.assumes = assumes

    def new(self, value: Any = None, origin: Any = None) -> int:
        if value is not None and type(origin) is Fact and not self.keeps(origin):
            rigid = isinstance(origin.owner, (Input, Given))
            return super().new(symbol(f"_{len(self.value)}") if rigid else None, origin if rigid else None)
        return super().new(value, origin)

    def keeps(self, fact: Fact) -> bool:
        """Whether a fact is known here; what a kind itself fixes always is."""
        return fact.what == "" or key_of(fact) in self.kept


class _Trial(Inference):
    """Inference from some facts, through some layers; the others yield what nobody knows."""

    def __init__(self, resolved: Resolved, kept: Collection[Key], way: Way) -> None:
        super().__init__(resolved.network, list(resolved.given.values()))
        self.layers, assumes = way
        self.store = _Masked(kept, assumes)

    def visit(self, node: Node) -> None:
        if self.layers is None or node.layer.passes or node.index in self.layers:
            super().visit(node)
        else:
            for v in node.outputs:
                self.values[v] = Open((), Rest(), ())

    def types(self, node: Node) -> None:
        """Only sizes are on trial."""


Way = tuple["set[int] | None", bool]
"""Through which layers (None: all), and whether sizes left open are taken to be equal to those they broadcast with."""


def contradictory(resolved: Resolved, kept: Collection[Key], way: Way) -> bool:
    """Whether these facts alone contradict."""
    found = _Trial(resolved, kept, way).run()
    return any(c.slots for c in found.conflicts)  # what shows without sizes does not rest on facts


def facts_behind(explainer: Explainer, conflict: Conflict) -> list[Step]:
    """The declared facts at the ends of both chains, nearest first; each once."""
    out: dict[Key, Step] = {}
    for step in chains(explainer, conflict):
        for leaf in step.leaves():
            if isinstance(leaf.why, Fact):
                out.setdefault(key_of(leaf.why), leaf)
    return list(out.values())


def chains(explainer: Explainer, conflict: Conflict) -> list[Step]:
    """What explains the sizes in conflict; and, where one is a symbol that can be only one number, what pinned that down."""
    store, out = explainer.store, []
    todo, seen = list(conflict.slots), set(conflict.slots)
    while todo:
        slot = todo.pop(0)
        step = explainer.explain(slot)
        if step is not None:
            out.append(step)
        for end in (slot, *(leaf.slot for leaf in step.leaves())) if step is not None else (slot,):
            raw = store.value[store.root(end)]
            for name in sorted(raw.symbols) if store.bound and type(raw) is Expr else ():
                if name in store.bound_by:
                    more = [s for s in store.bound_by[name].slots if s not in seen]
                    seen.update(more)
                    todo += more
    return out


def minimal(resolved: Resolved, explainer: Explainer, conflict: Conflict) -> set[Key]:
    """The facts that are needed for a conflict, as keys; all that were found where they alone do not make it."""
    found = [leaf.why for leaf in facts_behind(explainer, conflict)]
    kept = {key_of(f) for f in found}
    if len(found) < 2 or isinstance(conflict.why, Given):
        return kept
    way = way_of(resolved, explainer, conflict, kept)
    if way is None:
        return kept
    budget = BUDGET
    for fact in found:
        budget -= len(resolved.network.nodes if way[0] is None else way[0]) + 1
        if budget < 0:
            break
        fewer = kept - {key_of(fact)}
        if contradictory(resolved, fewer, way):
            kept = fewer
    return kept


def way_of(resolved: Resolved, explainer: Explainer, conflict: Conflict, kept: set[Key]) -> Way | None:
    """The least that these facts need in order to contradict: few layers and no assumption before many and some."""
    few = involved(explainer, conflict)
    for layers in (few, None):
        if layers is None and len(resolved.network.nodes) > BUDGET:
            return None
        for assumes in (False, True):
            if contradictory(resolved, kept, (layers, assumes)):
                return layers, assumes
    return None


def involved(explainer: Explainer, conflict: Conflict) -> set[int]:
    """The layers whose relations or equalities a conflict's chains pass through."""
    out: set[int] = set()
    seen: set[int] = set()
    todo = chains(explainer, conflict)
    out |= layer_of(conflict.why)
    while todo:
        step = todo.pop()
        if id(step) in seen:
            continue
        seen.add(id(step))
        for why in (step.why, *step.via):
            out |= layer_of(why)
        todo += step.premises
    return out


def layer_of(why: Any) -> set[int]:
    if isinstance(why, Fact):
        why = why.owner
    if isinstance(why, Relation):
        why = why.node
    if isinstance(why, tuple):
        why = why[0]
    return {why.index} if isinstance(why, Node) else set()
