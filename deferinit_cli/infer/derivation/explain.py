"""Why a slot has its value: the nearest chain of recorded equalities and relations down to declared facts.

One breadth-first pass from the facts upward reaches every known slot by its shortest chain: an equality costs one step,
a relation one more than the last of the sizes it was worked out from. Chains so found never rest on themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...garbage_collection import Held
from ...graph import Assertion, Given, Input, Node, Parameter, Requirement, Target
from ...problems import Span
from ...shapes.relations import Relation
from ...shapes.store import Fact, Store

LAST: dict[str | int, str] = {-1: "the last dim", -2: "the second-last dim", -3: "the third-last dim"}


class Step:
    """One link: `value` holds because of `why` (a Fact or Relation), given `premises`; `via` are equalities passed."""

    __slots__ = ("level", "origin", "premises", "slot", "value", "via", "why")

    def __init__(self, slot: int, value: Any, why: Any, origin: int, premises: list[Step], via: list[Any], level: int) -> None:
        self.slot = slot
        self.value = value
        self.why = why
        self.origin = origin  # the slot that `why` speaks of: equal to `slot` by `via`
        self.premises = premises
        self.via = via
        self.level = level  # how many equalities and relations it is away from the last fact it needs

    def all(self) -> Iterator[Step]:
        """This step and all it rests on, nearest first, each once."""
        seen, todo = {id(self)}, [self]
        for step in todo:
            yield step
            for premise in step.premises:
                if id(premise) not in seen:
                    seen.add(id(premise))
                    todo.append(premise)

    def leaves(self) -> list[Step]:
        """The declared facts at the ends, nearest first."""
        return [s for s in self.all() if not s.premises]


class Explainer:
    """Explanations over one store, of sizes as `known` gives them: `Store.known` where that is left out, or `Store.formula`.

    Half-edge 2k goes from the first end of equality k to the second, 2k+1 back.
    """

    def __init__(self, store: Store, known: Callable[[int], Any] | None = None) -> None:
        self.store = store
        self.known = known = known or store.known
        with Held():
            self.values = [known(slot) for slot in range(len(store.value))]
            self.first, self.after = adjacency(len(self.values), store.edges)
            self.level = [0] * len(self.values)
            self.how = self.reach()
        self.made: dict[int, Step | None] = {}

    def reach(self) -> list[Any]:
        """Per slot what says its value: a Fact, a Relation, or the half-edge to a slot that has it too. None: nothing."""
        store, values, edges = self.store, self.values, self.store.edges
        how: list[Any] = [None] * len(values)
        level = self.level
        found: list[int] = []
        rests: dict[int, list[int]] = {}  # by a premise, the slots worked out from it
        open_: dict[int, int] = {}  # how many premises of a slot are not reached yet
        for slot, origin in enumerate(store.origin):
            if origin is None or values[slot] is None:
                continue
            behind = () if type(origin) is Fact else origin.behind(slot, store)
            if behind:
                if len(behind) > 1:
                    open_[slot] = len(behind)
                for premise in behind:
                    rests.setdefault(premise, []).append(slot)
            else:
                how[slot] = origin
                found.append(slot)
        for slot in found:
            value = values[slot]
            half = self.first[slot]
            while half >= 0:
                other = edges[half >> 1][1 - (half & 1)]
                if how[other] is None and same(value, values[other]):
                    how[other] = half ^ 1
                    level[other] = level[slot] + 1
                    found.append(other)
                half = self.after[half]
            for other in rests.get(slot, ()):
                left = open_[other] = open_.get(other, 1) - 1
                if not left and how[other] is None:
                    how[other] = store.origin[other]
                    level[other] = level[slot] + 1
                    found.append(other)
        return how

    def origin(self, slot: int) -> tuple[int, list[Any]]:
        """The slot whose fact or relation explains this one, and the equalities on the way."""
        via: list[Any] = []
        how = self.how[slot]
        while type(how) is int:
            edge = self.store.edges[how >> 1]
            via.append(edge[2])
            slot = edge[1 - (how & 1)]
            how = self.how[slot]
        return slot, via

    def explain(self, slot: int) -> Step | None:
        """The chain behind a slot's value; None when it has none, or nothing says why."""
        if slot not in self.made:
            with Held():
                self.follow(slot)
        return self.made[slot]

    def follow(self, slot: int) -> None:
        """Make the steps behind a slot, deepest first."""
        made, todo = self.made, [slot]
        ways: dict[int, tuple[int, list[Any]]] = {}
        while todo:
            top = todo[-1]
            if top in made:
                todo.pop()
                continue
            at, via = ways.get(top) or ways.setdefault(top, self.origin(top))
            why = self.how[at]
            behind = why.behind(at, self.store) if isinstance(why, Relation) else ()
            missing = [s for s in behind if s not in made]
            if missing:
                todo += missing
                continue
            premises = [step for s in behind if (step := made[s]) is not None]
            made[top] = Step(top, self.values[top], why, at, premises, via, self.level[top]) if why is not None else None
            todo.pop()

    def equals(self, slot: int, limit: int) -> Iterator[int]:
        """Slots known to have the same value by equalities alone, nearest first, at most `limit`; `slot` itself first."""
        value, edges = self.values[slot], self.store.edges
        seen, todo = {slot}, [slot]
        for at in todo:
            yield at
            half = self.first[at]
            while half >= 0 and len(todo) < limit:
                other = edges[half >> 1][1 - (half & 1)]
                if other not in seen and same(value, self.values[other]):
                    seen.add(other)
                    todo.append(other)
                half = self.after[half]


def adjacency(slots: int, edges: list[tuple[int, int, Any]]) -> tuple[list[int], list[int]]:
    """The half-edges of every slot as linked lists, in the order they were stated."""
    first, after = [-1] * slots, [-1] * (2 * len(edges))
    for k in range(len(edges) - 1, -1, -1):
        for half, end in ((2 * k + 1, edges[k][1]), (2 * k, edges[k][0])):
            after[half] = first[end]
            first[end] = half
    return first, after


def same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is int and a == b)


def span_of(why: Any, what: str | int = "") -> Span | None:
    """Where a fact, relation or equality is written."""
    if isinstance(why, Fact):
        return span_of(why.owner, why.what)
    if isinstance(why, Relation):
        return span_of(why.node, why.blame)
    if isinstance(why, tuple):
        return span_of(why[0], why[1])
    if isinstance(why, Node):
        name = str(what).partition(".")[0]
        return (name and why.place.args.get(name)) or why.place.span
    if isinstance(why, (Input, Assertion)):
        spans = why.dim_spans
        return spans[what] if isinstance(what, int) and -len(spans) <= what < len(spans) else why.span
    if isinstance(why, (Given, Requirement, Target)):
        return why.span
    if isinstance(why, Parameter):
        return why.tie_span or why.node.place.span
    return None


def node_of(why: Any) -> Node | None:
    """The layer at which something showed."""
    if isinstance(why, Relation):
        why = why.node
    if isinstance(why, tuple):
        why = why[0]
    return why.node if isinstance(why, Parameter) else why if isinstance(why, Node) else None


def fact_text(fact: Fact) -> str:
    """A declared fact in words: 'dense0.units', '--input image', 'dim 1 of image', 'expect'."""
    owner, what = fact.owner, fact.what
    if isinstance(owner, Node):
        return f"{owner.name}.{what}" if what else owner.name
    if isinstance(owner, Given):
        source = owner.span.source
        if "\n" in source.text:  # a case in a spec, not an option
            return f"a check's input, {'x'.join(map(str, owner.dims)) or 'scalar'}"
        return f"{source.name} {source.text}".strip()
    if isinstance(owner, Input):
        return f"{LAST.get(what, f'dim {what}')} of input {owner.name}"
    if isinstance(owner, Target):
        return f"{owner.span.source.name} {owner.span.source.text}"
    if isinstance(owner, Assertion):
        return "expect" if owner.rule == "expect" else "the block's named dims"
    return "declared"


__all__ = ["Explainer", "Step", "fact_text", "node_of", "same", "span_of"]
