"""A spec that stands as Python data, as text: so that one reader reads all specs, and errors show the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

DEPTH = 64


class _Quoted(str):
    """Text that YAML is to quote."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _list(dumper: _Dumper, data: list[Any]) -> Any:
    """On one line where its entries are numbers and names: dims."""
    short = all(isinstance(v, (int, float)) or (isinstance(v, str) and _WORD.fullmatch(v)) for v in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


_WORD = re.compile(r"[\w.*/+-]+")
_Dumper.add_representer(_Quoted, lambda d, v: d.represent_scalar("tag:yaml.org,2002:str", str(v), style="'"))
_Dumper.add_representer(list, _list)


def text_of(data: Any) -> str:
    """Python data as a spec writes it; raises TypeError for what no spec can hold."""
    found = plain(data, "spec")
    if isinstance(found, dict) and isinstance(found.get("vars"), dict):  # quoted text is text there, unless = computes it
        found["vars"] = {k: f"={v}" if type(v) is str and v[:1] in "[{" else v for k, v in found["vars"].items()}
    out: str = yaml.dump(found, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=10**9, allow_unicode=True)
    return out if isinstance(data, Mapping) else out.removesuffix("...\n").rstrip("\n")


def plain(data: Any, where: str, depth: int = DEPTH) -> Any:
    """The same made of what the dumper knows: numpy's numbers as Python's, a lone head's None as no value."""
    if depth == 0:
        raise TypeError(f"{where} is nested deeper than {DEPTH}, or holds itself")
    if isinstance(data, Mapping):
        for key in data:
            if not isinstance(key, (str, int)) or isinstance(key, bool):
                raise TypeError(f"a key in {where} is a {type(key).__name__}, not a str")
        return {str(k): plain(v, f"{where}.{k}", depth - 1) for k, v in data.items()}
    if isinstance(data, (list, tuple)):
        return [entry(v, f"{where}[{k}]", depth - 1) for k, v in enumerate(data)]
    if isinstance(data, str):
        quoted = len(data) > 1 and data[0] == data[-1] and data[0] in "'\""
        return _Quoted(data[1:-1]) if quoted else str(data)
    if data is None or isinstance(data, (bool, int, float)):
        return data
    if getattr(data, "shape", None) == () and hasattr(data, "item"):  # a number of numpy's
        return plain(data.item(), where, depth - 1)
    raise TypeError(f"{where} is a {type(data).__name__}; a spec holds mappings, lists, str, numbers, bools and None")


def entry(data: Any, where: str, depth: int) -> Any:
    """An entry of a list: None is a size to be inferred; a layer that is said with None has no arguments."""
    if data is None:
        return "_"
    found = plain(data, where, depth)
    return {k: {} if v is None else v for k, v in found.items()} if isinstance(found, dict) else found
