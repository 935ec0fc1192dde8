"""A kind's statement in words, read off the statement itself: run on unknown sizes, with arguments that carry their names."""

from __future__ import annotations

import contextlib
from typing import Any

from ..layers.core.base import UNKNOWN, Layer
from ..layers.core.frame import Frame, Wait
from ..layers.core.numeric_arguments import Padding, PerAxis
from ..layers.core.patterns import patterns
from ..problems import Problem
from ..shapes.relations import Relation
from ..shapes.rows import Open, Rest, Row
from ..shapes.rows import resolve as resolved
from ..shapes.store import Store
from .named_numbers import Letter, lettered


class Statement:
    """What a layer takes, gives and relates. `relations` are (rule, the equation in words, what it refuses otherwise).

    `ranked`: the shapes are those of inputs of some ranks, because ranks decide them.
    """

    __slots__ = ("gives", "macs", "ranked", "relations", "takes")

    def __init__(
        self, takes: list[str], gives: list[str], ranked: bool, relations: list[tuple[str, str, str]], macs: str
    ) -> None:
        self.takes = takes
        self.gives = gives
        self.ranked = ranked
        self.relations = relations
        self.macs = macs

    def equations(self) -> list[str]:
        return [words for _, words, _ in self.relations if " = " in words]

    def same(self, other: Statement) -> bool:
        """Whether shapes and equations are those of another."""
        return (self.takes, self.gives, self.equations()) == (other.takes, other.gives, other.equations())


class Recorder(Frame):
    """A frame that writes relations down instead of letting them act; arguments are unknown sizes of their name."""

    __slots__ = ("stated",)
    stated: list[Relation]

    def state(self, relation: Relation) -> None:
        self.stated.append(relation)

    def written(self, axis: Any) -> Any:
        return None

    def stretch(self, star: str) -> tuple[int, ...]:
        return (self.named(f"prod({star[1:]})", None),)

    def _product(self, parts: list[str]) -> int:
        return self.store.new()


def spoken(layer: Layer) -> Layer:
    """The layer with the numbers among its arguments carrying their names.

    Numbers per spatial axis are made to differ from their defaults, so that no formula is shortened by a special value.
    """
    said = {}
    for name, argument in layer.arguments.items():
        v = getattr(layer, name)
        if type(argument) in (PerAxis, Padding):
            v = Letter(1 if type(argument) is Padding else 2 * argument.minimum, name)  # type: ignore[attr-defined]
        elif argument.type == "size" and type(v) is int:
            v = UNKNOWN
        else:
            v = lettered(v, name)
        said[name] = v
    return type(layer)(**said)


def state(layer: Layer, ranks: list[int]) -> Statement:
    """The statement of a layer on inputs of unknown rank; where ranks decide what it gives, on inputs of those given."""
    frame = run(layer, [Open((), Rest(), ()) for _ in ranks])
    if not layer.gives:
        store = Store()
        frame = run(layer, [tuple(store.new() for _ in range(n)) for n in ranks], store)
    names = names_of(frame)

    def called(slot: int) -> str:
        return name(frame, names, slot)

    relations = [("", words, "") for words in same(frame, names)]
    for r in frame.stated:
        words = r.words(called)
        left, _, right = words.partition(" = ")
        if left.replace(" ", "") != right.replace(" ", ""):
            relations.append((r.rule, words, r.demand(called, lambda slot: is_given(frame, slot))))
    named = layer.takes and (layer.gives or layer.takes.split(",")[0].strip() != "*x")
    takes = [shape_text(*p) for p in patterns(layer.takes)] if named else [row_text(frame, names, row) for row in frame.inputs]
    gives = [shape_text(*p) for p in patterns(layer.gives)] if layer.gives else []
    gives = gives or [row_text(frame, names, row) for row in frame.outputs]
    return Statement(takes, gives, not layer.gives, list(dict.fromkeys(relations)), cost_text(layer.cost()))


def run(layer: Layer, inputs: list[Row], store: Store | None = None) -> Recorder:
    store = store or Store()
    frame = Recorder(store, None, layer, inputs, lambda sym: store.new(), None)
    frame.stated = []
    with contextlib.suppress(Wait, Problem):
        frame.run()
    return frame


def names_of(frame: Recorder) -> dict[int, str]:
    """Slots by the names the layer gives them; else by their place in an input or output."""
    names: dict[int, str] = {}
    for axis, slot in frame.axes.items():
        if isinstance(slot, int) and not axis.startswith("*"):
            names.setdefault(frame.store.root(slot), token_text(axis))
    for where, row in [*zip(port_names(frame), frame.inputs), *((f"out{k or ''}", row) for k, row in enumerate(frame.outputs))]:
        row = resolved(row)
        if type(row) is tuple:
            for k, slot in enumerate(row):
                names.setdefault(frame.store.root(slot), f"{where}[{k}]")
    return names


def same(frame: Recorder, names: dict[int, str]) -> list[str]:
    """Equations of the names that one size has: `h_out = output_size[0]`."""
    out = []
    for axis, slot in frame.axes.items():
        if isinstance(slot, int) and not axis.startswith("*"):
            first, other = names[frame.store.root(slot)], token_text(axis)
            if first != other:
                out.append(f"{other} = {first}")
    return out


def is_given(frame: Recorder, slot: int) -> bool:
    """Whether a size is an argument's that nothing can infer."""
    arguments = {n for n, a in frame.layer.arguments.items() if a.type != "size"}
    named = any(a.partition(".")[0] in arguments and frame.store.root(s) == frame.store.root(slot)
                for a, s in frame.axes.items() if isinstance(s, int))  # fmt: skip
    return named or isinstance(frame.store.known(slot), int)


def port_names(frame: Recorder) -> list[str]:
    ports = frame.layer.ports
    return [ports[k] if k < len(ports) and not frame.layer.variadic else "abcdef"[k] for k in range(len(frame.inputs))]


def name(frame: Recorder, names: dict[int, str], slot: int) -> str:
    root = frame.store.root(slot)
    known = frame.store.known(slot)
    return str(known) if isinstance(known, int) else names.get(root, "size")


def row_text(frame: Recorder, names: dict[int, str], row: Row) -> str:
    row = resolved(row)
    if type(row) is tuple:
        return tuple_text([name(frame, names, s) for s in row])
    assert isinstance(row, Open)
    return tuple_text([*(name(frame, names, s) for s in row.prefix), "…", *(name(frame, names, s) for s in row.suffix)])


def shape_text(before: tuple[str, ...], star: str | None, after: tuple[str, ...]) -> str:
    """A pattern as a tuple: `(N, …, units)`."""
    return tuple_text([*map(token_text, before), *(["…"] if star else []), *map(token_text, after)])


def token_text(token: str) -> str:
    """`1*hidden` is hidden, `kernel_size.0` is kernel_size[0]."""
    head, dot, place = token.removeprefix("1*").partition(".")
    return f"{head}[{place}]" if dot and place.isdigit() else head + dot + place


def tuple_text(parts: list[str]) -> str:
    return f"({parts[0]},)" if len(parts) == 1 and parts[0] != "…" else f"({', '.join(parts)})"


def axes_text(axes: str) -> str:
    """A parameter's axes as a tuple; the entries of an argument are one: `(channels, in_group, *kernel_size)`."""
    return tuple_text([f"*{t}" if several else token_text(t) for t, several in joined(axes.split())])


def joined(tokens: list[str]) -> list[tuple[str, bool]]:
    """Tokens with whether each stands for all entries of an argument: kernel_size.0 kernel_size.1 is kernel_size."""
    out: list[tuple[str, bool]] = []
    for t in tokens:
        name, dot, place = t.partition(".")
        if dot and place == "0":
            out.append((name, True))
        elif not dot or (name, True) not in out:
            out.append((t, False))
    return out


def cost_text(cost: str) -> str:
    """A sum of products as people write it: numbers first, equal products once."""
    terms: dict[str, int] = {}
    for product in cost.split(" + ") if cost else ():
        count, names = 1, []
        for token, several in joined(product.split()):
            if several:
                names.append(f"prod({token})")
                continue
            for part in [token] if token.startswith("*") else token.split("*"):
                if part.isdigit():
                    count *= int(part)
                else:
                    names.append("…" if part == "*" else f"prod({part[1:]})" if part[0] == "*" else token_text(part))
        text = "*".join(names)
        terms[text] = terms.get(text, 0) + count
    return " + ".join(f"{n}*{t}" if n > 1 else t for t, n in terms.items())
