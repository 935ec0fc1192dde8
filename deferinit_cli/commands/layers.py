"""`deferinit layers`: the catalogue of kinds."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from ._common import destinations, emit, format_option, look_for, look_options

FORMATS = ("table", "json", "markdown")


@click.command("layers")
@click.argument("kind", nargs=-1)
@format_option(FORMATS)
@look_options
def command(kind: tuple[str, ...], formats: tuple[str, ...], **look: Any) -> None:
    """List the layer kinds, search them, or explain one: arguments, shapes, constraints, parameters, names elsewhere, an
    example.

    KIND may be a kind, another framework's name for one (Conv2D, nn.LSTM), or any words to search for.
    """
    from ..catalogue import find, listing, row, search
    from ..catalogue.describe import describe

    words = " ".join(kind)
    targets = destinations(formats, FORMATS, "table")
    found = find(words) if words else []
    if len(found) == 1:
        described = describe(found[0])
        described["example"] = run(found[0].kind, described["example"])
    else:
        rows = [row(cls.kind, cls) for cls in found] or (search(words) if words else listing())
    for name, target in targets:
        view = import_module(f"..views.catalogue.{name}", __package__)
        options = look_for(look, target)
        emit(view.one(described, options) if len(found) == 1 else view.many(rows, options), target)


def run(kind: str, spec: str) -> dict[str, str]:
    """An example with what `show` says of it, by running it."""
    from ..infer.propagation.engine import infer
    from ..language.load import load
    from ..report import Report
    from ..views.table import render

    report = Report(infer(load(spec, name=kind)), "show", f"{kind}.yaml")
    return {"spec": spec, "command": f"deferinit show {kind}.yaml --layers", "output": render(report, {"layers": True})}
