"""What the layer files say of themselves, as data: for `deferinit layers`, the editor schema and the docs."""

from __future__ import annotations

import sys
from typing import Any

from ..layers.core import registry
from ..layers.core.base import Layer
from ..problems import Diagnostic, Unusable
from ..spelling import suggest

PREFIXES = {"torch": "torch.", "keras": "keras.", "flax": "flax.", "mxnet": "mxnet."}
"""Where a framework's paths start; Flax users take functions from JAX, whose paths are whole."""


def group(cls: type[Layer]) -> str:
    """The heading a kind stands under: what its module says."""
    found: str = sys.modules[cls.__module__].GROUP
    return found


def summary(cls: type[Layer]) -> str:
    """The first paragraph of a kind's docstring."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def details(cls: type[Layer]) -> str:
    """The paragraphs after it."""
    return " ".join(" ".join((cls.__doc__ or "").strip().split("\n\n")[1:]).split())


def elsewhere(cls: type[Layer]) -> dict[str, list[str]]:
    """What each framework calls a kind, as full paths; an empty list where it has none."""
    return {f: [whole(f, path) for path in paths.split()] for f, paths in cls.abroad.items()}


def whole(framework: str, path: str) -> str:
    return path if path.startswith("jax.") else PREFIXES[framework] + path


def row(name: str, cls: type[Layer]) -> dict[str, Any]:
    return {"kind": name, "group": group(cls), "about": summary(cls), "elsewhere": elsewhere(cls)}


def listing() -> list[dict[str, Any]]:
    """All kinds, by group."""
    rows = [row(name, cls) for name, cls in registry.kinds().items()]
    return sorted(rows, key=lambda r: r["group"])


def find(word: str) -> list[type[Layer]]:
    """The kinds called so here, or by another framework, with or without its path: `nn.LSTM`, `keras.layers.Conv2D`."""
    last = word.strip().rpartition(".")[2]
    for name in (word, last):
        own = registry.find(name)
        if own is not None:
            return [own]
    abroad = registry.elsewhere()
    kinds = abroad.get(last)
    if kinds is None:  # in any case
        small = last.lower()
        near = {k: None for other, found in abroad.items() if other.lower() == small for k in found}
        kinds = tuple([small] if small in registry.index() else near)
    return [cls for cls in map(registry.find, kinds) if cls is not None]


def search(words: str) -> list[dict[str, Any]]:
    """The kinds whose name, group, summary or names elsewhere hold all the words; raises Unusable when none does."""
    wanted = words.lower().split()
    out = [r for r in listing() if all(w in text_of(r) for w in wanted)]
    if not out:
        known = [*registry.index(), *registry.elsewhere()]
        raise Unusable([Diagnostic("unknown-kind", f"no layer is about '{words}'", found=words,
                                   help=suggest(words, known) or "`deferinit layers` lists all kinds")])  # fmt: skip
    return out


def text_of(r: dict[str, Any]) -> str:
    cls = registry.find(r["kind"])
    assert cls is not None
    names = [path for paths in r["elsewhere"].values() for path in paths]
    return " ".join([r["kind"], r["group"], cls.__doc__ or "", *cls.also, *names]).lower()


def families(rows: list[dict[str, Any]]) -> list[tuple[list[str], dict[str, Any]]]:
    """Rows of kinds that are declared together, such as conv1d to conv3d, as one: (names, the first row)."""
    out: list[tuple[list[str], dict[str, Any]]] = []
    for r in rows:
        if out and out[-1][1]["about"] == r["about"] and out[-1][1]["kind"][:-2] == r["kind"][:-2]:
            out[-1][0].append(r["kind"])
        else:
            out.append(([r["kind"]], r))
    return out
