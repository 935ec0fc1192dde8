"""What every kind says of itself in `deferinit layers`: complete, well formed, true, and its example really run."""

from __future__ import annotations

import ast
import inspect
import json
import random
import re
import sys
from math import ceil, floor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deferinit_cli.catalogue import find, listing
from deferinit_cli.catalogue.describe import describe
from deferinit_cli.catalogue.examples import network, spec
from deferinit_cli.catalogue.named_numbers import Letter
from deferinit_cli.commands.layers import run
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.load import load
from deferinit_cli.layers.core import base, registry
from deferinit_cli.layers.core.base import Layer
from deferinit_cli.problems import Problem
from deferinit_cli.views.catalogue import json as json_view
from deferinit_cli.views.catalogue import markdown, table
from tests.cli import deferinit

KINDS = registry.kinds()
FOUR = ["torch", "keras", "flax", "mxnet"]


def described(kind: str) -> dict[str, Any]:
    d = describe(KINDS[kind])
    return {**d, "example": run(kind, d["example"])}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_everything(kind: str) -> None:
    d = described(kind)
    cls = KINDS[kind]
    assert d["group"] and d["about"].endswith(".")
    assert [a["name"] for a in d["arguments"]] == list(cls.arguments)
    for a in d["arguments"]:
        assert a["help"] and a["help"] == a["help"].strip(" .:") and a["expects"] and a["type"]
        assert (a["default"] is None) == a["required"]
    assert list(d["elsewhere"]) == FOUR
    if cls.structural:
        assert all(d["holds"].values()) and d["holds"]
        return
    assert len(d["outputs"]) >= 1 + len(cls.sides)
    assert [o["name"] for o in d["outputs"]][-len(cls.sides) or len(d["outputs"]) :] == list(cls.sides)
    assert d["inputs"] or not cls.ports
    assert d["constraints"] or cls.accepts == "any"
    layer = next(n.layer for n in network(cls).nodes if n.layer.kind == kind)
    assert {p.key for p in layer.tensors()} <= {p["name"] for p in d["parameters"]}
    assert all(p["shape"] and p["initializer"] for p in d["parameters"])
    assert (d["macs"] is None) == (not layer.cost())


@pytest.mark.parametrize("kind", KINDS)
def test_no_artefacts(kind: str) -> None:
    d = described(kind)
    words = [*d["relation"], *(c["text"] for c in d["constraints"]), *(s["shape"] for s in (*d["inputs"], *d["outputs"]))]
    words += [p["shape"] for p in d["parameters"]] + [d["macs"] or ""] + [r for v in d["variants"] for r in v["relation"]]
    for text in words:
        assert not re.search(r"\b1\*|\*1\b|  |\{|\}|- -|\+ -|--|\bsize =|\bNone\b|\.\d", text), text
        assert text.count("(") == text.count(")"), text


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_runs(kind: str) -> None:
    resolved = infer(load(spec(KINDS[kind])))
    assert not diagnostics(resolved)
    assert all(resolved.shape(v) is not None for _, v in resolved.network.outputs)
    kinds = {n.layer.kind for n in resolved.network.nodes}
    assert kind in kinds or KINDS[kind].structural


@pytest.mark.parametrize("kind", ["conv2d", "lstm", "residual", "parameter"])
def test_what_is_shown_is_what_the_command_prints(kind: str, tmp_path: Path) -> None:
    example = described(kind)["example"]
    (tmp_path / f"{kind}.yaml").write_text(example["spec"])
    words = example["command"].split()
    assert words[0] == "deferinit"
    result = deferinit(*words[1:], cwd=tmp_path)
    assert (result.stdout, result.returncode) == (example["output"], 0)
    assert deferinit("layers", kind).stdout.replace("\n  ", "\n").endswith("\n" + example["output"])


@pytest.mark.parametrize("kind", KINDS)
def test_eighty_columns_and_markdown(kind: str) -> None:
    d = described(kind)
    lines = table.one(d, {"width": 80}).split("\n")
    assert max(map(len, lines)) <= 80
    wide = table.one(d, {})
    assert "".join(wide.split()) == "".join(" ".join(lines).split()), "folding cuts nothing"
    assert json.loads(json_view.one(d, {}))["layer"] == d
    well_formed(markdown.one(d, {}))


def well_formed(text: str) -> None:
    """Every row of a table has as many cells as its head, and fences are closed."""
    columns = 0
    fenced = False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("| ") and not fenced else 0
        assert not cells or not columns or cells == columns, line
        columns = cells
    assert not fenced


def test_the_listing() -> None:
    rows = listing()
    assert [r["kind"] for r in rows] != [] and {r["kind"] for r in rows} == set(KINDS)
    assert max(map(len, table.many(rows, {"width": 80}).split("\n"))) <= 80
    well_formed(markdown.many(rows, {}))
    doc = json.loads(deferinit("layers", "--format", "json").stdout)
    assert (doc["schema"], doc["command"]) == (1, "layers")
    assert {"kind", "group", "about", "elsewhere"} == set(doc["layers"][0])
    assert deferinit("layers", "--ascii").stdout.isascii()


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("conv2d", ["conv2d"]), ("Conv2D", ["conv2d"]), ("nn.LSTM", ["lstm"]), ("torch.nn.Conv2d", ["conv2d"]),
        ("keras.layers.MaxPooling2D", ["max_pool2d"]), ("maxpooling2d", ["max_pool2d"]), ("DENSE", ["dense"]),
        ("OptimizedLSTMCell", ["lstm_cell"]),
        ("Conv", ["conv1d", "conv2d", "conv3d"]), ("jax.numpy.concatenate", ["concat"]), ("swish", ["silu"]), ("pooling", []),
    ],
)  # fmt: skip
def test_a_kind_is_found_by_any_of_its_names(word: str, kinds: list[str]) -> None:
    assert [cls.kind for cls in find(word)] == kinds


def test_searching() -> None:
    found = deferinit("layers", "pooling")
    assert found.returncode == 0 and "max_pool1d 2d 3d" in found.stdout and "dense" not in found.stdout
    assert "grouped-query" in deferinit("layers", "grouped-query", "attention").stdout
    lost = deferinit("layers", "dnese")
    assert (lost.returncode, lost.stdout) == (2, "") and "did you mean 'dense'?" in lost.stderr
    several = deferinit("layers", "Conv", "--format", "json")
    assert [r["kind"] for r in json.loads(several.stdout)["layers"]] == ["conv1d", "conv2d", "conv3d"]
    assert deferinit("layers", "conv2d", "--format", "csv").returncode == 2


def test_a_name_for_several_ranks_is_taught_as_such() -> None:
    found = deferinit("show", "-", input="layers: [Conv: 3]\n")
    assert "'Conv' is 'conv1d', 'conv2d' or 'conv3d' here" in found.stderr


# ---- what is raised is listed

RAISES = {name: cls for name, cls in KINDS.items() if not cls.structural}


def raised(tree: ast.AST) -> set[str]:
    """The rules of the Problems made in a piece of code."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
            found |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    return found


def rules_in_code(cls: type[Layer]) -> set[str]:
    """Those of a kind's methods and of the helpers that they call by name."""
    found: set[str] = set()
    for owner in cls.__mro__:
        if owner in (Layer, object) or not owner.__dict__.get("__module__", "").startswith("deferinit_cli.layers."):
            continue
        try:
            tree = ast.parse(inspect.getsource(owner))
        except (OSError, TypeError):
            continue  # a member of a family: it has no source of its own
        found |= raised(tree)
        module = sys.modules[owner.__module__]
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        for name in called - {"Problem"}:
            helper = getattr(module, name, None)
            if inspect.isfunction(helper) and helper.__module__ != base.__name__:
                found |= raised(ast.parse(inspect.getsource(helper)))
    return found


@pytest.mark.parametrize("kind", RAISES)
def test_what_a_kind_raises_it_lists(kind: str) -> None:
    listed = {c["rule"] for c in describe(RAISES[kind])["constraints"]}
    about_arguments = {"argument-length"}  # of lists per axis: with the arguments
    assert rules_in_code(RAISES[kind]) - about_arguments <= listed


def test_rules_are_found_in_code() -> None:
    assert "not-a-permutation" in rules_in_code(KINDS["transpose"])
    assert "padding-too-large" in rules_in_code(KINDS["max_pool2d"])
    assert "einsum-equation" in rules_in_code(KINDS["einsum_dense"])


# ---- formulas say what inference does

WINDOWED = [k for k in KINDS if re.fullmatch(r"(depthwise_|)conv(_transpose|)2d|(max|avg|lp)_pool2d", k)]


def random_arguments(r: random.Random, cls: type[Layer]) -> dict[str, Any]:
    args: dict[str, Any] = {"kernel_size": r.randint(1, 4), "stride": r.randint(1, 3), "padding": r.choice([0, 1, 2, "same"]),
                            "dilation": r.randint(1, 2), "output_padding": r.randint(0, 1), "channels": 4,
                            "ceil_mode": r.random() < 0.5}  # fmt: skip
    return {k: v for k, v in args.items() if k in cls.arguments}


@pytest.mark.parametrize("kind", WINDOWED)
def test_printed_formulas_are_what_inference_computes(kind: str) -> None:
    r, cls, compared = random.Random(kind), KINDS[kind], 0
    d = describe(cls)
    for _ in range(300):
        args = random_arguments(r, cls)
        try:
            cls.build(args)
        except Problem:
            continue
        h, w = r.randint(1, 12), r.randint(1, 12)
        flow = "{" + ", ".join(f"{k}: {str(v).lower()}" for k, v in args.items()) + "}"
        resolved = infer(load(f"inputs: {{x: [1, 2, {h}, {w}]}}\nlayers:\n- {kind} y: {flow}\n"))
        said = equations(d, args)
        env = {"h": h, "w": w, "floor": floor, "ceil": ceil, "min": min, "dilation": 1, **args}
        sizes = [eval(said[out], {"__builtins__": {}}, env) for out in ("h_out", "w_out")]
        if diagnostics(resolved):
            assert min(sizes) < 1
        else:
            shape = resolved.shape(resolved.network.outputs[0][1])
            assert shape is not None and list(shape[2:]) == sizes, (args, said)
        compared += 1
    assert compared > 100


def equations(d: dict[str, Any], args: dict[str, Any]) -> dict[str, str]:
    """The right sides by their left ones, where flags and words are as they are."""
    found = d["relation"]
    for v in d["variants"]:
        name, _, value = v["with"].partition(": ")
        if str(args.get(name)).lower() == value:
            found = [*found, *v["relation"]]
    if args.get("padding") == "same":  # which then decides alone
        found = [*found, *(r for v in d["variants"] if v["with"] == "padding: same" for r in v["relation"])]
    return {left: right for left, _, right in (f.partition(" = ") for f in found)}


@pytest.mark.parametrize("seed", range(200))
def test_letters_compute_what_they_write(seed: int) -> None:
    r = random.Random(seed)
    env = {n: r.randint(0, 5) for n in "abc"}

    def expression(depth: int) -> Any:
        if depth == 0:
            return Letter(env[n], n) if (n := r.choice("abcd")) in env else r.randint(-2, 3)
        x, y = expression(depth - 1), expression(depth - 1)
        return r.choice([lambda: x + y, lambda: x - y, lambda: x * y, lambda: -x])()

    for _ in range(20):
        v = expression(r.randint(1, 4))
        assert eval(str(v), {}, env) == int(v)
        assert eval(f"7*{v}" if isinstance(v, Letter) else "7", {}, env) == (7 * int(v) if isinstance(v, Letter) else 7)


def test_letters_stand_in_patterns() -> None:
    a = Letter(2, "a")
    assert f"{a + 1}*b c" == "(a+1)*b c" and f"{2 * a}*b" == "2*a*b"
    assert [0] * a == [0, 0] and list(range(a)) == [0, 1] and SimpleNamespace(x=a).x == 2


# ---- other frameworks' names are theirs

NAMES = json.loads((Path(__file__).parents[1] / "frameworks" / "names.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_names_elsewhere_exist(kind: str) -> None:
    """As looked up in the real packages by tests/frameworks/make.py; PyTorch's are looked up in tests/torch."""
    for framework in ("keras", "flax"):
        for path in describe(KINDS[kind])["elsewhere"][framework]["names"]:
            assert path.partition("(")[0] in NAMES[framework]["exist"], f"is there a {path}? make.py says"
