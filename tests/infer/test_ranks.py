"""Ranks learned late: a layer behind an input of unknown rank, then one that fixes its rank, against the same with it declared.

Every row of the layers' tables is taken with its inputs' ranks left open, one at a time and two together. Where just one rank
of what is open is possible, all shapes are those that follow from declaring it. Where several are, an output of the layer
that has the same shape with each of them is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.problems import Rejected
from deferinit_cli.shapes.evaluation import substitute
from deferinit_cli.shapes.expression_text import text
from deferinit_cli.shapes.normal import Expr, symbol
from tests.layers.test_tables import CASES, spec_of
from tests.specs import network, resolve, tensors, value

Combination = tuple[int, ...]
MOST = 6
FIXING = {3: ("conv1d: {channels: 2, kernel_size: 1}", "lstm: 2"), 4: ("conv2d: {channels: 2, kernel_size: 1}",),
          5: ("conv3d: {channels: 2, kernel_size: 1}",)}  # fmt: skip
"""Layers that take one rank only; a transposition takes any one."""


def run(spec: str) -> Resolved | None:
    """What is inferred of a spec; None where it is refused."""
    try:
        found = infer(network(spec))
    except Rejected:
        return None
    return None if found.conflicts else found


def told(found: Resolved, names: dict[str, str]) -> dict[str, Any]:
    """All shapes by name, with symbols renamed."""

    def dim(t: Any) -> Any:
        return text(substitute(t, {s: symbol(names.get(s, s)) for s in t.symbols})) if type(t) is Expr else t

    shapes = {p.name: found.tensor(p) for p in found.network.parameters}
    shapes |= {i.name: found.shape(i.value) for i in found.network.inputs}
    shapes |= {f"{n.name}.{k}": found.shape(v) for n in found.network.nodes for k, v in enumerate(n.outputs)}
    return {name: None if s is None else tuple(map(dim, s)) for name, s in shapes.items()}


def renamed(declared: Resolved, ranks: dict[str, int]) -> dict[str, str]:
    """One name for each size: the last dim of an input of rank 3 is its third, and sizes that must be equal are one."""
    names = {f"{x}[{k - n}]": f"{x}[{k}]" for x, n in ranks.items() for k in range(n)}
    for c in declared.store.clauses:
        if c.op == "==" and type(c.left) is type(c.right) is Expr and c.left.kind == c.right.kind == "sym":
            first, second = sorted((str(c.left), str(c.right)))
            first = names.get(first, first)
            names = {k: first if v == second else v for k, v in names.items()} | {second: first}
    return names


def cases(kind: str) -> Iterator[tuple[dict[str, Any], list[Any], Resolved]]:
    for name, case in CASES:
        inputs = case.get("inputs", [])
        if name == kind and inputs and not {"error", "given", "becomes"} & case.keys() and "..." not in str(inputs):
            found = run(spec_of(kind, case))
            if found is not None and found.network.nodes and found.shape(found.network.nodes[-1].outputs[0]) is not None:
                yield case, inputs, found


def consumers(rank: int) -> list[str]:
    axes = ", ".join(map(str, range(rank)))
    return [f"transpose: [{axes}]", *FIXING.get(rank, ())] if rank else []


def spec_with(kind: str, case: dict[str, Any], left: Combination, ranks: dict[int, int], consumer: str, count: int) -> str:
    """The case and a consumer behind it; of the inputs left, those with a rank have it declared."""
    rows = [["_"] * ranks.get(k, len(s)) if k in ranks or k not in left else ["..."] for k, s in enumerate(case["inputs"])]
    return spec_of(kind, case | {"inputs": rows}) + f"- {consumer}\n" + "  from: l.0\n" * (count > 1)


def compared(kind: str) -> Iterator[tuple[str, Resolved | None, list[tuple[dict[str, int], Resolved]]]]:
    """(spec, what is inferred of it, what is inferred of it with each combination of ranks that is not refused)."""
    for case, inputs, found in cases(kind):
        outputs = found.network.nodes[-1].outputs
        every = range(len(inputs))
        for left in [(k,) for k in every] + [tuple(every)] * (len(inputs) == 2):
            combined = [dict(zip(left, c)) for c in product(range(MOST + 1), repeat=len(left))]
            for consumer in consumers(len(found.shape(outputs[0]) or ())):
                declared = [(ranks, run(spec_with(kind, case, left, ranks, consumer, len(outputs)))) for ranks in combined]
                good = [({f"x{k}": n for k, n in ranks.items()}, r) for ranks, r in declared if r is not None]
                if good:
                    spec = spec_with(kind, case, left, {}, consumer, len(outputs))
                    yield spec, run(spec), good


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in CASES}))
def test_a_rank_learned_late_is_as_good_as_one_declared(kind: str) -> None:
    for spec, found, good in compared(kind):
        assert found is not None, spec
        if len(good) == 1:
            ((ranks, declared),) = good
            names = renamed(declared, ranks)
            assert told(found, names) == told(declared, names), spec
        else:
            mine, others = told(found, {}), [told(r, {}) for _, r in good]
            for name, shape in others[0].items():
                if name.startswith("l.") and name[2:].isdigit() and shape is not None and all(o[name] == shape for o in others):
                    assert mine[name] == shape, (spec, name)


def test_joins_behind_a_flattening_dense_layer() -> None:
    """The ranks of what is joined follow from what is behind: nothing that could be known stays open."""
    found = resolve("""
inputs: {x: [...], y: [...]}
layers:
- dense f: {units: 8, flatten: true}
  from: x
- unflatten: {axis: 1, shape: [2, 1, 2, 2]}
- concat c: {axis: -2}
  from: [prev, y]
- conv3d: {channels: 3, kernel_size: 1}
""")
    assert value(found, "f") == ("x[0]", 8)
    assert value(found, "c") == ("x[0]", 2, 1, "y[3] + 2", 2)
    assert value(found, "y") == ("y[0]", 2, 1, "y[3]", 2)


def test_a_join_before_a_recurrent_layer() -> None:
    found = resolve("inputs: {x: [...], y: [...]}\nlayers:\n- concat c: {axis: 2}\n  from: [x, y]\n- lstm l: 4\n")
    assert value(found, "c") == ("x[0]", "x[1]", "x[2] + y[2]")
    assert tensors(found)["l.weight_ih_l0"] == (16, "x[2] + y[2]")


def test_a_mode_that_takes_one_rank_fixes_it() -> None:
    found = resolve("inputs: {x: [...]}\nlayers:\n- upsample u: {scale: 2, mode: bilinear}\n")
    assert value(found, "u") == ("x[0]", "x[1]", "2*x[2]", "2*x[3]")


def test_a_rank_that_may_be_several_stays_open() -> None:
    """A sum of two may broadcast either to the rank behind it; a matrix product of an unknown rank may be of any."""
    found = resolve("inputs: {x: [...], y: [...]}\nlayers:\n- add a\n  from: [x, y]\n- lstm l: 4\n".replace("add a", "add a:"))
    assert value(found, "x") is None and value(found, "y") is None
