"""The reasons of a contract: each says no more than what it adds, with sizes that break it."""

from __future__ import annotations

import re
from random import Random

import pytest

from deferinit_cli.infer.domains.conditions import Reason
from deferinit_cli.infer.domains.contract import Contract, contract
from deferinit_cli.shapes.solving import holds
from tests.infer.joins import images
from tests.infer.test_linear import asserted, spec_of
from tests.specs import network

FAR = 400


def said(words: str, x: int) -> bool:
    """What the words of a set of sizes say of one size: `H >= 2, H % 4 in {0, 1}`, `H in {1…4, 6…}, or H >= 9 and H % 2 == 0`."""
    for way in words.split(", or "):
        parts = re.findall(r"[^,{ ][^,{]*(?:\{[^}]*\})?", way.replace(" and ", ", "))
        if all(part_holds(p, x) for p in parts):
            return True
    return False


def part_holds(part: str, x: int) -> bool:
    if part.startswith("no "):
        return False
    left, found, listed = part.partition(" in {")
    if not found:
        return bool(eval(part.replace("H", str(x))))
    value = eval(left.replace("H", str(x)))
    runs = [run.partition("…") for run in listed.rstrip("}").split(", ")]
    return any(int(a) <= value <= (int(b or a) if b or not dots else 10**18) for a, dots, b in runs)


def check(reason: Reason) -> None:
    words = reason.pattern.replace("{}", "H")
    for x in range(1, FAR):
        assert (reason.before.contains(x) and said(words, x)) == reason.after.contains(x), (words, x)
    assert reason.example is not None, words
    (x,) = reason.example.values()
    assert reason.before.contains(x) and not reason.after.contains(x)
    assert not holds(reason.clause.left, reason.clause.op, reason.clause.right, reason.example)


def reasons(found: Contract) -> list[Reason]:
    return [r for a in found.axes for r in a.reasons if all(s.exact for s in (r.before, r.after))]


@pytest.mark.parametrize("seed", range(120))
def test_each_says_what_it_adds(seed: int) -> None:
    for reason in reasons(contract(network(images(Random(seed))))):
        check(reason)


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        (["H != 5"], ["H != 5"]),
        (["H != 500000", "H % 3 != 1"], ["H != 500000", "H % 3 != 1"]),
        (["H <= 1000000", "H >= 7"], ["H >= 7", "H <= 1000000"]),
        (["H % 4 == 0 and H != 12 and H != 16"], ["H % 4 == 0", "H in {1…11, 13…}", "H in {1…15, 17…}"]),
        (["H > 5 and H < 5"], ["H >= 6", "H <= 4"]),
        (["H >= 3 and H >= 2"], ["H >= 2", "H >= 3"]),
        (["H % 6 == 0 and H % 4 == 0"], ["H % 4 == 0", "H % 6 == 0"]),
    ],
)
def test_asserts_on_one_size(conditions: list[str], told: list[str]) -> None:
    found = reasons(contract(network(spec_of(["H"], conditions))))
    assert sorted(r.condition for r in found) == sorted(told)
    for reason in found:
        check(reason)


@pytest.mark.parametrize("seed", range(200))
def test_conditions_over_several_have_sizes_that_break_them(seed: int) -> None:
    found = contract(network(spec_of(*asserted(Random(seed)))))
    if found.resolved.conflicts:
        return
    sizes = {a.symbol: a.sizes for a in found.axes}
    for c in found.conditions if not found.empty else ():
        assert c.example is not None, c.text
        assert all(sizes[n].contains(x) for n, x in c.example.items())
        assert not holds(c.clause.left, c.clause.op, c.clause.right, c.example)


def test_what_bounds_imply_is_left_out() -> None:
    both = ["H <= 640", "W <= 640"]
    assert not contract(network(spec_of(["H", "W"], [*both, "H * W <= 1000000"]))).conditions
    [c] = contract(network(spec_of(["H", "W"], [*both, "H * W <= 400000"]))).conditions
    assert c.text == "H * W <= 400000" and c.example is not None
    assert not contract(network(spec_of(["H", "W"], [*both, "H // 2 + W >= 1", "H + W <= 1280"]))).conditions
    [c] = contract(network(spec_of(["H", "W"], ["H + W <= 5000000000000"]))).conditions
    assert c.example is not None and sum(c.example.values()) > 5000000000000
