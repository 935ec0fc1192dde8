"""`deferinit contract`: the exact set of valid inputs, with reasons."""

from __future__ import annotations

from typing import Any

import click

from ..problems import Rejected
from ._common import Work, emit, format_option, look_options, set_option, spec_argument


@click.command("contract")
@spec_argument
@set_option
@format_option(("table", "json"))
@look_options
def command(spec: str | None, sets: tuple[str, ...], formats: tuple[str, ...], **look: Any) -> None:
    """Tell which input sizes are valid: bounds and residues per symbol, each with the layer that asks for it.

    The sets are exact unless it says "sufficient". Conditions over several symbols stand as they are, with sizes that
    break them.
    """
    from ..infer.contract import contract_of
    from ..infer.diagnose import diagnostics
    from ..infer.engine import infer
    from ..views import contracts

    work = Work("contract", spec, sets, formats, ("table", "json"), **look)
    network = work.load()
    resolved = infer(network)
    found = diagnostics(resolved)
    if found:
        raise Rejected(found)
    answer = contract_of(resolved)
    for name, target in work.outputs:
        if name == "json":
            from ..views.json import dump

            emit(dump(contracts.document(answer, work.spec)), target)
        else:
            emit(contracts.render(answer, work.spec), target)
