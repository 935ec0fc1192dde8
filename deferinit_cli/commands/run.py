"""`deferinit run`: a forward pass in numpy."""

from __future__ import annotations

from typing import Any

import click

from ..graph import Given, Network
from ..problems import Diagnostic, Rejected, Source, Span, Unusable
from ..report import Report
from ._common import Work, format_option, input_option, look_options, note, output_option, set_option, spec_argument


@click.command("run")
@spec_argument
@input_option
@set_option
@click.option("--data", metavar="FILE", help="Input arrays: .npy, or .npz with one array per input.")
@click.option("--weights", metavar="FILE", help="Parameters: .safetensors, .safetensors.index.json or .npz.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of parameters and random inputs.")
@click.option("--trace", is_flag=True, help="Also tell each value's shape, mean, std, min, max, NaN count and time.")
@output_option("Write the outputs: .npz or .safetensors.")
@format_option()
@look_options
def command(spec: str | None, inputs: tuple[str, ...], sets: tuple[str, ...], data: str | None, weights: str | None, seed: int,
            trace: bool, output: str | None, formats: tuple[str, ...], **look: Any) -> None:  # fmt: skip
    """Run a forward pass: resolve and initialise first where needed, then print each output's shape and summary.

    Without --data the inputs are random: floats standard normal, ints within what they index.
    """
    from ..forward.execute import execute
    from ..forward.inputs import given_inputs, random_inputs
    from ..forward.summary import Tracer, summary

    work = Work("run", spec, sets, formats, **look)
    network = work.load()
    resolved, arrays = resolve(work, network, inputs, data)
    network = resolved.network  # with the tensors that its sizes decide
    values = given_inputs(network, resolved, arrays) if arrays is not None else random_inputs(resolved, seed)
    tensors = Weights(resolved, seed, weights)
    tracer = Tracer(network) if trace else None
    outputs = execute(network, resolved, tensors, values, tracer, release=lambda name: tensors.pop(name, None))
    report = Report(resolved, "run", work.spec)
    report.extra = {"seed": seed, "results": [summary(name, array) for name, array in outputs.items()]}
    if tracer is not None:
        report.extra["trace"] = tracer.rows
    if output is not None:
        from ..weights.files import save

        save(output, [(n, a.shape, str(a.dtype), lambda a=a: a) for n, a in outputs.items()])  # type: ignore[misc]
    work.report(report)
    if output is not None:
        note(f"wrote {output}: {', '.join(outputs)}")


def resolve(work: Work, network: Network, inputs: tuple[str, ...], data: str | None) -> tuple[Any, dict[str, Any] | None]:
    """(the network at the sizes given, the arrays of a data file); ends the command where not every size is known."""
    from ..forward.inputs import named_arrays
    from ..infer.conflicts.diagnose import diagnostics
    from ..infer.domains.undetermined import undetermined
    from ..infer.propagation.engine import infer
    from ..infer.warnings import foreseen
    from ..language.given_shapes import parse_inputs
    from ..weights.initialise import unresolved

    given = parse_inputs(inputs, network)
    arrays = None
    if data is not None:
        from ..weights.files import read_arrays

        arrays = named_arrays(network, read_arrays(data))
        given = [*given, *shapes_of(network, arrays, data, {g.name for g in given})]
    work.told = foreseen(network, given)
    resolved = infer(network, given)
    found = diagnostics(resolved)
    if found:
        work.reject(resolved, found, given)
    missing = unresolved(resolved) or undetermined(resolved)
    if missing:
        raise Rejected(missing)
    return resolved, arrays


def shapes_of(network: Network, arrays: dict[str, Any], path: str, named: set[str]) -> list[Given]:
    """The arrays' shapes as given for the inputs."""
    names = [i.name for i in network.inputs]
    out = []
    for name, array in arrays.items():
        entry = names[0] if name == "" and len(names) == 1 else name
        if entry in names and entry not in named:
            if 0 in array.shape:
                raise Unusable([Diagnostic("data-shape", f"{entry} in {path} has no elements", found=str(array.shape))])
            source = Source("--data", f"{path}: {entry} {array.shape}")
            out.append(Given(entry, array.shape, None, Span(source, 1, 1, len(source.text) + 1)))
    return out


class Weights(dict[str, Any]):
    """Parameters by name: from a file where one is given, else initialised when first read."""

    def __init__(self, resolved: Any, seed: int, path: str | None) -> None:
        super().__init__()
        self.resolved = resolved
        self.seed = seed
        self.by_name = {p.name: p for p in resolved.network.parameters}
        if path is not None:
            self.read(path)

    def read(self, path: str) -> None:
        """Every tensor of a file, all of them of the right shape and dtype; raises Rejected naming the others."""
        from ..weights.compare import compare
        from ..weights.files import load, read_header
        from ..weights.initialise import owners

        header = read_header(path)
        needless = {p.name for p in self.by_name.values() if p.tied_to is not None} | self.resolved.network.spare()
        wanted = [(p.name, tuple(self.resolved.tensor(p)), p.dtype) for p in owners(self.resolved)]
        found = compare(wanted, {n: h for n, h in header.items() if n not in needless})
        if found:
            for d in found:
                d.help = d.help or f"in {path}"
            raise Rejected(found)
        self.update(load(path, [name for name, _, _ in wanted]))

    def __missing__(self, name: str) -> Any:
        from ..weights.initialise import initialise, owner

        p = owner(self.by_name[name])
        if p.name != name:
            return self[p.name]
        value = self[name] = initialise(self.resolved, p, self.seed)
        return value
