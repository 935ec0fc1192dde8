"""Each kind's own example as a spec that runs, and the layer in it."""

from __future__ import annotations

from ..graph import Network
from ..language.load import load
from ..layers.core.base import Layer
from ..layers.core.patterns import family_words, filled


def spec(cls: type[Layer]) -> str:
    """The text of a spec around the kind's example: `(value, inputs' dims…)`, or whole items where it starts with `- `."""
    written, *inputs = (filled(t, family_words(cls.spatial)) for t in cls.example)
    named = 1 < len(inputs) <= len(cls.ports) and not cls.variadic
    names = cls.ports[: len(inputs)] if named else ("x",) if len(inputs) == 1 else tuple("abcdef"[: len(inputs)])
    lines = []
    if inputs:
        lines.append(f"inputs: {{{', '.join(f'{n}: {port(text)}' for n, text in zip(names, inputs))}}}")
    lines.append("layers:")
    if written.startswith("- "):
        lines += written.split("\n")
    elif len(inputs) > 1 and cls.merges and not written:
        lines.append(f"- {cls.kind} y: [{', '.join(names)}]")
    else:
        lines.append(f"- {cls.kind} y" + (f": {written}" if written else ":" if len(inputs) > 1 else ""))
        if len(inputs) > 1:
            lines.append(f"  from: [{', '.join(names)}]")
    return "\n".join(lines) + "\n"


def port(text: str) -> str:
    """`[N, T] int64` as a spec writes it."""
    dims, _, dtype = text.rpartition(" ") if text[-1] != "]" else (text, "", "")
    return f"{{shape: {dims}, dtype: {dtype}}}" if dtype else dims


def network(cls: type[Layer]) -> Network:
    return load(spec(cls))


def instance(cls: type[Layer]) -> tuple[Layer, list[int]] | None:
    """The kind's layer in its example, and its inputs' ranks; None for a structural kind."""
    if cls.structural:
        return None
    net = network(cls)
    node = next(n for n in net.nodes if n.layer.kind == cls.kind)
    given = {i.value: len(i.dims or ()) for i in net.inputs}
    return node.layer, [given.get(v, 2) for v in node.inputs]
