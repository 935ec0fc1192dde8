"""Conditions over several sizes against brute force: what is said to exclude each other does, and what is found satisfies them."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import pytest

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import Contract, contract_of
from deferinit_cli.infer.domains.impossible import impossible
from deferinit_cli.infer.domains.linear_system import ONE, Row, System
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.views.contracts import certainty, document
from tests.cli import deferinit

BOX = range(-9, 10)
SIZES = range(1, 31)


def rows(draw: Random, names: int, count: int) -> list[Row]:
    return [
        {ONE: draw.randint(-9, 9), **{v: draw.randint(-4, 4) for v in range(1, names + 1) if draw.random() < 0.8}} for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(400))
def test_linear_systems(seed: int) -> None:
    """Numbers of any sign: none is in the box where the system has none, and those that it gives satisfy it."""
    draw = Random(seed)
    names = draw.randint(1, 3)
    equations, inequalities = rows(draw, names, draw.randint(0, 2)), rows(draw, names, draw.randint(1, 5))

    def fits(values: Row) -> bool:
        at = [[sum(c * values.get(v, 0) for v, c in row.items()) for row in some] for some in (equations, inequalities)]
        return not any(at[0]) and min(at[1]) >= 0

    some = any(fits(dict(enumerate((1, *box)))) for box in product(BOX, repeat=names))
    system = System(equations, inequalities)
    found = system.solve()
    if not found or system.without_numbers():
        assert not some
        return
    assert all(fits(values) for values in system.numbers())


def test_a_variable_without_bounds_is_not_taken_for_0() -> None:
    """3*x is 2*y + 1 or 2*y + 2: not for y = 0, but for y = 1."""
    system = System([], [{ONE: -1, 1: 3, 2: -2}, {ONE: 2, 1: -3, 2: 2}])
    assert system.solve() and not system.without_numbers()


def size(draw: Random, names: list[str]) -> str:
    parts = [n if (c := draw.randint(1, 3)) == 1 else f"{c}*{n}" for n in draw.sample(names, draw.randint(1, 2))]
    words = draw.choice([" + ", " - "]).join(parts) + (f" + {draw.randint(1, 7)}" if draw.random() < 0.4 else "")
    by = draw.randint(2, 4)
    odd = [f"({words}) // {by}", f"({words}) % {by}", f"({words}) / {by}", f"max({words}, {draw.choice(names)})", f"{names[0]}*{names[1]}"]
    return draw.choice(odd) if draw.random() < 0.25 else words


def asserted(draw: Random) -> tuple[list[str], list[str]]:
    """Some symbols, and conditions over them."""
    names = list("ABC"[: draw.randint(2, 3)])
    ops = ["==", "==", ">=", "<=", "<", ">", "!="]
    return names, [
        f"{size(draw, names)} {draw.choice(ops)} {size(draw, names) if draw.random() < 0.8 else draw.randint(0, 12)}"
        for _ in range(draw.randint(2, 3))
    ]


def spec_of(names: list[str], conditions: list[str]) -> str:
    listed = "".join(f'- {{that: "{c}", says: rule {k}}}\n' for k, c in enumerate(conditions))
    return f"asserts:\n{listed}inputs: {{x: [{', '.join(names)}]}}\nlayers: [relu]\n"


def verdict(names: list[str], conditions: list[str]) -> str:
    """What is said of conditions, compared with sizes up to 30."""
    code = compile(" and ".join(f"({c})" for c in conditions), "conditions", "eval")
    some = any(eval(code, {"max": max}, dict(zip(names, sizes))) for sizes in product(SIZES, repeat=len(names)))
    resolved = infer(load(spec_of(names, conditions)))
    if diagnostics(resolved):
        assert not some, conditions
        return "refuted"
    found = contract_of(resolved)
    if found.empty:
        assert not some, conditions
        assert [d.rule for d in impossible(found)] == ["no-valid-size"]
        return "excluded"
    sample = found.sample()
    if sample is not None:
        assert eval(code, {"max": max}, sample), (conditions, sample)
        return "known" if some else "far"
    assert not found.exact and document(found, "spec")["exact"] is False
    assert "undecided: no sizes are known that satisfy all conditions" in certainty(found)
    return "undecided although some are small" if some else "undecided"


def test_random_conditions() -> None:
    said = Counter(verdict(*asserted(Random(seed))) for seed in range(1000))
    assert said["undecided although some are small"] == 0 and said["undecided"] <= 10, said
    assert said["excluded"] > 50 and said["refuted"] > 300 and said["known"] > 300 and said["far"], said


EXCLUDED = [
    (["2*W == H", "2*H == W"], "HW"),
    (["H > W", "W > H"], "HW"),
    (["A == B + 1", "B == A + 1"], "AB"),
    (["A + B == C", "C + B == A"], "ABC"),
    (["H > W", "W == H"], "HW"),
    (["2*A == 3*B", "A % 3 == 1"], "AB"),
    (["A == 7*B + 3", "B == 4*C", "A % 28 == 10"], "ABC"),
    (["H // 2 == W", "W == H"], "HW"),
    (["ceil(H / 2) + ceil(W / 2) < H", "W >= H"], "HW"),
    (["H * W <= 5", "H * W >= 7"], "HW"),
    (["H * W <= H", "W > 1"], "HW"),
    (["max(H, W) < 5", "H + W > 9"], "HW"),
    (["A > B", "B > C", "C > A"], "ABC"),
    (["A / B == 2", "2*B != A"], "AB"),
]


@pytest.mark.parametrize(("conditions", "names"), EXCLUDED, ids=[" and ".join(c) for c, _ in EXCLUDED])
def test_conditions_that_exclude_each_other(conditions: list[str], names: str) -> None:
    """Each is told with its place and what it says, and none is told that is not needed."""
    spec = spec_of(list(names), [*conditions, f"{names[0]} + {names[1]} >= 2", f"{names[1]} <= 1000000"])
    done = deferinit("contract", "-", input=spec)
    assert done.returncode == 1 and "[no-valid-size]" in done.stderr and "no input is valid" in done.stdout
    assert "exact" not in done.stdout
    done = deferinit("check", "-", input=spec)
    assert done.returncode == 1 and "[no-valid-size]" in done.stdout
    lines = {k for k in range(2, 12) if f"<stdin>:{k}:" in done.stdout}
    assert lines == set(range(2, 2 + len(conditions)))
    assert all(c in done.stdout for c in conditions)


def test_what_is_undecided_is_not_called_exact() -> None:
    """A product that is a sum: neither sizes nor a proof that there are none are found."""
    spec = spec_of(["A", "B"], ["A*B == 3*A - 2*B + 7"])
    done = deferinit("contract", "-", input=spec)
    assert done.returncode == 0 and "exact" not in done.stdout
    assert "undecided: no sizes are known that satisfy all conditions" in done.stdout


def test_far_sizes_are_found() -> None:
    found: Contract = contract_of(infer(load(spec_of(["A", "B", "C"], ["A == 97*B + 13", "B == 89*C + 7", "C >= 1000"]))))
    assert found.exact and found.sample() == {"A": 97 * 89007 + 13, "B": 89007, "C": 1000}
