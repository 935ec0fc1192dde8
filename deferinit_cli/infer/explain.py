"""Why a slot has its value: the shortest chain of recorded equalities and relations down to declared facts."""

from __future__ import annotations

from collections import deque
from typing import Any

from ..graph import Assertion, Given, Input, Node, Parameter
from ..problems import Span
from ..shapes.relations import Relation, Window
from ..shapes.store import Fact, Store
from .resolved import Resolved


class Step:
    """One link: `value` holds because of `why` (a Fact or Relation), given `premises`; `via` are equalities passed."""

    __slots__ = ("premises", "slot", "value", "via", "why")

    def __init__(self, slot: int, value: Any, why: Any, premises: list[Step], via: list[Any]) -> None:
        self.slot = slot
        self.value = value
        self.why = why
        self.premises = premises
        self.via = via

    def leaves(self) -> list[Step]:
        """The declared facts at the ends, nearest first, without recursion: chains are long."""
        out, todo = [], deque([self])
        while todo:
            step = todo.popleft()
            if not step.premises:
                out.append(step)
            todo.extend(step.premises)
        return out


class Explainer:
    """Explanations over one store; the equalities are indexed once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.near: dict[int, list[tuple[int, Any]]] = {}
        for a, b, why in store.edges:
            self.near.setdefault(a, []).append((b, why))
            self.near.setdefault(b, []).append((a, why))
        self.made: dict[int, Step] = {}

    def explain(self, slot: int) -> Step | None:
        """The chain behind a slot's value; None when the slot has none, or nothing says why."""
        made = self.made
        lost: dict[int, Step] = {}  # what has no reason but through what is being explained: not so for other questions
        stack = [slot]
        active: set[int] = set()
        while stack:
            top = stack[-1]
            if top in made or top in lost:
                stack.pop()
                continue
            found = self.nearest(top, active)
            if found is None:
                (lost if active else made)[top] = Step(top, self.store.known(top), None, [], [])
                stack.pop()
                continue
            why, at, via = found
            premises = [s for s in why.slots if s != at] if isinstance(why, Relation) else []
            missing = [s for s in premises if s not in made and s not in lost and s not in active]
            if missing and top not in active:
                active.add(top)
                stack.extend(dict.fromkeys(missing))
                continue
            steps = [made.get(s) or lost[s] for s in dict.fromkeys(premises) if s in made or s in lost]
            made[top] = Step(top, self.store.known(top), why, steps, via)
            active.discard(top)
            stack.pop()
        step = made.get(slot)
        return step if step is not None and step.why is not None else None

    def nearest(self, slot: int, avoid: set[int]) -> tuple[Any, int, list[Any]] | None:
        """(fact or relation, the slot it speaks of, equalities on the way) nearest to a slot."""
        origins = self.store.origin
        seen = {slot}
        todo: deque[tuple[int, list[Any]]] = deque([(slot, [])])
        relation = None
        while todo:
            at, via = todo.popleft()
            origin = origins[at]
            if isinstance(origin, Fact):
                if relation is None or len(via) <= len(relation[2]):
                    return origin, at, via
            elif isinstance(origin, Relation) and relation is None and (at == slot or at not in avoid):
                others = [s for s in origin.slots if s != at]
                if not avoid.intersection(others) and all(self.store.known(s) is not None for s in others):
                    relation = (origin, at, via)
            if relation is not None and len(via) > len(relation[2]):
                break
            mine = self.store.known(at)
            for other, why in self.near.get(at, ()):
                if other not in seen and self.same(mine, self.store.known(other)):
                    seen.add(other)
                    todo.append((other, [*via, why]))
        return relation

    @staticmethod
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
        return why.place.args.get(name) or why.place.span
    if isinstance(why, (Input, Assertion)):
        spans = why.dim_spans
        return spans[what] if isinstance(what, int) and -len(spans) <= what < len(spans) else why.span
    if isinstance(why, Given):
        return why.span
    outside = getattr(why, "span", None)  # a shape known from outside
    if isinstance(outside, Span):
        return outside
    if isinstance(why, Parameter):
        return why.tie_span or why.node.place.span
    return None


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
        return f"dim {what} of input {owner.name}"
    if isinstance(owner, Assertion):
        return "expect" if owner.rule == "expect" else "the block's named dims"
    return "declared"


def windows(step: Step) -> list[tuple[Any, str, Any]]:
    """The chain of sizes that led to a window's output, first input first: (size before, layer, size after)."""
    out = []
    at: Step | None = step
    while at is not None and isinstance(at.why, Window):
        before = at.premises[0] if at.premises else None
        out.append((before.value if before else None, at.why.node.name, at.value))
        at = before
    return out[::-1]


__all__ = ["Explainer", "Resolved", "Step", "fact_text", "span_of", "windows"]
