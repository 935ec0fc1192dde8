"""Every format of every command on networks that are in conflict, open, or empty: a report each time, never an internal error."""

from __future__ import annotations

import csv
import io
import json
from itertools import product
from pathlib import Path

import pytest

from deferinit_cli.cli import run

SPECS = {
    "in conflict": "inputs: {x: [N, 4]}\nlayers:\n- dense a: 5\n- dense b: {units: 3, in_units: 7}\n",
    "in conflict, by sizes": "inputs: {x: [N, 2, L]}\nlayers:\n- conv1d a: {channels: 2, kernel_size: 3}\n  expect: [N, 2, L]\n- dense b: 3\n",
    "of unknown rank": "layers:\n- dense a: _\n- relu\n- dense b: 3\n",
    "open": "inputs: {x: [N, C, L]}\nlayers:\n- conv1d a: {channels: 2, kernel_size: _}\n- flatten\n- dense b: 3\n",
    "without parameters": "inputs: {x: [N, C, L]}\nlayers: [relu]\n",
    "without layers": "inputs: {x: [N, C]}\nlayers: []\n",
    "tensors alone": "layers:\n- parameter a: [3, 4]\n",
    "too large": "inputs: {x: [N, 10**17, 10**17]}\nlayers:\n- flatten\n- dense b: 3\n",
    "of large numbers": "inputs: {x: [10**17, 10**17]}\nlayers:\n- dense b: 10**17\n- parameter c: [" + "10**17, " * 29 + "10**17]\n",
}  # fmt: skip
TABLES = ("table", "json", "csv", "markdown")
COMMANDS = {
    ("show",): TABLES, ("show", "--layers"): TABLES, ("show", "--depends"): TABLES, ("show", "--depends", "--layers"): TABLES,
    ("show", "--depends", "--as", "keras"): TABLES, ("show", "--columns", "parameter,depends_on"): TABLES, ("show", "--depth", "1"): TABLES,
    ("init",): TABLES, ("run",): TABLES, ("check",): ("text", "json", "junit", "sarif", "github"),
    ("contract",): ("text", "json", "markdown"), ("why", "a"): ("text", "json"), ("why", "b[1]"): ("text", "json"),
    ("solve", "--where", "b.weight=3x8"): ("text", "json"),
}  # fmt: skip
INPUTS = ((), ("--input", "2x4"), ("--input", "2x4x9"))


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_report_each_time(
    command: tuple[str, ...], spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(spec, "utf-8")
    for format_, given in product(COMMANDS[command], INPUTS):
        args = [command[0], "spec.yaml", *command[1:], *given, "--format", format_]
        assert run(args) in (0, 1, 2), args
        out, err = capsys.readouterr()
        assert "internal" not in out + err, (args, out, err)
        if "no format is called" in err or not out:
            continue
        if format_ in ("json", "sarif"):
            json.loads(out)
        if format_ == "csv":
            rows = list(csv.reader(io.StringIO(out)))
            assert len({len(row) for row in rows}) == 1, args
            assert ("depends_on" in rows[0]) == ("depends" in " ".join(command) and "--layers" not in command), args
