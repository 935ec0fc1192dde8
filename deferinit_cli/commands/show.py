"""`deferinit show`: the parameters, declared and resolved, and what waits for which input."""

from __future__ import annotations

from typing import Any

import click

from ..framework_view import FRAMEWORKS
from ..report import Report
from ._common import Work, format_option, input_option, look_options, set_option, spec_argument


@click.command("show")
@spec_argument
@input_option
@set_option
@click.option("--layers", is_flag=True, help="Also list the values, layer by layer.")
@click.option("--depth", type=click.IntRange(1), help="With --layers: join layers below this many names.")
@click.option("--filter", "filters", multiple=True, metavar="GLOB", help="Only rows whose name matches. Repeatable.")
@click.option("--columns", metavar="A,B,…", help="Columns of the parameter table, such as parameter,resolved,dtype,count.")
@click.option("--depends", is_flag=True, help="Tell which input sizes each parameter's shape depends on.")
@click.option("--unfold", is_flag=True, help="List every copy of repeated blocks.")
@click.option("--as", "lens", type=click.Choice(FRAMEWORKS), default="torch", help="Names and shapes as that framework has them.")
@format_option()
@look_options
def command(spec: str | None, inputs: tuple[str, ...], sets: tuple[str, ...], layers: bool, depth: int | None,
            filters: tuple[str, ...], columns: str | None, depends: bool, unfold: bool, lens: str, formats: tuple[str, ...],
            **look: Any) -> None:  # fmt: skip
    """List the parameters: Declared is what each layer alone knows, Resolved what the whole network knows.

    For each size still unknown it says its formula and which input it waits for. Without --input nothing needs to be
    known; with it, everything is. --depends marks the parameters that change with an input's size, and warns where that
    is a batch or a sequence.
    """
    work = Work("show", spec, sets, formats, **look)
    known = ("parameter", "declared", "resolved", "count", "notes", "layer", "symbolic", "dtype", "trainable", "buffer",
             "initializer", "tied_to", "waits_for", "depends_on", "line")  # fmt: skip
    chosen = [c.strip() for c in columns.split(",")] if columns else None
    for c in chosen or ():
        if c not in known:
            raise click.UsageError(f"no column is called '{c}'; there are {', '.join(known)}")
    depends = depends or "depends_on" in (chosen or ())
    options = {"layers": layers or depth is not None, "depth": depth, "filter": filters, "columns": chosen,
               "unfold": unfold, "lens": lens, "parameters": True, "depends": depends}  # fmt: skip
    network = work.load()
    resolved = work.infer(network, inputs, **{**options, "parameters": False})
    work.report(Report(resolved, "show", work.spec, lens, depends=depends), **options)
