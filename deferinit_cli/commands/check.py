"""`deferinit check`: specs and their own checks, for CI."""

from __future__ import annotations

import glob as globbing
import os

import click

from ..problems import Diagnostic, Unusable
from ..verify import Outcome, verify
from ._common import destinations, emit, has_layers, set_option

FORMATS = ("text", "json")


@click.command("check")
@click.argument("specs", nargs=-1)
@set_option
@click.option(
    "--format", "formats", multiple=True, metavar="FORMAT[=FILE]", help="text (default) or json; =FILE writes it there."
)
def command(specs: tuple[str, ...], sets: tuple[str, ...], formats: tuple[str, ...]) -> int:
    """Parse and infer every spec and run its checks: files, folders (all specs below) and globs.

    Exit code 0: everything was checked and holds. 1: something is wrong. 2: a file cannot be read, a pattern matches
    nothing, or nothing was checked.
    """
    from ..spec.options import parse_sets
    from ..views import checks

    targets = destinations(formats, FORMATS, "text")
    chosen = parse_sets(sets)
    outcomes: list[Outcome] = []
    for path in files(specs):
        outcomes += verify(path, chosen)
    for name, target in targets:
        emit(checks.document(outcomes) if name == "json" else checks.text(outcomes), target)
    if not outcomes:
        raise Unusable([Diagnostic("nothing-checked", "nothing was checked", help="name a spec, a folder or a glob")])
    if any(o.unusable for o in outcomes):
        return 2
    return 0 if all(o.passed for o in outcomes) else 1


def files(specs: tuple[str, ...]) -> list[str]:
    """The specs that paths, folders and globs name, each once, in order; raises Unusable for one that names none."""
    from ._common import default_spec

    found: dict[str, None] = {}
    problems = []
    for pattern in specs or (default_spec(),):
        hits = expand(pattern)
        if not hits:
            problems.append(
                Diagnostic("no-match", f"'{pattern}' matches no spec", help="a folder holds *.yaml files with a layers key")
            )
        found.update(dict.fromkeys(hits))
    if problems:
        raise Unusable(problems)
    return list(found)


def expand(pattern: str) -> list[str]:
    if pattern == "-" or pattern.startswith("zoo:") or os.path.isfile(pattern):
        return [pattern]
    if os.path.isdir(pattern):
        return below(pattern)
    if os.path.exists(pattern):
        return [pattern]  # a device or pipe: refused by the reader
    out: list[str] = []
    for hit in sorted(globbing.glob(pattern, recursive=True)):
        out += below(hit) if os.path.isdir(hit) else [hit]
    return out


def below(folder: str) -> list[str]:
    """The specs in a folder and its folders: files that only define blocks are imported by others."""
    from pathlib import Path

    paths = sorted(p for p in Path(folder).rglob("*.y*ml") if p.suffix in (".yaml", ".yml") and p.is_file())
    return [str(p) for p in paths if has_layers(p)]
