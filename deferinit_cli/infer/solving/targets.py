"""Shapes known from outside (a checkpoint, a command line), and inference with them stated as facts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from itertools import product as combinations

from ...graph import Given, Network, Parameter, Target
from ...layers.core.arguments import Flag
from ...layers.core.base import Layer
from ...problems import Problem
from ...shapes import rows
from ...shapes.dims import UNKNOWN
from ...shapes.rows import Row
from ...shapes.store import Fact
from ..propagation.engine import Inference, infer
from ..propagation.open_arguments import is_left_open


class Constrained(Inference):
    """Inference that ends with what is known from outside."""

    def __init__(self, network: Network, targets: Sequence[Target], given: Sequence[Given] = ()) -> None:
        super().__init__(network, given)
        self.targets = targets
        self.rejected: list[Target] = []  # names of which the network has none

    def finish(self) -> None:
        """State the targets once all layers have had their say."""
        by_name = {p.name: p for p in self.network.parameters}
        for target in self.targets:
            row = self.row_of(target.name, by_name)
            if row is None:
                self.rejected.append(target)
                continue
            slots = tuple(
                self.store.new() if d is None else self.store.new(d, Fact(target, k)) for k, d in enumerate(target.dims)
            )
            rows.unify(row, slots, self.store, target)
        self.settle()

    def row_of(self, name: str, by_name: dict[str, Parameter]) -> Row | None:
        """The row of a parameter, value or output; None where nothing has this name."""
        if name in by_name:
            return self.tensor(by_name[name])
        value = self.network.names.get(name)
        if value is None:
            value = dict(self.network.outputs).get(name)
        if value is None and name == "output" and len(self.network.outputs) == 1:
            value = self.network.outputs[0][1]
        return None if value is None else self.values[value]


def known_names(network: Network) -> set[str]:
    """What a target may name: parameters, values, outputs; `output` where there is one."""
    names = {p.name for p in network.parameters} | set(network.names) | {label for label, _ in network.outputs}
    return names | {"output"} if len(network.outputs) == 1 else names


def may_have(network: Network, name: str) -> bool:
    """Whether a layer with open arguments could have a tensor of this name."""
    return OpenTensors(network).has(name)


class OpenTensors:
    """Names of tensors that layers with open arguments may have."""

    def __init__(self, network: Network) -> None:
        self.keys = {n.name: possible(n.layer) for n in network.nodes if n.shares is None and is_left_open(n.layer)}

    def has(self, name: str) -> bool:
        """Whether an open layer may have a tensor of this full name."""
        parts = name.split(".")
        for k in range(len(parts) - 1, 0, -1):
            keys = self.keys.get(".".join(parts[:k]))
            if keys is not None:
                return re.sub("[0-9]+", "#", ".".join(parts[k:])) in keys
        return False


def possible(layer: Layer) -> set[str]:
    """The names of tensors a layer may have, # for numbers in them: flags both ways, counts of 1 and 2."""
    opened = [n for n, a in layer.arguments.items() if a.open and getattr(layer, n) is UNKNOWN]
    values = {n: (True, False) if isinstance(layer.arguments[n], Flag) else (1, 2) for n in opened}
    out: set[str] = set()
    for chosen in islice(combinations(*values.values()), 256):
        try:
            made = type(layer).build({**{n: getattr(layer, n) for n in layer.arguments}, **dict(zip(values, chosen))})
        except Problem:
            continue
        out.update(re.sub("[0-9]+", "#", t.key) for t in made.tensors())
    return out


class Matched:
    """A checkpoint's tensors by the network's names. `prefix` is what its names have in front (`-` what they lack)."""

    __slots__ = ("missing", "prefix", "shapes", "sources", "unused")

    def __init__(
        self, shapes: dict[str, tuple[int, ...]], sources: dict[str, str], unused: list[str], missing: list[str], prefix: str
    ) -> None:
        self.shapes = shapes
        self.sources = sources  # the file's names by the network's
        self.unused = unused
        self.missing = missing
        self.prefix = prefix


def matched(network: Network, header: Mapping[str, tuple[int, ...]]) -> Matched:
    """The tensors that have a place in the network: as they are called, else without a prefix, or with one, that most share."""
    wanted = [p.name for p in network.parameters if p.tied_to is None]
    names = {p.name for p in network.parameters}
    others = OpenTensors(network)

    def ours(name: str) -> bool:
        return name in names or others.has(name)

    best, prefix = {n: n for n in header if ours(n)}, ""
    for candidate in prefixes(header):
        found = {n.removeprefix(candidate): n for n in header if n.startswith(candidate) and ours(n.removeprefix(candidate))}
        if len(found) > len(best):
            best, prefix = found, candidate
    for candidate in prefixes(names):
        found = {candidate + n: n for n in header if ours(candidate + n)}
        if len(found) > len(best):
            best, prefix = found, f"-{candidate}"
    used = set(best.values()) | {theirs(n, prefix) for n in network.spare()}
    shapes = {ours_: tuple(header[name]) for ours_, name in best.items()}
    return Matched(shapes, best, [n for n in header if n not in used], [n for n in wanted if n not in best], prefix)


def theirs(name: str, prefix: str) -> str:
    """A name of the network as a checkpoint with a prefix (`-` what it lacks) has it."""
    return name.removeprefix(prefix[1:]) if prefix.startswith("-") else prefix + name


def prefixes(names: Iterable[str]) -> list[str]:
    """What dotted names begin with: all beginnings of up to three levels that several have."""
    counts: dict[str, int] = {}
    for name in names:
        levels = name.split(".")
        for k in range(1, min(4, len(levels))):
            start = ".".join(levels[:k]) + "."
            counts[start] = counts.get(start, 0) + 1
    return sorted((p for p in counts), key=lambda p: (-counts[p], len(p)))[:50]


def fitting(network: Network, given: Sequence[Given], names: Collection[str]) -> Network:
    """The network with the tensors that its sizes decide; where sizes that are not known yet would, that of its two forms that
    has more of some names."""
    found = infer(network, given).network
    if not any(node.layer.notes for node in found.nodes):
        return found
    mine, other = (sum(any(name.endswith(p.name) for name in names) for p in n.parameters) for n in (network, found))
    return network if mine > other else found


__all__ = ["Constrained", "Matched", "Target", "fitting", "known_names", "matched", "may_have"]
