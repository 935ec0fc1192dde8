"""How a parameter's statement names the tensors that another framework has for it.

A statement is `=` (the same name and order), empty (the framework has none), or pieces separated by `;`, each
`name[parts]: axes`:

- `axes` are names of the parameter's own axes, or of factors of them, in the framework's order: a product `a*b` is split
  or joined as the two patterns say. Left out, the order is the same.
- `#1` is the parameter's axis 1, where names do not tell; `~a` an axis read backwards; `1` an axis of size 1, `*x` as many
  of them as the layer's star x has (`*x-1`: one less).
- `[z r n]` takes these parts of the parameter's first axis, in this order. What parts there are, `parts` says: names alone
  for equal ones (`i f g o`), or `q=4*head_dim k=…`.
- `+name` is added to the piece of that name which another parameter has; an axis `0/2` is place 0 of a new axis of 2, whose
  other places other parameters fill.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .patterns import Param

FRAMEWORKS = ("torch", "keras", "flax", "mxnet")


class Piece(NamedTuple):
    """One tensor, or a share of one, that a framework has for a parameter."""

    name: str
    parts: tuple[str, ...]
    axes: tuple[str, ...]
    added: bool


def pieces(p: Param, framework: str) -> tuple[Piece, ...]:
    """What a framework has for a parameter; nothing where it has none."""
    said = p.names.get(framework, "=") if framework != "torch" else "="
    if said == "=":
        return (Piece(p.key, (), tuple(p.axes.split()), False),)
    return tuple(Piece(name, parts, tuple(p.axes.split()) if axes is None else axes, added)
                 for name, parts, axes, added in parsed(said or ""))  # fmt: skip


@cache
def parsed(said: str) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...] | None, bool], ...]:
    """(name, parts, axes or None, whether it is added) of each piece."""
    out = []
    for piece in said.split(";") if said.strip() else ():
        head, colon, axes = piece.partition(":")
        name, bracket, parts = head.strip().partition("[")
        out.append((name.removeprefix("+"), tuple(parts.rstrip("]").split()) if bracket else (),
                    tuple(axes.split()) if colon else None, name.startswith("+")))  # fmt: skip
    return tuple(out)


def under(level: str, said: str) -> str:
    """The statement with `level`, such as `cell/`, put before each of its names."""
    found = [(piece.strip().startswith("+"), piece.strip().removeprefix("+")) for piece in said.split(";") if said]
    return "; ".join(("+" if added else "") + level + piece for added, piece in found)


def parts_of(p: Param) -> dict[str, str]:
    """The parts of the first axis by name, each with the product of axes that is its size."""
    first = p.axes.split()[0] if p.axes else ""
    named = [part.partition("=") for part in p.parts.split()]
    share = first.removeprefix(f"{len(named)}*")
    return {name: own or share for name, _, own in named}


def factors(axis: str, made: str) -> tuple[str, ...]:
    """The factors of an axis: `4*hidden`, or what `made` says it is made of (`channels=in_channels*multiplier`)."""
    for equation in made.split():
        whole, _, product = equation.partition("=")
        if whole == axis:
            axis = product
    return tuple(axis.split("*"))
