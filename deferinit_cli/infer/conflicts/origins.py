"""Where the sizes in a conflict came from: the declared facts that cannot all hold, each with the way to what clashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ...graph import Assertion, Given, Input, Node
from ...layers.core.patterns import patterns
from ...problems import Diagnostic, Related, Span
from ...shapes import rows
from ...shapes.relations import Product, Relation, Sum
from ...shapes.rows import Open
from ...shapes.store import Conflict, Fact
from ...spelling import article
from ..derivation.explain import Step, fact_text, node_of, span_of
from ..derivation.explanation_lines import Line, Lines, fact_words, shown
from .minimal import Key, Minimal, chains, key_of

LIMIT = 6
MAKERS = 3
"""Layers told of a size that is wrong for every input."""

OF_RANKS = {"rank-mismatch", "axis-out-of-range", "duplicate-axis", "axis-order", "not-a-permutation"}
"""Rules that numbers of dims decide."""


class Sources:
    """Answers for one network."""

    def __init__(self, minimal: Minimal) -> None:
        self.minimal = minimal
        self.resolved = minimal.resolved
        self.lines = Lines(minimal.explainer)

    def add(self, d: Diagnostic, c: Conflict) -> None:
        """The facts without which a conflict would be none, and what last changed each size; of ranks, who says which."""
        if c.rule in OF_RANKS:
            self.put(d, self.ranks(c))
        else:
            needed = self.minimal.facts(c)
            self.put(d, self.facts(c, needed, {d.found}))
            self.put(d, self.changes(c, d, needed))

    def put(self, d: Diagnostic, found: Iterator[Related]) -> None:
        seen = {place(d.span), *(place(r.span) for r in d.related)}
        for r in found:
            if r.span is not None and place(r.span) not in seen and len(d.related) < LIMIT:
                seen.add(place(r.span))
                d.related.append(r)

    def facts(self, c: Conflict, needed: set[Key], told: set[str]) -> Iterator[Related]:
        """Each declared fact, with the chains from it to the sizes in conflict."""
        out: dict[tuple[Any, ...], Related] = {}
        for step in chains(self.minimal.explainer, c):
            for leaf in step.leaves():
                if isinstance(leaf.why, Fact) and key_of(leaf.why) in needed:
                    way = [w for w in self.way(step, leaf) if w not in told]
                    told.update(way)
                    name = "given by" if isinstance(leaf.why.owner, Given) else "from"
                    span = span_of(leaf.why)
                    first = f"{shown(leaf.value)} {name} {fact_words(leaf.why, leaf.value)}"
                    known = out.setdefault(place(span), Related(first, span))
                    if known.message.startswith(first):
                        known.message = "; ".join([known.message, *way])
        yield from out.values()

    def changes(self, c: Conflict, d: Diagnostic, needed: set[Key]) -> Iterator[Related]:
        """The layers that last made each size another, where nothing told so far names them: one where a fact is told that the
        size goes back to, the last few where it would be wrong whatever it goes back to."""
        words = " ".join([d.message, d.found, *(r.message for r in d.related)])
        own = node_of(c.why)
        for chain in chains(self.minimal.explainer, c):
            rests = any(isinstance(leaf.why, Fact) and key_of(leaf.why) in needed for leaf in chain.leaves())
            makers = ((step, node) for step in chain.all() if (node := self.maker(step.why)) not in (None, own))
            for step, node in islice(makers, 1 if rests else MAKERS):
                if not re.search(rf"(?<![\w.])(?<!\w-){re.escape(node.name)}(?![\w.]|-\w)", words):
                    yield Related(f"{shown(step.value)} from {node.name}, {article(node.layer.kind)}", node.place.span)

    @staticmethod
    def maker(why: Any) -> Node | None:
        """The layer that makes a size another, or whose kind fixes it, as a new axis of 1."""
        if isinstance(why, Relation):
            return node_of(why) if why.own() or isinstance(why, (Product, Sum)) else None
        return why.owner if isinstance(why, Fact) and why.what == "" and isinstance(why.owner, Node) else None

    def way(self, top: Step, leaf: Step) -> list[str]:
        """The equations and chains from a fact to what it leads to, the fact's side first."""
        goal = self.lines.of(leaf)
        todo: list[tuple[Line, list[str]]] = [(self.lines.of(top), [])]
        seen = set()
        for line, above in todo:
            if line is goal:
                return above[::-1]
            if id(line) not in seen:
                seen.add(id(line))
                where = f" in {line.layer}" if line.layer and " = " in line.text else ""  # a chain names its layers
                own = [line.text + where] if line.rule not in ("declared", "given") else []
                todo += [(p, above + own) for p in line.premises]
        return []

    # ---- ranks

    def ranks(self, c: Conflict) -> Iterator[Related]:
        """Who says how many dims each value in question has."""
        why = c.why
        values: tuple[int, ...] = ()
        if isinstance(why, Assertion):
            values = why.values
        elif isinstance(why, Node):
            ports = [k for k, name in enumerate(why.layer.ports) if name == c.blame and not why.layer.variadic]
            values = tuple(why.inputs[k] for k in ports if k < len(why.inputs)) or why.inputs
        for v in values:
            found = self.rank(v)
            if found is not None:
                yield found

    def rank(self, value: int) -> Related | None:
        """Where the number of dims of a value is said: by an input, or by the last layer that does not just hand it on."""
        resolved, network = self.resolved, self.resolved.network
        while True:
            node = network.makers[value]
            if isinstance(node, Input):
                return self.input_rank(node)
            if node.index in resolved.failed:
                return None
            port = handed_on(node, value - node.outputs[0])
            if port is None:
                break
            value = node.inputs[port]
        row = rows.resolve(resolved.values[value])
        if type(row) is not tuple:
            return None
        return Related(f"{dims(len(row))} from {node.name}, {article(node.layer.kind)}", node.place.span)

    def input_rank(self, entry: Input) -> Related | None:
        resolved = self.resolved
        row = resolved.values[entry.value]
        n = rows.rank(row)
        given = resolved.given.get(entry.name)
        if n is None:
            return None
        if given is not None and given.dims is not None:
            return Related(f"{dims(n)} given by {fact_text(Fact(given, 0))}", given.span)
        if entry.dims is not None and type(row) is tuple:
            return Related(f"{dims(n)} declared for input {entry.name}", entry.span)
        why: Any = None
        while type(row) is Open and row.rest.bound is not None:
            why = row.rest.why or why
            row = row.rest.bound
        why = why[0] if isinstance(why, tuple) else why
        return Related(f"{dims(n)} needed by {why.name}, {article(why.layer.kind)}", why.place.span) if isinstance(why, Node) else None


def handed_on(node: Node, output: int) -> int | None:
    """The port whose number of dims an output has, whatever it is; None where the layer's kind decides."""
    layer = node.layer
    if layer.passes:
        return 0
    if not layer.gives or not layer.takes:
        return None
    star = patterns(layer.gives)[output][1]
    if star is None:
        return None
    return next((k for k, (_, s, _) in enumerate(patterns(layer.takes)) if s == star and k < len(node.inputs)), None)


def place(span: Span | None) -> tuple[Any, ...]:
    return () if span is None else (id(span.source), span.line, span.column)


def dims(n: int) -> str:
    return f"{n} dim{'s' * (n != 1)}"
