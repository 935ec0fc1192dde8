"""The inverse: which input sizes and left-out arguments fit known shapes. All solutions, as boxes, or "undecided".

Propagation comes first: facts of a checkpoint are equalities like any other. What is left are equations over the
inputs' unknowns: exact one-axis sets, products of one-axis factors by divisors, and a bounded search for the rest.
Arguments that are no sizes (stride, padding, a pooling's kernel) are tried one by one, over all values that make a
difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..graph import Network, Parameter
from ..problems import Diagnostic, Span
from ..shapes import rows
from ..shapes.expr import Expr, factors
from ..shapes.sets import PeriodicSet, solutions
from ..shapes.store import Clause, Fact
from .contract import axis, clause_text, free, holds, unknowns, valid_sizes
from .diagnose import diagnostics
from .engine import Inference
from .open_arguments import Opening, candidates, openings, replaced
from .resolved import Resolved

BUDGET = 100_000
"""Nodes that the search may look at before it says "undecided"."""
BOXES = 10_000


class Target:
    """A shape known from outside: of a parameter or a value, by name; None where it is not known."""

    __slots__ = ("dims", "name", "span")

    def __init__(self, name: str, dims: tuple[int | None, ...], span: Span) -> None:
        self.name = name
        self.dims = dims
        self.span = span


class Box:
    """One family of solutions: inclusive ranges per symbol (high None: unbounded) and values of arguments."""

    __slots__ = ("arguments", "shapes", "symbols")

    def __init__(self, symbols: dict[str, tuple[int, int | None]], arguments: dict[str, Any]) -> None:
        self.symbols = symbols
        self.arguments = arguments
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
        settle(resolved, arguments, solution, budget)
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


def settle(resolved: Resolved, arguments: dict[str, Any], solution: Solution, budget: list[int]) -> None:
    """The boxes of one choice of arguments."""
    places = unknowns(resolved)
    single: dict[str, list[Clause]] = {name: [] for name in places}
    several: list[Clause] = []
    for clause in resolved.store.clauses:
        names = free(clause.left) | free(clause.right)
        if len(names) == 1:
            single.setdefault(next(iter(names)), []).append(clause)
        elif names:
            several.append(clause)
    sets = {name: axis(name, *places[name], single[name]).sizes for name in places}
    for name, found in sets.items():
        if found.empty:
            solution.failures = solution.failures or [no_size(name, single[name])]
            return
        if not found.exact:
            solution.doubt(f"the sizes of {name} are not known exactly")
    solution.resolved = solution.resolved or resolved
    named = {**arguments, **size_arguments(resolved)}
    for ranges in boxes(sets, several, solution, budget):
        box = Box(ranges, named)
        box.shapes = shapes(resolved, ranges)
        solution.boxes.append(box)
    if not solution.boxes and several and not solution.failures:
        solution.failures = [Diagnostic("no-solution", f"no sizes satisfy {clause_text(c)}", None) for c in several[:3]]


def no_size(name: str, clauses: list[Clause]) -> Diagnostic:
    """Which clause leaves a symbol without a size."""
    from .explain import span_of

    running = PeriodicSet.all_from(1)
    for clause in clauses:
        running = running.intersect(valid_sizes(clause, name))
        if running.empty:
            return Diagnostic("no-solution", f"no {name} satisfies {clause_text(clause)}", span_of(clause.why))
    return Diagnostic("no-solution", f"no {name} fits")


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


def boxes(
    sets: dict[str, PeriodicSet], clauses: list[Clause], solution: Solution, budget: list[int]
) -> Iterator[dict[str, tuple[int, int | None]]]:
    """The members of the product of one-axis sets that satisfy the clauses, as boxes."""
    clauses = [c for c in clauses if not satisfied(c, sets)]
    if not clauses:
        yield from spread(sets, solution, budget)
        return
    clause = min(clauses, key=lambda c: len(free(c.left) | free(c.right)))
    rest = [c for c in clauses if c is not clause]
    splits = by_divisors(clause, sets)
    if splits is not None:
        for narrowed in splits:
            budget[0] -= 1
            if budget[0] < 0:
                return solution.doubt(f"too many ways to satisfy {clause_text(clause)}")
            yield from boxes({**sets, **narrowed}, rest, solution, budget)
        return
    yield from search(clause, rest, sets, solution, budget)


def satisfied(clause: Clause, sets: dict[str, PeriodicSet]) -> bool:
    """Whether a clause is decided and true once the one-size symbols are filled in."""
    env = {n: s.only for n, s in sets.items() if s.only is not None}
    names = free(clause.left) | free(clause.right)
    return names <= env.keys() and holds(clause, env)


def by_divisors(clause: Clause, sets: dict[str, PeriodicSet]) -> list[dict[str, PeriodicSet]] | None:
    """A product of one-symbol factors equal to a number: one narrowing per ordered split into divisors."""
    left, right = (clause.left, clause.right) if type(clause.right) is int else (clause.right, clause.left)
    if clause.op != "==" or type(right) is not int or type(left) is not Expr:
        return None
    coefficient, parts = factors(left)
    grouped: dict[str, list[Any]] = {}
    for part in parts:
        if len(part.symbols) != 1:
            return None
        grouped.setdefault(next(iter(part.symbols)), []).append(part)
    if right % coefficient:
        return []
    found: list[dict[str, PeriodicSet]] = [{}]
    remaining = [right // coefficient]
    names = list(grouped)
    for k, name in enumerate(names):
        last = k == len(names) - 1
        next_found, next_remaining = [], []
        for partial, whole in zip(found, remaining):
            for d in [whole] if last else divisors(whole):
                own = sets[name]
                for solved in power_sets(grouped[name], d, name):
                    narrowed = own.intersect(solved)
                    if not narrowed.empty:
                        next_found.append({**partial, name: narrowed})
                        next_remaining.append(whole // d)
        found, remaining = next_found, next_remaining
    return found


def power_sets(parts: list[Any], value: int, name: str) -> list[PeriodicSet]:
    """The sizes for which the product of factors over one symbol is a value."""
    whole = parts[0]
    if len(parts) > 1:
        from ..shapes.expr import product

        whole = product(parts)
    return [solutions(whole, "==", value, name)]


def divisors(n: int) -> list[int]:
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0] if n > 0 else []
    return small + [n // d for d in reversed(small) if d * d != n]


def search(
    clause: Clause, rest: list[Clause], sets: dict[str, PeriodicSet], solution: Solution, budget: list[int]
) -> Iterator[dict[str, tuple[int, int | None]]]:
    """Fix one symbol at a time, the one with the fewest sizes first."""
    names = sorted(free(clause.left) | free(clause.right))
    open_names = [n for n in names if sets[n].only is None]
    if not open_names:
        if holds(clause, {n: sets[n].only or 0 for n in names}):
            yield from boxes(sets, rest, solution, budget)
        return
    if len(open_names) == 1:
        from ..shapes.reading import substitute

        env: dict[str, Any] = {n: sets[n].only for n in names if n != open_names[0]}
        narrowed = Clause(substitute(clause.left, env), clause.op, substitute(clause.right, env), clause.rule, clause.why, ())
        if type(narrowed.left) is Expr or type(narrowed.right) is Expr:
            allowed = sets[open_names[0]].intersect(valid_sizes(narrowed, open_names[0]))
            if not allowed.empty:
                yield from boxes({**sets, open_names[0]: allowed}, rest, solution, budget)
        elif holds(narrowed, {}):
            yield from boxes(sets, rest, solution, budget)
        return
    finite = [n for n in open_names if sets[n].max is not None]
    if not finite:
        return solution.doubt(f"undecided: {clause_text(clause)}")
    name = min(finite, key=lambda n: sets[n].max or 0)
    for x in sets[name].members():
        budget[0] -= 1
        if budget[0] < 0:
            return solution.doubt(f"undecided: {clause_text(clause)}")
        yield from boxes({**sets, name: PeriodicSet.interval(x, x)}, [clause, *rest], solution, budget)


def spread(sets: dict[str, PeriodicSet], solution: Solution, budget: list[int]) -> Iterator[dict[str, tuple[int, int | None]]]:
    """Sets as boxes: each symbol's runs of consecutive sizes, combined."""
    partial: list[dict[str, tuple[int, int | None]]] = [{}]
    for name, sizes in sets.items():
        runs = sizes.runs(BOXES)
        if runs is None:
            solution.doubt(f"the sizes of {name} have no end: {sizes.text(name)}")
            runs = sizes.runs(BOXES, limit=sizes.period * 4) or []
        budget[0] -= len(runs) * len(partial)
        if budget[0] < 0:
            return solution.doubt("too many boxes")
        partial = [{**p, name: run} for p in partial for run in runs]
    yield from partial


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
