"""Kinds and the items that name them."""

from __future__ import annotations

from typing import Any

from ..catalogue import summary
from ..language.compile.modifiers import MODIFIERS
from ..layers.core import registry
from ..layers.core.arguments import Argument, show
from ..layers.core.base import UNKNOWN, Layer
from .definitions import BESIDE, LEVEL, NAME, REFERENCE, Schema, described, ref

ITEM_NAME = rf"(?!(?:prev|input)(?:\s*$|\.))(?:{NAME})"
"""What may follow a kind; `prev` and `input` are taken."""


def definitions() -> dict[str, Schema]:
    """A definition a kind, and those of items."""
    kinds = registry.kinds()
    out = {f"kind.{name}": kind(cls) for name, cls in kinds.items()}
    return {**out, "modifier": {"enum": list(MODIFIERS)}, "item": item(kinds), "known": known(kinds), "complete": complete(kinds),
            "items": {"type": ["array", "null"], "items": ref("item")},
            "known.items": {"items": ref("known")}, "complete.items": {"items": ref("complete")}}  # fmt: skip


# ---- one kind


def kind(cls: type[Layer]) -> Schema:
    """What may stand under a kind's head: nothing, its first argument alone, or its arguments by name."""
    return container(cls) if cls.structural else layer(cls)


def layer(cls: type[Layer]) -> Schema:
    named = {"properties": {a.name: argument(a) for a in cls.arguments.values()}, "additionalProperties": False}
    first = reference_or_list() if cls.merges else next((a.schema() for a in cls.arguments.values()), {"type": []})
    return about(cls) | widened(first, "object", "null") | named


def widened(schema: Schema, *types: str) -> Schema:
    """A schema that takes values of further types too, without hiding what is wrong with one of its own."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": list(types)}]}
    return {**schema, "type": list(dict.fromkeys([*schema["type"], *types]))}


def argument(a: Argument) -> Schema:
    """What an argument accepts, and for whoever points at it what it is."""
    schema = a.schema()
    listed = "anyOf" in schema  # a choice: the editor lists its words
    accepted = "" if listed else f"; {a.brief()}"
    return described(schema, a.help + accepted + default(a))


def default(a: Argument) -> str:
    return "" if a.required else f"; default {'_' if a.default is UNKNOWN else show(a.default)}"


def about(cls: type[Layer]) -> Schema:
    """A kind's summary; with its arguments and its names elsewhere where the editor renders Markdown."""
    lines = [f"**{cls.kind}**: {summary(cls)}"]
    if cls.arguments:
        lines.append("\n".join(f"- `{a.name}`: {a.help}{default(a)}" for a in cls.arguments.values()))
    if cls.also:
        lines.append("Elsewhere: " + ", ".join(cls.also))
    return {"description": summary(cls), "markdownDescription": "\n\n".join(lines)}


def container(cls: Any) -> Schema:
    items = ref("items")
    if cls.reads == "reference":
        return about(cls) | REFERENCE
    if cls.reads == "branches":
        lists = {
            "type": ["object", "array"],
            "items": items,
            "additionalProperties": items,
            "propertyNames": {"pattern": f"^(?:{LEVEL})$"},
        }
        return about(cls) | lists
    named = dict.fromkeys(cls.keys, items)
    return about(cls) | {"type": ["array", "object"], "items": ref("item"), "properties": named, "additionalProperties": False,
                         "required": [cls.main]}  # fmt: skip


# ---- items


def named(kind: str) -> str:
    """The heads that give a name to an item of a kind."""
    return rf"^\s*{kind}\s+{ITEM_NAME}\s*$"


def item(kinds: dict[str, type[Layer]]) -> Schema:
    """A bare head, or a head with its value and modifiers. Any other head may be a block's or an import's."""
    taken = "|".join([*kinds, *MODIFIERS])
    block = rf"^\s*(?!(?:{taken})(?:\s|$))[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?(?:\s+{ITEM_NAME})?\s*$"
    alone = {name: {"propertyNames": {"anyOf": [{"const": name}, ref("modifier")]}} for name in kinds}
    return {
        "description": "A layer or block: its kind, a name for it if you like, and what it is told.",
        "type": ["string", "object"],
        "pattern": rf"^\s*(?!(?:{'|'.join(MODIFIERS)})(?:\s|$))[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?(?:\s+{ITEM_NAME})?\s*$",
        "examples": [n for n, cls in kinds.items() if not any(a.required for a in cls.arguments.values()) and not cls.structural],
        "properties": {**{name: ref(f"kind.{name}") for name in kinds}, **{name: BESIDE[name] for name in MODIFIERS}},
        "patternProperties": {**{named(name): ref(f"kind.{name}") for name in kinds}, block: True},
        "additionalProperties": False,
        "dependentSchemas": alone,
        "not": {"propertyNames": ref("modifier"), "type": "object"},
    }


def known(kinds: dict[str, type[Layer]]) -> Schema:
    """Beside `item`, in a file without blocks and imports: there are no other heads than kinds."""
    head = rf"^\s*(?:{'|'.join(kinds)})(?:\s+{ITEM_NAME})?\s*$"
    said = {"pattern": head, "patternErrorMessage": "No layer is called that."}  # else an editor quotes the pattern
    return {**said, "propertyNames": {"anyOf": [said, ref("modifier")]}, **inside(kinds, "known")}


def complete(kinds: dict[str, type[Layer]]) -> Schema:
    """Beside `item`, in a file without defaults: what a kind needs is under its head."""
    needs = {name: [a.name for a in cls.arguments.values() if a.required] for name, cls in kinds.items()}
    needy = [name for name, arguments in needs.items() if arguments]
    below = inside(kinds, "complete")
    for name in needy:
        rule = lacks(needs[name])
        below["properties"][name] = below["patternProperties"][named(name)] = rule
    return {"not": {"type": "string", "pattern": rf"^\s*(?:{'|'.join(needy)})(?:\s|$)"}, **below}


def lacks(needs: list[str]) -> Schema:
    """A value alone is the first argument, and enough where only that is needed."""
    return {"not": {"type": "null"}, "required": needs} if len(needs) == 1 else {"type": "object", "required": needs}


def inside(kinds: dict[str, type[Layer]], rule: str) -> dict[str, Any]:
    """A rule for items, for those in containers too."""
    out: dict[str, Any] = {"properties": {}, "patternProperties": {}}
    for name, cls in kinds.items():
        reads = getattr(cls, "reads", "")
        if cls.structural and reads != "reference":
            lists = ref(f"{rule}.items")
            within = {"items": lists if reads == "branches" else ref(rule), "additionalProperties": lists}
            out["properties"][name] = out["patternProperties"][named(name)] = within
    return out


def reference_or_list() -> Schema:
    return {**REFERENCE, "type": [*REFERENCE["type"], "array"], "items": REFERENCE}
