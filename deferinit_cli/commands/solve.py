"""`deferinit solve`: input sizes and left-out arguments that fit known shapes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from ..graph import Network
from ..problems import Diagnostic, Problem, Rejected, Source, Span, Unusable
from ..spelling import suggest
from ._common import Work, emit, format_option, input_option, look_options, note, output_option, set_option, spec_argument

FORMATS = ("table", "json")


@click.command("solve")
@spec_argument
@input_option
@set_option
@click.option("--weights", metavar="FILE", help="Shapes of a checkpoint: .safetensors, .safetensors.index.json or .npz; only its "
              "header is read.")  # fmt: skip
@click.option("--where", "wheres", multiple=True, metavar="NAME=SHAPE", help="A known shape of a parameter or value, _ for an "
              "unknown dim: fc1.weight=120x400, output=2x10. Repeatable.")  # fmt: skip
@click.option("--write", "printed", is_flag=True, help="Print the spec with what was found in place of each _.")
@output_option("Write it to FILE instead.")
@click.option("--in-place", is_flag=True, help="Write it into the spec itself.")
@click.option("--choose", type=click.IntRange(1), metavar="K", help="Which family to write, where there are several.")
@format_option(FORMATS)
@look_options
def command(spec: str | None, inputs: tuple[str, ...], sets: tuple[str, ...], weights: str | None, wheres: tuple[str, ...],
            printed: bool, output: str | None, in_place: bool, choose: int | None, formats: tuple[str, ...], **look: Any) -> None:  # fmt: skip
    """Find all input sizes and omitted arguments (written _) that fit, as ranges; usual ones first.

    Any argument that shapes hang on may be _: sizes, stride, padding, kernel_size, dilation, groups, heads, layers,
    bidirectional, bias and others. Exit code 1 when nothing fits.
    """
    from ..infer.solving.solve import solve
    from ..infer.solving.targets import fitting
    from ..language.given_shapes import parse_inputs
    from ..views import solutions

    if in_place and (printed or output is not None):
        raise click.UsageError("--in-place, or a place to write to")
    work = Work("solve", spec, sets, formats, FORMATS, **look)
    if in_place and (work.spec == "-" or work.spec.startswith("zoo:")):
        what = "standard input" if work.spec == "-" else work.spec
        raise click.UsageError(f"{what} is no file that could be changed in place: --write prints the spec, -o FILE writes it")
    network = work.load()
    given = parse_inputs(inputs, network)
    network = fitting(network, given, named(weights, wheres))
    if weights is None and not wheres and not given:
        raise click.UsageError("what is known? --weights FILE, --where 'fc1.weight=120x400', or --input")
    targets = [parse_where(w, network) for w in wheres]
    tensors = None
    if weights is not None:
        tensors, found = from_weights(weights, network)
        targets += found
    solution = solve(network, targets, given, complete=weights is not None)
    output = output or ("-" if printed else None)
    printed = output == "-"
    for name, target in work.outputs:
        if name == "json":
            from ..views.json import dump

            emit(dump(solutions.document(solution, network.name, work.spec, tensors)), target)
        elif not printed or target is not None:
            emit(solutions.render(solution, tensors, bool(work.look_for(target).get("ascii"))), target)
    if not solution.boxes:
        raise Rejected(solution.failures or [Diagnostic("no-solution", "nothing fits")])
    if output is not None or in_place:
        write(network, solution, output, in_place, choose)


def write(network: Network, solution: Any, output: str | None, in_place: bool, choose: int | None) -> None:
    """The spec with one solution's arguments filled in; raises Rejected where it is not clear which."""
    from ..infer.solving.solution import Range
    from ..language.filling import filled
    from ..weights.atomic import atomic

    box = chosen(solution, choose)
    left = [f"{n}: {v}" for n, v in box.arguments.items() if isinstance(v, Range)]
    values = {n: v for n, v in box.arguments.items() if not isinstance(v, Range)}
    sizes = {n: [r.low if r is not None and r.low == r.high else None for r in ranges] for n, ranges in box.shapes.items()}
    text, notes = filled(network, values, sizes)
    if output == "-":
        emit(text, None)
    else:
        target = network.source.name if in_place else str(output)
        if not in_place and os.path.exists(target) and os.path.realpath(target) == os.path.realpath(network.source.name):
            raise click.UsageError(f"{target} is the spec itself: --in-place changes it")
        with atomic(target, len(text)) as f:
            f.write(text.encode())
        notes.insert(0, f"wrote {target}")
    note("; ".join([*notes, *(f"left open: {x}" for x in left)]) or "nothing is left open in the spec")


def chosen(solution: Any, choose: int | None) -> Any:
    """The family to write; raises Rejected with what there is to choose from."""
    boxes = [b for box in solution.boxes for b in box.expanded()]
    if choose is None and len(boxes) > 1:
        raise Rejected([Diagnostic("not-unique", f"{len(boxes)} families fit", help="--choose K writes the K-th of them")])
    if choose is not None and choose > len(boxes):
        raise Rejected([Diagnostic("not-unique", f"there is no family {choose}", found=str(len(boxes)))])
    return boxes[(choose or 1) - 1]


def named(weights: str | None, wheres: Sequence[str]) -> set[str]:
    """The names of tensors that a checkpoint and options speak of."""
    from ..weights.files import read_header

    return {where.partition("=")[0].strip() for where in wheres} | set(read_header(weights) if weights is not None else ())


def parse_where(text: str, network: Network) -> Any:
    """`fc1.weight=120x400`; raises Unusable."""
    from ..infer.solving.targets import Target, known_names, may_have
    from ..language.given_shapes import parse_shape
    from ..shapes.dims import UNKNOWN

    name, equals, shape = text.partition("=")
    span = Span(Source("--where", text), 1, 1, len(text) + 1)
    known = known_names(network)
    if not equals:
        raise Unusable([Diagnostic("where-option", f"'{text}' says nothing", span, expected="NAME=SHAPE")])
    if name not in known and not may_have(network, name):
        raise Unusable([Diagnostic("where-option", f"nothing is called '{name}'", span, found=name, help=suggest(name, known))])
    try:
        dims = parse_shape(shape)
    except Problem as e:
        raise Unusable([Diagnostic(e.rule, e.message, span, found=shape, expected=e.expected)]) from None
    except ValueError as e:
        raise Unusable([Diagnostic("where-option", f"'{shape}' is no shape: {e}", span)]) from None
    if any(type(d) is not int and d is not UNKNOWN for d in dims):
        raise Unusable([Diagnostic("where-option", f"'{shape}' holds a symbol", span, expected="numbers and _")])
    return Target(name, tuple(d if type(d) is int else None for d in dims), span)


def from_weights(path: str, network: Network) -> tuple[Any, list[Any]]:
    """A checkpoint's tensors that the network has, by name, and what was not used; raises Unusable when none match."""
    from ..infer.solving.targets import Target, matched
    from ..weights.files import read_header

    header = {name: tuple(shape) for name, (shape, _) in read_header(path).items()}
    found = matched(network, header)
    if not found.shapes:
        raise Unusable([Diagnostic("weights-unrelated", f"no tensor of {path} has a name of this network",
                                   found=", ".join(list(header)[:3]) or "no tensors",
                                   expected=", ".join(p.name for p in network.parameters[:3]))])  # fmt: skip
    targets = []
    for name, shape in found.shapes.items():
        source = Source("--weights", f"{path}: {found.sources[name]} {shape}")
        targets.append(Target(name, shape, Span(source, 1, 1, len(source.text) + 1)))
    return found, targets
