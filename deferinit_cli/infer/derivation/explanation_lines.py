"""Explanations as lines to print: equations, declared facts, and runs of layers over one size drawn as one chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...graph import Assertion, Given, Node, Parameter
from ...problems import Span
from ...shapes.dims import Op
from ...shapes.normal import Expr
from ...shapes.relations import Broadcast, Extreme, Product, Relation, Sum
from ...shapes.store import Fact, Store
from .chains import FOLD, carried, draw, grouped, run, shown
from .explain import Explainer, Step, fact_text, node_of, span_of

DEPTH = 40
"""Levels of premises that are written out."""
THROUGH = 4
"""How many equalities on the way are told."""


class Line:
    """One line: `text`, after `label` where it does not say the value itself; by which layer, where, and what it rests on."""

    __slots__ = ("label", "layer", "premises", "rule", "spans", "text", "times")

    def __init__(self, label: str, text: str, rule: str, layer: str = "", spans: Iterable[Span | None] = (),
                 premises: Iterable[Line] = (), times: int = 1) -> None:  # fmt: skip
        self.label = label
        self.text = text
        self.rule = rule
        self.layer = layer
        self.spans = list({str(s): s for s in spans if s is not None}.values())
        self.premises = list(premises)
        self.times = times


class Lines:
    """Makes lines of steps; equal ones are one object, so that what is told twice can be told once."""

    def __init__(self, explainer: Explainer) -> None:
        self.store: Store = explainer.store
        self.explainer = explainer
        self.made: dict[tuple[int, int], Line] = {}
        self.equal: dict[tuple[Any, ...], Line] = {}

    def of(self, step: Step, depth: int = DEPTH) -> Line:
        """A step, with its premises."""
        key = (id(step), depth)
        if key not in self.made:
            self.made[key] = self.unique(self.make(step, depth))
        return self.made[key]

    def unique(self, line: Line) -> Line:
        """The line that says the same; premises that say the same become one, with how many they are."""
        counts: dict[int, list[Line]] = {}
        for premise in line.premises:
            counts.setdefault(id(premise), []).append(premise)
        line.premises = [
            same[0] if len(same) == 1 else self.unique(again(same[0], sum(p.times for p in same))) for same in counts.values()
        ]
        key = (line.label, line.text, line.layer, str(line.spans), line.times, *map(id, line.premises))
        return self.equal.setdefault(key, line)

    def make(self, step: Step, depth: int) -> Line:
        asked, (step, passed_) = step, carried(step)
        why, label, through = step.why, shown(step.value), self.through(passed_, step.why)
        if not depth:
            return Line(label, f"… after {sum(1 for _ in asked.all())} more steps", "more")
        if isinstance(why, Fact):
            words = fact_words(why, step.value)
            return Line(label, words, fact_rule(why), "", [span_of(why)], [*self.pinned(step), *through])
        links = run(step)
        if links:
            below = [links[0].before, *(s for k in links for s in k.sides)]
            places = {(id(k.step.why.node.place), k.step.why.blame): k.step.why for k in links}  # copies of a repeat share theirs
            spans = [span_of(why) for why in places.values()]
            return Line(label, draw(links), "window", links[-1].name, spans, self.premises(below, depth) + through)
        node = node_of(why)
        kind = node.layer.kind if node is not None else type(why).__name__.lower()
        premises = self.premises(step.premises, depth)
        return Line("", self.equation(step), kind, node.name if node else "", [span_of(why)], premises + through)

    def premises(self, steps: list[Step], depth: int) -> list[Line]:
        """Lines of what a step rests on; numbers that stand in the equation already need none, copies of a repeat one."""
        out: list[Line] = []
        copies: dict[tuple[str, str, str], list[Line]] = {}
        for s in steps:
            if isinstance(s.why, Fact) and literal(s.why):
                continue
            line = self.of(s, depth - 1)
            out.append(line)
            if line.rule == "declared" and not line.premises:
                copies.setdefault((line.label, pattern(line), str(line.spans)), []).append(line)
        for same in copies.values():
            if len({line.text for line in same}) >= FOLD:
                out[out.index(same[0])] = self.unique(copied(same))
                out = [line for line in out if line not in same]
        return out

    def equation(self, step: Step) -> str:
        """The relation with sizes for names; one side of it where both would read alike."""
        relation: Relation = step.why
        known = self.explainer.known
        of = step.origin
        bare = isinstance(relation, (Broadcast, Extreme))
        first = relation.words(lambda s: shown(known(s)) if bare or s == of else grouped(known(s)), of)
        left, _, right = first.partition(" = ")
        return right if left.replace(" ", "") == right.replace(" ", "") else first

    def briefly(self, step: Step) -> Line:
        """A relation by its layer and place; its equation too where that says more."""
        node = node_of(step.why)
        equation = self.equation(step) if isinstance(step.why, (Product, Sum)) else ""
        return Line("", equation, "relation", node.name if node else "", [span_of(step.why)])

    def pinned(self, step: Step) -> list[Line]:
        """What made a symbol the one number it is."""
        raw = self.store.value[self.store.root(step.origin)]
        out = []
        for name in sorted(raw.symbols) if type(raw) is Expr and step.value is not raw else ():
            clause = self.store.bound_by.get(name)
            if clause is not None:
                node = node_of(clause.why)
                words = f"{name} can only be {self.store.bound[name]}: {shown(clause.left)} == {shown(clause.right)}"
                out.append(Line("", words, "only-value", node.name if node else "", [span_of(clause.why)]))
        return out

    def through(self, passed_: list[Any], fact: Any) -> list[Line]:
        """The ties, assertions and joins an explanation passes through; copies of a repeat as one."""
        found: dict[str, list[Line]] = {}
        for why in sorted(passed_, key=lambda why: type(why) is not Broadcast):  # what is assumed is always told
            line = passed(why) if why is not getattr(fact, "owner", None) else None
            if line is not None:
                found.setdefault(pattern(line), []).append(line)
        out = [copied(same) if len({line.text for line in same}) > 1 else again(same[0], len(same)) for same in found.values()]
        if len(out) > THROUGH:
            more = sum(line.times for line in out[THROUGH:])
            out = [*out[:THROUGH], Line("", f"through {more} more equalities", "more")]
        return [self.unique(line) for line in out]


def literal(fact: Fact) -> bool:
    """Whether a fact is a number that its kind fixes, or one in an expression such as C // 4."""
    owner, what = fact.owner, fact.what
    if isinstance(owner, Node):
        name, _, place = str(what).partition(".")
        written = getattr(owner.layer, name, None) if name else None
        written = written[int(place)] if place and isinstance(written, tuple) else written
        return not name or type(written) is Op
    dims = getattr(owner, "dims", None) or ()
    return isinstance(what, int) and -len(dims) <= what < len(dims) and type(dims[what]) is Op


def copied(lines: list[Line]) -> Line:
    """One line for the same fact of many copies."""
    parts = [line.text.split(".") for line in lines]
    text_ = ".".join(column[0] if len(set(column)) == 1 else spread(column) for column in zip(*parts))
    spans = [s for line in lines for s in line.spans]
    return Line(lines[0].label, text_, lines[0].rule, "", spans, (), sum(line.times for line in lines))


def spread(numbers: tuple[str, ...]) -> str:
    """The numbers of copies: 0…11 where there is no gap."""
    if not all(n.isdigit() for n in numbers):
        return "*"
    found = sorted({int(n) for n in numbers})
    return f"{found[0]}…{found[-1]}" if found[-1] - found[0] == len(found) - 1 else "*"


def again(line: Line, times: int) -> Line:
    return Line(line.label, line.text, line.rule, line.layer, line.spans, line.premises, times)


def pattern(line: Line) -> str:
    """What copies of a repeat have in common."""
    return ".".join("#" if p.isdigit() else p for p in (line.rule + " " + line.text).split("."))


def passed(why: Any) -> Line | None:
    """An equality between two layers, in words; None for one inside a layer."""
    owner = why[0] if isinstance(why, tuple) else why
    if isinstance(owner, Parameter) and owner.tied_to is not None:
        return Line("", f"through the tie {owner.name} = {owner.tied_to.name}", "tie", "", [span_of(owner)])
    if isinstance(owner, Assertion):
        word = "expect" if owner.rule == "expect" else "the block's named dims"
        return Line("", f"through {word}", owner.rule, "", [owner.span])
    if type(owner) is Broadcast:
        node = owner.node
        return Line("", "assumed: equal to the size it broadcasts with, where 1 would broadcast too",
                    "assumed", node.name, [span_of(owner)])  # fmt: skip
    if isinstance(owner, Given):
        return Line("", f"through {fact_text(Fact(owner, 0))}", "given", "", [owner.span])
    if isinstance(owner, Node) and owner.shares is not None:
        return Line("", f"through {owner.name}, which applies {owner.shares.name} again", "apply", "", [owner.place.span])
    if isinstance(why, Node):
        return Line("", f"through {why.layer.kind} {why.name}", why.layer.kind, "", [why.place.span])
    return None


def fact_rule(fact: Fact) -> str:
    """'given' for what an option says, which its own text names; 'declared' for what has a place in a file."""
    return "given" if isinstance(fact.owner, Given) and "\n" not in fact.owner.span.source.text else "declared"


def fact_words(fact: Fact, value: Any = None) -> str:
    """A fact, said so that what a kind fixes itself is not taken for an argument: 4 * rnn.hidden, the lstm rnn itself."""
    owner, what = fact.owner, fact.what
    if isinstance(owner, Node):
        if what == "":
            return f"the {owner.layer.kind} {owner.name} itself"
        written = getattr(owner.layer, str(what), None)
        if type(written) is int and type(value) is int and written != value and written and value % written == 0:
            return f"{value // written} * {fact_text(fact)}"
    return fact_text(fact)


__all__ = ["Line", "Lines", "fact_rule", "fact_words", "grouped", "shown"]
