"""What the plan takes for granted of every kind: a forward writes to nothing it was given, and keeps nothing it gave."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deferinit_cli.forward.arrays import shares, writable
from deferinit_cli.layers import registry
from tests.layers.test_numerics import FOLDER, KNOWN, MORE_ARGS, written


@pytest.mark.parametrize("case", KNOWN, ids=lambda c: c["file"].removesuffix(".npz"))
def test_a_forward_has_no_effects(case: dict[str, Any]) -> None:
    with np.load(FOLDER / case["file"]) as file:
        stored = dict(file)
    cls = registry.find(case["kind"])
    assert cls is not None
    args = {**case["args"], **MORE_ARGS.get(case["file"], {})}
    if case["kind"] == "relative_bias":  # its case holds logits; here two lengths make the bias
        args = {**args, "heads": case["input_shapes"][0][1]}
        stored["in1"] = stored["in0"][0, 0].T[None]
        stored["in0"] = stored["in0"][0, 0][None]
    layer = cls.build({k: written(v) for k, v in args.items()})
    inputs = [stored[f"in{k}"] for k in range(len(stored)) if f"in{k}" in stored]
    p = SimpleNamespace(**{k[2:] or "value": stored[k] for k in stored if k.startswith("p.")})
    given = [*inputs, *vars(p).values()]
    before = [a.copy() for a in given]

    def run() -> list[Any]:
        result = layer.forward(p, *inputs)
        return [np.asarray(r) for r in (result if isinstance(result, tuple) else (result,))]

    first = run()
    kept = [a.copy() for a in first]
    for a, b in zip(given, before):
        np.testing.assert_array_equal(a, b, err_msg="the forward wrote to what it was given")
    for a in first:
        if writable(a) and not shares(a, given):
            a[...] = 1 if a.dtype == bool else 77
    for a, b in zip(run(), kept):
        np.testing.assert_array_equal(a, b, err_msg="the forward gave out an array that it keeps")
