"""Items compiled once per place in the text, to be instantiated as often as blocks and repeats say."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..layers.base import Layer
from ..problems import Problem, Source, Span
from ..spelling import suggest
from .arguments import block_arguments, layer_arguments, said, taught, written
from .modifiers import MODIFIERS, by_parameter, idle_modifiers, modifiers, tied_twice
from .references import Reference, compile_reference
from .tree import List, Map, Scalar, Tree, span
from .values import Code, Located

if TYPE_CHECKING:
    from .blocks import Block
    from .file import File

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")


class Item:
    """One item: what it is, its name, compiled arguments and modifiers. It is a place too: that of its head and values.

    What few items have is said by the class and set only on those. Items that say the same share `arguments` and `layer`.
    """

    kind = ""
    target: Block | File | None = None  # of a block call
    cls: type[Layer] | None = None  # of a layer or container
    name: str | None = None  # as written
    label = ""  # the name or kind + counter
    arguments: dict[str, tuple[Scalar | None, Code]] = {}
    references: list[Reference] | None = None  # of a merge
    modifiers: dict[str, tuple[Scalar, Any]] = {}
    lists: dict[str, list[Item]] = {}  # of a container
    from_: Any = None  # list or dict of references
    apply: Reference | None = None
    layer: Layer | None = None  # when its arguments are fixed
    plain = False  # a layer with fixed arguments and nothing else, from one value to one
    broken = False

    def __init__(self, file: File, head: Scalar, value: Tree | None) -> None:
        self.file = file
        self.head = head
        self.value = value

    @property
    def source(self) -> Source:
        return self.file.source

    @property
    def span(self) -> Span:
        return span(self.file.source, self.head)

    @property
    def args(self) -> dict[str, Span]:
        """Where the values of its arguments stand, by name."""
        return {name: span(self.file.source, node) for _, name, node in written(self) if name in self.arguments}

    @property
    def title(self) -> str:
        """What it calls, with its own name."""
        return self.head.text if self.apply is None else f"apply {self.name or ''}".strip()

    @property
    def transparent(self) -> bool:
        """Whether its items belong to the scope around it: an unnamed, unrepeated container."""
        return bool(self.lists) and self.name is None and "repeat" not in self.modifiers and "fanout" not in self.modifiers


def _same(name: str) -> Any:
    return property(attrgetter(f"first.{name}"))


class Again(Item):
    """A plain item that says what `first`, before it, says: only its place and its number are its own."""

    plain = True
    file = _same("file")
    cls = _same("cls")
    arguments = _same("arguments")

    def __init__(self, first: Item, head: Scalar, value: Tree | None) -> None:
        self.first = first
        self.kind = first.kind
        self.layer = first.layer
        self.head = head
        self.value = value


def compile_items(file: File, node: Tree | None, where: str) -> list[Item]:
    """The items of a list, with their default names; faults are collected by the file."""
    items = _compile_list(file, node, where)
    number(items, {})
    return items


def _compile_list(file: File, node: Tree | None, where: str) -> list[Item]:
    if (isinstance(node, Scalar) and node.empty) or node is None:
        return []
    if not isinstance(node, List):
        file.fault(node, "layers-type", f"{where} is a list of items", expected="a list, each item on a line that starts with -")
        return []
    items: list[Item] = []
    plain = file.plain
    head: Scalar
    value: Tree | None
    for n in node.items:  # most items of a long list are plain and say what one before them says
        key: Any = None
        if type(n) is Scalar:
            key, head, value = n.text, n, None
        elif type(n) is Map and len(n.pairs) == 1:
            head, value = n.pairs[0]
            if type(value) is Scalar:
                key = head.text, value.text, value.style
        first = plain.get(key)
        if first is not None:
            items.append(Again(first, head, value))
            continue
        item = compile_item(file, n)
        if item is None:
            file.lost = True
            continue
        items.append(item)
        if key is not None and item.plain and item.name is None:
            plain[key] = item
    return items


def number(items: list[Item], counters: dict[str, int]) -> None:
    """Default names: kind + counter over all items of that kind in the scope, in order of the text."""
    for item in items:
        kind, name = item.kind, item.name
        base = kind.replace(".", "_") if "." in kind else kind
        count = counters.get(base, 0)
        counters[base] = count + 1
        item.label = f"{base}{count}" if name is None else name
        if item.lists and item.cls is not None and item.cls.kind == kind:
            branching = bool(getattr(item.cls, "branching", False))
            own = {} if not item.transparent else counters
            for children in item.lists.values():
                number(children, {} if branching else own)


def compile_item(file: File, node: Tree) -> Item | None:
    if isinstance(node, Scalar):
        if node.empty:
            file.fault(node, "empty-item", "an empty item", help="write a layer, such as - relu")
            return None
        return _head(file, Item(file, node, None))
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
    return _head(file, item)


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


def _head(file: File, item: Item) -> Item | None:
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
        if not NAME.fullmatch(item.name) or item.name in ("prev", "input"):
            file.fault(item.head, "name-format", f"'{item.name}' cannot be a layer's name", found=item.name, word=item.name,
                       expected="letters, digits and _, or digits only; not prev or input")  # fmt: skip
            item.broken = True
    key = (item.kind, said(item.value))
    same = file.known.get(key)
    if same is not None:
        item.cls, item.target, item.arguments, item.layer = same.cls, same.target, same.arguments, same.layer
    else:
        _meaning(file, item)
        if key[1] is not None and not item.broken and _fixed(file, item):
            file.known[key] = item
    layer = item.layer
    lossy(file, item)
    if item.modifiers:
        by_parameter(file, item)
        idle_modifiers(file, item)
        tied_twice(file, item)
    elif layer is not None and item.from_ is None and not item.broken:
        item.plain = layer.memo("_straight", lambda: _straight(layer))
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


def _meaning(file: File, item: Item) -> None:
    """What the kind is, and its arguments."""
    target = file.lookup(item)
    if target is None:
        item.broken = True
        return
    if not isinstance(target, type):  # a block or a file
        item.target = target
        block_arguments(file, item)
        return
    item.cls = target
    if item.cls.structural:
        _container(file, item, item.value)
    else:
        layer_arguments(file, item)
        if item.references is not None and item.from_ is not None:
            file.fault(item.head, "from-twice", f"{item.kind} is told its inputs twice",
                       help="name them under the layer's key or with from:, not both")  # fmt: skip


def _fixed(file: File, item: Item) -> bool:
    """Whether an item's meaning is in its text alone. Makes its layer, if so."""
    if item.references is not None or (item.cls is not None and item.cls.structural):
        return False
    if not all(code.fixed for _, code in item.arguments.values()):
        return False
    if item.cls is not None:
        try:
            item.layer = file.loader.layers.of(item.cls, {name: code.value for name, (_, code) in item.arguments.items()})
        except Problem:  # told where it is built, with the calls that lead there
            return False
    return True


def _straight(layer: Layer) -> bool:
    """Whether a layer is from one value to one."""
    low, high = len(layer.ports) - layer.optional, len(layer.ports)
    return (low <= 1 <= high or layer.variadic) and layer.yields() == 1 and not layer.sides


def _container(file: File, item: Item, value: Tree | None) -> None:
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
        item.lists[item.cls.main] = _compile_list(file, value, item.kind)  # type: ignore[attr-defined]
        return
    if isinstance(value, List) and value.items:
        item.lists = {str(k): _compile_list(file, v, item.kind) for k, v in enumerate(value.items)}
        return
    if not isinstance(value, Map) or not value.pairs:
        file.fault(value or item.head, "value-type", f"{item.kind} holds {'lists' if shape == 'branches' else 'a list'} of items",
                   expected="{left: [...], right: [...]}" if shape == "branches" else f"- {item.kind}: [relu]")  # fmt: skip
        item.broken = True
        return
    known = item.cls.keys  # type: ignore[attr-defined]
    for key, child in value.pairs:
        if known and key.text not in known:
            file.fault(key, "unknown-argument", f"{item.kind} has no argument '{key.text}'", found=key.text,
                       expected=", ".join(known),
                       help=suggest(key.text, known) or ("" if item.cls.main in keys_of(value) else  # type: ignore[attr-defined]
                                                         f"its items are a list: - {item.kind}: [{key.text}: …]"))  # fmt: skip
            item.broken = True
            continue
        if not known and (not NAME.fullmatch(key.text) or key.text in ("prev", "input")):
            file.fault(key, "name-format", f"'{key.text}' cannot be a branch's name", found=key.text,
                       expected="letters, digits and _, or digits only; not prev or input")  # fmt: skip
            item.broken = True
        item.lists[key.text] = _compile_list(file, child, f"{item.kind}'s {key.text}")
    if known and item.cls.main not in item.lists and not item.broken:  # type: ignore[attr-defined]
        main = item.cls.main  # type: ignore[attr-defined]
        file.fault(item.head, "missing-argument", f"{item.kind} needs {main}", expected=f"{main}: [items]")
        item.broken = True


__all__ = ["MODIFIERS", "NAME", "Item", "compile_items", "taught"]
