"""Networks that no input fits: which few conditions exclude each other, told once, with where each of their sizes comes from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ...problems import Diagnostic, Related
from ...shapes import solving
from ...shapes.expression_text import text
from ...shapes.normal import Expr
from ...shapes.relations import Relation
from ...shapes.sets import PeriodicSet
from ...shapes.store import Clause
from ..derivation.explain import Explainer, Step, node_of, span_of
from ..derivation.explanation_lines import Lines
from .conditions import Axis, clause_text, free
from .contract import Contract

STEPS = 2000
"""Steps of a search that shows that conditions over several symbols exclude each other."""
CONDITIONS = 40
"""More conditions over several symbols than these are not tried together: that no sizes satisfy them is then not found out."""
FEW = 12
"""Among so many conditions the smallest set is looked for; of more, a set of which none can be left out."""


def impossible(found: Contract) -> list[Diagnostic]:
    """One diagnostic for each reason why no input fits: for an axis without sizes (and those like it), or for symbols that no
    sizes satisfy together. It is told at the condition that comes last."""
    out: list[Diagnostic] = []
    told: list[Axis] = []
    empty = [a for a in found.axes if a.sizes.empty and a.sizes.exact]
    for a in empty:
        if any(a.like(b) for b in told):
            continue
        told.append(a)
        alike = [b.symbol for b in empty if b is not a and a.like(b)]
        core = smallest([r.clause for r in a.reasons])
        out.append(diagnosed(found, core, f"no {a.symbol} is valid" + "".join(f", and no {s}" for s in alike)))
    if not empty and 0 < len(found.conditions) <= CONDITIONS and not found.satisfiable:
        clauses = [*(r.clause for a in found.axes for r in a.reasons), *(c.clause for c in found.conditions)]
        if all(a.sizes.exact for a in found.axes) and excludes(clauses):
            core = smallest(clauses)
            names = sorted({s for c in core for s in free(c)})
            joined = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
            out.append(diagnosed(found, core, f"no {joined} are valid together"))
    return out


# ---- which conditions


def smallest(clauses: Sequence[Clause]) -> list[Clause]:
    """Conditions that no sizes satisfy, of which none can be left out: the fewest where these are few."""
    kept = list(dict.fromkeys(clauses))
    if len(kept) <= FEW:
        for count in (1, 2):
            for some in combinations(kept, count):
                if excludes(some):
                    return list(some)
    for c in list(kept):
        fewer = [k for k in kept if k is not c]
        if excludes(fewer):
            kept = fewer
    return kept


def excludes(clauses: Sequence[Clause]) -> bool:
    """Whether it is proved that no sizes satisfy these conditions; whatever is a size is at least 1."""
    from .domain_reduction import Relate
    from .search import Search

    sets: dict[str, PeriodicSet] = {}
    relates = []
    for c in sorted(clauses, key=lambda c: c.op != ">="):
        names = free(c)
        if len(names) == 1:
            (name,) = names
            sets[name] = solving.solutions(c.left, c.op, c.right, name, sets.get(name))
        else:
            relates.append(Relate(c, c.left, c.right))
            for name in names:
                sets.setdefault(name, PeriodicSet.interval(1))
    if any(s.empty and s.exact for s in sets.values()):
        return True
    if not relates or not all(s.exact for s in sets.values()):
        return False
    search = Search(STEPS)
    return not search.families(sets, relates) and not search.doubts


# ---- in words


def diagnosed(found: Contract, core: list[Clause], message: str) -> Diagnostic:
    """The conditions of a set that cannot be satisfied: each at its layer, with one chain for each of its sides."""
    last = max(core, key=lambda c: (c.op != ">=", place(c)))
    others = [c for c in core if c is not last]
    explainer = Explainer(found.resolved.store)
    related: dict[str, Related] = {}
    for c in (last, *others):
        for r in sides(explainer, c):
            related.setdefault(r.message, r)
    node = node_of(last.why)
    said = clause_text(last.left, last.op, last.right)
    return Diagnostic(
        "no-valid-size", f"{message}: {clash(last, others)}", span_of(last.why), layer=node.name if node is not None else "",
        found=", ".join(map(asked, others)), expected=f"sizes with {said}" if others else "", related=list(related.values()),
        calls=node.call.chain() if node is not None and node.call is not None else [],
    )  # fmt: skip


def place(c: Clause) -> int:
    node = node_of(c.why)
    return node.index if node is not None else -1


def asked(c: Clause) -> str:
    """`H//2 >= 1 asked for by a`."""
    node, said = node_of(c.why), clause_text(c.left, c.op, c.right)
    return f"{said} asked for by {node.name}" if node is not None else said


def clash(last: Clause, others: Sequence[Clause]) -> str:
    """`H//2 and H//4 are never equal`, and where that is so, but for sizes being at least 1, which goes without saying."""
    bounds = [o for o in others if not (o.op == ">=" and o.right == 1 and o.left in (last.left, last.right))]
    words = " and ".join(clause_text(o.left, o.op, o.right) for o in bounds)
    where = f" where {words}" if words else ""
    if last.op == "==":
        return f"{text(last.left)} and {text(last.right)} are never equal{where}"
    return f"{clause_text(last.left, last.op, last.right)} never holds{where}"


def sides(explainer: Explainer, c: Clause) -> list[Related]:
    """Where the sizes of a condition come from, one chain a side, each at the layer that last changed it."""
    lines, out = Lines(explainer), []
    for step in steps(explainer, c):
        node = node_of(step.why)
        if node is not None and type(step.value) is Expr:
            out.append(Related(lines.of(step).text, node.place.span))
    return out or [Related(asked(c), span_of(c.why))]


def steps(explainer: Explainer, c: Clause) -> list[Step]:
    """The explanation of each side of an equation; of another condition, that of what must be so."""
    slots = list(c.slots)
    if c.op in ("==", "|"):
        if len(slots) == 1 and isinstance(c.why, Relation):
            slots += c.why.behind(slots[0], explainer.store)
    else:
        slots = slots[:1]
    return [step for slot in slots if (step := explainer.explain(slot)) is not None]
