"""The networks that come with deferinit: where they are, what they say of themselves, and their text for elsewhere."""

from __future__ import annotations

import posixpath
from pathlib import Path

from ...problems import Diagnostic, Unusable
from ...spelling import suggest
from . import reader
from .import_targets import targets


def zoo_folder() -> Path:
    """Where the shipped networks are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parents[2]
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def zoo_names() -> list[str]:
    return sorted(p.stem for p in zoo_folder().glob("*.yaml"))


def zoo_path(name: str) -> Path:
    """The file of `zoo:NAME`; raises Unusable."""
    path = zoo_folder() / f"{name.removesuffix('.yaml')}.yaml"
    inside = zoo_folder().resolve()
    if not path.is_file() or inside not in path.resolve().parents:
        names = zoo_names()
        raise Unusable([Diagnostic("unknown-network", f"no network is called 'zoo:{name}'", help=suggest(name, names)
                                   or f"there are {', '.join(names)}")])  # fmt: skip
    return path


def about(text: str) -> str:
    """What a spec's first comment says first: one sentence."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            break
        if "yaml-language-server" not in line:
            lines.append(line.lstrip("# ").strip())
    sentence, period, _ = " ".join(lines).partition(". ")
    return sentence + period.strip()


def standalone(text: str) -> str:
    """A zoo spec's text that works in any folder: what it imports beside itself becomes `zoo:…`, and the editor's schema is
    looked for beside it."""
    text = text.replace("$schema=../", "$schema=", 1)
    _, tree = reader.read(text, "zoo")
    lines = text.split("\n")
    for target in reversed(targets(tree)):
        if not target.text.startswith("zoo:"):
            line = lines[target.line - 1]
            name = posixpath.normpath(target.text).removesuffix(".yaml")
            lines[target.line - 1] = f"{line[: target.column - 1]}zoo:{name}{line[target.end - 1 :]}"
    return "\n".join(lines)
