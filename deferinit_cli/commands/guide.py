"""`deferinit guide`: the guide that comes with deferinit."""

from __future__ import annotations

from typing import Any

import click

from ._common import emit, look_for, look_options


@click.command("guide")
@click.argument("page", required=False)
@click.option("--raw", is_flag=True, help="Print the page's markdown as it is.")
@look_options
def command(page: str | None, raw: bool, **look: Any) -> None:
    """List the pages of the guide, or show one: deferinit guide language.

    On a terminal a page is shown with colours, elsewhere as plain text. Code is never folded, so that it can be copied.
    """
    from ..guide import find, pages
    from ..views import guide as view

    if page is None:
        if raw:
            raise click.UsageError("--raw prints one page: name it")
        emit(view.listing(pages(), look_for(look, None)), None)
        return
    found = find(page)
    emit(found.text if raw else view.page(found.text, look_for(look, None)), None)
