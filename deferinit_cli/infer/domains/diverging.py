"""Sizes that must be equal, but grow apart with an input: the network fits only small inputs.

A residual around a stride of 2 takes an input of height 1, or 2, and no other. That is no error, as some input fits, and hardly
ever meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...garbage_collection import Held
from ...graph import Assertion, Requirement
from ...problems import WARNING, Diagnostic, Related, Span
from ...shapes import set_text as telling
from ...shapes.evaluation import substitute
from ...shapes.growth import Growth
from ...shapes.normal import Expr
from ...shapes.relations import Broadcast, Relation
from ...shapes.store import Clause
from ..derivation.chains import carried, run, shown
from ..derivation.explain import Explainer, node_of, span_of
from ..derivation.explanation_lines import Line, Lines
from ..propagation.resolved import Resolved

LIMIT = 4
"""How many places are told of how one size came about."""
SAID = 3
"""How many conditions of one place are told."""

Condition = tuple[Clause, Any, Any]
"""A clause with its sides as they are judged: symbols that other conditions fix are numbers."""


class Diverging:
    """The conditions of one network that end, and how their sizes came about."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.store = resolved.store
        self.judged: dict[tuple[Any, str, Any], bool] = {}
        self.fixed = self.numbered()
        self.growth = Growth()

    def all(self) -> list[Diagnostic]:
        """A diagnostic a place, in the order of the network."""
        with Held():
            return self.found()

    def found(self) -> list[Diagnostic]:
        places: dict[tuple[Any, ...], list[Condition]] = {}
        for clause in self.store.clauses:
            sides = self.sides(clause) if clause.shares_symbols() else None
            if sides is None:
                continue
            span = span_of(clause.why)
            found = places.setdefault((id(span.source), span.line, span.column) if span else (id(clause.why),), [])
            if not found or owner(found[0][0].why) is owner(clause.why):  # copies of a repeat say the same
                found.append((clause, *sides))
        if not places:
            return []
        lines = Lines(Explainer(self.store, self.store.formula))  # a size that only one number fits is told as the formula it is
        return [self.told(lines, found) for found in places.values()]

    def sides(self, clause: Clause) -> tuple[Any, Any] | None:
        """The sides of a clause that ends; None for any other, and for what an assert says: there it is meant."""
        if isinstance(clause.why, Requirement) or not self.fixed.isdisjoint(clause.slots):
            return None
        env = {name: n for name, n in self.store.bound.items() if self.store.bound_by[name] is not clause}
        left, right = substitute(clause.left, env), substitute(clause.right, env)
        key = (left, clause.op, right)
        if key not in self.judged:
            self.judged[key] = self.growth.ends(*key)
        return (left, right) if self.judged[key] else None

    def numbered(self) -> set[int]:
        """Slots of which an `expect` or a block's named dims say that they are a number: one size is what is wanted there."""
        value, out = self.store.value, set()
        for a, b, why in self.store.edges:
            if type(why) is Assertion:
                out |= {x for x, y in ((a, b), (b, a)) if type(value[y]) is int}
        return out

    def told(self, lines: Lines, found: list[Condition]) -> Diagnostic:
        clause = found[0][0]
        node, why = node_of(clause.why), clause.why
        who = node.name if node is not None else "expect" if getattr(why, "rule", "") == "expect" else "the block's named dims"
        pairs = list(dict.fromkeys(f"{shown(a)} and {shown(b)}" for _, a, b in found))
        equal = "equal" if clause.op == "==" else "equal, or one of them 1"
        call = node.call if node is not None else getattr(why, "call", None)
        out = Diagnostic(
            "sizes-diverge", f"{who}: {pairs[0]} must be {equal}: {self.fits(found)}", span_of(why), severity=WARNING,
            found=", ".join(pairs[1:SAID]) and f"{', '.join(pairs[1:SAID])} as well",
            expected="sizes that stay equal while the input grows",
            help="if one size is meant, say it: expect, with a number for this axis",
            calls=call.chain() if call is not None else [], layer=node.name if node is not None else "",
        )  # fmt: skip
        told = {(str(r.span), r.message): r for slot in self.slots(clause) for r in self.chain(lines, slot)}
        out.related = list(told.values())
        return out

    def fits(self, found: list[Condition]) -> str:
        """Which sizes fit, in words; of conditions over several symbols, and of very long periods, only that no large ones do."""
        said = []
        for clause, left, right in found:
            sizes = self.growth.sizes(left, clause.op, right) if len(left.symbols) == 1 else None
            if sizes is None or not sizes.exact:
                return "no large sizes fit"
            if sizes.empty:
                return "no size fits"
            said.append(telling.text(sizes, next(iter(left.symbols))))
        distinct = list(dict.fromkeys(said))
        return f"only {' and '.join(distinct[:SAID])} fit{'s' * (len(distinct) == 1)}"

    def slots(self, clause: Clause) -> list[int]:
        """The slots whose sizes clash: those that are joined, or of a relation that came to another size all it took."""
        slots, why = clause.slots, clause.why
        if isinstance(why, Relation):
            slots = why.slots[1:] if isinstance(why, Broadcast) else (*slots, *(s for s in why.slots if s not in slots))
        distinct = {v: s for s in reversed(slots) if type(v := self.store.formula(s)) is Expr}
        return list(distinct.values())[::-1]

    def chain(self, lines: Lines, slot: int) -> list[Related]:
        """How a size came about: the layers it passed, the last one first, or the equation with what is in it."""
        step = lines.explainer.explain(slot)
        if step is None:
            return []
        first = lines.of(step)
        links = run(carried(step)[0])[::-1]
        told = [(f"{shown(k.before.value)} -{k.name}-> {shown(k.step.value)}", whole(k.step.why)) for k in links]
        told = [(text(first), told[0][1] if told else first.spans[-1] if first.spans else None), *told[1:]]
        told += [(text(line), line.spans[-1]) for line in below(first)]
        places: dict[str, Related] = {}
        for words, span in told:
            places.setdefault(str(span), Related(words, span))
        return list(places.values())[:LIMIT]


def whole(why: Any) -> Span | None:
    """Where the layer stands that states something, not the one argument that it is about."""
    node = node_of(why)
    return node.place.span if node is not None else span_of(why)


def text(line: Line) -> str:
    """A line by itself: a declared fact with the size it says, which an equation or chain of layers holds already."""
    return f"{line.label}: {line.text}" if line.rule in ("declared", "given") else line.text


def below(line: Line) -> Iterator[Line]:
    """The lines that a line rests on and that have a place, nearest first."""
    todo, seen = list(line.premises), {id(line)}
    for premise in todo:
        if id(premise) not in seen:
            seen.add(id(premise))
            todo += premise.premises
            if premise.spans and premise.text:
                yield premise


def owner(why: Any) -> Any:
    """Who states a condition: a layer, or what is asserted."""
    return node_of(why) or why

