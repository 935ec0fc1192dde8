"""Items compiled from the tree; what is wrong with their form is told here, once per place in the text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from ..layers.base import Layer
from ..problems import Problem
from ..spelling import suggest
from .arguments import block_arguments, layer_arguments, merged, moved, said
from .items import NAME, Again, Called, First, Item
from .modifiers import MODIFIERS, SIMPLE, by_parameter, idle_modifiers, modifiers, tied_twice
from .references import compile_reference
from .tree import List, Map, Scalar, Tree
from .values import Located, inputs_of

if TYPE_CHECKING:
    from .file import File

RESERVED = ("prev", "input")

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
    items = [item for item in [again(file, n, counters) or compile_item(file, n, counters) for n in node.items] if item is not None]
    if len(items) < len(node.items):
        file.lost = True
    return items


def again(file: File, node: Tree, counters: Counters) -> Item | None:
    """The item of a node that says, but for its name, what a plain item or simple call before it says, as most of a long list
    do; None for others."""
    value: Tree | None = None
    if type(node) is Scalar:
        head = node
    elif type(node) is Map and len(node.pairs) == 1:
        head, value = node.pairs[0]
    else:
        return None
    kind, name = head.text, ""
    if " " in kind:
        kind, _, name = kind.partition(" ")
        if name in RESERVED or not (name.isidentifier() and name.isascii()):
            return None
    first = file.plain.get(kind if value is None else (kind, said(value)))
    if first is None:
        return None
    number = next(counters[kind])
    return (Called if first.simple else Again)(first, head, value, name or f"{kind}{number}")


def label(item: Item, counters: Counters) -> str:
    """An item's name in its scope. Named ones count too: naming one never renames another."""
    base = item.kind.replace(".", "_") if "." in item.kind else item.kind
    number = next(counters[base])
    return item.name or f"{base}{number}"


def compile_item(file: File, node: Tree, counters: Counters) -> First | None:
    if isinstance(node, Scalar):
        if node.empty:
            file.fault(node, "empty-item", "an empty item", help="write a layer, such as - relu")
            return None
        return _head(file, First(file, node, None), counters)
    if isinstance(node, List):
        file.fault(node, "item-type", "a list is no item", help="- sequential: [...] groups items")
        return None
    pairs = node.pairs
    heads = [pair for pair in pairs if pair[0].text not in MODIFIERS]
    if len(heads) != 1:
        _no_head(file, node, heads)
        return None
    item = First(file, *heads[0])
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


def _head(file: File, item: First, counters: Counters) -> First | None:
    """Read an item's head and value; what an item before it has said already means the same again."""
    words = item.head.text.split()
    if not words or len(words) > 2:
        file.fault(item.head, "head-format", f"'{item.head.text}' is no layer", expected="a kind, or a kind and a name")
        return None
    if ":" in item.head.text:
        file.fault(item.head, "missing-space", f"'{item.head.text}' is one word to YAML", help="missing space after ':'?")
        return None
    item.kind = words[0]
    if len(words) == 2:
        item.name = words[1]
        if not NAME.fullmatch(item.name) or item.name in RESERVED:
            file.fault(item.head, "name-format", f"'{item.name}' cannot be a layer's name", found=item.name, word=item.name,
                       expected="letters, digits and _, or digits only; not prev or input")  # fmt: skip
            item.broken = True
    item.label = label(item, counters)
    value = item.value
    sense = said(value)
    same = file.merges.get(item.kind) if type(value) is List else file.known.get((item.kind, sense))
    if same is not None:
        item.cls, item.target, item.layer, item.fixed = same.cls, same.target, same.layer, same.fixed
        item.arguments = same.arguments if same.fixed else moved(item, same.arguments)
        item.inputs, item.layers = same.inputs, same.layers
        if type(value) is List:
            merged(file, item, value.items)
    else:
        _meaning(file, item, sense, counters)
    if item.references is not None and item.from_ is not None:
        file.fault(item.head, "from-twice", f"{item.kind} is told its inputs twice",
                   help="name them under the layer's key or with from:, not both")  # fmt: skip
    if item.modifiers:
        lossy(file, item)
        by_parameter(file, item)
        idle_modifiers(file, item)
        tied_twice(file, item)
    if item.cls is not None and not item.broken:
        _shorten(file, item, item.cls, sense)
    elif item.target is not None and item.fixed and sense is not None and not (item.broken or item.modifiers):
        item.simple = item.from_ is None and item.target.file is file and item.target is not file and item.target.takes_one
        if item.simple:
            file.plain[item.kind if item.value is None else (item.kind, sense)] = item
    return item


def _shorten(file: File, item: First, cls: type[Layer], sense: Any) -> None:
    """Note which steps building an item can do without."""
    if cls.structural or cls.sides or cls.yields is not Layer.yields:
        return
    item.short = not item.modifiers or all(m in SIMPLE and code.fixed for m, (_, code) in item.modifiers.items())
    if item.short and item.layer is None and item.inputs is None:
        item.inputs, item.layers = inputs_of(code for _, code in item.arguments.values()), {}
    if item.modifiers or item.from_ is not None or item.references is not None:
        return
    item.chained = cls.variadic or len(cls.ports) - cls.optional <= 1 <= len(cls.ports)
    item.plain = item.chained and item.layer is not None
    if item.plain and sense is not None:
        file.plain[item.kind if item.value is None else (item.kind, sense)] = item


def keys_of(node: Map) -> set[str]:
    return {key.text for key, _ in node.pairs}


def lossy(file: File, item: First) -> None:
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


def _meaning(file: File, item: First, sense: Any, counters: Counters) -> None:
    """What the kind is, and its arguments; kept for items that say the same, where the text alone tells."""
    target = file.lookup(item)
    if target is None:
        item.broken = True
        return
    if not isinstance(target, type):  # a block or a file
        item.target = target
        block_arguments(file, item)
    else:
        item.cls = target
        if item.cls.structural:
            _container(file, item, item.value, counters if item.transparent else defaultdict(count))
            return
        layer_arguments(file, item)
    item.fixed = all(code.fixed for _, code in item.arguments.values())
    if item.broken or not (item.fixed or sense):
        return
    if item.cls is not None and item.fixed:
        try:
            item.layer = file.loader.layers.of(item.cls, {name: code.value for name, (_, code) in item.arguments.items()})
        except Problem:  # told where it is built, with the calls that lead there
            return
    if item.references is None and sense is not None:
        file.known[item.kind, sense] = item
    elif item.references is not None and type(item.value) is List:
        file.merges[item.kind] = item


def _container(file: File, item: First, value: Tree | None, counters: Counters) -> None:
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
        item.lists = {str(k): compile_items(file, v, item.kind) for k, v in enumerate(value.items)}
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
        if not known and (not NAME.fullmatch(key.text) or key.text in RESERVED):
            file.fault(key, "name-format", f"'{key.text}' cannot be a branch's name", found=key.text,
                       expected="letters, digits and _, or digits only; not prev or input")  # fmt: skip
            item.broken = True
        item.lists[key.text] = compile_items(file, child, f"{item.kind}'s {key.text}", None if branching else counters)
    if known and item.cls.main not in item.lists and not item.broken:  # type: ignore[attr-defined]
        main = item.cls.main  # type: ignore[attr-defined]
        file.fault(item.head, "missing-argument", f"{item.kind} needs {main}", expected=f"{main}: [items]")
        item.broken = True


