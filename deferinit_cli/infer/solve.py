"""The inverse: which input sizes and left-out arguments fit known shapes. All solutions, as boxes, or "undecided".

Propagation comes first: facts of a checkpoint are equalities like any other. What is left are equations over the
inputs' unknowns: exact one-axis sets, products of one-axis factors by divisors, and a bounded search for the rest.
Arguments that are no sizes (stride, padding, a pooling's kernel) are tried one by one, over all values that make a
difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as combinations
from typing import Any

from ..graph import Network, Parameter
from ..problems import Diagnostic, Span
from ..shapes import rows, telling
from ..shapes.polynomials import Span as Span_
from ..shapes.sets import PeriodicSet
from ..shapes.store import Clause, Fact
from .boxes import Family, Relate, Search
from .contract import axis, clause_text, sorted_clauses, unknowns, valid_sizes
from .diagnose import diagnostics
from .engine import Inference
from .explain import span_of
from .open_arguments import Opening, candidates, openings, replaced
from .resolved import Resolved

BUDGET = 100_000
"""Nodes that the search may look at before it says "undecided"."""
BOXES = 10_000
RUNS = 100
"""More stretches of one symbol than this are told by residues, where they are regular."""


class Target:
    """A shape known from outside: of a parameter or a value, by name; None where it is not known."""

    __slots__ = ("dims", "name", "span")

    def __init__(self, name: str, dims: tuple[int | None, ...], span: Span) -> None:
        self.name = name
        self.dims = dims
        self.span = span


class Box:
    """One family of solutions: inclusive ranges per symbol (high None: unbounded) and values of arguments."""

    __slots__ = ("arguments", "conditions", "shapes", "symbols")

    def __init__(self, symbols: dict[str, Span_], arguments: dict[str, Any], conditions: list[str]) -> None:
        self.symbols = symbols
        self.arguments = arguments
        self.conditions = conditions  # that sizes in the ranges satisfy besides
        self.shapes: dict[str, list[tuple[int, int | None]]] = {}

    @property
    def count(self) -> int | None:
        """How many sizes it holds; None when there is no end."""
        total = 1
        for low, high in self.symbols.values():
            if high is None:
                return None
            total *= high - low + 1
        return total


class Solution:
    """All boxes, best first. `decided` False: there may be more, for the reason in `undecided`."""

    __slots__ = ("boxes", "decided", "failures", "openings", "resolved", "undecided")

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.decided = True
        self.undecided: list[str] = []
        self.failures: list[Diagnostic] = []
        self.resolved: Resolved | None = None
        self.openings: list[Opening] = []

    def doubt(self, reason: str) -> None:
        self.decided = False
        if reason not in self.undecided:
            self.undecided.append(reason)


class _Constrained(Inference):
    """Inference with shapes known from outside stated as facts."""

    def __init__(self, network: Network, targets: Sequence[Target]) -> None:
        super().__init__(network, ())
        self.targets = targets

    def finish(self) -> None:
        """State the targets once all layers have had their say."""
        by_name = {p.name: p for p in self.network.parameters}
        for target in self.targets:
            row = self.row_of(target.name, by_name)
            slots = tuple(
                self.store.new() if d is None else self.store.new(d, Fact(target, k)) for k, d in enumerate(target.dims)
            )
            if row is not None:
                rows.unify(row, slots, self.store, target)
        self.settle()

    def row_of(self, name: str, by_name: dict[str, Parameter]) -> Any:
        if name in by_name:
            return self.tensor(by_name[name])
        value = self.network.names.get(name)
        if value is None and name == "output" and len(self.network.outputs) == 1:
            value = self.network.outputs[0][1]
        return None if value is None else self.values[value]


def known_names(network: Network) -> set[str]:
    """What a target may name."""
    names = {p.name for p in network.parameters} | set(network.names)
    return names | {"output"} if len(network.outputs) == 1 else names


def solve(network: Network, targets: Sequence[Target]) -> Solution:
    """Every input size and left-out argument that fits the targets."""
    solution = Solution()
    opened = openings(network)
    solution.openings = opened
    budget = [BUDGET]
    for resolved, arguments in attempts(network, targets, opened, solution, budget):
        settle(resolved, arguments, solution, Search(budget[0]))
        if len(solution.boxes) > BOXES:
            solution.doubt(f"more than {BOXES} families of solutions")
            break
    if solution.boxes:
        solution.failures = []
    solution.boxes.sort(key=rank_of)
    return solution


def attempts(
    network: Network, targets: Sequence[Target], opened: list[Opening], solution: Solution, budget: list[int]
) -> Iterator[tuple[Resolved, dict[str, Any]]]:
    """Networks with every open argument given a value, pruned as soon as a fact is contradicted."""
    stack: list[tuple[Network, dict[str, Any], list[Opening]]] = [(network, {}, opened)]
    while stack:
        net, chosen, left = stack.pop()
        budget[0] -= 1
        if budget[0] < 0:
            solution.doubt("the search over left-out arguments is too large")
            return
        resolved = _Constrained(net, targets).run()
        if resolved.conflicts:
            if not solution.failures:
                solution.failures = diagnostics(resolved)
            continue
        if not left:
            yield resolved, chosen
            continue
        opening, values, complete = candidates(resolved, left)
        if not complete:
            solution.doubt(f"{opening.name} is only tried up to {values[-1] if values else 'nothing'}: nothing bounds it")
        rest = [o for o in left if o is not opening]
        for v in reversed(values):
            stack.append((replaced(net, opening, v), {**chosen, opening.name: v}, rest))


def settle(resolved: Resolved, arguments: dict[str, Any], solution: Solution, search: Search) -> None:
    """The boxes of one choice of arguments."""
    places = unknowns(resolved)
    single, several = sorted_clauses(resolved)
    sets = {name: axis(name, *places[name], single.get(name, [])).sizes for name in places}
    for name, found in sets.items():
        if found.empty:
            solution.failures = solution.failures or [no_size(name, single[name])]
            return
        if not found.exact:
            solution.doubt(f"the sizes of {name} are not known exactly")
    solution.resolved = solution.resolved or resolved
    named = {**arguments, **size_arguments(resolved)}
    families = search.families(sets, [Relate(c, c.left, c.right) for c in several])
    for clause in search.doubts:
        solution.doubt(f"undecided: {clause_text(clause.left, clause.op, clause.right)}")
    for family in families:
        for ranges, conditions in spread(family):
            box = Box(ranges, named, conditions)
            box.shapes = shapes(resolved, ranges)
            solution.boxes.append(box)
    if not families and several and not solution.failures and not search.doubts:
        solution.failures = [
            Diagnostic("no-solution", f"no sizes satisfy {clause_text(c.left, c.op, c.right)}", span_of(c.why))
            for c in several[:3]
        ]


def no_size(name: str, clauses: list[Clause]) -> Diagnostic:
    """Which clause leaves a symbol without a size."""
    running = PeriodicSet.interval(1)
    for clause in clauses:
        running = valid_sizes(clause, name, running)
        if running.empty:
            return Diagnostic(
                "no-solution", f"no {name} satisfies {clause_text(clause.left, clause.op, clause.right)}", span_of(clause.why)
            )
    return Diagnostic("no-solution", f"no {name} fits")


def spread(family: Family) -> Iterator[tuple[dict[str, Span_], list[str]]]:
    """A family as boxes: each symbol's runs of consecutive sizes, or regular pieces with their residues, combined."""
    columns = []
    for name, sizes in family.sets.items():
        runs = sizes.runs(RUNS)
        if runs is not None:
            columns.append([(name, run, "") for run in runs])
        else:
            columns.append([
                (name, (p.low, p.high), telling.congruence(p, name) if p.modulus > 1 else "") for p in sizes.pieces
            ])  # fmt: skip
    kept = [clause_text(c.left, c.op, c.right) for c in family.conditions]
    for chosen in combinations(*columns):
        yield {name: run for name, run, _ in chosen}, [*(c for _, _, c in chosen if c), *kept]


def size_arguments(resolved: Resolved) -> dict[str, Any]:
    """Sizes that were left out in the spec and have been found: `dense0.units`."""
    from ..shapes.dims import UNKNOWN

    out: dict[str, Any] = {}
    for node in resolved.network.nodes:
        frame = resolved.frames[node.index]
        if frame is None or node.shares is not None:
            continue
        for name, argument in node.layer.arguments.items():
            written = getattr(node.layer, name)
            if written is UNKNOWN and (argument.required or argument.default is not UNKNOWN):
                found = [
                    resolved.store.known(frame.axes[key])
                    for key in (name, *(f"{name}.{i}" for i in range(3)))
                    if key in frame.axes
                ]
                if found and all(type(v) is int for v in found):
                    out[f"{node.name}.{name}"] = found[0] if len(set(found)) == 1 else tuple(found)
    return out


def shapes(resolved: Resolved, ranges: dict[str, tuple[int, int | None]]) -> dict[str, list[tuple[int, int | None]]]:
    """The ranges of every input's axes."""
    out = {}
    for entry in resolved.network.inputs:
        shape = resolved.shape(entry.value)
        if shape is not None:
            out[entry.name] = [(t, t) if type(t) is int else ranges.get(str(next(iter(t.symbols))), (1, None)) for t in shape]
    return out


def rank_of(box: Box) -> tuple[Any, ...]:
    """Square images, small strides and usual sizes first; stable, and no more than an order to read in."""
    square = square_of(box)
    awkward = 0 if square is None else sum(1 for low, high in [square] if not any(low <= s <= (high or s) for s in USUAL))
    numbers = [n for v in box.arguments.values() for n in (v if isinstance(v, tuple) else (v,)) if isinstance(n, int)]
    return (square is None, sum(numbers), awkward, max((low for low, _ in box.symbols.values()), default=0),
            sorted(box.symbols.items(), key=str))  # fmt: skip


USUAL = (28, 32, 64, 96, 128, 224, 256, 299, 384, 512)


def square_of(box: Box) -> tuple[int, int | None] | None:
    """The sizes that the last two axes of the first image-like input share, if any."""
    for ranges in box.shapes.values():
        if len(ranges) >= 4:
            (a, b), (c, d) = ranges[-2], ranges[-1]
            low = max(a, c)
            high = b if d is None else d if b is None else min(b, d)
            return (low, high) if high is None or low <= high else None
    return None
