"""The network of the file that was asked for: its inputs, its layers, and what is said of the whole."""

from __future__ import annotations

from typing import Any

from ...graph import Input, Network
from ..compile.file import File, dtype_in
from ..expressions.values import Faults, Located
from ..source.tree import span
from .builder import Builder
from .calls import default_dtype, require
from .context import Context
from .context import variables as file_variables
from .counting import MOST, Counter
from .dim_assertions import dims_in
from .layer_cache import Layers
from .limits import MAX_INSTANCES, MAX_REPEAT
from .parameter_settings import unique
from .scope import Entry, Names
from .settings import chosen


def build(file: File, faults: Faults, sets: dict[str, str], layers: Layers) -> Network:
    """Instantiate the root file."""
    network = Network(file.title, file.source)
    network.doc = file.doc
    values = file_variables(file, chosen(file, sets, faults), faults, 0)
    builder = Builder(network, layers)
    if values is None or file.unsound or too_large(file):
        return network
    network.variables = dict(values.names)
    network.derived = frozenset(name for name, variable in file.vars.items() if not variable.code.fixed)
    network.allowed = {n: a for n, v in file.vars.items() if (a := v.allowed(values.names[n], values.without_symbols()))}
    ctx = Context(file, values, Names(None), "", None)
    network.dtype = ctx.dtype = default_dtype(file, ctx)
    ports: dict[str, tuple[int, ...] | None] = {}
    for port_name, port in file.ports.items():
        ports[port_name] = (enter(network, ctx, port_name, port),)
    require(network, ctx)
    out = builder.body(file, ctx, ports, Entry(None))
    finish(network, file, builder, ctx, out)
    return network


def too_large(file: File) -> bool:
    """Whether more is asked for than is built; told, before any of it is."""
    found = Counter(MAX_REPEAT).passing(file.items, MAX_INSTANCES)
    if found is not None:
        item, count = found
        much = "" if count < MOST else "far more than "
        file.fault(item.head, "too-many-layers", f"{much}{min(count, MOST):,} layers, containers and block calls",
                   expected=f"at most {MAX_INSTANCES:,}")  # fmt: skip
    return found is not None


def enter(network: Network, ctx: Context, name: str, port: Any) -> int:
    """One input of the network."""
    value = len(network.makers)
    dims = dims_in(ctx, port.dims) if port.dims is not None else None
    source = ctx.file.source
    place = span(source, port.key) if port.key is not None else None
    spans = tuple(span(source, n) for n in port.nodes)
    dtype = None
    try:
        dtype = dtype_in(port.dtype, ctx.values) if port.dtype is not None else None
    except Located as e:
        ctx.located(e)
    entry = Input(name, dims, dtype, value, place, spans)
    network.inputs.append(entry)
    network.makers.append(entry)
    network.names[name] = value
    return value


def finish(network: Network, file: File, builder: Builder, ctx: Context, out: tuple[int, ...] | None) -> None:
    """Outputs, globs, ties and checks, once all layers stand."""
    if file.outputs is not None:
        outputs(network, file, builder, ctx, ctx.flow)
    else:
        network.outputs = [(network.value_name(v), v) for v in out or ()]
    if not network.outputs and not file.faults.found:
        ctx.fault(file.layers or file.key, "no-output", "nothing comes out of the network",
                  help="its last layer yields no value, or every layer is removed")  # fmt: skip
    statements = builder.statements
    if not builder.limits.exceeded:
        statements.unheard()
    statements.match(file, ctx, network.parameters)
    statements.join()
    statements.unchanged()
    unique(network, file.faults)
    if file.checks is not None:
        from .checks import read_checks

        network.checks = read_checks(file, ctx, network)


def outputs(network: Network, file: File, builder: Builder, ctx: Context, out: tuple[int, ...] | None) -> None:
    """The outputs that a file names; `out` is what its last layer yields."""
    seen = set()
    for label, ref in file.outputs or ():
        values = builder.resolver.reference(ref, ctx, out) or ()
        for k, v in enumerate(values):
            if label or ref.text != "prev":
                shown = f"{label or ref.text}.{k}" if len(values) > 1 else label or ref.text
            else:
                shown = network.value_name(v)
            if shown in seen:
                ctx.fault(ref.node, "duplicate-name", f"two outputs are called '{shown}'", found=shown,
                          help="give one of them a label: outputs: {label: reference}")  # fmt: skip
            seen.add(shown)
            network.outputs.append((shown, v))
