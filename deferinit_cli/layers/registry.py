"""Finding kinds by name without importing them all: a kind's file says `@layer("name …")` at the start of a line."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Layer

_kinds: dict[str, type[Layer]] = {}
_index: dict[str, str] = {}


def register(name: str, cls: type[Layer]) -> None:
    """Called by the `layer` decorator."""
    _kinds[name] = cls


def index() -> dict[str, str]:
    """Every kind's name and the module that holds it."""
    if not _index:
        for path in sorted(Path(__file__).parent.glob("*.py")):
            for names in re.findall(r'^@layer\(\s*"([^"]+)"', path.read_text("utf-8"), re.M):
                _index.update(dict.fromkeys(names.split(), path.stem))
    return _index


def find(kind: str) -> type[Layer] | None:
    """The class of a kind, or None when no file declares it."""
    found = _kinds.get(kind)
    if found is None and kind in index():
        import_module(f"{__package__}.{_index[kind]}")
        found = _kinds[kind]
    return found


def kinds() -> dict[str, type[Layer]]:
    """All kinds, imported, by name in alphabetical order."""
    out = {name: find(name) for name in sorted(index())}
    return {name: cls for name, cls in out.items() if cls is not None}


def elsewhere() -> dict[str, tuple[str, ...]]:
    """Other frameworks' names for kinds: `Linear` → `dense`; several where a name says no rank: `Conv`."""
    found: dict[str, tuple[str, ...]] = {}
    for name, cls in kinds().items():
        for other in cls.also:
            if other not in _index:
                found[other] = (*found.get(other, ()), name)
    return found
