"""Items compiled once per place in the text, to be instantiated as often as blocks and repeats say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..layers import registry
from ..layers.arguments import suggest
from ..layers.base import Layer
from ..problems import Diagnostic, Problem, Span
from .references import Reference, compile_reference
from .tree import List, Map, Scalar, Tree, span
from .values import Code, Located, compile_value

if TYPE_CHECKING:
    from .file import Block, File

MODIFIERS = ("from", "when", "repeat", "fanout", "index", "expect", "init", "tie", "freeze", "dtype", "doc", "meta")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")
HEAD = re.compile(r"\s*(\S+)(?:\s+(\S+))?\s*")


class Item:
    """One item: what it is, its name, compiled arguments and modifiers."""

    __slots__ = (
        "apply",
        "arguments",
        "broken",
        "cls",
        "from_",
        "head",
        "kind",
        "label",
        "layer",
        "lists",
        "modifiers",
        "name",
        "node",
        "place",
        "references",
        "source",
        "target",
        "value",
    )  # fmt: skip

    def __init__(self, source: Any, node: Tree, head: Scalar) -> None:
        self.source = source
        self.node = node
        self.head = head
        self.kind = ""
        self.target: Block | File | None = None  # of a block call
        self.cls: type[Layer] | None = None  # of a layer or container
        self.name: str | None = None  # as written
        self.label = ""  # the name or kind + counter
        self.arguments: dict[str, tuple[Scalar | None, Code]] = {}
        self.references: list[Reference] | None = None  # of a merge
        self.modifiers: dict[str, tuple[Scalar, Any]] = {}
        self.lists: dict[str, list[Item]] = {}  # of a container
        self.from_: Any = None  # list or dict of references
        self.apply: Reference | None = None
        self.layer: Layer | None = None  # when its arguments are fixed
        self.place: Any = None
        self.broken = False
        self.value: Tree | None = None

    def span(self) -> Span:
        return span(self.source, self.head)

    @property
    def transparent(self) -> bool:
        """Whether its items belong to the scope around it: an unnamed, unrepeated container."""
        return bool(self.lists) and self.name is None and "repeat" not in self.modifiers and "fanout" not in self.modifiers


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
    return [item for item in (compile_item(file, n) for n in node.items) if item is not None]


def number(items: list[Item], counters: dict[str, int]) -> None:
    """Default names: kind + counter over all items of that kind in the scope, in order of the text."""
    for item in items:
        base = item.kind.replace(".", "_")
        count = counters.get(base, 0)
        counters[base] = count + 1
        item.label = item.name if item.name is not None else f"{base}{count}"
        named = item.cls is not None and item.cls.kind == item.kind and item.lists
        if named:
            branching = bool(getattr(item.cls, "branching", False))
            own = {} if not item.transparent else counters
            for children in item.lists.values():
                number(children, {} if branching else own)


def compile_item(file: File, node: Tree) -> Item | None:
    if isinstance(node, Scalar):
        if node.empty:
            file.fault(node, "empty-item", "an empty item", help="write a layer, such as - relu")
            return None
        return _head(file, Item(file.source, node, node), None)
    if isinstance(node, List):
        file.fault(node, "item-type", "a list is no item", help="- sequential: [...] groups items")
        return None
    heads = [(k, v) for k, v in node.pairs if k.text not in MODIFIERS]
    if len(heads) != 1:
        _no_head(file, node, heads)
        return None
    item = Item(file.source, node, heads[0][0])
    _modifiers(file, item, node)
    return _head(file, item, heads[0][1])


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


def _modifiers(file: File, item: Item, node: Map) -> None:
    for key, value in node.pairs:
        name = key.text
        if name not in MODIFIERS or key is item.head:
            continue
        try:
            if name == "from":
                item.from_ = _from(file, value)
            elif name in ("when", "repeat", "fanout", "freeze"):
                item.modifiers[name] = (key, compile_value(value))
            elif name == "index":
                item.modifiers[name] = (key, _index_name(file, value))
            elif name == "expect":
                if not isinstance(value, List):
                    raise Located(value, Problem("value-type", "expect is a list of dims", expected="[N, 10]"))
                item.modifiers[name] = (key, [compile_value(d) for d in value.items])
            elif name in ("init", "tie"):
                item.modifiers[name] = (key, value)  # read once the kind is known
            elif name == "dtype":
                item.modifiers[name] = (key, file.dtype_of(value))
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True
    if "index" in item.modifiers and not item.modifiers.keys() & {"repeat", "fanout"}:
        file.fault(item.modifiers["index"][0], "index-without-repeat", "index names the counter of a repeat or fanout",
                   help="remove it, or say repeat: 2")  # fmt: skip
    if "repeat" in item.modifiers and "fanout" in item.modifiers:
        file.fault(item.modifiers["fanout"][0], "repeat-and-fanout", "repeat and fanout on one item",
                   help="put one of them in a sequential around the other")  # fmt: skip


def _index_name(file: File, value: Tree) -> str:
    if not isinstance(value, Scalar) or not re.fullmatch(r"[a-z_][a-z0-9_]*", value.text):
        raise Located(value, Problem("name-format", "index is a lower-case name", expected="a name such as j"))
    return value.text


def _from(file: File, value: Tree) -> Any:
    if isinstance(value, Map):
        return {k.text: (k, compile_reference(v)) for k, v in value.pairs}
    if isinstance(value, List):
        return [compile_reference(v) for v in value.items]
    return [compile_reference(value)]


def _head(file: File, item: Item, value: Tree | None) -> Item | None:
    words = item.head.text.split()
    if not words or len(words) > 2:
        file.fault(item.head, "head-format", f"'{item.head.text}' is no layer", expected="a kind, or a kind and a name")
        return None
    item.kind = words[0]
    item.value = value
    if len(words) == 2:
        item.name = words[1]
        if not NAME.fullmatch(item.name) or item.name in ("prev", "input"):
            file.fault(item.head, "name-format", f"'{item.name}' cannot be a layer's name", found=item.name,
                       expected="letters, digits and _, or digits only; not prev or input")  # fmt: skip
            item.broken = True
    target = file.lookup(item)
    _by_parameter(file, item, target)
    if target is None:
        item.broken = True
        return item
    if isinstance(target, type):
        item.cls = target
        if item.cls.structural:
            _container(file, item, value)
        else:
            _layer_arguments(file, item, value)
            if item.references is not None and item.from_ is not None:
                file.fault(item.head, "from-twice", f"{item.kind} is told its inputs twice",
                           help="name them under the layer's key or with from:, not both")  # fmt: skip
        _idle_modifiers(file, item)
    else:
        item.target = target
        _block_arguments(file, item, value)
    return item


def _by_parameter(file: File, item: Item, target: Any) -> None:
    """`init` and `tie` are mappings from parameters' names; a kind whose tensor bears the item's own name takes the value alone."""
    for name in ("init", "tie"):
        if name not in item.modifiers:
            continue
        key, value = item.modifiers[name]
        if getattr(target, "nameless", False) and not (isinstance(value, Map) and value.find("")):
            item.modifiers[name] = (key, Map([(key.part("", '"'), value)], value.start, value.stop))
        elif not isinstance(value, Map):
            file.faults.problem(file.source, value, Problem("value-type", f"{name} is a mapping from a parameter's name",
                                                            expected="{weight: …}"))  # fmt: skip
            del item.modifiers[name]
            item.broken = True


def _idle_modifiers(file: File, item: Item) -> None:
    """What is said of parameters that an item cannot have."""
    if item.broken or item.cls is None:
        return
    said = [m for m in ("init", "tie", "freeze", "dtype") if m in item.modifiers]
    if item.apply is not None and said:
        file.fault(item.modifiers[said[0]][0], "apply-modifier", f"apply uses another layer's parameters as they are: no {said[0]}",
                   help=f"say it of '{item.apply.text}'")  # fmt: skip


def _container(file: File, item: Item, value: Tree | None) -> None:
    """The lists of a structural kind, as the kind itself reads them."""
    assert item.cls is not None
    shape = item.cls.reads  # type: ignore[attr-defined]
    if shape == "reference":
        if not isinstance(value, Scalar) or value.empty:
            file.fault(value or item.head, "value-type", f"{item.kind} names an earlier item", expected="a name")
            item.broken = True
            return
        item.apply = compile_reference(value)
        return
    if isinstance(value, List) and (shape != "branches" or not all(isinstance(v, List) for v in value.items)):
        if shape == "branches":
            file.fault(
                value, "value-type", "branches is a mapping of lists, or a list of lists", expected="{left: [...], right: [...]}"
            )
            item.broken = True
            return
        item.lists[item.cls.main] = _compile_list(file, value, item.kind)  # type: ignore[attr-defined]
        return
    if isinstance(value, List):
        item.lists = {str(k): _compile_list(file, v, item.kind) for k, v in enumerate(value.items)}
        return
    if not isinstance(value, Map):
        file.fault(value or item.head, "value-type", f"{item.kind} holds a list of items", expected="a list")
        item.broken = True
        return
    known = item.cls.keys  # type: ignore[attr-defined]
    for key, child in value.pairs:
        if known and key.text not in known:
            file.fault(key, "unknown-argument", f"{item.kind} has no argument '{key.text}'", found=key.text,
                       expected=", ".join(known), help=suggest(key.text, known))  # fmt: skip
            item.broken = True
            continue
        if not known and (not NAME.fullmatch(key.text)):
            file.fault(key, "name-format", f"'{key.text}' cannot be a branch's name")
        item.lists[key.text] = _compile_list(file, child, f"{item.kind}'s {key.text}")
    if known and item.cls.main not in item.lists:  # type: ignore[attr-defined]
        file.fault(item.head, "missing-argument", f"{item.kind} needs {item.cls.main}")  # type: ignore[attr-defined]
        item.broken = True


def _layer_arguments(file: File, item: Item, value: Tree | None) -> None:
    cls = item.cls
    assert cls is not None
    given: list[tuple[Scalar | None, str, Tree]] = []
    if value is None or (isinstance(value, Scalar) and value.empty):
        pass
    elif isinstance(value, Map):
        given = [(k, k.text, v) for k, v in value.pairs]
    elif cls.merges:
        nodes = value.items if isinstance(value, List) else [value]
        try:
            item.references = [compile_reference(n) for n in nodes]
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True
    elif not cls.arguments:
        file.fault(value, "no-arguments", f"{item.kind} takes no argument", help="write it bare: - " + item.kind)
        item.broken = True
    else:
        given = [(None, next(iter(cls.arguments)), value)]
    own = {name for _, name, _ in given}
    for key, name, node in [*given, *((k, n, v) for k, n, v in file.defaults_of(item.kind) if n not in own)]:
        argument = cls.arguments.get(name)
        if argument is None:
            _unknown_argument(file, item, key or item.head, name)
            continue
        try:
            code = compile_value(node, argument.textual, argument.words)
            if code.fixed:
                code.value = argument.accept(code.value)
            item.arguments[name] = (key, code)
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True
        except Problem as p:
            file.faults.problem(file.source, node, p)
            item.broken = True
    _missing_arguments(file, item, cls)


def _missing_arguments(file: File, item: Item, cls: type[Layer]) -> None:
    """Arguments without a default that were not given; told with the text, whether or not the item is ever built."""
    for name, argument in cls.arguments.items():
        if argument.required and name not in item.arguments and not item.broken:
            file.fault(item.head, "missing-argument", f"{cls.kind} needs {name}", expected=argument.expects(), help=argument.help)
            item.broken = True


def _unknown_argument(file: File, item: Item, key: Tree, name: str) -> None:
    cls = item.cls
    assert cls is not None
    item.broken = True
    other = next((a.name for a in cls.arguments.values() if name in a.also), None)
    if other is not None:
        help_ = f"{framework(name)}'{name}' is '{other}' here"
    elif name in MODIFIERS:
        help_ = "modifiers stand beside the layer's key, not under it"
    else:
        help_ = suggest(name, cls.arguments)
    file.fault(key, "unknown-argument", f"{item.kind} has no argument '{name}'", found=name,
               expected=", ".join(cls.arguments) or "no arguments", help=help_)  # fmt: skip


TORCH_WORDS = {"out_features", "in_features", "out_channels", "num_features", "num_embeddings", "embedding_dim",
               "hidden_size", "input_size", "num_layers", "batch_first", "num_groups", "num_heads", "embed_dim", "p",
               "dim", "negative_slope", "inplace", "normalized_shape", "elementwise_affine", "affine"}  # fmt: skip
KERAS_WORDS = {"filters", "strides", "use_bias", "dilation_rate", "pool_size", "data_format", "return_sequences",
               "kernel_initializer", "depth_multiplier", "epsilon"}  # fmt: skip


def framework(word: str) -> str:
    """Whose word it is, where that is certain: "PyTorch's "."""
    return "PyTorch's " if word in TORCH_WORDS else "Keras' " if word in KERAS_WORDS else ""


def _block_arguments(file: File, item: Item, value: Tree | None) -> None:
    target = item.target
    assert target is not None
    names = target.argument_names()
    given: list[tuple[Scalar | None, str, Tree]] = []
    if value is None or (isinstance(value, Scalar) and value.empty):
        pass
    elif isinstance(value, Map):
        given = [(k, k.text, v) for k, v in value.pairs]
    elif not names:
        file.fault(value, "no-arguments", f"{item.kind} takes no argument", help="write it bare: - " + item.kind)
        item.broken = True
    else:
        given = [(None, names[0], value)]
    for key, name, node in given:
        if name not in names:
            item.broken = True
            file.fault(key or item.head, "unknown-argument", f"{item.kind} has no argument '{name}'", found=name,
                       expected=", ".join(names) or "no arguments", help=suggest(name, names))  # fmt: skip
            continue
        try:
            item.arguments[name] = (key, compile_value(node, loose=True))
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True


def taught(kind: str, blocks: list[str]) -> tuple[str, str]:
    """(expected, help) for a kind that does not exist."""
    elsewhere = registry.elsewhere()
    if kind in elsewhere:
        return "", f"'{kind}' is '{elsewhere[kind]}' here"
    known = [*blocks, *registry.index()]
    near = suggest(kind, known)
    if not near:
        other = suggest(kind, elsewhere)
        if other:
            word = other.split("'")[1]
            near = f"did you mean '{elsewhere[word]}'?"
    return "", near or "`deferinit layers` lists all kinds"


__all__ = ["Diagnostic", "Item", "compile_items", "taught"]
