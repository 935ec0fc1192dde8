"""The architecture as it can be read from the code: levels of packages, no circles of files, folders one can survey, kinds named in one place.

CONTRIBUTING shows the same table of levels; `test_contributing_shows_these_levels` holds the two together.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from deferinit_cli.layers.core import registry

ROOT = Path(__file__).parent.parent / "deferinit_cli"

LEVELS = [
    ["problems", "spelling", "garbage_collection", "files", "shapes", "initializer_base", "initializers"],
    ["layers/core"],
    ["layers/kinds", "graph"],
    ["language/source"],
    ["language/expressions"],
    ["language/compile"],
    ["language/given_shapes", "language/filling", "language/builder"],
    ["language/load"],
    ["catalogue", "schema"],
    ["infer/propagation"],
    ["infer/derivation"],
    ["infer/conflicts"],
    ["infer/domains"],
    ["infer/solving", "infer/warnings", "infer/why"],
    ["framework_view", "weights", "forward"],
    ["report"],
    ["compare"],
    ["verify"],
    ["views"],
    ["guide", "commands", "cli", "api", "plugin", "__main__", "__init__"],
]
"""Packages and modules from the lowest level to the highest. A file imports from its own level and from lower ones only."""

MAY_IMPORT = {
    "yaml": ["language/source"],
    "click": ["commands", "cli", "__main__"],
    "rich": ["views"],
    "pytest": ["plugin/specs"],
    "numpy": ["weights", "forward", "layers/core/lazy_numpy", "api", "commands"],
}
"""Third-party packages and the places that may import them when they load; a function body may import one later."""

MOST_FILES = 20
"""Files directly in one folder. The folder of kinds is excepted: one file a kind is what makes it easy to survey."""

FILES = sorted(ROOT.rglob("*.py"))
MODULES = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in FILES}


def place(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix("").as_posix()).removesuffix("/__init__")


def level(path: Path) -> int:
    """The level of a file; a package that only holds levelled packages has none of its own and counts as the lowest of them."""
    here = place(path)
    for number, names in enumerate(LEVELS):
        if any(here == name or here.startswith(name + "/") for name in names):
            return number
    below = [number for number, names in enumerate(LEVELS) if any(name.startswith(here + "/") for name in names)]
    assert below and path.name == "__init__.py", f"{here} is on no level: add its package to LEVELS"
    return below[0]


def imports(path: Path) -> list[tuple[str, bool]]:
    """(absolute dotted name, whether it is imported when the file loads) of every import but those for type checkers alone."""
    tree = ast.parse(path.read_text("utf-8"))
    package = ["deferinit_cli", *path.relative_to(ROOT).parts[:-1]]
    typing_only: set[ast.AST] = set()
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            typing_only.update(sub for child in node.body for sub in ast.walk(child))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner.update(sub for child in node.body for sub in ast.walk(child))
    found = []
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, node not in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                found.append((whole if whole.removeprefix("deferinit_cli.") in MODULES else module, node not in inner))
    return found


def own(name: str) -> Path | None:
    return MODULES.get(name.removeprefix("deferinit_cli.")) if name.startswith("deferinit_cli.") else None


@pytest.mark.parametrize("path", FILES, ids=place)
def test_imports_go_down(path: Path) -> None:
    for name, _ in imports(path):
        target = own(name)
        if target is not None:
            assert level(target) <= level(path), f"{place(path)} imports {name}, which is on a higher level"


def test_no_circles_of_files() -> None:
    edges = {path: {t for name, at_load in imports(path) if at_load and (t := own(name)) is not None and t != path} for path in FILES}
    done: set[Path] = set()
    while ready := [path for path in FILES if path not in done and edges[path] <= done]:
        done.update(ready)
    assert not [place(p) for p in FILES if p not in done], "these files load each other in a circle, or load files that do"


def test_folders_are_small() -> None:
    folders = {path.parent for path in FILES} - {ROOT / "layers" / "kinds"}
    crowded = {place(f): n for f in folders if (n := sum(p.name != "__init__.py" for p in f.glob("*.py"))) > MOST_FILES}
    assert not crowded


@pytest.mark.parametrize("path", FILES, ids=place)
def test_packages_are_imported_where_they_belong(path: Path) -> None:
    for name, at_load in imports(path):
        allowed = MAY_IMPORT.get(name.split(".")[0])
        if at_load and allowed is not None:
            assert any(place(path) == p or place(path).startswith(p + "/") for p in allowed), f"{place(path)} imports {name}"


def test_every_level_exists() -> None:
    for name in (name for names in LEVELS for name in names):
        assert (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file(), name


def test_contributing_shows_these_levels() -> None:
    text = (ROOT.parent / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| \d+ \| (.+?) \|", text, re.M)
    assert [re.findall(r"`([^`]+?)/?`", row) for row in rows] == LEVELS


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
        if place(path).startswith("layers/"):
            continue
        for literal in re.findall(r"""["']([a-z_0-9]+)["']""", path.read_text("utf-8")):
            assert literal not in kinds, f"{place(path)} names the kind '{literal}'"
