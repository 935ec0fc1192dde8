"""What a spec leaves open beyond its inputs' sizes, as far as more conditions on these may hang on it."""

from __future__ import annotations

from ..layers.base import is_known
from ..shapes.normal import Expr
from ..shapes.relations import Relation
from .open_arguments import openings
from .resolved import Resolved


def left_open(resolved: Resolved) -> list[str]:
    """Names of open arguments, sizes and layers that wait for a rank; empty where nothing can be added to the clauses."""
    out = [o.name for o in openings(resolved.network)]
    for node in resolved.network.nodes:
        frame = resolved.frames[node.index]
        if (frame is None or not frame.outputs) and node.index not in resolved.failed and not node.layer.passes:
            out.append(f"the rank of what {node.name} takes")
    out += resolved.store.undecided
    if resolved.store.assumed_more:
        out += [f"a size assumed at {name_of(relation)}" for relation in resolved.store.assumed]
    return list(dict.fromkeys([*out, *sizes(resolved)]))


def sizes(resolved: Resolved) -> list[str]:
    """Sizes that were left out, are still unknown, and meet an input's sizes in a relation that has not had its say."""
    store = resolved.store
    pending = {id(r): r for rs in store.watch.values() for r in rs if not r.done}
    if store.unfollowed:
        return [f"a size of {name_of(store.unfollowed[0])}"]
    if not pending:
        return []
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
        return []
    named = []
    for node in resolved.network.nodes:
        frame = resolved.frames[node.index]
        for name in node.layer.arguments if frame is not None else ():
            v = getattr(node.layer, name)
            own = frame.axes.get(name) if frame is not None and not isinstance(v, tuple) and not is_known(v) else None
            if type(own) is int and store.known(own) is None and find(own) in touched:
                named.append(f"{node.name}.{name}")
    return named or [f"a size of {name_of(r)}" for r in pending.values() if any(find(s) in touched for s in r.slots)][:1]


def name_of(relation: Relation) -> str:
    return getattr(relation.node, "name", "the network")
