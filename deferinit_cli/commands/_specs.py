"""Which specs paths, folders and globs name."""

from __future__ import annotations

import os
from typing import NoReturn

from ..problems import Diagnostic, Unusable
from ._common import default_spec, is_spec


def files(patterns: tuple[str, ...]) -> list[str]:
    """The specs that paths, folders and globs name, each once, in order; raises Unusable for one that names none."""
    found: dict[str, str] = {}
    problems = []
    for pattern in patterns or (default_spec(),):
        hits = expand(pattern)
        if not hits:
            problems.append(
                Diagnostic("no-match", f"'{pattern}' matches no spec", help="a folder holds *.yaml files with a layers key")
            )
        for hit in hits:
            found.setdefault(hit if hit.startswith("zoo:") else os.path.normpath(hit), hit)
    if problems:
        raise Unusable(problems)
    return list(found.values())


def expand(pattern: str) -> list[str]:
    if pattern == "-" or pattern.startswith("zoo:"):
        return [pattern]
    if os.path.isdir(pattern):
        return below(pattern)
    if os.path.lexists(pattern):
        return [pattern]  # a device, a pipe or a broken link is refused by the reader
    from glob import glob

    out: list[str] = []
    for hit in sorted(glob(pattern, recursive=True)):
        out += below(hit) if os.path.isdir(hit) else [hit]
    return out


def below(folder: str) -> list[str]:
    """The specs in a folder and its folders, hidden ones aside: files that only define blocks are imported by others."""
    out = []
    for at, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(f for f in folders if f[0] != ".")
        out += [os.path.join(at, n) for n in names if n.lower().endswith((".yaml", ".yml")) and n[0] != "."]
    return sorted((p for p in out if is_spec(p)), key=lambda p: p.split(os.sep))


def unreadable(e: OSError) -> NoReturn:
    """A folder that cannot be listed may hold specs: it is not passed over."""
    raise Unusable([Diagnostic("unreadable", f"cannot read {e.filename}: {e.strerror or e}")])
