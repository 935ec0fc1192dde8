"""What is wrong with one case: it is inferred by itself, and what it expects is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph import Network
from ..infer.resolved import Resolved
from ..layers.arguments import suggest
from ..problems import Diagnostic
from ..report import BYTES, tuple_text
from ..shapes.bounds import compare
from ..shapes.expr import Expr, add, mul, product
from ..shapes.words import text
from ..spec.checks import Check, Expected


def judge(check: Check, net: Network, resolved: Resolved | None, found: list[Diagnostic]) -> list[Diagnostic]:
    """What is wrong with a case of the spec's own, given what inference found; nothing when it passes."""
    if check.error is not None:
        return expect_error(check, found)
    if found or resolved is None:
        return found
    problems: list[Diagnostic] = []
    problems += compare_shapes(check, resolved, outputs_of(check, net, resolved))
    problems += compare_shapes(check, resolved, [named(e, net.names, resolved, "value") for e in check.shapes])
    parameters = {p.name: p for p in net.parameters}
    problems += compare_shapes(check, resolved, [named(e, parameters, resolved, "parameter") for e in check.weights])
    return problems + compare_numbers(check, resolved)


def expect_error(check: Check, found: list[Diagnostic]) -> list[Diagnostic]:
    """A case that must be rejected, with this rule."""
    rules = list(dict.fromkeys(d.rule for d in found))
    if check.error in rules:
        return []
    if not rules:
        return [Diagnostic("check-error", f"{check.name}: nothing is wrong, {check.error} was expected", check.error_span,
                           expected=str(check.error))]  # fmt: skip
    return [Diagnostic("check-error", f"{check.name}: rejected for another reason", check.error_span, found=", ".join(rules),
                       expected=str(check.error), help=found[0].message)]  # fmt: skip


Pair = tuple[Expected, Any]
"""What is expected, and the shape found (a Diagnostic where there is none)."""


def outputs_of(check: Check, network: Network, resolved: Resolved) -> list[Pair]:
    labels = dict(network.outputs)
    out: list[Pair] = []
    for e in check.outputs:
        if e.name == "":
            if len(network.outputs) != 1:
                out.append((e, Diagnostic("check-output", f"{check.name}: there are {len(network.outputs)} outputs", e.span,
                                          help=f"name them: {{{', '.join(labels)}}}")))  # fmt: skip
                continue
            value = network.outputs[0][1]
        elif e.name in labels:
            value = labels[e.name]
        elif e.name.isdigit() and int(e.name) < len(network.outputs):
            value = network.outputs[int(e.name)][1]
        else:
            out.append((e, missing(e, "output", labels)))
            continue
        out.append((e, resolved.shape(value)))
    if check.outputs and check.outputs[0].name.isdigit() and len(check.outputs) != len(network.outputs):
        out.append((check.outputs[0], Diagnostic("check-output", f"{check.name}: {len(check.outputs)} outputs are expected, "
                                                 f"there are {len(network.outputs)}", check.outputs[0].span)))  # fmt: skip
    return out


def named(e: Expected, known: Mapping[str, Any], resolved: Resolved, what: str) -> Pair:
    if e.name not in known:
        return e, missing(e, what, known)
    found = known[e.name]
    return e, resolved.shape(found) if isinstance(found, int) else resolved.tensor(found)


def missing(e: Expected, what: str, known: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        "unknown-name", f"no {what} is called '{e.name}'", e.key or e.span, found=e.name, help=suggest(e.name, known)
    )


class Sizes:
    """What expected dims may mention: the spec's variables, and its symbols as the inputs have bound them."""

    def __init__(self, network: Network, resolved: Resolved) -> None:
        self.values = network.variables
        self.resolved = resolved
        self.met: dict[str, Any] = {}

    def has_variable(self, name: str) -> bool:
        return name in self.values

    def variable(self, name: str) -> Any:
        from ..problems import Problem

        if name not in self.values:
            raise Problem("unknown-name", f"unknown name '{name}'", help=suggest(name, self.values))
        return self.values[name]

    def symbol(self, name: str) -> Any:
        from ..shapes.dims import Sym

        return Sym(name, 0)

    def term(self, size: Any) -> Any:
        """A size as written, as a term; None for `_` and for a symbol that nothing has bound."""
        from ..shapes.bounds import maximum, minimum
        from ..shapes.dims import UNKNOWN, Op, Sym
        from ..shapes.expr import exact_div, floordiv, mod, sub

        if size is UNKNOWN:
            return None
        if type(size) is Sym:
            return self.met[size.name] if size.name in self.met else self.resolved.symbol(size.name)
        if type(size) is Op:
            a, b = (self.term(x) for x in size.args)
            if a is None or b is None:
                return None
            table = {"+": add, "-": sub, "*": mul, "//": floordiv, "%": mod, "/": exact_div, "min": minimum, "max": maximum}
            return table[size.op](a, b)
        return size


def compare_shapes(check: Check, resolved: Resolved, pairs: Sequence[Pair]) -> list[Diagnostic]:
    out = []
    for e, shape in pairs:
        if isinstance(shape, Diagnostic):
            out.append(shape)
            continue
        sizes = Sizes(resolved.network, resolved)
        found = compare_one(check, e, shape, sizes)
        if found is not None:
            out.append(found)
    return out


def compare_one(check: Check, e: Expected, shape: Any, sizes: Sizes) -> Diagnostic | None:
    from ..problems import Problem
    from ..shapes.dims import Sym
    from ..spec.values import Located

    what = e.name or "output"
    if shape is None:
        return Diagnostic("check-shape", f"{check.name}: the rank of {what} is not known", e.span, help="give an input")
    if len(shape) != len(e.codes):
        return Diagnostic("check-shape", f"{check.name}: {what} has {len(shape)} dims, {len(e.codes)} are expected", e.span,
                          found=shown(shape), expected=f"{len(e.codes)} dims")  # fmt: skip
    for k, (code, term) in enumerate(zip(e.codes, shape)):
        try:
            written = code.get(sizes)
        except Located as problem:
            return Diagnostic(problem.problem.rule, problem.problem.message, e.spans[k], help=problem.problem.help)
        except Problem as problem:
            return Diagnostic(problem.rule, problem.message, e.spans[k], help=problem.help)
        want = sizes.term(written)
        if want is None:
            if type(written) is Sym and term is not None:
                sizes.met[written.name] = term  # first met here: the same everywhere in this case
            continue
        if term is None or (compare(term, want) is not True):
            return Diagnostic("check-shape", f"{check.name}: {what} is {shown(shape)}", e.spans[k],
                              found=f"{show(term)} at axis {k}", expected=show(want))  # fmt: skip
    return None


def show(term: Any) -> str:
    return "?" if term is None else text(term) if type(term) is Expr else str(term)


def shown(shape: Any) -> str:
    return tuple_text([show(t) for t in shape])


def compare_numbers(check: Check, resolved: Resolved) -> list[Diagnostic]:
    """Exact counts and budgets."""
    out = []
    totals: dict[str, Any] = {}
    for key, (number, span) in check.numbers.items():
        measure = key.removeprefix("max_")
        if measure not in totals:
            totals[measure] = total(resolved, measure)
        have = totals[measure]
        if type(have) is not int:
            out.append(Diagnostic("check-budget", f"{check.name}: {measure} = {show(have)}, which is no number yet", span,
                                  expected=f"{number:,}", help="give the case an input"))  # fmt: skip
        elif key.startswith("max_") and have > number:
            out.append(Diagnostic("check-budget", f"{check.name}: {have:,} {measure} are over the budget", span, found=f"{have:,}",
                                  expected=f"at most {number:,}"))  # fmt: skip
        elif key == "params" and have != number:
            out.append(Diagnostic("check-params", f"{check.name}: {have:,} parameters", span, found=f"{have:,}",
                                  expected=f"{number:,}"))  # fmt: skip
    return out


def total(resolved: Resolved, measure: str) -> Any:
    """params, macs or bytes of the whole network, as a term; None where something is unknown."""
    out: Any = 0
    if measure == "macs":
        for node in resolved.network.nodes:
            cost = resolved.macs(node)
            if cost is None:
                return None
            out = add(out, cost)
        return out
    for p in resolved.network.parameters:
        if p.tied_to is not None or (p.buffer and measure == "params"):
            continue
        shape = resolved.tensor(p)
        if shape is None or None in shape:
            return None
        out = add(out, mul(product(list(shape)), BYTES[p.dtype] if measure == "bytes" else 1))
    return out
