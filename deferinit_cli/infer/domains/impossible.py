"""Networks that no input fits: which few conditions exclude each other, told once, with where each of their sizes comes from."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph import Requirement
from ...problems import Diagnostic, Related
from ...shapes.expression_text import text
from ...shapes.normal import Expr
from ...shapes.relations import Relation
from ...shapes.store import Clause
from ..derivation.explain import Explainer, Step, node_of, span_of
from ..derivation.explanation_lines import Lines
from .conditions import Axis, condition_text, free
from .contract import Contract


def impossible(found: Contract) -> list[Diagnostic]:
    """One diagnostic for each reason why no input fits: for an axis without sizes (and those like it), or for symbols that no
    sizes satisfy together. It is told at the condition that comes last."""
    if not found.empty:
        return []
    from .excluding import smallest

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
    if not empty:
        core = smallest(found.clauses)
        names = sorted({s for c in core for s in free(c)})
        joined = f"{', '.join(names[:-1])} and {names[-1]} are valid together" if len(names) > 1 else f"{names[0]} is valid"
        out.append(diagnosed(found, core, f"no {joined}"))
    return out


# ---- in words


def diagnosed(found: Contract, core: list[Clause], message: str) -> Diagnostic:
    """The conditions of a set that cannot be satisfied: each at its layer, with one chain for each of its sides."""
    last = max(core, key=lambda c: (c.op != ">=", place(c)))
    others = [c for c in core if c is not last]
    explainer = Explainer(found.resolved.store)
    related: dict[str, Related] = {}
    for c in (last, *others):
        for r in sides(explainer, c):
            if r.span is not span_of(last.why):
                related.setdefault(r.message, r)
    node = node_of(last.why)
    said = condition_text(last)
    return Diagnostic(
        "no-valid-size", f"{message}: {clash(last, others)}", span_of(last.why), layer=node.name if node is not None else "",
        found=", ".join(map(asked, others)), expected=f"sizes with {said}" if others else "", related=list(related.values()),
        calls=node.call.chain() if node is not None and node.call is not None else [],
    )  # fmt: skip


def place(c: Clause) -> tuple[int, int]:
    """Where a condition stands in the network: asserts come first, in the order of the text."""
    node, span = node_of(c.why), span_of(c.why)
    return (node.index if node is not None else -1), span.line if span is not None else 0


def asked(c: Clause) -> str:
    """`H//2 >= 1 asked for by a`."""
    node = node_of(c.why)
    who = node.name if node is not None else f"the assert: {c.why.says}" if isinstance(c.why, Requirement) else ""
    return f"{condition_text(c)} asked for by {who}" if who else condition_text(c)


def clash(last: Clause, others: Sequence[Clause]) -> str:
    """`H//2 and H//4 are never equal`, and where that is so, but for sizes being at least 1, which goes without saying."""
    bounds = [o for o in others if not (o.op == ">=" and o.right == 1 and o.left in (last.left, last.right))]
    words = " and ".join(map(condition_text, bounds))
    where = f" where {words}" if words else ""
    if last.op == "==" and not isinstance(last.why, Requirement):
        return f"{text(last.left)} and {text(last.right)} are never equal{where}"
    return f"{condition_text(last)} never holds{where}"


def sides(explainer: Explainer, c: Clause) -> list[Related]:
    """Where the sizes of a condition come from, one chain a side, each at the layer that last changed it."""
    lines, out = Lines(explainer), []
    for step in steps(explainer, c):
        node = node_of(step.why)
        if node is not None and type(step.value) is Expr:
            out.append(Related(lines.of(step).text, node.place.span))
    return out or [Related(condition_text(c), span_of(c.why))]


def steps(explainer: Explainer, c: Clause) -> list[Step]:
    """The explanation of each side of an equation; of another condition, that of what must be so."""
    slots = list(c.slots)
    if c.op in ("==", "|"):
        if len(slots) == 1 and isinstance(c.why, Relation):
            slots += c.why.behind(slots[0], explainer.store)
    else:
        slots = slots[:1]
    return [step for slot in slots if (step := explainer.explain(slot)) is not None]
