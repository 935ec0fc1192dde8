"""What an invalid size could have been: the broken condition and the nearest valid sizes below and above."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph import Given, Network
from ...problems import Diagnostic
from ...shapes.evaluation import substitute
from ...shapes.sets import PeriodicSet
from ...shapes.solving import solutions
from .conditions import Condition, Env, free
from .contract import Contract, contract
from .domain_reduction import Relate
from .search import Search

LOOKED_AT = 2000
"""Steps of a search for sizes near those given."""


def advise(network: Network, given: Sequence[Given], found: list[Diagnostic]) -> None:
    """Add the contract's answer to the first diagnostic of a network that would take other sizes."""
    answer = contract(network)
    if answer.resolved.conflicts or not found:
        return
    env = sizes_given(answer, given)
    said = [line for a in answer.axes if a.symbol in env and (line := beside(answer, a.symbol, env))]
    if not said and len(env) == len(answer.axes):
        said = together(answer, answer.broken(env), env)
    if said:
        found[0].help = "; ".join([*([found[0].help] if found[0].help else []), *said])


def sizes_given(answer: Contract, given: Sequence[Given]) -> Env:
    """The sizes of the contract's symbols that were given as numbers."""
    shapes = {g.name: g.dims for g in given}
    env = {}
    for a in answer.axes:
        dims = shapes.get(a.input.name)
        if dims is not None and a.place is not None and -len(dims) <= a.place < len(dims):
            size = dims[a.place]
            if type(size) is int:
                env[a.symbol] = size
    return env


def beside(answer: Contract, symbol: str, env: Env) -> str:
    """`H = 341, but H >= 16, H % 16 == 0: nearest 336 and 352`; nothing where the size is valid by itself."""
    axis = next(a for a in answer.axes if a.symbol == symbol)
    x = env[symbol]
    if axis.sizes.contains(x):
        return ""
    near = nearest(axis.sizes.nearest(x))
    return f"{symbol} = {x}, but {axis.text()}" + (f": nearest {near}" if near else "")


def together(answer: Contract, broken: list[Condition], env: Env) -> list[str]:
    """Broken conditions over several symbols: the nearest sizes of each where the others stay, else the nearest of all."""
    if not broken:
        return []
    said = [f"{c.text} is asked for" + (f" by {c.layer}" if c.layer else "") for c in broken]
    names = [a.symbol for a in answer.axes if any(a.symbol in free(c.clause) for c in broken)]
    fixed = len(said)
    for axis in answer.axes:
        if axis.symbol in names:
            others = {n: x for n, x in env.items() if n != axis.symbol}
            own = axis.sizes
            for c in answer.conditions:
                left, right = (substitute(t, others) for t in (c.clause.left, c.clause.right))
                own = solutions(left, c.clause.op, right, axis.symbol, own)
            near = nearest(own.nearest(env[axis.symbol]))
            if near:
                kept = ", ".join(f"{n} = {env[n]}" for n in names if n != axis.symbol)
                said.append(f"with {kept}: {axis.symbol} nearest {near}")
    if len(said) == fixed:
        valid = closest(answer, env)
        said += [] if valid is None else ["nearest " + ", ".join(f"{n} = {valid[n]}" for n in names)]
    return said


def closest(answer: Contract, env: Env) -> Env | None:
    """The valid sizes that change the given ones least, of the families that a short search finds."""
    sets = {a.symbol: a.sizes for a in answer.axes}
    families = Search(LOOKED_AT).families(sets, [Relate(c.clause, c.clause.left, c.clause.right) for c in answer.conditions])
    best: tuple[int, Env] | None = None
    for family in families:
        near = {n: pick(s, env[n]) if n in env else s.min for n, s in family.sets.items()}
        sizes = {n: x for n, x in near.items() if x is not None}
        if len(sizes) < len(near) or not all(c.holds(sizes) for c in family.conditions):
            continue
        change = sum(abs(x - env[n]) for n, x in sizes.items() if n in env)
        if best is None or change < best[0]:
            best = (change, sizes)
    return best[1] if best is not None else None


def pick(sizes: PeriodicSet, x: int) -> int | None:
    """The member of a set that is nearest to x."""
    return min((n for n in sizes.nearest(x) if n is not None), key=lambda n: abs(n - x), default=None)


def nearest(found: tuple[int | None, int | None]) -> str:
    """`336 and 352`, or the one there is."""
    return " and ".join(str(n) for n in dict.fromkeys(found) if n is not None)
