"""The lock file's text, written in one way only.

    lock 1                                            the version of this format
    made-by deferinit 0.1.0
    language 1
    source mlp.yaml sha256:…                          the spec, then its imports; line ends count as LF
    option --input 2x20
    input input (2, 20) float32
    output dense1 (2, 10) float32
    parameter dense0.weight (256, 20) float32 trainable
    parameter head.weight (10, 20) float32 trainable = emb.weight
    total parameters 7946
    end

A line a fact, in the network's order, nothing aligned: a change of one fact changes one line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re

from .. import __version__
from ..graph import Network
from ..problems import Source, Span
from .sides import TOTALS, Side
from .terms import written_shape

VERSION = "1"
LANGUAGE = "1"
TITLE = "# Shapes of a network, made by `deferinit lock`. Not to be edited: `deferinit lock --update` makes it anew."
PLAIN = re.compile(r"[A-Za-z0-9_][\w./:#-]*")


class Lock:
    """A lock: its rows as a side, the sources' hashes, and what it was made with, each option with its line."""

    __slots__ = ("made_by", "places", "side", "source", "sources")

    def __init__(
        self, side: Side, source: Source, sources: dict[str, str], made_by: str, places: dict[tuple[str, str], Span] | None = None
    ) -> None:
        self.side = side
        self.source = source
        self.sources = sources  # hash by name
        self.made_by = made_by
        self.places = places or {}  # by option and text, as on the command line


def hashes(network: Network, spec: str) -> dict[str, str]:
    """sha256 of every file that was read, by name relative to the spec's folder."""
    folder = os.path.dirname(spec) or "."
    out = {}
    for source in network.sources:
        name = source.name
        if not name.startswith(("zoo:", "<")):
            name = os.path.relpath(name, folder).replace(os.sep, "/")
        text = source.text.replace("\r\n", "\n")
        out[name] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return out


def lock_text(side: Side, sources: dict[str, str]) -> str:
    """The lock of a network; the same bytes every time."""
    lines = [TITLE, f"lock {VERSION}", f"made-by deferinit {__version__}", f"language {LANGUAGE}"]
    lines += [f"source {quoted(name)} {digest}" for name, digest in sources.items()]
    lines += [f"option --input {quoted(text)}" for text in side.options]
    lines += [f"option --set {quoted(f'{name}={value}')}" for name, value in side.sets.items()]
    for word, ports in (("input", side.inputs), ("output", side.outputs)):
        lines += [f"{word} {quoted(p.name)} {written_shape(p.shape)} {p.dtype}" for p in ports]
    for t in side.tensors:
        tied = f" = {quoted(t.tied_to)}" if t.tied_to is not None else ""
        lines.append(f"parameter {quoted(t.name)} {written_shape(t.shape)} {t.dtype} {t.state}{tied}")
    lines += [f"total {key} {side.totals[key].text}" for key in TOTALS]
    return "\n".join([*lines, "end", ""])


def quoted(name: str) -> str:
    """A name as it stands, or as a JSON string where it could be misread."""
    return name if PLAIN.fullmatch(name) and name.isascii() else json.dumps(name)
