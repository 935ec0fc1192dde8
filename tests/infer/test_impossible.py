"""Networks that no input fits: the conditions named exclude each other, and without any one of them they do not."""

from __future__ import annotations

from itertools import product
from random import Random

from deferinit_cli.infer.domains.conditions import free
from deferinit_cli.infer.domains.contract import Contract, contract
from deferinit_cli.infer.domains.excluding import excludes, smallest
from deferinit_cli.infer.domains.impossible import impossible
from deferinit_cli.shapes.solving import holds
from deferinit_cli.shapes.store import Clause
from tests.infer.joins import images
from tests.specs import network

FAR = 300
PAIR = 30
IMAGE = "inputs: {x: [N, 3, H, W]}\nlayers:\n"


def found(spec: str) -> Contract:
    return contract(network(spec))


def some(clauses: list[Clause], far: int) -> bool:
    """Whether some sizes satisfy all of these, by trying them."""
    names = sorted({n for c in clauses for n in free(c)})
    return any(
        all(holds(c.left, c.op, c.right, env) for c in clauses)
        for values in product(range(1, far + 1), repeat=len(names))
        for env in [dict(zip(names, values))]
    )


def test_named_conditions_exclude_each_other_and_none_is_too_many() -> None:
    r = Random(11)
    sizes: dict[int, int] = {}
    for _ in range(350):
        answer = found(images(r))
        if answer.resolved.conflicts:
            continue
        for a in answer.axes:
            if a.sizes.empty and a.sizes.exact:
                core = smallest([reason.clause for reason in a.reasons])
                assert core and not some(core, FAR)
                assert all(some([c for c in core if c is not one], 4 * FAR) for one in core)
                sizes[len(core)] = sizes.get(len(core), 0) + 1
    assert sizes.get(1, 0) > 1 and sizes.get(2, 0) > 5 and sum(sizes.values()) > 25, sizes


def test_what_is_said_to_exclude_each_other_does() -> None:
    """Conditions over several symbols too: nothing that small sizes satisfy is called impossible."""
    r = Random(12)
    proved = 0
    for _ in range(50):
        answer = found(images(r) + f"- flatten: {{start: 2}}\n- dense: {{units: 2, in_units: {r.randint(1, 30)}}}\n")
        clauses = answer.resolved.store.clauses
        if answer.resolved.conflicts or not clauses:
            continue
        if excludes(clauses):
            proved += 1
            assert not some(clauses, PAIR)
            core = smallest(clauses)
            assert not some(core, PAIR) and all(not excludes([c for c in core if c is not one]) for one in core)
    assert proved > 5


def test_it_is_one_error_with_one_chain_a_side() -> None:
    answer = found(IMAGE + "- conv2d a: {channels: 8, kernel_size: 2, stride: 2}\n- conv2d b: {channels: 8, kernel_size: 4, stride: 4}\n"
                   "  from: x\n- concat: [a, b]\n")  # fmt: skip
    (d,) = impossible(answer)
    assert d.message == "no H is valid, and no W: H//2 and H//4 are never equal"
    assert [r.message for r in d.related] == ["H -a-> H//2", "H -b-> H//4"]


def test_one_after_the_other() -> None:
    for kernel, sides in ((1, ["ceil(H/2)", "(H + 1)//4"]), (2, ["H//2", "H//4"])):
        answer = found(IMAGE + f"- conv2d a: {{channels: 8, kernel_size: {kernel}, stride: 2}}\n- max_pool2d b: 2\n- concat: [a, b]\n")
        (d,) = impossible(answer)
        assert d.message == f"no H is valid, and no W: {sides[0]} and {sides[1]} are never equal"
        assert len(d.related) == 2 and d.layer == "concat0"


def test_two_that_exclude_each_other() -> None:
    answer = found(IMAGE + "- pixel_unshuffle: 2\n- slice: {axis: 2, start: 1}\n  from: x\n- pixel_unshuffle r: 2\n")
    (d,) = impossible(answer)
    assert d.message.startswith("no H is valid: ") and "never holds where" in d.message


def test_several_symbols_together() -> None:
    """A product that is a prime, of two sizes that are even."""
    answer = found("inputs: {x: [1, 3, H, W]}\nlayers:\n- pixel_unshuffle: 2\n- flatten: {start: 2}\n  from: x\n- dense: {units: 2, in_units: 14}\n")
    (d,) = impossible(answer)
    assert d.message.startswith("no H and W are valid together: ")
    assert not impossible(found("inputs: {x: [1, 3, H, W]}\nlayers:\n- flatten: {start: 2}\n- dense: {units: 2, in_units: 14}\n"))
