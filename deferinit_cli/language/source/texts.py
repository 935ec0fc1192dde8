"""Where the text of a spec comes from: a file, standard input, the zoo, a mapping, or itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ...files import open_plain
from ...problems import Diagnostic, Rejected, Source, Span, Unusable
from ...spelling import suggest
from . import reader
from .zoo import zoo_path

Text = tuple[str, str, str, "Path | None"]
"""The text of a spec, how it is shown, its default name and its folder."""


def locate(spec: Any) -> Text:
    """What a spec's name stands for; reads it. Raises Unusable."""
    if isinstance(spec, Mapping):
        from .mapping import text_of

        return text_of(spec), "<mapping>", "network", None
    spec = os.fspath(spec)
    if "\n" in spec or "\r" in spec:
        return spec, "<text>", "network", None
    return locate_named(spec)


def locate_named(spec: str) -> Text:
    """What a name stands for, never a spec's text: a file's name may hold line ends too. Raises Unusable."""
    if spec == "-":
        return reader.decode(standard_input(), "<stdin>"), "<stdin>", "network", Path.cwd()
    if spec.startswith("zoo:"):
        path = zoo_path(spec[4:])
        return read_file(str(path), spec), spec, path.stem, path.parent
    return read_file(spec, spec), spec, Path(spec).stem, Path(spec).parent


def standard_input() -> bytes:
    """What stands on standard input, as far as a spec may reach; raises Unusable."""
    if sys.stdin is None:
        raise Unusable([Diagnostic("unreadable", "standard input is closed")])
    try:
        return sys.stdin.buffer.read(reader.MAX_BYTES + 1)
    except OSError as e:
        raise Unusable([Diagnostic("unreadable", f"cannot read standard input: {e.strerror or e}")]) from None


def read_file(path: str, shown: str) -> str:
    """A spec's text; only a plain file of modest size is opened. Raises Unusable, or Rejected for what is in it."""
    try:
        with open_plain(path) as f:
            size = os.fstat(f.fileno()).st_size
            if size > reader.MAX_BYTES:
                raise Rejected([Diagnostic("file-too-large", f"a spec of {size} bytes", Span(Source(shown), 1, 1),
                                           expected=f"at most {reader.MAX_BYTES} bytes")])  # fmt: skip
            raw = f.read(reader.MAX_BYTES + 1)
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or str(e)
        if reason.startswith("it is "):
            raise Unusable([Diagnostic("unreadable", f"{shown} {reason.removeprefix('it ')}", help="name a spec file")]) from None
        raise Unusable([Diagnostic("unreadable", f"cannot read {shown}: {reason}")]) from None
    return reader.decode(raw, shown)


def near_file(folder: Path, text: str) -> str:
    """The file that was probably meant."""
    try:
        known = [p.name for p in islice(folder.glob("*.yaml"), 1000)]
    except OSError:
        return ""
    return f"did you mean '{text}.yaml'?" if f"{text}.yaml" in known else suggest(text.removeprefix("./"), known)
