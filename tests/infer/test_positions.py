"""Counted positions that index a table: how long an input may be, against running the network."""

from __future__ import annotations

import numpy as np
import pytest

import deferinit_cli as deferinit
from deferinit_cli.infer.domains.contract import contract
from deferinit_cli.problems import Rejected
from tests.specs import network, rejection, resolve

SPEC = """
inputs: {x: SHAPE}
layers:
- arange: {axis: 1}
ITEMS
- add: [input, prev]
"""

TABLES = {
    "an embedding": ("[N, T, 4]", ["embedding: {input_dim: 6, output_dim: 4}"], 6),
    "shifted positions": ("[N, T, 4]", ["shift_by: 2", "embedding: {input_dim: 6, output_dim: 4}"], 4),
    "shifted twice, past a dropout": ("[N, T, 4]", ["shift_by: 3", "dropout", "shift_by: -1", "embedding: {input_dim: 6, output_dim: 4}"],
                                      4),
    "one-hot": ("[N, T, 4]", ["one_hot: 4", "dense: 4"], 4),
    "rows of a parameter": ("[N, T, 4]", ["parameter table: [5, 4]", "take: {axis: 0}\n  from: [table, arange0]"], 5),
    "an input of any rank": ("[...]", ["embedding: {input_dim: 3, output_dim: 4}"], 3),
}  # fmt: skip


@pytest.mark.parametrize(("shape", "items", "most"), TABLES.values(), ids=TABLES)
def test_positions_need_as_many_entries(shape: str, items: list[str], most: int) -> None:
    spec = SPEC.replace("SHAPE", shape).replace("ITEMS", "\n".join(f"- {item}" for item in items))
    for t in range(1, 9):
        found = rejection(spec, f"2x{t}x4")
        assert [d.rule for d in found] == (["too-long"] if t > most else []), t
    model = deferinit.load(spec).initialize()
    assert model(np.zeros((2, most, 4), np.float32)).shape == (2, most, 4)
    with pytest.raises(Rejected):
        deferinit.load(spec).initialize()(np.zeros((2, most + 1, 4), np.float32))
    if "T" in shape:
        (axis,) = [a for a in contract(network(spec)).axes if a.symbol == "T"]
        assert [p.key() for p in axis.sizes.pieces] == [(1, most, 1, (0,))]


@pytest.mark.parametrize("between", ["- scale_by: 2\n", "- shift_by: 0.5\n- cast: int64\n", "- cumsum: {axis: 0}\n"])
def test_what_is_no_shift_promises_nothing(between: str) -> None:
    spec = f"inputs: {{x: [N, T]}}\nlayers:\n- arange: {{axis: 1}}\n- cast: float32\n{between}- cast: int64\n- one_hot: 4\n"
    assert rejection(spec, "2x9") == []


def test_a_table_of_unknown_length_stays_unknown() -> None:
    spec = "inputs: {x: [N, T]}\nlayers:\n- arange: {axis: 1}\n- embedding e: {input_dim: _, output_dim: 4}\n"
    found = resolve(spec, "2x9")
    assert found.tensor(found.network.parameters[0]) == (None, 4)
