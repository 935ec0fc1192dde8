"""Shapes as options and checks write them: `2x20`, `image=2x3x224x224:float32`, `scalar`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..graph import Given, Network
from ..problems import Diagnostic, Problem, Rejected, Source, Span, Unusable
from ..shapes.dims import DIGITS, UNKNOWN, Sym, checked
from ..spelling import suggest
from .compile.file import DTYPES

_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+)=")
_DIM = re.compile(r"[0-9]+|[A-Z][A-Z0-9_]*|_")


def parse_shape(text: str) -> tuple[Any, ...]:
    """The dims of `2x3xHxW`, `2,20` or `scalar`; raises ValueError with what is wrong, a Problem where a dim is too large."""
    text = text.strip()
    if text in ("scalar", "()"):
        return ()
    out: list[Any] = []
    for part in re.split(r"[x,×]", text):
        part = part.strip()
        if not _DIM.fullmatch(part):
            raise ValueError(f"'{part}' is no dim" if part else "a dim is missing")
        if part == "_":
            out.append(UNKNOWN)
        elif part.isdigit():
            if len(part) > 1 and part[0] == "0":
                raise ValueError(f"'{part}' has a leading zero")
            size = checked(int(part[: DIGITS + 1]), "a dim")  # of so many digits it is too large whatever follows
            if size < 1:
                raise ValueError(f"a dim of {part}: sizes are at least 1")
            out.append(size)
        else:
            out.append(Sym(part, 0))
    return tuple(out)


def parse_given(text: str, network: Network, option: str = "--input", span: Span | None = None) -> Given:
    """One `--input`; raises Unusable naming what is wrong with it."""
    place = span or Span(Source(option, text), 1, 1, len(text) + 1)

    def wrong(rule: str, message: str, **more: str) -> Unusable:
        return Unusable([Diagnostic(rule, message, place, **more)])  # type: ignore[arg-type]

    names = [i.name for i in network.inputs]
    named = _NAMED.match(text)
    name = named.group(1) if named else ""
    rest = text[named.end() :] if named else text
    if not name and len(names) > 1:
        raise wrong("input-option", f"which input is {text}?", expected=f"NAME=SHAPE, with one of {', '.join(names)}")
    if not names:
        raise wrong("input-option", "this network has no input")
    name = name or names[0]
    if name not in names:
        raise wrong(
            "input-option", f"no input is called '{name}'", found=name, expected=", ".join(names), help=suggest(name, names)
        )
    rest, _, dtype = rest.partition(":")
    if dtype and dtype not in DTYPES:
        raise wrong(
            "unknown-dtype", f"no dtype is called '{dtype}'", found=dtype, expected=", ".join(DTYPES), help=suggest(dtype, DTYPES)
        )
    try:
        dims = parse_shape(rest)
    except Problem as e:
        raise wrong(e.rule, e.message, found=rest, expected=e.expected) from None
    except ValueError as e:
        raise wrong(
            "input-option", f"'{rest}' is no shape: {e}", found=rest, expected="sizes joined by x, such as 2x3x224x224"
        ) from None
    return Given(name, dims, dtype or None, place)


def parse_inputs(texts: Sequence[str], network: Network) -> list[Given]:
    """All `--input` options; raises Unusable with every fault."""
    out: dict[str, Given] = {}
    problems: list[Diagnostic] = []
    for text in texts:
        try:
            given = parse_given(text, network)
        except Rejected as e:
            problems += e.diagnostics
            continue
        if given.name in out:
            problems.append(Diagnostic("input-option", f"{given.name} is given twice", given.span))
        out[given.name] = given
    if problems:
        raise Unusable(problems)
    return list(out.values())


def parse_sets(texts: Sequence[str]) -> Mapping[str, str]:
    """`--set name=value` options; raises Unusable."""
    out: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Unusable([Diagnostic("set-option", f"'{text}' sets nothing", Span(Source("--set", text), 1, 1, len(text) + 1),
                                       expected="NAME=VALUE")])  # fmt: skip
        out[name.strip()] = value
    return out
