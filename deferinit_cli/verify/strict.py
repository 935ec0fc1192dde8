"""Warnings that are only looked for when asked: what a network declares and never uses, and what no case resolves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..graph import Call, Network, Node
from ..infer.derivation.explain import span_of
from ..infer.derivation.waits import Waits
from ..infer.propagation.resolved import Resolved
from ..problems import WARNING, Diagnostic, Span
from ..report.shape_text import tuple_text
from ..shapes.dims import Sym, symbols

if TYPE_CHECKING:
    from ..infer.domains.contract import Contract


class Strict:
    """Looks at every case that passes; then tells what none of them has resolved."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.settled: set[str] = set()  # parameters by name
        self.laid_out: set[str] = set()  # layers whose tensors hang on sizes, where some case has them all
        self.bound: set[tuple[str, str]] = set()  # symbols by name and place
        self.sized = False  # whether some case gives numbers to all inputs
        self.seen = 0

    def see(self, resolved: Resolved) -> None:
        """One case: what it resolves counts as resolved."""
        for p in resolved.network.parameters:
            shape = resolved.tensor(p)
            if shape is not None and all(type(t) is int for t in shape):
                self.settled.add(p.name)
        for node in resolved.network.nodes:
            if node.layer.hangs and self.settled.issuperset(p.name for p in node.parameters):
                self.laid_out.add(node.name)
        shapes = [resolved.shape(i.value) for i in resolved.network.inputs]
        self.sized = self.sized or all(shape is not None and all(type(t) is int for t in shape) for shape in shapes)
        for sym, place in mentions(resolved.network):
            slot = resolved.symbols.get(sym)
            if slot is not None and resolved.store.known(slot) is not None:
                self.bound.add((sym.name, str(place)))
        self.seen += 1

    def problems(self, resolved: Resolved, answer: Contract | None) -> list[Diagnostic]:
        """Everything; `resolved` is the spec by itself, `answer` its contract, where that is known."""
        net = self.network
        return [*net.lints, *unused_inputs(net), *unreachable(net), *self.unbound(), *self.unresolved(resolved), *self.unsized(resolved, answer)]

    def unsized(self, resolved: Resolved, answer: Contract | None) -> list[Diagnostic]:
        """Conditions on the inputs of which nobody knows whether any sizes satisfy them."""
        clauses = answer.clauses if answer is not None else resolved.store.clauses
        if self.sized or not clauses or (answer is not None and answer.satisfiable):
            return []
        from ..infer.domains.conditions import condition_text

        last = clauses[-1]
        return [Diagnostic("no-known-size", "no sizes are known that satisfy all conditions on the inputs", span_of(last.why),
                           found=condition_text(last), help="give a case an input: in the spec's checks, or with --input",
                           severity=WARNING)]  # fmt: skip

    def unbound(self) -> list[Diagnostic]:
        out: dict[tuple[str, str], Diagnostic] = {}
        for sym, place in mentions(self.network):
            key = (sym.name, str(place))
            if key not in self.bound:
                message = f"nothing gives the symbol {sym.name} a size"
                out.setdefault(key, Diagnostic("unbound-symbol", message, place, severity=WARNING,
                                               help="name it in an input or an expect, or write a number"))  # fmt: skip
        return list(out.values())

    def unresolved(self, resolved: Resolved) -> list[Diagnostic]:
        waits = Waits(resolved)
        places: dict[tuple[str, str], list[Any]] = {}
        for p in resolved.network.parameters:
            if p.name not in self.settled and p.node.name not in self.laid_out:
                places.setdefault((str(p.node.place.span), p.key), []).append(p)
        help_ = "no case resolves it" if self.seen > 1 else "give a case an input: in the spec's checks, or with --input"
        out = []
        for group in places.values():
            p = group[0]
            shape = resolved.tensor(p)
            shown = tuple_text([t if type(t) is int else -1 for t in shape]) if shape is not None else "of unknown rank"
            what = f"{p.name} {shown}" + (f" and {len(group) - 1} more like it" if len(group) > 1 else "")
            message = f"{what} wait{'s' if len(group) == 1 else ''} for {', '.join(waits.parameter(p))}"
            calls = p.node.call.chain() if p.node.call is not None else []
            out.append(Diagnostic("unresolved-parameter", message, p.node.place.span, help=help_, calls=calls, layer=p.node.name,
                                  severity=WARNING))  # fmt: skip
        return out


def mentions(network: Network) -> Iterator[tuple[Sym, Span | None]]:
    """Symbols in `expect`, named dims and arguments, with their places."""
    for a in network.assertions:
        for dim, place in zip(a.dims, a.dim_spans):
            yield from ((sym, place) for sym in sorted(symbols(dim), key=str))
    for node in network.nodes:
        for name in node.layer.arguments:
            place = node.place.args.get(name, node.place.span)
            yield from ((sym, word(place, sym.name)) for sym in sorted(within(getattr(node.layer, name)), key=str))


def word(place: Span, name: str) -> Span:
    """A word in the line of a place: an argument that is a list has only the place where it starts."""
    m = re.search(rf"\b{name}\b", place.source.line(place.line)[place.column - 1 :])
    return place if m is None else Span(place.source, place.line, place.column + m.start(), place.column + m.end())


def within(value: Any) -> set[Sym]:
    if isinstance(value, (tuple, list)):
        return set().union(*map(within, value))
    return symbols(value)


def unused_inputs(net: Network) -> list[Diagnostic]:
    taken = {v for node in net.nodes for v in node.inputs} | {v for _, v in net.outputs}
    return [
        Diagnostic("unused-input", f"nothing takes the input '{i.name}'", i.span, help="use it or remove it", severity=WARNING)
        for i in net.inputs
        if i.value not in taken
    ]


# ---- layers that lead to no output


def unreachable(net: Network) -> list[Diagnostic]:
    """Items of which every copy yields values that nobody takes, told where the outermost such item stands."""
    dead = dead_nodes(net)
    if not dead:
        return []
    alive = {str(call.span if call else node.place.span) for node in net.nodes if node.index not in dead for call in around(node)}
    taken = {v for node in net.nodes for v in node.inputs}
    out: dict[str, Diagnostic] = {}
    for node in net.nodes:
        if node.index not in dead or not taken.isdisjoint(node.outputs):
            continue  # what only feeds a dead layer is told with that layer
        for call in around(node):
            place = call.span if call else node.place.span
            if str(place) not in alive:
                name, outer = (call.name, call.outer) if call else (node.name, node.call)
                out.setdefault(str(place), Diagnostic(
                    "unreachable-layer", f"nobody takes what '{name}' yields", place, layer=node.name, severity=WARNING,
                    help="name it in outputs or in a later from, or remove it", calls=outer.chain() if outer else [],
                ))  # fmt: skip
                break
    return list(out.values())


def around(node: Node) -> list[Call | None]:
    """The block calls around a node, outermost first; None stands for the node's own item."""
    out: list[Call | None] = [None]
    call = node.call
    while call is not None:
        out.append(call)
        call = call.outer
    return out[::-1]


def dead_nodes(net: Network) -> set[int]:
    """Nodes from which no output is reached; those that lend their parameters to others count as reached."""
    needed = {v for _, v in net.outputs}
    lenders = {n.shares.index for n in net.nodes if n.shares is not None}
    lenders |= {p.tied_to.node.index for p in net.parameters if p.tied_to is not None}
    dead = set()
    for node in reversed(net.nodes):
        if node.index in lenders or not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
        else:
            dead.add(node.index)
    return dead
