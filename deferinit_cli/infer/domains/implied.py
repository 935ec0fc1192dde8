"""Conditions over several symbols that others imply: a contract tells those only that say more.

Two proofs are tried. By equality alone: sums, products and quotients count as sizes of which nothing is known, and then
whether conditions hold depends only on which of these are equal to each other or to a number, so that all cases can be gone
through. And by substitution: a symbol that another condition equates with a term, or whose set of sizes is regular, is
replaced in the condition by what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from ...shapes.bounds import lower_bound
from ...shapes.evaluation import substitute
from ...shapes.expr import add, mul, sub
from ...shapes.intervals import Ranges
from ...shapes.normal import Expr, Term, symbol
from ...shapes.sets import PeriodicSet
from ...shapes.store import Clause
from ..propagation.bound_symbols import decide
from .conditions import free
from .lowest_terms import is_total, lowest

ATOMS = 4
"""So many different sizes take part in a proof by cases at most."""
NUMBERS = 3
"""So many different numbers."""
PREMISES = 40
"""So many other conditions."""


def needed(clauses: Sequence[Clause], sizes: Mapping[str, PeriodicSet]) -> list[Clause]:
    """The conditions in lowest terms, in their order, without those that the others and the symbols' sets imply."""
    regular = {name: line for name, s in sizes.items() if (line := as_line(name, s)) is not None}
    ranges = Ranges({name: (s.min or 1, s.max) if s.exact else (1, None) for name, s in sizes.items()})
    distinct: dict[tuple[Term, str, Term], Clause] = {}
    for c in map(lowest, clauses):
        if (c.right, c.op, c.left) not in distinct or c.op not in ("==", "|"):
            distinct.setdefault((c.left, c.op, c.right), c)
    simple_first = sorted((c for c in distinct.values() if not by_ranges(c, ranges)), key=lambda c: weight(c.left) + weight(c.right))
    kept: list[Clause] = []
    for c in simple_first:
        if not is_implied(c, kept, regular):
            kept.append(c)
    dropped: set[int] = set()
    for c in reversed(kept):
        if is_implied(c, (k for k in kept if k is not c and id(k) not in dropped), regular):
            dropped.add(id(c))
    left = set(map(id, kept)) - dropped
    return [c for c in distinct.values() if id(c) in left]


def weight(t: Term) -> int:
    return 0 if type(t) is int else t.size


def as_line(name: str, sizes: PeriodicSet) -> Term | None:
    """low + step*(x - 1) for the members of a set with one residue and no end; None for others, and for all sizes."""
    pieces = sizes.pieces
    if not sizes.exact or len(pieces) != 1 or pieces[0].high is not None or len(pieces[0].residues) != 1:
        return None
    low, step = pieces[0].low, pieces[0].modulus
    return None if low == step == 1 else add(mul(step, symbol(name)), low - step)


def is_implied(c: Clause, others: Iterable[Clause], regular: Mapping[str, Term]) -> bool:
    """Whether a condition surely holds wherever others do."""
    near = list(islice((o for o in others if not free(o).isdisjoint(free(c))), PREMISES))
    return by_cases(c, near) or by_substitution(c, near, regular)


def by_ranges(c: Clause, ranges: Ranges) -> bool:
    """Whether it holds for all sizes between the least and the largest of each symbol."""
    if c.op != ">=" or not (is_total(c.left) and is_total(c.right)):
        return False
    low = ranges.of(sub(c.left, c.right))[0]
    return low is not None and low >= 0


# ---- by substitution


def by_substitution(c: Clause, others: Sequence[Clause], regular: Mapping[str, Term]) -> bool:
    """Whether it holds whatever the symbols are once those that are equal to something are replaced by that."""
    equal: dict[str, Term] = {}
    for o in others:
        for a, b in ((o.left, o.right), (o.right, o.left)) if o.op == "==" else ():
            if type(a) is Expr and a.kind == "sym" and a.args[0] not in equal and is_free_of(b, {a.args[0], *equal}) and is_total(b):
                equal[a.args[0]] = b
                break
    for env in (equal, regular, {**regular, **{n: substitute(t, regular) for n, t in equal.items()}}):
        if not env:
            continue
        left, right = substitute(c.left, env), substitute(c.right, env)
        if is_total(left) and is_total(right):
            positive = c.op != "%" or type(right) is int or (lower_bound(right) or 0) >= 1
            if positive and decide(Clause(left, c.op, right, c.rule, c.why, c.slots), {}) is True:
                return True
    return False


def is_free_of(t: Term, names: set[str]) -> bool:
    return type(t) is int or names.isdisjoint(t.symbols)


# ---- by cases


def by_cases(c: Clause, others: Sequence[Clause]) -> bool:
    """Whether it holds in all cases in which the others do, as far as equality decides."""
    atoms, numbers = set[Expr](), {1}
    if not parts(c, atoms, numbers):
        return False
    premises: list[Clause] = []
    for o in others:
        more, counted = set(atoms), set(numbers)
        if parts(o, more, counted) and len(more) <= ATOMS and len(counted) <= NUMBERS:
            atoms, numbers = more, counted
            premises.append(o)
    if len(atoms) > ATOMS or len(numbers) > NUMBERS:
        return False
    names = sorted(atoms, key=lambda a: str(a.order))
    known = tuple(sorted(numbers))
    for case in cases(len(names), known):
        env = dict(zip(names, case))
        if all(holds(o, env) for o in premises) and not holds(c, env):
            return False
    return True


def parts(c: Clause, atoms: set[Expr], numbers: set[int]) -> bool:
    """Collect what is compared; False where more than equality matters."""
    if c.op not in ("==", "|"):
        return False
    return all(inner(t, atoms, numbers) for t in (c.left, c.right))


def inner(t: Term, atoms: set[Expr], numbers: set[int]) -> bool:
    if type(t) is int:
        numbers.add(t)
        return True
    if t.kind == "broadcast":
        return len(atoms) <= ATOMS and all(inner(x, atoms, numbers) for x in t.args)
    atoms.add(t)
    return is_total(t)


@cache
def cases(count: int, numbers: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Values that stand for all ways in which so many sizes can be equal to each other and to numbers."""
    return tuple(_cases(count, list(numbers), max(numbers) + 1))


def _cases(count: int, values: list[int], fresh: int) -> Iterator[tuple[int, ...]]:
    if not count:
        yield ()
        return
    for v in values:
        for rest in _cases(count - 1, values, fresh):
            yield (v, *rest)
    for rest in _cases(count - 1, [*values, fresh], fresh + 1):
        yield (fresh, *rest)


def holds(c: Clause, env: Mapping[Expr, int]) -> bool:
    memo: dict[Expr, int | None] = {}
    a, b = value(c.left, env, memo), value(c.right, env, memo)
    if a is None or b is None:
        return False
    return a == b or (c.op == "|" and (a == 1 or b == 1))


def value(t: Term, env: Mapping[Expr, int], memo: dict[Expr, int | None]) -> int | None:
    """What a term comes to in a case; None where sizes do not broadcast."""
    if type(t) is int:
        return t
    if t.kind != "broadcast":
        return env[t]
    if t not in memo:
        a, b = value(t.args[0], env, memo), value(t.args[1], env, memo)
        fits = a is not None and b is not None and (a == b or a == 1 or b == 1)
        memo[t] = (b if a == 1 else a) if fits else None
    return memo[t]
