"""The house rules that can be read off the code: imports go down, a kind is named nowhere but in its own file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from deferinit_cli.layers import registry

ROOT = Path(__file__).parent.parent / "deferinit_cli"

FLOORS = [
    ["problems", "collector", "files", "spelling", "shapes", "initializers", "initializer_base"],
    ["layers"],
    ["spec", "graph", "catalogue", "schema"],
    ["infer", "weights", "forward", "lens"],
    ["report"],
    ["compare"],
    ["verify"],
    ["views"],
    ["commands", "cli", "api", "plugin", "guide", "__init__", "__main__"],
]
"""What may import what: a room may import rooms of its own floor and of floors above it in this list."""

MAY_IMPORT = {
    "yaml": ["spec"],
    "click": ["commands", "cli", "__main__"],
    "rich": ["views"],
    "pytest": ["plugin/specs"],
    "numpy": ["weights", "forward", "layers/lazy", "api", "commands"],
}
"""Third-party packages and the rooms that may import them when they load (a function body may import lazily)."""

FILES = sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    found = [k for k, rooms in enumerate(FLOORS) if name in rooms]
    assert found, f"{name} stands on no floor: add it to FLOORS"
    return found[0]


def imports(path: Path) -> list[tuple[str, bool]]:
    """(absolute dotted name, whether it happens when the module loads) of every import in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    package = ["deferinit_cli", *path.relative_to(ROOT).parts[:-1]]
    typing_only: set[ast.AST] = set()
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            typing_only.update(sub for child in node.body for sub in ast.walk(child))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner.update(sub for child in node.body for sub in ast.walk(child))
    out = []
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            out += [(alias.name, node not in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            if node.module and len(module) > 1:
                out.append((".".join(module), node not in inner))
            else:
                out += [(".".join([*module, alias.name]), node not in inner) for alias in node.names]
    return out


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    mine = floor(room(path))
    for name, _ in imports(path):
        if name.startswith("deferinit_cli."):
            theirs = name.split(".")[1]
            known = any(theirs in rooms for rooms in FLOORS)
            if known:
                assert floor(theirs) <= mine, f"{path.relative_to(ROOT)} imports {name}, which stands higher"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_packages_are_imported_where_they_belong(path: Path) -> None:
    place = str(path.relative_to(ROOT)).removesuffix(".py")
    for name, at_load in imports(path):
        package = name.split(".")[0]
        if at_load and package in MAY_IMPORT:
            assert any(place == p or place.startswith(p + "/") for p in MAY_IMPORT[package]), f"{place} imports {package}"


def test_no_kind_is_named_outside_the_layers() -> None:
    # Words that are kinds and also ordinary words of the language or of Python are told apart by looking only for
    # distinctive kinds as whole string literals.
    ordinary = {"add", "sub", "mul", "div", "max", "min", "sum", "mean", "abs", "sqrt", "log", "exp", "where", "split",
                "parameter", "constant", "scale", "slice", "select", "take", "activation", "flatten", "identity",
                "apply", "residual", "sequential", "branches", "repeat", "std", "var", "norm", "neg", "power", "cast",
                "pad", "dot", "tile", "fold", "flip", "roll", "reshape", "transpose", "minimum", "maximum", "average",
                "bilinear", "threshold", "clip", "unfold"}  # fmt: skip
    kinds = set(registry.index()) - ordinary
    assert {"dense", "conv2d", "lstm"} <= kinds
    for path in FILES:
        if room(path) == "layers":
            continue
        for literal in re.findall(r"""["']([a-z_0-9]+)["']""", path.read_text("utf-8")):
            assert literal not in kinds, f"{path.relative_to(ROOT)} names the kind '{literal}'"
