"""Values, references and items as lines of text, and which item and field each is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import expressions
from .expressions import REST, Ex, Hole
from .model import Item, Ref

TEXTUAL = {"activation", "name", "equation", "mode", "padding_mode", "approximate", "dtype", "bias_axes"}
"""Arguments that are text: an expression starts with `=`."""

Owner = tuple[int, str]
"""(item or block, field)."""

Line = tuple[str, frozenset[Owner]]

NOBODY: frozenset[Owner] = frozenset()

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def scalar(v: Any, flow: bool, textual: bool = False, loose: bool = False) -> str:
    """A value; `loose` where quoted text is text."""
    if isinstance(v, list):
        return "[" + ", ".join(scalar(x, True, textual, loose) for x in v) + "]"
    if isinstance(v, bool) or v is None:
        return {True: "true", False: "false", None: "null"}[v]
    if isinstance(v, Hole):
        return "_"
    if isinstance(v, Ex):
        found = expressions.text(v)
        if v.tree[0] == "list":
            return found
        lead = "=" if textual else ""
        if (flow and re.search(r"[,\[\]{}]", found)) or found[0] in "[\"'" or (loose and "'" in found):
            return f'"{lead or "=" * loose}{found}"'
        return lead + found
    if isinstance(v, str):
        if loose or v in WORDS or (v != REST and not PLAIN.fullmatch(v)):
            return f"'{v}'"
        return v
    return repr(v)


def reference(ref: Ref) -> str:
    out = ref.name
    for part in ref.parts:
        out += f".({expressions.text(part)})" if isinstance(part, Ex) else f".{part}"
    return f'"{out}"' if re.search(r"[,\[\]{}]", out) else out


def references(found: list[Ref]) -> str:
    return reference(found[0]) if len(found) == 1 else "[" + ", ".join(map(reference, found)) + "]"


def mapped(pairs: dict[str, str]) -> str:
    return "{" + ", ".join(f"{k}: {v}" for k, v in pairs.items()) + "}"


def mapping(args: dict[str, Any], loose: bool = False) -> str:
    return mapped({k: scalar(v, True, k in TEXTUAL and not loose, loose) for k, v in args.items()})


def initializer(v: Any) -> str:
    return v if isinstance(v, str) else mapping(v)


def modifier(key: str, v: Any, flow: bool = False) -> str:
    if key == "init":
        return mapped({k: initializer(x) for k, x in v.items()})
    return mapped(v) if key == "tie" else scalar(v, flow)


def source(v: list[Ref] | dict[str, Ref]) -> str:
    if isinstance(v, dict):
        return mapped({k: reference(r) for k, r in v.items()})
    return references(v)


def arguments(item: Item, flow: bool) -> dict[str, str]:
    out = {k: scalar(v, flow, k in TEXTUAL and not item.call, item.call) for k, v in item.args.items()}
    if item.style % 7 == 6 and not item.call:  # an expression it is all the same, in quotes
        out |= {
            k: f'"{out[k]}"' for k, v in item.args.items() if isinstance(v, int | Ex) and k not in TEXTUAL and '"' not in out[k]
        }
    return out


def flow_item(item: Item) -> str | None:
    """An item within [ ]; None of one that takes lines."""
    head = item.kind + (f" {item.name}" if item.name is not None else "")
    if item.lists or item.mods.keys() - {"repeat"} or item.refs is not None or item.apply is not None:
        return None
    parts = [f"from: {source(item.source)}"] if item.source is not None else []
    parts += [f"{k}: {modifier(k, v, True)}" for k, v in item.mods.items()]
    if not item.args:
        return None if parts else head
    args = arguments(item, True)
    value = next(iter(args.values())) if item.bare and len(args) == 1 else mapped(args)
    return f"{{{', '.join([f'{head}: {value}', *parts])}}}" if parts else f"{head}: {value}"


def item_lines(item: Item) -> list[Line]:
    """The lines of an item, the first one starting with its head."""

    def on(text: str, *fields: str) -> Line:
        return text, frozenset((item.uid, f) for f in fields)

    head = item.kind + (f" {item.name}" if item.name is not None else "")
    mods = ([on(f"from: {source(item.source)}", "from")] if item.source is not None else []) + [
        on(f"{key}: {modifier(key, v)}", key) for key, v in item.mods.items()
    ]
    if mods and item.style % 11 == 10:
        return [*mods, *headed(item, head, on, True)]
    return [*headed(item, head, on, bool(mods)), *mods]


def headed(item: Item, head: str, on: Callable[..., Line], modified: bool) -> list[Line]:
    """The lines of an item without its modifiers."""
    if item.lists:
        return [on(head + ":", "head"), *container_lines(item)]
    if item.apply is not None:
        return [on(f"{head}: {reference(item.apply)}", "head", "apply")]
    if item.refs is not None:
        return [on(f"{head}: {references(item.refs)}", "head", "refs")]
    if not item.args:
        return [on(head + (":" if modified else ""), "head")]
    if item.bare and len(item.args) == 1:
        ((key, text),) = arguments(item, False).items()
        return [on(f"{head}: {text}", "head", key)]
    if item.style % 4 == 3:
        return [on(head + ":", "head"), *(on(f"  {k}: {v}", k) for k, v in arguments(item, False).items())]
    return [on(f"{head}: {mapped(arguments(item, True))}", "head", *item.args)]


def container_lines(item: Item) -> list[Line]:
    if item.numbered:
        parts = [[("-", NOBODY), *under(list_lines(inner))] if inner else [("- []", NOBODY)] for inner in item.lists.values()]
        return [line for part in parts for line in part]
    if item.kind != "branches" and list(item.lists) == ["body"] and item.lists["body"] and item.style % 3:
        return list_lines(item.lists["body"])
    out: list[Line] = []
    for key, inner in item.lists.items():
        found = [flow_item(each) for each in inner] if item.style % 5 == 4 or not inner else [None]
        if None in found:
            out += [(f"  {key}:", NOBODY), *under(list_lines(inner))]
        else:
            owners = {(each.uid, f) for each in inner for f in ("head", "from", *each.args, *each.mods)}
            out.append((f"  {key}: [{', '.join(map(str, found))}]", frozenset(owners)))
    return out


def under(lines: list[Line]) -> list[Line]:
    return [("  " + text, owners) for text, owners in lines]


def list_lines(items: list[Item]) -> list[Line]:
    lines = [(k, line) for item in items for k, line in enumerate(item_lines(item))]
    return [(("  " if k else "- ") + text, owners) for k, (text, owners) in lines]
