"""From a spec's name, text or mapping to a network: a file with all that it imports, each file read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..garbage_collection import Held
from ..graph import Network
from ..problems import Diagnostic, Problem, Rejected, Source, TooMany, Unusable
from .builder.layer_cache import Layers
from .builder.root import build
from .compile.file import File
from .compile.static_checks import cyclic, names
from .expressions.values import Faults
from .source import reader
from .source.texts import Text, locate, near_file, read_file
from .source.tree import Scalar, span
from .source.zoo import zoo_folder, zoo_path

MAX_IMPORTS = 32  # how deep
MAX_FILES = 500

BACKEND = "c"
"""Which of PyYAML's parsers reads the texts, see `reader.read`; the tests run with both."""


class Loader:
    """Reads files and what they import, each once."""

    def __init__(self, faults: Faults, root: Path | None) -> None:
        self.faults = faults
        self.root = root  # the folder tree that relative imports must stay in
        self.open: list[str] = []
        self.folders: dict[Source, Path | None] = {}  # where the files stand, None for a text of its own
        self.sources: list[Source] = []
        self.files: dict[str, File] = {}  # by path
        self.layers = Layers()

    def file(self, text: str, shown: str, title: str, folder: Path | None) -> File:
        source, tree = reader.read(text, shown, BACKEND)
        self.sources.append(source)
        self.folders[source] = folder
        file = File(source, tree, self.faults, title, self)
        file.declare()
        return file

    def load(self, importer: File, target: Scalar) -> File | None:
        """An imported file; None (and a fault) where it cannot be had."""
        try:
            path, shown, folder = self.find(importer, target)
            key = str(path.resolve())
            if key in self.open:
                raise Problem("cyclic-import", f"'{target.text}' imports itself, directly or through others", found=target.text)
            if len(self.open) > MAX_IMPORTS:
                raise Problem("too-deep", f"imports in imports, {len(self.open)} deep", expected=f"at most {MAX_IMPORTS}")
            if len(self.files) >= MAX_FILES:
                raise Problem("too-many-imports", f"more than {MAX_FILES} imported files")
            if key in self.files:
                return self.files[key]
            self.open.append(key)
            try:
                self.files[key] = self.file(read_file(str(path), shown), shown, path.stem, folder)
                return self.files[key]
            finally:
                self.open.pop()
        except Problem as p:
            self.faults.problem(importer.source, target, p)
        except TooMany:
            raise
        except Rejected as e:
            for d in e.diagnostics:
                d.span = d.span or span(importer.source, target)
                self.faults.add(d)
        return None

    def find(self, importer: File, target: Scalar) -> tuple[Path, str, Path | None]:
        text = target.text
        if text.startswith("zoo:"):
            try:
                path = zoo_path(text[4:])
            except Unusable as e:
                d = e.diagnostics[0]
                raise Problem("unknown-network", d.message, found=text, help=d.help) from None
            return path, text, path.parent
        folder = self.folders.get(importer.source)
        if folder is None or self.root is None:
            raise Problem(
                "import-path", "a spec that is not a file cannot import files", found=text, help="zoo:NAME works anywhere"
            )
        if os.path.isabs(text) or "://" in text:
            raise Problem("import-path", "imports are relative local files", found=text, expected="./blocks.yaml or zoo:NAME")
        path = folder / text
        zoo, home = zoo_folder().resolve(), folder.resolve()
        top = zoo if zoo in (home, *home.parents) else self.root.resolve()
        try:
            if top not in path.resolve().parents:
                raise Problem("import-path", f"'{text}' leaves the folder of the spec", found=text,
                              help="imports stay in the folder tree of the root spec")  # fmt: skip
            there = path.exists()
        except (OSError, ValueError, RuntimeError) as e:  # a name too long or with a NUL; a circle of links
            raise Problem("import-path", f"'{text}' is no file: {getattr(e, 'strerror', None) or 'its links lead in a circle'}",
                          found=text) from None  # fmt: skip
        if not there:
            raise Problem("import-path", f"there is no file '{text}'", found=text, help=near_file(folder, text))
        return path, os.path.normpath(os.path.join(os.path.dirname(importer.source.name), text)), path.parent


def load(spec: Any, *, sets: Mapping[str, str] | None = None, name: str | None = None) -> Network:
    """The network of a spec: a path, `-`, `zoo:NAME`, YAML text (it has a newline), or a mapping.

    Raises Rejected with all that is wrong, Unusable when it cannot be read.
    """
    return load_text(locate(spec), sets=sets, name=name)


def load_text(
    located: Text,
    *,
    sets: Mapping[str, str] | None = None,
    name: str | None = None,
    strict: bool = False,
    blocks_alone: bool = False,
    loader: Loader | None = None,
) -> Network:
    """The network of a text that `locate` has read; `strict` also looks for what is never used (`Network.lints`).

    `blocks_alone`: a file that only defines blocks is a network without layers; otherwise it is rejected.
    `loader` finds the imports where they are no files below the spec's folder. Raises Rejected; Unusable where only the
    `sets` are wrong.
    """
    with Held():
        return _load(located, dict(sets or {}), name, strict, blocks_alone, loader)


def _load(
    located: Text, sets: dict[str, str], name: str | None, strict: bool, blocks_alone: bool, given: Loader | None
) -> Network:
    text, shown, title, folder = located
    loader = given or Loader(Faults(), folder)
    faults = loader.faults
    if folder is not None and given is None:
        loader.open.append(str(Path(shown).resolve()))
    try:
        file = loader.file(text, shown, name or title, folder)
        only_blocks = file.layers is None and bool(file.blocks)
        if only_blocks and not blocks_alone and not faults.found:
            file.fault(file.tree, "no-layers", f"{file.title} has no layers: it defines blocks only, which other specs import",
                       found=", ".join(file.blocks), expected="a layers key", help=f"import: {{name: {file.source.name}}}")  # fmt: skip
        network = built(file, loader, sets, strict)
        network.blocks_alone = only_blocks
    except TooMany as e:
        raise TooMany(in_order(e.diagnostics[:-1], loader)) from None
    if faults.found:
        options = all(d.span is not None and d.span.source.name == "--set" for d in faults.found)
        raise (Unusable if options else Rejected)(in_order(faults.found, loader))
    return network


def built(file: File, loader: Loader, sets: dict[str, str], strict: bool) -> Network:
    """The network of a file, with all that is wrong told to the loader's faults."""
    files = (file, *loader.files.values())
    if sum(map(cyclic, files)):
        return Network(file.title, file.source)
    network = build(file, loader.faults, sets, loader.layers)
    network.sources = loader.sources
    for each in files:
        names(each)
    if strict and not loader.faults.found:
        from .compile.unused import unused

        network.lints = unused(file)
    return network


def in_order(found: list[Diagnostic], loader: Loader) -> list[Diagnostic]:
    order = {source.name: k for k, source in enumerate(loader.sources)}
    return sorted(found, key=lambda d: place_order(d, order))


def place_order(d: Diagnostic, order: Mapping[str, int]) -> tuple[int, int, int]:
    """Diagnostics are told in the order of the text: file by file, line by line."""
    if d.span is None:
        return -1, 0, 0
    return order.get(d.span.source.name, -1), d.span.line, d.span.column
