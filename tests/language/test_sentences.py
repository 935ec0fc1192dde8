"""What the language says, sentence by sentence: `language.yaml` has a small spec for each.

A case has `says`, `spec`, maybe `input` (as --input) and `set` (as --set), and what must then hold: `weights`, `outputs` (the
network's, all of them), `only` (all parameters, in order), `vars`, `dtypes`, `initializers`, `frozen` (all that are),
`nodes`, or that `check` is `green`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.verify import verify
from tests.specs import shown

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("language.yaml").read_text("utf-8"))
HOLDS = {"weights", "outputs", "only", "vars", "dtypes", "initializers", "frozen", "nodes", "green"}


def same(found: Any, written: list[Any]) -> bool:
    """Whether a shape is the one written; `_` is any size."""
    return len(found) == len(written) and all(w == "_" or w == f for f, w in zip(found, written))


@pytest.mark.parametrize("case", [c for c in CASES if c.keys() - {"says", "spec", "green"}], ids=lambda c: c["says"].replace(" ", "-"))
def test_sentence(case: dict[str, Any]) -> None:
    assert case.keys() & HOLDS and case.keys() <= HOLDS | {"says", "spec", "input", "set"}
    network = load(case["spec"], sets=case.get("set"))
    resolved = infer(network, parse_inputs(case.get("input", []), network))
    assert diagnostics(resolved) == []
    parameters = {p.name: p for p in network.parameters}
    for name, written in case.get("weights", {}).items():
        found = shown(resolved.tensor(parameters[name]))
        assert same(found, written), (name, found)
    if "outputs" in case:
        outputs = {label: shown(resolved.shape(value)) for label, value in network.outputs}
        assert list(outputs) == list(case["outputs"])
        for label, written in case["outputs"].items():
            assert same(outputs[label], written), (label, outputs[label])
    if "only" in case:
        assert list(parameters) == case["only"]
    for name, value in case.get("vars", {}).items():
        assert (network.variables[name], type(network.variables[name])) == (value, type(value)), name
    for name, dtype in case.get("dtypes", {}).items():
        found = parameters[name].dtype if name in parameters else resolved.dtype(network.names[name])
        assert found == dtype, name
    for name, text in case.get("initializers", {}).items():
        assert parameters[name].initializer.text() == text
    if "frozen" in case:
        assert [p.name for p in network.parameters if p.frozen] == case["frozen"]
    if "nodes" in case:
        assert [n.name for n in network.nodes] == case["nodes"]


@pytest.mark.parametrize("case", [c for c in CASES if c.get("green")], ids=lambda c: c["says"].replace(" ", "-"))
def test_check_is_green(case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(case["spec"], "utf-8")
    outcomes = verify(str(tmp_path / "spec.yaml"), case.get("set"))
    assert outcomes and [d for o in outcomes for d in o.problems] == []
