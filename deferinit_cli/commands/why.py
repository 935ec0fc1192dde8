"""`deferinit why`: the chain of facts behind a size."""

from __future__ import annotations

from typing import Any

import click

from ._common import Work, emit, format_option, input_option, look_options, set_option


@click.command("why")
@click.argument("spec")
@click.argument("what")
@input_option
@set_option
@format_option(("table", "json"))
@look_options
def command(spec: str, what: str, inputs: tuple[str, ...], sets: tuple[str, ...], formats: tuple[str, ...], **look: Any) -> None:
    """Explain one size of a parameter or value: fc1.weight[1], conv2[2], input[3]. The shortest chain comes first."""
    from ..infer.engine import infer
    from ..infer.why import why
    from ..spec.options import parse_inputs
    from ..views import explanations

    work = Work("why", spec, sets, formats, ("table", "json"), **look)
    network = work.load()
    answer = why(infer(network, parse_inputs(inputs, network)), what)
    for name, target in work.outputs:
        if name == "json":
            from ..views.json import dump

            emit(dump(explanations.document(answer, network.name, work.spec)), target)
        else:
            emit(explanations.render(answer), target)
