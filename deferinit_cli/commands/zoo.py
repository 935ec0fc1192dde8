"""`deferinit zoo`: the networks that come with deferinit."""

from __future__ import annotations

from typing import Any

import click

from ._common import emit, format_option, look_for, look_options

FORMATS = ("table", "json", "markdown")


@click.command("zoo")
@click.argument("name", required=False)
@format_option(FORMATS)
@look_options
def command(name: str | None, formats: tuple[str, ...], **look: Any) -> None:
    """List the networks, or print one's spec: deferinit zoo resnet > my.yaml starts a project.

    What a printed spec imports, it imports from the zoo, so it works in any folder. Multiply-accumulates are told
    for the input of the spec's first check.
    """
    from ..language.source.zoo import standalone, zoo_names, zoo_path
    from ._common import destinations

    outputs = destinations(formats, FORMATS, "table")
    if name is not None:
        if formats:
            raise click.UsageError("a spec is printed as it is: --format is for the list")
        emit(standalone(zoo_path(name.removeprefix("zoo:")).read_text("utf-8")), None)
        return
    rows = [described(known) for known in zoo_names()]
    for kind, target in outputs:
        if kind == "json":
            from ..views.json import dump

            emit(dump({"schema": 1, "command": "zoo", "networks": rows}), target)
        else:
            from ..views import networks

            emit(networks.render(rows, kind, look_for(look, target)), target)


def described(name: str) -> dict[str, Any]:
    """One network's row: its first sentence, what can be set, and its totals."""
    from ..language.load import load
    from ..language.source.zoo import about, zoo_path
    from ..report import total_of

    network = load(f"zoo:{name}")
    given = example(network)
    totals = map(plain_number, total_of(network, given))
    return {
        "name": name,
        "about": about(zoo_path(name).read_text("utf-8")),
        "variables": {k: v for k, v in network.variables.items() if k not in network.derived},
        "allowed": {k: allowed.document() for k, allowed in network.allowed.items()},
        "input": {g.name: [plain_number(d) for d in g.dims] for g in given},
        **dict(zip(("parameters", "macs"), totals)),
    }


def example(network: Any) -> Any:
    """The input shapes of the spec's first check: what its costs are told for."""
    return next((c.inputs for c in network.checks if c.inputs and not c.sets and c.error is None), ())


def plain_number(term: Any) -> Any:
    from ..shapes.expression_text import text

    return term if term is None or type(term) is int else text(term)
