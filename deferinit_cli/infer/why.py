"""The answer to "why is this size what it is?": a tree of lines, ready to print."""

from __future__ import annotations

import re
from typing import Any

from ..garbage_collection import Held
from ..graph import Node
from ..problems import Diagnostic, Rejected
from ..shapes import rows
from ..shapes.normal import Expr
from ..shapes.relations import Broadcast, Relation
from ..shapes.store import Conflict, Fact
from .conflicts.diagnose import Diagnoses
from .conflicts.minimal import Minimal, facts_behind, key_of
from .derivation.explain import Explainer, node_of, span_of
from .derivation.explanation_lines import Line, Lines, fact_rule, fact_words, grouped, shown
from .derivation.unknown import Unknown
from .derivation.waits import Waits
from .propagation.resolved import Resolved

ALSO = 3
"""How many other places that say the same size are told."""
NEAR = 20_000
"""How many equal sizes are looked through for them, where nothing is in conflict."""

_QUESTION = re.compile(r"(?P<name>[^\[\]]+?)\s*(?:\[\s*(?P<axis>-?\d{1,6})\s*\])?\s*")


class Answer:
    """Why one size is what it is.

    `steps` holds the shortest chain first; where the size is in conflict, the other side's chain follows. `also` are
    other places that say the same size. `conflict` holds the declared facts that cannot hold together, with why. A
    size that is not known has what it `waits` for, and `waiting`, the equation that would give it, if there is one.
    """

    __slots__ = ("also", "conflict", "steps", "value", "waiting", "waits", "what")

    def __init__(self, what: str, value: Any) -> None:
        self.what = what
        self.value = value
        self.steps: list[Line] = []
        self.also: list[Line] = []
        self.conflict: list[Line] = []
        self.waiting: Line | None = None
        self.waits: list[str] = []


class Question:
    """One network to ask about."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.network = resolved.network
        self.explainer = Explainer(resolved.store)
        self.lines = Lines(self.explainer)
        self.minimal = Minimal(resolved, self.explainer)
        self.diagnoses = Diagnoses(self.minimal)

    def ask(self, what: str) -> list[Answer]:
        """Explain `fc1.weight[1]`, `conv2[2]`, `input[3]`, or every dim of a name alone; raises Rejected for what is not there."""
        found = _QUESTION.fullmatch(what.strip())
        if found is None:
            raise wrong(
                f"'{what}' names no size", "name a parameter or value, with an axis or without: fc1.weight[1], conv2[2], fc1"
            )
        name = found["name"].strip()
        row = rows.resolve(self.row(name))
        axis = None if found["axis"] is None else int(found["axis"])
        if type(row) is tuple:
            if axis is not None and not -len(row) <= axis < len(row):
                valid = f"axes are 0 to {len(row) - 1}" if row else "it is a scalar"
                raise wrong(f"{name} has {len(row)} dim{'s' * (len(row) != 1)}, there is no axis {axis}", valid)
            axes = dict(enumerate(row)) if axis is None else {axis: row[axis]}
        else:
            assert type(row) is rows.Open
            axes = {**dict(enumerate(row.prefix)), **{k - len(row.suffix): s for k, s in enumerate(row.suffix)}}
            if axis is not None:
                axes = {axis: axes[axis]} if axis in axes else {}
            if not axes:
                owner = row.rest.owner
                of = f", it waits for the rank of `{owner.name}`" if owner is not None and owner.name != name else ""
                raise wrong(f"the rank of {name} is not known{of}", "give an input's shape: --input", "unknown-rank")
        with Held():
            return [self.answer(f"{name}[{k}]", slot) for k, slot in axes.items()]

    def row(self, name: str) -> rows.Row:
        """The sizes of what has this name: a parameter, a value, an input, or an output by its label."""
        network, resolved = self.network, self.resolved
        parameter = next((p for p in network.parameters if p.name == name), None)
        if parameter is not None:
            frame = resolved.frames[parameter.node.index]
            row = frame.tensors.get(parameter.key) if frame is not None else None
            if row is None:
                of = f"`{parameter.node.name}` is wrong" if parameter.node.index in resolved.failed else ""
                raise wrong(f"the shape of {name} is not known yet", of or "give an input's shape: --input", "unknown-rank")
            return row
        values = {**dict(network.outputs), **network.names, **{i.name: i.value for i in network.inputs}}
        if name not in values:
            from ..spelling import suggest

            known = [*values, *(p.name for p in network.parameters)]
            some = f"there are {', '.join(known[:4])}, …" if len(known) > 4 else f"there are {', '.join(known)}"
            raise wrong(f"nothing is called '{name}'", suggest(name, known) or some)
        return resolved.values[values[name]]

    def answer(self, what: str, slot: int) -> Answer:
        value = self.explainer.values[slot]
        out = Answer(what, value)
        step = self.explainer.explain(slot) if value is not None else None
        if step is not None:
            out.steps.append(self.lines.of(step))
        if type(value) is Expr:
            out.waits = Waits(self.resolved).term(value)
        limit = len(self.explainer.values) if self.resolved.conflicts else NEAR  # a conflict may be far away
        near = {s: k for k, s in enumerate(self.explainer.equals(slot, limit))}
        if step is not None:
            self.others(out, near)
        wrong_ = self.unknown(out, slot) if value is None else set()
        for c in self.resolved.conflicts:
            node = node_of(c.why)
            if not near.keys().isdisjoint(c.slots) or (node is not None and node.index in wrong_):
                self.clash(out, c, near)
        return out

    def unknown(self, out: Answer, slot: int) -> set[int]:
        """What an unknown size waits for, and the equation that would give it; which of it are layers that are wrong."""
        unknown = Unknown(self.resolved)
        relation = unknown.relation(slot)
        out.waits = unknown.causes(slot)
        if relation is not None:
            node = node_of(relation)
            known = self.resolved.store.known
            premises = [self.lines.of(s) for x in relation.slots[1:] if (s := self.explainer.explain(x)) is not None]
            words = relation.words(lambda s: grouped(known(s)))
            kind, name = (node.layer.kind, node.name) if node is not None else ("", "")
            out.waiting = Line("", words, kind, name, [span_of(relation)], premises)
        return unknown.blamed

    def others(self, out: Answer, near: dict[int, int]) -> None:
        """Other facts and relations that say the same size, nearest first, each place once."""
        how = self.explainer.how
        told = {str(s) for line in out.steps for s in line.spans}
        for slot in near:
            why = how[slot]
            if why is None or type(why) in (int, Broadcast) or len(out.also) > ALSO:
                continue
            span = span_of(why)
            if (isinstance(why, Fact) and why.what == "") or span is None or str(span) in told:
                continue
            told.add(str(span))
            if isinstance(why, Fact):
                out.also.append(Line(shown(out.value), fact_words(why, out.value), fact_rule(why), "", [span]))
            else:
                step = self.explainer.explain(slot)
                if step is not None:
                    out.also.append(self.lines.briefly(step))

    def clash(self, out: Answer, c: Conflict, near: dict[int, int]) -> None:
        """The other side of a conflict that the size takes part in, and the facts that cannot hold together."""
        for slot in c.slots:
            step = self.explainer.explain(slot) if slot not in near else None
            if step is not None and not isinstance(c.why, Relation):
                out.steps.append(self.lines.of(step))
        if isinstance(c.why, Relation):
            out.steps.append(self.broken(c.why))
        needed = self.minimal.facts(c)
        facts = [s for s in facts_behind(self.explainer, c) if key_of(s.why) in needed]
        d = self.diagnoses.headline(c)
        told = {(s.why.owner, s.why.what): Line(shown(s.value), fact_words(s.why, s.value), fact_rule(s.why), "", [span_of(s.why)])
                for s in facts}  # fmt: skip
        out.conflict.append(Line("", d.message, d.rule, d.layer, [d.span], told.values()))

    def broken(self, relation: Relation) -> Line:
        """The equation that does not hold, with what its sizes rest on."""
        node, known = node_of(relation), self.resolved.store.known
        premises = [self.lines.of(s) for x in relation.slots if (s := self.explainer.explain(x)) is not None]
        return Line("", relation.words(lambda s: grouped(known(s))), node.layer.kind if node else "", node.name if node else "",
                    [span_of(relation)], premises)  # fmt: skip


def wrong(message: str, help_: str, rule: str = "unknown-name") -> Rejected:
    return Rejected([Diagnostic(rule, message, help=help_)])


__all__ = ["Answer", "Line", "Node", "Question"]
