"""`deferinit solve`: input sizes and left-out arguments that fit known shapes."""

from __future__ import annotations

import re
from typing import Any

import click

from ..graph import Network
from ..layers.arguments import suggest
from ..problems import Diagnostic, Rejected, Source, Span, Unusable
from ._common import Work, emit, format_option, look_options, set_option


@click.command("solve")
@click.argument("spec")
@set_option
@click.option("--weights", metavar="FILE", help="Shapes of a checkpoint: .safetensors or .npz; only its header is read.")
@click.option("--where", "wheres", multiple=True, metavar="NAME=SHAPE", help="A known shape, _ for an unknown dim. Repeatable.")
@format_option(("table", "json"))
@look_options
def command(
    spec: str, sets: tuple[str, ...], weights: str | None, wheres: tuple[str, ...], formats: tuple[str, ...], **look: Any
) -> None:
    """Find all input sizes and omitted arguments (written _) that fit, as ranges; usual ones first.

    Exit code 1 when nothing fits.
    """
    from ..infer.solve import solve
    from ..views import solutions

    work = Work("solve", spec, sets, formats, ("table", "json"), **look)
    network = work.load()
    if weights is None and not wheres:
        raise click.UsageError("what is known? --weights FILE, or --where 'fc1.weight=120x400'")
    targets = [parse_where(w, network) for w in wheres]
    if weights is not None:
        targets += from_weights(weights, network)
    solution = solve(network, targets)
    for name, target in work.outputs:
        if name == "json":
            from ..views.json import dump

            emit(dump(solutions.document(solution, network.name, work.spec)), target)
        else:
            emit(solutions.render(solution), target)
    if not solution.boxes and solution.decided:
        raise Rejected(solution.failures or [Diagnostic("no-solution", "nothing fits")])


def parse_where(text: str, network: Network) -> Any:
    """`fc1.weight=120x400`; raises Unusable."""
    from ..infer.solve import Target, known_names
    from ..shapes.dims import UNKNOWN
    from ..spec.options import parse_shape

    name, equals, shape = text.partition("=")
    span = Span(Source("--where", text), 1, 1, len(text) + 1)
    known = known_names(network)
    if not equals:
        raise Unusable([Diagnostic("where-option", f"'{text}' says nothing", span, expected="NAME=SHAPE")])
    if name not in known:
        raise Unusable([Diagnostic("where-option", f"nothing is called '{name}'", span, found=name, help=suggest(name, known))])
    try:
        dims = parse_shape(shape)
    except ValueError as e:
        raise Unusable([Diagnostic("where-option", f"'{shape}' is no shape: {e}", span)]) from None
    if any(type(d) is not int and d is not UNKNOWN for d in dims):
        raise Unusable([Diagnostic("where-option", f"'{shape}' holds a symbol", span, expected="numbers and _")])
    return Target(name, tuple(d if type(d) is int else None for d in dims), span)


def from_weights(path: str, network: Network) -> list[Any]:
    """The checkpoint's tensors that the network has, by name; raises Unusable when none match."""
    from ..infer.solve import Target
    from ..weights.files import read_header

    header = read_header(path)
    names = {p.name for p in network.parameters}
    out = []
    for name, (shape, _) in header.items():
        if name in names:
            out.append(Target(name, tuple(shape), Span(Source("--weights", f"{path}: {name} {tuple(shape)}"), 1, 1)))
    if not out:
        known = re.sub(r"[\[\]']", "", str(list(header)[:3]))
        raise Unusable([Diagnostic("weights-unrelated", f"no tensor of {path} has a name of this network", found=known)])
    return out
