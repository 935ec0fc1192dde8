"""What a spec imports, read off its text alone."""

from __future__ import annotations

import os

from . import reader
from .tree import Map, Scalar, Tree


def target(value: Tree) -> Tree:
    """Where an entry of `import` names its file: `./x.yaml`, or `{file: ./x.yaml, set: …}`."""
    named = value.get("file") if isinstance(value, Map) else None
    return value if named is None else named


def targets(tree: Map) -> list[Scalar]:
    """The files and networks that a spec imports, as written, in the order of the text."""
    node = tree.get("import")
    found = [target(value) for _, value in node.pairs] if isinstance(node, Map) else []
    return [t for t in found if isinstance(t, Scalar)]


def files(text: str, name: str) -> list[str]:
    """The relative files that a spec's text imports; `zoo:` networks are none. Raises Rejected where it is no YAML."""
    return [t.text for t in targets(reader.read(text, name)[1]) if is_relative(t.text)]


def is_relative(text: str) -> bool:
    return bool(text) and not text.startswith("zoo:") and "://" not in text and not os.path.isabs(text)
