"""Finding kinds by name without importing them all: a kind's file says `@layer("name …")` at the start of a line."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Layer

_kinds: dict[str, type[Layer]] = {}
_index: dict[str, str] = {}
_groups: dict[str, str] = {}  # by module


def register(name: str, cls: type[Layer]) -> None:
    """Called by the `layer` decorator."""
    _kinds[name] = cls


def index() -> dict[str, str]:
    """Every kind's name and the module that holds it."""
    if not _index:
        folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "kinds")
        for file in sorted(f for f in os.listdir(folder) if f.endswith(".py")):
            with open(os.path.join(folder, file), "rb") as opened:
                text = opened.read()
            for declared in text.split(b"\n@layer(")[1:]:
                _index.update(dict.fromkeys(declared.split(b'"', 2)[1].decode().split(), file[:-3]))
            _groups[file[:-3]] = text.partition(b'\nGROUP = "')[2].partition(b'"')[0].decode()
    return _index


def members(group: str) -> list[str]:
    """The names of a group's kinds."""
    return [name for name, module in index().items() if _groups[module] == group]


def find(kind: str) -> type[Layer] | None:
    """The class of a kind, or None when no file declares it."""
    found = _kinds.get(kind)
    if found is None and kind in index():
        import_module(f"..kinds.{_index[kind]}", __package__)
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
