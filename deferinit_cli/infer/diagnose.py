"""Conflicts joined to their places: the one point where facts meet source spans and call chains."""

from __future__ import annotations

from typing import Any

from ..graph import Assertion, Given, Node, Parameter
from ..problems import Diagnostic, Related, Span
from ..shapes.expr import Expr
from ..shapes.relations import Window
from ..shapes.store import Conflict, Fact
from ..shapes.words import text
from .explain import Explainer, fact_text, node_of, span_of
from .minimal import Minimal, chains, key_of
from .resolved import Resolved, Shape

RELATED_LIMIT = 6

__all__ = ["diagnose", "diagnostics", "node_of"]


def diagnostics(resolved: Resolved) -> list[Diagnostic]:
    """All independent conflicts, in order of their place in the text; the same one is told once."""
    if not resolved.conflicts:
        return []
    minimal = Minimal(resolved, Explainer(resolved.store))
    out: dict[tuple[Any, ...], Diagnostic] = {}
    for conflict in resolved.conflicts:
        d = diagnose(minimal, conflict)
        where = (d.span.source.name, d.span.line, d.span.column) if d.span else ()
        key = (where, d.rule) if d.span and d.calls else (where, d.rule, d.message)
        out.setdefault(key, d)
    return list(out.values())


def diagnose(minimal: Minimal, c: Conflict) -> Diagnostic:
    resolved, explainer = minimal.resolved, minimal.explainer
    node = node_of(c.why)
    message, found, expected = headline(resolved, c, node)
    span = span_of(c.why, c.why[1]) if isinstance(c.why, tuple) else span_of(c.why, c.blame)
    if isinstance(c.why, Assertion):
        span = assertion_span(resolved, c) or span
    help_ = c.help
    if isinstance(c.why, Window) and c.why.note is not None:
        chain, smallest = reach(explainer, c.why)
        found, help_ = chain or found, smallest
    return Diagnostic(
        c.rule,
        message,
        span,
        found=found,
        expected=expected,
        help=help_,
        related=related(minimal, c, span),
        calls=node.call.chain() if node is not None and node.call is not None else [],
        layer=node.name if node is not None else "",
    )


def show(shape: Shape | None) -> str:
    """A shape in words: (2, 64, -) with - for unknown."""
    return "(…)" if shape is None else "(" + ", ".join("?" if t is None else size(t) for t in shape) + ")"


def size(term: Any) -> str:
    return text(term) if type(term) is Expr else str(term)


def headline(resolved: Resolved, c: Conflict, node: Node | None) -> tuple[str, str, str]:
    """(message, found, expected) of a conflict; equalities get theirs from who stated them."""
    why = c.why
    known = [resolved.store.known(s) for s in c.slots]
    if isinstance(why, tuple) and node is not None and len(known) == 2:
        name = why[1]
        argument = node.layer.arguments.get(name)
        noun = " " + argument.help.split()[0] if argument is not None else ""
        have, want = size(known[0]), size(known[1])
        if argument is not None:
            return f"{node.name}: {name} is {want}, but the input has {have}{noun}", have, want
        return f"{node.name}: {name} would be both {want} and {have}", have, want
    if isinstance(why, Assertion):
        shapes = [resolved.shape(v) for v in why.values]
        return ("the shape is not the one expected", ", ".join(map(show, shapes)),
                "(" + ", ".join(map(str, why.dims)) + ")")  # fmt: skip
    if isinstance(why, Parameter) and why.tied_to is not None:
        return (f"{why.name} cannot be {why.tied_to.name}: their shapes differ", show(resolved.tensor(why)),
                show(resolved.tensor(why.tied_to)))  # fmt: skip
    if isinstance(why, Node) and c.slots:
        shapes = [resolved.shape(v) for v in why.inputs]
        return f"{why.name}: shapes differ: {' and '.join(map(show, shapes))}", c.message, "equal shapes"
    named = f"{node.name}: " if node is not None else ""
    return named + c.message, c.found, c.expected


def assertion_span(resolved: Resolved, c: Conflict) -> Span | None:
    """The dim of an `expect` that does not hold."""
    for slot in c.slots:
        origin = resolved.store.origin[slot]
        if isinstance(origin, Fact) and origin.owner is c.why:
            return span_of(origin)
    return None


def related(minimal: Minimal, c: Conflict, main: Span | None) -> list[Related]:
    """Where the sizes that do not fit came from: the declared facts without which they would fit."""
    needed = minimal.facts(c)
    seen = {str(main)}
    out: list[Related] = []
    for step in chains(minimal.explainer, c):
        for leaf in step.leaves():
            if isinstance(leaf.why, Fact) and key_of(leaf.why) not in needed:
                continue
            place = span_of(leaf.why) if leaf.why is not None else None
            if place is None or str(place) in seen or len(out) == RELATED_LIMIT:
                continue
            seen.add(str(place))
            of = f" gives {size(step.value)}" if step.value != leaf.value and step.value is not None else ""
            owner = leaf.why.owner if isinstance(leaf.why, Fact) else None
            name = "given by" if isinstance(owner, Given) else "from"
            out.append(Related(f"{size(leaf.value)} {name} {fact_text(leaf.why)}{of}", place))
    return out


def reach(explainer: Explainer, window: Window) -> tuple[str, str]:
    """The sizes that led to a window that does not fit, and the smallest first size that would."""
    need, sizes, relation = 1, [], window
    while True:
        least = -(-(relation.stride * need - relation.offset) // relation.factor)
        step = explainer.explain(relation.slots[1])
        sizes.append((relation.node.name, step.value if step else None))
        need = max(least, 1)
        if step is None or not isinstance(step.why, Window):
            break
        relation = step.why
    chain = size(sizes[-1][1])
    for (name, _), (_, after) in zip(sizes[:0:-1], sizes[-2::-1]):
        chain += f" -{name}-> {size(after)}"
    return chain, f"at least {need} is needed where {size(sizes[-1][1])} comes in"
