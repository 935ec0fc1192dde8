"""Values that are set from outside, with `--set`."""

from __future__ import annotations

from typing import Any

from ...problems import Diagnostic, Problem, Source, Span
from ...spelling import suggest
from ..compile.file import File
from ..compile.variables import KINDS, Setting, kept
from ..expressions.values import Faults, Located, compile_value
from ..source.tree import Scalar
from .context import variables as file_variables


def chosen(file: File, sets: dict[str, str], faults: Faults) -> dict[str, Setting]:
    """The values of `--set`, each of its variable's own type."""
    out: dict[str, Setting] = {}
    for name, text in sets.items():
        source = Source("--set", f"{name}={text}")
        node = Scalar(text, None, 1, len(name) + 2)
        if name not in file.vars:
            faults.add(Diagnostic("unknown-variable", f"no variable '{name}'", Span(source, 1, 1, len(name) + 1), found=name,
                                  expected=", ".join(file.vars) or "this spec has no vars", help=suggest(name, file.vars)))  # fmt: skip
            continue
        try:
            out[name] = Setting(typed(file, name, node), source, node)
        except Located as e:
            faults.problem(source, node, e.problem)
    return out


def typed(file: File, name: str, node: Scalar) -> Any:
    """A value given from outside: it keeps the type of the variable's default (int to float is fine)."""
    code = file.vars[name].code
    default = code.value
    if not code.fixed:  # of the type that it would be computed as
        values = file_variables(file, {}, Faults(), None)
        default = values.names[name] if values is not None else None
    if isinstance(default, str):
        return node.text
    value: Any
    if node.text.startswith("["):
        from ..expressions.expression import evaluate, parse

        try:
            value = evaluate(parse(node.text), EMPTY)
        except Problem as p:
            raise Located(node, p) from None
    else:
        value = compile_value(node).get(EMPTY)
    if default is None or type(default) not in KINDS:
        return value
    if type(value) not in KINDS:
        value = None  # `_` and the like are no values of a kind
    if type(default) is int and not code.fixed and type(value) is float:
        return value  # what divides or rounds may come to either
    return kept(name, default, value, node, node.text)


class _Empty:
    def has_variable(self, name: str) -> bool:
        return False

    def variable(self, name: str) -> Any:
        raise Problem("value-type", f"'{name}' is not a value", found=name, expected="a number, true, false or a list")

    def symbol(self, name: str) -> Any:
        raise Problem("value-type", f"'{name}' is not a value", found=name, expected="a number, true, false or a list")


EMPTY = _Empty()
