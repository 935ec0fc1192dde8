"""One table per layer file: shapes with unknowns, remainders, what each layer alone knows, costs, and failing cases.

A table holds rows under the kinds they are about: several names before one colon have the rows in common. A row gives
`args` and `inputs` (dims: ints, symbols, `_`; `...` for an unknown rank) and any of `outputs`, `weights`, `declared`, `macs`,
or `error` with `blame` and words of its `help`. `given` states output dims from outside; `becomes` is what the inputs are
then known to be, `asks` the clauses that sizes must fulfil. Of an output of unknown rank the ends are shown: `[..., 3]`.
`starts` are initialisers, `buffers` the tensors that are none of the parameters, `from` which inputs flow in.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from deferinit_cli.catalogue.examples import instance
from deferinit_cli.graph import Network
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.load import load
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.core.windows import pads, stride
from deferinit_cli.problems import Rejected
from deferinit_cli.shapes.evaluation import evaluate
from deferinit_cli.shapes.expression_text import text
from deferinit_cli.shapes.normal import Expr
from deferinit_cli.shapes.rows import Open
from tests.layers.core import CORE

FOLDER = Path(__file__).parent
TABLES = {p.stem: yaml.safe_load(p.read_text("utf-8")) for p in sorted(FOLDER.glob("*.yaml"))}
CASES = [(kind, case) for table in TABLES.values() for kinds, rows in table.items() for kind in kinds.split() for case in rows]


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
    flow = case.get("from", range(len(inputs)))
    lines += ["layers:", f"- {kind} l: {args}", f"  from: [{', '.join(f'x{k}' for k in flow)}]"]
    if not inputs:
        lines.pop()
        lines[-1] = f"- {kind} l: {args}"
    if "given" in case:
        lines.append(f"  expect: {dims(case['given'])}")
    return "\n".join(lines) + "\n"


def shown_row(resolved: Resolved, value: int) -> list[Any]:
    """A value's dims; the ends of one whose rank is not known."""
    row, known = resolved.row(value), resolved.store.known
    if isinstance(row, Open):
        return [*shown(map(known, row.prefix)), "...", *shown(map(known, row.suffix))]
    return shown(map(known, row))


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
        assert [shown_row(resolved, v) for v in node.outputs[: len(case["outputs"])]] == case["outputs"]
    if "becomes" in case:
        assert [shown_row(resolved, i.value) for i in network.inputs] == case["becomes"]
    if "asks" in case:
        assert [f"{c.left} {c.op} {c.right}" for c in resolved.store.clauses] == case["asks"]
    tensors = {p.key: p for p in node.parameters}
    for key, shape in case.get("weights", {}).items():
        assert shown(resolved.tensor(tensors[key])) == shape
    if "weights" in case:
        assert set(case["weights"]) == set(tensors)
    for key, start in case.get("starts", {}).items():
        assert tensors[key].initializer.text() == start
    if "buffers" in case:
        assert [key for key, p in tensors.items() if p.buffer] == case["buffers"]
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


# ---- what a table must hold

ROWS = {kind: [case for k, case in CASES if k == kind] for kind in CORE}
NEVER_FAILS = {"identity"}
FORWARD_ONLY = {
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "global_avg_pool1d", "global_avg_pool2d", "global_avg_pool3d", "global_max_pool1d", "global_max_pool2d",
    "global_max_pool3d", "mean", "sum", "max", "min", "arange", "slice", "topk_softmax", "relative_bias", "select", "take",
}  # fmt: skip
"""Kinds whose input sizes their output does not tell."""


def words_of(case: dict[str, Any]) -> list[str]:
    """The dims of a row's inputs; of its arguments where it has none."""
    inputs = case.get("inputs", [["..."]])
    return [str(d) for dims in inputs for d in dims] or [str(d) for d in case.get("args", {}).get("shape", ())]


def leaves_a_remainder(kind: str, case: dict[str, Any]) -> bool:
    """Whether a stride does not divide what it slides over, in a row with numbers and outputs."""
    cls = registry.find(kind)
    assert cls is not None
    if "error" in case or "outputs" not in case or case["args"].get("padding") == "same":
        return False
    layer = cls.build(
        {k: v for k, v in case["args"].items() if k != "channels"} | ({"channels": 4} if "channels" in case["args"] else {})
    )
    for i, (n, pad) in enumerate(zip(case["inputs"][0][2:], pads(layer))):
        s, d = stride(layer, i), layer.each("dilation")[i] if "dilation" in layer.arguments else 1
        if type(n) is int and (n + sum(pad) - d * (layer.each("kernel_size")[i] - 1) - 1) % s:
            return True
    return False


@pytest.mark.parametrize("kind", sorted(CORE))
def test_a_core_kind_has_rows_of_each_sort(kind: str) -> None:
    cls = registry.find(kind)
    assert cls is not None
    found = instance(cls)
    assert found is not None
    layer, rows = found[0], ROWS[kind]
    assert any({"_", "..."} & set(words_of(c)) for c in rows), "no row with an unknown"
    assert any(re.fullmatch(r"[A-Z].*|\d\*[A-Z].*", w) for c in rows for w in words_of(c)), "no row with a symbol"
    assert kind in NEVER_FAILS or any("error" in c for c in rows), "no failing row"
    assert not layer.tensors() or any(c.get("weights") for c in rows), "no row of weights"
    assert not layer.cost() or any(c.get("macs") for c in rows), "no row of costs"
    if cls.spatial and "stride" in cls.arguments and "output_padding" not in cls.arguments:
        assert any(leaves_a_remainder(kind, c) for c in rows), "no stride that leaves a remainder"
    same = layer.takes == layer.gives and layer.takes != ""
    backward = same or kind in FORWARD_ONLY or any("becomes" in c or "given" in c for c in rows)
    assert backward, "no size is inferred backward"


def test_tables_are_named_after_the_files_of_their_kinds() -> None:
    for stem, table in TABLES.items():
        for kind in (k for kinds in table for k in kinds.split()):
            assert registry.index()[kind] == stem, f"{kind} stands in {stem}.yaml"


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("stop", [None, *range(-4, 5)])
@pytest.mark.parametrize("start", range(-4, 5))
def test_slices_of_any_size_are_pythons(start: int, stop: int | None, step: int) -> None:
    """The formula for an axis of W entries, and what it asks of W, by trying every W."""
    end = "null" if stop is None else stop
    spec = f"inputs: {{x: [2, W]}}\nlayers:\n- slice l: {{axis: 1, start: {start}, stop: {end}, step: {step}}}\n"
    resolved = infer(load(spec))
    left = {w: len(range(w)[start:stop:step]) for w in range(1, 14)}
    if resolved.conflicts:
        assert not any(left.values())
        return
    shape = resolved.shape(resolved.network.outputs[0][1])
    assert shape is not None
    for w, n in left.items():
        fine = all(holds(c, {"W": w}) for c in resolved.store.clauses)
        assert fine == (n >= 1), (w, n)
        if fine:
            assert evaluate(shape[1], {"W": w}) == n


def holds(clause: Any, env: dict[str, int]) -> bool:
    left, right = evaluate(clause.left, env), evaluate(clause.right, env)
    return {">=": left >= right, "==": left == right, "%": left % max(right, 1) == 0}[clause.op]
