"""Sizes over symbols against plain integers: normal form, bounds, sets of sizes, chains of relations and their inverse.

A longer run: `DEFERINIT_EXAMPLES=20000 pytest tests/shapes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from deferinit_cli.infer.domains.conditions import free
from deferinit_cli.infer.domains.contract import axis
from deferinit_cli.infer.domains.search import Relate, Search
from deferinit_cli.shapes import bounds, solving
from deferinit_cli.shapes.evaluation import evaluate, substitute
from deferinit_cli.shapes.expr import add, broadcast, exact_div, floordiv, mod, mul, sub
from deferinit_cli.shapes.intervals import Ranges
from deferinit_cli.shapes.normal import Expr, symbol
from deferinit_cli.shapes.relations import Affine, AtMost, Broadcast, Divisible, Product, Relation, Sum, Window, post
from deferinit_cli.shapes.sets import PeriodicSet
from deferinit_cli.shapes.store import Store

many = settings(suppress_health_check=list(HealthCheck))

Env = dict[str, int]
Value = Callable[[Env], "int | None"]
"""What a term comes to at given sizes; None where a division leaves a remainder."""


def plain(f: Callable[..., int | None], *of: Value) -> Value:
    def value(env: Env) -> int | None:
        found = [v(env) for v in of]
        return None if None in found else f(*found)

    return value


def exactly(a: int, b: int) -> int | None:
    return a // b if b and a % b == 0 else None


def common(a: int, b: int) -> int | None:
    """What two sizes broadcast to."""
    return b if a == 1 else a if b == 1 or a == b else None


Term = tuple[Any, Value]
"""The same size twice: as an expression, and as what it means."""


def terms(names: str) -> st.SearchStrategy[Term]:
    small, at_least_one = st.integers(-9, 12), st.integers(1, 8)
    leaves = st.one_of(
        st.sampled_from(names).map(lambda n: (symbol(n), lambda env: env[n])), small.map(lambda c: (c, lambda env: c))
    )

    def deeper(of: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        def two(g: Any, f: Callable[[int, int], int | None]) -> st.SearchStrategy[Term]:
            return st.tuples(of, of).map(lambda t: (g(t[0][0], t[1][0]), plain(f, t[0][1], t[1][1])))

        def one(g: Any, f: Callable[[int, int], int | None], numbers: Any) -> st.SearchStrategy[Term]:
            return st.tuples(of, numbers).map(lambda t: (g(t[0][0], t[1]), plain(lambda a: f(a, t[1]), t[0][1])))

        return st.one_of(
            two(add, lambda a, b: a + b),
            two(sub, lambda a, b: a - b),
            two(mul, lambda a, b: a * b),
            two(bounds.maximum, max),
            two(bounds.minimum, min),
            two(lambda a, b: broadcast(bounds.maximum(a, 1), bounds.maximum(b, 1)), lambda a, b: common(max(a, 1), max(b, 1))),
            one(mul, lambda a, b: a * b, small),
            one(floordiv, lambda a, b: a // b, at_least_one),
            one(floordiv, lambda a, b: a // b, at_least_one),
            one(mod, lambda a, b: a % b, at_least_one),
            one(exact_div, exactly, at_least_one),
        )

    return st.recursive(leaves, deeper, max_leaves=7)


OPERATIONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    "%": lambda a, b: b > 0 and a % b == 0,
    "|": lambda a, b: a == b or a == 1 or b == 1,
}
POINTS = [{"H": h, "W": w} for h in (1, 2, 3, 5, 8, 13, 30, 47) for w in (1, 2, 4, 7, 12, 25)]


@many
@given(terms("HW"))
def test_the_normal_form_means_what_was_written(t: Term) -> None:
    expr, value = t
    low, high = bounds.lower_bound(expr), bounds.upper_bound(expr)
    least, largest = Ranges({"H": (1, 47), "W": (1, None)}).of(expr)
    for env in POINTS:
        meant = value(env)
        if meant is None:  # not a size here: what the term says is then of no use
            continue
        assert evaluate(expr, env) == meant
        assert substitute(substitute(expr, {"H": env["H"]}), {"W": env["W"]}) == meant
        assert evaluate(bounds.expand(expr), env) == meant
        assert (low is None or low <= meant) and (high is None or meant <= high)
        assert (least is None or least <= meant) and (largest is None or meant <= largest)


@many
@given(terms("HW"), terms("HW"))
def test_comparisons_are_never_wrong(a: Term, b: Term) -> None:
    verdict = bounds.compare(a[0], b[0])
    for env in POINTS:
        x, y = a[1](env), b[1](env)
        if x is not None and y is not None and verdict is not None:
            assert (x == y) is verdict
    single = bounds.solve_single(a[0], b[0])
    if single is not None and single[0] in "HW":
        for env in POINTS:
            x, y = a[1](env), b[1](env)
            assert x is None or y is None or x != y or env[single[0]] == single[1]


@many
@given(terms("H"), terms("H"))
def test_terms_that_only_rise_rise(a: Term, b: Term) -> None:
    gap = sub(a[0], b[0])
    way = Ranges({"H": (3, None)}).direction(gap, "H")
    values = [x - y for h in range(3, 60) if (x := a[1]({"H": h})) is not None and (y := b[1]({"H": h})) is not None]
    if way is not None and len(values) == 57:
        assert values == sorted(values, reverse=way < 0)


@many
@given(
    terms("H"),
    st.sampled_from(["==", "==", ">=", ">=", "%", "|"]),
    terms("H"),
    st.integers(1, 20),
    st.integers(1, 12),
    st.integers(0, 1),
)
def test_the_sizes_that_satisfy_a_condition(a: Term, op: str, b: Term, low: int, modulus: int, ends: int) -> None:
    within = PeriodicSet(modulus, {low % modulus: [(low, 190 if ends else None)], 0: [(3, None)]})
    found = solving.solutions(a[0], op, b[0], "H", within)
    counted = 0
    for h in range(1, 260):
        x, y = a[1]({"H": h}), b[1]({"H": h})
        if x is None or y is None:  # the clause that the division must be exact is another
            continue
        meant = within.contains(h) and OPERATIONS[op](x, y)
        assert found.contains(h) <= meant
        if found.exact:
            assert found.contains(h) == meant
        counted += found.contains(h)
        told = [p for p in found.pieces if p.contains(h)]
        assert len(told) == found.contains(h)
    if counted:
        below, above = found.nearest(130)
        members = [h for h in range(1, 260) if found.contains(h)]
        assert below == max((h for h in members if h <= 130), default=None)
        assert above == min((h for h in members if h >= 130), default=above)


@many
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 11), st.integers(1, 40), st.integers(0, 60)), max_size=4),
       st.lists(st.tuples(st.integers(1, 12), st.integers(0, 11), st.integers(1, 40), st.integers(0, 60)), max_size=4))  # fmt: skip
def test_sets_of_sizes(a: list[tuple[int, int, int, int]], b: list[tuple[int, int, int, int]]) -> None:
    def made(parts: list[tuple[int, int, int, int]]) -> tuple[PeriodicSet, set[int]]:
        period = 1
        for p, *_ in parts:
            period *= p
        table: dict[int, list[Any]] = {}
        for p, r, low, length in parts:
            for k in range(r % p, period, p):
                table.setdefault(k, []).append((low, low + length if length else None))
        return PeriodicSet(period, table), {
            x for x in range(1, 400) for p, r, low, length in parts if x % p == r % p and low <= x <= (low + length or 0 if length else x)
        }  # fmt: skip

    (x, xs), (y, ys) = made(a), made(b)
    both = x.intersect(y)
    for s, members in ((x, xs), (y, ys), (both, xs & ys)):
        assert {k for k in range(1, 400) if s.contains(k)} == members
        assert {k for k in range(1, 400) for p in s.pieces if p.contains(k)} == members
        assert s.min == min(members, default=None) or not members
        if s.max is not None or s.empty:
            assert s.count() == len(members)
            runs = s.runs(1000)
            assert runs is not None and {k for low, high in runs for k in range(low, (high or 0) + 1)} == members


# ---- chains of relations


class Fails(Exception):
    """The network does not take these sizes."""


def size(n: int) -> int:
    if n < 1:
        raise Fails
    return n


def window(v: list[int], i: int, offset: int, stride: int, factor: int) -> int:
    return size((factor * v[i] + offset) // stride)


def divide(v: list[int], i: int, m: int) -> int:
    if v[i] % m:
        raise Fails
    return v[i] // m


def asserted(holds: bool) -> None:
    if not holds:
        raise Fails


def stretched(a: int, b: int) -> int:
    asserted(a == b or 1 in (a, b))
    return max(a, b)


index = st.integers(0, 30)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("window"), index, st.integers(-7, 7), st.integers(1, 4), st.integers(1, 3)),
        st.tuples(st.just("window"), index, st.integers(-4, 4), st.just(2), st.just(1)),
        st.tuples(st.just("affine"), index, st.integers(1, 3), st.integers(-5, 5)),
        st.tuples(st.just("sum"), index, index, st.integers(-3, 3)),
        st.tuples(st.just("product"), index, index, st.integers(1, 3)),
        st.tuples(st.just("divide"), index, st.integers(2, 4)),
        st.tuples(st.just("equal"), index, index),
        st.tuples(st.just("divides"), index, st.integers(2, 5)),
        st.tuples(st.just("at most"), index, st.integers(3, 30)),
        st.tuples(st.just("broadcast"), index, index),
    ),
    min_size=1,
    max_size=6,
)


def computed(chain: list[Any], h: int, w: int) -> list[int]:
    """All sizes, by plain arithmetic; raises Fails."""
    v = [h, w]
    for kind, i, *more in chain:
        i %= len(v)
        j = more[0] % len(v) if kind in ("sum", "product", "equal", "broadcast") else 0
        if kind == "window":
            v.append(window(v, i, *more))
        elif kind == "affine":
            v.append(size(more[0] * v[i] + more[1]))
        elif kind == "sum":
            v.append(size(v[i] + v[j] + more[1]))
        elif kind == "product":
            v.append(more[1] * v[i] * v[j])
        elif kind == "divide":
            v.append(divide(v, i, more[0]))
        elif kind == "broadcast":
            v.append(stretched(v[i], v[j]))
        else:
            asserted(v[i] == v[j] if kind == "equal" else v[i] % more[0] == 0 if kind == "divides" else v[i] <= more[0])
    return v


def stated(chain: list[Any], s: Store, first: list[int]) -> list[int]:
    """The same as relations; the slots of all sizes."""
    v = list(first)
    for kind, i, *more in chain:
        i %= len(v)
        j = more[0] % len(v) if kind in ("sum", "product", "equal", "broadcast") else 0
        if kind == "equal":
            s.equal(v[i], v[j], None)
        elif kind in ("divides", "at most"):
            post(s, (Divisible if kind == "divides" else AtMost)(None, v[i], s.new(more[0])))
        else:
            v.append(s.new())
            post(s, relation(kind, v[-1], v[i], v[j], more))
        s.run()
    return v


def relation(kind: str, out: int, x: int, y: int, more: list[int]) -> Relation:
    if kind == "window":
        return Window(None, out, x, *more)
    if kind == "affine":
        return Affine(None, out, x, *more)
    if kind == "sum":
        return Sum(None, out, (x, y), more[1])
    if kind == "product":
        return Product(None, out, (x, y), more[1])
    return Product(None, x, (out,), more[0]) if kind == "divide" else Broadcast(None, out, (x, y))


def attempt(chain: list[Any], h: int, w: int) -> list[int] | None:
    try:
        return computed(chain, h, w)
    except Fails:
        return None


GRID = range(1, 15)


@many
@given(steps)
def test_a_chain_forward_and_its_contract(chain: list[Any]) -> None:
    s = Store()
    slots = stated(chain, s, [s.new(symbol("H")), s.new(symbol("W"))])
    alone = {n: axis(n, None, 0, [c for c in s.clauses if free(c) == {n}]).sizes for n in "HW"}  # type: ignore[arg-type]
    together = [c for c in s.clauses if len(free(c)) == 2]
    for h in GRID:
        for w in GRID:
            env = {"H": h, "W": w}
            meant = attempt(chain, h, w)
            said = not s.conflicts and all(solving.holds(c.left, c.op, c.right, env) for c in s.clauses)
            assert said == (meant is not None), env
            if not s.conflicts:
                sets = all(alone[n].contains(env[n]) for n in "HW")
                assert said == (sets and all(solving.holds(c.left, c.op, c.right, env) for c in together))
            if said:
                assert meant == [evaluate(s.known(k), env) for k in slots]
    if not s.conflicts:
        assert all(a.exact for a in alone.values())


@many
@given(steps, st.integers(1, 14), st.integers(1, 14), st.integers(0, 30), st.integers(0, 2))
def test_a_chain_backward(chain: list[Any], h: int, w: int, place: int, off: int) -> None:
    """One size left open, another known: what follows is the only solution, and a conflict means that there is none."""
    true = attempt(chain, h, w)
    assume(true is not None and len(true) > 2)
    assert true is not None
    k = 2 + place % (len(true) - 2)
    target = true[k] + off
    s = Store()
    s.assumes = False  # a size left open may also be 1 where it meets another
    slots = stated(chain, s, [s.new(), s.new(w)])
    s.equal(slots[k], s.new(target), None)
    s.run()
    fits = [x for x in range(1, 200) if (v := attempt(chain, x, w)) is not None and v[k] == target]
    found = s.known(slots[0])
    if s.conflicts:
        assert not fits
    elif type(found) is int and found < 200:
        assert set(fits) <= {found}


@many
@given(steps, st.integers(1, 14), st.integers(1, 14), st.integers(0, 30), st.booleans())
def test_a_chain_inverted(chain: list[Any], h: int, w: int, place: int, off: bool) -> None:
    """All pairs of sizes that give a known one, against trying them."""
    true = attempt(chain, h, w)
    assume(true is not None and len(true) > 2)
    assert true is not None
    k = 2 + place % (len(true) - 2)
    s = Store()
    slots = stated(chain, s, [s.new(symbol("H")), s.new(symbol("W"))])
    s.equal(slots[k], s.new(true[k] + off), None)
    s.run()
    meant = {
        (a, b) for a in range(1, 40) for b in range(1, 40) if (v := attempt(chain, a, b)) is not None and v[k] == true[k] + off
    }
    if s.conflicts:
        assert not meant
        return
    single = {n: axis(n, None, 0, [c for c in s.clauses if free(c) == {n}]).sizes for n in "HW"}  # type: ignore[arg-type]
    assume(all(x.exact for x in single.values()))
    search = Search(3000)
    families = search.families(single, [Relate(c, c.left, c.right) for c in s.clauses if len(free(c)) == 2])
    found = [
        (a, b) for f in families for a in range(1, 40) for b in range(1, 40)
        if f.sets["H"].contains(a) and f.sets["W"].contains(b) and all(c.holds({"H": a, "W": b}) for c in f.conditions)
    ]  # fmt: skip
    assert len(found) == len(set(found))
    assert set(found) <= meant
    if not search.doubts:
        assert set(found) == meant


H = symbol("H")
PIECES: list[tuple[Any, str, Any]] = [
    (broadcast(floordiv(H, 3), 7), "==", 7),
    (broadcast(floordiv(H, 3), floordiv(add(H, 9), 4)), "==", floordiv(add(H, 9), 4)),
    (broadcast(floordiv(add(H, 1), 2), mod(H, 5)), ">=", 4),
    (bounds.maximum(mul(3, floordiv(H, 4)), H), "==", H),
    (bounds.minimum(floordiv(H, 2), mod(H, 7)), ">=", 3),
    (bounds.minimum(mul(H, H), mul(9, H)), "==", mul(9, H)),
    (floordiv(bounds.maximum(sub(H, 10), 5), 3), "%", 2),
    (mul(H, add(H, 1)), "%", 6),
    (60, "%", H),
    (add(mul(H, H), 12), "%", add(H, 1)),
    (floordiv(mul(H, H), 4), "%", 3),
    (floordiv(H, 2), "|", floordiv(H, 3)),
    (exact_div(mul(H, H), floordiv(H, 2)), ">=", 9),
]


@pytest.mark.parametrize(("left", "op", "right"), PIECES, ids=str)
def test_conditions_in_pieces(left: Any, op: str, right: Any) -> None:
    """Where an expression is no polynomial on a residue, but several, or its divisor grows."""
    found = solving.solutions(left, op, right, "H")
    assert found.exact
    meant = [h for h in range(1, 2000) if solving.holds(left, op, right, {"H": h})]
    assert [h for h in range(1, 2000) if found.contains(h)] == meant


@pytest.mark.parametrize("period", range(2, 9))
def test_residues_that_end_apart(period: int) -> None:
    """Residues whose first and last members lie any distance apart."""
    for shift in range(3 * period):
        for spans in ([(1, 40), (2, 40 - shift)], [(1, 40 - shift), (2, 40)], [(1, 40 - shift), (2, 40), (3 + shift, None)]):
            table: dict[int, list[Any]] = {}
            for low, high in spans:
                table.setdefault(low % period, []).append((low, high))
            s = PeriodicSet(period, table)
            members = {x for x in range(1, 120) for a, b in spans if x % period == a % period and a <= x <= (b or x)}
            assert {x for x in range(1, 120) if s.contains(x)} == members
            assert [x for p in s.pieces for x in range(1, 120) if p.contains(x)] == sorted(members)


def test_a_period_too_long_to_be_worked_through() -> None:
    """Multiples are found by their values: all of them where the sizes end, some of them where they do not."""
    steps = floordiv(add(H, 7), 100_003)
    found = solving.solutions(steps, "%", 3, "H", PeriodicSet.interval(50, 1_000_000))
    assert found.exact
    assert [p.key() for p in found.pieces] == [
        (max(50, 100_003 * k - 7), min(100_003 * (k + 1) - 8, 1_000_000), 1, (0,)) for k in (0, 3, 6, 9) if 100_003 * k < 1_000_000
    ]  # fmt: skip
    endless = solving.solutions(steps, "%", 3, "H")
    assert not endless.exact and not endless.empty
    assert all(solving.holds(steps, "%", 3, {"H": x}) for p in endless.pieces for x in (p.low, p.high))
    assert endless.contains(100_003 * 3) and endless.contains(100_003 * 6)


def test_a_condition_on_a_size_of_large_period() -> None:
    """Residues are kept only as far as there are any: the period itself may be long."""
    sizes = PeriodicSet.interval(1)
    h = symbol("H")
    for k in range(1, 25):  # a U-Net of depth 24
        sizes = solving.solutions(mul(2**k, floordiv(h, 2**k)), "==", h, "H", sizes)
    assert isinstance(h, Expr) and sizes.exact
    assert [p.key() for p in sizes.pieces] == [(2**24, None, 2**24, (0,))]


@pytest.mark.parametrize("m", range(1, 41))
def test_what_is_padded_to_a_multiple(m: int) -> None:
    """The whole is the multiple, however it is written, and what is cut off again leaves what was there."""
    h = symbol("H")
    more = mod(mul(-1, h), m)
    whole = add(h, more)
    assert whole is mul(m, floordiv(add(h, m - 1), m))
    assert sub(whole, more) is h and bounds.minimum(whole, h) is h
    assert (bounds.lower_bound(more), bounds.upper_bound(more)) == (0, m - 1)
    assert bounds.compare(add(mul(m, floordiv(h, m)), mod(h, m)), h) is True
    for n in range(1, 100):
        assert evaluate(more, {"H": n}) == -n % m


@pytest.mark.parametrize("a", range(-9, 10))
@pytest.mark.parametrize("s", range(1, 10))
def test_floors_of_negative_coefficients(a: int, s: int) -> None:
    """One form, however the same is written: with whole multiples taken out, and negated."""
    h, w = symbol("H"), symbol("W")
    for b in range(-4, 5):
        for c in range(-3, 4):
            t = add(add(mul(a, h), mul(b, w)), c)
            found = floordiv(t, s)
            assert found is mul(-1, floordiv(sub(s - 1, t), s))
            if a > 0:
                assert found is add(floordiv(add(t, mul(3 * s, h)), s), mul(-3, h))
                assert found is add(floordiv(sub(t, mul(s, w)), s), w) or a % s == 0
            for x, y in ((1, 1), (2, 7), (13, 4), (40, 9)):
                assert evaluate(found, {"H": x, "W": y}) == (a * x + b * y + c) // s
    assert a <= 0 or a >= s or str(floordiv(mul(a, h), s)).count("H") == 1
