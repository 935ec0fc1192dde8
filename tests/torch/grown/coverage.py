"""Which parts of the language networks use, so that the generator cannot stop using one unnoticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .expressions import Ex, Hole
from .model import REQUIRED, Block, File, Item, Net, Port, Ref, items_of


def parts_of(net: Net) -> Counter[str]:
    """Each part once a network."""
    return Counter(set(parts(net)))


def parts(net: Net) -> Iterator[str]:
    for file in net.files.values():
        yield from of_file(file)
        for block in file.blocks.values():
            yield from of_block(block)
            yield from ("block in a block" for items in [block.layers] for item in items if item.call)
    for item in items_of(net):
        yield from of_item(item)
    if net.sets:
        yield "--set"
    if len(net.feeds) > 1:
        yield "several inputs"
    yield from (f"input of {len(f.shape)} dims" if not f.below else f"indices of {len(f.shape)} dims" for f in net.feeds.values())


def of_file(file: File) -> Iterator[str]:
    for key in ("vars", "imports", "defaults", "blocks", "outputs", "params"):
        if getattr(file, key):
            yield key
    yield "no inputs said" if file.inputs is None else "inputs"
    yield from of_ports(file.inputs or {})
    for v in file.vars.values():
        yield from of_value(v, f"var {type(v).__name__}")
    if any(sets for _, sets in file.imports.values()):
        yield "import with set"
    if file.outputs:
        yield "outputs with labels" if file.outputs[0][0] is not None else "outputs as a list"
    if any(k in file.blocks or "." in k or k in file.imports for k in file.defaults):
        yield "defaults of a block"
    if file.dtype != "float32":
        yield f"dtype {file.dtype}"
    for glob, said in file.params:
        yield "glob **" if "**" in glob else "glob *" if "*" in glob else "glob without *"
        yield from (f"params {key}" for key in said)


def of_block(block: Block) -> Iterator[str]:
    for _, default in block.args:
        yield "argument required" if default is REQUIRED else "argument with a default"
        if isinstance(default, Ex):
            yield "default of earlier arguments"
    yield f"block of {len(block.inputs or [1])} inputs"
    yield from of_ports(block.inputs or {})
    if block.outputs:
        yield "block with side outputs" if len(block.outputs) > 1 else "block with outputs"


def of_ports(ports: dict[str, Port]) -> Iterator[str]:
    for port in ports.values():
        for d in port.dims or []:
            yield (
                "dim symbol" if isinstance(d, Ex) else "dim _" if isinstance(d, Hole) else "dim ..." if d == "..." else "dim size"
            )


def of_item(item: Item) -> Iterator[str]:
    kind = "whole file" if item.call and item.kind == "net" else "imported block" if "." in item.kind else "block call"
    yield kind if item.call else f"kind {item.kind}"
    if item.lists:
        yield f"{item.kind} {'named' if item.name is not None else 'unnamed'}"
    if "shortcut" in item.lists:
        yield "residual with shortcut"
    if item.kind == "branches" and next(iter(item.lists)).isdigit():
        yield "branches as numbers"
    if (item.name or "").isdigit():
        yield "name of digits"
    yield "named" if item.name is not None else "unnamed"
    if item.bare:
        yield "bare argument"
    for key, v in item.mods.items():
        yield f"modifier {key}"
        yield from of_value(v, f"modifier {key}")
    for v in item.args.values():
        yield from of_value(v, "argument")
    if item.apply is not None:
        yield "apply of a part" if item.apply.parts else "apply of an item"
        if "repeat" in item.mods:
            yield "apply repeated"
    if item.lists and item.mods.keys() & {"repeat", "fanout"}:
        yield f"{item.kind} with {'repeat' if 'repeat' in item.mods else 'fanout'}"
    if item.refs is not None:
        yield "references as value"
    if isinstance(item.source, dict):
        yield "from as a mapping"
    elif item.source is not None:
        yield f"from {'a list' if len(item.source) > 1 else 'a reference'}"
    found = item.source.values() if isinstance(item.source, dict) else item.source or []
    for ref in [*found, *(item.refs or []), *([item.apply] if item.apply else [])]:
        yield from of_reference(ref)


def of_reference(ref: Ref) -> Iterator[str]:
    yield f"reference {ref.name}" if ref.name in ("prev", "input") else "reference by name"
    for part in ref.parts:
        yield "reference part " + ("(expression)" if isinstance(part, Ex) else "*" if part == "*" else
                                   "number" if isinstance(part, int) else "side" if part in ("last", "h", "c") else "name")  # fmt: skip
    if "*" in ref.parts[:-1]:
        yield "reference *.part"


def of_value(v: Any, where: str) -> Iterator[str]:
    if isinstance(v, Ex):
        yield f"{where.split()[0]} expression"
        yield from of_tree(v.tree)
    elif isinstance(v, Hole):
        yield "size _" if v.value is not None else "dim _"
    elif isinstance(v, list):
        for x in v:
            yield from of_value(x, where)


def of_tree(tree: tuple[Any, ...]) -> Iterator[str]:
    op, *inner = tree
    if op == "call":
        yield f"function {inner[0]}"
    elif op != "lit":
        yield f"expression {op}"
    for part in inner:
        if isinstance(part, tuple):
            yield from of_tree(part)
