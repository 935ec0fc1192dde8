"""What a file asserts of its variables, told at once, and of its symbols, which is a condition on the sizes of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...graph import Call, Requirement
from ...layers.core.arguments import show
from ...problems import Diagnostic, Problem
from ...shapes.dims import is_symbolic
from ...shapes.fractions import fraction
from ...spelling import suggest
from ..expressions.expression import evaluate
from ..expressions.operations import binary, sizes, truth
from ..expressions.values import Code, Located, compile_value
from ..source.tree import List, Map, Scalar, Tree, span
from .variables import Setting

if TYPE_CHECKING:
    from ..builder.scope import Values
    from .file import File

KEYS = ("that", "says")
EXAMPLE = "- {that: d % heads == 0, says: the width splits into the heads}"
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Assert:
    """One entry of `asserts`: a condition, and what it says to people."""

    __slots__ = ("code", "says")

    def __init__(self, code: Code, says: str) -> None:
        self.code = code
        self.says = says

    @property
    def tree(self) -> Any:
        """The expression."""
        _, kind, body = self.code.tree
        return body if kind == "expression" else ("const", body)

    @property
    def symbolic(self) -> bool:
        """Whether sizes of inputs decide it."""
        return symbolic(self.tree)

    @property
    def text(self) -> str:
        node = self.code.node
        return " ".join(node.text.split()) if isinstance(node, Scalar) else ""


def read_asserts(file: File, node: Tree) -> list[Assert]:
    """The entries of a file's `asserts`; faults are told where they are."""
    if not isinstance(node, List) or not node.items:
        file.fault(node, "value-type", "asserts is a list", expected=EXAMPLE, help="leave the key out where there are none")
        return []
    out = []
    for entry in node.items:
        try:
            found = read_assert(file, entry)
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            continue
        if found is not None:
            out.append(found)
    return out


def read_assert(file: File, node: Tree) -> Assert | None:
    if not isinstance(node, Map):
        raise Located(node, Problem("value-type", "an assert is a mapping of that and says", expected=EXAMPLE))
    for k, _ in node.pairs:
        if k.text not in KEYS:
            file.fault(k, "unknown-key", f"an assert has no '{k.text}'", found=k.text, expected=", ".join(KEYS), help=suggest(k.text, KEYS))
    that, says = node.get("that"), node.get("says")
    if not isinstance(that, Scalar) or that.empty:
        raise Located(that or node, Problem("value-type", "an assert says no condition", expected=EXAMPLE))
    if not isinstance(says, Scalar) or not says.text.strip():
        raise Located(says or node, Problem("value-type", "an assert has no text for people", expected=EXAMPLE))
    return Assert(compile_value(that), " ".join(says.text.split()))


# ---- conditions


def symbolic(tree: Any) -> bool:
    """Whether a tree mentions symbols."""
    return tree[0] == "symbol" or any(symbolic(t) for t in tree[1:] if isinstance(t, tuple))


def condition(tree: Any, scope: Values, wanted: bool = True) -> Any:
    """What a condition comes to (or, not `wanted`, its opposite): true, false, or over symbols a formula of comparisons,
    `("and", parts)` and `("or", parts)`. Raises Problem."""
    op = tree[0]
    if op in ("and", "or"):
        ends = (op == "or") is wanted  # the value of one side that decides the whole
        left = condition(tree[1], scope, wanted)
        if left is ends:
            return ends
        right = condition(tree[2], scope, wanted)
        if right is ends:
            return ends
        joined = "or" if ends else "and"
        parts = [q for p in (left, right) if not isinstance(p, bool) for q in (p[1] if p[0] == joined else [p])]
        return (joined, parts) if len(parts) > 1 else parts[0] if parts else not ends
    if op == "not":
        return condition(tree[1], scope, not wanted)
    if op == "if":
        chosen = tree[2] if truth(evaluate(tree[1], scope)) else tree[3]
        return condition(chosen, scope, wanted)
    if op in OPPOSITE:
        a, b = evaluate(tree[1], scope), evaluate(tree[2], scope)
        if is_symbolic(a) or is_symbolic(b):
            sizes(a, b)
            (a, below), (b, other) = fraction(a), fraction(b)  # of which neither is negative
            return (op if wanted else OPPOSITE[op], a * other, b * below)
        return binary(op, a, b) is wanted
    value = evaluate(tree, scope)
    if is_symbolic(value):
        raise Problem("not-a-condition", f"{show(value)} is a size, not a condition", found=show(value),
                      expected="a comparison, such as H % 32 == 0")  # fmt: skip
    return truth(value) is wanted


def told(file: File, check: Assert, values: Values, given: Mapping[str, Setting], call: Call | None) -> Diagnostic | None:
    """What is wrong where an assert over variables is false; None where it holds. Raises Located."""
    try:
        if condition(check.tree, values) is True:
            return None
    except Problem as p:
        raise Located(check.code.node, p) from None
    names = list(dict.fromkeys(name for _, name in check.code.names()))
    found = ", ".join(f"{name} = {show(values.names[name])}" for name in names)
    return Diagnostic("assert-failed", check.says, span(file.source, check.code.node), found=found, expected=check.text,
                      related=[given[name].related(name) for name in names if name in given],
                      calls=call.chain() if call is not None else [])  # fmt: skip


def requirements(file: File, values: Values, call: Call | None) -> list[Requirement]:
    """The asserts over symbols in one instance of a file; those that no size can break or make true are decided there."""
    out = []
    for check in file.asserts:
        if not check.symbolic:
            continue
        try:
            formula = condition(check.tree, values)
        except Problem as p:
            raise Located(check.code.node, p) from None
        if formula is not True:
            out.append(Requirement(formula, check.text, check.says, span(file.source, check.code.node), call))
    return out


__all__ = ["Assert", "condition", "read_asserts", "requirements", "told"]
