"""What the text alone tells to be wrong, whether or not the item is ever built: green must mean checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ...spelling import suggest
from ..expressions.references import Reference
from ..expressions.values import Code
from ..source.tree import Tree
from .items import Item

if TYPE_CHECKING:
    from .bodies import Body
    from .file import File


def nested(items: list[Item]) -> Iterator[Item]:
    """Items and those in their containers."""
    for item in items:
        yield item
        if item.lists:
            for children in item.lists.values():
                yield from nested(children)


def cyclic(file: File) -> bool:
    """Whether blocks call themselves, directly or through others; each such circle is told once, at the call that closes it."""
    done: set[str] = set()
    found = False
    for first in file.blocks.values():
        if first.name in done:
            continue
        done.add(first.name)
        path: dict[str, Iterator[Item]] = {first.name: nested(first.items)}  # a chain of blocks, with what is still to be looked at
        while path:
            item = next(path[next(reversed(path))], None)
            target = item.target if item is not None else None
            if item is None:
                path.popitem()
            elif target is None or target.file is not file or target is file:
                continue
            elif target.name in path:
                found = True
                chain = [*path, target.name]
                circle = chain[chain.index(target.name) :]
                through = "" if len(circle) == 2 else " through others"
                file.fault(item.head, "cyclic-block", f"'{target.name}' calls itself{through}", found=" → ".join(circle[-9:]),
                           help="blocks cannot be recursive")  # fmt: skip
            elif target.name not in done:
                done.add(target.name)
                path[target.name] = nested(target.items)
    return found


def names(file: File) -> None:
    """Names that nothing can stand for: in items that nobody calls and in those a `when` removes, too."""
    bodies: list[Body] = [file, *file.blocks.values()]
    sound = not any(body.unsound for body in bodies)
    everywhere = {"i", *file.vars}
    for body in bodies:
        items = list(nested(body.items))
        indices = {item.modifiers["index"][1] for item in items if "index" in item.modifiers}
        scope = {"i", *file.vars, *body.argument_names(), *indices}
        everywhere |= scope
        if sound:
            found = [r for item in items for r in references_of(item)] + [r for _, r in body.outputs or ()]
            unknown(file, [*(c for item in items for c in codes_of(item)), *(c for r in found for c in r.codes())], scope)
        if not file.faults.lost:
            references(file, body, items)
    if sound:
        unknown(file, file.default_codes, everywhere)
        unknown(file, [check.code for check in file.asserts], set(file.vars))
    symbols(file)


def symbols(file: File) -> None:
    """Symbols in asserts that are the size of nothing in the file: no size could ever decide them."""
    if not any(check.symbolic for check in file.asserts) or file.faults.lost:
        return
    items = list(nested(file.items))
    dims = [code for port in file.ports.values() for code in port.dims or ()]
    known = symbols_in(c.tree for c in (*dims, *(code for item in items for code in codes_of(item))))
    for check in file.asserts:
        for name in sorted(symbols_in([check.code.tree]) - known):
            file.fault(check.code.node, "unknown-symbol", f"no size here is {name}", word=name, found=name,
                       expected=", ".join(sorted(known)), help=suggest(name, known) or "name it in inputs or in an expect")  # fmt: skip


def symbols_in(trees: Iterable[Any]) -> set[str]:
    """The symbols that compiled values mention."""
    out: set[str] = set()
    todo = list(trees)
    while todo:
        tree = todo.pop()
        if isinstance(tree, tuple) and len(tree) == 2 and tree[0] == "symbol":
            out.add(tree[1])
        elif isinstance(tree, (tuple, list)):
            todo += tree
    return out


def references(file: File, body: Body, items: list[Item]) -> None:
    """Names of layers that nothing in a body has; whether what has them comes earlier is seen when it is built."""
    outputs = [reference for _, reference in body.outputs or ()]
    if outputs or any(references_of(item) for item in items):
        earlier = ["prev", "input", *body.ports]
        labels = set(earlier)
        for item in items:
            labels.update((item.label, item.label.partition(".")[0], *(() if item.numbered else item.lists)))
        in_items(file, body.items, labels, earlier)
        unknown_references(file, outputs, labels, earlier)


def in_items(file: File, items: list[Item], labels: set[str], earlier: list[str]) -> None:
    """Tell the references in a list that no label has; `earlier` holds the labels before it, and in the end its own too."""
    for item in items:
        unknown_references(file, references_of(item), labels, earlier)
        for key, children in item.lists.items():
            in_items(file, children, labels, earlier)
            if not item.numbered:
                earlier.append(key)
        earlier.append(item.label)


def unknown_references(file: File, found: list[Reference], labels: set[str], earlier: list[str]) -> None:
    for reference in found:
        if reference.name not in labels:
            file.fault(reference.node, "unknown-reference", f"no earlier layer or input is called '{reference.name}'",
                       word=reference.name, found=reference.name, help=suggest(reference.name, earlier))  # fmt: skip


def unknown(file: File, codes: list[Code], scope: set[str]) -> None:
    for node, name in (n for c in codes for n in c.names()):
        if name not in scope:
            tell(file, node, name, scope)


def tell(file: File, node: Tree, name: str, scope: set[str]) -> None:
    file.fault(node, "unknown-name", f"unknown name '{name}'", word=name, found=name,
               help=suggest(name, scope) or "quote it if it is text")  # fmt: skip


def codes_of(item: Item) -> list[Code]:
    """The expressions of an item: arguments and modifiers."""
    out = [code for _, code in item.arguments.values()]
    for name, (_, value) in item.modifiers.items():
        if name in ("when", "repeat", "fanout", "freeze", "dtype"):
            out.append(value)
        elif name == "expect":
            out += value
    return out


def references_of(item: Item) -> list[Reference]:
    sources: Any = item.from_.values() if isinstance(item.from_, dict) else item.from_ or []
    out = [*(s[1] if isinstance(s, tuple) else s for s in sources), *(item.references or [])]
    return [*out, item.apply] if item.apply is not None else out
