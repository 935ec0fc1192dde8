"""`deferinit init`: resolve every shape, initialise, and write the weights where asked."""

from __future__ import annotations

from typing import Any

import click

from ..framework_view import FRAMEWORKS
from ..problems import Rejected
from ..report import Report
from ._common import Work, format_option, input_option, look_options, note, output_option, set_option, spec_argument


@click.command("init")
@spec_argument
@input_option
@set_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all random streams.")
@output_option("Write the parameters: .safetensors or .npz.")
@click.option("--unfold", is_flag=True, help="List every copy of repeated blocks.")
@click.option("--as", "lens", type=click.Choice(FRAMEWORKS), default="torch", help="Names and shapes as that framework has them.")
@format_option()
@look_options
def command(spec: str | None, inputs: tuple[str, ...], sets: tuple[str, ...], seed: int, output: str | None, unfold: bool,
            lens: str, formats: tuple[str, ...], **look: Any) -> None:  # fmt: skip
    """Infer every shape from sample input shapes and initialise the parameters.

    A spec that fixes its first sizes itself needs no --input. Each tensor has its own random stream, keyed by the seed
    and its name, so that editing one layer never changes another's values.
    """
    from ..weights.initialise import initialise, owners, unresolved

    work = Work("init", spec, sets, formats, **look)
    network = work.load()
    resolved = work.infer(network, inputs, lens=lens)
    waiting = unresolved(resolved)
    report = Report(resolved, "init", work.spec, lens)
    report.extra["seed"] = seed
    if waiting:
        report.reject(waiting)
        for name, target in work.outputs:
            if name == "json":
                from ..views.json import render
                from ._common import emit

                emit(render(report, {}), target)
        raise Rejected(waiting)
    if output is not None:
        from ..weights.files import save

        shapes = [(p, tuple(resolved.tensor(p) or ())) for p in owners(resolved)]
        save(output, [(p.name, s, p.dtype, lambda p=p: initialise(resolved, p, seed)) for p, s in shapes])  # type: ignore[misc]
    work.report(report, unfold=unfold, parameters=True)
    if output is not None:
        note(f"wrote {output}: {len(owners(resolved))} tensors, seed {seed}")
