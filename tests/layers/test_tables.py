"""One table per layer kind: shapes with unknowns, remainders, what each layer alone knows, costs, and failing cases.

A case gives `args` and `inputs` (dims: ints, symbols, `_`; `...` for an unknown rank) and any of `outputs`, `weights`,
`declared`, `macs`, or `error` with `blame` and words of its `help`. `given` states output dims from outside; `becomes` is what the inputs are
then known to be.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from deferinit_cli.graph import Network
from deferinit_cli.infer.diagnose import diagnostics
from deferinit_cli.infer.engine import infer
from deferinit_cli.infer.resolved import Resolved
from deferinit_cli.layers import registry
from deferinit_cli.problems import Rejected
from deferinit_cli.shapes.expr import Expr
from deferinit_cli.shapes.words import text
from deferinit_cli.spec.load import load

FOLDER = Path(__file__).parent
TABLES = {p.stem: yaml.safe_load(p.read_text("utf-8")) for p in sorted(FOLDER.glob("*.yaml"))}
CASES = [(case.get("kind", kind), case) for kind, table in TABLES.items() for case in table]


def dims(shape: Any) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def spec_of(kind: str, case: dict[str, Any]) -> str:
    """The case as a spec of one layer, called l."""
    inputs = case.get("inputs", [["..."]])
    dtypes = case.get("dtypes", ["float32"] * len(inputs))
    lines = ["inputs:"]
    lines += [f"  x{k}: {{shape: {dims(s)}, dtype: {d}}}" for k, (s, d) in enumerate(zip(inputs, dtypes))]
    if not inputs:
        lines = ["inputs: {unused: [1]}"]
    args = yaml.safe_dump(case.get("args", {}), default_flow_style=True, width=10_000).strip().replace("'", "")
    for word, quoted in case.get("text", {}).items():
        args = args.replace(word, f"'{quoted}'")
    lines += ["layers:", f"- {kind} l: {args}", f"  from: [{', '.join(f'x{k}' for k in range(len(inputs)))}]"]
    if not inputs:
        lines.pop()
        lines[-1] = f"- {kind} l: {args}"
    if "given" in case:
        lines.append(f"  expect: {dims(case['given'])}")
    return "\n".join(lines) + "\n"


def shown(shape: Any) -> list[Any]:
    if shape is None:
        return ["..."]
    return [t if type(t) is int else "_" if t is None else text(t) if type(t) is Expr else t for t in shape]


def label(case: tuple[str, dict[str, Any]]) -> str:
    kind, row = case
    args = ",".join(f"{k}={v}" for k, v in row.get("args", {}).items())
    return f"{kind}({args})-{row.get('inputs', '')}".replace(" ", "")


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[label(c) for c in CASES])
def test_row(kind: str, case: dict[str, Any]) -> None:
    spec = spec_of(kind, case)
    try:
        network = load(spec)
        resolved = infer(network)
        found = diagnostics(resolved)
    except Rejected as e:
        network, resolved, found = None, None, e.diagnostics  # type: ignore[assignment]
    if "error" in case:
        assert [d.rule for d in found] == [case["error"]], (spec, found)
        if "blame" in case:
            place = found[0].span
            assert place is not None
            line = place.source.line(place.line)
            assert case["blame"] in line[: place.column], "the place is that of the argument"
        assert case.get("help", "") in found[0].help
        return
    assert not found, (spec, found)
    check_shapes(network, resolved, case)
    check_forward(network, resolved, case)


def check_shapes(network: Network, resolved: Resolved, case: dict[str, Any]) -> None:
    node = network.nodes[0]
    if "outputs" in case:
        assert [shown(resolved.shape(v)) for v in node.outputs[: len(case["outputs"])]] == case["outputs"]
    if "becomes" in case:
        assert [shown(resolved.shape(i.value)) for i in network.inputs] == case["becomes"]
    tensors = {p.key: p for p in node.parameters}
    for key, shape in case.get("weights", {}).items():
        assert shown(resolved.tensor(tensors[key])) == shape
    if "weights" in case:
        assert set(case["weights"]) == set(tensors)
    for key, shape in case.get("declared", {}).items():
        assert shown(resolved.declared(tensors[key])) == shape
    if "macs" in case:
        macs = resolved.macs(node)
        assert (macs if type(macs) is int else text(macs)) == case["macs"]


def check_forward(network: Network, resolved: Resolved, case: dict[str, Any]) -> None:
    """Where every size is known, the forward gives what the relation says."""
    node = network.nodes[0]
    shapes = [resolved.shape(v) for v in node.inputs]
    if any(s is None or not all(type(t) is int for t in s) for s in shapes) or case.get("forward") is False:
        return
    rng = np.random.default_rng(0)
    arrays = []
    for v, s in zip(node.inputs, shapes):
        whole = resolved.dtype(v).startswith("int")
        arrays.append(rng.integers(0, 2, s) if whole else rng.standard_normal(s).astype("float32"))
    p = SimpleNamespace()
    for q in node.parameters:
        shape = resolved.tensor(q)
        assert shape is not None
        setattr(p, q.key or "value", np.abs(rng.standard_normal(shape)).astype("float32") + 0.1)
    out = node.layer.forward(p, *arrays)
    out = out if isinstance(out, tuple) else (out,)
    assert [a.shape for a in out] == [resolved.shape(v) for v in node.outputs]
    assert [str(a.dtype) for a in out] == [resolved.dtype(v) for v in node.outputs]


def test_every_kind_has_rows_or_reference_values() -> None:
    import json

    stored = {c["kind"] for c in json.loads((FOLDER / "numerics" / "index.json").read_text())}
    kinds = {name for name, cls in registry.kinds().items() if not cls.structural}
    assert kinds - stored - {kind for kind, _ in CASES} == set()
