"""Items compiled from the tree; what is wrong with their form is told here, once per place in the text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from ...layers.core.base import Layer
from ...problems import Problem
from ...spelling import suggest
from ..expressions.references import compile_reference
from ..expressions.values import Located
from ..source.tree import List, Map, Scalar, Tree
from .arguments import block_arguments, canonical, layer_arguments
from .items import LEVEL, NAME, Item
from .modifiers import MODIFIERS, by_parameter, idle_modifiers, modifiers, tied_twice

if TYPE_CHECKING:
    from .file import File

RESERVED = ("prev", "input")
FORM = "letters, digits, _ and - (a letter or _ first), or digits only"

Counters = defaultdict[str, Iterator[int]]
"""The numbers of a scope's items, by kind: default names are kind + number, in order of the text."""


def compile_items(file: File, node: Tree | None, where: str, counters: Counters | None = None) -> list[Item]:
    """The items of a list, with their names; faults are collected by the file. `counters`: of a scope that they share."""
    if (isinstance(node, Scalar) and node.empty) or node is None:
        return []
    if not isinstance(node, List):
        file.fault(node, "layers-type", f"{where} is a list of items", expected="a list, each item on a line that starts with -")
        return []
    counters = defaultdict(count) if counters is None else counters
    items = [item for item in [compile_item(file, n, counters) for n in node.items] if item is not None]
    if len(items) < len(node.items):
        file.faults.lost = True
    return items


def label(item: Item, counters: Counters) -> str:
    """An item's name in its scope. Named ones count too: naming one never renames another."""
    base = item.kind.replace(".", "_") if "." in item.kind else item.kind
    number = next(counters[base])
    return item.name or f"{base}{number}"


def compile_item(file: File, node: Tree, counters: Counters) -> Item | None:
    if isinstance(node, Scalar):
        if node.empty:
            file.fault(node, "empty-item", "an empty item", help="write a layer, such as - relu")
            return None
        return _head(file, Item(file, node, None), counters)
    if isinstance(node, List):
        file.fault(node, "item-type", "a list is no item", help="- sequential: [...] groups items")
        return None
    pairs = node.pairs
    heads = [pair for pair in pairs if pair[0].text not in MODIFIERS]
    if len(heads) != 1:
        _no_head(file, node, heads)
        return None
    item = Item(file, *heads[0])
    if len(pairs) > 1:
        modifiers(file, item, node)
    return _head(file, item, counters)


def _no_head(file: File, node: Map, heads: list[tuple[Scalar, Tree]]) -> None:
    if not heads:
        file.fault(node, "no-layer", "an item without a layer", found=", ".join(k.text for k, _ in node.pairs),
                   expected="one key that names a layer or block", help="modifiers stand beside a layer: - relu act:")  # fmt: skip
        return
    first, second = heads[0][0], heads[1][0]
    kinds = [k for k, _ in heads if file.kind_known(k.text.split()[0] if k.text.split() else "")]
    if len(kinds) >= 2:
        file.fault(kinds[1], "two-layers", f"two layers in one item: '{kinds[0].text}' and '{kinds[1].text}'",
                   help="each layer is an item of its own, with its own -")  # fmt: skip
        return
    odd = next((k for k, _ in heads if k not in kinds), second)
    near = suggest(odd.text, MODIFIERS)
    if len(kinds) == 1:
        file.fault(odd, "unknown-modifier", f"no modifier is called '{odd.text}'", found=odd.text,
                   expected=", ".join(MODIFIERS), help=near or "arguments go under the layer's key: - dense: {units: 10}")  # fmt: skip
    else:
        file.fault(second, "two-layers", f"two layers in one item: '{first.text}' and '{second.text}'",
                   help="each layer is an item of its own, with its own -")  # fmt: skip


def _head(file: File, item: Item, counters: Counters) -> Item | None:
    """Read an item's head and value."""
    words = item.head.text.split()
    if not words or len(words) > 2:
        help_ = f"write - {canonical(words[0])} {words[1]}: {' '.join(words[2:])}" if len(words) > 2 and item.value is None else ""
        file.fault(item.head, "head-format", f"'{item.head.text}' is no layer", expected="a kind, or a kind and a name", help=help_)
        return None
    if ":" in item.head.text:
        file.fault(item.head, "missing-space", f"'{item.head.text}' is one word to YAML", help="missing space after ':'?")
        return None
    item.kind = words[0]
    if len(words) == 2:
        item.name = words[1]
        if not NAME.fullmatch(item.name) or item.name.partition(".")[0] in RESERVED:
            file.fault(item.head, "name-format", f"'{item.name}' cannot be a layer's name", found=item.name, word=item.name,
                       expected=f"{FORM}, or several of these joined by dots; the first is not prev or input")  # fmt: skip
            item.broken = file.faults.lost = True
    item.label = label(item, counters)
    _meaning(file, item, counters)
    if item.references is not None and item.from_ is not None:
        file.fault(item.head, "from-twice", f"{item.kind} is told its inputs twice",
                   help="name them under the layer's key or with from:, not both")  # fmt: skip
    if item.modifiers:
        lossy(file, item)
        by_parameter(file, item)
        idle_modifiers(file, item)
        tied_twice(file, item)
    return item


def keys_of(node: Map) -> set[str]:
    return {key.text for key, _ in node.pairs}


def lossy(file: File, item: Item) -> None:
    """A repeat of what takes nothing from the copy before: told by the text, whatever the count comes to."""
    if "repeat" not in item.modifiers or item.broken:
        return
    sources = item.from_ if item.from_ is not None else item.references
    if sources is not None:
        references = [r[1] if isinstance(r, tuple) else r for r in (sources.values() if isinstance(sources, dict) else sources)]
        lost = not any(r.name == "prev" for r in references)
    else:
        lost = item.cls is not None and not item.cls.structural and not item.cls.ports and not item.cls.variadic
    if lost:
        file.fault(item.head, "repeat-without-prev", "every copy but the last would be lost",
                   help="let from include prev, or use fanout for copies side by side")  # fmt: skip
        item.broken = True


def _meaning(file: File, item: Item, counters: Counters) -> None:
    """What the kind is, its arguments or lists, and the layer where the text alone tells it."""
    target = file.lookup(item)
    if target is None:
        item.broken = True
        return
    if not isinstance(target, type):  # a block or a file
        item.target = target
        block_arguments(file, item)
        return
    cls: type[Layer] = target
    item.cls = cls
    if cls.structural:
        _container(file, item, item.value, counters if item.transparent else defaultdict(count))
        return
    layer_arguments(file, item)
    if not item.broken and all(code.fixed for _, code in item.arguments.values()):
        with suppress(Problem):  # told where it is built, with the calls that lead there
            item.layer = file.loader.layers.of(cls, {name: code.value for name, (_, code) in item.arguments.items()})


def _container(file: File, item: Item, value: Tree | None, counters: Counters) -> None:
    """The lists of a structural kind, as the kind itself reads them."""
    assert item.cls is not None
    item.lists = {}
    shape = item.cls.reads  # type: ignore[attr-defined]
    if shape == "reference":
        if not isinstance(value, Scalar) or value.empty:
            file.fault(value or item.head, "value-type", f"{item.kind} names an earlier item", expected="a name")
            item.broken = True
            return
        try:
            item.apply = compile_reference(value)
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True
        return
    if isinstance(value, List) and (shape != "branches" or not value.items or not all(isinstance(v, List) for v in value.items)):
        if shape == "branches":
            file.fault(
                value, "value-type", "branches is a mapping of lists, or a list of lists", expected="{left: [...], right: [...]}"
            )
            item.broken = True
            return
        item.lists[item.cls.main] = compile_items(file, value, item.kind, counters)  # type: ignore[attr-defined]
        return
    if isinstance(value, List) and value.items:
        item.numbered = True
        shared = counters if item.transparent else None  # an unnamed list of lists adds no level: its items share one scope
        item.lists = {str(k): compile_items(file, v, item.kind, shared) for k, v in enumerate(value.items)}
        return
    if not isinstance(value, Map) or not value.pairs:
        file.fault(value or item.head, "value-type", f"{item.kind} holds {'lists' if shape == 'branches' else 'a list'} of items",
                   expected="{left: [...], right: [...]}" if shape == "branches" else f"- {item.kind}: [relu]")  # fmt: skip
        item.broken = True
        return
    known, branching = item.cls.keys, item.cls.branching  # type: ignore[attr-defined]
    for key, child in value.pairs:
        if known and key.text not in known:
            file.fault(key, "unknown-argument", f"{item.kind} has no argument '{key.text}'", found=key.text,
                       expected=", ".join(known),
                       help=suggest(key.text, known) or ("" if item.cls.main in keys_of(value) else  # type: ignore[attr-defined]
                                                         f"its items are a list: - {item.kind}: [{key.text}: …]"))  # fmt: skip
            item.broken = True
            continue
        if not known and (not LEVEL.fullmatch(key.text) or key.text in RESERVED):
            file.fault(key, "name-format", f"'{key.text}' cannot be a branch's name", found=key.text,
                       expected=f"{FORM}; not prev or input")  # fmt: skip
            item.broken = file.faults.lost = True
        item.lists[key.text] = compile_items(file, child, f"{item.kind}'s {key.text}", None if branching else counters)
    if known and item.cls.main not in item.lists and not item.broken:  # type: ignore[attr-defined]
        main = item.cls.main  # type: ignore[attr-defined]
        file.fault(item.head, "missing-argument", f"{item.kind} needs {main}", expected=f"{main}: [items]")
        item.broken = True
