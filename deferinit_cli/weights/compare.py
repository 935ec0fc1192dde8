"""A network's tensors against those of a file: which are missing, left over, or of another shape or dtype."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..problems import Diagnostic
from .errors import quoted

if TYPE_CHECKING:
    from .files import Header, Shape

SEARCHED = 50
"""Missing tensors that a similar name is looked for: the search is slow where there are thousands."""

COMPARED = 400
"""Names of the file it is looked for among."""


def compare(expected: Iterable[tuple[str, Shape, str]], header: Header) -> list[Diagnostic]:
    """What differs, in the network's order, then the file's: rules weights-missing, -shape, -dtype and -extra.

    `expected` is (name, shape, dtype). A caller that converts dtypes leaves `weights-dtype` out.
    """
    wanted = {name: (shape, dtype) for name, shape, dtype in expected}
    extra = {name: found for name, found in header.items() if name not in wanted}
    missing = {name: shape for name, (shape, _) in wanted.items() if name not in header}
    renamed = _renamed(missing, extra)
    out = []
    for name, (shape, dtype) in wanted.items():
        if name in missing:
            help = _help(name, shape, extra, renamed, list(missing)[:SEARCHED])
            out.append(Diagnostic("weights-missing", f"the file has no tensor {quoted(name)}", help=help))
        elif header[name][0] != shape:
            out.append(_differs("weights-shape", name, str(header[name][0]), str(shape)))
        elif header[name][1] != dtype:
            out.append(_differs("weights-dtype", name, header[name][1], dtype))
    return out + [Diagnostic("weights-extra", f"the network has no tensor {quoted(name)}") for name in extra]


def _differs(rule: str, name: str, found: str, expected: str) -> Diagnostic:
    return Diagnostic(rule, f"{quoted(name)} is {found} in the file, {expected} here", found=found, expected=expected)


def _help(name: str, shape: Shape, extra: Header, renamed: tuple[str, str] | None, searched: list[str]) -> str:
    if renamed is not None:
        there, here = renamed
        names = f"{quoted(name)} is {quoted(there + name.removeprefix(here))} there"
        return f"the file's names start with {quoted(there)}: {names}" if there else f"{names}, without {quoted(here)}"
    near = _nearest(name, shape, extra) if name in searched else ""
    return f"did you mean its {quoted(near)}?" if near else ""


def _renamed(missing: Mapping[str, Shape], extra: Header) -> tuple[str, str] | None:
    """(what the file puts before all missing names, what it leaves off), one of them empty; else None."""
    if len(missing) < 2:
        return None
    first = next(iter(missing))
    for name in extra:
        there = name.removesuffix(first)
        if there != name and all(there + other in extra for other in missing):
            return there, ""
        here = first.removesuffix(name)
        if here != first and all(m.startswith(here) and m[len(here) :] in extra for m in missing):
            return "", here
    return None


def _nearest(name: str, shape: Shape, extra: Header) -> str:
    """The left-over tensor whose name is most like this one; those of the same shape are tried first."""
    from difflib import get_close_matches

    same = [other for other, found in extra.items() if found[0] == shape]
    found = get_close_matches(name, same[:COMPARED], 1, 0.6) or get_close_matches(name, list(extra)[:COMPARED], 1, 0.8)
    return found[0] if found else ""
