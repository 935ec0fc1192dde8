"""`deferinit schema`: the language as JSON Schema, for editors."""

from __future__ import annotations

import click

from ._common import emit, output_option


@click.command("schema")
@output_option("Write it there instead of to standard output; - is standard output.")
def command(output: str | None) -> None:
    """Print the JSON Schema (draft 2020-12) of specs: kinds, arguments, choices and what they are, as the layers state them.

    An editor with a YAML language server completes and explains specs that start with the line
    "# yaml-language-server: $schema=deferinit.schema.json", where that file holds the schema.
    """
    from ..schema import dump

    emit(dump(), None if output == "-" else output)
