"""What stands beside an item's head: from, when, repeat, expect and the like, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...problems import Problem
from ..expressions.names import lower_case
from ..expressions.references import compile_reference
from ..expressions.values import Located, compile_value, text_of
from ..source.tree import List, Map, Scalar, Tree

if TYPE_CHECKING:
    from .file import File
    from .items import Item

MODIFIERS = dict.fromkeys(
    ("from", "when", "repeat", "fanout", "index", "expect", "init", "tie", "freeze", "dtype", "doc", "meta")
)


def modifiers(file: File, item: Item, node: Map) -> None:
    item.modifiers = {}
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
                item.modifiers[name] = (key, file.dtype_code(value))
            elif name == "doc":
                text_of(value, file.faults, file.source, "doc")
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
    if not isinstance(value, Scalar):
        raise Located(value, Problem("name-format", "index is a lower-case name", expected="a name such as j"))
    problem = lower_case(value.text, "an index")
    if problem is not None:
        raise Located(value, problem)
    return value.text


def _from(file: File, value: Tree) -> Any:
    if isinstance(value, Scalar) and value.empty:
        raise Located(value, Problem("reference-format", "from names nothing", expected="a layer's name, prev or input"))
    if isinstance(value, Map):
        return {k.text: (k, compile_reference(v)) for k, v in value.pairs}
    if isinstance(value, List):
        return [compile_reference(v) for v in value.items]
    return [compile_reference(value)]


def by_parameter(file: File, item: Item) -> None:
    """`init` and `tie` are mappings from parameters' names; a kind whose tensor bears the item's own name takes the value alone."""
    for name in ("init", "tie"):
        if name not in item.modifiers:
            continue
        key, value = item.modifiers[name]
        if getattr(item.cls, "nameless", False) and not (isinstance(value, Map) and value.find("")):
            item.modifiers[name] = (key, Map([(key.part("", '"'), value)], value.line, value.column, value.end))
        elif not isinstance(value, Map) or not value.pairs:
            file.faults.problem(file.source, value, Problem("value-type", f"{name} is a mapping from a parameter's name",
                                                            expected="{weight: …}"))  # fmt: skip
            del item.modifiers[name]
            item.broken = True


def tied_twice(file: File, item: Item) -> None:
    """An initialiser for a parameter whose values are another's."""
    if item.modifiers.keys() >= {"init", "tie"}:
        tied = {own.text: target for own, target in item.modifiers["tie"][1].pairs}
        for key, _ in item.modifiers["init"][1].pairs:
            if key.text in tied:
                other = getattr(tied[key.text], "text", "")
                file.fault(key, "tied-parameter", f"'{key.text}' is tied to another parameter", found=key.text, help=f"say it of '{other}'")


def idle_modifiers(file: File, item: Item) -> None:
    """What is said of parameters that an item cannot have."""
    if item.broken or item.apply is None:
        return
    said = [m for m in ("init", "tie", "freeze", "dtype") if m in item.modifiers]
    if said:
        file.fault(item.modifiers[said[0]][0], "apply-modifier", f"apply uses another layer's parameters as they are: no {said[0]}",
                   help=f"say it of '{item.apply.text}'")  # fmt: skip
