"""Conflicts joined to their places: the one point where facts meet source spans and call chains."""

from __future__ import annotations

from typing import Any

from ...garbage_collection import Held
from ...graph import Assertion, Node, Parameter, Requirement, Target
from ...layers.core.numeric_arguments import Size
from ...problems import Diagnostic, Related, Span
from ...shapes import rows
from ...shapes.dims import REST
from ...shapes.expression_text import text
from ...shapes.normal import Expr
from ...shapes.relations import Affine, Divisible, Product, Relation, Scaled, Window
from ...shapes.store import Conflict
from ..derivation.explain import Explainer, node_of, span_of
from ..propagation.resolved import Resolved, Shape
from .divisor_advice import splits
from .minimal import Minimal, complete
from .origins import Sources

__all__ = ["Diagnoses", "diagnostics", "node_of"]


def diagnostics(resolved: Resolved) -> list[Diagnostic]:
    """All independent conflicts, in order of their place in the text.

    The same one is told once, and so is what only follows: facts that contain those of a conflict told before.
    """
    if not resolved.conflicts:
        return []
    with Held():
        return Diagnoses(Minimal(resolved, Explainer(resolved.store))).all()


class Diagnoses:
    """Conflicts of one network in words."""

    def __init__(self, minimal: Minimal) -> None:
        self.minimal = minimal
        self.resolved = minimal.resolved
        self.explainer = minimal.explainer
        self.sources = Sources(minimal)

    def all(self) -> list[Diagnostic]:
        out: dict[tuple[Any, ...], tuple[Diagnostic, Conflict]] = {}
        told: list[set[Any]] = []
        for conflict in self.resolved.conflicts:
            d = self.headline(conflict)
            why = conflict.why
            span = why.span if isinstance(why, Assertion) else d.span
            where = (id(span.source), span.line, span.column) if span else ()
            said = d.message.replace(d.layer, "") if d.layer else d.message  # copies of a repeat say the same
            key = (where, d.rule) if d.span and d.calls else (where, d.rule, said)
            if key in out:
                old, first = out[key]
                if first.why is why:  # another dim of the same
                    self.sources.add(old, conflict)
                continue
            facts = self.minimal.facts(conflict)
            if len(facts) > 1:
                if complete(self.explainer, conflict) and any(facts >= others for others in told):
                    continue
                told.append(facts)
            self.sources.add(d, conflict)
            out[key] = d, conflict
        return [d for d, _ in out.values()]

    def headline(self, c: Conflict) -> Diagnostic:
        """A conflict as a diagnostic, without the places its sizes came from."""
        why, node = c.why, node_of(c.why)
        message, found, expected = words(self.resolved, c, node)
        span = span_of(why, why[1]) if isinstance(why, tuple) else span_of(why, c.blame)
        call, at = node.call if node is not None else None, node
        related = []
        if isinstance(why, Requirement):
            call, related = why.call, only_values(self.resolved, c)
        if isinstance(why, Assertion):
            span, call, at = assertion_span(self.resolved, c) or span, why.call, about(self.resolved, c)
        help_ = c.help
        if isinstance(why, Window) and why.note is not None and c.rule == why.rule:
            chain, smallest = reach(self.explainer, why)
            found, help_ = chain or found, smallest
        if c.rule == "not-divisible" and not help_ and isinstance(why, (Product, Divisible)) and node is not None:
            whole, part = self.resolved.store.known(why.slots[0]), getattr(node.layer, c.blame, None)
            if part == (why.coefficient if isinstance(why, Product) else self.resolved.store.known(why.slots[1])):
                help_ = splits(self.resolved, node, c, whole, part)
        return Diagnostic(c.rule, message, span, found=found, expected=expected, help=help_, related=related,
                          calls=call.chain() if call is not None else [], layer=at.name if at is not None else "")  # fmt: skip


def show(shape: Shape | None) -> str:
    """A shape in words: (2, 64, ?)."""
    return "(…)" if shape is None else "(" + ", ".join("?" if t is None else size(t) for t in shape) + ")"


def size(term: Any) -> str:
    return text(term) if type(term) is Expr else str(term)


def words(resolved: Resolved, c: Conflict, node: Node | None) -> tuple[str, str, str]:
    """(message, found, expected) of a conflict; equalities get theirs from who stated them."""
    why = c.why
    known = [resolved.store.known(s) for s in c.slots]
    if isinstance(why, tuple) and node is not None and len(known) == 2:
        name = why[1]
        argument = node.layer.arguments.get(name)
        have, want = size(known[0]), size(known[1])
        if isinstance(argument, Size):
            return f"{node.name}: {name} is {want}, but the input has {have} {argument.help.split()[0]}", have, want
        if argument is not None:
            return f"{node.name}: {name} wants a size of {want}, the input has {have} there", have, want
        return f"{node.name}: {name} would be both {want} and {have}", have, want
    if isinstance(why, Assertion):
        name = resolved.network.value_name(asserted(resolved, c))
        have, want = show(resolved.shape(asserted(resolved, c))), "(" + ", ".join(map(str, why.dims)) + ")"
        whose = f"what goes into {why.call.name} is" if why.rule == "block-input" and why.call is not None else f"{name} is"
        return f"{whose} {have}, not {want}", have, want
    if isinstance(why, Requirement):
        return required(resolved, c)
    if isinstance(why, Target):
        stated = "(" + ", ".join("_" if d is None else str(d) for d in why.dims) + ")"
        return f"{why.name} would be {stated}: {c.message}", c.found, c.expected
    if isinstance(why, Parameter) and why.tied_to is not None:
        return (f"{why.name} cannot be {why.tied_to.name}: their shapes differ", show(resolved.tensor(why)),
                show(resolved.tensor(why.tied_to)))  # fmt: skip
    if isinstance(why, Node) and c.slots:
        return joined(resolved, c, why)
    named = f"{node.name}: " if node is not None else ""
    if isinstance(why, Relation) and len(c.slots) == 1 and not (why.says and why.slots == c.slots):  # it came to another size than was known
        before = resolved.store.known(why.slots[1]) if isinstance(why, (Window, Affine, Scaled)) and c.slots[0] == why.slots[0] else None
        found = c.found if before is None else f"{size(before)} -{why.node.name}-> {c.found}"
        return f"{named}{c.found} comes out, but it has to be {c.expected}", found, c.expected
    return named + c.message, c.found, c.expected


def required(resolved: Resolved, c: Conflict) -> tuple[str, str, str]:
    """(message, found, expected) of an assert that does not hold for the sizes that are known, or for no sizes at all."""
    from ..propagation.requirements import mentioned

    store, why = resolved.store, c.why
    found = {sym.name: resolved.symbols[sym] for sym in mentioned(why.formula)}
    known = [f"{name} = {n}" for name, slot in sorted(found.items()) if type(n := store.known(slot)) is int]
    open_ = [name for name, slot in sorted(found.items()) if type(store.value[store.root(slot)]) is Expr]
    message = why.says
    if c.rule == "no-valid-size" and open_:
        message = f"no {' and '.join(open_)} {'is' if len(open_) == 1 else 'are'} valid: {why.says}"
    return message, ": ".join(filter(None, [", ".join(known), c.found])), why.text


def only_values(resolved: Resolved, c: Conflict) -> list[Related]:
    """What leaves a symbol of an assert one value only."""
    store = resolved.store
    names = sorted({name for slot in c.slots if type(v := store.value[store.root(slot)]) is Expr for name in v.symbols})
    return [
        Related(f"{name} can only be {store.bound[name]}", span_of(store.bound_by[name].why)) for name in names if name in store.bound
    ]


def joined(resolved: Resolved, c: Conflict, node: Node) -> tuple[str, str, str]:
    """Inputs that must be alike and are not: which dims differ."""
    shapes = [resolved.shape(v) for v in node.inputs]
    both = " and ".join(map(show, shapes))
    if c.rule == "rank-mismatch":
        return (
            f"{node.name}: shapes differ: {both}",
            " and ".join(f"{len(s)} dims" for s in shapes if s is not None),
            "equal shapes",
        )
    slots = {s for other in resolved.conflicts if other.why is node for s in other.slots}
    places = sorted({k for v in node.inputs if type(row := rows.resolve(resolved.values[v])) is tuple
                     for k, s in enumerate(row) if s in slots})  # fmt: skip
    listed = ", ".join(map(str, places[:-1])) + " and " * (len(places) > 1) + str(*places[-1:])
    where = f" in dim{'s' * (len(places) > 1)} {listed}" if places else ""
    values = [resolved.store.known(s) for s in c.slots]
    return f"{node.name}: shapes differ{where}: {both}", " and ".join(map(size, values)), "equal sizes"


def asserted(resolved: Resolved, c: Conflict) -> int:
    """Which of the values that an assertion is about contradicts it."""
    for v in c.why.values:
        row = rows.resolve(resolved.values[v])
        if type(row) is tuple and not set(row).isdisjoint(c.slots):
            return int(v)
    return int(c.why.values[0])


def about(resolved: Resolved, c: Conflict) -> Node | None:
    """The layer at which an assertion does not hold: the one that yields the value, or the first in the block it goes into."""
    network, why = resolved.network, c.why
    inside = network.nodes[why.after : why.after + 1] if why.rule == "block-input" else []
    if inside and within(inside[0], why.call):
        return inside[0]
    maker = network.makers[asserted(resolved, c)]
    return maker if isinstance(maker, Node) else None


def within(node: Node, call: Any) -> bool:
    """Whether a layer was made by a call of a block, or by one inside it."""
    at = node.call
    while at is not None and at is not call:
        at = at.outer
    return at is not None


def assertion_span(resolved: Resolved, c: Conflict) -> Span | None:
    """The dim of an `expect` that does not hold; the whole where the rank does not."""
    why, row = c.why, rows.resolve(resolved.values[asserted(resolved, c)])
    if c.rule == "rank-mismatch" or type(row) is not tuple:
        return None
    place = next((k for k, s in enumerate(row) if s in c.slots), None)
    if place is None or len(why.dim_spans) != len(why.dims):
        return None
    at = why.dims.index(REST) if REST in why.dims else len(why.dims)
    return span_of(why, place if place < at else place - len(row))


def reach(explainer: Explainer, window: Window) -> tuple[str, str]:
    """The sizes that led to a window that does not fit, and the smallest first size that would.

    Only windows that gave the size behind them are passed: one whose input was worked out from its output needs no size of it.
    Each step rests on one of a lower level, so the walk ends whatever leads back to what.
    """
    need, sizes, relation = 1, [], window
    step = explainer.explain(window.slots[1])
    while True:
        least = -(-(relation.stride * need - relation.offset) // relation.factor)
        sizes.append((relation.node.name, step.value if step else None))
        need = max(least, 1)
        if step is None or not isinstance(step.why, Window) or step.origin != step.why.slots[0]:
            break
        relation, step = step.why, step.premises[0]
    chain = size(sizes[-1][1])
    for (name, _), (_, after) in zip(sizes[:0:-1], sizes[-2::-1]):
        chain += f" -{name}-> {size(after)}"
    return chain, f"at least {need} is needed where {size(sizes[-1][1])} comes in"
