"""Text to a tree with places. Nothing is constructed: what plain YAML makes of `no` or `010` never happens."""

from __future__ import annotations

import re

from ...problems import Source
from . import events
from .characters import FORBIDDEN, UNSEEN, character, find, refusal
from .tree import List, Map

MAX_BYTES = 1 << 20

_DIRECTIVE = re.compile(r"\A(?:[ \t]*(?:#.*)?\n)*(%.*)")
_ODD = re.compile("[^\n\r -~]")
"""What most texts do not hold, so that they need not be searched for this and that."""


def decode(raw: bytes, name: str) -> str:
    """A file's bytes as text; raises Rejected where they cannot be a spec."""
    source = Source(name)
    if len(raw) > MAX_BYTES:
        raise refusal(source, "file-too-large", f"a spec of {len(raw)} bytes", 1, 1, expected=f"at most {MAX_BYTES} bytes",
                     help="split it into blocks and imports, or say it with repeat")  # fmt: skip
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        column = e.start - (raw.rfind(b"\n", 0, e.start) + 1) + 1
        raise refusal(source, "not-utf-8", "the file is not UTF-8 text", line, column, found=f"byte 0x{raw[e.start]:02x}",
                     expected="UTF-8") from None  # fmt: skip
    return text


def read(text: str, name: str, backend: str = "c") -> tuple[Source, Map]:
    """The tree of a spec and its source; raises Rejected with every fault of form that can be told apart.

    `backend` names one of PyYAML's two parsers, "c" or "python".
    """
    source = Source(name, text.removeprefix("\ufeff"))
    text = source.text
    hidden = has_hidden(text)
    if hidden and (bad := find(FORBIDDEN, text)) >= 0:
        raise character(source, bad)
    if "%" in text and (m := _DIRECTIVE.match(text)):
        raise refusal(source, "directive", "a YAML directive", text.count("\n", 0, m.start(1)) + 1, 1, found=m.group(1)[:40],
                      help="a spec needs none: remove the line")  # fmt: skip
    tree = events.read(source, backend, hidden)
    if not isinstance(tree, Map):
        raise refusal(source, "not-a-spec", "a spec is a mapping", tree.line, tree.column,
                      found="a list" if isinstance(tree, List) else "text", expected="keys such as layers: and inputs:")  # fmt: skip
    return source, tree


def has_hidden(text: str) -> bool:
    """Whether a text may hold characters that are refused, at least outside of quotes and comments."""
    return _ODD.search(text) is not None and max(find(UNSEEN, text), find(FORBIDDEN, text)) >= 0
