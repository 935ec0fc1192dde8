"""Which removed tensor is which added one under a new name: a guess by shape and place, always labelled as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .sides import Tensor
from .terms import REST, same_shape

LOOKED_AT = 200
"""Candidates of equal form that one layer is compared with."""

TRIES = 20
"""Names that suggest a prefix, and prefixes that are tried as one for all names."""

Fits = Callable[[Tensor, Tensor], bool]


def renames(a: Sequence[Tensor], b: Sequence[Tensor], fits: Fits, ordered: bool = True) -> dict[str, str]:
    """New name by old name. The same tensors in the same order under other names are looked for first, then one prefix for
    all; then layers are matched whole, then single tensors whose last names are alike.

    `ordered`: both sides stand in the network's order, so that a match lies between the same neighbours. A weights file
    is in any order: there, names must have something in common.
    """
    there, here = {t.name for t in b}, {t.name for t in a}
    if ordered and there != here and len(a) == len(b) and all(x.key == y.key and fits(x, y) for x, y in zip(a, b)):
        return {x.name: y.name for x, y in zip(a, b) if x.name != y.name}
    out = shifted([t for t in a if t.name not in there], [t for t in b if t.name not in here])
    taken = set(out.values())
    a, b = [t for t in a if t.name not in out], [t for t in b if t.name not in taken]
    gaps = (
        between(a, b, there & here)
        if ordered
        else [([t for t in a if t.name not in there], [t for t in b if t.name not in here])]
    )
    for old, new in gaps:
        layers(old, new, fits, out, need_likeness=not ordered)
    taken |= set(out.values())
    left = [t for t in a if t.name not in there and t.name not in out]
    free = [t for t in b if t.name not in here and t.name not in taken]
    layers(left, free, fits, out, need_likeness=True)
    taken |= set(out.values())
    singles([t for t in left if t.name not in out], [t for t in free if t.name not in taken], fits, out)
    return out


def shifted(old: Sequence[Tensor], new: Sequence[Tensor]) -> dict[str, str]:
    """New name by old name where most old ones have one and the same prefix more, or less; else nothing.

    Names that agree so say more than shapes: a tensor that was resized or cast besides is still the same one.
    """
    free = {t.name: t for t in new}
    best: dict[str, str] = {}
    for name in likely(old, list(free)):
        more, less = name
        names = {t.name: more + t.name.removeprefix(less) for t in old if t.name.startswith(less)}
        names = {was: now for was, now in names.items() if now in free}
        alike = sum(same_shape(t.shape, free[names[t.name]].shape) or not settled(t.shape) for t in old if t.name in names)
        if 2 * alike > len(old) and len(names) > len(best) and len(set(names.values())) == len(names) > 1:
            best = names
    return best


def likely(old: Sequence[Tensor], new: Sequence[str]) -> list[tuple[str, str]]:
    """(prefix more, prefix less) of some pairs whose names end alike."""
    found: dict[tuple[str, str], None] = {}
    for t in old[:TRIES]:
        for name in new:
            if name.endswith("." + t.name):
                found[name.removesuffix(t.name), ""] = None
            elif t.name.endswith("." + name):
                found["", t.name.removesuffix(name)] = None
            if len(found) >= TRIES:
                return list(found)
    return list(found)


def settled(shape: Any) -> bool:
    return shape is not None and all(type(size) is int for size in shape)


def between(a: Sequence[Tensor], b: Sequence[Tensor], common: set[str]) -> list[tuple[list[Tensor], list[Tensor]]]:
    """What stands on each side between the tensors that both have, in order."""
    gaps: dict[str, tuple[list[Tensor], list[Tensor]]] = {}
    for which, tensors in enumerate((a, b)):
        after = ""
        for t in tensors:
            if t.name in common:
                after = t.name
            else:
                gaps.setdefault(after, ([], []))[which].append(t)
    return [gap for gap in gaps.values() if gap[0] and gap[1]]


def grouped(tensors: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Tensors by their layer."""
    out: dict[str, list[Tensor]] = {}
    for t in tensors:
        out.setdefault(t.layer, []).append(t)
    return out


def form(tensors: Sequence[Tensor]) -> tuple[Any, ...]:
    """What two layers must share before their sizes are looked at."""
    return tuple(sorted((t.key, -1 if t.shape is None or REST in t.shape else len(t.shape)) for t in tensors))


def layers(old: Sequence[Tensor], new: Sequence[Tensor], fits: Fits, out: dict[str, str], need_likeness: bool) -> None:
    """Match whole layers: those whose names are most alike first, then in order."""
    by_form: dict[tuple[Any, ...], list[str]] = {}
    candidates = grouped(new)
    for name, tensors in candidates.items():
        by_form.setdefault(form(tensors), []).append(name)
    waiting = grouped([t for t in old if t.name not in out])
    for alike in (True, False):
        for name, tensors in list(waiting.items()):
            free = by_form.get(form(tensors), [])
            lone = not need_likeness or len(free) == 1
            found = [c for c in free[:LOOKED_AT] if (alike or lone) and whole(tensors, candidates[c], fits)]
            scores = [likeness(name, c) for c in found]
            if not found or (alike and max(scores) == 0):
                continue
            best = found[scores.index(max(scores))]
            free.remove(best)
            del waiting[name]
            keys = {t.key: t.name for t in candidates[best]}
            out.update((t.name, keys[t.key]) for t in tensors)


def whole(a: Sequence[Tensor], b: Sequence[Tensor], fits: Fits) -> bool:
    keys = {t.key: t for t in b}
    return len(keys) == len(a) and all(fits(t, keys[t.key]) for t in a)


def singles(old: Sequence[Tensor], new: Sequence[Tensor], fits: Fits, out: dict[str, str]) -> None:
    """Tensors whose layer is the same and whose own name changed (`weight` to `kernel`)."""
    free = grouped(new)
    for t in old:
        found = [c for c in free.get(t.layer, []) if fits(t, c)]
        if found:
            out[t.name] = found[0].name
            free[t.layer].remove(found[0])


def likeness(a: str, b: str) -> int:
    """How many parts two dotted names share, those at the end counted thrice: 0 where they have nothing in common."""
    x, y = a.split("."), b.split(".")
    tail = 0
    while tail < min(len(x), len(y)) and x[-1 - tail] == y[-1 - tail]:
        tail += 1
    return 2 * tail + len(set(x) & set(y))
