"""`deferinit why`: the chain of facts behind a size."""

from __future__ import annotations

import os
from typing import Any

import click

from ._common import Work, emit, format_option, input_option, look_options, set_option

FORMATS = ("table", "json", "markdown")


@click.command("why", options_metavar="[SPEC] WHAT [OPTIONS]")
@click.argument("words", nargs=-1, required=True, metavar="")
@input_option
@set_option
@format_option(FORMATS)
@look_options
def command(
    words: tuple[str, ...], inputs: tuple[str, ...], sets: tuple[str, ...], formats: tuple[str, ...], **look: Any
) -> None:
    """Explain a size of a parameter or value: fc1.weight[1], conv2[2], input[3]; or all sizes of fc1.weight.

    The shortest chain of facts comes first, then other places that say the same. A size that is in conflict is told from
    both sides, with the facts that cannot hold together. SPEC left out is found in the folder.
    """
    from ..infer.conflicts.diagnose import diagnostics
    from ..infer.propagation.engine import infer
    from ..infer.warnings import warnings
    from ..infer.why import Question
    from ..language.given_shapes import parse_inputs
    from ..problems import Rejected
    from ..report.document import problem
    from ..views import explanations

    spec, what = split(words)
    work = Work("why", spec, sets, formats, FORMATS, **look)
    network = work.load()
    resolved = infer(network, parse_inputs(inputs, network))
    answers = Question(resolved).ask(what)
    found = diagnostics(resolved)
    for name, target in work.outputs:
        if name == "json":
            from ..views.json import dump

            problems = [problem(d) for d in [*found, *warnings(resolved)]]
            emit(dump(explanations.document(answers, what, network.name, work.spec, problems)), target)
        elif name == "markdown":
            emit(explanations.markdown(answers), target)
        else:
            look = work.look_for(target)
            emit(explanations.render(answers, look.get("width"), bool(look.get("ascii"))), target)
    if found:
        raise Rejected(found)


def split(words: tuple[str, ...]) -> tuple[str | None, str]:
    """(spec or None, what is asked); raises a usage error."""
    if len(words) == 2:
        return words[0], words[1]
    if len(words) > 2:
        raise click.UsageError("one size at a time: deferinit why SPEC WHAT")
    if words[0] == "-" or words[0].startswith("zoo:") or os.path.isfile(words[0]):
        raise click.UsageError(f"which size of {words[0]}? such as fc1.weight[1], conv2[2] or input[3]")
    return None, words[0]
