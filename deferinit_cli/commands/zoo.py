"""`deferinit zoo`: the networks that come with deferinit."""

from __future__ import annotations

from typing import Any

import click

from ._common import emit, format_option, look_options


@click.command("zoo")
@click.argument("name", required=False)
@format_option(("table", "json"))
@look_options
def command(name: str | None, formats: tuple[str, ...], **look: Any) -> None:
    """List the networks, or print one's spec: deferinit zoo resnet > my.yaml starts a project."""
    from ..report import total_of
    from ..spec.load import load, zoo_names, zoo_path
    from ..views.json import dump
    from ..views.table import plain
    from ..views.tables import Table, grouped
    from ._common import destinations

    if name is not None:
        emit(zoo_path(name.removeprefix("zoo:")).read_text("utf-8"), None)
        return
    rows = []
    for known in zoo_names():
        network = load(f"zoo:{known}")
        parameters, macs = total_of(network, example(network))
        about = summary(zoo_path(known).read_text("utf-8"))
        rows.append({"name": known, "about": about, "variables": network.variables, "parameters": parameters, "macs": macs})
    for kind, target in destinations(formats, ("table", "json"), "table"):
        if kind == "json":
            shown = [{**r, "parameters": plain_number(r["parameters"]), "macs": plain_number(r["macs"])} for r in rows]
            emit(dump({"schema": 1, "command": "zoo", "networks": shown}), target)
            continue
        table = Table("zoo", ["network", "parameters", "macs", "about"], [])
        table.rows = [[r["name"], grouped(r["parameters"]), grouped(r["macs"]), r["about"]] for r in rows]
        emit("\n".join(plain(table)) + "\n", target)


def example(network: Any) -> Any:
    """The input shapes of the spec's first check: what its costs are told for."""
    return next((c.inputs for c in network.checks if c.inputs and not c.sets and c.error is None), ())


def plain_number(term: Any) -> Any:
    from ..shapes.words import text

    return term if term is None or type(term) is int else text(term)


def summary(text: str) -> str:
    """The first comment of a spec."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            break
        if "yaml-language-server" not in line:
            lines.append(line.lstrip("# ").strip())
    return " ".join(lines)
