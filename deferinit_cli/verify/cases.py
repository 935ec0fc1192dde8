"""What is wrong with one case: it is inferred by itself, and what it expects is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from ..graph import Network
from ..infer.propagation.resolved import Resolved
from ..language.builder.checks import Check, Expected, whole
from ..language.expressions.values import Located
from ..layers.core.numeric_arguments import Dims
from ..problems import Diagnostic, Problem, Span
from ..report.shape_text import tuple_text
from ..report.totals import BYTES
from ..shapes.bounds import compare
from ..shapes.dims import REST, UNKNOWN, Sym, symbols
from ..shapes.expr import add, mul, product
from ..shapes.expression_text import text
from ..shapes.normal import Expr
from ..shapes.written_terms import NoSize, Undivided, term
from ..spelling import suggest


def judge(check: Check, net: Network, resolved: Resolved | None, found: list[Diagnostic]) -> list[Diagnostic]:
    """What is wrong with a case of the spec's own, given what inference found; nothing when it passes."""
    if check.error is not None:
        return expect_error(check, found)
    if found or resolved is None:
        return found
    parameters = {p.name: p for p in net.parameters}
    pairs = outputs_of(check, net, resolved)
    pairs += [named(e, net.names, resolved, "value") for e in check.shapes]
    pairs += [named(e, parameters, resolved, "parameter") for e in check.weights]
    sizes = Sizes(net, resolved)
    problems = compare_shapes(check, pairs, sizes)
    return (problems or sizes.idle(check)) + compare_numbers(check, resolved)


def expect_error(check: Check, found: list[Diagnostic]) -> list[Diagnostic]:
    """A case that must be rejected, with this rule."""
    rules = list(dict.fromkeys(d.rule for d in found))
    if check.error in rules:
        return []
    from .rules import known

    if check.error not in (names := known()):
        return [Diagnostic("check-error", f"{check.name}: no rule is called '{check.error}'", check.error_span,
                           found=", ".join(rules), help=suggest(str(check.error), names))]  # fmt: skip
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
        "unknown-name",
        f"no {what} is called '{e.name}'",
        e.key or e.span,
        found=e.name,
        expected=", ".join(islice(known, 50)),
        help=suggest(e.name, known),
    )


class Sizes:
    """What expected dims may mention: the spec's variables, and its symbols as the inputs have bound them.

    A symbol that nothing has bound is the size that it is first met with, in the whole case.
    """

    def __init__(self, network: Network, resolved: Resolved) -> None:
        self.values = network.variables
        self.resolved = resolved
        self.met: dict[str, Any] = {}
        self.places: dict[str, list[Span]] = {}  # of the symbols met so

    def idle(self, check: Check) -> list[Diagnostic]:
        """Symbols that are compared with nothing: a misspelt one would pass for any size."""
        return [
            Diagnostic("unbound-symbol", f"{check.name}: nothing else is {name}, so it is not checked", places[0], found=name,
                       help="write _ for any size")
            for name, places in self.places.items()
            if len(places) == 1
        ]  # fmt: skip

    def has_variable(self, name: str) -> bool:
        return name in self.values

    def variable(self, name: str) -> Any:
        if name not in self.values:
            raise Problem("unknown-name", f"unknown name '{name}'", help=suggest(name, self.values))
        return self.values[name]

    def symbol(self, name: str) -> Any:
        return Sym(name, 0)

    def term(self, size: Any) -> Any:
        """A size as written, as a term; None for `_` and for a symbol that nothing has bound."""
        return None if size is UNKNOWN else term(size, self.value)

    def value(self, sym: Sym) -> Any:
        return self.met[sym.name] if sym.name in self.met else self.resolved.symbol(sym.name)


def compare_shapes(check: Check, pairs: Sequence[Pair], sizes: Sizes) -> list[Diagnostic]:
    """What does not hold: first symbols are bound, in order, then every size is compared."""
    out = [shape for _, shape in pairs if isinstance(shape, Diagnostic)]
    todo = []
    for e, shape in pairs:
        if not isinstance(shape, Diagnostic):
            found = written(check, e, shape, sizes)
            if isinstance(found, Diagnostic):
                out.append(found)
            else:
                todo.append((e, shape, found))
    return out + [d for e, shape, dims in todo if (d := compare_one(check, e, shape, dims, sizes)) is not None]


Axes = list[tuple[int, Any, Span]]
"""Expected sizes: the axis, the size as written, and where."""


def written(check: Check, e: Expected, shape: Any, sizes: Sizes) -> Axes | Diagnostic:
    """The sizes that a case expects of a shape, computed; binds the symbols that it is the first to meet."""
    what = e.name or "output"
    if shape is None:
        return Diagnostic("check-shape", f"{check.name}: the rank of {what} is not known", e.span, help="give an input")
    size = Dims("a shape")
    size.name = "the shape"
    dims = []
    for code, place in zip(e.codes, e.spans):
        try:
            dims.append(size.accept([code.get(sizes)])[0])
        except (Located, Problem) as found:
            p = found.problem if isinstance(found, Located) else found
            return Diagnostic(p.rule, p.message, place, found=p.found, expected=p.expected, help=p.help)
    count = len(dims) - (REST in dims)
    if len(shape) != count and not (REST in dims and len(shape) > count):
        least = "at least " if REST in dims else ""
        return Diagnostic("check-shape", f"{check.name}: {what} has {len(shape)} dims, {least}{count} are expected", e.span,
                          found=shown(shape), expected=f"{least}{count} dims")  # fmt: skip
    behind = dims.index(REST) if REST in dims else len(dims)
    out = []
    for k, (dim, place) in enumerate(zip(dims, e.spans)):
        axis = k if k < behind else k - len(dims) + len(shape)
        if dim is REST:
            continue
        if type(dim) is Sym and sizes.term(dim) is None and shape[axis] is not None:
            sizes.met[dim.name] = shape[axis]
            sizes.places[dim.name] = []
        for sym in symbols(dim):
            if sym.name in sizes.places:
                sizes.places[sym.name].append(place)
        out.append((axis, dim, place))
    return out


def compare_one(check: Check, e: Expected, shape: Any, dims: Axes, sizes: Sizes) -> Diagnostic | None:
    """The first size that is not the one expected, or of which that cannot be told."""
    what = e.name or "output"
    for axis, dim, place in dims:
        if dim is UNKNOWN:
            continue
        try:
            want = sizes.term(dim)
        except (NoSize, Undivided) as e:
            return Diagnostic("check-shape", f"{check.name}: {dim} is no size in this case", place, found=str(e))
        if want is None and shape[axis] is not None:
            names = ", ".join(sorted(s.name for s in symbols(dim) if sizes.term(s) is None))
            return Diagnostic("unbound-symbol", f"{check.name}: nothing in this case gives {names} a size", place, found=str(dim))
        if want is None or shape[axis] is None:
            return Diagnostic("check-shape", f"{check.name}: axis {axis} of {what} is not known", place, found=shown(shape),
                              expected=str(dim) if want is None else show(want), help="give the case an input, or write _ for any size")  # fmt: skip
        if compare(shape[axis], want) is not True:
            return Diagnostic("check-shape", f"{check.name}: {what} is {shown(shape)}", place,
                              found=f"{show(shape[axis])} at axis {axis}", expected=show(want))  # fmt: skip
    return None


def show(term: Any) -> str:
    return "?" if term is None else text(term) if type(term) is Expr else str(term)


def shown(shape: Any) -> str:
    return tuple_text([show(t) for t in shape])


def compare_numbers(check: Check, resolved: Resolved) -> list[Diagnostic]:
    """Exact counts and budgets."""
    out = []
    totals: dict[str, Any] = {}
    for key, (code, span) in check.numbers.items():
        try:
            number = whole(key, code, code.get(Sizes(resolved.network, resolved)))
        except Located as e:
            out.append(Diagnostic(e.problem.rule, e.problem.message, span, found=e.problem.found, expected=e.problem.expected))
            continue
        measure = key.removeprefix("max_")
        if measure not in totals:
            totals[measure] = total(resolved, measure)
        have = totals[measure]
        if type(have) is not int:
            rule = "check-params" if key == "params" else "check-budget"
            out.append(Diagnostic(rule, f"{check.name}: {measure} = {show(have)}, which is no number yet", span,
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
