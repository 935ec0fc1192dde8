"""The `defaults` of a file: arguments by kind, for the items written in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...layers.core.base import Layer
from ...problems import Problem
from ...spelling import suggest
from ..expressions.values import Code, Located, compile_value
from ..source.tree import Map, Scalar, Tree
from .arguments import taught

if TYPE_CHECKING:
    from .file import File

Defaults = dict[str, list[tuple[Scalar, str, Tree]]]


def read_defaults(file: File, node: Tree) -> None:
    """Every default is tried at once: one that nothing could take is wrong even where nothing takes it."""
    for key, value in file.mapping(node, "defaults"):
        if not isinstance(value, Map):
            file.fault(value, "value-type", f"the defaults of {key.text} are a mapping", expected=f"{key.text}: {{argument: value}}")
            continue
        target: Any = file.named(key.text)
        if isinstance(target, type) and getattr(target, "structural", False):
            file.fault(key, "no-arguments", f"'{key.text}' takes no defaults", found=key.text,
                       help="defaults are for layers and blocks")  # fmt: skip
        elif target is None:
            if not file.excused(key.text):
                _, help_ = taught(key.text, file.own_kinds())
                file.fault(key, "unknown-kind", f"no layer or block is called '{key.text}'", found=key.text, help=help_)
        else:
            take(file, key, target, value)


def take(file: File, key: Scalar, target: Any, value: Map) -> None:
    cls: type[Layer] | None = target if isinstance(target, type) else None
    names = cls.arguments if cls is not None else target.argument_names()
    for name, node in value.pairs:
        if name.text not in names:
            if cls is None and target.unsound:
                continue
            other = next((a.name for a in cls.arguments.values() if name.text in a.also), None) if cls is not None else None
            file.fault(name, "unknown-argument", f"{key.text} has no argument '{name.text}'", found=name.text,
                       expected=", ".join(names) or "no arguments",
                       help=f"'{name.text}' is '{other}' here" if other else suggest(name.text, names))  # fmt: skip
            continue
        try:
            code = tried(cls, name.text, node)
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            continue
        file.defaults.setdefault(key.text, []).append((name, name.text, node))
        file.default_codes.append(code)


def tried(cls: type[Layer] | None, name: str, node: Tree) -> Code:
    """A default compiled; raises Located where no item could take it."""
    if cls is None:
        return compile_value(node, loose=True)
    argument = cls.arguments[name]
    code = compile_value(node, argument.textual, argument.words)
    if code.fixed:
        try:
            argument.accept(code.value)
        except Problem as p:
            raise Located(node, p) from None
    return code
