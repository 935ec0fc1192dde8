"""The answer to "why is this size what it is?": a tree of lines, ready to print."""

from __future__ import annotations

from typing import Any

from ..graph import Assertion, Node, Parameter
from ..problems import Diagnostic, Rejected, Span
from ..shapes import rows
from ..shapes.expr import Expr
from ..shapes.relations import Relation, Window
from ..shapes.store import Fact
from ..shapes.words import text
from .diagnose import node_of
from .explain import Explainer, Step, fact_text, span_of
from .resolved import Resolved
from .waits import Waits

DEPTH = 60


class Line:
    """One line of an explanation: `text`, by which layer and where, and what it rests on."""

    __slots__ = ("layer", "premises", "rule", "span", "text")

    def __init__(self, text_: str, rule: str, layer: str, span: Span | None, premises: list[Line]) -> None:
        self.text = text_
        self.rule = rule
        self.layer = layer
        self.span = span
        self.premises = premises


class Answer:
    """`steps` is empty for a size that is not known: then `waits` says for what. Two steps are the sides of a conflict."""

    __slots__ = ("steps", "value", "waits", "what")

    def __init__(self, what: str, value: Any, steps: list[Line], waits: list[str]) -> None:
        self.what = what
        self.value = value
        self.steps = steps
        self.waits = waits


def why(resolved: Resolved, what: str) -> Answer:
    """Explain `fc1.weight[1]`, `conv2[2]` or `input[3]`; raises Rejected for a name or axis that is not there."""
    slot, owner = find(resolved, what)
    explainer = Explainer(resolved.store)
    value = resolved.store.known(slot)
    if value is None:
        waits = Waits(resolved)
        return Answer(what, None, [], waits.node(owner) if owner is not None else [])
    steps = [s for s in (explainer.explain(slot),) if s is not None]
    for c in resolved.conflicts:
        if slot in c.slots:
            steps += [s for s in map(explainer.explain, c.slots) if s is not None and s.slot != slot]
    bound = bound_by(resolved, slot)
    lines = [line(explainer, s) for s in steps]
    if bound is not None and lines:
        lines[0].premises.append(bound)
    return Answer(what, value, lines, Waits(resolved).term(value))


def find(resolved: Resolved, what: str) -> tuple[int, Node | None]:
    """The slot that a question names, and the layer to ask when it is unknown."""
    name, _, index = what.strip().partition("[")
    if not index.endswith("]") or not index[:-1].lstrip("-").isdigit():
        raise wrong(f"'{what}' names no size", "name a parameter or value and an axis, such as fc1.weight[1] or conv2[2]")
    axis = int(index[:-1])
    network = resolved.network
    parameter = next((p for p in network.parameters if p.name == name), None)
    node: Node | None = None
    if parameter is not None:
        node = parameter.node
        frame = resolved.frames[node.index]
        row = frame.tensors.get(parameter.key) if frame is not None else None
    elif name in network.names:
        value = network.names[name]
        row = resolved.values[value]
        maker = network.values[value][0]
        node = maker if isinstance(maker, Node) else None
    else:
        raise wrong(f"nothing is called '{name}'", near(name, [*network.names, *(p.name for p in network.parameters)]))
    row = rows.resolve(row) if row is not None else None
    if type(row) is rows.Open:
        side = row.prefix if axis >= 0 else row.suffix
        row = side if -len(side) <= axis < len(side) else None
    if type(row) is not tuple:
        raise wrong(f"the rank of {name} is not known", "give an input: --input")
    if not -len(row) <= axis < len(row):
        raise wrong(f"{name} has {len(row)} dims, there is no axis {axis}", f"axes are 0 to {len(row) - 1}")
    return row[axis], node


def near(name: str, known: list[str]) -> str:
    from ..layers.arguments import suggest

    return suggest(name, known)


def wrong(message: str, help_: str) -> Rejected:
    return Rejected([Diagnostic("unknown-name", message, help=help_)])


def bound_by(resolved: Resolved, slot: int) -> Line | None:
    """Where a symbol that can be only one number was pinned down."""
    raw = resolved.store.value[resolved.store.root(slot)]
    if type(raw) is not Expr:
        return None
    for name in raw.symbols:
        clause = resolved.store.bound_by.get(name)
        if clause is not None:
            node = node_of(clause.why)
            return Line(f"{name} is {resolved.store.bound[name]}", "only-value", node.name if node else "",
                        span_of(clause.why), [])  # fmt: skip
    return None


def shown(term: Any) -> str:
    return text(term) if type(term) is Expr else "?" if term is None else str(term)


def line(explainer: Explainer, step: Step, depth: int = DEPTH) -> Line:
    """A step as a line; a run of windows becomes one line."""
    reason = step.why
    if isinstance(reason, Fact):
        return Line(f"{shown(step.value)}  {fact_text(reason)}", "declared", "", span_of(reason), through(step))
    if isinstance(reason, Window):
        return chain(explainer, step, depth)
    if not isinstance(reason, Relation):
        return Line(shown(step.value), "", "", None, [])
    known = explainer.store.known
    words = reason.words(lambda slot: shown(known(slot)) if slot == reason.slots[0] else grouped(known(slot)))
    node = node_of(reason)
    premises = [line(explainer, p, depth - 1) for p in step.premises] if depth else []
    return Line(words, rule(reason), node.name if node else "", span_of(reason), premises + through(step))


def grouped(term: Any) -> str:
    """A term as a part of an equation."""
    words = shown(term)
    return f"({words})" if " " in words and not words.startswith("ceil(") else words


def rule(relation: Relation) -> str:
    node = node_of(relation)
    return node.layer.kind if node is not None else type(relation).__name__.lower()


def through(step: Step) -> list[Line]:
    """The ties and assertions an explanation passes through."""
    out = []
    for via in step.via:
        owner = via[0] if isinstance(via, tuple) else via
        if isinstance(owner, Parameter) and owner.tied_to is not None:
            out.append(Line(f"{owner.name} is {owner.tied_to.name}", "tie", owner.node.name, span_of(owner), []))
        elif isinstance(owner, Assertion):
            out.append(Line("asserted here", owner.rule, "", span_of(owner), []))
    return out


def chain(explainer: Explainer, step: Step, depth: int) -> Line:
    """A run of windows: 5  32 -conv1-> 28 -pool1-> 14."""
    links: list[tuple[str, Any]] = []
    at = step
    while isinstance(at.why, Window) and at.premises:
        links.append((node.name if (node := node_of(at.why)) else "", at.value))
        at = at.premises[0]
    words = shown(at.value) + "".join(f" -{name}-> {shown(value)}" for name, value in reversed(links))
    node = node_of(step.why)
    premises = [line(explainer, at, depth - 1)] if depth and at.why is not None else []
    return Line(words, "window", node.name if node else "", span_of(step.why), premises)
