"""Every combination of several values: `--set width=64,128 --input 2x3x224x224,2x3x256x256` is four cases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

from ..problems import Diagnostic, Source, Span, Unusable
from .outcomes import Asked

LIMIT = 1000
"""How many combinations one run may ask for."""

Combination = tuple[str, dict[str, str], list[str]]
"""Its name, the variables it sets, its inputs."""

_PAIRS = {"[": "]", "(": ")", "{": "}"}
_NAMED = re.compile(r"[A-Za-z_0-9]+=")


def split(text: str) -> list[str]:
    """The values that commas outside brackets and quotes separate; quotes that only keep a comma in are dropped."""
    parts, depth, quote, start = [], [], "", 0
    for k, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in _PAIRS:
            depth.append(_PAIRS[c])
        elif depth and c == depth[-1]:
            depth.pop()
        elif c == "," and not depth:
            parts.append(text[start:k])
            start = k + 1
    if depth or quote:
        return [text]  # not closed: one value, and who reads it says what is wrong
    return [unquoted(p) for p in [*parts, text[start:]]]


def unquoted(text: str) -> str:
    inner = text.strip()
    if len(inner) >= 2 and inner[0] == inner[-1] and inner[0] in "'\"" and "," in inner and inner[0] not in inner[1:-1]:
        return inner[1:-1]
    return text


def wrong(option: str, text: str, message: str, **more: str) -> Unusable:
    rule = f"{option.strip('-')}-option"
    return Unusable([Diagnostic(rule, message, Span(Source(option, text), 1, 1, len(text) + 1), **more)])  # type: ignore[arg-type]


def split_sets(sets: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(variables with one value, variables with several); raises Unusable."""
    single, several = {}, {}
    for name, text in sets.items():
        values = split(text)
        if len(values) == 1:
            single[name] = values[0]
        elif all(v.strip() for v in values):
            several[name] = [v.strip() for v in values]
        else:
            raise wrong("--set", f"{name}={text}", f"'{text}' has an empty value", expected=f"{name}=64,128")
    return single, several


def split_inputs(texts: Sequence[str]) -> list[list[str]]:
    """The alternatives of every --input, each written in full; raises Unusable."""
    out = []
    for text in texts:
        named = _NAMED.match(text)
        name = named.group() if named else ""
        values = [v.strip() for v in text[len(name) :].split(",")]
        if not all(values):
            raise wrong("--input", text, f"'{text}' lacks a shape", expected="2x3x224x224,2x3x256x256")
        if len(values) > 1 and not any("x" in v or "×" in v or v in ("scalar", "()") for v in values):
            raise wrong("--input", text, f"'{text}' may be one shape or {len(values)}",
                        help=f"for one shape write {name}{'x'.join(values)}; shapes of one dim need a run each")  # fmt: skip
        out.append([name + v for v in values])
    return out


def combinations(asked: Asked) -> list[Combination]:
    """All of them, the last option running fastest; raises Unusable where there are too many."""
    axes = [*([(n, v) for v in values] for n, values in asked.choices.items()), *([("", v) for v in i] for i in asked.inputs)]
    count = prod(map(len, axes))
    if count > LIMIT:
        factors = " * ".join(str(len(a)) for a in axes)
        raise Unusable([Diagnostic("too-many-combinations", f"{factors} = {count} combinations", expected=f"at most {LIMIT}",
                                   help="ask for fewer values, or make several runs")])  # fmt: skip
    out = []
    for chosen in product(*axes):
        sets = {n: v for n, v in chosen if n}
        inputs = [v for n, v in chosen if not n]
        shown = [f"{n}={v}" for n, v in sets.items()] + [i if _NAMED.match(i) else f"input={i}" for i in inputs]
        out.append((", ".join(shown), sets, inputs))
    return out
