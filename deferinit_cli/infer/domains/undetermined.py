"""What a spec leaves open beyond its inputs' sizes, as far as more conditions on these may hang on it."""

from __future__ import annotations

from ...layers.core.base import is_known
from ...problems import Diagnostic
from ...shapes.normal import Expr
from ...shapes.relations import Relation
from ...shapes.written_terms import once
from ..derivation.unknown import undecided
from ..propagation.open_arguments import openings
from ..propagation.resolved import Resolved


def left_open(resolved: Resolved) -> list[str]:
    """Names of open arguments, sizes and layers that wait for a rank, and divisors that are no number yet; empty where nothing
    can be added to the clauses."""
    out = [o.name for o in openings(resolved.network)]
    out += amounts(resolved)
    for node in resolved.network.nodes:
        frame = resolved.frames[node.index]
        if (frame is None or not frame.outputs) and node.index not in resolved.failed and not node.layer.passes:
            out.append(f"the rank of what {node.name} takes")
    out += [f"'{requirement.says}', {reason}" for requirement, reason in resolved.store.undecided]
    if resolved.store.assumed_more:
        out += [f"a size assumed at {name_of(relation)}" for relation in resolved.store.assumed]
    return list(dict.fromkeys([*out, *sizes(resolved)]))


def amounts(resolved: Resolved) -> list[str]:
    """Arguments over symbols that are not known, or are divided by though they are no number."""
    out = []
    for node in resolved.network.nodes:
        for name, said, names in undecided(resolved, node):
            out.append(f"{name} is {said}, {once(names)}")
    return list(dict.fromkeys(out))


def undetermined(resolved: Resolved) -> list[Diagnostic]:
    """One diagnostic for each argument over symbols that is not known: no layer can be run without it."""
    return [
        Diagnostic(
            "unresolved", f"{name} is {said}: a run needs a number", node.place.args.get(name.rpartition(".")[2]) or node.place.span,
            help=f"name {' and '.join(names)} in an input or an expect, or write a number", layer=node.name,
        )
        for node in resolved.network.nodes
        for name, said, names in undecided(resolved, node)
    ]  # fmt: skip


def sizes(resolved: Resolved) -> list[str]:
    """Sizes that were left out, are still unknown, and meet an input's sizes in a relation that has not had its say."""
    store = resolved.store
    pending = {id(r): r for rs in store.watch.values() for r in rs if not r.done}
    unfollowed = [f"a size of {name_of(r)}" for r in store.unfollowed]
    if not pending:
        return unfollowed
    groups: dict[int, int] = {}  # unknown slots that relations tie together

    def find(slot: int) -> int:
        slot = store.root(slot)
        while slot in groups:  # each is put below a group that is found, never below its own: there is a last one
            up = groups[slot]
            if up in groups:
                groups[slot] = groups[up]  # the way is half as long for who comes next
            slot = up
        return slot

    touched: set[int] = set()
    for relation in pending.values():
        unknown = [find(s) for s in relation.slots if store.known(s) is None]
        for slot in unknown[1:]:
            if slot != unknown[0]:
                groups[slot] = unknown[0]
    for relation in pending.values():
        if any(type(store.known(s)) is Expr for s in relation.slots):
            touched.update(find(s) for s in relation.slots if store.known(s) is None)
    if not touched:
        return unfollowed
    named = []
    for node in resolved.network.nodes:
        frame = resolved.frames[node.index]
        for name in node.layer.arguments if frame is not None else ():
            v = getattr(node.layer, name)
            own = frame.axes.get(name) if frame is not None and not isinstance(v, tuple) and not is_known(v) else None
            if frame is not None and any(name == argument.name for _, _, argument in frame.plan.amounts):
                continue  # told as what it is written as
            if type(own) is int and store.known(own) is None and find(own) in touched:
                named.append(f"{node.name}.{name}")
    named = named or amounts(resolved)
    return unfollowed + (named or [f"a size of {name_of(r)}" for r in pending.values() if any(find(s) in touched for s in r.slots)][:1])


def name_of(relation: Relation) -> str:
    return getattr(relation.node, "name", "the network")
