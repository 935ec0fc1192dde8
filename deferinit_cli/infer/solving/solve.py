"""The inverse: which input sizes and left-out arguments fit known shapes. All solutions, as boxes, or "undecided".

Propagation comes first: facts of a checkpoint are equalities like any other. Arguments that are no sizes (stride, padding,
the number of layers) are tried one by one, over all values that make a difference. What is left are conditions on the
inputs' sizes: exact sets, divisors, a bounded search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as combinations
from typing import Any

from ...graph import Given, Network, Node
from ...layers.core.numeric_arguments import Dims, Size
from ...problems import Diagnostic
from ...shapes.dims import UNKNOWN
from ...shapes.expression_text import text
from ...shapes.intervals import Ranges
from ...shapes.normal import Expr
from ...shapes.sets import PeriodicSet, Piece
from ...shapes.store import Clause
from ..conflicts.diagnose import diagnostics
from ..derivation.explain import span_of
from ..domains.conditions import clause_text
from ..domains.contract import axis, sorted_clauses, unknowns, valid_sizes
from ..domains.domain_reduction import Relate
from ..domains.search import BUDGET, Family, Search
from ..domains.undetermined import amounts
from ..domains.undetermined import sizes as unsaid
from ..propagation.open_arguments import Opening, candidates, openings, replaced, unknown_paths
from ..propagation.resolved import Resolved
from .solution import Box, Range, Solution, Value, merged
from .targets import Constrained, Target, known_names, matched

BOXES = 10_000
RUNS = 100
"""More stretches of one symbol than this are told by residues, where they are regular."""
INFERENCE, LAYER = 10, 2
"""Steps of the search that one more inference costs, and each layer in it: they take about as long."""


class Solver:
    """One question: a network, the facts known of it, and the effort spent on the answer so far."""

    def __init__(self, network: Network, targets: Sequence[Target], given: Sequence[Given], complete: bool) -> None:
        self.network = network
        self.targets = targets
        self.given = given
        self.known = {t.name: t.dims for t in targets}
        self.complete = complete
        self.solution = Solution()
        self.budget = BUDGET
        self.tried = 0

    def run(self, apart: bool) -> Solution:
        """All solutions; `apart`: each copy of a layer may have arguments of its own."""
        solution = self.solution = Solution()
        solution.openings = openings(self.network, apart)
        for resolved, arguments in self.attempts(solution.openings):
            self.settle(resolved, arguments)
            if len(solution.boxes) > BOXES:
                solution.doubt(f"more than {BOXES} families of solutions")
                break
        if solution.boxes:
            solution.failures = []
        elif self.tried > 1 and solution.failures:
            solution.failures.append(Diagnostic(
                "no-solution", f"none of the {self.tried} combinations of {', '.join(o.name for o in solution.openings)} fits"
            ))  # fmt: skip
        solution.boxes = sorted(merged(solution.boxes), key=Box.rank)
        return solution

    def attempts(self, opened: list[Opening]) -> Iterator[tuple[Resolved, dict[str, Any]]]:
        """Networks with every open argument given a value, pruned as soon as a fact is contradicted."""
        solution = self.solution
        stack: list[tuple[Network, dict[str, Any], list[Opening]]] = [(self.network, {}, opened)]
        while stack:
            net, chosen, left = stack.pop()
            self.budget -= INFERENCE + LAYER * len(net.nodes)
            if self.budget < 0:
                return solution.doubt("the search over left-out arguments is too large")
            inference = Constrained(net, self.targets, self.given)
            resolved = inference.run()
            if resolved.conflicts or (inference.rejected and not left):
                self.tried += not left or len(stack) == 0
                if not solution.failures:
                    solution.failures = diagnostics(resolved) or [nothing_called(t) for t in inference.rejected]
                continue
            if not left:
                self.tried += 1
                yield resolved, chosen
                continue
            opening, values, complete = candidates(resolved, left, self.known, self.complete)
            if not complete:
                shown = f"only tried up to {values[-1]}" if values else "not tried"
                solution.doubt(f"{opening.name} is {shown}: nothing bounds it")
            rest = [o for o in left if o is not opening]
            if not values and not solution.failures:
                solution.failures = [no_value(opening)]
            for v in reversed(values):
                names = dict.fromkeys(opening.names, v)
                stack.append((replaced(net, opening, v), {**chosen, **names}, rest))

    def settle(self, resolved: Resolved, arguments: dict[str, Any]) -> None:
        """The boxes of one choice of arguments."""
        solution = self.solution
        waiting = amounts(resolved)
        if waiting:  # sizes that hang on a quotient which no formula says
            for words in waiting:
                solution.doubt(words)
            return
        places = unknowns(resolved)
        single, several = sorted_clauses(resolved)
        sets = {name: axis(name, *places[name], single.get(name, [])).sizes for name in places}
        for name, found in sets.items():
            if found.empty and found.exact:
                solution.failures = solution.failures or [no_size(name, single[name])]
                return
            if not found.exact:
                solution.doubt(f"the sizes of {name} are not known exactly")
        search = Search(self.budget)
        families = search.families(sets, [Relate(c, c.left, c.right) for c in several])
        self.budget = search.budget
        for clause in search.doubts:
            solution.doubt(f"undecided: {clause_text(clause.left, clause.op, clause.right)}")
        for name in unsaid(resolved):
            solution.doubt(f"{name} is not known, and sizes hang on it")
        if families:
            solution.resolved = solution.resolved or resolved
        elif several and not solution.failures and not search.doubts:
            solution.failures = [no_sizes(c) for c in several[:3]]
        odd = sum(n.layer.oddity() for o in solution.openings for n in (resolved.network.nodes[m.index] for m in o.nodes))
        for family in families:
            for pieces in spread(family):
                box = Box(pieces, {**arguments, **sizes_found(resolved, pieces)}, family.conditions, odd)
                box.shapes = shapes(resolved, pieces)
                solution.boxes.append(box)


def solve(network: Network, targets: Sequence[Target], given: Sequence[Given] = (), complete: bool = False) -> Solution:
    """Every input size and left-out argument that fits the targets. `complete`: they are all the tensors there are.

    What is written once has one value; only where no value fits all copies may they differ.
    """
    solver = Solver(network, targets, given, complete)
    solution = solver.run(apart=False)
    if not solution.boxes and any(len(o.nodes) > 1 for o in solution.openings):
        apart = solver.run(apart=True)
        if apart.boxes:
            return apart
        for reason in apart.undecided:
            solution.doubt(reason)
    return solution


def nothing_called(t: Target) -> Diagnostic:
    return Diagnostic("no-solution", f"no layer has a tensor called {t.name}", t.span)


def no_value(opening: Opening) -> Diagnostic:
    span = opening.nodes[0].place.args.get(opening.argument) or opening.nodes[0].place.span
    return Diagnostic("no-solution", f"no value of {opening.name} fits", span)


def no_sizes(c: Clause) -> Diagnostic:
    return Diagnostic("no-solution", f"no sizes satisfy {clause_text(c.left, c.op, c.right)}", span_of(c.why))


def no_size(name: str, clauses: list[Clause]) -> Diagnostic:
    """Which clause leaves a symbol without a size."""
    running = PeriodicSet.interval(1)
    for c in clauses:
        narrower = valid_sizes(c, name, running)
        if narrower.empty:
            said = clause_text(c.left, c.op, c.right)
            return Diagnostic("no-solution", f"no {name} satisfies {said}", span_of(c.why))
        running = narrower
    return Diagnostic("no-solution", f"no {name} fits")


def spread(family: Family) -> Iterator[dict[str, Piece]]:
    """A family as boxes: each symbol's stretches of consecutive sizes, or regular pieces, combined."""
    columns = []
    for name, own in family.sets.items():
        runs = own.runs(RUNS)
        pieces = own.pieces if runs is None else [Piece(low, high, 1, (0,)) for low, high in runs]
        columns.append([(name, p) for p in pieces])
    for chosen in combinations(*columns):
        yield dict(chosen)


def sizes_found(resolved: Resolved, pieces: dict[str, Piece]) -> dict[str, Value]:
    """Sizes that were left out in the spec: as found, as a formula over the inputs' sizes, or any where nothing tells."""
    ranges = Ranges({n: (p.low, p.high) for n, p in pieces.items()})
    out: dict[str, Value] = {}
    for node in resolved.network.nodes:
        frame = resolved.frames[node.index]
        if frame is None or node.shares is not None:
            continue
        for name in left_out(node):
            slot = frame.axes.get(name)
            if type(slot) is not int:
                continue
            v = resolved.store.known(slot)
            if v is None:
                out[f"{node.name}.{name}"] = Range(1, None, "any size")
            elif type(v) is Expr:
                low, high = ranges.of(v)
                out[f"{node.name}.{name}"] = Range(max(low or 1, 1), high, text(v))
            else:
                out[f"{node.name}.{name}"] = v
    return out


def left_out(node: Node) -> list[str]:
    """The axes of a layer that are sizes written as `_`."""
    return node.layer.memo("_left_out", lambda: list(_left_out(node)))  # type: ignore[no-any-return]


def _left_out(node: Node) -> Iterator[str]:
    for name, argument in node.layer.arguments.items():
        written = getattr(node.layer, name)
        if isinstance(argument, Size) and written is UNKNOWN and (argument.required or argument.default is not UNKNOWN):
            yield name
        elif isinstance(argument, Dims) and not node.layer.ports:  # a bare tensor's shape
            yield from (f"{name}.{path[0]}" for path in unknown_paths(written))


def shapes(resolved: Resolved, pieces: dict[str, Piece]) -> dict[str, list[Range | None]]:
    """The ranges of every input's axes."""
    ranges = Ranges({n: (p.low, p.high) for n, p in pieces.items()})

    def side(slots: Sequence[int]) -> list[Range | None]:
        sides = [ranges.of(resolved.store.known(s)) for s in slots]
        return [Range(low or 1, high) for low, high in sides]

    out: dict[str, list[Range | None]] = {}
    for entry in resolved.network.inputs:
        row = resolved.row(entry.value)
        out[entry.name] = side(row) if isinstance(row, tuple) else [*side(row.prefix), None, *side(row.suffix)]
    return out


__all__ = ["Solution", "Solver", "Target", "known_names", "matched", "solve"]
