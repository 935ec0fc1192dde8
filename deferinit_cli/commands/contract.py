"""`deferinit contract`: the exact set of valid inputs, with reasons."""

from __future__ import annotations

from typing import Any

import click

from ..problems import Rejected
from ._common import Work, emit, format_option, input_option, look_options, set_option, spec_argument, warn

FORMATS = ("table", "json", "markdown")


@click.command("contract")
@spec_argument
@input_option
@set_option
@format_option(FORMATS)
@look_options
def command(spec: str | None, inputs: tuple[str, ...], sets: tuple[str, ...], formats: tuple[str, ...], **look: Any) -> None:
    """Tell which input sizes are valid: bounds and residues per symbol, each with the layer that asks for it.

    The sets are exact unless it says otherwise. Conditions over several symbols stand as they are, with sizes that break
    them. With some sizes given (--input image=1x3xHx224), it is the contract of the others. Exit code 1 when no size is valid.
    """
    from ..infer.domains.contract import contract_of
    from ..infer.domains.impossible import impossible
    from ..infer.warnings import apart
    from ..views import contracts

    work = Work("contract", spec, sets, formats, FORMATS, **look)
    answer = contract_of(work.infer(work.load(), inputs))
    problems = impossible(answer)
    told = [] if problems else apart(answer.resolved)  # what is not decided is part of the answer
    for name, target in work.outputs:
        if name == "json":
            from ..views.json import dump

            emit(dump(contracts.document(answer, work.spec, [*problems, *told])), target)
        else:
            look = work.look_for(target)
            shown = contracts.render(answer, bool(look.get("ascii")), look.get("width"), told)
            emit(contracts.markdown(answer, told) if name == "markdown" else shown, target)
    warn(told)
    if problems:
        raise Rejected(problems)
