"""A failing network made small: parts left out, containers opened, values written plainly, as long as it fails the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .expressions import Ex, Hole
from .model import MAIN, REQUIRED, File, Item, Net, Ref, items_of, lists_of
from .writing import Text

Fails = Callable[[Net], str]
"""What is wrong with a network, '' if nothing: the words before the first ':' are the kind of failure."""

Change = Callable[[Net], None]

TRIALS = 3000
"""Networks tried for one case at most."""


def reduced(net: Net, fails: Fails) -> Net:
    """The smallest network found that fails as this one does: nothing more can be taken from it alone."""
    kind = kind_of(fails(net))
    assert kind, "the network does not fail"
    trials, seen = 0, {str(Text(net))}
    again = True
    while again:
        again = False
        for change in changes(net):
            smaller = net.copy()
            try:
                change(smaller)
                shown = str(Text(smaller)) + str(smaller.feeds)
            except (LookupError, AttributeError):
                continue
            if shown in seen:
                continue
            seen.add(shown)
            trials += 1
            if trials > TRIALS:
                return net
            if kind_of(outcome(smaller, fails)) == kind:
                net, again = smaller, True
                break
    return net


def kind_of(words: str) -> str:
    """What kind of failure words tell of: what comes before ':', and a rule's name at their end."""
    rule = re.search(r"\[([a-z-]+)\]>?$", words)
    return words.partition(":")[0] + (f" [{rule[1]}]" if rule else "")


def outcome(net: Net, fails: Fails) -> str:
    """A network cut anyhow may be of no use to anyone: that is no failure."""
    try:
        return fails(net)
    except Exception as e:
        return f"crash {type(e).__name__}: {e}"


def changes(net: Net) -> Iterator[Change]:
    """All single steps towards less, larger ones first."""
    lists = list(lists_of(net))
    for n, items in enumerate(lists):
        for size in sizes(len(items)):
            for start in range(0, len(items), size):
                yield lambda m, n=n, a=start, b=start + size: cut(m, n, a, b)
    for n, items in enumerate(lists):
        for k, item in enumerate(items):
            for key in item.lists:
                yield lambda m, n=n, k=k, key=key: opened(m, n, k, key)
    yield from less_of_files(net)
    for k, item in enumerate(items_of(net)):
        for key in item.mods:
            yield lambda m, k=k, key=key: nth(m, k).mods.pop(key)
        if item.source is not None:
            yield lambda m, k=k: setattr(nth(m, k), "source", None)
        if item.refs is not None:
            yield lambda m, k=k: setattr(nth(m, k), "refs", None)
        for attribute in ("source", "refs"):
            found = getattr(item, attribute)
            for j in range(len(found) if isinstance(found, list) and len(found) > 1 else 0):
                yield lambda m, k=k, a=attribute, j=j: getattr(nth(m, k), a).pop(j)
        for key in item.args:
            yield lambda m, k=k, key=key: nth(m, k).args.pop(key)
        for key, branch in item.lists.items():
            if item.kind == "branches" and len(item.lists) > 1 and branch is not None:
                yield lambda m, k=k, key=key: nth(m, k).lists.pop(key)
    for k, item in enumerate(items_of(net)):
        yield lambda m, k=k: plain(m, nth(m, k))
        for key, v in item.args.items():
            for other in simpler(v):
                yield lambda m, k=k, key=key, other=other: nth(m, k).args.__setitem__(key, other)
        for key in ("repeat", "fanout"):
            if key in item.mods:
                for other in simpler(item.mods[key]):
                    yield lambda m, k=k, key=key, other=other: nth(m, k).mods.__setitem__(key, other)
    for name, f in net.feeds.items():
        for axis, size in enumerate(f.shape):
            for other in sorted({1, 2, size - 1} - {0, size}):
                if other < size:
                    yield lambda m, name=name, axis=axis, other=other: fed(m, name, axis, other)


def sizes(n: int) -> list[int]:
    """n, n/2, n/4, …, 1."""
    out = []
    while n:
        out.append(n)
        n //= 2
    return out


def nth(net: Net, k: int) -> Item:
    return list(items_of(net))[k]


def cut(net: Net, n: int, a: int, b: int) -> None:
    """Items left out; what was called after them is called by what stands before."""
    items = list(lists_of(net))[n]
    gone = items[a:b]
    del items[a:b]
    for item in items:
        for attribute in ("source", "refs"):
            found = getattr(item, attribute)
            if isinstance(found, list) and any(r.name in {g.name for g in gone} for r in found) and len(found) == 1:
                setattr(item, attribute, None if attribute == "source" else [Ref("prev")])


def opened(net: Net, n: int, k: int, key: str) -> None:
    """One list of a container in its place."""
    items = list(lists_of(net))[n]
    items[k : k + 1] = items[k].lists[key]


def plain(net: Net, item: Item) -> None:
    """Laid out in the plainest way."""
    item.style, item.bare = 1, False
    item.name = item.name if item.name is None or used(net, item.name) else None


def used(net: Net, name: str) -> bool:
    text = "".join(line for path in net.files for line in str(Text(net)[path]).split(f" {name}"))
    return f"{name}." in text or f", {name}" in text or f"[{name}" in text or f": {name}" in text


def fed(net: Net, name: str, axis: int, size: int) -> None:
    f = net.feeds[name]
    f.shape = (*f.shape[:axis], size, *f.shape[axis + 1 :])


def simpler(v: Any) -> list[Any]:
    """Values of less meaning: an expression's operands, smaller numbers, shorter lists."""
    if isinstance(v, Ex):
        return [Ex(*p) if p[0] != "lit" else p[1] for p in v.tree[1:] if isinstance(p, tuple)] + [1, 2]
    if isinstance(v, bool) or v is None or isinstance(v, Hole | str):
        return []
    if isinstance(v, list):
        return [
            *([v[0]] if len(set(map(str, v))) == 1 and v else []),
            *([*v[:k], other, *v[k + 1 :]] for k, x in enumerate(v) for other in simpler(x)),
        ]
    return [x for x in (0, 1, 2, v - 1) if isinstance(v, int) and 0 <= x < v]


def less_of_files(net: Net) -> Iterator[Change]:
    """Blocks, files, variables, inputs, outputs and globs left out or said plainly."""
    for path, file in net.files.items():
        for attribute in ("params", "defaults", "blocks", "vars", "imports", "inputs"):
            for key in list(getattr(file, attribute) or []):
                yield lambda m, p=path, a=attribute, key=key: without(m.files[p], a, key)
        if file.outputs is not None:
            yield lambda m, p=path: setattr(m.files[p], "outputs", None)
            for k in range(len(file.outputs) if len(file.outputs) > 1 else 0):
                yield lambda m, p=path, k=k: m.files[p].outputs.pop(k)  # type: ignore[union-attr]
        yield lambda m, p=path: setattr(m.files[p], "dtype", "float32")
        yield lambda m, p=path: said(m, m.files[p])
        for name, block in file.blocks.items():
            yield lambda m, p=path, n=name: setattr(m.files[p].blocks[n], "outputs", None)
            yield lambda m, p=path, n=name: setattr(m.files[p].blocks[n], "inputs", None)
            for k in range(len(block.args)):
                yield lambda m, p=path, n=name, k=k: argument(m, m.files[p].blocks[n], n, k)
        for name, port in (file.inputs or {}).items():
            for k in range(len(port.dims or [])):
                yield lambda m, p=path, n=name, k=k: counted(m, m.files[p], n, k)
    for path in list(net.files)[1:]:
        yield lambda m, p=path: m.files.pop(p)
    for name in net.sets:
        yield lambda m, name=name: m.sets.pop(name)


def without(file: File, attribute: str, key: Any) -> None:
    found = getattr(file, attribute)
    if isinstance(found, dict):
        del found[key]
    else:
        found.remove(key)


def argument(net: Net, block: Any, name: str, k: int) -> None:
    """An argument of a block, with what calls say of it."""
    arg, _ = block.args.pop(k)
    for item in items_of(net):
        if item.kind.rpartition(".")[2] == name:
            item.args.pop(arg, None)


def counted(net: Net, file: File, name: str, k: int) -> None:
    """A number for a declared dim."""
    dims = file.inputs[name].dims  # type: ignore[index]
    if dims is None or "..." in dims or isinstance(dims[k], int) or file is not net.files[MAIN]:
        raise LookupError
    dims[k] = net.feeds[name].shape[k]


def said(net: Net, file: File) -> None:
    """Inputs of which only the feeds' shapes are said."""
    if file is net.files[MAIN] and file.inputs:
        for name in list(net.feeds):
            if name not in file.inputs:
                del net.feeds[name]


__all__ = ["REQUIRED", "reduced"]
