"""What an item's kind is told: the arguments of layers and blocks."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ...layers.core import registry
from ...layers.core.base import Layer
from ...problems import Problem
from ...spelling import suggest
from ..expressions.references import compile_reference
from ..expressions.values import Code, Located, compile_value
from ..source.tree import List, Map, Scalar, Tree
from .modifiers import MODIFIERS

if TYPE_CHECKING:
    from .file import File
    from .items import Item

Written = list[tuple[Scalar | None, str, Tree]]
"""Arguments by name with their keys, where they have any, and their values."""


def own(item: Item, names: Collection[str]) -> Written:
    """What stands under an item's head: arguments by name, or a value for the first."""
    value = item.value
    if isinstance(value, Map):
        return [(k, k.text, v) for k, v in value.pairs]
    if value is None or not names or (isinstance(value, Scalar) and value.empty):
        return []
    return [(None, next(iter(names)), value)]


def written(item: Item) -> Written:
    """All arguments of an item as written, its file's defaults last."""
    if item.target is not None:
        return with_defaults(item, own(item, item.target.argument_names()))
    if item.cls is None:
        return []
    mine = own(item, item.cls.arguments) if item.references is None else []
    return with_defaults(item, mine)


def with_defaults(item: Item, mine: Written) -> Written:
    defaults = item.file.defaults_of(item.kind)
    names = {name for _, name, _ in mine} if defaults else ()
    return mine + [d for d in defaults if d[1] not in names]


def layer_arguments(file: File, item: Item) -> None:
    cls, value = item.cls, item.value
    assert cls is not None
    if value is not None and not isinstance(value, Map) and not (isinstance(value, Scalar) and value.empty):
        if cls.merges:
            merged(file, item, value.items if isinstance(value, List) else [value])
        elif not cls.arguments:
            file.fault(value, "no-arguments", f"{item.kind} takes no argument", help="write it bare: - " + item.kind)
            item.broken = True
    found: dict[str, tuple[Scalar | None, Code]] = {}
    for key, name, node in written(item):
        argument = cls.arguments.get(name)
        if argument is None:
            _unknown_argument(file, item, key or item.head, name)
            continue
        try:
            code = compile_value(node, argument.textual, argument.words)
            if code.fixed:
                code.value = argument.accept(code.value)
            found[name] = (key, code)
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True
        except Problem as p:
            if p.rule == "argument-choice" and p.found in (*file.vars, *file.reading.argument_names()):
                p.help = f"for the variable write ={p.found}"
            file.faults.problem(file.source, node, p)
            item.broken = True
    item.arguments = found
    _missing_arguments(file, item, cls)


def merged(file: File, item: Item, nodes: list[Tree]) -> None:
    """The inputs of a merge, named under its head."""
    item.references = []
    try:
        item.references = [compile_reference(n) for n in nodes]
    except Located as e:
        file.faults.problem(file.source, e.node, e.problem)
        item.broken = True


def _missing_arguments(file: File, item: Item, cls: type[Layer]) -> None:
    """Arguments without a default that were not given; told with the text, whether or not the item is ever built."""
    for name, argument in cls.arguments.items():
        if argument.required and name not in item.arguments and not item.broken:
            number = item.name is not None and item.name.isdigit() and item.value is None
            message = f"{cls.kind} needs {name}" + (f": {item.name} was read as a name" if number else "")
            help_ = f"write - {item.kind}: {item.name}" if number else argument.help
            file.fault(item.head, "missing-argument", message, expected=argument.expects(), help=help_)
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


def block_arguments(file: File, item: Item) -> None:
    target, value = item.target, item.value
    assert target is not None
    names = target.argument_names()
    if value is not None and not names and not isinstance(value, Map) and not (isinstance(value, Scalar) and value.empty):
        if not target.unsound:
            file.fault(value, "no-arguments", f"{item.kind} takes no argument", help="write it bare: - " + item.kind)
        item.broken = True
    found: dict[str, tuple[Scalar | None, Code]] = {}
    for key, name, node in with_defaults(item, own(item, names)):
        if name not in names:
            item.broken = True
            if target.unsound:
                continue
            file.fault(key or item.head, "unknown-argument", f"{item.kind} has no argument '{name}'", found=name,
                       expected=", ".join(names) or "no arguments", help=suggest(name, names))  # fmt: skip
            continue
        try:
            found[name] = (key, compile_value(node, loose=True))
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            item.broken = True
    item.arguments = found


def taught(kind: str, blocks: list[str]) -> tuple[str, str]:
    """(expected, help) for a kind that does not exist."""
    elsewhere = registry.elsewhere()
    if kind in MODIFIERS:
        return "", f"a modifier stands beside a layer: - relu: and below it {kind}: …"
    if kind in elsewhere:
        return "", f"'{kind}' is {one_of(elsewhere[kind])} here"
    known = [*blocks, *registry.index()]
    near = suggest(kind, known)
    if not near:
        other = suggest(kind, elsewhere)
        if other:
            word = other.split("'")[1]
            near = f"did you mean {one_of(elsewhere[word])}?"
    return "", near or "`deferinit layers` lists all kinds"


def canonical(kind: str) -> str:
    """The kind that another framework's name means, where it means one only; else the name itself."""
    found = registry.elsewhere().get(kind, ())
    return found[0] if len(found) == 1 else kind


def one_of(names: tuple[str, ...]) -> str:
    """Names in quotes: one, or one of several."""
    quoted = [f"'{n}'" for n in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
