"""The declared facts behind a conflict, shrunk until none can be left out: with any one fewer, nothing contradicts.

A set of facts is tried by inferring again with every other declared size unknown: input dims as sizes of their own,
arguments and asserted dims as left out. Trials go through the layers that the explanation passes, then through all.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...graph import Assertion, Given, Input, Node, Parameter, Requirement
from ...shapes import rows
from ...shapes.normal import Expr, symbol
from ...shapes.relations import Relation
from ...shapes.rows import Open, Rest, Row
from ...shapes.store import Conflict, Fact, Store
from ..derivation.explain import Explainer, Step
from ..propagation.bound_symbols import recheck
from ..propagation.engine import Inference
from ..propagation.resolved import Resolved

BUDGET = 60_000
"""Layers visited for all conflicts of a network; past it facts are shown as the layers of their explanation have them."""

Key = tuple[int, Any]


def key_of(fact: Fact) -> Key:
    return id(fact.owner), fact.what


class Part:
    """The layers, assertions and ties that an explanation passes through."""

    __slots__ = ("assertions", "nodes", "ties")

    def __init__(self) -> None:
        self.nodes: set[Node] = set()
        self.assertions: set[Assertion] = set()
        self.ties: set[Parameter] = set()

    def add(self, why: Any) -> None:
        """Add the layer, assertion or tie that a fact, relation or equality belongs to; with a layer, the one whose parameters it shares."""
        if isinstance(why, Fact):
            why = why.owner
        if isinstance(why, Relation):
            why = why.node
        if isinstance(why, tuple):
            why = why[0]
        if isinstance(why, Node):
            self.nodes.add(why)
            if why.shares is not None:
                self.add(why.shares)
        elif isinstance(why, Assertion):
            self.assertions.add(why)
        elif isinstance(why, Parameter) and why.tied_to is not None:
            self.ties.add(why)
            self.add(why.node)
            self.add(why.tied_to.node)


Place = tuple[Any, ...]


def place_of(conflict: Conflict) -> Place:
    """What tells conflicts of one network apart in every inference from it: who states what fails, and the rule."""
    why = conflict.why
    if isinstance(why, Relation):
        return (why.node, type(why), conflict.rule)
    return (*why, conflict.rule) if isinstance(why, tuple) else (why, conflict.rule)


class Way:
    """How one conflict's facts are tried: through which part of the network (None: all of it), and whether sizes left open
    are taken to be equal to those they broadcast with."""

    __slots__ = ("always", "assumes", "part")

    def __init__(self, part: Part | None, assumes: bool) -> None:
        self.part = part
        self.assumes = assumes
        self.always = -1  # how many conflicts there are whatever the facts, once that is known


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


class _Values(dict[int, Row]):
    """The rows of values. Those of layers that are not visited have the rank that is known, and sizes nobody knows; what is
    one size by construction, handed on by a layer as it is, is one here too."""

    def __init__(self, resolved: Resolved, store: Store) -> None:
        super().__init__()
        self.resolved = resolved
        self.store = store
        self.slots: dict[int, int] = {}

    def __missing__(self, value: int) -> Row:
        row = rows.resolve(self.resolved.values[value])
        made: Row = Open((), Rest(), ())
        if type(row) is tuple:
            made = tuple([self.slots.get(s) or self.slots.setdefault(s, self.store.new()) for s in row])
        self[value] = made
        return made

    def learn(self, value: int) -> None:
        """Which slot here stands for which slot of the whole, from a value that was worked out here."""
        whole, here = rows.resolve(self.resolved.values[value]), rows.resolve(self[value])
        if type(whole) is tuple and type(here) is tuple and len(whole) == len(here):
            for a, b in zip(whole, here):
                self.slots.setdefault(a, b)


class _Trial(Inference):
    """Inference from some facts, through a part of the network."""

    def __init__(self, resolved: Resolved, kept: Collection[Key], way: Way) -> None:
        super().__init__(resolved.network, list(resolved.given.values()))
        self.part = way.part
        self.store = _Masked(kept, way.assumes)
        if self.part is not None:
            self.values: Any = _Values(resolved, self.store)

    def conflicts(self) -> list[Conflict]:
        """The conflicts between sizes that it comes to; what shows without sizes does not rest on facts."""
        if self.part is None:
            self.run()
        else:
            self.run_part(self.part)
        return [c for c in self.store.conflicts if c.slots]

    def run_part(self, part: Part) -> None:
        self.enter_all()
        for entry in self.network.inputs:
            self.values.learn(entry.value)
        assertions = sorted(part.assertions, key=lambda a: a.after)
        for node in sorted(part.nodes, key=lambda n: n.index):
            while assertions and assertions[0].after <= node.index:
                self.hold(assertions.pop(0))
            self.visit(node)
            self.settle()
            for v in node.outputs:
                self.values.learn(v)
        for a in assertions:
            self.hold(a)
        for p in sorted(part.ties, key=lambda p: p.node.index):
            self.tie(p)
        self.settle()
        recheck(self.store)

    def types(self, node: Node) -> None:
        """Only sizes are on trial."""

    def clash(self, message: str, why: Any, slots: tuple[int, ...], rule: str) -> None:
        """What is declared and what is given clash only where both are known here."""
        if slots and all(type(self.store.known(s)) is int for s in slots):
            super().clash(message, why, slots, rule)


class Minimal:
    """Answers for one network; counts what they cost."""

    def __init__(self, resolved: Resolved, explainer: Explainer) -> None:
        self.resolved = resolved
        self.explainer = explainer
        self.left = BUDGET
        self.known: dict[int, set[Key]] = {}

    def trial(self, kept: Collection[Key], way: Way) -> list[Conflict]:
        """The conflicts that these facts alone come to."""
        self.left -= 1 + (len(self.resolved.network.nodes) if way.part is None else len(way.part.nodes))
        return _Trial(self.resolved, kept, way).conflicts()

    def contradictory(self, kept: Collection[Key], way: Way, place: Place) -> bool:
        """Whether these facts contradict, where none at all would not: in a part anywhere, in the whole at this place, as the
        rest of it may hold mistakes of its own."""
        if way.always < 0:
            way.always = self.count((), way, place)
        return self.count(kept, way, place) > way.always

    def count(self, kept: Collection[Key], way: Way, place: Place) -> int:
        return sum(way.part is not None or place_of(c) == place for c in self.trial(kept, way))

    def facts(self, conflict: Conflict) -> set[Key]:
        """The facts that are needed for a conflict, as keys; all that were found where they alone do not make it."""
        if id(conflict) not in self.known:
            self.known[id(conflict)] = self.find(conflict)
        return self.known[id(conflict)]

    def find(self, conflict: Conflict) -> set[Key]:
        found = list(dict.fromkeys(key_of(s.why) for s in facts_behind(self.explainer, conflict)))
        if len(found) < 2 or isinstance(conflict.why, (Given, Requirement)):
            return set(found)
        way = self.way(conflict, found)
        if way is None:
            return set(found)
        place = place_of(conflict)
        kept = self.shrunk(found, way, place)
        if way.part is not None and not way.assumes and self.affords(len(kept)):
            kept = self.shrunk(kept, Way(None, False), place)
        return set(kept)

    def shrunk(self, kept: list[Key], way: Way, place: Place) -> list[Key]:
        """The facts without those that can be left out one after the other."""
        for key in list(kept):
            fewer = [k for k in kept if k != key]
            if self.left > 0 and self.contradictory(fewer, way, place):
                kept = fewer
        return kept

    def affords(self, trials: int) -> bool:
        """Whether so many trials of the whole leave half of what is to be spent for those of parts."""
        return self.left - trials * len(self.resolved.network.nodes) > BUDGET // 2

    def way(self, conflict: Conflict, kept: Collection[Key]) -> Way | None:
        """The least that these facts need in order to contradict: no assumption before some, few layers before all."""
        part = part_of(self.explainer, conflict)
        if len(part.nodes) * (len(kept) + 2) > self.left:
            return None
        for way in (Way(part, False), Way(None, False), Way(part, True), Way(None, True)):
            if (way.part is not None or self.affords(1)) and self.contradictory(kept, way, place_of(conflict)):
                return way
        return None


def facts_behind(explainer: Explainer, conflict: Conflict) -> list[Step]:
    """The declared facts at the ends of all chains, nearest first; each once."""
    out: dict[Key, Step] = {}
    for step in chains(explainer, conflict):
        for leaf in step.leaves():
            if isinstance(leaf.why, Fact):
                out.setdefault(key_of(leaf.why), leaf)
    return list(out.values())


def chains(explainer: Explainer, conflict: Conflict) -> list[Step]:
    """What explains the sizes in conflict, or in the relation that fails; and, where one is a symbol that can be only one
    number, what pinned that down."""
    store, out = explainer.store, []
    related = conflict.why.slots if isinstance(conflict.why, Relation) else ()
    todo = list(dict.fromkeys([*conflict.slots, *related]))
    seen = set(todo)
    for slot in todo:
        step = explainer.explain(slot)
        if step is not None:
            out.append(step)
        for end in (slot, *(leaf.origin for leaf in step.leaves())) if step is not None else (slot,):
            raw = store.value[store.root(end)]
            for name in sorted(raw.symbols) if store.bound and type(raw) is Expr else ():
                if name in store.bound_by:
                    more = [s for s in store.bound_by[name].slots if s not in seen]
                    seen.update(more)
                    todo += more
    return out


def complete(explainer: Explainer, conflict: Conflict) -> bool:
    """Whether facts and equalities alone make a conflict: no number of a layer's own, such as a kernel, has a part in it."""
    if isinstance(conflict.why, Relation):
        return False
    steps = (s for chain in chains(explainer, conflict) for s in chain.all())
    return not any(isinstance(s.why, Relation) and s.why.own() for s in steps)


def part_of(explainer: Explainer, conflict: Conflict) -> Part:
    """The part of the network that a conflict's chains pass through."""
    out = Part()
    out.add(conflict.why)
    seen: set[int] = set()
    for chain in chains(explainer, conflict):
        for step in chain.all():
            if id(step) not in seen:
                seen.add(id(step))
                for why in (step.why, *step.via):
                    out.add(why)
    for clause in explainer.store.bound_by.values():
        out.add(clause.why)
    return out
