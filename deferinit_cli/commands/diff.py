"""`deferinit diff`: two networks, revisions, locks or weights files side by side."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from ..problems import Rejected
from ._common import destinations, emit, input_option, look_for, look_options, named, set_option

FORMATS = ("table", "json", "markdown")


@click.command("diff")
@click.argument("a")
@click.argument("b")
@input_option
@set_option
@click.option(
    "--format", "formats", multiple=True, metavar="FORMAT[=FILE]",
    help="table (default), json or markdown; =FILE writes it there. Repeatable.",
)  # fmt: skip
@click.option("--unfold", is_flag=True, help="Every tensor on its own row, instead of repeated blocks as one.")
@look_options
def command(a: str, b: str, inputs: tuple[str, ...], sets: tuple[str, ...], formats: tuple[str, ...], **look: Any) -> int:
    """What changed from A to B: parameters added, removed, renamed, resized, retied; inputs, outputs, totals.

    A and B are specs, zoo:NAME, REV:path for a spec as git has it, SPEC.lock, or a weights file: .safetensors, .npz or
    .safetensors.index.json, of which only headers are read. A network beside a weights file: which tensors load, and why
    others do not. --input and --set hold for both sides.

    Exit code 0: equal. 1: they differ. 2: a side cannot be read or is rejected.
    """
    from ..compare.sources import compared
    from ..language.given_shapes import parse_sets

    targets = destinations(formats, FORMATS, "table")
    try:
        found = compared(named(a), named(b), inputs, parse_sets(sets))
    except Rejected as e:
        from ..views.differences.json import rejected

        for name, target in targets:
            if name == "json":
                emit(rejected(a, b, e.diagnostics), target)
        raise
    for name, target in targets:
        view = import_module(f"..views.differences.{name}", __package__)
        emit(view.render(found, look_for(look, target)), target)
    return 0 if found.equal else 1
