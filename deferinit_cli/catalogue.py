"""What the layer files say of themselves, as data: for `deferinit layers`, the editor schema and the docs."""

from __future__ import annotations

import contextlib
from typing import Any

from .layers import registry
from .layers.arguments import Argument, Choice, show, suggest
from .layers.base import Layer
from .layers.frame import Frame, Wait
from .problems import Diagnostic, Problem, Unusable
from .shapes.dims import UNKNOWN
from .shapes.relations import Relation
from .shapes.rows import Open, Rest, Row
from .shapes.store import Store


def search(words: str) -> list[dict[str, str]]:
    """The kinds whose name, summary or names elsewhere hold all the words; raises Unusable when none does."""
    wanted = words.lower().split()
    out = []
    for name, cls in registry.kinds().items():
        text = " ".join([name, cls.__doc__ or "", *cls.also]).lower()
        if all(w in text for w in wanted):
            out.append({"kind": name, "about": summary(cls)})
    if not out:
        known = [*registry.index(), *registry.elsewhere()]
        raise Unusable([Diagnostic("unknown-kind", f"no layer is about '{words}'", found=words, help=suggest(words, known))])
    return out


def summary(cls: type[Layer]) -> str:
    """The first paragraph of a kind's docstring."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def describe(word: str) -> dict[str, Any] | None:
    """Everything about the kind called `word` here or elsewhere; None when there is none."""
    cls = registry.find(word)
    if cls is None:
        here = registry.elsewhere().get(word)
        cls = registry.find(here) if here is not None else None
    if cls is None:
        return None
    sample = instance(cls)
    return {
        "kind": cls.kind,
        "about": summary(cls),
        "inputs": list(cls.ports) if not cls.structural else [],
        "optional_inputs": cls.optional,
        "variadic": cls.variadic,
        "side_outputs": list(cls.sides),
        "arguments": [argument(a) for a in cls.arguments.values()],
        "takes": sample.takes if sample is not None else cls.takes,
        "gives": sample.gives if sample is not None else cls.gives,
        "parameters": parameters(sample) if sample is not None else [],
        "relations": relations(sample) if sample is not None else [],
        "macs": (sample.cost() if sample is not None else "") or "none",
        "elsewhere": list(cls.also),
    }


def argument(a: Argument) -> dict[str, Any]:
    return {
        "name": a.name,
        "type": a.type,
        "expects": a.expects(),
        "default": None if a.required else show(a.default),
        "required": a.required,
        "choices": list(a.choices) if isinstance(a, Choice) else list(a.words),
        "help": a.help,
        "also": list(a.also),
    }


SAMPLES: dict[str, Any] = {"size": UNKNOWN, "int": 2, "int or list": 2, "padding": 0, "number": 0.5, "number or list": 1.0,
                           "bool": False, "int or list of ints": 1, "dims": (2, 3), "value": 1}  # fmt: skip


def instance(cls: type[Layer]) -> Layer | None:
    """A layer of the kind with sample values for what it requires, to read its statement off."""
    if cls.structural:
        return None
    values = {}
    for a in cls.arguments.values():
        if a.required:
            values[a.name] = a.choices[0] if isinstance(a, Choice) else sample(a)
    try:
        return cls.build(values)
    except Problem:
        return None


def sample(a: Argument) -> Any:
    return SAMPLES.get(a.type, a.sample)


def parameters(layer: Layer) -> list[dict[str, Any]]:
    """The tensors, by axis names, with their names in other frameworks."""
    return [
        {
            "name": p.key or "(the item's name)",
            "axes": p.axes,
            "initializer": p.initializer.text(),
            "buffer": p.buffer,
            "when": p.when or None,
            "keras": p.names.get("keras"),
            "flax": p.names.get("flax"),
            "mxnet": p.names.get("mxnet"),
        }
        for p in layer.tensors()
    ]


def relations(layer: Layer) -> list[str]:
    """The relation in words, read off the statement itself: run on unknown sizes, with every relation written down."""
    stated: list[Relation] = []

    class Recorder(Frame):
        __slots__ = ()

        def state(self, relation: Relation) -> None:
            stated.append(relation)
            super().state(relation)

    store = Store()
    ports = 2 if layer.variadic else len(layer.ports) - layer.optional
    inputs: list[Row] = [Open((), Rest(), ()) for _ in range(ports)]
    frame = Recorder(store, None, layer, inputs, lambda sym: store.new(), None)
    with contextlib.suppress(Wait, Problem):
        frame.run()
    names: dict[int, str] = {}
    for axis, slot in frame.axes.items():
        if isinstance(slot, int):
            names.setdefault(slot, axis)

    def name(slot: int) -> str:
        known = store.known(slot)
        return str(known) if type(known) is int and slot not in names else names.get(slot, "size")

    return list(dict.fromkeys(r.words(name) for r in stated))
