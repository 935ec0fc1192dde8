"""The schema for editors against the language: it never refuses what the language takes, and refuses what it can know."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deferinit_cli.language.builder.checks import KEYS
from deferinit_cli.language.compile.blocks import KEYS as BLOCK
from deferinit_cli.language.compile.file import TOP
from deferinit_cli.language.compile.modifiers import MODIFIERS
from deferinit_cli.language.load import load
from deferinit_cli.layers.core import registry
from deferinit_cli.layers.core.arguments import Argument, Choice, Text
from deferinit_cli.layers.core.base import UNKNOWN
from deferinit_cli.layers.core.numeric_arguments import Dims, Value
from deferinit_cli.problems import Problem, Rejected
from deferinit_cli.schema import document, dump
from deferinit_cli.shapes.dims import Sym
from tests.cli import deferinit
from tests.layers.test_tables import CASES, spec_of

ROOT = Path(__file__).parents[2]
SCHEMA = document()
VALIDATOR = Draft202012Validator(SCHEMA)


def loaded(text: str) -> Any:
    """A spec as YAML tools see it: keys are text, dates are whatever."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def complaints(text: str) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(loaded(text))]


def test_it_is_a_schema_and_the_same_every_time() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(dump()) == SCHEMA
    assert dump() == dump()
    assert deferinit("schema").stdout == dump()


def test_it_is_written_where_asked(tmp_path: Path) -> None:
    assert deferinit("schema", "-o", "s.json", cwd=tmp_path).stdout == ""
    assert (tmp_path / "s.json").read_text() == dump()
    assert deferinit("schema", "-o", "no/s.json", cwd=tmp_path).returncode == 1


def test_everything_of_the_grammar_is_in_it_and_explained() -> None:
    """What an editor completes, and shows on hover."""
    item, defs = SCHEMA["$defs"]["item"], SCHEMA["$defs"]
    parts = {"": (SCHEMA, TOP), "block": (defs["block"], BLOCK), "check": (defs["check"], KEYS)}
    for where, (part, keys) in parts.items():
        assert list(part["properties"]) == list(keys), where
        assert all(p.get("description") for p in part["properties"].values()), where
    kinds = registry.kinds()
    assert list(item["properties"]) == [*kinds, *MODIFIERS]
    assert all(item["properties"][name]["description"] for name in MODIFIERS)
    for name, cls in kinds.items():
        entry = defs[f"kind.{name}"]
        assert entry["description"] and entry["markdownDescription"].startswith(f"**{name}**: ")
        if not cls.structural:
            assert list(entry["properties"]) == list(cls.arguments)
        for a in cls.arguments.values():
            assert entry["properties"][a.name]["description"].startswith(a.help)
            if isinstance(a, Choice):
                assert {"enum": list(a.choices)} in entry["properties"][a.name]["anyOf"]


def test_the_schema_beside_the_shipped_networks_is_this_one() -> None:
    """`deferinit schema -o specs/deferinit.schema.json` writes it anew."""
    assert (ROOT / "specs" / "deferinit.schema.json").read_text("utf-8") == deferinit("schema").stdout


def test_the_schema_beside_it_is_named_in_every_shipped_network() -> None:
    """In the first line, where editors look; what a network says of itself starts below it, and a printed copy keeps both."""
    from deferinit_cli.language.source.zoo import about, standalone

    for path in sorted((ROOT / "specs").rglob("*.yaml")):
        up = "../" * (len(path.relative_to(ROOT / "specs").parts) - 1)
        text = path.read_text("utf-8")
        assert text.startswith(f"# yaml-language-server: $schema={up}deferinit.schema.json\n# "), f"{path.name} lacks that line"
        assert len(about(text)) > 10 and "yaml-language-server" not in about(text)
        assert standalone(text).startswith("# yaml-language-server: $schema=deferinit.schema.json\n# ")
    assert "yaml-language-server" not in deferinit("zoo").stdout


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.yaml")), ids=lambda p: p.stem)
def test_what_the_package_ships_is_valid(path: Path) -> None:
    assert complaints(path.read_text("utf-8")) == []


# ---- every spec in the tests, right and wrong


def texts() -> list[str]:
    """The specs that stand in the tests as texts."""
    found: dict[str, None] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value and "layers:" in node.value:
                found[node.value] = None
    return list(found)


KNOWN_TO_SCHEMAS = {"unknown-key", "unknown-kind", "unknown-argument", "argument-range", "argument-choice", "argument-type", "no-layer",
                    "unknown-initializer", "missing-argument", "two-layers", "unknown-modifier", "item-type", "empty-item",
                    "reserved-name", "repeat-count", "name-format"}  # fmt: skip


def rules_of(text: str) -> set[str] | None:
    """What the language says of a text: nothing, or its rules; None where it is no YAML for a schema to see."""
    try:
        data = loaded(text)
    except (yaml.YAMLError, TypeError):
        return None
    if not isinstance(data, dict):
        return None
    try:
        load(text)
    except Rejected as e:
        return {d.rule for d in e.diagnostics}
    return set()


def test_every_spec_in_the_tests() -> None:
    """None that is right is refused. Of those that are wrong in a way to be seen from outside, nearly all are: what an
    expression comes to, or what a modifier's item is, no schema sees."""
    right = wrong = caught = 0
    for text in texts():
        rules = rules_of(text)
        if rules is None:
            continue
        found = complaints(text)
        if not rules:
            right += 1
            assert found == [], text
        elif rules & KNOWN_TO_SCHEMAS and "blocks:" not in text and "import:" not in text:
            wrong += 1
            caught += bool(found)
    assert right > 150 and wrong > 25
    assert caught >= 0.9 * wrong, (caught, wrong)


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{k}-{i}" for i, (k, _) in enumerate(CASES)])
def test_every_case_of_the_layer_tables(kind: str, case: dict[str, Any]) -> None:
    text = spec_of(kind, case)
    found = complaints(text)
    arguments, given = registry.kinds()[kind].arguments, case.get("args", {})
    refused = [
        n for n, v in given.items() if n not in arguments or (not isinstance(v, (str, list)) and not taken(arguments[n], v))
    ]
    if refused:
        assert found, (refused, text)
    elif "error" not in case:
        assert found == [], text


# ---- every argument of every kind


PROBES: list[Any] = [None, True, False, -2, -1, 0, 1, 2, 7, 10**6, -0.5, 0.0, 0.5, 1.5, 2.0, [], [1], [0], [-1], [1, 2], [2, 2, 2], [0.5],
                     [None], [True], [[1, 2]], [[0, 1], [2, 0]], [[-1, 0], [0, 0]], [[1, 2, 3]], [1, [2, 3]], [[[1]]]]  # fmt: skip
ARGUMENTS = [(kind, a) for kind, cls in registry.kinds().items() for a in cls.arguments.values()]


def taken(argument: Argument, value: Any) -> bool:
    try:
        argument.accept(value)
    except Problem:
        return False
    return True


def test_every_argument_takes_in_a_schema_what_it_takes_in_a_spec() -> None:
    """Values without text are judged alike; a list's length in all is a matter of the layer, not of the argument."""
    assert len(ARGUMENTS) > 300
    for kind, argument in ARGUMENTS:
        schema = {"$defs": SCHEMA["$defs"], **SCHEMA["$defs"][f"kind.{kind}"]["properties"][argument.name]}
        judge = Draft202012Validator(schema)
        for value in PROBES:
            if isinstance(argument, Text) and not isinstance(value, list):
                continue  # any scalar is a text
            expected, found = taken(argument, value), judge.is_valid(value)
            # To JSON Schema 0.0 and 2.0 are integers; of constants only the outermost list is looked at.
            lax = found and (
                isinstance(value, float)
                if isinstance(argument, Dims)
                else isinstance(argument, Value) and isinstance(value, list)
            )
            assert found == expected or lax, (kind, argument.name, value)


def test_every_argument_takes_expressions_and_its_words() -> None:
    for kind, argument in ARGUMENTS:
        schema = {"$defs": SCHEMA["$defs"], **SCHEMA["$defs"][f"kind.{kind}"]["properties"][argument.name]}
        judge = Draft202012Validator(schema)
        computed = (
            ["=x", "=max(a, b.0)"] if argument.textual else ["4*d", "max(i-1, 0)", "C // 4", "2 if i == 0 else 1", "xs.(-1-i)"]
        )
        for text in computed:
            assert judge.is_valid(text), (kind, argument.name, text)
        for word in argument.choices if isinstance(argument, Choice) else argument.words:
            assert judge.is_valid(word)
        if not isinstance(argument, Text) or isinstance(argument, Choice):
            for text in ("yes", "Off", "4*{d}", "1:30", "${d}", ""):
                assert not judge.is_valid(text), (kind, argument.name, text)
        assert taken(argument, UNKNOWN) <= judge.is_valid("_")
        assert taken(argument, Sym("N", 0)) <= judge.is_valid("N")


# ---- where it complains


WRONG = {
    "layers: [dense: 3]\nlayerz: []\n": "$: Additional properties are not allowed ('layerz' was unexpected)",
    "layers:\n- dense: {unitz: 3}\n": "$.layers[0].dense: Additional properties are not allowed ('unitz' was unexpected)",
    "layers:\n- dense fc: {units: 0}\n": "$.layers[0]['dense fc'].units: 0 is less than the minimum of 1",
    "layers:\n- dense: 0\n": "$.layers[0].dense: 0 is less than the minimum of 1",
    "layers:\n- dense: {units: 3, bias: 7}\n": "$.layers[0].dense.bias: 7 is not of type 'boolean', 'string'",
    "layers:\n- dense: {units: 3, bias: 'yes'}\n": f"$.layers[0].dense.bias: 'yes' should not be valid under "
    f"{SCHEMA['$defs']['expression']['not']}",
    "layers:\n- dropout: 1.5\n": "$.layers[0].dropout: 1.5 is greater than the maximum of 1",
    "layers:\n- conv2d: {channels: 3}\n": "$.layers[0].conv2d: 'kernel_size' is a required property",
    "layers:\n- conv2d: 3\n": "$.layers[0].conv2d: 3 is not of type 'object'",
    "layers:\n- residual: {shortcut: [relu]}\n": "$.layers[0].residual: 'body' is a required property",
    "layers: []\n": "$.layers: [] should be non-empty",
    "vars: {Width: 3}\nlayers: [relu]\n": "$.vars: 'Width' does not match '^[a-z_][a-z0-9_]*$'",
    "dtype: float8\nlayers: [relu]\n": "$.dtype: 'float8' is not one of ['float16', 'bfloat16', 'float32', 'float64', 'int8', 'int16', "
    "'int32', 'int64', 'uint8', 'bool']",
    "layers: [relu]\nchecks: [{inputs: 2x3}]\n": "$.checks[0]: Additional properties are not allowed ('inputs' was unexpected)",
    "layers: [relu]\nchecks: [{max_params: -1}]\n": "$.checks[0].max_params: -1 is less than the minimum of 0",
    "layers: [relu]\ninputs: {x: {shap: [2]}}\n": "$.inputs.x: Additional properties are not allowed ('shap' was unexpected)",
    "layers: [relu]\ndefaults: {conv2d: {stride: 0}}\n": "$.defaults.conv2d.stride: 0 is less than the minimum of 1",
    "layers: [relu]\ndefaults: {convd: {}}\n": "$.defaults: Additional properties are not allowed ('convd' was unexpected)",
    "layers: [relu]\nparams: {'**': {frozen: true}}\n": "$.params['**']: Additional properties are not allowed ('frozen' was unexpected)",
    "layers:\n- relu:\n  repeat: 10001\n": "$.layers[0].repeat: 10001 is greater than the maximum of 10000",
    "layers:\n- relu:\n  index: J\n": "$.layers[0].index: 'J' does not match '^[a-z_][a-z0-9_]*$'",
    "layers: [relu]\nblocks: {b: {arg: [n]}}\n": "$.blocks.b: Additional properties are not allowed ('arg' was unexpected)",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_where_it_complains_and_how(text: str) -> None:
    assert WRONG[text] in complaints(text)
    assert rules_of(text), "the language takes it"


ELSEWHERE = [
    "layers:\n- dnese: 3\n",
    "layers: [dnese]\n",
    "layers:\n- dnese fc\n",
    "layers:\n- residual: [dnese: 3]\n",
    "layers:\n- branches: {a: [dnese]}\n",
    "layers:\n- residual r: {body: [relu], shortcut: [dnese]}\n",
    "layers:\n- sequential s: [residual: [dnese]]\n",
]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_an_unknown_kind_may_be_a_block_s_name_where_there_are_blocks(text: str) -> None:
    assert complaints(text)
    assert complaints(f"blocks: {{dnese: {{args: [n=3], layers: [relu]}}}}\n{text}") == []
    assert complaints(f"import: {{dnese: ./x.yaml}}\n{text}") == []


@pytest.mark.parametrize(
    "where", ["- conv2d: {channels: 3}", "- residual: [conv2d: 3]", "- branches: {a: [{conv2d x: {channels: 3}}]}", "- conv2d"]
)
def test_what_is_needed_may_come_from_defaults(where: str) -> None:
    assert complaints(f"layers:\n{where}\n")
    assert complaints(f"blocks:\n  b:\n    layers:\n    {where}\nlayers: [b]\n")
    assert complaints(f"defaults: {{conv2d: {{kernel_size: 3}}}}\nlayers:\n{where}\n") == []
