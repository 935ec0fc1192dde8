"""`deferinit layers`: the catalogue of kinds."""

from __future__ import annotations

from typing import Any

import click

from ._common import emit, format_option, look_options


@click.command("layers")
@click.argument("kind", required=False)
@format_option(("table", "json", "markdown"))
@look_options
def command(kind: str | None, formats: tuple[str, ...], **look: Any) -> None:
    """List the layer kinds, search them, or explain one: arguments, parameters, relation, cost, names elsewhere.

    KIND may be a kind, another framework's name for one, or any words to search for.
    """
    from ..catalogue import describe, search
    from ..views import catalogue
    from ._common import destinations

    found = describe(kind) if kind is not None else None
    rows = search(kind or "") if found is None else []
    for name, target in destinations(formats, ("table", "json", "markdown"), "table"):
        if name == "json":
            from ..views.json import dump

            body = {"layer": found} if found is not None else {"layers": rows}
            emit(dump({"schema": 1, "command": "layers", **body}), target)
        elif found is not None:
            emit(catalogue.one(found, name == "markdown"), target)
        else:
            emit(catalogue.many(rows, name == "markdown"), target)
