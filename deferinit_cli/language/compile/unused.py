"""What a file declares and nothing reads: variables, imports, blocks and their arguments, for strict checks.

Decided by the text, not by one instantiation: what stands behind a `when` that is false is still a use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...problems import WARNING, Diagnostic
from ..expressions.expression import variables
from ..expressions.references import Reference
from ..source.tree import List, Map, Scalar, Tree, span
from .blocks import Block
from .bodies import Body
from .file import File
from .items import Item
from .static_checks import nested

_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def unused(file: File) -> list[Diagnostic]:
    """Findings in the order of the text; only of the file itself, not of those it imports."""
    bodies: list[Body] = [file, *file.blocks.values()]
    out = [*unused_variables(file, bodies), *unused_imports(file, bodies)]
    if file.layers is not None:  # else a file of blocks for others
        out += unused_blocks(file)
    for block in file.blocks.values():
        out += unused_arguments(block)
    return sorted(out, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))


def found(file: File, rule: str, node: Tree, message: str, help_: str) -> Diagnostic:
    return Diagnostic(rule, message, span(file.source, node), help=help_, severity=WARNING)


def unused_variables(file: File, bodies: Iterable[Body]) -> list[Diagnostic]:
    read: set[str] = set()
    for body in bodies:
        read |= (mentioned(body) | in_defaults(body)) - set(body.argument_names()) if isinstance(body, Block) else mentioned(body)
    for sets in file.import_sets.values():
        for _, code in sets.values():
            read |= in_code(code.tree)
    for key in ("defaults", "params", "checks"):
        read |= in_text(file.tree.get(key))
    read |= in_code(file.dtype.tree) if file.dtype is not None else set()
    queue = [name for name in read if name in file.vars]
    while queue:  # what a read variable is computed from is read too
        for name in set().union(*(in_code(code.tree) for code in file.vars[queue.pop()].codes())) - read:
            read.add(name)
            if name in file.vars:
                queue.append(name)
    asserted = set().union(*(in_code(check.code.tree) for check in file.asserts))
    return [
        found(file, "unused-variable", variable.key, f"{'only asserts read' if name in asserted else 'nothing reads'} the variable '{name}'",
              "use it or remove it")
        for name, variable in file.vars.items()
        if name not in read
    ]  # fmt: skip


def unused_imports(file: File, bodies: Iterable[Body]) -> list[Diagnostic]:
    called = {item.kind.partition(".")[0] for body in bodies for item in nested(body.items) if item.target is not None}
    node = file.tree.get("import")
    return [
        found(file, "unused-import", key, f"nothing calls the import '{key.text}'", "call it or remove it")
        for key, _ in (node.pairs if isinstance(node, Map) else [])
        if key.text in file.imports and key.text not in called
    ]


def unused_blocks(file: File) -> list[Diagnostic]:
    reached: set[int] = set()
    queue: list[Body] = [file]
    while queue:
        for item in nested(queue.pop().items):
            if isinstance(item.target, Block) and item.target.file is file and id(item.target) not in reached:
                reached.add(id(item.target))
                queue.append(item.target)
    return [
        found(file, "unused-block", block.key, f"no layer calls the block '{block.name}'", "call it or remove it")
        for block in file.blocks.values()
        if id(block) not in reached
    ]


def unused_arguments(block: Block) -> list[Diagnostic]:
    read = mentioned(block) | in_defaults(block)
    return [
        found(
            block.file,
            "unused-argument",
            block.arg_nodes[name],
            f"the block '{block.name}' does not read '{name}'",
            "use it or remove it",
        )  # fmt: skip
        for name in block.argument_names()
        if name not in read
    ]


# ---- names that are read


def mentioned(body: Body) -> set[str]:
    """The variables, arguments and indices that a file's or block's layers, inputs and outputs read."""
    out: set[str] = set()
    for item in nested(body.items):
        out |= in_item(item)
    for port in body.ports.values():
        for code in (*(port.dims or ()), *([port.dtype] if port.dtype is not None else ())):
            out |= in_code(code.tree)
    for _, reference in body.outputs or ():
        out |= in_reference(reference)
    return out


def in_defaults(block: Block) -> set[str]:
    return set().union(*(in_code(default.tree) for _, default in block.args if default is not None))


def in_item(item: Item) -> set[str]:
    out: set[str] = set()
    for _, code in item.arguments.values():
        out |= in_code(code.tree)
    for name, (_, value) in item.modifiers.items():
        if name in ("when", "repeat", "fanout", "freeze", "dtype"):
            out |= in_code(value.tree)
        elif name == "expect":
            out |= set().union(*(in_code(code.tree) for code in value))
        elif name == "init":
            out |= in_text(value)
    sources = item.from_.values() if isinstance(item.from_, dict) else item.from_ or []
    references = [*(s[1] if isinstance(s, tuple) else s for s in sources), *(item.references or [])]
    for reference in [*references, item.apply] if item.apply is not None else references:
        out |= in_reference(reference)
    return out


def in_code(tree: Any) -> set[str]:
    _, kind, body = tree
    if kind == "list":
        return set().union(*map(in_code, body))
    return variables(body) if kind == "expression" else set()


def in_reference(reference: Reference) -> set[str]:
    return set().union(*(variables(part) for part in reference.parts if isinstance(part, tuple)))


def in_text(node: Tree | None) -> set[str]:
    """Every word of the values below a node that is not compiled: rather too many than too few."""
    if isinstance(node, Scalar):
        return set(_WORD.findall(node.text))
    if isinstance(node, List):
        return set().union(*map(in_text, node.items))
    return set().union(*(in_text(value) for _, value in node.pairs)) if node is not None else set()
